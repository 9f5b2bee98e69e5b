//! Which groups there are: of which type, in which state (KIP-518, KIP-848, KIP-1043).

use std::fmt;

use super::Admin;
use crate::client::cluster::Target;
use crate::client::error::ClientError;
use crate::client::metadata::{TopicsWanted, text};
use crate::protocol::messages::ListGroupsRequest;

/// The first version of ListGroups that filters by state.
const STATES: i16 = 4;
/// The first version of ListGroups that tells and filters types.
const TYPES: i16 = 5;

/// The state of a group (`GroupState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupState {
    /// A state that kt does not know.
    Unknown,
    /// Members are to join again.
    PreparingRebalance,
    /// The assignment is awaited.
    CompletingRebalance,
    /// Everyone has what it should have.
    Stable,
    /// It is being forgotten.
    Dead,
    /// It has no members.
    Empty,
    /// The coordinator computes an assignment.
    Assigning,
    /// Members move to the new assignment.
    Reconciling,
    /// It cannot work yet.
    NotReady,
}

impl GroupState {
    /// The states that consumer groups can be in.
    pub const OF_CONSUMERS: [Self; 7] = [
        Self::Assigning,
        Self::CompletingRebalance,
        Self::Dead,
        Self::Empty,
        Self::PreparingRebalance,
        Self::Reconciling,
        Self::Stable,
    ];

    /// Returns Kafka's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::PreparingRebalance => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Stable => "Stable",
            Self::Dead => "Dead",
            Self::Empty => "Empty",
            Self::Assigning => "Assigning",
            Self::Reconciling => "Reconciling",
            Self::NotReady => "NotReady",
        }
    }

    /// Returns the state of this name, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        let known = Self::OF_CONSUMERS.into_iter().chain([Self::NotReady]);
        let mut named = known.filter(|state| state.name().eq_ignore_ascii_case(name));
        named.next().unwrap_or(Self::Unknown)
    }
}

impl fmt::Display for GroupState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// By which protocol a group works (`GroupType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupType {
    /// One that kt does not know, or that the broker does not tell.
    Unknown,
    /// KIP-848: the coordinator assigns.
    Consumer,
    /// The members assign.
    Classic,
    /// A share group (KIP-932).
    Share,
    /// A streams group (KIP-1071).
    Streams,
}

impl GroupType {
    /// The types that there are.
    pub const KNOWN: [Self; 4] = [Self::Classic, Self::Consumer, Self::Share, Self::Streams];

    /// Returns Kafka's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Consumer => "Consumer",
            Self::Classic => "Classic",
            Self::Share => "Share",
            Self::Streams => "Streams",
        }
    }

    /// Returns the type of this name, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        let mut named = Self::KNOWN
            .into_iter()
            .filter(|kind| kind.name().eq_ignore_ascii_case(name));
        named.next().unwrap_or(Self::Unknown)
    }
}

impl fmt::Display for GroupType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A group, as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupListing {
    /// Its id.
    pub group: String,
    /// Its type.
    pub group_type: GroupType,
    /// What its members are to each other: `consumer`, `connect`; empty without members.
    pub protocol: String,
    /// Its state; nothing from brokers before 2.6.
    pub state: Option<GroupState>,
}

impl GroupListing {
    /// Returns whether it is a group of consumers, as `ListGroupsOptions.forConsumerGroups` says.
    #[must_use]
    pub fn is_of_consumers(&self) -> bool {
        match self.group_type {
            GroupType::Consumer => true,
            GroupType::Classic | GroupType::Unknown => {
                matches!(self.protocol.as_str(), "consumer" | "")
            }
            GroupType::Share | GroupType::Streams => false,
        }
    }
}

impl Admin {
    /// Lists the groups of all coordinators, in order of their ids.
    ///
    /// `states` and `types` leave out the others; none of them leaves out nothing.
    ///
    /// # Errors
    ///
    /// Fails if a broker does not answer, or is too old for a filter.
    pub async fn list_groups(
        &self,
        states: &[GroupState],
        types: &[GroupType],
    ) -> Result<Vec<GroupListing>, ClientError> {
        let deadline = self.cluster.api_deadline();
        let none = TopicsWanted::None;
        self.cluster
            .metadata("findAllBrokers", &none, deadline)
            .await
            .map_err(|error| no_brokers(&error))?;
        let mut found: Vec<GroupListing> = Vec::new();
        for broker in self.cluster.brokers() {
            let build = |version| request(version, states, types);
            let target = Target::Broker(broker.id);
            let call = self.cluster.call("listGroups", target, deadline, build);
            let response = call.await?;
            ClientError::check(response.error_code, None)?;
            found.extend(response.groups.iter().map(|group| GroupListing {
                group: group.group_id.to_string(),
                group_type: GroupType::parse(&group.group_type),
                protocol: group.protocol_type.to_string(),
                state: match &*group.group_state {
                    "" => None,
                    name => Some(GroupState::parse(name)),
                },
            }));
        }
        found.retain(|group| {
            let in_states =
                states.is_empty() || group.state.is_some_and(|state| states.contains(&state));
            in_states && (types.is_empty() || types.contains(&group.group_type))
        });
        found.sort_by(|a, b| a.group.cmp(&b.group));
        found.dedup_by(|a, b| a.group == b.group);
        Ok(found)
    }
}

fn request(version: i16, states: &[GroupState], types: &[GroupType]) -> ListGroupsRequest {
    let mut request = ListGroupsRequest::default();
    if version >= STATES {
        request.states_filter = states.iter().map(|state| text(state.name())).collect();
    }
    if version >= TYPES {
        request.types_filter = types.iter().map(|kind| text(kind.name())).collect();
    }
    request
}

/// Returns Kafka's error where no broker can be asked for its groups.
fn no_brokers(error: &ClientError) -> ClientError {
    match error {
        ClientError::Timeout { .. } => ClientError::Closed {
            message: "Failed to find brokers to send ListGroups".into(),
        },
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case() {
        assert_eq!(GroupState::parse("STABLE"), GroupState::Stable);
        assert_eq!(GroupState::parse("busy"), GroupState::Unknown);
        assert_eq!(GroupType::parse("consumer"), GroupType::Consumer);
        assert_eq!(GroupType::parse(""), GroupType::Unknown);
    }
}
