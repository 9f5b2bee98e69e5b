//! The local broker: which one it is, and that it runs when a command needs it.
//!
//! It is the one on `KT_HOME/data`, else the only registered one, else an error that names them. A
//! command that finds none starts one in the background, under a lock, so that two commands that
//! start at once end with one broker; `KT_AUTO_START=0` turns that off.

mod home;
mod registry;
mod spawn;

use std::time::Duration;

use super::probe;
use crate::cli::{
    BOOTSTRAP_VARIABLE, BrokerAddress, CommandError, ConnectionOptions, Output, Progress,
    PropertiesMap,
};
use crate::client::{Admin, ClientError};
use crate::fs::{Fs, RealFs};

pub(super) use home::{HOME_VARIABLE, KtHome};
pub(super) use registry::{Registration, RegistrationGuard, process_start_time, register, running};
pub(super) use spawn::{Background, PrivateBroker, detach, start_in_background, start_private};

/// The environment variable that turns starting a broker off.
const AUTO_START_VARIABLE: &str = "KT_AUTO_START";

/// How long a command waits for another that is just starting the broker.
const START_LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a completion may take; a person is in the middle of typing.
const COMPLETION_TIMEOUT: Duration = Duration::from_millis(100);

/// How often files are looked at while waiting.
pub(super) const POLL: Duration = Duration::from_millis(10);

/// Returns the address of the broker that a command's options mean; starts the local one if it
/// is meant and does not run.
pub(super) fn bootstrap(
    options: &ConnectionOptions,
    output: &mut Output,
) -> Result<String, CommandError> {
    resolve(options.broker(output), output)
}

/// Returns the address of a broker; starts the local one if it is meant and does not run.
pub(super) fn resolve(address: BrokerAddress, output: &mut Output) -> Result<String, CommandError> {
    match address {
        BrokerAddress::Named(text, _) => Ok(text),
        BrokerAddress::Local => {
            let home = KtHome::of_environment()?;
            if let Some(found) = chosen(&home)? {
                return Ok(found.bootstrap());
            }
            if std::env::var(AUTO_START_VARIABLE).is_ok_and(|text| text == "0") {
                let sentence = "No local broker runs, and KT_AUTO_START=0 forbids to start one";
                return Err(CommandError::failed(sentence)
                    .hint("kt server-start starts one; --bootstrap-server names another."));
            }
            start(&home, output).map(|found| found.bootstrap())
        }
    }
}

/// Returns the registered broker that `local` means, `None` if none runs.
pub(super) fn chosen(home: &KtHome) -> Result<Option<Registration>, CommandError> {
    choose(home, running(&RealFs, home)?)
}

fn choose(
    home: &KtHome,
    mut found: Vec<Registration>,
) -> Result<Option<Registration>, CommandError> {
    let data = home.data();
    if let Some(own) = found
        .iter()
        .position(|broker| broker.log_dirs.contains(&data))
    {
        return Ok(Some(found.swap_remove(own)));
    }
    if found.len() <= 1 {
        return Ok(found.pop());
    }
    let names: Vec<_> = found
        .iter()
        .map(|broker| {
            format!(
                "{} (node {}, pid {})",
                broker.bootstrap(),
                broker.node_id,
                broker.pid
            )
        })
        .collect();
    Err(
        CommandError::failed(format!("Several brokers run: {}", names.join(", ")))
            .hint("Name one with --bootstrap-server."),
    )
}

/// Starts the local broker and tells so in one line on stderr.
fn start(home: &KtHome, output: &mut Output) -> Result<Registration, CommandError> {
    let failed =
        |error: std::io::Error| CommandError::failed(format!("{}: {error}", home.run().display()));
    RealFs.create_dir_all(&home.run()).map_err(failed)?;
    let deadline = crate::clock::SystemClock::shared();
    let until = deadline.monotonic() + START_LOCK_TIMEOUT;
    let lock = loop {
        if let Some(lock) = RealFs.try_lock(&home.start_lock()).map_err(failed)? {
            break lock;
        }
        // Another command is starting it; it may be there before the lock is given back.
        if let Some(found) = chosen(home)? {
            return Ok(found);
        }
        if deadline.monotonic() >= until {
            let sentence = "Another command has been starting the local broker for too long";
            return Err(CommandError::failed(sentence)
                .hint(format!("Its log is {}.", home.log_file().display())));
        }
        std::thread::sleep(POLL);
    };
    if let Some(found) = chosen(home)? {
        return Ok(found);
    }
    let progress = Progress::waiting(output, "Starting the local broker");
    let started = start_in_background(home, &Background::local())?;
    drop(progress);
    drop(lock);
    output.note(format!(
        "Started a local broker on {} (pid {}, data in {}); kt server-stop ends it.",
        started.bootstrap(),
        started.pid,
        home.data().display()
    ));
    Ok(started)
}

/// Returns values for a completion script; nothing when no broker answers at once.
pub(super) fn completion_values(kind: &str) -> Vec<String> {
    let Ok(home) = KtHome::of_environment() else {
        return Vec::new();
    };
    let named = std::env::var(BOOTSTRAP_VARIABLE).ok();
    let found = running(&RealFs, &home).unwrap_or_default();
    match kind {
        "brokers" => named
            .into_iter()
            .chain(found.iter().map(Registration::bootstrap))
            .collect(),
        "topics" | "groups" => {
            let local = || choose(&home, found).ok().flatten();
            let Some(bootstrap) = named.or_else(|| local().map(|broker| broker.bootstrap())) else {
                return Vec::new();
            };
            let names = async |admin: &Admin| names(admin, kind).await;
            let none = PropertiesMap::new();
            probe::ask(&bootstrap, none, COMPLETION_TIMEOUT, names).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

async fn names(admin: &Admin, kind: &str) -> Result<Vec<String>, ClientError> {
    if kind == "groups" {
        let groups = admin.list_groups(&[], &[]).await?;
        return Ok(groups.into_iter().map(|group| group.group).collect());
    }
    let topics = admin.list_topics().await?;
    Ok(topics.into_iter().map(|topic| topic.name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn broker(node_id: i32, log_dir: &str) -> Registration {
        Registration {
            pid: 1,
            start_time: None,
            node_id,
            listeners: vec![format!("PLAINTEXT://127.0.0.1:{}", 9000 + node_id)],
            log_dirs: vec![PathBuf::from(log_dir)],
            log_file: None,
        }
    }

    #[test]
    fn the_broker_on_the_homes_data_is_the_local_one() {
        let home = KtHome::at("/h");
        let found = vec![broker(1, "/x"), broker(2, "/h/data")];
        assert_eq!(choose(&home, found).unwrap().unwrap().node_id, 2);
        assert_eq!(
            choose(&home, vec![broker(3, "/x")])
                .unwrap()
                .unwrap()
                .node_id,
            3
        );
        assert_eq!(choose(&home, vec![]).unwrap(), None);
    }

    #[test]
    fn several_others_are_an_error_that_names_them() {
        let home = KtHome::at("/h");
        let error = choose(&home, vec![broker(1, "/x"), broker(2, "/y")]).unwrap_err();
        let text =
            "Several brokers run: 127.0.0.1:9001 (node 1, pid 1), 127.0.0.1:9002 (node 2, pid 1)";
        assert_eq!(error.sentence(), text);
    }
}
