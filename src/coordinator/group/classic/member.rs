//! A member of a classic group.

use crate::coordinator::group::record::MemberMetadata;
use crate::coordinator::group::request::{Client, Join};
use crate::coordinator::group::step::ReplyId;
use crate::record::fields::Blob;

/// How long a new member may wait for its first answer: it cannot send heartbeats yet.
pub(super) const NEW_MEMBER_JOIN_TIMEOUT_MS: i64 = 5 * 60 * 1000;

/// A member of a classic group.
#[derive(Clone, Debug)]
pub(in crate::coordinator::group) struct ClassicMember {
    pub(super) instance: Option<String>,
    pub(super) client: Client,
    pub(super) session_timeout_ms: i32,
    pub(super) rebalance_timeout_ms: i32,
    pub(super) protocols: Vec<(String, Vec<u8>)>,
    pub(super) assignment: Vec<u8>,
    /// Whether it waits for its first answer.
    pub(super) is_new: bool,
    /// The JoinGroup that waits.
    pub(super) join: Option<ReplyId>,
    /// The SyncGroup that waits.
    pub(super) sync: Option<ReplyId>,
}

impl ClassicMember {
    /// Makes a member of what it says of itself.
    pub(super) fn of(join: &Join) -> Self {
        Self {
            instance: join.member.instance.clone(),
            client: join.client.clone(),
            session_timeout_ms: join.session_timeout_ms,
            rebalance_timeout_ms: join.rebalance_timeout_ms,
            protocols: join.protocols.clone(),
            assignment: Vec::new(),
            is_new: false,
            join: None,
            sync: None,
        }
    }

    /// Takes over what it says of itself now.
    pub(super) fn update(&mut self, join: &Join) {
        self.session_timeout_ms = join.session_timeout_ms;
        self.rebalance_timeout_ms = join.rebalance_timeout_ms;
        self.protocols.clone_from(&join.protocols);
    }

    /// Returns what it says under a protocol.
    pub(super) fn metadata(&self, protocol: &str) -> &[u8] {
        let found = self.protocols.iter().find(|(name, _)| name == protocol);
        found.map_or(&[], |(_, metadata)| metadata)
    }

    /// Returns whether it knows a protocol.
    pub(super) fn supports(&self, protocol: &str) -> bool {
        self.protocols.iter().any(|(name, _)| name == protocol)
    }

    /// Makes a member of its record.
    pub(super) fn of_record(record: &MemberMetadata, protocol: Option<&str>) -> Self {
        let protocol = protocol.unwrap_or_default().to_owned();
        let rebalance = record.rebalance_timeout;
        Self {
            instance: record.group_instance_id.clone(),
            client: Client {
                id: record.client_id.clone(),
                host: record.client_host.clone(),
            },
            session_timeout_ms: record.session_timeout,
            // Version 0 has none.
            rebalance_timeout_ms: if rebalance == -1 {
                record.session_timeout
            } else {
                rebalance
            },
            protocols: vec![(protocol, record.subscription.0.clone())],
            assignment: record.assignment.0.clone(),
            is_new: false,
            join: None,
            sync: None,
        }
    }

    /// Returns its record.
    pub(super) fn record(&self, id: &str, protocol: &str, assignment: &[u8]) -> MemberMetadata {
        MemberMetadata {
            member_id: id.to_owned(),
            group_instance_id: self.instance.clone(),
            client_id: self.client.id.clone(),
            client_host: self.client.host.clone(),
            rebalance_timeout: self.rebalance_timeout_ms,
            session_timeout: self.session_timeout_ms,
            subscription: Blob(self.metadata(protocol).to_vec()),
            assignment: Blob(assignment.to_vec()),
        }
    }
}
