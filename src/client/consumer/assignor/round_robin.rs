//! All partitions in turn, past members that do not subscribe to the topic.

use std::collections::BTreeMap;

use super::{Assignments, MemberSubscription, in_order, nothing};
use crate::types::TopicPartition;

pub(super) fn assign(
    partitions: &BTreeMap<String, i32>,
    members: &[MemberSubscription],
) -> Assignments {
    let mut assigned = nothing(members);
    let ordered = in_order(members);
    let mut turn = 0;
    for (topic, count) in partitions {
        if !ordered.iter().any(|member| member.topics.contains(topic)) {
            continue;
        }
        for number in 0..*count {
            let mut waiting = ordered.iter().cycle().skip(turn).take(ordered.len());
            let Some(passed) = waiting.position(|member| member.topics.contains(topic)) else {
                continue;
            };
            let place = (turn + passed) % ordered.len();
            turn = (place + 1) % ordered.len();
            let reader = ordered.get(place).map(|member| member.member_id.as_str());
            if let Some(list) = reader.and_then(|id| assigned.get_mut(id)) {
                list.push(TopicPartition::new(topic.clone(), number));
            }
        }
    }
    assigned
}
