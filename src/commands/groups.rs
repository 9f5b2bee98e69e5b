//! `groups` (GroupsCommand): the groups of every type, and what their members are to each other.

use serde_json::json;

use super::CommandRow;
use super::admin_client::{not_created, with_admin};
use crate::cli::{
    CommandError, ConnectionOptions, Exit, Format, Invocation, Output, OutputOptions, SyntaxError,
};
use crate::client::ClientError;
use crate::client::admin::{GroupListing, GroupType};

pub(super) const COMMAND: CommandRow = CommandRow {
    name: "groups",
    script: Some("kafka-groups"),
    about: "List the groups of every type",
    options: <Options as clap::CommandFactory>::command,
    run,
};

/// The narrowest column.
const WIDTH: usize = 20;

/// This tool helps to list groups of all types.
#[derive(Debug, clap::Parser)]
#[command(about = "This tool helps to list groups of all types.")]
struct Options {
    #[command(flatten)]
    connection: ConnectionOptions,
    /// List the groups.
    #[arg(long)]
    list: bool,
    /// Only groups of this type: classic, consumer, share or streams.
    #[arg(long = "group-type", value_name = "String: type")]
    group_type: Option<String>,
    /// Only groups whose members speak this protocol.
    #[arg(long, value_name = "String: protocol")]
    protocol: Option<String>,
    /// Only groups of consumers, of either protocol.
    #[arg(long)]
    consumer: bool,
    /// Only share groups.
    #[arg(long)]
    share: bool,
    /// Only streams groups.
    #[arg(long)]
    streams: bool,
    #[command(flatten)]
    output: OutputOptions,
}

fn usage(sentence: impl std::fmt::Display) -> CommandError {
    let command = <Options as clap::CommandFactory>::command();
    CommandError::usage(sentence, &command)
}

impl Options {
    /// Checks the options in Kafka's order; returns the type that is asked for.
    fn check(&self) -> Result<Option<GroupType>, CommandError> {
        if !self.list {
            return Err(usage("Command must include exactly one action: --list."));
        }
        let given = [
            ("consumer", self.consumer),
            ("share", self.share),
            ("streams", self.streams),
            ("group-type", self.group_type.is_some()),
            ("protocol", self.protocol.is_some()),
        ];
        let given: Vec<&str> = given
            .into_iter()
            .filter_map(|(name, is_given)| is_given.then_some(name))
            .collect();
        if let [first, second, ..] = given[..]
            && (first, second) != ("group-type", "protocol")
        {
            return Err(usage(format!(
                "Option \"[{first}]\" can't be used with option \"[{second}]\""
            )));
        }
        let Some(name) = &self.group_type else {
            return Ok(None);
        };
        match GroupType::parse(name) {
            GroupType::Unknown => Err(CommandError::failed(
                "--group-type must be a valid group type.",
            )
            .hint("The types are classic, consumer, share and streams.")),
            known => Ok(Some(known)),
        }
    }

    fn admits(&self, group: &GroupListing, kind: Option<GroupType>) -> bool {
        if self.consumer {
            return group.is_of_consumers();
        }
        let of_type = |wanted: GroupType| group.group_type == wanted;
        (!self.share || of_type(GroupType::Share))
            && (!self.streams || of_type(GroupType::Streams))
            && kind.is_none_or(of_type)
            && self
                .protocol
                .as_ref()
                .is_none_or(|name| *name == group.protocol)
    }
}

fn run(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let refused = |error: SyntaxError| usage(error);
    let Some(options) = call.options::<Options>(output, refused)? else {
        return Ok(Exit::SUCCESS);
    };
    let kind = options.check()?;
    let connection = options.connection.clone();
    with_admin(
        &connection,
        output,
        not_created,
        async |admin, output: &mut Output| {
            let failed = |error: ClientError| {
                CommandError::failed(format!("Error while executing groups command : {error}"))
                    .on_stdout()
            };
            let mut listed = admin.list_groups(&[], &[]).await.map_err(failed)?;
            listed.retain(|group| options.admits(group, kind));
            print(&listed, options.output.format, output)?;
            Ok(Exit::SUCCESS)
        },
    )
}

fn print(listed: &[GroupListing], format: Format, output: &mut Output) -> Result<(), CommandError> {
    let head = ["GROUP", "TYPE", "PROTOCOL"];
    let rows: Vec<[&str; 3]> = listed
        .iter()
        .map(|group| {
            [
                group.group.as_str(),
                group.group_type.name(),
                &group.protocol,
            ]
        })
        .collect();
    match format {
        Format::Text => {
            let width = |index: usize| {
                let cells = rows.iter().filter_map(move |row| row.get(index));
                let longest = cells.map(|cell| cell.chars().count()).max();
                longest.unwrap_or(0).max(WIDTH)
            };
            let widths = [width(0), width(1), width(2)];
            for row in std::iter::once(&head).chain(&rows) {
                let cells = row.iter().zip(widths);
                let line: String = cells
                    .map(|(cell, width)| format!("{cell:width$} "))
                    .collect();
                output.line(line)?;
            }
            Ok(())
        }
        Format::Json => {
            let rows = listed.iter().map(|group| {
                json!({
                    "group": group.group,
                    "type": group.group_type.name(),
                    "protocol": group.protocol,
                    "state": group.state.map(|state| state.name()),
                })
            });
            output.json(&rows.collect::<Vec<_>>())
        }
        Format::Table => {
            let owned = |row: &[&str; 3]| row.iter().map(ToString::to_string).collect();
            let rows: Vec<Vec<String>> = rows.iter().map(owned).collect();
            output.table(&head, &rows)
        }
    }
}
