//! `consumer-groups --list`: the ids, with types and states if they are asked for.

use serde_json::json;

use super::options::Filter;
use super::{execution, failed};
use crate::cli::{CommandError, Exit, Format, Output};
use crate::client::Admin;
use crate::client::admin::GroupListing;

/// The narrowest column of ids.
const GROUP_WIDTH: usize = 15;

pub(super) async fn run(
    admin: &Admin,
    filter: &Filter,
    format: Format,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let listed = admin.list_groups(&filter.states, &filter.types).await;
    let mut listed = listed.map_err(|error| failed(execution(&error)))?;
    listed.retain(GroupListing::is_of_consumers);
    match format {
        Format::Text if filter.shows_state || filter.shows_type => {
            table(&listed, filter, output)?;
        }
        Format::Text => {
            for group in &listed {
                output.line(&group.group)?;
            }
        }
        Format::Json => {
            let groups = listed.iter().map(|group| {
                json!({
                    "group": group.group,
                    "type": group.group_type.name(),
                    "protocol": group.protocol,
                    "state": group.state.map(|state| state.name()),
                })
            });
            output.json(&groups.collect::<Vec<_>>())?;
        }
        Format::Table => {
            let rows = listed.iter().map(|group| {
                let state = group.state.map_or("-", |state| state.name());
                vec![
                    group.group.clone(),
                    group.group_type.to_string(),
                    state.to_owned(),
                ]
            });
            output.table(&["GROUP", "TYPE", "STATE"], &rows.collect::<Vec<_>>())?;
        }
    }
    Ok(Exit::SUCCESS)
}

fn table(
    listed: &[GroupListing],
    filter: &Filter,
    output: &mut Output,
) -> Result<(), CommandError> {
    let longest = listed.iter().map(|group| group.group.len()).max();
    let width = longest.unwrap_or(0).max(GROUP_WIDTH) + 10;
    let mut row = |group: &str, kind: &str, state: &str| {
        let mut line = format!("{group:width$}");
        if filter.shows_type {
            line.push_str(&format!(" {kind:20}"));
        }
        if filter.shows_state {
            line.push_str(&format!(" {state:20}"));
        }
        output.line(line)
    };
    row("GROUP", "TYPE", "STATE")?;
    for group in listed {
        let state = group.state.map_or("Unknown", |state| state.name());
        row(&group.group, group.group_type.name(), state)?;
    }
    Ok(())
}
