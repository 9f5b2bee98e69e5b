//! What a member of a group knows, with the checks and the words of `ConsumerConfig`.

use std::time::Duration;

use crate::client::config::{Settings, invalid_value};
use crate::client::consumer::assignor::{Assignor, RebalanceProtocol};
use crate::client::error::ClientError;
use crate::protocol::ErrorCode;

/// By which protocol a group works (`group.protocol`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupProtocol {
    /// The members assign.
    Classic,
    /// The coordinator assigns (KIP-848).
    Consumer,
}

/// What a member of a group knows.
#[derive(Clone, Debug)]
pub struct GroupConfig {
    /// The group (`group.id`).
    pub id: String,
    /// This member's static id (`group.instance.id`).
    pub instance_id: Option<String>,
    /// By which protocol it works (`group.protocol`).
    pub protocol: GroupProtocol,
    /// After how long without a heartbeat the member is gone (`session.timeout.ms`).
    pub session_timeout: Duration,
    /// How often it says that it lives (`heartbeat.interval.ms`).
    pub heartbeat_interval: Duration,
    /// How long it may take between two polls (`max.poll.interval.ms`).
    pub max_poll_interval: Duration,
    /// How the leader assigns, the best first (`partition.assignment.strategy`).
    pub assignors: Vec<Assignor>,
    /// How the coordinator is to assign (`group.remote.assignor`).
    pub remote_assignor: Option<String>,
    /// How often positions are committed by themselves (`auto.commit.interval.ms`); `None` if
    /// they are not (`enable.auto.commit`).
    pub auto_commit: Option<Duration>,
    /// Where the client is (`client.rack`).
    pub rack: Option<String>,
}

/// Settings that only the classic protocol has.
const CLASSIC_ONLY: [&str; 3] = [
    "partition.assignment.strategy",
    "session.timeout.ms",
    "heartbeat.interval.ms",
];

impl GroupConfig {
    /// Reads a member's settings; nothing if no group is named.
    pub(crate) fn from_settings(settings: &Settings<'_>) -> Result<Option<Self>, ClientError> {
        let Some(id) = settings.text("group.id") else {
            if settings.is_set("enable.auto.commit")
                && settings.boolean("enable.auto.commit", true)?
            {
                return Err(ClientError::InvalidArgument {
                    message: "enable.auto.commit cannot be set to true when default group id \
                              (null) is used."
                        .into(),
                });
            }
            return Ok(None);
        };
        if id.is_empty() {
            let message =
                "The configured group.id should not be an empty string or whitespace.".to_owned();
            return Err(ClientError::Broker {
                code: ErrorCode::InvalidGroupId,
                message: Some(message),
            });
        }
        let protocol = protocol(settings)?;
        let given = |key: &&str| settings.is_set(key);
        if protocol == GroupProtocol::Consumer
            && let Some(key) = CLASSIC_ONLY.iter().find(|key| given(key))
        {
            return Err(ClientError::Config {
                message: format!("{key} cannot be set when group.protocol=CONSUMER"),
            });
        }
        if protocol == GroupProtocol::Classic && settings.is_set("group.remote.assignor") {
            return Err(ClientError::Config {
                message: "group.remote.assignor cannot be set when group.protocol=CLASSIC".into(),
            });
        }
        let auto_commit = if settings.boolean("enable.auto.commit", true)? {
            Some(settings.millis("auto.commit.interval.ms", 5000)?)
        } else {
            None
        };
        let named = |key: &str| settings.text(key).filter(|text| !text.is_empty());
        let config = Self {
            id: id.to_owned(),
            instance_id: instance_id(settings)?,
            protocol,
            session_timeout: settings.millis("session.timeout.ms", 45_000)?,
            heartbeat_interval: settings.millis("heartbeat.interval.ms", 3000)?,
            max_poll_interval: Duration::from_millis(
                u64::try_from(settings.int("max.poll.interval.ms", 300_000, 1)?).unwrap_or(1),
            ),
            assignors: assignors(settings)?,
            remote_assignor: named("group.remote.assignor").map(str::to_owned),
            auto_commit,
            rack: named("client.rack").map(str::to_owned),
        };
        if config.heartbeat_interval >= config.session_timeout {
            return Err(ClientError::InvalidArgument {
                message: "Heartbeat must be set lower than the session timeout".into(),
            });
        }
        Ok(Some(config))
    }

