//! Releases of Kafka, the metadata versions that they brought, and the features that go with them
//! (`MetadataVersion`, `Feature`).

use std::fmt;

use crate::cli::CommandError;

/// The feature that a release is.
pub(in crate::commands) const METADATA_VERSION: &str = "metadata.version";
/// The feature of the quorum's protocol, which has no record of its own.
pub(in crate::commands) const KRAFT_VERSION: &str = "kraft.version";
/// The newest level that is stable in 4.3 (`MetadataVersion.latestProduction`).
const LATEST_STABLE: i16 = 30;

/// A level of `metadata.version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::commands) struct Release {
    pub(in crate::commands) level: i16,
    /// Its name, as `3.9-IV0`.
    pub(in crate::commands) name: &'static str,
}

const NAMES: [(i16, &str); 25] = [
    (7, "3.3-IV3"),
    (8, "3.4-IV0"),
    (9, "3.5-IV0"),
    (10, "3.5-IV1"),
    (11, "3.5-IV2"),
    (12, "3.6-IV0"),
    (13, "3.6-IV1"),
    (14, "3.6-IV2"),
    (15, "3.7-IV0"),
    (16, "3.7-IV1"),
    (17, "3.7-IV2"),
    (18, "3.7-IV3"),
    (19, "3.7-IV4"),
    (20, "3.8-IV0"),
    (21, "3.9-IV0"),
    (22, "4.0-IV0"),
    (23, "4.0-IV1"),
    (24, "4.0-IV2"),
    (25, "4.0-IV3"),
    (26, "4.1-IV0"),
    (27, "4.1-IV1"),
    (28, "4.2-IV0"),
    (29, "4.2-IV1"),
    (30, "4.3-IV0"),
    (31, "4.4-IV0"),
];

/// A feature besides `metadata.version`.
#[derive(Clone, Copy, Debug)]
pub(in crate::commands) struct FeatureRow {
    pub(in crate::commands) name: &'static str,
    /// The highest level there is.
    pub(in crate::commands) max: i16,
    /// The metadata version from which on each level is the default, the highest level first.
    defaults: &'static [(i16, i16)],
    /// The metadata version that each level needs.
    requires: &'static [(i16, i16)],
}

/// The features, in the order in which Kafka lists them.
pub(in crate::commands) const FEATURES: [FeatureRow; 6] = [
    FeatureRow {
        name: KRAFT_VERSION,
        max: 1,
        defaults: &[(21, 1)],
        requires: &[],
    },
    FeatureRow {
        name: "transaction.version",
        max: 2,
        defaults: &[(24, 2)],
        requires: &[],
    },
    FeatureRow {
        name: "group.version",
        max: 1,
        defaults: &[(22, 1)],
        requires: &[],
    },
    FeatureRow {
        name: "eligible.leader.replicas.version",
        max: 1,
        defaults: &[(26, 1)],
        requires: &[(1, 23)],
    },
    FeatureRow {
        name: "share.version",
        max: 1,
        defaults: &[(28, 1)],
        requires: &[],
    },
    FeatureRow {
        name: "streams.version",
        max: 1,
        defaults: &[(29, 1)],
        requires: &[],
    },
];

impl FeatureRow {
    /// Returns the feature of this name.
    pub(in crate::commands) fn of(name: &str) -> Option<&'static Self> {
        FEATURES.iter().find(|row| row.name == name)
    }

    /// Returns the level that goes with a release.
    pub(in crate::commands) fn default_of(&self, release: Release) -> i16 {
        let mut defaults = self.defaults.iter();
        let found = defaults.find(|(from, _)| *from <= release.level);
        found.map_or(0, |(_, level)| *level)
    }

    /// Returns the metadata version that a level needs, if it needs one.
    pub(in crate::commands) fn requires(&self, level: i16) -> Option<Release> {
        let mut requires = self.requires.iter();
        let (_, needed) = requires.find(|(known, _)| *known == level)?;
        Release::of_level(*needed)
    }
}

/// Which releases can be meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::commands) enum Stability {
    /// Those that are stable.
    Stable,
    /// Those to come too.
    Any,
}

impl Release {
    /// Returns the newest that is stable.
    pub(in crate::commands) fn latest() -> Self {
        Self::of_level(LATEST_STABLE).expect("the latest is in the table")
    }

