//! The metadata log, replayed as far as a check of files needs it: which topics there are.

use crate::metadata::record::resource_type;
use crate::metadata::{MetadataImage, MetadataRecord};
use crate::storage::inspect::{Expected, MetadataPlace};
use crate::types::{Offset, TopicPartition};

/// The setting of a topic, and the one of all brokers, that says how records are dropped.
const POLICY: &str = "cleanup.policy";
const POLICY_OF_BROKERS: &str = "log.cleanup.policy";

/// The metadata so far.
#[derive(Debug, Default)]
pub(super) struct Replay {
    image: MetadataImage,
    /// Records of a transaction whose end has not come.
    open: Option<Vec<(Offset, MetadataRecord)>>,
    is_known: bool,
}

impl Replay {
    /// Takes the next record; fails if it is none, or contradicts those before it.
    pub(super) fn record(
        &mut self,
        place: MetadataPlace,
        offset: Offset,
        value: &[u8],
    ) -> Result<(), String> {
        let record = MetadataRecord::decode(value).map_err(|error| error.to_string())?;
        match place {
            MetadataPlace::Superseded => return Ok(()),
            MetadataPlace::Snapshot => return self.apply(offset, &record),
            MetadataPlace::Log { .. } => {}
        }
        match (&record, self.open.as_mut()) {
            (MetadataRecord::BeginTransaction(_), _) => self.open = Some(Vec::new()),
            (MetadataRecord::AbortTransaction(_), _) => self.open = None,
            (MetadataRecord::EndTransaction(_), _) => {
                for (offset, record) in self.open.take().unwrap_or_default() {
                    self.apply(offset, &record)?;
                }
            }
            (_, Some(held)) => held.push((offset, record)),
            (_, None) => return self.apply(offset, &record),
        }
        Ok(())
    }

    fn apply(&mut self, offset: Offset, record: &MetadataRecord) -> Result<(), String> {
        self.is_known = true;
        self.image
            .apply(offset, record)
            .map_err(|error| error.to_string())
    }

    /// Returns what the metadata says of a partition.
    pub(super) fn expected(&self, partition: &TopicPartition) -> Expected {
        let Some(topic) = self.image.topic(&partition.topic) else {
            return Expected::default();
        };
        let known = usize::try_from(partition.partition)
            .ok()
            .and_then(|number| topic.partitions.get(number));
        Expected {
            topic_id: Some(topic.id),
            leader_epoch: known.map(|partition| partition.leader_epoch),
            is_compacted: Some(self.is_compacted(&partition.topic)),
        }
    }

    fn is_compacted(&self, topic: &str) -> bool {
        let setting = |kind, resource: &str, key: &str| {
            let config = self.image.config(kind, resource)?;
            config.get(key).cloned()
        };
        let policy = setting(resource_type::TOPIC, topic, POLICY)
            .or_else(|| setting(resource_type::BROKER, "", POLICY_OF_BROKERS));
        policy.is_some_and(|policy| policy.contains("compact"))
    }
}
