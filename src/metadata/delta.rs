//! The difference between two images: what a broker acts on.

use std::sync::Arc;

use imbl::ordmap::DiffItem;

use super::image::{ConfigResource, MetadataImage, TopicImage};

/// What happened to a topic.
#[derive(Clone, Debug, PartialEq)]
pub enum TopicChange {
    /// It is new.
    Created(Arc<TopicImage>),
    /// Its partitions changed.
    Changed {
        /// As it was.
        before: Arc<TopicImage>,
        /// As it is.
        after: Arc<TopicImage>,
    },
    /// It is gone.
    Deleted(Arc<TopicImage>),
}

/// What a later image has that an earlier one had not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetadataDelta {
    /// Topics, deletions before creations of the same name.
    pub topics: Vec<TopicChange>,
    /// Resources whose settings changed.
    pub configs: Vec<ConfigResource>,
}

impl MetadataDelta {
    /// Returns the difference; its cost grows with what changed, not with the cluster.
    #[must_use]
    pub fn between(before: &MetadataImage, after: &MetadataImage) -> Self {
        let mut delta = Self::default();
        for item in before.topic_map().diff(after.topic_map()) {
            match item {
                DiffItem::Add(_, topic) => {
                    delta.topics.push(TopicChange::Created(Arc::clone(topic)));
                }
                DiffItem::Remove(_, topic) => {
                    delta.topics.push(TopicChange::Deleted(Arc::clone(topic)));
                }
                DiffItem::Update {
                    old: (_, old),
                    new: (_, new),
                } if old.id == new.id => {
                    delta.topics.push(TopicChange::Changed {
                        before: Arc::clone(old),
                        after: Arc::clone(new),
                    });
                }
                DiffItem::Update {
                    old: (_, old),
                    new: (_, new),
                } => {
                    delta.topics.push(TopicChange::Deleted(Arc::clone(old)));
                    delta.topics.push(TopicChange::Created(Arc::clone(new)));
                }
            }
        }
        for item in before.config_map().diff(after.config_map()) {
            let (DiffItem::Add(resource, _)
            | DiffItem::Remove(resource, _)
            | DiffItem::Update {
                new: (resource, _), ..
            }) = item;
            delta.configs.push(resource.clone());
        }
        delta
    }
}
