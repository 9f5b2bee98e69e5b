//! Starts a broker in the background: this binary's own `server-start`, in a session of its own,
//! with its log in a file and no descriptor of its parent's.
//!
//! Returns when the broker has registered itself, which it does once it answers; a broker that
//! ends before is an error that shows the end of its log.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{KtHome, POLL, Registration, running};
use crate::cli::CommandError;
use crate::clock::SystemClock;
use crate::fs::{Fs, OpenMode, RealFs};

/// How long a broker may take until it answers; recovery of a large log takes its time.
const START_TIMEOUT: Duration = Duration::from_secs(120);

/// How much of the log's end is searched for the reason of a failure.
const LOG_TAIL_BYTES: u64 = 8 * 1024;

/// The first word of a `server-start` that is to leave its parent's session.
const DETACHED: &str = "--kt-detached";

/// What to start.
#[derive(Clone, Debug)]
pub(in crate::commands) struct Background {
    /// The words behind `server-start`.
    words: Vec<OsString>,
}

impl Background {
    /// Returns the local broker, on KT_HOME's data.
    pub(in crate::commands) const fn local() -> Self {
        Self { words: Vec::new() }
    }

    /// Returns a broker with these words behind `server-start`.
    pub(in crate::commands) const fn with_words(words: Vec<OsString>) -> Self {
        Self { words }
    }
}

/// A broker that ends when this process does.
#[derive(Debug)]
pub(in crate::commands) struct PrivateBroker {
    child: Child,
    registration: Registration,
}

impl PrivateBroker {
    /// Returns its `host:port`.
    pub(in crate::commands) fn bootstrap(&self) -> String {
        self.registration.bootstrap()
    }

    /// Ends the broker and waits until its folder is gone.
    pub(in crate::commands) fn end(mut self) -> Result<(), CommandError> {
        // The end of this pipe is what it waits for.
        drop(self.child.stdin.take());
        let status = self
            .child
            .wait()
            .map_err(|error| CommandError::failed(format!("The broker was lost: {error}")))?;
        if status.success() {
            return Ok(());
        }
        Err(CommandError::failed(format!(
            "The broker ended with {status}"
        )))
    }
}

/// Starts the local broker, or one with other words, in the background and waits until it answers.
pub(in crate::commands) fn start_in_background(
    home: &KtHome,
    what: &Background,
) -> Result<Registration, CommandError> {
    let words = std::iter::once(OsString::from(DETACHED)).chain(what.words.iter().cloned());
    start(home, words.collect(), Stdio::null(), log_path(home))
        .map(|(_, registration)| registration)
}

/// Starts a broker in its own KT_HOME that ends when this process does; the first of `words` is
/// its mode.
pub(in crate::commands) fn start_private(
    home: &KtHome,
    mut words: Vec<OsString>,
) -> Result<PrivateBroker, CommandError> {
    // Ctrl-C at the terminal is for the command, not for its broker.
    words.insert(words.len().min(1), DETACHED.into());
    let (child, registration) = start(home, words, Stdio::piped(), home.log_file())?;
    Ok(PrivateBroker {
        child,
        registration,
    })
}

fn start(
    home: &KtHome,
    words: Vec<OsString>,
    stdin: Stdio,
    log_path: PathBuf,
) -> Result<(Child, Registration), CommandError> {
    let failed = |error: std::io::Error| {
        CommandError::failed(format!("The broker could not be started: {error}"))
    };
    if let Some(folder) = log_path.parent() {
        RealFs.create_dir_all(folder).map_err(failed)?;
    }
    let log = open_for_appending(&log_path).map_err(failed)?;
    let log_begin = RealFs
        .metadata(&log_path)
        .map(|metadata| metadata.bytes)
        .unwrap_or(0);
    let errors = log.try_clone().map_err(failed)?;
    // What the shell or a script left open stays with them: a broker that held the write end of a
    // pipe would keep its reader waiting for ever.
    close_fds::set_fds_cloexec(3, &[]);
    let mut child = Command::new(std::env::current_exe().map_err(failed)?)
        .arg("server-start")
        .args(words)
        .env("KT_LOG_FILE", &log_path)
        .env("KT_HOME", home.root())
        .stdin(stdin)
        .stdout(log)
        .stderr(errors)
        .spawn()
        .map_err(failed)?;
    let registration = wait_until_registered(home, &mut child, &log_path, log_begin)?;
    Ok((child, registration))
}

