//! What a check of files found, and how much it looked at.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::types::Offset;

/// One file tells of so many places; what it has beyond them is counted.
const FINDINGS_PER_FILE_MAX: u64 = 20;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Something was lost, or a reader would be led astray.
    Damage,
    /// Worth knowing, and as it may be.
    Note,
}

/// One place in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The file or directory.
    pub path: PathBuf,
    /// Where in the file, in bytes from its begin.
    pub position: Option<u64>,
    /// Which offset it is about.
    pub offset: Option<Offset>,
    /// What is wrong, as a clause.
    pub what: String,
}

impl Finding {
    /// Returns damage of a whole file.
    pub(super) fn damage(path: &Path, what: impl Into<String>) -> Self {
        Self::new(Severity::Damage, path, what.into())
    }

    /// Returns something worth knowing of a whole file.
    pub(super) fn note(path: &Path, what: impl Into<String>) -> Self {
        Self::new(Severity::Note, path, what.into())
    }

    fn new(severity: Severity, path: &Path, what: String) -> Self {
        Self {
            severity,
            path: path.to_path_buf(),
            position: None,
            offset: None,
            what,
        }
    }

    /// Says where in the file it is.
    pub(super) const fn at(mut self, position: u64) -> Self {
        self.position = Some(position);
        self
    }

    /// Says which offset it is about.
    pub(super) const fn offset(mut self, offset: Offset) -> Self {
        self.offset = Some(offset);
        self
    }
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Partitions, the metadata log among them.
    pub partitions: u64,
    /// Their segments.
    pub segments: u64,
    /// Batches, and messages of the formats before them.
    pub batches: u64,
    /// Records in them, control records among them.
    pub records: u64,
    /// Bytes of all files that were read.
    pub bytes: u64,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What was found, file by file.
    pub findings: Vec<Finding>,
    /// How much was looked at.
    pub totals: Totals,
    per_file: HashMap<PathBuf, u64>,
}

impl Report {
    /// Returns how many places are damaged.
    #[must_use]
    pub fn damaged(&self) -> usize {
        let damage = |finding: &&Finding| finding.severity == Severity::Damage;
        self.findings.iter().filter(damage).count()
    }

    /// Adds a finding, unless its file has had its share.
    pub(super) fn add(&mut self, finding: Finding) {
        let count = self.per_file.entry(finding.path.clone()).or_default();
        *count += 1;
        if *count <= FINDINGS_PER_FILE_MAX {
            self.findings.push(finding);
        } else if *count == FINDINGS_PER_FILE_MAX + 1 {
            let mut last = Self::beyond(&finding.path, 1);
            last.severity = finding.severity;
            self.findings.push(last);
        } else if let Some(last) = self
            .findings
            .iter_mut()
            .rev()
            .find(|other| other.path == finding.path)
        {
            let beyond = *count - FINDINGS_PER_FILE_MAX;
            last.what = Self::beyond(&finding.path, beyond).what;
            if finding.severity == Severity::Damage {
                last.severity = Severity::Damage;
            }
        }
    }

    fn beyond(path: &Path, count: u64) -> Finding {
        Finding::note(path, format!("and {count} places more in this file"))
    }

    /// Adds what another check found.
    pub fn absorb(&mut self, other: Self) {
        self.findings.extend(other.findings);
        let (mine, theirs) = (&mut self.totals, other.totals);
        mine.partitions += theirs.partitions;
        mine.segments += theirs.segments;
        mine.batches += theirs.batches;
        mine.records += theirs.records;
        mine.bytes += theirs.bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_cannot_drown_the_others() {
        let mut report = Report::default();
        let (bad, other) = (Path::new("a"), Path::new("b"));
        for position in 0..100 {
            report.add(Finding::damage(bad, "x").at(position));
        }
        report.add(Finding::damage(other, "y"));
        assert_eq!(report.findings.len(), 22);
        let beyond = report.findings.get(20).unwrap();
        assert_eq!(beyond.what, "and 80 places more in this file");
        assert_eq!(beyond.severity, Severity::Damage);
        assert_eq!(report.findings.last().unwrap().path, other);
    }
}
