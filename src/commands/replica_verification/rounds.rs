//! The rounds: ask each broker for its replicas from where the comparison is, compare, report.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::LOGGER;
use super::compare::{Difference, Replica, compare};
use crate::cli::{CommandError, Exit, Format, LogLines, Output};
use crate::client::admin::{
    FetchFrom, FetchLimits, FetchRole, IsolationLevel, OffsetSpec, TopicDescription,
};
use crate::client::{Admin, ClientError};
use crate::clock::SystemClock;
use crate::commands::topics::TopicFilter;
use crate::types::{BrokerId, Offset, TopicPartition, Uuid};

/// How many partitions to describe at a time.
const PAGE: i32 = 2000;
/// With `--exit-at-end`, so many rounds may bring nothing.
const IDLE_ROUNDS_MAX: u32 = 10;

/// What is asked for.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) topics: TopicFilter,
    pub(super) fetch_bytes: i32,
    pub(super) wait_ms: i32,
    pub(super) time: i64,
    pub(super) report_interval_ms: i64,
    pub(super) exits_at_end: bool,
    pub(super) format: Format,
}

/// A partition, and how far its replicas were compared.
#[derive(Debug)]
struct Compared {
    topic_id: Uuid,
    replicas: Vec<BrokerId>,
    next: Offset,
    /// Where the comparison may end.
    until: Offset,
    lag: i64,
}

type All = BTreeMap<TopicPartition, Compared>;

/// Compares until it is over, which without `--exit-at-end` or differing offsets it never is.
pub(super) async fn run_rounds(
    admin: &Admin,
    plan: &Plan,
    lines: &LogLines,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let mut all = begin(admin, plan, lines).await?;
    let mut printer = Printer {
        lines,
        format: plan.format,
        output,
        differs: false,
        warned: BTreeSet::new(),
    };
    printer.started()?;
    let clock = SystemClock::shared();
    let mut reported_ms = clock.now_ms();
    let mut idle = 0;
    loop {
        let mut found = ask_all(admin, plan, &all, &mut printer).await;
        idle += 1;
        for (partition, compared) in &mut all {
            let came = found.remove(partition).unwrap_or_default();
            if came.len() < compared.replicas.len() {
                continue;
            }
            let (next, differences) = compare(compared.next, &came);
            if next > compared.next {
                idle = 0;
            }
            compared.next = next;
            let highest = came.iter().map(|replica| replica.high_watermark.0).max();
            compared.lag = highest.unwrap_or(next.0) - next.0;
            for difference in differences {
                let is_end = printer.difference(partition, &difference)?;
                if is_end {
                    return Ok(Exit::FAILURE);
                }
            }
        }
        let is_over = plan.exits_at_end && all.values().all(|c| c.next >= c.until);
        let now_ms = clock.now_ms();
        if is_over || now_ms.saturating_sub(reported_ms) > plan.report_interval_ms {
            printer.report(&all)?;
            reported_ms = now_ms;
        }
        if plan.exits_at_end && !is_over && idle > IDLE_ROUNDS_MAX {
            return Err(stuck(&all));
        }
        if is_over {
            return Ok(if printer.differs {
                Exit::FAILURE
            } else {
                Exit::SUCCESS
            });
        }
    }
}

/// Returns the failure of a comparison that does not come to its end.
fn stuck(all: &All) -> CommandError {
    let left = all
        .iter()
        .filter(|(_, compared)| compared.next < compared.until);
    let left: Vec<_> = left
        .map(|(partition, compared)| format!("{partition} from offset {} on", compared.next))
        .collect();
    let sentence = format!("Not all replicas send {}", left.join(", "));
    CommandError::failed(sentence).hint("kt topics --describe shows which replicas are in sync.")
}

/// Finds the partitions, and where their comparison begins.
async fn begin(admin: &Admin, plan: &Plan, lines: &LogLines) -> Result<All, CommandError> {
    let failed = |error: ClientError| CommandError::failed(error.java());
    let listed = admin.list_topics().await.map_err(failed)?;
    let names: Vec<_> = listed
        .into_iter()
        .map(|topic| topic.name)
        .filter(|name| plan.topics.admits(name))
        .collect();
    if names.is_empty() {
        let sentence = "No topics found. [topics-include] if specified, is either filtering out \
                        all topics or there is no topic.";
        return Err(CommandError::failed(lines.line("ERROR", sentence, LOGGER)));
    }
    let mut all = All::new();
    for (_, described) in admin.describe_topics(&names, PAGE).await.map_err(failed)? {
        add(&mut all, described.map_err(failed)?);
    }
    let spec = match plan.time {
        -1 => OffsetSpec::Latest,
        -2 => OffsetSpec::Earliest,
        time => OffsetSpec::Timestamp(time),
    };
    let wanted = |spec| -> Vec<_> { all.keys().map(|place| (place.clone(), spec)).collect() };
    let (begins, ends) = (wanted(spec), wanted(OffsetSpec::Latest));
    let isolation = IsolationLevel::ReadUncommitted;
    for (is_end, asked) in [(true, ends), (false, begins)] {
        let listed = admin
            .list_offsets(&asked, isolation)
            .await
            .map_err(failed)?;
        for (partition, result) in listed {
            let offset = result.map_err(failed)?.offset;
            if let Some(compared) = all.get_mut(&partition) {
                if is_end {
                    compared.until = offset;
                    compared.next = offset;
                } else if offset.0 >= 0 {
                    // No record is as late as the time that was asked for: the end stays.
                    compared.next = offset;
                }
            }
        }
    }
    Ok(all)
}

