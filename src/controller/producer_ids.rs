//! Handing out blocks of producer ids (ProducerIdControlManager, KIP-730).

use std::ops::Range;

use super::{Context, ControllerResult, Decide};
use crate::metadata::record::ProducerIds;
use crate::types::BrokerId;

/// How many ids a block has (`ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE`).
const BLOCK_IDS: i64 = 1000;

/// Allocates the next block to a broker.
#[derive(Clone, Copy, Debug)]
pub struct AllocateProducerIds {
    /// The broker.
    pub broker: BrokerId,
    /// Its epoch.
    pub broker_epoch: i64,
}

impl Decide for AllocateProducerIds {
    type Response = Range<i64>;

    fn decide(&self, context: &mut Context<'_>) -> ControllerResult<Self::Response> {
        let begin = context.image.next_producer_id();
        let next_producer_id = begin.saturating_add(BLOCK_IDS);
        let record = ProducerIds {
            broker_id: self.broker.0,
            broker_epoch: self.broker_epoch,
            next_producer_id,
        };
        ControllerResult {
            records: vec![record.into()],
            response: begin..next_producer_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{cluster, run};
    use super::*;

    #[test]
    fn blocks_of_a_thousand_follow_each_other() {
        let mut image = cluster(&[1]);
        let allocate = AllocateProducerIds {
            broker: BrokerId(1),
            broker_epoch: 5,
        };
        assert_eq!(run(&mut image, &allocate), 0..1000);
        assert_eq!(run(&mut image, &allocate), 1000..2000);
    }
}
