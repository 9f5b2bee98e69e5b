//! What a shard is asked and what it answers, free of versions.

pub use super::consumer_request::*;
use crate::protocol::ErrorCode;
use crate::types::Uuid;

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// The client id.
    pub id: String,
    /// The address, as Kafka prints it.
    pub host: String,
}

/// A member of a classic group as it names itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// Its id; empty if it has none yet.
    pub id: String,
    /// Its static id.
    pub instance: Option<String>,
}

/// JoinGroup.
#[derive(Clone, Debug, Default)]
pub struct Join {
    /// The group.
    pub group: String,
    /// Who joins.
    pub member: Member,
    /// From where.
    pub client: Client,
    /// How long it may be silent.
    pub session_timeout_ms: i32,
    /// How long it may take to join again.
    pub rebalance_timeout_ms: i32,
    /// `consumer`, `connect`, ...
    pub protocol_type: String,
    /// The protocols it knows, its favourite first, and what it says under each.
    pub protocols: Vec<(String, Vec<u8>)>,
    /// Whether a new member is first told its id, to come back with it.
    pub needs_known_id: bool,
    /// Whether a leader can be told that nothing is to be assigned.
    pub can_skip_assignment: bool,
}

/// The answer to JoinGroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// What went wrong.
    pub error: ErrorCode,
    /// The generation.
    pub generation: i32,
    /// The group's protocol type.
    pub protocol_type: Option<String>,
    /// The chosen protocol.
    pub protocol: Option<String>,
    /// The leader.
    pub leader: String,
    /// Whether the leader has nothing to assign.
    pub skip_assignment: bool,
    /// The member's id.
    pub member: String,
    /// All members and what they say, for the leader.
    pub members: Vec<(Member, Vec<u8>)>,
}

impl Joined {
    /// Returns a refusal.
    #[must_use]
    pub fn refused(member: &str, error: ErrorCode) -> Self {
        Self {
            error,
            generation: -1,
            protocol_type: None,
            protocol: None,
            leader: String::new(),
            skip_assignment: false,
            member: member.to_owned(),
            members: Vec::new(),
        }
    }
}

/// SyncGroup.
#[derive(Clone, Debug, Default)]
pub struct Sync {
    /// The group.
    pub group: String,
    /// The generation it has joined.
    pub generation: i32,
    /// Who asks.
    pub member: Member,
    /// What it takes for the protocol type.
    pub protocol_type: Option<String>,
    /// What it takes for the protocol.
    pub protocol: Option<String>,
    /// From the leader: each member's assignment.
    pub assignments: Vec<(String, Vec<u8>)>,
}

/// The answer to SyncGroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synced {
    /// What went wrong.
    pub error: ErrorCode,
    /// The group's protocol type.
    pub protocol_type: Option<String>,
    /// The chosen protocol.
    pub protocol: Option<String>,
    /// The assignment.
    pub assignment: Vec<u8>,
}

impl Synced {
    /// Returns a refusal.
    #[must_use]
    pub const fn refused(error: ErrorCode) -> Self {
        Self {
            error,
            protocol_type: None,
            protocol: None,
            assignment: Vec::new(),
        }
    }
}

/// Heartbeat.
#[derive(Clone, Debug, Default)]
pub struct Beat {
    /// The group.
    pub group: String,
    /// The generation it has joined.
    pub generation: i32,
    /// Who lives.
    pub member: Member,
}

/// OffsetCommit.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// The group.
    pub group: String,
    /// Who commits.
    pub member: Member,
    /// The generation, or the member's epoch; negative for nobody.
    pub epoch: i32,
    /// How long to keep the offsets, if not as long as all.
    pub retention_ms: Option<i64>,
    /// Whether a group that is not there is named as such.
    pub names_missing_group: bool,
    /// The offsets.
    pub offsets: Vec<NewOffset>,
}

/// An offset to keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewOffset {
    /// The topic.
    pub topic: String,
    /// The topic's id; zero if it is not known.
    pub topic_id: Uuid,
    /// The partition.
    pub partition: i32,
    /// The offset of the next record to read.
    pub offset: i64,
    /// The epoch of the record before it; -1 if not known.
    pub leader_epoch: i32,
    /// What the client wants to remember.
    pub metadata: String,
}

