//! Messages of versions that the crate lacks, by hand, with the crate's own interface.

mod describe_log_dirs;
mod offset_commit;
mod offset_fetch;
mod primitives;

pub use describe_log_dirs::{
    DescribeLogDirsRequest, DescribeLogDirsResponse, DescribeLogDirsResult,
};
pub use offset_commit::OffsetCommitRequest;
pub use offset_fetch::OffsetFetchRequest;