fn add(all: &mut All, topic: TopicDescription) {
    for partition in topic.partitions {
        let place = TopicPartition::new(topic.name.clone(), partition.partition);
        all.insert(
            place,
            Compared {
                topic_id: topic.id,
                replicas: partition.replicas,
                next: Offset::ZERO,
                until: Offset::ZERO,
                lag: 0,
            },
        );
    }
}

/// Asks every broker at once; one that does not answer is told once, and asked again.
async fn ask_all(
    admin: &Admin,
    plan: &Plan,
    all: &All,
    printer: &mut Printer<'_>,
) -> BTreeMap<TopicPartition, Vec<Replica>> {
    let mut wanted: BTreeMap<BrokerId, Vec<FetchFrom>> = BTreeMap::new();
    for (partition, compared) in all {
        for broker in &compared.replicas {
            wanted.entry(*broker).or_default().push(FetchFrom {
                partition: partition.clone(),
                topic_id: compared.topic_id,
                offset: compared.next,
            });
        }
    }
    let limits = FetchLimits {
        partition_bytes_max: plan.fetch_bytes,
        bytes_max: i32::MAX,
        wait_max_ms: plan.wait_ms,
    };
    let mut asked = JoinSet::new();
    for (broker, wanted) in wanted {
        let admin = admin.clone();
        asked.spawn(async move {
            let role = FetchRole::Debugger;
            let answers = admin.fetch_bytes(broker, role, &wanted, limits).await;
            (broker, wanted, answers)
        });
    }
    let mut found: BTreeMap<TopicPartition, Vec<Replica>> = BTreeMap::new();
    while let Some(Ok((broker, wanted, answers))) = asked.join_next().await {
        let answers = match answers {
            Ok(answers) => answers,
            Err(error) => {
                printer.warn_once(format!("Broker {broker} does not answer: {error}"));
                continue;
            }
        };
        for (from, answer) in wanted.into_iter().zip(answers) {
            match answer {
                Ok(came) => {
                    let replica = Replica::new(broker, came.high_watermark, &came.records);
                    found.entry(from.partition).or_default().push(replica);
                }
                Err(error) => {
                    let place = &from.partition;
                    printer.warn_once(format!("Broker {broker} has nothing of {place}: {error}"));
                }
            }
        }
    }
    for replicas in found.values_mut() {
        replicas.sort_by_key(|replica| replica.broker);
    }
    found
}

/// Prints what was found, in Kafka's lines or one JSON document a line.
struct Printer<'a> {
    lines: &'a LogLines,
    format: Format,
    output: &'a mut Output,
    differs: bool,
    warned: BTreeSet<String>,
}

impl Printer<'_> {
    fn print(&mut self, text: &str, document: Value) -> Result<(), CommandError> {
        let time = self.lines.now();
        if self.format == Format::Json {
            let mut document = document;
            if let Value::Object(fields) = &mut document {
                fields.insert("time".to_owned(), time.into());
            }
            self.output.json(&document)?;
        } else {
            self.output.line(format!("{time}: {text}"))?;
        }
        // Somebody may be watching.
        self.output.flush()
    }

    fn started(&mut self) -> Result<(), CommandError> {
        let text = "verification process is started";
        self.print(text, json!({"kind": "started"}))
    }

    fn warn_once(&mut self, text: String) {
        let line = self.lines.line("WARN", &text, LOGGER);
        if self.warned.insert(text) {
            self.output.note(line);
        }
    }

    /// Tells a difference; returns whether the comparison cannot go on.
    fn difference(
        &mut self,
        partition: &TopicPartition,
        difference: &Difference,
    ) -> Result<bool, CommandError> {
        self.differs = true;
        let TopicPartition {
            topic,
            partition: number,
        } = partition;
        match difference {
            Difference::Offsets { first, second } => {
                let text = format!(
                    "partition {partition}: replica {}'s offset {} doesn't match replica {}'s \
                     offset {}",
                    first.0, first.1, second.0, second.1
                );
                let document = json!({
                    "kind": "offsets", "topic": topic, "partition": number,
                    "replicas": [first.0.0, second.0.0], "offsets": [first.1.0, second.1.0],
                });
                self.print(&text, document)?;
                Ok(true)
            }
            Difference::Checksums {
                offset,
                first,
                second,
            } => {
                let text = format!(
                    "partition {partition} has unmatched checksum at offset {offset}; replica \
                     {}'s checksum {}; replica {}'s checksum {}",
                    first.0, first.1, second.0, second.1
                );
                let document = json!({
                    "kind": "checksums", "topic": topic, "partition": number,
                    "offset": offset.0,
                    "replicas": [first.0.0, second.0.0], "checksums": [first.1, second.1],
                });
                self.print(&text, document)?;
                Ok(false)
            }
        }
    }

    fn report(&mut self, all: &All) -> Result<(), CommandError> {
        // The first of those that are farthest behind.
        let farthest = all.iter().rev().max_by_key(|(_, compared)| compared.lag);
        let Some((partition, compared)) = farthest else {
            return Ok(());
        };
        let (lag, next, count) = (compared.lag, compared.next, all.len());
        let text = format!(
            "max lag is {lag} for partition {partition} at offset {next} among {count} partitions"
        );
        let document = json!({
            "kind": "report", "maxLag": lag, "topic": partition.topic,
            "partition": partition.partition, "offset": next.0, "partitions": count,
        });
        self.print(&text, document)
    }
}