    /// Returns the release of this level.
    pub(in crate::commands) fn of_level(level: i16) -> Option<Self> {
        let (level, name) = *NAMES.iter().find(|(known, _)| *known == level)?;
        Some(Self { level, name })
    }

    /// Returns the release of this name: `3.9-IV0`, or `3.9` for the newest stable one of 3.9.
    pub(in crate::commands) fn parse(text: &str, wanted: Stability) -> Result<Self, CommandError> {
        let is_wanted = |level: i16| wanted == Stability::Any || level <= LATEST_STABLE;
        let mut named = NAMES.iter().rev().filter(|(level, name)| {
            let short = name.split('-').next() == Some(text) && *level <= LATEST_STABLE;
            is_wanted(*level) && (*name == text || short)
        });
        if let Some((level, name)) = named.next() {
            return Ok(Self {
                level: *level,
                name,
            });
        }
        let known = NAMES.iter().filter(|(level, _)| is_wanted(*level));
        let known: Vec<_> = known.map(|(_, name)| *name).collect();
        Err(CommandError::failed(format!(
            "Unknown metadata.version '{text}'. Supported metadata.version are: {}",
            known.join(", ")
        )))
    }

    /// Returns whether a cluster may be formatted with it.
    pub(in crate::commands) const fn is_stable(self) -> bool {
        self.level <= LATEST_STABLE
    }

    /// Returns the lowest and the highest level there is.
    pub(in crate::commands) fn levels() -> (i16, i16) {
        let level = |row: Option<&(i16, &str)>| row.map_or(0, |(level, _)| *level);
        (level(NAMES.first()), level(NAMES.last()))
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Reads `feature=level`.
pub(in crate::commands) fn name_and_level(text: &str) -> Result<(String, i16), CommandError> {
    let failed = |what: String| {
        CommandError::failed(format!("Can't parse feature=level string {text}: {what}"))
    };
    let (name, level) = text
        .split_once('=')
        .ok_or_else(|| failed("equals sign not found.".to_owned()))?;
    let parsed = level.trim().parse();
    let level =
        parsed.map_err(|_| failed(format!("unable to parse {} as a short.", level.trim())))?;
    Ok((name.trim().to_owned(), level))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(text: &str) -> Vec<i16> {
        let release = Release::parse(text, Stability::Any).unwrap();
        FEATURES.iter().map(|row| row.default_of(release)).collect()
    }

    #[test]
    fn short_names_are_the_newest_stable_of_their_release() {
        let level = |text: &str| Release::parse(text, Stability::Any).map(|found| found.level);
        let found = ["3.3", "3.5", "4.0", "4.3", "4.4-IV0"].map(|text| level(text).unwrap());
        assert_eq!(found, [7, 11, 25, 30, 31]);
        assert!(level("4.4").is_err() && level("3.0").is_err() && level("").is_err());
        let error = Release::parse("4.4-IV0", Stability::Stable).unwrap_err();
        assert!(error.sentence().ends_with("4.2-IV1, 4.3-IV0"), "{error}");
    }

    #[test]
    fn each_release_has_the_features_of_apache_kafka() {
        assert_eq!(levels("3.3-IV3"), [0, 0, 0, 0, 0, 0]);
        assert_eq!(levels("3.9"), [1, 0, 0, 0, 0, 0]);
        assert_eq!(levels("4.0-IV1"), [1, 0, 1, 0, 0, 0]);
        assert_eq!(levels("4.0"), [1, 2, 1, 0, 0, 0]);
        assert_eq!(levels("4.1"), [1, 2, 1, 1, 0, 0]);
        assert_eq!(levels("4.2-IV0"), [1, 2, 1, 1, 1, 0]);
        assert_eq!(levels("4.3"), [1, 2, 1, 1, 1, 1]);
    }

    #[test]
    fn a_level_is_a_short_behind_an_equals_sign() {
        assert_eq!(name_and_level("a.b=2").unwrap(), ("a.b".to_owned(), 2));
        let sentence = |text: &str| name_and_level(text).unwrap_err().to_string();
        assert!(sentence("a").ends_with("string a: equals sign not found."));
        assert!(sentence("a=x").ends_with("unable to parse x as a short."));
        assert!(sentence("a=99999").ends_with("unable to parse 99999 as a short."));
    }
}
