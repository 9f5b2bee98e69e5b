//! The request and response structs of the crate, under one roof.
//!
//! Only the broker's handlers and connections, the client and the follower's fetcher may use
//! them: nothing below knows a version or a request.

pub use super::extra::{
    DescribeLogDirsRequest, DescribeLogDirsResponse, DescribeLogDirsResult, OffsetCommitRequest,
    OffsetFetchRequest,
};
pub use kafka_protocol::messages::*;
pub use kafka_protocol::protocol::StrBytes;
