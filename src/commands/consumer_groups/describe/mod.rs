//! `consumer-groups --describe`: offsets and lag, members, or the state.

mod members;
mod offsets;
mod state;

use super::options::{Options, Wanted};
use super::{call_failed, groups};
use crate::cli::{CommandError, Exit, Output};
use crate::client::Admin;
use crate::client::admin::{ConsumerGroupDescription, GroupState};

pub(super) use offsets::{Lag, lags};

/// The narrowest column of names.
const NAME_WIDTH: usize = 15;

pub(super) async fn run(
    admin: &Admin,
    options: &Options,
    wanted: Wanted,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let groups = groups(admin, options).await?;
    let described = admin.describe_consumer_groups(&groups).await;
    let mut found = Vec::new();
    for (_, result) in described.map_err(call_failed)? {
        // One that is not there takes the others with it, as in Kafka.
        found.push(result.map_err(call_failed)?);
    }
    match wanted {
        Wanted::Offsets => offsets::run(admin, &found, options, output).await?,
        Wanted::Members => members::run(&found, options, output)?,
        Wanted::State => state::run(&found, options, output)?,
    }
    Ok(Exit::SUCCESS)
}

/// Says what there is to know before a group's table.
fn notice(group: &ConsumerGroupDescription, output: &mut Output) {
    let name = &group.group;
    match group.state {
        GroupState::Empty => {
            output.note(format!("\nConsumer group '{name}' has no active members."));
        }
        GroupState::PreparingRebalance
        | GroupState::CompletingRebalance
        | GroupState::Assigning
        | GroupState::Reconciling => {
            output.note(format!(
                "\nWarning: Consumer group '{name}' is rebalancing."
            ));
        }
        GroupState::Stable | GroupState::Dead | GroupState::NotReady | GroupState::Unknown => {}
    }
}

/// Returns the width of a column whose longest value is this long.
fn width<'a>(values: impl Iterator<Item = &'a str>, least: usize) -> usize {
    values
        .map(|value| value.chars().count())
        .max()
        .unwrap_or(0)
        .max(least)
}

/// Returns a number, or a dash.
fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
