//! What consumer groups (KIP-848) are asked and what they answer.

use super::request::Client;
use crate::types::Uuid;

/// ConsumerGroupHeartbeat.
#[derive(Clone, Debug, Default)]
pub struct ConsumerHeartbeat {
    /// The group.
    pub group: String,
    /// The member; empty for one that is to be given an id.
    pub member: String,
    /// 0 joins, -1 leaves, -2 leaves for a while, else the epoch it has.
    pub epoch: i32,
    /// Its static id.
    pub instance: Option<String>,
    /// Its rack.
    pub rack: Option<String>,
    /// How long it may take to give up partitions; -1 as before.
    pub rebalance_timeout_ms: i32,
    /// The topics; `None` as before.
    pub topics: Option<Vec<String>>,
    /// The topics by a pattern; `None` as before.
    pub regex: Option<String>,
    /// The assignor; `None` as before.
    pub assignor: Option<String>,
    /// The partitions it has; `None` as before.
    pub owned: Option<Vec<(Uuid, Vec<i32>)>>,
    /// From where.
    pub client: Client,
    /// Whether the member must have made its id.
    pub makes_own_id: bool,
    /// The group's own settings.
    pub settings: ConsumerSettings,
}

/// A consumer group's own settings; `None` for the broker's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConsumerSettings {
    /// `consumer.session.timeout.ms`
    pub session_timeout_ms: Option<i64>,
    /// `consumer.heartbeat.interval.ms`
    pub heartbeat_interval_ms: Option<i64>,
}

/// Partitions of topics, by id.
pub type Assignment = Vec<(Uuid, Vec<i32>)>;

/// The answer to ConsumerGroupHeartbeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerBeat {
    /// The member's id.
    pub member: String,
    /// Its epoch.
    pub epoch: i32,
    /// When it is to come again.
    pub heartbeat_interval_ms: i64,
    /// What it may read; `None` as before.
    pub assignment: Option<Assignment>,
}

/// A consumer group, described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedConsumer {
    /// Its state's name.
    pub state: &'static str,
    /// Its epoch.
    pub epoch: i32,
    /// The epoch of the target assignment.
    pub assignment_epoch: i32,
    /// The assignor.
    pub assignor: String,
    /// Its members.
    pub members: Vec<DescribedConsumerMember>,
}

/// A member of a consumer group, described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedConsumerMember {
    /// Its id.
    pub member: String,
    /// Its static id.
    pub instance: Option<String>,
    /// Its rack.
    pub rack: Option<String>,
    /// Its epoch.
    pub epoch: i32,
    /// Where it is.
    pub client: Client,
    /// The topics it names.
    pub topics: Vec<String>,
    /// The pattern it names.
    pub regex: Option<String>,
    /// What it may read.
    pub assignment: Assignment,
    /// What it is to read.
    pub target: Assignment,
}
