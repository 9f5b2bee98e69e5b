//! Runs command lines with a KT_HOME of their own, and compares transcripts.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A bench: a folder for links to the binary, a KT_HOME, and a working folder.
pub(crate) struct Bench {
    folder: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let bench = Self { folder };
        for name in ["home", "work"] {
            fs::create_dir(bench.path(name)).expect("an empty folder takes another");
        }
        let links = bench.path("bin");
        let made = Command::new(kt())
            .args(["install-links".as_ref(), links.as_os_str()])
            .output()
            .expect("the binary runs");
        assert!(made.status.success(), "{}", text(&made.stderr));
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Types a line to a shell.
    pub(crate) fn run(&self, line: &str) -> Output {
        self.command(line).output().expect("a shell runs")
    }

    /// Returns the shell that runs a line, not yet started.
    pub(crate) fn command(&self, line: &str) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("bash");
        command
            .args(["-c", line])
            .current_dir(self.path("work"))
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("KT_HOME", self.path("home"))
            .env("HOME", self.path("work"))
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .env_remove("KT_BOOTSTRAP_SERVER")
            .env_remove("KT_AUTO_START")
            .env_remove("LOG_DIR")
            .env_remove("XDG_DATA_HOME")
            .stdin(Stdio::null());
        command
    }

    /// Replaces what differs from run to run.
    fn normal(&self, text: &str) -> String {
        let mut normal = text.to_owned();
        for (name, shown) in [("home", "$KT_HOME"), ("work", "$PWD"), ("bin", "$BIN")] {
            normal = normal.replace(&self.path(name).display().to_string(), shown);
        }
        let patterns = [
            // A column is as wide as with a port of five digits.
            (
                r"(127\.0\.0\.1:)\d{4}(?!\d)(?>((?:  \(\d+\))?)) (?= )",
                "${1}$$PORT$2",
            ),
            (r"127\.0\.0\.1:\d{4,5}", "127.0.0.1:$$PORT"),
            (r"pid \d+", "pid $$PID"),
            (r"TopicId: \S{22}", "TopicId: $$ID"),
            (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}", "$$TIME"),
            (r"correlation id \d+", "correlation id $$N"),
        ];
        for (pattern, shown) in patterns {
            let pattern = fancy_regex::Regex::new(pattern).expect("the pattern is one");
            normal = pattern.replace_all(&normal, shown).into_owned();
        }
        normal
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // A test that failed may have left a broker behind.
        drop(self.run("SIGNAL=KILL kt server-stop"));
    }
}

/// Returns the binary under test.
fn kt() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_kt"))
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs every transcript of a folder below `golden/`.
pub(crate) fn check(command: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/commands/golden")
        .join(command);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a folder can be listed").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    let update = std::env::var_os("KT_UPDATE_GOLDEN").is_some();
    let mut differences = String::new();
    for file in files {
        let wanted = fs::read_to_string(&file).expect("a transcript can be read");
        let came = replay(&wanted);
        if came == wanted {
            continue;
        }
        if update {
            fs::write(&file, came).expect("a transcript can be written");
        } else {
            write!(
                differences,
                "{}\n{}",
                file.display(),
                difference(&wanted, &came)
            )
            .expect("a string takes all");
        }
    }
    assert!(differences.is_empty(), "\n{differences}");
}

/// Types the lines of a transcript and returns the transcript of what came.
fn replay(wanted: &str) -> String {
    let bench = Bench::new();
    let mut came = String::new();
    for line in wanted.lines() {
        if line.starts_with('#') {
            came += &format!("{line}\n");
        }
        let Some(typed) = line.strip_prefix("$ ") else {
            continue;
        };
        let output = bench.run(typed);
        let code = output
            .status
            .code()
            .or(output.status.signal())
            .expect("it ended");
        came += &format!("$ {typed}\nexit {code}\n");
        for (stream, bytes) in [(1, &output.stdout), (2, &output.stderr)] {
            let shown = bench.normal(&text(bytes));
            for line in shown.split_inclusive('\n') {
                let ended = line.ends_with('\n');
                let line = line.trim_end_matches('\n');
                came += &format!("{stream}|{}{line}\n", if ended { " " } else { "~" });
            }
        }
    }
    came
}

/// Shows the first lines that differ.
fn difference(wanted: &str, came: &str) -> String {
    let (wanted, came): (Vec<_>, Vec<_>) = (wanted.lines().collect(), came.lines().collect());
    let first = wanted.iter().zip(&came).take_while(|(a, b)| a == b).count();
    let shown = |lines: &[&str], mark: &str| {
        lines
            .iter()
            .skip(first)
            .take(12)
            .map(|line| format!("{mark} {line}\n"))
            .collect::<String>()
    };
    let typed = wanted
        .iter()
        .take(first + 1)
        .rev()
        .find(|line| line.starts_with('$'));
    let typed = typed.copied().unwrap_or_default();
    format!(
        "after {typed}\n{}{}",
        shown(&wanted, "-"),
        shown(&came, "+")
    )
}
