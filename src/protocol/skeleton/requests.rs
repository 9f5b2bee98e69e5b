//! The skeletons of requests, in order of the keys.

use super::Skeleton;

pub(crate) static PRODUCE: Skeleton = Skeleton { fields: &[] };
pub(crate) static FETCH: Skeleton = Skeleton { fields: &[] };
pub(crate) static LIST_OFFSETS: Skeleton = Skeleton { fields: &[] };
pub(crate) static METADATA: Skeleton = Skeleton { fields: &[] };
pub(crate) static FIND_COORDINATOR: Skeleton = Skeleton { fields: &[] };
pub(crate) static API_VERSIONS: Skeleton = Skeleton { fields: &[] };
pub(crate) static CREATE_TOPICS: Skeleton = Skeleton { fields: &[] };
pub(crate) static DELETE_TOPICS: Skeleton = Skeleton { fields: &[] };
pub(crate) static DELETE_RECORDS: Skeleton = Skeleton { fields: &[] };
pub(crate) static INIT_PRODUCER_ID: Skeleton = Skeleton { fields: &[] };
pub(crate) static OFFSET_FOR_LEADER_EPOCH: Skeleton = Skeleton { fields: &[] };
pub(crate) static DESCRIBE_CONFIGS: Skeleton = Skeleton { fields: &[] };
pub(crate) static ALTER_CONFIGS: Skeleton = Skeleton { fields: &[] };
pub(crate) static CREATE_PARTITIONS: Skeleton = Skeleton { fields: &[] };
pub(crate) static INCREMENTAL_ALTER_CONFIGS: Skeleton = Skeleton { fields: &[] };
pub(crate) static LIST_PARTITION_REASSIGNMENTS: Skeleton = Skeleton { fields: &[] };
pub(crate) static DESCRIBE_CLUSTER: Skeleton = Skeleton { fields: &[] };
pub(crate) static LIST_CONFIG_RESOURCES: Skeleton = Skeleton { fields: &[] };
pub(crate) static DESCRIBE_TOPIC_PARTITIONS: Skeleton = Skeleton { fields: &[] };
