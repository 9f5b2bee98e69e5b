//! DeleteGroups and OffsetDelete.

use super::offsets::offset_tombstone;
use super::request::GroupResponse;
use super::shard::{Group, GroupShard};
use super::step::Step;
use crate::protocol::ErrorCode;

impl GroupShard {
    /// Handles DeleteGroups for one group: only one without members goes.
    pub(super) fn delete_group(&self, id: &str, step: &mut Step<'_>) -> ErrorCode {
        let Some(group) = self.groups.get(id) else {
            return ErrorCode::GroupIdNotFound;
        };
        if group.has_members() {
            return ErrorCode::NonEmptyGroup;
        }
        for (topic, partition, _) in self.offsets.of(id) {
            step.out
                .records
                .push(offset_tombstone(id, topic, partition));
        }
        step.out.records.extend(group.tombstones());
        ErrorCode::None
    }

    /// Handles OffsetDelete: partitions of topics that nobody in the group reads.
    pub(super) fn delete_offsets(
        &self,
        id: &str,
        partitions: &[(String, i32)],
        step: &mut Step<'_>,
    ) -> GroupResponse {
        let Some(group) = self.groups.get(id) else {
            return GroupResponse::Code(ErrorCode::GroupIdNotFound);
        };
        if let Group::Classic(group) = group
            && group.has_members()
            && !group.has_consumers()
        {
            return GroupResponse::Code(ErrorCode::NonEmptyGroup);
        }
        let mut codes = Vec::new();
        for (topic, partition) in partitions {
            if group.is_subscribed_to(topic) {
                codes.push(ErrorCode::GroupSubscribedToTopic);
                continue;
            }
            if self.offsets.has_partition(id, topic, *partition) {
                step.out
                    .records
                    .push(offset_tombstone(id, topic, *partition));
            }
            codes.push(ErrorCode::None);
        }
        GroupResponse::Codes(codes)
    }
}
