//! `topics --alter`: raises the number of partitions.

use super::create::parse_assignment;
use super::options::Options;
use super::{call_failed, failed, matching};
use crate::cli::CommandError;
use crate::client::Admin;
use crate::client::admin::{Apply, NewPartitions};
use crate::types::BrokerId;

/// Adds partitions to every topic that matches.
pub(super) async fn alter(admin: &Admin, options: &Options) -> Result<(), CommandError> {
    let total = match &options.partitions {
        Some(number) => number.value("partitions").map_err(failed)?,
        None => return Ok(()),
    };
    let assignments = options
        .replica_assignment
        .as_deref()
        .map(parse_assignment)
        .transpose()?;
    let names = matching(admin, options).await?;
    if names.is_empty() {
        return Ok(());
    }
    let page = options
        .page
        .value("partition-size-limit-per-response")
        .map_err(failed)?;
    let described = admin
        .describe_topics(&names, page)
        .await
        .map_err(|error| call_failed(&error))?;
    let mut wanted = Vec::new();
    for (topic, description) in described {
        let existing = description
            .map_err(|error| call_failed(&error))?
            .partitions
            .len();
        // The list begins with the partitions that are there.
        let assignments = assignments.as_ref().map(|all| {
            all.values()
                .skip(existing)
                .cloned()
                .collect::<Vec<Vec<BrokerId>>>()
        });
        wanted.push(NewPartitions {
            topic,
            total,
            assignments,
        });
    }
    let results = admin
        .create_partitions(&wanted, Apply::Now)
        .await
        .map_err(|error| call_failed(&error))?;
    for (_, result) in results {
        result.map_err(|error| call_failed(&error))?;
    }
    Ok(())
}
