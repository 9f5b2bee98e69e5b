//! Finds the records that a fetch asks for, and waits for more if there are too few.
//!
//! Answers at once if there is an error, or enough bytes, or nothing to wait for. Else it waits
//! until a partition moves on or the time is up, and then reads again.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::Asked;
use crate::broker::context::RequestContext;
use crate::broker::errors::read_failure;
use crate::broker::stop::stopped;
use crate::protocol::ErrorCode;
use crate::protocol::messages::FetchRequest;
use crate::replica::{
    FirstBatch, Isolation, Partition, ReadFailure, ReadOutcome, ReadRequest, WaiterId,
};
use crate::storage::ReadPlan;
use crate::types::Offset;

/// How much is wanted, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    isolation: Isolation,
    bytes_min: usize,
    bytes_max: usize,
    wait_max: Duration,
}

impl Limits {
    pub(super) fn of(request: &FetchRequest, context: &RequestContext<'_>) -> Self {
        let size = |value: i32| usize::try_from(value).unwrap_or(0);
        let bytes_max = size(request.max_bytes).min(context.limits.fetch_bytes_max);
        let replica = if context.version() >= 15 {
            request.replica_state.replica_id.0
        } else {
            request.replica_id.0
        };
        let isolation = match (replica, request.isolation_level) {
            // A follower, or a tool that poses as one (replica-verification is -2).
            (replica, _) if replica >= 0 || replica == -2 => Isolation::LogEnd,
            (_, 1) => Isolation::ReadCommitted,
            _ => Isolation::ReadUncommitted,
        };
        Self {
            isolation,
            bytes_min: size(request.min_bytes).min(bytes_max),
            bytes_max,
            wait_max: Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or(0)),
        }
    }
}

/// What was found in one partition.
#[derive(Debug)]
pub(in crate::broker) struct Found {
    pub(in crate::broker) asked: Asked,
    pub(in crate::broker) code: ErrorCode,
    pub(in crate::broker) high_watermark: Offset,
    pub(in crate::broker) last_stable_offset: Offset,
    pub(in crate::broker) log_start_offset: Offset,
    pub(in crate::broker) plan: Option<ReadPlan>,
    pub(in crate::broker) committed_only: bool,
}

impl Found {
    /// Returns the bytes of records found.
    pub(in crate::broker) fn bytes(&self) -> usize {
        self.plan.as_ref().map_or(0, |plan| plan.bytes)
    }
}

/// One partition of a fetch under way.
struct Item {
    asked: Asked,
    partition: Result<Arc<Partition>, ErrorCode>,
    waiter: Option<WaiterId>,
    outcome: Option<Result<ReadOutcome, ReadFailure>>,
}

impl Item {
    fn read(&mut self, request: ReadRequest, context: Option<&Context<'_>>) {
        let Ok(partition) = &self.partition else {
            return;
        };
        let outcome = match (
            partition.check_leader_epoch(self.asked.leader_epoch),
            context,
        ) {
            (Err(error), _) => Err(error),
            (Ok(()), None) => partition.read(request),
            (Ok(()), Some(context)) => partition.read_or_wait(request, &mut self.waiter, context),
        };
        self.outcome = Some(outcome);
    }

    fn is_error(&self) -> bool {
        self.partition.is_err() || matches!(self.outcome, Some(Err(_)))
    }

    fn bytes(&self) -> usize {
        match &self.outcome {
            Some(Ok(outcome)) => outcome.plan.as_ref().map_or(0, |plan| plan.bytes),
            _ => 0,
        }
    }

    fn into_found(self, isolation: Isolation) -> Found {
        let mut found = Found {
            code: ErrorCode::None,
            high_watermark: Offset::NONE,
            last_stable_offset: Offset::NONE,
            log_start_offset: Offset::NONE,
            plan: None,
            committed_only: isolation == Isolation::ReadCommitted,
            asked: self.asked,
        };
        match (self.partition, self.outcome) {
            (Err(code), _) => found.code = code,
            (Ok(_), Some(Err(error))) => found.code = read_failure(&error),
            (Ok(_), Some(Ok(outcome))) => {
                found.high_watermark = outcome.high_watermark;
                found.last_stable_offset = outcome.last_stable_offset;
                found.log_start_offset = outcome.log_start_offset;
                found.plan = outcome.plan;
            }
            (Ok(_), None) => {}
        }
        found
    }
}

/// Reads what is asked for.
pub(super) async fn read(
    asked: Vec<Asked>,
    limits: &Limits,
    context: &RequestContext<'_>,
) -> Vec<Found> {
    let mut items: Vec<Item> = asked
        .into_iter()
        .map(|asked| {
            let partition = asked.resolve(context);
            Item {
                asked,
                partition,
                waiter: None,
                outcome: None,
            }
        })
        .collect();
    let may_wait = !limits.wait_max.is_zero() && !items.is_empty();
    if !read_all(&mut items, limits, None) && may_wait {
        wait(&mut items, limits, context).await;
    }
    items
        .into_iter()
        .map(|item| item.into_found(limits.isolation))
        .collect()
}

/// Waits until there is enough, the time is up or the broker stops.
async fn wait(items: &mut [Item], limits: &Limits, context: &RequestContext<'_>) {
    let enough = poll_fn(|task| {
        if read_all(items, limits, Some(task)) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    });
    let mut stop = context.stop.clone();
    let in_time = tokio::select! {
        biased;
        () = enough => true,
        () = tokio::time::sleep(limits.wait_max) => false,
        () = stopped(&mut stop) => false,
    };
    for item in items.iter_mut() {
        if let (Ok(partition), Some(waiter)) = (&item.partition, item.waiter.take()) {
            partition.cancel_wait(waiter);
        }
    }
    if !in_time {
        read_all(items, limits, None);
    }
}

/// Reads every partition within the limits, and tells whether that is enough for an answer.
fn read_all(items: &mut [Item], limits: &Limits, context: Option<&Context<'_>>) -> bool {
    let mut total = 0;
    let mut error = false;
    for item in items {
        let request = ReadRequest {
            from: item.asked.from,
            bytes_max: item
                .asked
                .bytes_max
                .min(limits.bytes_max - total.min(limits.bytes_max)),
            isolation: limits.isolation,
            // KIP-74: the first partition with records gives at least one batch.
            first_whole: if total == 0 {
                FirstBatch::Whole
            } else {
                FirstBatch::IfItFits
            },
        };
        item.read(request, context);
        total += item.bytes();
        error |= item.is_error();
    }
    error || total >= limits.bytes_min
}
