//! ConsumerGroupHeartbeat: a member joins, or tells how far it is.

use std::collections::{BTreeMap, BTreeSet};

use super::checks::check_epoch;
use super::member::list;
use super::reconcile::Aim;
use super::subscription::Topics;
use super::{ConsumerGroup, ConsumerMember, MemberState};
use crate::coordinator::group::assignor::{Partitions, Subscriber, assign};
use crate::coordinator::group::request::{ConsumerBeat, ConsumerHeartbeat, Refused};
use crate::coordinator::group::step::{Step, revoke_key, session_key};
use crate::metadata::MetadataImage;
use crate::protocol::ErrorCode;

/// Who sends a heartbeat.
struct Sender {
    id: String,
    /// As it was before; a new one for who joins.
    before: ConsumerMember,
    is_new: bool,
    /// The member whose place it takes, by its static id.
    replaces: Option<String>,
}

impl ConsumerGroup {
    /// Handles a heartbeat of who stays or joins.
    pub(super) fn heartbeat(
        &self,
        beat: &ConsumerHeartbeat,
        image: &MetadataImage,
        step: &mut Step<'_>,
    ) -> Result<ConsumerBeat, Refused> {
        let sender = self.sender(beat, step)?;
        let mut member = sender.before.clone();
        member.update(beat);
        let mut members = self.others(&sender);
        members.insert(&sender.id, &member);
        let topics = Self::resolve(&members, image)?;
        // From here on nothing is refused.
        self.replace(&sender, step);
        if sender.is_new || member.says_otherwise(&sender.before) {
            step.out
                .records
                .push(self.member_record(&sender.id, &member));
        }
        self.note_patterns(&topics, image, step);
        let mut epoch = self.epoch;
        let joins_anew = sender.is_new && sender.replaces.is_none();
        if joins_anew || member.reads_otherwise(&sender.before) || topics.hash != self.topics_hash {
            epoch = epoch.saturating_add(1);
            step.out.records.push(self.epoch_record(epoch, topics.hash));
        }
        let (target_epoch, target) = self.target_of(&sender, &members, (epoch, &topics), step);
        let aim = Aim {
            epoch: target_epoch,
            target: &target,
            owned: beat.owned.as_deref(),
        };
        let held = self.held_by_others(&sender);
        let mut after = member.clone();
        aim.step(&mut after, |topic, number| held.contains(&(topic, number)));
        if sender.is_new || after.stands_otherwise(&sender.before) {
            step.out
                .records
                .push(self.current_record(&sender.id, Some(&after)));
        }
        self.set_timers(&sender, &after, beat, step);
        let is_full = beat.epoch == 0
            || (beat.rebalance_timeout_ms != -1
                && (beat.topics.is_some() || beat.regex.is_some())
                && beat.owned.is_some());
        let tells = is_full || after.assigned != sender.before.assigned;
        Ok(ConsumerBeat {
            member: sender.id,
            epoch: after.epoch,
            heartbeat_interval_ms: heartbeat_interval_ms(beat, step),
            assignment: tells.then(|| list(&after.assigned)),
        })
    }

    /// Finds out who sends it.
    fn sender(&self, beat: &ConsumerHeartbeat, step: &mut Step<'_>) -> Result<Sender, Refused> {
        let joins = beat.epoch == 0;
        let most = step.config.consumer.size_max;
        if self.members.len() >= most && !self.members.contains_key(&beat.member) {
            let message =
                format!("The consumer group has reached its maximum capacity of {most} members.");
            return Err(Refused::new(ErrorCode::GroupMaxSizeReached, message));
        }
        let id = if beat.member.is_empty() {
            step.rng.uuid().to_string()
        } else {
            beat.member.clone()
        };
        let owned = beat.owned.as_deref();
        if let Some(instance) = &beat.instance {
            if !joins {
                let held = self.static_member(instance, &id)?;
                check_epoch(held, beat.epoch, owned)?;
            } else if let Some(held) = self.instances.get(instance).filter(|held| **held != id) {
                return self.successor(instance, held, id);
            }
        }
        match self.members.get(&id) {
            Some(held) => {
                // Whoever begins anew may do so.
                if !joins {
                    check_epoch(held, beat.epoch, owned)?;
                }
                let mut before = held.clone();
                if before.epoch == -2 {
                    before.epoch = 0;
                }
                Ok(Sender {
                    id,
                    before,
                    is_new: false,
                    replaces: None,
                })
            }
            None if joins => Ok(Sender {
                id,
                before: ConsumerMember {
                    rebalance_timeout_ms: -1,
                    ..ConsumerMember::default()
                },
                is_new: true,
                replaces: None,
            }),
            None => Err(self.unknown(&id)),
        }
    }

