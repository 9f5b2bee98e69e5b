//! `configs --alter`.

use super::Failure;
use super::entity::{Entity, EntityType, Which};
use crate::cli::{CommandError, Output};
use crate::client::Admin;
use crate::client::admin::{Apply, ConfigChange, ConfigResource};

/// Makes the changes, and tells so.
pub(super) async fn alter(
    admin: &Admin,
    entity: &Entity,
    changes: Vec<ConfigChange>,
    failed: &Failure,
    output: &mut Output,
) -> Result<(), CommandError> {
    let Some((kind, _)) = entity.kind.resource() else {
        return Ok(());
    };
    let name = match &entity.which {
        Which::Named(name) => name.clone(),
        Which::All | Which::Default => String::new(),
    };
    let resource = ConfigResource::new(kind, name.clone());
    if entity.kind == EntityType::BrokerLoggers {
        refuse_unknown_loggers(admin, &resource, &changes, failed).await?;
    }
    let results = admin
        .incremental_alter_configs(&[(resource, changes)], Apply::Now)
        .await
        .map_err(|error| failed.of(&error))?;
    for (_, result) in results {
        result.map_err(|error| failed.of(&error))?;
    }
    if name.is_empty() {
        let word = entity.kind.word();
        output.line(format_args!(
            "Completed updating default config for {word} in the cluster."
        ))
    } else {
        let singular = entity.kind.singular();
        output.line(format_args!(
            "Completed updating config for {singular} {name}."
        ))
    }
}

/// A broker would make a logger that nobody writes to.
async fn refuse_unknown_loggers(
    admin: &Admin,
    resource: &ConfigResource,
    changes: &[ConfigChange],
    failed: &Failure,
) -> Result<(), CommandError> {
    let results = admin
        .describe_configs(std::slice::from_ref(resource))
        .await
        .map_err(|error| failed.of(&error))?;
    let mut known = Vec::new();
    for (_, result) in results {
        known.extend(
            result
                .map_err(|error| failed.of(&error))?
                .into_iter()
                .map(|entry| entry.name),
        );
    }
    let unknown: Vec<_> = changes
        .iter()
        .filter(|change| !known.contains(&change.name))
        .map(|change| change.name.as_str())
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(CommandError::failed(format!(
        "Invalid broker logger(s): {}",
        unknown.join(",")
    )))
}
