//! The kinds of things that have settings, by the words of Kafka's tool.

use crate::client::admin::{ConfigSource, ResourceKind};

/// A kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntityType {
    Topics,
    Clients,
    Users,
    Brokers,
    Ips,
    ClientMetrics,
    Groups,
    BrokerLoggers,
}

impl EntityType {
    /// All kinds, in the order in which Kafka names them.
    pub(super) const ALL: [Self; 8] = [
        Self::Topics,
        Self::Clients,
        Self::Users,
        Self::Brokers,
        Self::Ips,
        Self::ClientMetrics,
        Self::Groups,
        Self::BrokerLoggers,
    ];

    /// Returns the word behind `--entity-type`.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Topics => "topics",
            Self::Clients => "clients",
            Self::Users => "users",
            Self::Brokers => "brokers",
            Self::Ips => "ips",
            Self::ClientMetrics => "client-metrics",
            Self::Groups => "groups",
            Self::BrokerLoggers => "broker-loggers",
        }
    }

    /// Returns the kind of this word.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Returns the word without its last letter, which is what Kafka prints for one thing.
    pub(super) fn singular(self) -> &'static str {
        let word = self.word();
        word.get(..word.len() - 1).unwrap_or(word)
    }

    /// Returns whether there is a default for all things of this kind.
    pub(super) const fn has_default(self) -> bool {
        matches!(
            self,
            Self::Clients | Self::Users | Self::Brokers | Self::Ips
        )
    }

    /// Returns the kind of resource on the wire, and the source of its own settings; `None` for
    /// quotas and credentials.
    pub(super) const fn resource(self) -> Option<(ResourceKind, ConfigSource)> {
        match self {
            Self::Topics => Some((ResourceKind::Topic, ConfigSource::DynamicTopic)),
            Self::Brokers => Some((ResourceKind::Broker, ConfigSource::DynamicBroker)),
            Self::BrokerLoggers => Some((
                ResourceKind::BrokerLogger,
                ConfigSource::DynamicBrokerLogger,
            )),
            Self::ClientMetrics => Some((
                ResourceKind::ClientMetrics,
                ConfigSource::DynamicClientMetrics,
            )),
            Self::Groups => Some((ResourceKind::Group, ConfigSource::DynamicGroup)),
            Self::Clients | Self::Users | Self::Ips => None,
        }
    }
}

/// Which things of a kind are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// All there are.
    All,
    /// The default for all.
    Default,
    /// The one of this name.
    Named(String),
}

/// Things that have settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entity {
    pub(super) kind: EntityType,
    pub(super) which: Which,
}