/// Leaves the parent's session, if the first word says so; returns the other words.
pub(in crate::commands) fn detach(words: &[OsString]) -> Result<&[OsString], CommandError> {
    match words.split_first() {
        Some((first, rest)) if first == DETACHED => {
            // A process that leads its group already cannot, and need not.
            match rustix::process::setsid() {
                Ok(_) | Err(rustix::io::Errno::PERM) => Ok(rest),
                Err(error) => Err(CommandError::failed(format!("setsid: {error}"))),
            }
        }
        _ => Ok(words),
    }
}

/// Returns where the log of a broker in the background goes: as Kafka's script has it if `LOG_DIR`
/// is set, else KT_HOME's.
fn log_path(home: &KtHome) -> PathBuf {
    match std::env::var_os("LOG_DIR").filter(|text| !text.is_empty()) {
        Some(folder) => Path::new(&folder).join("kafkaServer.out"),
        None => home.log_file(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a child's stdout must be a descriptor"
)]
fn open_for_appending(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

fn wait_until_registered(
    home: &KtHome,
    child: &mut Child,
    log_path: &Path,
    log_begin: u64,
) -> Result<Registration, CommandError> {
    let clock = SystemClock::shared();
    let until = clock.monotonic() + START_TIMEOUT;
    loop {
        let found = running(&RealFs, home)?;
        if let Some(own) = found.into_iter().find(|broker| broker.pid == child.id()) {
            return Ok(own);
        }
        let ended = child
            .try_wait()
            .map_err(|error| CommandError::failed(format!("The broker was lost: {error}")))?;
        let log = log_path.display();
        if let Some(status) = ended {
            let reason = failure_in_log(log_path, log_begin)
                .unwrap_or_else(|| format!("it ended with {status}"));
            return Err(
                CommandError::failed(format!("The broker did not start: {reason}"))
                    .hint(format!("Its log is {log}.")),
            );
        }
        if clock.monotonic() >= until {
            let sentence = format!(
                "The broker (pid {}) has not answered for {} seconds",
                child.id(),
                START_TIMEOUT.as_secs()
            );
            return Err(CommandError::timed_out(sentence).hint(format!("Its log is {log}.")));
        }
        std::thread::sleep(POLL);
    }
}

/// Returns the line that tells why a broker ended, from what it wrote to its log.
fn failure_in_log(path: &Path, begin: u64) -> Option<String> {
    let file = RealFs.open(path, OpenMode::Read).ok()?;
    let end = file.bytes().ok()?;
    let position = begin.max(end.saturating_sub(LOG_TAIL_BYTES));
    let mut bytes = vec![0; usize::try_from(end.checked_sub(position)?).ok()?];
    file.read_exact_at(&mut bytes, position).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let error = lines.iter().rposition(|line| line.contains("ERROR"));
    let last = *lines.get(error.unwrap_or(lines.len().checked_sub(1)?))?;
    // `[time] ERROR Exiting Kafka due to fatal exception (logger)`, and on the next line why.
    let cause = error.and_then(|error| lines.get(error + 1));
    if let Some(cause) = cause.filter(|_| last.contains("due to fatal exception")) {
        return Some((*cause).to_owned());
    }
    let reason = last.rsplit_once(" (").map_or(last, |(reason, _)| reason);
    Some(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_last_error_of_this_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.log");
        let old = "[t] ERROR old (x)\n";
        let new = "[t] INFO a (x)\n\
                   [t] ERROR Exiting Kafka due to fatal exception (x)\nport taken\nother\n";
        RealFs
            .replace(&path, format!("{old}{new}").as_bytes())
            .unwrap();
        let begin = u64::try_from(old.len()).unwrap();
        assert_eq!(failure_in_log(&path, begin).as_deref(), Some("port taken"));
        let end = RealFs.metadata(&path).unwrap().bytes;
        assert_eq!(failure_in_log(&path, end), None);
    }
}
