//! `--verify`: how far a reassignment has come; takes its throttles away when all is done.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::execute::shown;
use super::plan_file::Plan;
use super::state::{Assignment, Place, brokers, described, joined, moving, places, topics_of};
use super::throttles::clear;
use crate::cli::{CommandError, Format, Output};
use crate::client::Admin;
use crate::client::admin::Replica;
use crate::types::{BrokerId, TopicPartition};

/// How far a replica's move to a log directory has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum MoveState {
    /// It is there.
    Completed,
    /// It is on its way, to the wanted directory or elsewhere.
    Active { current: String, future: String },
    /// It lies elsewhere, and stays there.
    Cancelled { current: String },
    /// Only a copy is there.
    MissingLogDir,
    /// It is in no directory.
    MissingReplica,
}

pub(super) async fn run(
    admin: &Admin,
    text: &[u8],
    preserve_throttles: bool,
    format: Format,
    output: &mut Output,
) -> Result<(), CommandError> {
    let plan = Plan::parse(text)?;
    let under_way = moving(admin).await?;
    let (present, _) = described(admin, &topics_of(&plan.partitions)).await?;
    let moves = move_states(admin, &plan.log_dirs).await?;
    let mut partitions = Vec::new();
    if format != Format::Json {
        output.line("Status of partition reassignment:")?;
    }
    for (partition, wanted) in &plan.partitions {
        let is_moving = under_way.contains_key(partition);
        let found = present.get(partition).map_or(&[][..], Vec::as_slice);
        if format == Format::Json {
            partitions.push(partition_json(partition, wanted, found, is_moving));
        } else {
            output.line(partition_text(partition, wanted, found, is_moving))?;
        }
    }
    print_moves(&plan.log_dirs, &moves, &partitions, format, output)?;
    let is_moving = moves
        .values()
        .any(|state| matches!(state, MoveState::Active { .. }));
    if under_way.is_empty() && !is_moving && !preserve_throttles {
        clear_for(admin, &plan.partitions, format, output).await?;
    }
    Ok(())
}

async fn clear_for(
    admin: &Admin,
    partitions: &Assignment,
    format: Format,
    output: &mut Output,
) -> Result<(), CommandError> {
    if format == Format::Json {
        // What it prints is for people.
        let mut nowhere = Output::to_writers(Box::new(std::io::sink()), Box::new(std::io::sink()));
        return clear(admin, partitions, &mut nowhere).await;
    }
    clear(admin, partitions, output).await
}

fn print_moves(
    wanted: &BTreeMap<Replica, String>,
    moves: &BTreeMap<Replica, MoveState>,
    partitions: &[Value],
    format: Format,
    output: &mut Output,
) -> Result<(), CommandError> {
    let target = |replica| wanted.get(replica).map_or("", String::as_str);
    if format == Format::Json {
        let moves = moves.iter().map(|(replica, state)| {
            let (name, broker) = (&replica.partition, replica.broker.0);
            json!({
                "topic": name.topic, "partition": name.partition, "broker": broker,
                "logDir": target(replica), "state": state.name(),
            })
        });
        let moves: Vec<_> = moves.collect();
        return output.json(&json!({"partitions": partitions, "moves": moves}));
    }
    if moves.is_empty() {
        output.line("")?;
    }
    for (replica, state) in moves {
        output.line(state.text(replica, target(replica)))?;
    }
    Ok(())
}

fn partition_text(
    partition: &TopicPartition,
    wanted: &[BrokerId],
    found: &[BrokerId],
    is_moving: bool,
) -> String {
    if is_moving {
        format!("Reassignment of partition {partition} is still in progress.")
    } else if wanted == found {
        format!("Reassignment of partition {partition} is completed.")
    } else {
        format!(
            "There is no active reassignment of partition {partition}, but replica set is {} \
             rather than {}.",
            joined(found),
            joined(wanted)
        )
    }
}

