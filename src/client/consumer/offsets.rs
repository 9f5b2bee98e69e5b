//! Where partitions begin: asks leaders for offsets, and begins again where one is gone.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::Consumer;
use super::poll::{CONNECT_PATIENCE, Event};
use super::positions::{Assigned, Position};
use crate::client::admin::{
    ListedOffset, OffsetSpec, Results, list_offsets_request, listed_offsets,
};
use crate::client::cluster::Target;
use crate::client::error::ClientError;
use crate::client::log::LogLevel;
use crate::protocol::ErrorCode;
use crate::types::{BrokerId, Offset, TopicPartition};

const RESETTER: &str = "org.apache.kafka.clients.consumer.internals.SubscriptionState";

impl Consumer {
    /// Asks leaders for the offsets that positions wait for.
    pub(super) fn ask_for_positions(&mut self) {
        let now = self.now();
        let mut groups: BTreeMap<BrokerId, Vec<(usize, OffsetSpec)>> = BTreeMap::new();
        for (place, assigned) in self.assignment.list.iter_mut().enumerate() {
            if let (Position::Wanted(spec), Some(leader)) = (assigned.position, assigned.leader)
                && assigned.retry_at <= now
            {
                assigned.position = Position::Asked(spec);
                groups.entry(leader).or_default().push((place, spec));
            }
        }
        for (leader, group) in groups {
            let cluster = Arc::clone(&self.cluster);
            let isolation = self.config.isolation;
            let timeout_ms = i32::try_from(self.config.client.request_timeout.as_millis());
            let timeout_ms = timeout_ms.unwrap_or(i32::MAX);
            let place = |(place, _): &(usize, OffsetSpec)| *place;
            let places: Vec<usize> = group.iter().map(place).collect();
            let list = &self.assignment.list;
            let item = |(place, spec): &(usize, OffsetSpec)| {
                list.get(*place)
                    .map(|assigned| (assigned.topic_partition(), *spec))
            };
            let items: Vec<_> = group.iter().filter_map(item).collect();
            self.tasks.spawn(async move {
                let build = |version| list_offsets_request(version, isolation, timeout_ms, &items);
                let deadline =
                    Instant::now() + CONNECT_PATIENCE.max(cluster.config().request_timeout);
                let call = cluster.call("listOffsets", Target::Broker(leader), deadline, build);
                Event::Offsets(places, call.await.map(|response| listed_offsets(&response)))
            });
        }
    }

    pub(super) fn take_offsets(
        &mut self,
        places: &[usize],
        result: Result<Results<TopicPartition, ListedOffset>, ClientError>,
    ) {
        let retry_at = self.now() + self.cluster.retry_wait(1);
        let found = result.unwrap_or_default();
        for place in places {
            let Some(assigned) = self.assignment.list.get_mut(*place) else {
                continue;
            };
            let Position::Asked(spec) = assigned.position else {
                // A seek came in between.
                continue;
            };
            let name = assigned.topic_partition();
            let listed = found.iter().find(|(partition, _)| *partition == name);
            match listed {
                Some((_, Ok(listed))) if listed.offset >= Offset::ZERO => {
                    assigned.position = Position::At(listed.offset);
                    assigned.epoch = listed.leader_epoch;
                    let offset = listed.offset;
                    let line = format!(
                        "Resetting offset for partition {name} to position \
                         FetchPosition{{offset={offset}}}."
                    );
                    self.config.client.log_line(LogLevel::Info, RESETTER, &line);
                }
                // No record is that young: begin at the end.
                Some((_, Ok(_))) if spec != OffsetSpec::Latest => {
                    assigned.position = Position::Wanted(OffsetSpec::Latest);
                }
                _ => {
                    assigned.position = Position::Wanted(spec);
                    assigned.retry_at = retry_at;
                    self.refresh.wanted = true;
                }
            }
        }
    }

    /// Begins again where `auto.offset.reset` says: the position is not in the log any more.
    pub(super) fn out_of_range(
        &mut self,
        place: usize,
        position: Offset,
    ) -> Result<(), ClientError> {
        let name = self
            .assignment
            .list
            .get(place)
            .map(Assigned::topic_partition);
        let Some(name) = name else { return Ok(()) };
        let reset = self.reset(&name);
        if let Some(assigned) = self.assignment.list.get_mut(place) {
            assigned.position = match &reset {
                Ok(spec) => Position::Wanted(*spec),
                Err(_) => Position::Lost,
            };
        }
        if reset.is_err() {
            return Err(ClientError::Broker {
                code: ErrorCode::OffsetOutOfRange,
                message: Some(format!(
                    "Fetch position FetchPosition{{offset={position}}} is out of range for \
                     partition {name}"
                )),
            });
        }
        let line = format!(
            "Fetch position FetchPosition{{offset={position}}} is out of range for partition \
             {name}, resetting offset"
        );
        self.config.client.log_line(LogLevel::Info, RESETTER, &line);
        Ok(())
    }
}