    /// Returns how rebalances are done: with cooperation only if every assignor can.
    pub(crate) fn rebalance_protocol(&self) -> RebalanceProtocol {
        if self
            .assignors
            .iter()
            .all(|assignor| assignor.is_cooperative())
        {
            RebalanceProtocol::Cooperative
        } else {
            RebalanceProtocol::Eager
        }
    }
}

fn protocol(settings: &Settings<'_>) -> Result<GroupProtocol, ClientError> {
    match settings.text("group.protocol") {
        None => Ok(GroupProtocol::Classic),
        Some(text) if text.eq_ignore_ascii_case("classic") => Ok(GroupProtocol::Classic),
        Some(text) if text.eq_ignore_ascii_case("consumer") => Ok(GroupProtocol::Consumer),
        Some(text) => Err(invalid_value(
            "group.protocol",
            text,
            "String must be one of (case insensitive): CONSUMER, CLASSIC",
        )),
    }
}

/// Reads the static id, a name as topics have (`JoinGroupRequest.validateGroupInstanceId`).
fn instance_id(settings: &Settings<'_>) -> Result<Option<String>, ClientError> {
    let key = "group.instance.id";
    let Some(id) = settings.text(key) else {
        return Ok(None);
    };
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let reason = match id {
        "" => Some("String must be non-empty".to_owned()),
        "." | ".." => Some("Group instance id cannot be \".\" or \"..\"".to_owned()),
        _ if id.len() > 249 => Some(format!(
            "Group instance id can't be longer than 249 characters: {id}"
        )),
        _ if !id.chars().all(legal) => Some(format!(
            "Group instance id \"{id}\" is illegal, it contains a character other than ASCII \
             alphanumerics, '.', '_' and '-'"
        )),
        _ => None,
    };
    match reason {
        Some(reason) => Err(invalid_value(key, id, &reason)),
        None => Ok(Some(id.to_owned())),
    }
}

fn assignors(settings: &Settings<'_>) -> Result<Vec<Assignor>, ClientError> {
    let key = "partition.assignment.strategy";
    let Some(list) = settings.text(key) else {
        return Ok(vec![Assignor::Range, Assignor::CooperativeSticky]);
    };
    let mut found = Vec::new();
    for name in list.split(',').map(str::trim).filter(|n| !n.is_empty()) {
        let assignor = Assignor::parse(name).ok_or_else(|| ClientError::Config {
            message: format!("{name} ClassNotFoundException exception occurred"),
        })?;
        if !found.contains(&assignor) {
            found.push(assignor);
        }
    }
    if found.is_empty() {
        return Err(ClientError::Config {
            message: format!(
                "Missing required configuration \"{key}\" which has no default value."
            ),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Option<GroupConfig>, String> {
        let map: BTreeMap<String, String> = settings
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        GroupConfig::from_settings(&Settings::new(&map)).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_group_there_is_no_member() {
        assert!(read(&[]).unwrap().is_none());
        assert!(read(&[("enable.auto.commit", "true")]).is_err());
    }

    #[test]
    fn the_defaults_are_kafkas() {
        let config = read(&[("group.id", "g")]).unwrap().unwrap();
        assert_eq!(config.protocol, GroupProtocol::Classic);
        assert_eq!(config.auto_commit, Some(Duration::from_secs(5)));
        assert_eq!(config.rebalance_protocol(), RebalanceProtocol::Eager);
    }

    #[test]
    fn values_that_cannot_be_are_refused_in_kafkas_words() {
        let cases = [
            (
                ("group.id", ""),
                "should not be an empty string or whitespace.",
            ),
            (
                ("group.protocol", "new"),
                "String must be one of (case insensitive)",
            ),
            (
                ("heartbeat.interval.ms", "45000"),
                "Heartbeat must be set lower than",
            ),
            (
                ("group.instance.id", "a b"),
                "Group instance id \"a b\" is illegal",
            ),
            (
                ("partition.assignment.strategy", "x.Y"),
                "x.Y ClassNotFoundException",
            ),
        ];
        for (setting, sentence) in cases {
            let error = read(&[("group.id", "g"), setting]).unwrap_err();
            assert!(error.contains(sentence), "{error}");
        }
        let both = [
            ("group.id", "g"),
            ("group.protocol", "consumer"),
            ("session.timeout.ms", "7000"),
        ];
        let error = read(&both).unwrap_err();
        assert_eq!(
            error,
            "session.timeout.ms cannot be set when group.protocol=CONSUMER"
        );
    }
}
