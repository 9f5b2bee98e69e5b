//! Fetch, versions 4 to 18: records from an offset on (KIP-74, KIP-227, KIP-516, KIP-903).
//!
//! Cut by phase: [`session`] resolves what is asked for, [`read`] finds it and waits for more,
//! [`encode`] writes the answer by hand, since the crate would copy every record once more.
//! Records are never decoded: whole batches go from the segment's file to the socket.

mod encode;
mod read;
mod session;

use std::sync::Arc;

use crate::broker::answer::Answer;
use crate::broker::context::RequestContext;
use crate::broker::dispatch::Handle;
use crate::broker::errors::online;
use crate::protocol::ErrorCode;
use crate::protocol::messages::FetchRequest;
use crate::replica::Partition;
use crate::types::{LeaderEpoch, Offset, Uuid};

pub(in crate::broker) use session::FetchSessions;

/// The first version that names topics by id.
const TOPIC_ID_VERSION_MIN: i16 = 13;

/// A topic as the client names it, and as the answer must name it again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::broker) enum TopicKey {
    /// By name, up to version 12.
    Name(Arc<str>),
    /// By id, from version 13 on.
    Id(Uuid),
}

/// A partition that the client asks for.
#[derive(Clone, Debug)]
pub(in crate::broker) struct Asked {
    pub(in crate::broker) topic: TopicKey,
    pub(in crate::broker) partition: i32,
    pub(in crate::broker) from: Offset,
    pub(in crate::broker) bytes_max: usize,
    pub(in crate::broker) leader_epoch: LeaderEpoch,
}

impl Asked {
    /// Returns the partition that is meant, or the error that says it is not here.
    fn resolve(&self, context: &RequestContext<'_>) -> Result<Arc<Partition>, ErrorCode> {
        let (topic, unknown) = match &self.topic {
            TopicKey::Name(name) => (
                context.replicas.topic(name),
                ErrorCode::UnknownTopicOrPartition,
            ),
            TopicKey::Id(id) => (context.replicas.topic_by_id(*id), ErrorCode::UnknownTopicId),
        };
        let topic = topic.ok_or(unknown)?;
        online(
            topic.hosted(self.partition),
            ErrorCode::UnknownTopicOrPartition,
        )
    }
}

impl Handle for FetchRequest {
    async fn handle(self, context: &RequestContext<'_>) -> Answer {
        let opened = match session::open(&self, context) {
            Ok(opened) => opened,
            Err(code) => {
                let header = encode::Head {
                    code,
                    session_id: 0,
                };
                return Answer::Pieces(encode::encode(&header, Vec::new(), context));
            }
        };
        let limits = read::Limits::of(&self, context);
        let mut found = read::read(opened.asked(), &limits, context).await;
        let session_id = opened.close(&mut found);
        let header = encode::Head {
            code: ErrorCode::None,
            session_id,
        };
        Answer::Pieces(encode::encode(&header, found, context))
    }
}
