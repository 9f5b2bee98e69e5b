//! Decides changes of the metadata: pure functions from an image and a command to records.
//!
//! A command implements [`Decide`]; it reads the image, the settings, the time and randomness that
//! it is given, and nothing else. Whoever owns the metadata log appends the records, applies them
//! to the image and only then gives the response away. One file a subject.

mod bootstrap;
mod broker_configs;
mod brokers;
mod checkpoint;
mod configs;
mod directories;
#[cfg(test)]
mod fixture;
mod group_configs;
mod kraft;
mod metadata_log;
mod metadata_log_error;
mod partitions;
mod placement;
mod producer_ids;
mod reassignments;
mod topic_names;
mod topics;

pub use bootstrap::{METADATA_LEVEL, bootstrap_records, format_files, format_records};
pub use brokers::{BrokerStopped, RegisterBroker, Registered, Unfence};
pub use configs::{AlterConfigs, ConfigChange, ConfigOperation, ReplaceConfigs, WholeConfig};
pub use directories::{AssignReplicasToDirs, ReplicaDirectory};
pub use kraft::Voter;
pub use metadata_log::{METADATA_DIR, MetadataLog};
pub use metadata_log_error::MetadataLogError;
pub use partitions::{CreatePartitions, NewPartitions};
pub use producer_ids::AllocateProducerIds;
pub use reassignments::{AlterPartitionReassignments, Reassignment};
pub use topic_names::check_topic_name;
pub use topics::{CreateTopics, CreatedTopic, DeleteTopics, NewTopic, TopicRef};

use crate::metadata::{MetadataImage, MetadataRecord};
use crate::protocol::ErrorCode;
use crate::rng::Rng;
use crate::types::TimestampMs;

/// A change that was refused: the code and Kafka's sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The code.
    pub code: ErrorCode,
    /// The sentence; the code's own if there is nothing to add.
    pub message: String,
}

impl Refusal {
    /// Returns a refusal with a sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// Returns a refusal with the code's own sentence.
    #[must_use]
    pub fn plain(code: ErrorCode) -> Self {
        Self::new(code, code.message())
    }
}

/// What a command leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct ControllerResult<T> {
    /// What to append, in this order and together.
    pub records: Vec<MetadataRecord>,
    /// What to answer once the records are durable.
    pub response: T,
}

impl<T> ControllerResult<T> {
    /// Returns an answer that changes nothing.
    pub fn unchanged(response: T) -> Self {
        Self {
            records: Vec::new(),
            response,
        }
    }
}

/// What the broker's configuration tells the controller.
#[derive(Clone, Debug)]
pub struct ClusterSettings {
    /// `num.partitions`
    pub default_partitions: i32,
    /// `default.replication.factor`
    pub default_replication_factor: i16,
    /// `delete.topic.enable`
    pub may_delete_topics: bool,
}

/// What a decision may look at.
#[derive(Debug)]
pub struct Context<'a> {
    /// The metadata as it stands.
    pub image: &'a MetadataImage,
    /// What the configuration says.
    pub settings: &'a ClusterSettings,
    /// The time.
    pub now_ms: TimestampMs,
    /// Randomness: ids, the first broker of a placement.
    pub rng: &'a mut Rng,
}

/// A command to the controller.
pub trait Decide {
    /// What is answered.
    type Response;

    /// Decides, without doing anything.
    fn decide(&self, context: &mut Context<'_>) -> ControllerResult<Self::Response>;
}

/// The most records of one command (`QuorumController.MAX_RECORDS_PER_USER_OP`, KIP-868).
const RECORDS_PER_COMMAND_MAX: usize = 10_000;

/// Refuses a command that would need more records than one batch may have.
fn check_record_count(records: &[MetadataRecord]) -> Result<(), Refusal> {
    if records.len() > RECORDS_PER_COMMAND_MAX {
        let text = format!(
            "Unable to perform excessively large batch operation: {} records, at most \
             {RECORDS_PER_COMMAND_MAX}.",
            records.len()
        );
        return Err(Refusal::new(ErrorCode::PolicyViolation, text));
    }
    Ok(())
}