fn partition_json(
    partition: &TopicPartition,
    wanted: &[BrokerId],
    found: &[BrokerId],
    is_moving: bool,
) -> Value {
    let ids = |brokers: &[BrokerId]| brokers.iter().map(|id| id.0).collect::<Vec<_>>();
    let state = match (is_moving, wanted == found) {
        (true, _) => "inProgress",
        (false, true) => "completed",
        (false, false) => "notActive",
    };
    json!({
        "topic": partition.topic, "partition": partition.partition, "state": state,
        "replicas": ids(found), "wantedReplicas": ids(wanted),
    })
}

/// Returns how far the moves to these log directories have come.
pub(super) async fn move_states(
    admin: &Admin,
    wanted: &BTreeMap<Replica, String>,
) -> Result<BTreeMap<Replica, MoveState>, CommandError> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let live = brokers(admin).await?;
    let mut found = places(admin, wanted.keys(), &live).await?;
    let states = wanted.iter().map(|(replica, target)| {
        let state = MoveState::of(found.remove(replica), target);
        (replica.clone(), state)
    });
    Ok(states.collect())
}

impl MoveState {
    fn of(place: Option<Place>, target: &str) -> Self {
        let Some(Place { current, future }) = place else {
            return Self::MissingReplica;
        };
        match (current, future) {
            (Some(current), Some(future)) => Self::Active { current, future },
            (Some(current), None) if current == target => Self::Completed,
            (Some(current), None) => Self::Cancelled { current },
            (None, _) => Self::MissingLogDir,
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Active { .. } => "inProgress",
            Self::Cancelled { .. } => "notActive",
            Self::MissingLogDir => "missingLogDir",
            Self::MissingReplica => "missingReplica",
        }
    }

    fn text(&self, replica: &Replica, target: &str) -> String {
        let (partition, broker) = (&replica.partition, replica.broker);
        let name = shown(replica);
        match self {
            Self::Completed => format!("Reassignment of replica {name} completed successfully."),
            Self::Active { future, .. } if future == target => {
                format!("Reassignment of replica {name} is still in progress.")
            }
            Self::Active { future, .. } => format!(
                "Partition {partition} on broker {broker} is being moved to log dir {future} \
                 instead of {target}."
            ),
            Self::Cancelled { current } => format!(
                "Partition {partition} on broker {broker} is not being moved from log dir \
                 {current} to {target}."
            ),
            Self::MissingLogDir => format!(
                "Partition {partition} is not found in any live log dir on broker {broker}. There \
                 is likely an offline log directory on the broker."
            ),
            Self::MissingReplica => format!(
                "Partition {partition} cannot be found in any live log directory on broker \
                 {broker}."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_is_told_by_where_the_replica_lies() {
        let place = |current: Option<&str>, future: Option<&str>| {
            Some(Place {
                current: current.map(str::to_owned),
                future: future.map(str::to_owned),
            })
        };
        let state = |place| MoveState::of(place, "/b").name();
        assert_eq!(state(place(Some("/b"), None)), "completed");
        assert_eq!(state(place(Some("/a"), Some("/b"))), "inProgress");
        assert_eq!(state(place(Some("/a"), None)), "notActive");
        assert_eq!(state(place(None, Some("/b"))), "missingLogDir");
        assert_eq!(state(None), "missingReplica");
    }

    #[test]
    fn sentences_are_kafkas() {
        let partition = TopicPartition::new("t", 0);
        let ids = |ids: &[i32]| ids.iter().copied().map(BrokerId).collect::<Vec<_>>();
        assert_eq!(
            partition_text(&partition, &ids(&[2, 1]), &ids(&[1]), false),
            "There is no active reassignment of partition t-0, but replica set is 1 rather than \
             2,1."
        );
        let replica = Replica {
            broker: BrokerId(1),
            partition,
        };
        let elsewhere = MoveState::Active {
            current: "/a".into(),
            future: "/c".into(),
        };
        assert_eq!(
            elsewhere.text(&replica, "/b"),
            "Partition t-0 on broker 1 is being moved to log dir /c instead of /b."
        );
    }
}
