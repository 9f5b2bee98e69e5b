//! A coordinator of one member, for tests: it notes what it is told and refuses what a test says.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::client::fake_broker::Reply;
use crate::protocol::messages::consumer_group_heartbeat_response::{Assignment, TopicPartitions};
use crate::protocol::messages::find_coordinator_response::Coordinator;
use crate::protocol::messages::join_group_response::JoinGroupResponseMember;
use crate::protocol::messages::offset_commit_response::{
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use crate::protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartitions, OffsetFetchResponseTopics,
};
use crate::protocol::messages::{
    BrokerId, ConsumerGroupHeartbeatResponse, FindCoordinatorResponse, HeartbeatResponse,
    JoinGroupRequest, JoinGroupResponse, LeaveGroupResponse, OffsetCommitRequest,
    OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse, SyncGroupRequest,
    SyncGroupResponse,
};
use crate::protocol::{ErrorCode, Request, Response};

/// What the coordinator has seen, in order, and what it keeps.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) events: Vec<String>,
    generation: i32,
    pub(super) committed: Option<i64>,
}

pub(super) type Fault = Box<dyn FnMut(&str, usize) -> Option<ErrorCode> + Send>;

/// A coordinator; `fault` may refuse the nth request of a name.
pub(super) struct FakeCoordinator {
    pub(super) seen: Arc<Mutex<Seen>>,
    pub(super) counts: BTreeMap<&'static str, usize>,
    pub(super) fault: Fault,
}

impl FakeCoordinator {
    pub(super) fn answer(&mut self, request: &Request) -> Reply {
        let response: Response = match request {
            Request::FindCoordinator(request) => {
                let coordinator = Coordinator::default()
                    .with_key(request.coordinator_keys[0].clone())
                    .with_node_id(BrokerId(1));
                FindCoordinatorResponse::default()
                    .with_coordinators(vec![coordinator])
                    .into()
            }
            Request::JoinGroup(request) => self.join(request).into(),
            Request::SyncGroup(request) => self.sync(request).into(),
            Request::Heartbeat(_) => {
                let code = self.refusal("heartbeat");
                HeartbeatResponse::default().with_error_code(code).into()
            }
            Request::LeaveGroup(request) => {
                let id = request.members[0].member_id.as_str();
                self.seen.lock().events.push(format!("leave {id}"));
                LeaveGroupResponse::default().into()
            }
            Request::OffsetCommit(request) => self.commit(request).into(),
            Request::OffsetFetch(request) => self.fetch(request).into(),
            Request::ConsumerGroupHeartbeat(_) => self.beat(request),
            _ => return Reply::Usual,
        };
        Reply::Instead(response)
    }

    fn refusal(&mut self, name: &'static str) -> i16 {
        let count = self.counts.entry(name).or_default();
        *count += 1;
        (self.fault)(name, *count).map_or(0, ErrorCode::code)
    }

    fn join(&mut self, request: &JoinGroupRequest) -> JoinGroupResponse {
        let id = request.member_id.as_str();
        self.seen.lock().events.push(format!("join '{id}'"));
        let refusal = self.refusal("join");
        if refusal != 0 {
            return JoinGroupResponse::default().with_error_code(refusal);
        }
        if id.is_empty() {
            return JoinGroupResponse::default()
                .with_error_code(ErrorCode::MemberIdRequired.code())
                .with_member_id("m".into());
        }
        let mut seen = self.seen.lock();
        seen.generation += 1;
        let protocol = &request.protocols[0];
        let member = JoinGroupResponseMember::default()
            .with_member_id(request.member_id.clone())
            .with_metadata(protocol.metadata.clone());
        JoinGroupResponse::default()
            .with_generation_id(seen.generation)
            .with_protocol_type(Some("consumer".into()))
            .with_protocol_name(Some(protocol.name.clone()))
            .with_leader(request.member_id.clone())
            .with_member_id(request.member_id.clone())
            .with_members(vec![member])
    }

    fn sync(&mut self, request: &SyncGroupRequest) -> SyncGroupResponse {
        let refusal = self.refusal("sync");
        SyncGroupResponse::default()
            .with_error_code(refusal)
            .with_protocol_type(Some("consumer".into()))
            .with_protocol_name(request.protocol_name.clone())
            .with_assignment(request.assignments[0].assignment.clone())
    }

    fn commit(&mut self, request: &OffsetCommitRequest) -> OffsetCommitResponse {
        let refusal = self.refusal("commit");
        let topic = &request.topics[0];
        let partition = &topic.partitions[0];
        let offset = partition.committed_offset;
        let generation = request.generation_id_or_member_epoch;
        let mut seen = self.seen.lock();
        seen.events.push(format!("commit {offset} in {generation}"));
        if refusal == 0 {
            seen.committed = Some(offset);
        }
        let partition = OffsetCommitResponsePartition::default()
            .with_partition_index(partition.partition_index)
            .with_error_code(refusal);
        let topic = OffsetCommitResponseTopic::default()
            .with_name(topic.name.clone())
            .with_partitions(vec![partition]);
        OffsetCommitResponse::default().with_topics(vec![topic])
    }

    fn fetch(&mut self, request: &OffsetFetchRequest) -> OffsetFetchResponse {
        let refusal = self.refusal("fetch");
        let group = &request.groups[0];
        let topic = &group.topics.as_ref().unwrap()[0];
        let partition = OffsetFetchResponsePartitions::default()
            .with_partition_index(topic.partition_indexes[0])
            .with_committed_offset(self.seen.lock().committed.unwrap_or(-1))
            .with_committed_leader_epoch(-1);
        let topic = OffsetFetchResponseTopics::default()
            .with_name(topic.name.clone())
            .with_partitions(vec![partition]);
        let group = OffsetFetchResponseGroup::default()
            .with_group_id(group.group_id.clone())
            .with_error_code(refusal)
            .with_topics(vec![topic]);
        OffsetFetchResponse::default().with_groups(vec![group])
    }

    /// Assigns the only partition to whoever joins.
    fn beat(&mut self, request: &Request) -> Response {
        let Request::ConsumerGroupHeartbeat(request) = request else {
            unreachable!("only heartbeats come here")
        };
        let owned = request.topic_partitions.as_ref().map(Vec::len);
        let event = match (request.member_epoch, owned) {
            (epoch @ ..1, _) => Some(format!("epoch {epoch}")),
            (_, Some(count)) => Some(format!("owns {count}")),
            (_, None) => None,
        };
        self.seen.lock().events.extend(event);
        let refusal = self.refusal("beat");
        let mut response = ConsumerGroupHeartbeatResponse::default()
            .with_error_code(refusal)
            .with_member_id(Some(request.member_id.clone()))
            .with_heartbeat_interval_ms(20);
        if refusal == 0 && request.member_epoch == 0 {
            self.seen.lock().generation += 1;
            let topic = TopicPartitions::default()
                .with_topic_id(uuid::Uuid::from_u128(77))
                .with_partitions(vec![0]);
            let assignment = Assignment::default().with_topic_partitions(vec![topic]);
            response.assignment = Some(assignment);
        }
        let generation = self.seen.lock().generation;
        response.member_epoch = if request.member_epoch < 0 {
            request.member_epoch
        } else {
            generation
        };
        response.into()
    }
}
