//! `--execute`: gives partitions the replicas, and replicas the log directories, that a file names.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::json;

use super::plan_file::{Plan, document};
use super::state::{Assignment, brokers, log_dirs, moving, of_partitions};
use super::throttles::{set_between_brokers, set_between_log_dirs};
use super::{call_failed, failed, plural, terse};
use crate::cli::{CommandError, Format, Output};
use crate::client::admin::Replica;
use crate::client::{Admin, ClientError};
use crate::protocol::ErrorCode;
use crate::types::{BrokerId, TopicPartition};

/// How long until a log directory is asked again whether a replica has come.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// How a reassignment is carried out.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    pub(super) is_additional: bool,
    /// Bytes a second between brokers; below 0 is no limit.
    pub(super) throttle: i64,
    /// Bytes a second between log directories; below 0 is no limit.
    pub(super) log_dirs_throttle: i64,
    pub(super) timeout: Duration,
    pub(super) format: Format,
}

pub(super) async fn run(
    admin: &Admin,
    text: &[u8],
    how: How,
    output: &mut Output,
) -> Result<(), CommandError> {
    let plan = Plan::parse_for_execution(text)?;
    let under_way = moving(admin).await?;
    if !under_way.is_empty() && !how.is_additional {
        return Err(terse(
            "Cannot execute because there is an existing partition assignment.  Use --additional \
             to override this and create a new partition assignment in addition to the existing \
             one. The --additional flag can also be used to change the throttle by resubmitting \
             the current reassignment.",
        ));
    }
    check_brokers(admin, &plan).await?;
    let current = of_partitions(admin, &plan.partitions).await?;
    let dirs = log_dirs(admin, &current).await?;
    print_current(&current, &dirs, how.format, output)?;
    if how.throttle >= 0 || how.log_dirs_throttle >= 0 {
        note(
            "Warning: You must run --verify periodically, until the reassignment completes, to \
             ensure the throttle is removed.",
            how.format,
            output,
        )?;
    }
    if how.throttle >= 0 {
        let limit = how.throttle;
        set_between_brokers(admin, &current, &plan.partitions, &under_way, limit).await?;
        let text = format!("The inter-broker throttle limit was set to {limit} B/s");
        note(&text, how.format, output)?;
    }
    if how.log_dirs_throttle >= 0 {
        let limit = how.log_dirs_throttle;
        set_between_log_dirs(admin, plan.log_dirs.keys(), limit).await?;
        let text = format!("The replica-alter-dir throttle limit was set to {limit} B/s");
        note(&text, how.format, output)?;
    }
    start(admin, &plan.partitions).await?;
    let names: Vec<String> = plan.partitions.keys().map(ToString::to_string).collect();
    let text = format!(
        "Successfully started partition reassignment{} for {}",
        plural(names.len()),
        names.join(",")
    );
    note(&text, how.format, output)?;
    if how.format == Format::Json {
        output.json(&json!({"current": document(&current, &dirs), "started": names}))?;
    }
    if !plan.log_dirs.is_empty() {
        move_replicas(admin, &plan.log_dirs, (how.timeout, how.format), output).await?;
    }
    Ok(())
}

/// Prints a line for people.
fn note(text: &str, format: Format, output: &mut Output) -> Result<(), CommandError> {
    match format {
        Format::Json => Ok(()),
        Format::Text | Format::Table => output.line(text),
    }
}

fn print_current(
    current: &Assignment,
    dirs: &BTreeMap<Replica, String>,
    format: Format,
    output: &mut Output,
) -> Result<(), CommandError> {
    if format == Format::Json {
        return Ok(());
    }
    output.line("Current partition replica assignment")?;
    output.line("")?;
    output.json(&document(current, dirs))?;
    output.line("")?;
    output.line("Save this to use as the --reassignment-json-file option during rollback")
}

async fn check_brokers(admin: &Admin, plan: &Plan) -> Result<(), CommandError> {
    let nodes = brokers(admin).await?;
    let named: BTreeSet<BrokerId> = plan.partitions.values().flatten().copied().collect();
    let is_there = |id: &BrokerId| nodes.iter().any(|node| node.id == *id);
    match named.into_iter().find(|id| !is_there(id)) {
        Some(id) => Err(failed(format!("Unknown broker id {id}"))),
        None => Ok(()),
    }
}

async fn start(admin: &Admin, wanted: &Assignment) -> Result<(), CommandError> {
    let wanted: BTreeMap<TopicPartition, Option<Vec<BrokerId>>> = wanted
        .iter()
        .map(|(partition, replicas)| (partition.clone(), Some(replicas.clone())))
        .collect();
    let altered = admin.alter_partition_reassignments(&wanted).await;
    let refused = refusals(altered.map_err(call_failed)?);
    if refused.is_empty() {
        return Ok(());
    }
    Err(terse(format!(
        "Error reassigning partition(s):\n{}",
        refused.join("\n")
    )))
}

/// Returns a line for each partition that was refused.
pub(super) fn refusals(outcomes: Vec<(TopicPartition, Result<(), ClientError>)>) -> Vec<String> {
    let refused = outcomes.into_iter().filter_map(|(partition, outcome)| {
        let error = outcome.err()?;
        Some(format!("{partition}: {error}"))
    });
    refused.collect()
}

/// Moves replicas to log directories; asks again while a replica is not there yet.
pub(super) async fn move_replicas(
    admin: &Admin,
    wanted: &BTreeMap<Replica, String>,
    (timeout, format): (Duration, Format),
    output: &mut Output,
) -> Result<(), CommandError> {
    let begin = tokio::time::Instant::now();
    let mut pending = wanted.clone();
    loop {
        let altered = admin.alter_replica_log_dirs(&pending).await;
        for (replica, outcome) in altered.map_err(call_failed)? {
            let name = shown(&replica);
            match outcome {
                Ok(()) => {
                    let Some(dir) = pending.remove(&replica) else {
                        continue;
                    };
                    let (partition, broker) = (&replica.partition, replica.broker);
                    // With Kafka's blank at the end.
                    let text = format!(
                        "Successfully started moving log directory to {dir} for replica \
                         {partition} with broker {broker} "
                    );
                    note(&text, format, output)?;
                }
                Err(ClientError::Broker {
                    code: ErrorCode::ReplicaNotAvailable,
                    ..
                }) => {}
                Err(error) => {
                    return Err(failed(format!("Failed to alter dir for {name}")).hint(error));
                }
            }
        }
        if pending.is_empty() {
            return Ok(());
        }
        if begin.elapsed() >= timeout {
            let names: Vec<String> = pending.keys().map(shown).collect();
            return Err(terse(format!(
                "Timed out before log directory move{} could be started for: {}",
                plural(names.len()),
                names.join(",")
            )));
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
}

/// Returns a replica as Kafka prints it: topic, partition, broker.
pub(super) fn shown(replica: &Replica) -> String {
    format!("{}-{}", replica.partition, replica.broker)
}
