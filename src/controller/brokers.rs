//! Brokers that come and go (ClusterControlManager).
//!
//! Stage one: the only broker is the controller itself, so a new incarnation follows its former
//! self at once. No session has to run out first: nobody else could hold it.

use super::{Context, ControllerResult, Decide};
use crate::metadata::record::{
    self, BrokerRegistrationChange, PartitionChange, RecordEndpoint, RecordFeature,
    RegisterController,
};
use crate::metadata::{MetadataImage, MetadataRecord};
use crate::types::{BrokerId, Uuid};

/// Registers this process as the newest incarnation of a broker.
#[derive(Clone, Debug)]
pub struct RegisterBroker {
    /// Its `node.id`.
    pub id: BrokerId,
    /// Its log directories.
    pub log_dirs: Vec<Uuid>,
    /// Its listeners for clients, as they are advertised.
    pub endpoints: Vec<RecordEndpoint>,
    /// Its listeners for controllers.
    pub controller_endpoints: Vec<RecordEndpoint>,
    /// `broker.rack`
    pub rack: Option<String>,
    /// The levels that it can run.
    pub features: Vec<RecordFeature>,
}

/// A registration that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The broker's epoch: the offset of its registration.
    pub epoch: i64,
}

impl Decide for RegisterBroker {
    type Response = Registered;

    fn decide(&self, context: &mut Context<'_>) -> ControllerResult<Self::Response> {
        let controller = RegisterController {
            controller_id: self.id.0,
            incarnation_id: context.rng.uuid(),
            zk_migration_ready: false,
            end_points: self.controller_endpoints.clone(),
            features: self.features.clone(),
        };
        // The record's own offset: it comes behind the controller's.
        let epoch = context.image.highest_offset().0 + 2;
        let broker = record::RegisterBroker {
            broker_id: self.id.0,
            incarnation_id: context.rng.uuid(),
            broker_epoch: epoch,
            end_points: self.endpoints.clone(),
            features: self.features.clone(),
            rack: self.rack.clone(),
            fenced: true,
            log_dirs: self.log_dirs.clone(),
            ..record::RegisterBroker::default()
        };
        let records = vec![controller.into(), broker.into()];
        ControllerResult {
            records,
            response: Registered { epoch },
        }
    }
}

/// Lets a registered broker serve: it leads again what it can lead.
#[derive(Clone, Copy, Debug)]
pub struct Unfence {
    /// The broker.
    pub id: BrokerId,
    /// Its epoch.
    pub epoch: i64,
    /// Whether logs had to be recovered: what was not flushed may be gone.
    pub recovered: bool,
}

impl Decide for Unfence {
    type Response = ();

    fn decide(&self, context: &mut Context<'_>) -> ControllerResult<Self::Response> {
        let change = BrokerRegistrationChange {
            broker_id: self.id.0,
            broker_epoch: self.epoch,
            fenced: -1,
            ..BrokerRegistrationChange::default()
        };
        let mut records: Vec<MetadataRecord> = vec![change.into()];
        records.extend(elections(context.image, self.id, self.recovered));
        ControllerResult::<()> {
            records,
            response: (),
        }
    }
}

/// Elects a broker that came back wherever it may lead and nobody does, or it did before.
///
/// After a recovery the epoch of every leadership rises, so that consumers see that a tail which
/// they may have read is gone (KIP-320). After a clean stop nothing has changed.
fn elections(image: &MetadataImage, id: BrokerId, recovered: bool) -> Vec<MetadataRecord> {
    let mut records = Vec::new();
    for topic in image.topics() {
        for (number, partition) in (0..).zip(&topic.partitions) {
            let leads = recovered && partition.leader == id;
            let may_lead = partition.isr.contains(&id) || partition.eligible.contains(&id);
            let leaderless = partition.leader == BrokerId::NONE && may_lead;
            if !leads && !leaderless {
                continue;
            }
            let mut change = PartitionChange {
                partition_id: number,
                topic_id: topic.id,
                leader: id.0,
                ..PartitionChange::default()
            };
            if partition.isr.is_empty() {
                change.isr = Some(vec![id.0]);
                change.eligible_leader_replicas = Some(Vec::new());
                change.last_known_elr = Some(Vec::new());
            }
            records.push(change.into());
        }
    }
    records
}