    /// Lets a newcomer take the place of a member with the same static id, if that has left.
    fn successor(&self, instance: &str, held: &str, id: String) -> Result<Sender, Refused> {
        let old = self.members.get(held).ok_or_else(|| self.unknown(held))?;
        if old.epoch != -2 {
            let message = format!(
                "Static member {id} with instance id {instance} cannot join the group because the \
                 instance id is owned by {held} member."
            );
            return Err(Refused::new(ErrorCode::UnreleasedInstanceId, message));
        }
        let before = ConsumerMember {
            epoch: 0,
            previous_epoch: 0,
            ..old.clone()
        };
        Ok(Sender {
            id,
            before,
            is_new: true,
            replaces: Some(held.to_owned()),
        })
    }

    /// Takes the member away whose place the sender takes, and gives the sender its target.
    fn replace(&self, sender: &Sender, step: &mut Step<'_>) {
        let Some(old) = &sender.replaces else {
            return;
        };
        step.timers.cancel(&session_key(&self.id, old));
        step.timers.cancel(&revoke_key(&self.id, old));
        step.out.records.extend(self.member_tombstones(old));
        if let Some(target) = self.target.get(old) {
            step.out
                .records
                .push(self.target_record(&sender.id, Some(target)));
        }
    }

    /// Returns the members but for the sender and the one that it replaces.
    fn others(&self, sender: &Sender) -> BTreeMap<&str, &ConsumerMember> {
        let is_other = |id: &str| id != sender.id && sender.replaces.as_deref() != Some(id);
        let members = self.members.iter();
        let others = members.filter(|(id, _)| is_other(id));
        others.map(|(id, member)| (id.as_str(), member)).collect()
    }

    fn held_by_others(&self, sender: &Sender) -> BTreeSet<(crate::types::Uuid, i32)> {
        let others = self.others(sender);
        let parts = others
            .values()
            .flat_map(|member| [&member.assigned, &member.revoking]);
        let pairs = parts
            .flatten()
            .flat_map(|(topic, numbers)| numbers.iter().map(|number| (*topic, *number)));
        pairs.collect()
    }

    /// Returns the sender's target, worked out anew if the group's epoch is beyond it.
    fn target_of(
        &self,
        sender: &Sender,
        members: &BTreeMap<&str, &ConsumerMember>,
        (epoch, topics): (i32, &Topics),
        step: &mut Step<'_>,
    ) -> (i32, Partitions) {
        let held = sender.replaces.as_ref().unwrap_or(&sender.id);
        if epoch <= self.target_epoch {
            let target = self.target.get(held).cloned();
            return (self.target_epoch, target.unwrap_or_default());
        }
        let present = |id: &str| {
            let id = if id == sender.id { held.as_str() } else { id };
            self.target.get(id)
        };
        let subscribers = members.iter().map(|(id, member)| {
            let subscriber = Subscriber {
                topics: topics.of(member),
                instance: member.instance.as_deref(),
                target: present(id),
            };
            (*id, subscriber)
        });
        let subscribers: BTreeMap<&str, Subscriber<'_>> = subscribers.collect();
        let default = step.config.consumer.assignors.first();
        let name = self.assignor(members, default.map_or("uniform", String::as_str));
        let counts = topics.known.values().copied().collect();
        let mut all = assign(&name, &subscribers, &counts);
        for (id, target) in &all {
            if self.target.get(id) != Some(target) {
                step.out.records.push(self.target_record(id, Some(target)));
            }
        }
        let record = self.target_epoch_record(Some(epoch), step.now.wall_ms);
        step.out.records.push(record);
        (epoch, all.remove(&sender.id).unwrap_or_default())
    }

    fn set_timers(
        &self,
        sender: &Sender,
        after: &ConsumerMember,
        beat: &ConsumerHeartbeat,
        step: &mut Step<'_>,
    ) {
        let session_ms = beat.settings.session_timeout_ms;
        let session_ms = session_ms.unwrap_or(step.config.consumer.session_timeout_ms);
        step.session(&self.id, &sender.id, session_ms);
        let key = revoke_key(&self.id, &sender.id);
        if after.state != MemberState::Unrevoked {
            step.timers.cancel(&key);
        } else if !step.timers.is_set(&key) || after.epoch != sender.before.epoch {
            step.after(key, i64::from(after.rebalance_timeout_ms));
        }
    }
}

fn heartbeat_interval_ms(beat: &ConsumerHeartbeat, step: &Step<'_>) -> i64 {
    let interval_ms = beat.settings.heartbeat_interval_ms;
    interval_ms.unwrap_or(step.config.consumer.heartbeat_interval_ms)
}
