//! The check of what a cluster serves: every batch of every partition, by Fetch, from its leader.
//!
//! The brokers' files stay out of sight: what is checked is what a consumer would get.

use std::collections::BTreeMap;

use crate::cli::{CommandError, Output, Progress};
use crate::client::admin::{
    ConfigResource, FetchFrom, FetchLimits, FetchRole, FetchedBytes, IsolationLevel, OffsetSpec,
    ResourceKind,
};
use crate::client::{Admin, ClientError};
use crate::storage::inspect::{FetchedCheck, Report};
use crate::types::{BrokerId, Offset, TopicPartition, Uuid};

/// How many partitions to describe at a time.
const PAGE: i32 = 2000;
/// How many partitions one request asks for.
const AT_ONCE: usize = 50;
/// How often a partition is tried whose leader changes, or that sends nothing.
const TRIES: u32 = 4;
/// What one request may bring.
const LIMITS: FetchLimits = FetchLimits {
    partition_bytes_max: 4 << 20,
    bytes_max: 16 << 20,
    wait_max_ms: 500,
};

/// A partition that is being read.
#[derive(Debug)]
struct Reading {
    from: FetchFrom,
    until: Offset,
    check: FetchedCheck,
    tries: u32,
}

impl Reading {
    fn is_done(&self) -> bool {
        self.from.offset >= self.until
    }
}

/// Reads topics, all of them if none is named, and tells what is wrong.
pub(super) async fn verify(
    admin: &Admin,
    topics: &[String],
    output: &Output,
) -> Result<Report, CommandError> {
    let failed = |error: ClientError| CommandError::failed(error.java());
    let mut names = topics.to_vec();
    if names.is_empty() {
        let listed = admin.list_topics().await.map_err(failed)?;
        names = listed.into_iter().map(|topic| topic.name).collect();
    }
    let compacted = compacted(admin, &names).await;
    let (mut open, mut report) = open(admin, &names).await?;
    let records = |reading: &Reading| reading.until.0.saturating_sub(reading.from.offset.0);
    let total: i64 = open.iter().map(records).sum();
    let progress = Progress::counting(output, u64::try_from(total).unwrap_or(0), "Reading");
    let mut done = Vec::new();
    while !open.is_empty() {
        open = round(admin, open, &mut done, &progress).await?;
    }
    done.sort_by(|a, b| a.from.partition.cmp(&b.from.partition));
    for reading in done {
        let may_be_compacted = compacted.get(&reading.from.partition.topic) != Some(&false);
        report.absorb(reading.check.finish(may_be_compacted));
    }
    Ok(report)
}

/// Returns which topics are compacted, as far as the cluster tells.
async fn compacted(admin: &Admin, names: &[String]) -> BTreeMap<String, bool> {
    let resource = |name: &String| ConfigResource::new(ResourceKind::Topic, name.clone());
    let resources: Vec<_> = names.iter().map(resource).collect();
    let described = admin.describe_configs(&resources).await.unwrap_or_default();
    let policy = |(resource, result): (ConfigResource, Result<Vec<_>, ClientError>)| {
        let entries: Vec<crate::client::admin::ConfigEntry> = result.ok()?;
        let policy = entries
            .into_iter()
            .find(|entry| entry.name == "cleanup.policy")?;
        Some((resource.name, policy.value?.contains("compact")))
    };
    described.into_iter().filter_map(policy).collect()
}

/// Returns the partitions and where each begins and ends now; those that cannot be read are in the
/// report.
async fn open(admin: &Admin, names: &[String]) -> Result<(Vec<Reading>, Report), CommandError> {
    let failed = |error: ClientError| CommandError::failed(error.java());
    let mut report = Report::default();
    let mut ids: BTreeMap<TopicPartition, Uuid> = BTreeMap::new();
    for (name, described) in admin.describe_topics(names, PAGE).await.map_err(failed)? {
        let topic = described
            .map_err(|error| failed(error).hint(format!("The topic '{name}' cannot be read.")))?;
        for partition in topic.partitions {
            let place = TopicPartition::new(topic.name.clone(), partition.partition);
            if partition.leader.is_some() {
                ids.insert(place, topic.id);
            } else {
                report.absorb(unread(&place, "no broker leads it: nothing can be read"));
            }
        }
    }
    let mut bounds: BTreeMap<TopicPartition, (Offset, Offset)> = BTreeMap::new();
    for spec in [OffsetSpec::Earliest, OffsetSpec::Latest] {
        let wanted: Vec<_> = ids.keys().map(|place| (place.clone(), spec)).collect();
        let listed = admin.list_offsets(&wanted, IsolationLevel::ReadUncommitted);
        for (place, result) in listed.await.map_err(failed)? {
            match result {
                Ok(found) if spec == OffsetSpec::Earliest => {
                    bounds.insert(place, (found.offset, found.offset));
                }
                Ok(found) => {
                    if let Some((_, until)) = bounds.get_mut(&place) {
                        *until = found.offset;
                    }
                }
                Err(error) => {
                    bounds.remove(&place);
                    report.absorb(unread(&place, &error.java()));
                }
            }
        }
    }
    let open = bounds.into_iter().map(|(partition, (offset, until))| {
        let topic_id = ids.get(&partition).copied().unwrap_or_default();
        Reading {
            check: FetchedCheck::new(partition.to_string()),
            from: FetchFrom {
                partition,
                topic_id,
                offset,
            },
            until,
            tries: 0,
        }
    });
    Ok((open.collect(), report))
}

