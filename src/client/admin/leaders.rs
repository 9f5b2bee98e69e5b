//! Calls that each partition's leader must be asked: finds the leaders, asks each, asks again.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::{Admin, Results, in_order};
use crate::client::cluster::Target;
use crate::client::error::ClientError;
use crate::client::metadata::{MetadataSnapshot, TopicsWanted};
use crate::protocol::{ApiRequest, ErrorCode};
use crate::types::{BrokerId, TopicPartition};

/// A call about partitions that only their leaders answer.
pub(super) trait LeaderCall {
    /// What is asked about a partition.
    type Item: Clone;
    /// What a leader answers about it.
    type Output;
    /// The request that asks.
    type Request: ApiRequest;

    /// Kafka's name of the call.
    const NAME: &'static str;

    /// Returns the request about these partitions.
    fn request(&self, version: i16, items: &[(TopicPartition, Self::Item)]) -> Self::Request;

    /// Returns what a response says about each partition.
    fn results(
        &self,
        response: <Self::Request as ApiRequest>::Response,
    ) -> Results<TopicPartition, Self::Output>;
}

/// Items of the same leader.
type Groups<T> = BTreeMap<BrokerId, Vec<(TopicPartition, T)>>;

impl Admin {
    /// Asks the leaders about partitions.
    ///
    /// A partition that Metadata does not show is an error at once; one without a leader, and one
    /// whose leader has moved, is asked about again until the call's time is over.
    pub(super) async fn call_leaders<C: LeaderCall>(
        &self,
        call: &C,
        items: &[(TopicPartition, C::Item)],
    ) -> Result<Results<TopicPartition, C::Output>, ClientError> {
        let deadline = self.cluster.api_deadline();
        let mut done: Results<TopicPartition, C::Output> = Vec::new();
        let mut pending = items.to_vec();
        let mut failures = 0;
        while !pending.is_empty() {
            let snapshot = self.leaders_of(C::NAME, &pending, deadline).await?;
            let (groups, mut again) = group_by_leader(&snapshot, pending, &mut done);
            for (leader, group) in groups {
                self.ask(call, leader, group, deadline, (&mut done, &mut again))
                    .await?;
            }
            failures += 1;
            let wait = self.cluster.retry_wait(failures);
            if again.is_empty() || Instant::now() + wait >= deadline {
                let failed = again.into_iter().map(|(item, error)| (item.0, Err(error)));
                done.extend(failed);
                break;
            }
            tokio::time::sleep(wait).await;
            pending = again.into_iter().map(|(item, _)| item).collect();
        }
        let wanted = items.iter().map(|(partition, _)| partition.clone());
        Ok(in_order(wanted, done, |partition| {
            format!("partition {partition}")
        }))
    }

    async fn leaders_of<T>(
        &self,
        name: &str,
        pending: &[(TopicPartition, T)],
        deadline: Instant,
    ) -> Result<MetadataSnapshot, ClientError> {
        let mut topics: Vec<String> = pending.iter().map(|(p, _)| p.topic.clone()).collect();
        topics.sort();
        topics.dedup();
        let name = format!("{name}(api=METADATA)");
        self.cluster
            .metadata(&name, &TopicsWanted::Names(topics), deadline)
            .await
    }

    /// Asks one leader; what is to be asked again goes to the second list.
    async fn ask<C: LeaderCall>(
        &self,
        call: &C,
        leader: BrokerId,
        group: Vec<(TopicPartition, C::Item)>,
        deadline: Instant,
        (done, again): (&mut Results<TopicPartition, C::Output>, &mut Again<C::Item>),
    ) -> Result<(), ClientError> {
        let build = |version| call.request(version, &group);
        let asked = self
            .cluster
            .call(C::NAME, Target::Broker(leader), deadline, build);
        let response = match asked.await {
            Ok(response) => response,
            Err(ClientError::UnsupportedVersion { message }) => {
                let error = ClientError::UnsupportedVersion { message };
                done.extend(group.into_iter().map(|(p, _)| (p, Err(error.clone()))));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        for (partition, result) in call.results(response) {
            match result {
                Err(error) if error.is_retriable() => {
                    let item = group.iter().find(|(other, _)| *other == partition);
                    again.extend(item.map(|item| (item.clone(), error)));
                }
                result => done.push((partition, result)),
            }
        }
        Ok(())
    }
}

/// What is to be asked again, and why.
type Again<T> = Vec<((TopicPartition, T), ClientError)>;

fn group_by_leader<T, V>(
    snapshot: &MetadataSnapshot,
    pending: Vec<(TopicPartition, T)>,
    done: &mut Results<TopicPartition, V>,
) -> (Groups<T>, Again<T>) {
    let mut groups = Groups::new();
    let mut again = Vec::new();
    for (partition, item) in pending {
        match leader_of(snapshot, &partition) {
            Ok(leader) => groups.entry(leader).or_default().push((partition, item)),
            Err(code) if code == ErrorCode::LeaderNotAvailable => {
                again.push(((partition, item), code.into()));
            }
            Err(code) => done.push((partition, Err(code.into()))),
        }
    }
    (groups, again)
}

fn leader_of(
    snapshot: &MetadataSnapshot,
    partition: &TopicPartition,
) -> Result<BrokerId, ErrorCode> {
    let unknown = ErrorCode::UnknownTopicOrPartition;
    let topic = snapshot.topic(&partition.topic).ok_or(unknown)?;
    if let Some(code) = topic.error {
        return Err(code);
    }
    let found = topic
        .partitions
        .iter()
        .find(|p| p.partition == partition.partition);
    found
        .ok_or(unknown)?
        .leader
        .ok_or(ErrorCode::LeaderNotAvailable)
}
