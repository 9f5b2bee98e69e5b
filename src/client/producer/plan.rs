//! What is to be sent now: one look at all queues.
//!
//! One batch a partition and request, at most `max.in.flight` requests a broker. A batch that
//! goes again goes alone, before all later ones of its partition, so that the order holds.

use std::collections::BTreeMap;
use std::time::Duration;

use super::batch::Batch;
use super::idempotence::{assign, restart};
use super::queue::{Ending, PartitionQueue, State, TopicInfo};
use super::sender::Sender;
use crate::types::BrokerId;

/// What one look at the queues found.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) requests: BTreeMap<BrokerId, Vec<Batch>>,
    pub(super) expired: Vec<Batch>,
    /// When something is due that is not yet.
    pub(super) next: Option<Duration>,
    /// A partition has batches but no leader.
    pub(super) leaderless: bool,
    pub(super) ended: bool,
}

impl Plan {
    fn due(&mut self, at: Duration) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }
}

impl Sender {
    /// Takes from the queues what is to be sent now, and what has waited too long.
    pub(super) fn plan(&self, now: Duration) -> Plan {
        let mut plan = Plan::default();
        let mut guard = self.accumulator.lock();
        let state = &mut *guard;
        if state.ending == Some(Ending::Now) || state.fatal.is_some() {
            take_all(state, &mut plan.expired);
            plan.ended = state.ending.is_some();
            return plan;
        }
        if state.unfinished == 0 {
            plan.ended = state.ending.is_some();
            return plan;
        }
        let rush = state.flushing || state.ending.is_some() || state.starved > 0;
        let ready = self.identity.is_ready();
        for topic in &mut state.topics {
            for queue in &mut topic.partitions {
                self.expire(queue, now, &mut plan);
                if queue.closed.is_empty() && queue.open.is_none() {
                    continue;
                }
                let Some(leader) = queue.leader else {
                    plan.leaderless = true;
                    continue;
                };
                if !ready || !self.has_room(leader, &plan, queue) {
                    continue;
                }
                match self.take_ready(queue, now, rush) {
                    Ok(batch) => plan.requests.entry(leader).or_default().push(batch),
                    Err(Some(at)) => plan.due(at),
                    Err(None) => {}
                }
            }
        }
        plan
    }

    /// Takes out what is older than the delivery timeout.
    fn expire(&self, queue: &mut PartitionQueue, now: Duration, plan: &mut Plan) {
        let timeout = self.config.delivery_timeout;
        while let Some(front) = queue.closed.front() {
            let at = front.created + timeout;
            if at > now {
                plan.due(at);
                break;
            }
            plan.expired.extend(queue.closed.pop_front());
        }
        if let Some(open) = &queue.open {
            let at = open.created + timeout;
            if at > now {
                plan.due(at);
            } else {
                plan.expired.extend(queue.open.take());
            }
        }
    }

    /// Returns whether the next batch of a queue may go into a request to this broker.
    fn has_room(&self, leader: BrokerId, plan: &Plan, queue: &PartitionQueue) -> bool {
        if self.in_flight(leader) >= self.config.in_flight_max {
            return false;
        }
        let Some(request) = plan.requests.get(&leader) else {
            return true;
        };
        let next = queue.closed.front().or(queue.open.as_ref());
        let bytes: usize = request.iter().chain(next).map(Batch::bytes).sum();
        bytes <= self.config.request_bytes_max
    }

    /// Takes the next batch of a partition, or tells when it will be due.
    fn take_ready(
        &self,
        queue: &mut PartitionQueue,
        now: Duration,
        rush: bool,
    ) -> Result<Batch, Option<Duration>> {
        if queue.restart_sequences {
            if queue.in_flight > 0 {
                return Err(None);
            }
            restart(queue, &self.identity);
        }
        // A broker that knows nothing of a producer takes any sequence: until it has the first
        // batch, a second one could slip in before it.
        let unconfirmed = queue.writer.is_some() && !queue.confirmed;
        if queue.in_flight > 0 && (queue.retry_in_flight || unconfirmed) {
            return Err(None);
        }
        if let Some(front) = queue.closed.front() {
            if front.retry_at > now {
                return Err(Some(front.retry_at));
            }
            if front.was_dispatched() && queue.in_flight > 0 {
                return Err(None);
            }
        } else if let Some(open) = &queue.open {
            let at = open.created + self.config.linger;
            if !rush && !open.urgent && at > now {
                return Err(Some(at));
            }
        }
        let next = queue.closed.pop_front().or_else(|| queue.open.take());
        let mut batch = next.ok_or(None)?;
        if !assign(queue, &mut batch, &self.identity) {
            // Its turn comes when the partition's older batches, of another epoch, are done.
            queue.closed.push_front(batch);
            return Err(None);
        }
        queue.retry_in_flight = batch.was_dispatched();
        if !batch.was_dispatched() {
            queue.outstanding.push_back(batch.order);
            batch.set_dispatched();
        }
        queue.in_flight += 1;
        Ok(batch)
    }
}

/// Takes every batch that is not in flight.
fn take_all(state: &mut State, out: &mut Vec<Batch>) {
    for topic in &mut state.topics {
        for queue in &mut topic.partitions {
            out.extend(queue.closed.drain(..));
            out.extend(queue.open.take());
        }
        if state.fatal.is_some() {
            topic.info = TopicInfo::Unknown;
        }
    }
}
