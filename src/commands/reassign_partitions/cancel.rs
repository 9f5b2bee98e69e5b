//! `--cancel`: ends the moves of a file that are under way.

use std::collections::BTreeMap;
use std::time::Duration;

use super::execute::{move_replicas, refusals};
use super::plan_file::Plan;
use super::state::moving;
use super::throttles::clear;
use super::verify::{MoveState, move_states};
use super::{call_failed, plural, terse};
use crate::cli::{CommandError, Format, Output};
use crate::client::Admin;
use crate::types::TopicPartition;

pub(super) async fn run(
    admin: &Admin,
    text: &[u8],
    preserve_throttles: bool,
    timeout: Duration,
    output: &mut Output,
) -> Result<(), CommandError> {
    let plan = Plan::parse(text)?;
    let under_way = moving(admin).await?;
    let active: BTreeMap<TopicPartition, _> = plan
        .partitions
        .keys()
        .filter(|partition| under_way.contains_key(*partition))
        .map(|partition| (partition.clone(), None))
        .collect();
    if active.is_empty() {
        output.line("None of the specified partition reassignments are active.")?;
    } else {
        let altered = admin.alter_partition_reassignments(&active).await;
        let refused = refusals(altered.map_err(call_failed)?);
        if !refused.is_empty() {
            return Err(terse(format!(
                "Error cancelling partition reassignment{} for:\n{}",
                plural(refused.len()),
                refused.join("\n")
            )));
        }
        let names: Vec<String> = active.keys().map(ToString::to_string).collect();
        output.line(format!(
            "Successfully cancelled partition reassignment{} for: {}",
            plural(names.len()),
            names.join(",")
        ))?;
    }
    let states = move_states(admin, &plan.log_dirs).await?;
    let back: BTreeMap<_, _> = states
        .into_iter()
        .filter_map(|(replica, state)| match state {
            MoveState::Active { current, .. } => Some((replica, current)),
            _ => None,
        })
        .collect();
    if back.is_empty() {
        // Without a line feed, as Kafka prints it.
        output.text("None of the specified partition moves are active.")?;
    } else {
        move_replicas(admin, &back, (timeout, Format::Text), output).await?;
    }
    if preserve_throttles {
        return Ok(());
    }
    clear(admin, &plan.partitions, output).await
}
