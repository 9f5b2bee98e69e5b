//! ListGroups and DescribeGroups.

use super::classic::State;
use super::request::{DescribedClassic, ListedGroup};
use super::shard::{Group, GroupShard};

impl GroupShard {
    /// Handles ListGroups: only of these states and types, in lower case; empty for all.
    pub(super) fn list(&self, states: &[String], types: &[String]) -> Vec<ListedGroup> {
        let wanted = |listed: &ListedGroup| {
            let has = |filter: &[String], value: &str| {
                filter.is_empty() || filter.contains(&value.to_lowercase())
            };
            has(states, listed.state) && has(types, listed.kind)
        };
        self.groups.iter().map(listed).filter(wanted).collect()
    }

    /// Handles DescribeGroups for one group; the sentence if there is no such classic group.
    pub(super) fn describe_classic(&self, id: &str) -> Result<DescribedClassic, String> {
        match self.groups.get(id) {
            Some(Group::Classic(group)) => Ok(group.describe()),
            Some(Group::Consumer(_)) => Err(format!("Group {id} is not a classic group.")),
            None => Err(format!("Group {id} not found.")),
        }
    }
}

fn listed((id, group): (&String, &Group)) -> ListedGroup {
    match group {
        Group::Classic(group) => ListedGroup {
            group: id.clone(),
            protocol_type: group.protocol_type.clone().unwrap_or_default(),
            state: State::name(group.state),
            kind: "classic",
        },
        Group::Consumer(group) => ListedGroup {
            group: id.clone(),
            protocol_type: "consumer".to_owned(),
            state: group.state_name(),
            kind: "consumer",
        },
    }
}