fn unread(partition: &TopicPartition, what: &str) -> Report {
    let mut check = FetchedCheck::new(partition.to_string());
    check.fail(Offset::ZERO, what);
    check.finish(true)
}

/// Reads from each leader as long as it leads; returns what is still to be read.
async fn round(
    admin: &Admin,
    open: Vec<Reading>,
    done: &mut Vec<Reading>,
    progress: &Progress,
) -> Result<Vec<Reading>, CommandError> {
    let leaders = leaders(admin, &open).await?;
    let mut by_leader: BTreeMap<BrokerId, Vec<Reading>> = BTreeMap::new();
    let mut left = Vec::new();
    for mut reading in open {
        match leaders.get(&reading.from.partition) {
            Some(leader) => by_leader.entry(*leader).or_default().push(reading),
            None => {
                reading.tries += 1;
                give_up_or(&mut left, done, reading, "no broker leads it any more");
            }
        }
    }
    for (leader, mut queue) in by_leader {
        while !queue.is_empty() {
            let now = queue.split_off(queue.len().saturating_sub(AT_ONCE));
            let (mut now, ended): (Vec<_>, Vec<_>) =
                now.into_iter().partition(|reading| !reading.is_done());
            done.extend(ended);
            if now.is_empty() {
                continue;
            }
            let wanted: Vec<_> = now.iter().map(|reading| reading.from.clone()).collect();
            let answers = admin
                .fetch_bytes(leader, FetchRole::Consumer, &wanted, LIMITS)
                .await;
            match answers {
                Ok(answers) => {
                    for (mut reading, answer) in now.drain(..).zip(answers) {
                        match take(&mut reading, answer, progress) {
                            Ok(()) => queue.push(reading),
                            Err(reason) => give_up_or(&mut left, done, reading, &reason),
                        }
                    }
                }
                Err(error) => {
                    for mut reading in now {
                        reading.tries += 1;
                        give_up_or(&mut left, done, reading, &error.java());
                    }
                }
            }
        }
    }
    Ok(left)
}

/// Takes a partition's answer; fails if it is to be asked again, or not at all.
fn take(
    reading: &mut Reading,
    answer: Result<FetchedBytes, ClientError>,
    progress: &Progress,
) -> Result<(), String> {
    let asked = reading.from.offset;
    let fetched = answer.map_err(|error| {
        reading.tries += if error.is_retriable() { 1 } else { TRIES };
        error.java()
    })?;
    // Retention may have been here since.
    let next = reading.check.take(asked, &fetched.records);
    let next = next.max(fetched.log_start);
    if next == asked {
        reading.tries += 1;
        if reading.tries < TRIES {
            return Ok(());
        }
        return Err(format!(
            "nothing comes from here on, although the log goes to offset {}",
            reading.until.plus(-1)
        ));
    }
    reading.tries = 0;
    reading.from.offset = next;
    progress.advance(u64::try_from(next.0 - asked.0).unwrap_or(0));
    Ok(())
}

fn give_up_or(left: &mut Vec<Reading>, done: &mut Vec<Reading>, mut reading: Reading, why: &str) {
    if reading.tries < TRIES {
        left.push(reading);
    } else {
        let what = format!("it cannot be read: {why}");
        reading.check.fail(reading.from.offset, what);
        done.push(reading);
    }
}

async fn leaders(
    admin: &Admin,
    open: &[Reading],
) -> Result<BTreeMap<TopicPartition, BrokerId>, CommandError> {
    let mut names: Vec<_> = open
        .iter()
        .map(|reading| reading.from.partition.topic.clone())
        .collect();
    names.dedup();
    let described = admin.describe_topics(&names, PAGE).await;
    let described = described.map_err(|error| CommandError::failed(error.java()))?;
    let topics = described.into_iter().filter_map(|(_, result)| result.ok());
    let leader = |topic: crate::client::admin::TopicDescription| {
        let name = topic.name;
        topic.partitions.into_iter().filter_map(move |partition| {
            let place = TopicPartition::new(name.clone(), partition.partition);
            Some((place, partition.leader?))
        })
    };
    Ok(topics.flat_map(leader).collect())
}
