//! Each topic's partitions in runs of equal length, the first members one more.

use std::collections::BTreeMap;

use super::{Assignments, MemberSubscription, in_order, nothing};
use crate::types::TopicPartition;

pub(super) fn assign(
    partitions: &BTreeMap<String, i32>,
    members: &[MemberSubscription],
) -> Assignments {
    let mut assigned = nothing(members);
    let ordered = in_order(members);
    for (topic, count) in partitions {
        let readers: Vec<_> = ordered
            .iter()
            .filter(|member| member.topics.contains(topic))
            .collect();
        let Ok(reader_count) = i32::try_from(readers.len()) else {
            continue;
        };
        if reader_count == 0 {
            continue;
        }
        let (each, more) = (count / reader_count, count % reader_count);
        let mut next = 0;
        for (place, reader) in (0..).zip(readers) {
            let until = next + each + i32::from(place < more);
            if let Some(list) = assigned.get_mut(&reader.member_id) {
                list.extend((next..until).map(|number| TopicPartition::new(topic.clone(), number)));
            }
            next = until;
        }
    }
    assigned
}