/// Fences a broker that stops.
#[derive(Clone, Copy, Debug)]
pub struct BrokerStopped {
    /// The broker.
    pub id: BrokerId,
    /// Its epoch.
    pub epoch: i64,
}

impl Decide for BrokerStopped {
    type Response = ();

    fn decide(&self, _context: &mut Context<'_>) -> ControllerResult<Self::Response> {
        let change = BrokerRegistrationChange {
            broker_id: self.id.0,
            broker_epoch: self.epoch,
            fenced: 1,
            ..BrokerRegistrationChange::default()
        };
        ControllerResult {
            records: vec![change.into()],
            response: (),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{cluster, run};
    use super::super::{CreateTopics, NewTopic};
    use super::*;
    use crate::types::LeaderEpoch;

    fn register(image: &mut MetadataImage) -> i64 {
        let command = RegisterBroker {
            id: BrokerId(1),
            log_dirs: vec![Uuid(1001)],
            endpoints: Vec::new(),
            controller_endpoints: Vec::new(),
            rack: None,
            features: Vec::new(),
        };
        run(image, &command).epoch
    }

    fn unfence(image: &mut MetadataImage, epoch: i64, recovered: bool) {
        run(
            image,
            &Unfence {
                id: BrokerId(1),
                epoch,
                recovered,
            },
        );
    }

    fn with_topic() -> (MetadataImage, i64) {
        let mut image = cluster(&[]);
        let epoch = register(&mut image);
        unfence(&mut image, epoch, false);
        let topic = NewTopic {
            name: "t".to_owned(),
            partitions: 1,
            replication_factor: 1,
            ..NewTopic::default()
        };
        run(
            &mut image,
            &CreateTopics {
                topics: vec![topic],
                validate_only: false,
            },
        );
        (image, epoch)
    }

    fn led(image: &MetadataImage) -> (BrokerId, LeaderEpoch) {
        let partition = &image.topic("t").unwrap().partitions[0];
        (partition.leader, partition.leader_epoch)
    }

    #[test]
    fn a_brokers_epoch_is_the_offset_of_its_registration() {
        let mut image = cluster(&[]);
        let epoch = register(&mut image);
        assert_eq!(epoch, image.highest_offset().0);
        let registration = &image.broker(BrokerId(1)).unwrap().registration;
        assert!(registration.fenced);
        assert_eq!(registration.broker_epoch, epoch);
        unfence(&mut image, epoch, false);
        assert!(!image.broker(BrokerId(1)).unwrap().registration.fenced);
    }

    #[test]
    fn after_a_clean_stop_it_leads_in_the_same_epoch() {
        let (mut image, epoch) = with_topic();
        run(
            &mut image,
            &BrokerStopped {
                id: BrokerId(1),
                epoch,
            },
        );
        let epoch = register(&mut image);
        unfence(&mut image, epoch, false);
        assert_eq!(led(&image), (BrokerId(1), LeaderEpoch(0)));
    }

    #[test]
    fn after_a_recovery_the_epoch_of_its_leaderships_rises() {
        let (mut image, _) = with_topic();
        let epoch = register(&mut image);
        unfence(&mut image, epoch, true);
        assert_eq!(led(&image), (BrokerId(1), LeaderEpoch(1)));
    }

    #[test]
    fn a_partition_that_lost_its_last_replica_is_led_again_on_its_return() {
        let (mut image, _) = with_topic();
        let gone = PartitionChange {
            topic_id: image.topic("t").unwrap().id,
            isr: Some(Vec::new()),
            leader: -1,
            eligible_leader_replicas: Some(vec![1]),
            last_known_elr: Some(vec![1]),
            ..PartitionChange::default()
        };
        super::super::fixture::apply(&mut image, &[gone.into()]);
        let epoch = register(&mut image);
        unfence(&mut image, epoch, false);
        assert_eq!(led(&image), (BrokerId(1), LeaderEpoch(2)));
        let partition = &image.topic("t").unwrap().partitions[0];
        assert_eq!(partition.isr, [BrokerId(1)]);
        assert!(partition.eligible.is_empty() && partition.last_known.is_empty());
    }
}
