//! The ledger: one line for each run of a suite, kept for ever.
//!
//! A run's line grows with every seed, so that a run that was ended goes on where it was.

use std::fs;
use std::io;
use std::path::PathBuf;

const HEAD: &str =
    "date\tcommit\tsuite\tseeds\tcycles\tacknowledged records\tviolations\tseconds\tcommand";

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub date: String,
    pub commit: String,
    pub suite: String,
    pub first: u64,
    /// The last seed that is done; below `first` if none is.
    pub last: u64,
    pub cycles: u64,
    pub acked_records: u64,
    pub violations: u64,
    pub seconds: f64,
    pub command: String,
}

impl Line {
    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split('\t').collect();
        let [
            date,
            commit,
            suite,
            seeds,
            cycles,
            records,
            violations,
            seconds,
            command,
        ] = fields.as_slice()
        else {
            return None;
        };
        let (first, last) = seeds.split_once('-')?;
        Some(Self {
            date: (*date).to_owned(),
            commit: (*commit).to_owned(),
            suite: (*suite).to_owned(),
            first: first.parse().ok()?,
            last: last.parse().ok()?,
            cycles: cycles.parse().ok()?,
            acked_records: records.parse().ok()?,
            violations: violations.parse().ok()?,
            seconds: seconds.parse().ok()?,
            command: (*command).to_owned(),
        })
    }

    fn text(&self) -> String {
        format!(
            "{}\t{}\t{}\t{}-{}\t{}\t{}\t{}\t{:.0}\t{}",
            self.date,
            self.commit,
            self.suite,
            self.first,
            self.last,
            self.cycles,
            self.acked_records,
            self.violations,
            self.seconds,
            self.command
        )
    }

    fn is_of_the_same_run(&self, other: &Self) -> bool {
        (&self.commit, &self.suite, self.first) == (&other.commit, &other.suite, other.first)
    }
}

/// The file, if one is kept.
pub struct Ledger {
    path: Option<PathBuf>,
}

impl Ledger {
    pub const fn new(path: Option<PathBuf>) -> Self {
        Self { path }
    }

    fn lines(&self) -> io::Result<Vec<String>> {
        match self.path.as_ref().map(fs::read_to_string) {
            Some(Ok(text)) => Ok(text.lines().map(str::to_owned).collect()),
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Vec::new()),
        }
    }

    /// Returns the line of a run that began as this one and was ended, or this one.
    pub fn resume(&self, new: Line) -> io::Result<Line> {
        let lines = self.lines()?;
        let mut known = lines.iter().filter_map(|line| Line::parse(line));
        Ok(known
            .find(|line| line.is_of_the_same_run(&new))
            .unwrap_or(new))
    }

    /// Writes a run's line in the place of its earlier one, or at the end.
    pub fn write(&self, run: &Line) -> io::Result<()> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let mut lines = self.lines()?;
        if lines.is_empty() {
            lines.push(HEAD.to_owned());
        }
        let is_it = |line: &&mut String| {
            Line::parse(line).is_some_and(|known| known.is_of_the_same_run(run))
        };
        match lines.iter_mut().find(is_it) {
            Some(line) => *line = run.text(),
            None => lines.push(run.text()),
        }
        let new = path.with_extension("new");
        fs::write(&new, lines.join("\n") + "\n")?;
        fs::rename(&new, path)
    }
}
