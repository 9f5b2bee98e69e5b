//! What a client sees of brokers and partitions through the listener that it came in on.

use crate::metadata::record::RecordEndpoint;
use crate::metadata::{BrokerImage, MetadataImage, PartitionImage};
use crate::protocol::ErrorCode;
use crate::types::BrokerId;

/// The cluster, seen through one listener.
pub(super) struct ClusterView<'a> {
    pub(super) image: &'a MetadataImage,
    pub(super) listener: &'a str,
}

impl<'a> ClusterView<'a> {
    /// Returns the brokers that clients may talk to, and where.
    pub(super) fn live_brokers(
        &self,
    ) -> impl Iterator<Item = (&'a BrokerImage, &'a RecordEndpoint)> {
        self.brokers()
            .filter(|(broker, _)| !broker.registration.fenced)
    }

    /// Returns the brokers that have registered, fenced or not, and where they are.
    pub(super) fn brokers(&self) -> impl Iterator<Item = (&'a BrokerImage, &'a RecordEndpoint)> {
        let listener = self.listener;
        let brokers = self.image.brokers();
        brokers.filter_map(move |broker| Some((&**broker, broker.endpoint(listener)?)))
    }

    /// Returns whether the broker serves clients.
    pub(super) fn is_live(&self, id: BrokerId) -> bool {
        self.image
            .broker(id)
            .is_some_and(|broker| !broker.registration.fenced)
    }

    /// Returns the leader that clients can reach, or why there is none.
    pub(super) fn leader(&self, partition: &PartitionImage) -> Result<BrokerId, ErrorCode> {
        match self.image.broker(partition.leader) {
            Some(broker) if broker.registration.fenced => Err(ErrorCode::LeaderNotAvailable),
            Some(broker) if broker.endpoint(self.listener).is_none() => {
                Err(ErrorCode::ListenerNotFound)
            }
            Some(_) => Ok(partition.leader),
            None => Err(ErrorCode::LeaderNotAvailable),
        }
    }

    /// Returns the replicas that are out of service.
    pub(super) fn offline(&self, partition: &PartitionImage) -> Vec<BrokerId> {
        let offline = partition.replicas.iter().filter(|id| !self.is_live(**id));
        offline.copied().collect()
    }
}
