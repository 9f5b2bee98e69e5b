//! What is refused: broken requests, unknown and outdated members.

use super::{ConsumerGroup, ConsumerMember};
use crate::coordinator::group::assignor::is_known;
use crate::coordinator::group::config::ConsumerGroupConfig;
use crate::coordinator::group::request::{ConsumerHeartbeat, Refused};
use crate::protocol::ErrorCode;
use crate::types::Uuid;

/// Refuses a heartbeat that makes no sense, whatever the group.
pub(super) fn check_request(
    beat: &ConsumerHeartbeat,
    config: &ConsumerGroupConfig,
) -> Result<(), Refused> {
    let invalid = |message: &str| Err(Refused::new(ErrorCode::InvalidRequest, message));
    let is_empty = |text: &Option<String>| text.as_ref().is_some_and(String::is_empty);
    if (beat.makes_own_id || beat.epoch > 0 || beat.epoch == -1) && beat.member.is_empty() {
        return invalid("MemberId can't be empty.");
    }
    if beat.group.is_empty() {
        return invalid("GroupId can't be empty.");
    }
    if is_empty(&beat.instance) {
        return invalid("InstanceId can't be empty.");
    }
    if is_empty(&beat.rack) {
        return invalid("RackId can't be empty.");
    }
    if beat.epoch == 0 {
        if beat.rebalance_timeout_ms == -1 {
            return invalid("RebalanceTimeoutMs must be provided in first request.");
        }
        if beat.owned.as_ref().is_none_or(|owned| !owned.is_empty()) {
            return invalid("TopicPartitions must be empty when (re-)joining.");
        }
        if beat.topics.is_none() && beat.regex.is_none() {
            return invalid(
                "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when \
                 (re-)joining.",
            );
        }
    } else if beat.epoch == -2 && beat.instance.is_none() {
        return invalid("InstanceId can't be null.");
    } else if beat.epoch < -2 {
        return invalid("MemberEpoch is invalid.");
    }
    if let Some(name) = &beat.assignor
        && !(is_known(name) && config.assignors.contains(name))
    {
        let known = config.assignors.join(", ");
        let message =
            format!("ServerAssignor {name} is not supported. Supported assignors: {known}.");
        return Err(Refused::new(ErrorCode::UnsupportedAssignor, message));
    }
    Ok(())
}

impl ConsumerGroup {
    pub(super) fn unknown(&self, member: &str) -> Refused {
        let message = format!("Member {member} is not a member of group {}.", self.id);
        Refused::new(ErrorCode::UnknownMemberId, message)
    }

    /// Returns the member with a static id, which must be this one.
    pub(super) fn static_member(
        &self,
        instance: &str,
        member: &str,
    ) -> Result<&ConsumerMember, Refused> {
        let Some(held) = self.instances.get(instance) else {
            let message = format!("Instance id {instance} is unknown.");
            return Err(Refused::new(ErrorCode::UnknownMemberId, message));
        };
        if held != member {
            let message = format!(
                "Static member {member} with instance id {instance} was fenced by member {held}."
            );
            return Err(Refused::new(ErrorCode::FencedInstanceId, message));
        }
        self.members.get(held).ok_or_else(|| self.unknown(member))
    }

    /// Checks the offsets' commit of a member.
    pub(in crate::coordinator::group) fn check_commit(
        &self,
        member: &str,
        epoch: i32,
        knows_epochs: bool,
    ) -> Result<(), ErrorCode> {
        if epoch < 0 && self.members.is_empty() {
            return Ok(());
        }
        let held = self.members.get(member).ok_or(ErrorCode::UnknownMemberId)?;
        if !knows_epochs {
            return Err(ErrorCode::UnsupportedVersion);
        }
        if held.epoch == epoch {
            Ok(())
        } else {
            Err(ErrorCode::StaleMemberEpoch)
        }
    }

    /// Checks who fetches offsets; nobody in particular may, too.
    pub(in crate::coordinator::group) fn check_fetch(
        &self,
        member: Option<&str>,
        epoch: i32,
    ) -> Result<(), ErrorCode> {
        let Some(member) = member.filter(|member| !member.is_empty() || epoch >= 0) else {
            return Ok(());
        };
        let held = self.members.get(member).ok_or(ErrorCode::UnknownMemberId)?;
        if held.epoch == epoch {
            Ok(())
        } else {
            Err(ErrorCode::StaleMemberEpoch)
        }
    }
}

/// Refuses an epoch that is not the member's, but for the one before it if the answer with the
/// new one may have been lost.
pub(super) fn check_epoch(
    member: &ConsumerMember,
    epoch: i32,
    owned: Option<&[(Uuid, Vec<i32>)]>,
) -> Result<(), Refused> {
    let fenced = |which: &str| {
        let message = format!(
            "The consumer group member has a {which} member epoch ({epoch}) than the one known \
             by the group coordinator ({}). The member must abandon all its partitions and rejoin.",
            member.epoch
        );
        Refused::new(ErrorCode::FencedMemberEpoch, message)
    };
    if epoch > member.epoch {
        return Err(fenced("greater"));
    }
    let has_no_more = || {
        let has = |topic: &Uuid, number: &i32| {
            let held = member.assigned.get(topic);
            held.is_some_and(|held| held.contains(number))
        };
        let mut owned = owned.into_iter().flatten();
        owned.all(|(topic, numbers)| numbers.iter().all(|number| has(topic, number)))
    };
    if epoch < member.epoch && !(epoch == member.previous_epoch && owned.is_some() && has_no_more())
    {
        return Err(fenced("smaller"));
    }
    Ok(())
}
