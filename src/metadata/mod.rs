//! What the cluster is: records in a log, and the immutable image that they make.
//!
//! [`MetadataRecord`] is one change as KRaft writes it, [`MetadataImage`] the state up to an
//! offset, [`MetadataDelta`] the difference between two images, on which brokers act, and
//! [`image_records`] an image as the records of a snapshot.

mod apply;
pub mod control;
mod delta;
mod image;
pub mod record;
pub mod remote_log;
mod snapshot;

pub use apply::ApplyError;

pub use delta::{MetadataDelta, TopicChange};
pub use image::{
    BrokerImage, ConfigImage, ConfigResource, MetadataImage, PartitionImage, TopicImage,
};
pub use record::{MetadataRecord, RecordDecodeError};
pub use snapshot::{image_records, partition_record};
