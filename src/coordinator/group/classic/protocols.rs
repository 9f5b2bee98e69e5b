//! Which protocol a group uses, and which topics its members read.

use std::collections::{BTreeMap, BTreeSet};

use super::{ClassicGroup, State};
use crate::coordinator::group_protocol::{CONSUMER_PROTOCOL, ConsumerProtocolSubscription, decode};

impl ClassicGroup {
    /// Returns whether somebody who knows these protocols can join.
    pub(super) fn accepts(&self, kind: &str, protocols: &[(String, Vec<u8>)]) -> bool {
        if self.state == State::Empty {
            return !kind.is_empty() && !protocols.is_empty();
        }
        self.protocol_type.as_deref() == Some(kind)
            && protocols.iter().any(|(name, _)| self.all_support(name))
    }

    fn all_support(&self, protocol: &str) -> bool {
        let mut members = self.members.values();
        members.all(|member| member.supports(protocol))
    }

    /// Returns the protocol that all know and most like best.
    pub(super) fn choose_protocol(&self) -> Option<String> {
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for member in self.members.values() {
            let mut known = member.protocols.iter();
            if let Some((name, _)) = known.find(|(name, _)| self.all_support(name)) {
                *votes.entry(name).or_default() += 1;
            }
        }
        let most = votes.values().copied().max()?;
        let mut best = votes.into_iter().filter(|(_, votes)| *votes == most);
        best.next().map(|(name, _)| name.to_owned())
    }

    /// Returns whether its members are consumers.
    pub(in crate::coordinator::group) fn has_consumers(&self) -> bool {
        self.protocol_type.as_deref() == Some(CONSUMER_PROTOCOL)
    }

    /// Notes which topics the members read.
    pub(super) fn note_subscriptions(&mut self) {
        self.subscribed = self.subscriptions();
    }

    fn subscriptions(&self) -> Option<BTreeSet<String>> {
        if !self.has_consumers() {
            return None;
        }
        let Some(protocol) = self.protocol.as_deref().filter(|_| self.has_members()) else {
            return Some(BTreeSet::new());
        };
        let mut topics = BTreeSet::new();
        for member in self.members.values() {
            let subscription: ConsumerProtocolSubscription =
                decode(member.metadata(protocol)).ok()?.0;
            topics.extend(subscription.topics);
        }
        Some(topics)
    }

    /// Returns whether the topics of a stable group's members are known.
    pub(in crate::coordinator::group) fn knows_subscriptions(&self) -> bool {
        self.has_consumers() && self.subscribed.is_some() && self.state == State::Stable
    }

    /// Returns whether members read a topic, or might.
    pub(in crate::coordinator::group) fn is_subscribed_to(&self, topic: &str) -> bool {
        match &self.subscribed {
            Some(topics) => topics.contains(topic),
            None => self.has_consumers(),
        }
    }
}
