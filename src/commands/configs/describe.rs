//! `configs --describe`.

use serde::Serialize;

use super::Failure;
use super::entity::{EntityType, Which};
use super::options::Request;
use crate::cli::{CommandError, Exit, Format, Output};
use crate::client::Admin;
use crate::client::admin::{ConfigEntry, ConfigResource, ConfigSource, ResourceKind};

/// The settings of one thing, as they are shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    entity_type: &'static str,
    /// `None` for the default of all.
    entity_name: Option<String>,
    configs: Vec<ShownEntry>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownEntry {
    name: String,
    value: Option<String>,
    source: &'static str,
    sensitive: bool,
    read_only: bool,
    synonyms: Vec<ShownSynonym>,
}

#[derive(Debug, Serialize)]
struct ShownSynonym {
    source: &'static str,
    name: String,
    value: Option<String>,
}

/// Prints the settings of the things that are meant.
pub(super) async fn describe(
    admin: &Admin,
    request: &Request,
    failed: &Failure,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let kind = request.entity.kind;
    let names = names(admin, request, failed).await?;
    if let (Which::Named(name), false) = (&request.entity.which, request.all)
        && !exists(admin, kind, name, failed).await?
    {
        let singular = kind.singular();
        let sentence =
            format!("The {singular} '{name}' doesn't exist and doesn't have dynamic config.");
        return Err(CommandError::failed(sentence).on_stdout());
    }
    let Some((resource, own)) = kind.resource() else {
        return Ok(Exit::SUCCESS);
    };
    let resources: Vec<_> = names
        .iter()
        .map(|name| ConfigResource::new(resource, name.clone()))
        .collect();
    let mut shown = Vec::new();
    if !resources.is_empty() {
        let results = admin
            .describe_configs(&resources)
            .await
            .map_err(|error| failed.of(&error))?;
        for (resource, result) in results {
            let entries = result.map_err(|error| failed.of(&error))?;
            let source = if kind == EntityType::Brokers && resource.name.is_empty() {
                ConfigSource::DynamicDefaultBroker
            } else {
                own
            };
            let everything = request.all || kind == EntityType::BrokerLoggers;
            shown.push(Shown {
                entity_type: kind.word(),
                entity_name: (!resource.name.is_empty()).then_some(resource.name),
                configs: shown_entries(entries, |entry| everything || entry.source == source),
            });
        }
    }
    match request.format {
        Format::Text => print_text(&shown, kind, request.all, output)?,
        Format::Json => output.json(&shown)?,
        Format::Table => print_table(&shown, output)?,
    }
    Ok(Exit::SUCCESS)
}

/// Returns the names of the things that are meant; an empty one is the default of all.
async fn names(
    admin: &Admin,
    request: &Request,
    failed: &Failure,
) -> Result<Vec<String>, CommandError> {
    let kind = request.entity.kind;
    match &request.entity.which {
        Which::Named(name) => Ok(vec![name.clone()]),
        Which::Default => Ok(vec![String::new()]),
        Which::All => match kind {
            EntityType::Topics => {
                let topics = admin
                    .list_topics()
                    .await
                    .map_err(|error| failed.of(&error))?;
                Ok(topics.into_iter().map(|topic| topic.name).collect())
            }
            EntityType::Brokers => {
                let mut names = broker_names(admin, failed).await?;
                names.push(String::new());
                Ok(names)
            }
            EntityType::Groups => listed(admin, ResourceKind::Group, failed).await,
            EntityType::ClientMetrics => listed(admin, ResourceKind::ClientMetrics, failed).await,
            EntityType::BrokerLoggers
            | EntityType::Clients
            | EntityType::Users
            | EntityType::Ips => Ok(Vec::new()),
        },
    }
}

async fn exists(
    admin: &Admin,
    kind: EntityType,
    name: &str,
    failed: &Failure,
) -> Result<bool, CommandError> {
    let names = match kind {
        EntityType::Topics => {
            let topics = admin
                .list_topics()
                .await
                .map_err(|error| failed.of(&error))?;
            topics.into_iter().map(|topic| topic.name).collect()
        }
        EntityType::Brokers | EntityType::BrokerLoggers => broker_names(admin, failed).await?,
        EntityType::ClientMetrics => listed(admin, ResourceKind::ClientMetrics, failed).await?,
        // A group has settings before it exists, and exists without settings.
        EntityType::Groups | EntityType::Clients | EntityType::Users | EntityType::Ips => {
            return Ok(true);
        }
    };
    Ok(names.iter().any(|found| found == name))
}

