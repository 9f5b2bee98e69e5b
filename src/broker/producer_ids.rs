//! Hands out producer ids from blocks that the controller allocates (KIP-730).

use tokio::sync::Mutex;

use super::controller_loop::ControllerHandle;
use crate::protocol::ErrorCode;

/// The present block.
#[derive(Debug, Default)]
pub(super) struct ProducerIds {
    /// Held while a block is asked for, so that one request asks for all who wait.
    block: Mutex<std::ops::Range<i64>>,
}

impl ProducerIds {
    /// Returns an id that nobody had before.
    pub(super) async fn next(&self, controller: &ControllerHandle) -> Result<i64, ErrorCode> {
        let mut block = self.block.lock().await;
        if block.is_empty() {
            *block = controller.allocate_producer_ids().await?;
        }
        block.next().ok_or(ErrorCode::CoordinatorLoadInProgress)
    }
}