/// OffsetFetch, of one group.
#[derive(Clone, Debug, Default)]
pub struct FetchOffsets {
    /// The group.
    pub group: String,
    /// Who asks, and with which epoch; negative for nobody.
    pub member: Option<String>,
    /// The member's epoch.
    pub epoch: i32,
    /// The partitions of each topic; `None` for all.
    pub topics: Option<Vec<(String, Vec<i32>)>>,
    /// Whether offsets of open transactions are told as not settled.
    pub require_stable: bool,
}

/// A committed offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedOffset {
    /// The partition.
    pub partition: i32,
    /// The offset; -1 if there is none.
    pub offset: i64,
    /// The leader epoch; -1 if not known.
    pub leader_epoch: i32,
    /// What the client wanted to remember.
    pub metadata: String,
    /// What went wrong.
    pub error: ErrorCode,
}

/// What one step of a shard is asked for.
#[derive(Clone, Debug)]
pub enum GroupRequest {
    /// JoinGroup.
    Join(Join),
    /// SyncGroup.
    Sync(Sync),
    /// Heartbeat.
    Heartbeat(Beat),
    /// LeaveGroup: the group, and who leaves.
    Leave(String, Vec<Member>),
    /// OffsetCommit.
    Commit(Commit),
    /// OffsetFetch.
    Fetch(FetchOffsets),
    /// OffsetDelete: the group, and the partitions.
    DeleteOffsets(String, Vec<(String, i32)>),
    /// DeleteGroups.
    DeleteGroup(String),
    /// ListGroups: only of these states and types; empty for all.
    List {
        /// States, in lower case.
        states: Vec<String>,
        /// Types, in lower case.
        types: Vec<String>,
    },
    /// DescribeGroups.
    DescribeClassic(String),
    /// ConsumerGroupHeartbeat.
    ConsumerHeartbeat(ConsumerHeartbeat),
    /// ConsumerGroupDescribe.
    DescribeConsumer(String),
    /// The topics have changed.
    TopicsChanged,
    /// Time has passed.
    Tick,
}

/// What a shard answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupResponse {
    /// To JoinGroup.
    Joined(Joined),
    /// To SyncGroup.
    Synced(Synced),
    /// To Heartbeat and DeleteGroups; to anything that was refused as a whole.
    Code(ErrorCode),
    /// To LeaveGroup: a code for each who leaves.
    Left(Vec<(Member, ErrorCode)>),
    /// To OffsetCommit and OffsetDelete: a code for each partition, in order.
    Codes(Vec<ErrorCode>),
    /// To OffsetFetch.
    Fetched(Vec<(String, Vec<FetchedOffset>)>),
    /// To ListGroups.
    Listed(Vec<ListedGroup>),
    /// To DescribeGroups; `None` if it is no classic group.
    Classic(Result<DescribedClassic, String>),
    /// To ConsumerGroupHeartbeat.
    ConsumerHeartbeat(Result<ConsumerBeat, Refused>),
    /// To ConsumerGroupDescribe; the sentence if it is no consumer group.
    Consumer(Result<DescribedConsumer, String>),
}

impl From<ErrorCode> for GroupResponse {
    fn from(code: ErrorCode) -> Self {
        Self::Code(code)
    }
}

impl From<Joined> for GroupResponse {
    fn from(joined: Joined) -> Self {
        Self::Joined(joined)
    }
}

impl From<Synced> for GroupResponse {
    fn from(synced: Synced) -> Self {
        Self::Synced(synced)
    }
}

/// A code and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The code.
    pub code: ErrorCode,
    /// The sentence.
    pub message: String,
}

impl Refused {
    /// Returns a refusal.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// A group in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedGroup {
    /// Its id.
    pub group: String,
    /// Its protocol type.
    pub protocol_type: String,
    /// Its state's name.
    pub state: &'static str,
    /// `classic` or `consumer`.
    pub kind: &'static str,
}

/// A classic group, described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedClassic {
    /// Its state's name.
    pub state: &'static str,
    /// Its protocol type.
    pub protocol_type: String,
    /// The chosen protocol, if it is stable.
    pub protocol: String,
    /// Its members.
    pub members: Vec<DescribedClassicMember>,
}

/// A member of a classic group, described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedClassicMember {
    /// Who it is.
    pub member: Member,
    /// Where it is.
    pub client: Client,
    /// What it says under the chosen protocol.
    pub metadata: Vec<u8>,
    /// What it reads.
    pub assignment: Vec<u8>,
}
