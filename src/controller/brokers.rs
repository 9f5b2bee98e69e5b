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
