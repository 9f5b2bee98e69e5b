//! `range`: each topic's partitions in order, in runs of nearly equal length.

use std::collections::BTreeMap;

use super::{Partitions, Subscriber};
use crate::types::Uuid;

/// Returns who is to read what.
pub(super) fn assign(
    members: &BTreeMap<&str, Subscriber<'_>>,
    topics: &BTreeMap<Uuid, i32>,
) -> BTreeMap<String, Partitions> {
    let mut assigned: BTreeMap<String, Partitions> = members
        .keys()
        .map(|id| ((*id).to_owned(), Partitions::new()))
        .collect();
    for (topic, count) in topics {
        let mut readers: Vec<(&str, Option<&str>)> = members
            .iter()
            .filter(|(_, member)| member.topics.contains(topic))
            .map(|(id, member)| (*id, member.instance))
            .collect();
        // Static members come first, by what they are called: so their share outlives their id.
        readers.sort_by_key(|(id, instance)| (instance.is_none(), instance.unwrap_or(id)));
        let Ok(total) = i32::try_from(readers.len()) else {
            continue;
        };
        let mut next = 0;
        for (place, (id, _)) in (0..total).zip(readers) {
            let share = count / total + i32::from(place < count % total);
            if share > 0
                && let Some(partitions) = assigned.get_mut(id)
            {
                partitions.insert(*topic, (next..next + share).collect());
            }
            next += share;
        }
    }
    assigned
}
