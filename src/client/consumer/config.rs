//! The consumer's settings, with the checks and the words of `ConsumerConfig`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::group::GroupConfig;
use crate::client::admin::IsolationLevel;
use crate::client::config::{ClientConfig, ClientKind, Settings, invalid_value};
use crate::client::error::ClientError;
use crate::client::log::Log;

/// Where to begin where no position is known, or where the known one is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetReset {
    /// At the log's start.
    Earliest,
    /// At its end.
    Latest,
    /// At the first record that is no older.
    ByDuration(Duration),
    /// Nowhere: it is an error.
    None,
}

/// What a consumer knows.
#[derive(Clone, Debug)]
pub struct ConsumerConfig {
    /// What every client knows.
    pub client: ClientConfig,
    /// Where to begin (`auto.offset.reset`).
    pub reset: OffsetReset,
    /// Which records count (`isolation.level`).
    pub isolation: IsolationLevel,
    /// What a broker gathers before it answers (`fetch.min.bytes`).
    pub fetch_bytes_min: i32,
    /// How long it gathers (`fetch.max.wait.ms`).
    pub fetch_wait_ms: i32,
    /// What an answer may hold (`fetch.max.bytes`).
    pub fetch_bytes_max: i32,
    /// What it may hold of one partition (`max.partition.fetch.bytes`).
    pub partition_bytes_max: i32,
    /// Whether checksums are compared (`check.crcs`).
    pub check_crcs: bool,
    /// Whether asking for a topic may create it (`allow.auto.create.topics`).
    pub auto_create_topics: bool,
    /// The group that it is a member of (`group.id` and what belongs to it).
    pub group: Option<GroupConfig>,
}

impl ConsumerConfig {
    /// Reads a consumer's settings.
    ///
    /// # Errors
    ///
    /// Fails in Kafka's words if a value cannot be.
    pub fn from_map(map: &BTreeMap<String, String>, log: Log) -> Result<Self, ClientError> {
        let settings = Settings::new(map);
        let levels = ["read_committed", "read_uncommitted"];
        let isolation = match settings.one_of("isolation.level", "read_uncommitted", &levels)? {
            "read_committed" => IsolationLevel::ReadCommitted,
            _ => IsolationLevel::ReadUncommitted,
        };
        Ok(Self {
            client: ClientConfig::from_map(ClientKind::Consumer, map, log)?,
            reset: reset(&settings)?,
            isolation,
            fetch_bytes_min: settings.int("fetch.min.bytes", 1, 0)?,
            fetch_wait_ms: settings.int("fetch.max.wait.ms", 500, 0)?,
            fetch_bytes_max: settings.int("fetch.max.bytes", 50 << 20, 0)?,
            partition_bytes_max: settings.int("max.partition.fetch.bytes", 1 << 20, 0)?,
            check_crcs: settings.boolean("check.crcs", true)?,
            auto_create_topics: settings.boolean("allow.auto.create.topics", true)?,
            group: GroupConfig::from_settings(&settings)?,
        })
    }
}

fn reset(settings: &Settings<'_>) -> Result<OffsetReset, ClientError> {
    let key = "auto.offset.reset";
    let text = settings.text(key).unwrap_or("latest");
    match text {
        "earliest" => return Ok(OffsetReset::Earliest),
        "latest" => return Ok(OffsetReset::Latest),
        "none" => return Ok(OffsetReset::None),
        _ => {}
    }
    let duration = text
        .strip_prefix("by_duration:")
        .and_then(|iso| iso.parse::<jiff::SignedDuration>().ok())
        .and_then(|signed| Duration::try_from(signed).ok());
    duration.map(OffsetReset::ByDuration).ok_or_else(|| {
        let reason = format!(
            "Invalid value `{text}` for configuration {key}. The value must be either \
             'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'."
        );
        invalid_value(key, text, &reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reset_policy_is_read_as_kafka_reads_it() {
        let read = |text: &str| {
            let map = BTreeMap::from([("auto.offset.reset".to_owned(), text.to_owned())]);
            reset(&Settings::new(&map)).map_err(|error| error.to_string())
        };
        assert_eq!(read("earliest"), Ok(OffsetReset::Earliest));
        let minute = OffsetReset::ByDuration(Duration::from_secs(60));
        assert_eq!(read("by_duration:PT1M"), Ok(minute));
        assert!(read("by_duration:-PT1M").is_err());
        assert_eq!(
            read("foo").unwrap_err(),
            "Invalid value foo for configuration auto.offset.reset: Invalid value `foo` for \
             configuration auto.offset.reset. The value must be either 'earliest', 'latest', \
             'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'."
        );
    }
}