async fn broker_names(admin: &Admin, failed: &Failure) -> Result<Vec<String>, CommandError> {
    let cluster = admin
        .describe_cluster(false)
        .await
        .map_err(|error| failed.of(&error))?;
    Ok(cluster
        .brokers
        .iter()
        .map(|broker| broker.id.to_string())
        .collect())
}

async fn listed(
    admin: &Admin,
    kind: ResourceKind,
    failed: &Failure,
) -> Result<Vec<String>, CommandError> {
    let found = admin
        .list_config_resources(&[kind])
        .await
        .map_err(|error| failed.of(&error))?;
    Ok(found.into_iter().map(|resource| resource.name).collect())
}

fn shown_entries(
    mut entries: Vec<ConfigEntry>,
    wanted: impl Fn(&ConfigEntry) -> bool,
) -> Vec<ShownEntry> {
    entries.retain(wanted);
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let shown = |entry: ConfigEntry| ShownEntry {
        name: entry.name,
        value: entry.value.filter(|_| !entry.sensitive),
        source: entry.source.name(),
        sensitive: entry.sensitive,
        read_only: entry.read_only,
        synonyms: entry
            .synonyms
            .into_iter()
            .map(|synonym| ShownSynonym {
                source: synonym.source.name(),
                name: synonym.name,
                value: synonym.value,
            })
            .collect(),
    };
    entries.into_iter().map(shown).collect()
}

fn print_text(
    shown: &[Shown],
    kind: EntityType,
    all: bool,
    output: &mut Output,
) -> Result<(), CommandError> {
    for entity in shown {
        match &entity.entity_name {
            None => output.line(format_args!(
                "Default configs for {} in the cluster are:",
                kind.word()
            ))?,
            Some(name) => {
                let scope = if all { "All" } else { "Dynamic" };
                let singular = kind.singular();
                output.line(format_args!("{scope} configs for {singular} {name} are:"))?;
            }
        }
        for entry in &entity.configs {
            output.line(format_args!("  {}", line(entry)))?;
        }
    }
    Ok(())
}

fn line(entry: &ShownEntry) -> String {
    let null = |value: &Option<String>| value.clone().unwrap_or_else(|| "null".to_owned());
    let synonyms: Vec<_> = entry
        .synonyms
        .iter()
        .map(|synonym| {
            format!(
                "{}:{}={}",
                synonym.source,
                synonym.name,
                null(&synonym.value)
            )
        })
        .collect();
    format!(
        "{}={} sensitive={} synonyms={{{}}}",
        entry.name,
        null(&entry.value),
        entry.sensitive,
        synonyms.join(", ")
    )
}

fn print_table(shown: &[Shown], output: &mut Output) -> Result<(), CommandError> {
    let mut rows = Vec::new();
    for entity in shown {
        for entry in &entity.configs {
            rows.push(vec![
                entity
                    .entity_name
                    .clone()
                    .unwrap_or_else(|| "(default)".to_owned()),
                entry.name.clone(),
                entry.value.clone().unwrap_or_else(|| "null".to_owned()),
                entry.source.to_owned(),
            ]);
        }
    }
    output.table(&["ENTITY", "NAME", "VALUE", "SOURCE"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_shown_with_its_synonyms() {
        let synonym = |source, name: &str, value: &str| ShownSynonym {
            source,
            name: name.to_owned(),
            value: Some(value.to_owned()),
        };
        let entry = ShownEntry {
            name: "cleanup.policy".to_owned(),
            value: Some("compact".to_owned()),
            source: "DYNAMIC_TOPIC_CONFIG",
            sensitive: false,
            read_only: false,
            synonyms: vec![
                synonym("DYNAMIC_TOPIC_CONFIG", "cleanup.policy", "compact"),
                synonym("DEFAULT_CONFIG", "log.cleanup.policy", "delete"),
            ],
        };
        let expected = "cleanup.policy=compact sensitive=false \
                        synonyms={DYNAMIC_TOPIC_CONFIG:cleanup.policy=compact, \
                        DEFAULT_CONFIG:log.cleanup.policy=delete}";
        assert_eq!(line(&entry), expected);
    }
}
