//! Who may commit and fetch offsets.

use super::classic::{ClassicGroup, State};
use super::offsets::commit_record;
use super::request::{Commit, FetchOffsets, GroupResponse};
use super::shard::{Group, GroupShard};
use super::step::{ReplyId, Step};
use crate::protocol::ErrorCode;

impl GroupShard {
    /// Handles OffsetCommit.
    pub(super) fn commit(&self, commit: &Commit, to: ReplyId, step: &mut Step<'_>) {
        if let Err(code) = self.check_commit(commit) {
            let codes = commit.offsets.iter().map(|_| code).collect();
            step.out.reply(to, GroupResponse::Codes(codes));
            return;
        }
        if let Some(Group::Classic(group)) = self.groups.get(&commit.group)
            && !commit.member.id.is_empty()
        {
            group.is_alive(&commit.member.id, step);
        }
        let mut codes = Vec::new();
        for offset in &commit.offsets {
            if offset.metadata.len() > step.config.metadata_bytes_max {
                codes.push(ErrorCode::OffsetMetadataTooLarge);
                continue;
            }
            let (now_ms, retention_ms) = (step.now.wall_ms, commit.retention_ms);
            let record = commit_record(&commit.group, offset, now_ms, retention_ms);
            step.out.records.push(record);
            codes.push(ErrorCode::None);
        }
        step.out.reply(to, GroupResponse::Codes(codes));
    }

    fn check_commit(&self, commit: &Commit) -> Result<(), ErrorCode> {
        match self.groups.get(&commit.group) {
            // An administrator, or a consumer that assigns itself: no group is needed.
            None if commit.epoch < 0 => Ok(()),
            None if commit.names_missing_group => Err(ErrorCode::GroupIdNotFound),
            None => Err(ErrorCode::IllegalGeneration),
            Some(Group::Classic(group)) => check_classic(group, commit),
            Some(Group::Consumer(group)) => {
                group.check_commit(&commit.member.id, commit.epoch, commit.names_missing_group)
            }
        }
    }

    /// Handles OffsetFetch.
    pub(super) fn fetch(&self, asked: &FetchOffsets) -> GroupResponse {
        let checked = match self.groups.get(&asked.group) {
            Some(Group::Consumer(group)) => group.check_fetch(asked.member.as_deref(), asked.epoch),
            Some(Group::Classic(_)) | None => Ok(()),
        };
        match checked {
            Ok(()) => GroupResponse::Fetched(self.offsets.fetch(asked)),
            Err(code) => GroupResponse::Code(code),
        }
    }
}

fn check_classic(group: &ClassicGroup, commit: &Commit) -> Result<(), ErrorCode> {
    if commit.epoch < 0 && group.state == State::Empty {
        return Ok(());
    }
    let member = &commit.member;
    if commit.epoch < 0 && member.id.is_empty() && member.instance.is_none() {
        // Only members commit while there are any.
        return Err(ErrorCode::UnknownMemberId);
    }
    group.check_member(member)?;
    if commit.epoch != group.generation {
        return Err(ErrorCode::IllegalGeneration);
    }
    if group.state == State::CompletingRebalance {
        return Err(ErrorCode::RebalanceInProgress);
    }
    Ok(())
}
