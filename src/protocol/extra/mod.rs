//! Messages of versions that the crate lacks, by hand, with the crate's own interface.

mod describe_log_dirs;
mod primitives;

pub use describe_log_dirs::{
    DescribeLogDirsRequest, DescribeLogDirsResponse, DescribeLogDirsResult,
};
