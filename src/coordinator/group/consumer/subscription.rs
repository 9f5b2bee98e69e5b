//! Which topics a group reads: names, patterns, and what has become of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{ConsumerGroup, ConsumerMember};
use crate::coordinator::group::request::Refused;
use crate::coordinator::group::step::Step;
use crate::metadata::MetadataImage;
use crate::protocol::ErrorCode;
use crate::types::Uuid;

/// The topics of a group, as they are now.
pub(super) struct Topics {
    /// The topics that match each pattern.
    pub(super) patterns: BTreeMap<String, BTreeSet<String>>,
    /// Those that exist: their ids and how many partitions they have.
    pub(super) known: BTreeMap<String, (Uuid, i32)>,
    /// A number that changes when any of that does.
    pub(super) hash: i64,
}

impl Topics {
    /// Returns the ids of a member's topics, as far as they exist.
    pub(super) fn of(&self, member: &ConsumerMember) -> BTreeSet<Uuid> {
        let pattern = member
            .regex
            .as_ref()
            .and_then(|regex| self.patterns.get(regex));
        let names = member.topics.iter().chain(pattern.into_iter().flatten());
        let ids = names.filter_map(|name| self.known.get(name));
        ids.map(|(id, _)| *id).collect()
    }
}

impl ConsumerGroup {
    /// Works out the topics of these members.
    pub(super) fn resolve(
        members: &BTreeMap<&str, &ConsumerMember>,
        image: &MetadataImage,
    ) -> Result<Topics, Refused> {
        let mut patterns = BTreeMap::new();
        for regex in members.values().filter_map(|member| member.regex.as_ref()) {
            if !regex.is_empty() && !patterns.contains_key(regex) {
                patterns.insert(regex.clone(), matching(regex, image)?);
            }
        }
        let named = members.values().flat_map(|member| &member.topics);
        let names: BTreeSet<&String> = named.chain(patterns.values().flatten()).collect();
        let mut known = BTreeMap::new();
        let mut hash = Fnv::default();
        for name in names {
            if let Some(topic) = image.topic(name) {
                let count = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
                known.insert(name.clone(), (topic.id, count));
                hash.add(name.as_bytes());
                hash.add(&topic.id.to_bytes());
                hash.add(&count.to_be_bytes());
            }
        }
        Ok(Topics {
            patterns,
            known,
            hash: hash.number(),
        })
    }

    /// Writes down which topics the patterns match, where that has changed.
    pub(super) fn note_patterns(
        &self,
        topics: &Topics,
        image: &MetadataImage,
        step: &mut Step<'_>,
    ) {
        let now_ms = step.now.wall_ms;
        for (regex, matching) in &topics.patterns {
            if self.patterns.get(regex) != Some(matching) {
                let names = matching.iter().cloned().collect();
                let version = image.highest_offset().0;
                let record = self.pattern_record(regex, Some(names), version, now_ms);
                step.out.records.push(record);
            }
        }
        for regex in self.patterns.keys() {
            if !topics.patterns.contains_key(regex) {
                let record = self.pattern_record(regex, None, 0, now_ms);
                step.out.records.push(record);
            }
        }
    }
}

/// Returns the topics whose whole name a pattern matches.
fn matching(regex: &str, image: &MetadataImage) -> Result<BTreeSet<String>, Refused> {
    let compiled = fancy_regex::Regex::new(&format!("^(?:{regex})$")).map_err(|error| {
        let message =
            format!("SubscribedTopicRegex `{regex}` is not a valid regular expression: {error}.");
        Refused::new(ErrorCode::InvalidRegularExpression, message)
    })?;
    let names = image.topics().map(|topic| &topic.name);
    let fits = |name: &&String| compiled.is_match(name).unwrap_or(false);
    Ok(names.filter(fits).cloned().collect())
}

/// FNV-1a, 64 bits: the same in every run.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        // The length keeps neighbours apart.
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes();
        for byte in length.iter().chain(bytes) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    const fn number(&self) -> i64 {
        i64::from_be_bytes(self.0.to_be_bytes())
    }
}
