//! The options of `consumer-groups`, and which of them go together, in Kafka's order.

use clap::CommandFactory;

use crate::cli::{CommandError, ConnectionOptions, Number, Output, OutputOptions, SyntaxError};
use crate::client::admin::{GroupState, GroupType};

/// This tool helps to list all consumer groups, describe a consumer group, delete consumer group
/// info, or reset consumer group offsets.
#[derive(Clone, Debug, clap::Parser)]
#[command(
    about = "This tool helps to list all consumer groups, describe a consumer group, delete \
                   consumer group info, or reset consumer group offsets."
)]
pub(super) struct Options {
    #[command(flatten)]
    pub(super) connection: ConnectionOptions,
    /// List all consumer groups.
    #[arg(long)]
    list: bool,
    /// Describe consumer groups: the lag of each partition, who reads it.
    #[arg(long)]
    describe: bool,
    /// Delete consumer groups without members, and their offsets.
    #[arg(long)]
    delete: bool,
    /// Set where consumer groups without members go on.
    #[arg(long = "reset-offsets")]
    reset_offsets: bool,
    /// Delete the offsets of a consumer group for topics.
    #[arg(long = "delete-offsets")]
    delete_offsets: bool,
    /// Check a regular expression as the consumer rebalance protocol takes them (RE2).
    #[arg(long = "validate-regex", value_name = "String: regex")]
    validate_regex: Option<String>,
    /// The consumer group to act on; may be given more than once.
    #[arg(long = "group", value_name = "String: consumer group")]
    pub(super) groups: Vec<String>,
    /// Act on all consumer groups.
    #[arg(long = "all-groups")]
    pub(super) all_groups: bool,
    /// The topic whose offsets are deleted or reset, or some of its partitions: topic1:0,1,2;
    /// may be given more than once.
    #[arg(long = "topic", value_name = "String: topic")]
    pub(super) topics: Vec<String>,
    /// Act on all topics that the group has committed offsets of.
    #[arg(long = "all-topics")]
    pub(super) all_topics: bool,
    /// With --describe: the state of the group. With --list: show states, and only groups in
    /// these states, divided by commas.
    #[arg(long, value_name = "String", num_args = 0..=1, default_missing_value = "",
          require_equals = true)]
    state: Option<String>,
    /// With --list: show types, and only groups of these types: classic, consumer.
    #[arg(long = "type", value_name = "String", num_args = 0..=1, default_missing_value = "",
          require_equals = true)]
    kind: Option<String>,
    /// With --describe: the members of the group.
    #[arg(long)]
    members: bool,
    /// With --describe: the offsets and the lag of each partition (default).
    #[arg(long)]
    offsets: bool,
    /// With --describe: more columns.
    #[arg(long)]
    pub(super) verbose: bool,
    /// Milliseconds that a call to the brokers may take.
    #[arg(long, value_name = "Long: timeout (ms)", default_value = "30000")]
    timeout: Number<i64>,
    /// Show what would be set, without doing it.
    #[arg(long = "dry-run")]
    dry_run: bool,
    /// Set it.
    #[arg(long)]
    pub(super) execute: bool,
    /// Print as CSV, for --from-file.
    #[arg(long)]
    pub(super) export: bool,
    /// Go on at this offset.
    #[arg(long = "to-offset", value_name = "Long: offset")]
    pub(super) to_offset: Option<Number<i64>>,
    /// Go on at the first record from this time on: YYYY-MM-DDTHH:mm:SS.sss, in UTC or with a
    /// zone.
    #[arg(long = "to-datetime", value_name = "String: datetime")]
    pub(super) to_datetime: Option<String>,
    /// Go on at the first record that is no older: PnDTnHnMnS.
    #[arg(long = "by-duration", value_name = "String: duration")]
    pub(super) by_duration: Option<String>,
    /// Go on at the first record that there is.
    #[arg(long = "to-earliest")]
    pub(super) to_earliest: bool,
    /// Go on with the next record that comes.
    #[arg(long = "to-latest")]
    pub(super) to_latest: bool,
    /// Go on where it is: what is not committed yet is committed.
    #[arg(long = "to-current")]
    pub(super) to_current: bool,
    /// Go on so many records later, or earlier if the number is negative.
    #[arg(long = "shift-by", value_name = "Long: number-of-offsets")]
    pub(super) shift_by: Option<Number<i64>>,
    /// Go on as this CSV file says.
    #[arg(long = "from-file", value_name = "String: path to CSV file")]
    pub(super) from_file: Option<String>,
    #[arg(long = "offset-checker", hide = true)]
    offset_checker: bool,
    #[arg(long = "broker-info", hide = true)]
    broker_info: bool,
    #[arg(long = "socket.timeout.ms", hide = true)]
    socket_timeout_ms: Option<String>,
    #[arg(long = "retry.backoff.ms", hide = true)]
    retry_backoff_ms: Option<String>,
    #[arg(long = "new-consumer", hide = true)]
    new_consumer: bool,
    #[command(flatten)]
    pub(super) output: OutputOptions,
}

/// Which groups a listing shows, and what of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) shows_state: bool,
    pub(super) shows_type: bool,
    pub(super) states: Vec<GroupState>,
    pub(super) types: Vec<GroupType>,
}

/// What a description shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Offsets,
    Members,
    State,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    List(Filter),
    Describe(Wanted),
    /// As `kafka.tools.ConsumerOffsetChecker` did.
    CheckOffsets,
    Delete,
    DeleteOffsets,
    ResetOffsets,
    ValidateRegex(String),
}

/// What Kafka tells whoever resets offsets without saying whether to do it.
const NEITHER: &str = "WARN: No action will be performed as the --execute option is missing. In \
    version 5.0, this command will require either --dry-run or --execute to be specified. You \
    should add the --dry-run option explicitly if you are scripting this command and want to keep \
    the current default behavior without prompting.";

pub(super) fn usage(sentence: impl std::fmt::Display) -> CommandError {
    CommandError::usage(sentence, &Options::command())
}

impl Options {
    /// Returns the one action, after the options were held against what it takes.
    pub(super) fn action(&self, output: &mut Output) -> Result<Action, CommandError> {
        self.check_available()?;
        if self.describe {
            self.check_describe()?;
        }
        let names_groups = !self.groups.is_empty() || self.all_groups;
        if self.delete {
            if !names_groups {
                return Err(usage(
                    "Option [delete] takes one of these options: [all-groups], [group]",
                ));
            }
            if !self.topics.is_empty() {
                return Err(usage(
                    "The consumer does not support topic-specific offset deletion from a consumer \
                     group.",
                ));
            }
        }
        if self.delete_offsets && (self.groups.is_empty() || self.topics.is_empty()) {
            return Err(usage(
                "Option [delete-offsets] takes the following options: [group], [topic]",
            ));
        }
        if self.reset_offsets {
            self.check_reset(names_groups, output)?;
        }
        self.check_conflicts()?;
        self.only_action()
    }

    /// Refuses options that only make sense beside another.
    fn check_available(&self) -> Result<(), CommandError> {
        let lonely = [
            ("members", self.members && !self.describe),
            ("offsets", self.offsets && !self.describe),
            ("verbose", self.verbose && !self.describe),
            (
                "state",
                self.state.is_some() && !self.describe && !self.list,
            ),
            ("type", self.kind.is_some() && !self.list),
        ];
        let lonely: Vec<&str> = lonely
            .into_iter()
            .filter_map(|(name, is_lonely)| is_lonely.then_some(name))
            .collect();
        if lonely.is_empty() {
            return Ok(());
        }
        let names = lonely.join(", ");
        Err(CommandError::failed(format!(
            "Option(s) [{names}] are unavailable given other options on the command line"
        )))
    }

    fn check_describe(&self) -> Result<(), CommandError> {
        if self.groups.is_empty() && !self.all_groups && !self.offset_checker {
            return Err(usage(
                "Option [describe] takes one of these options: [all-groups], [group]",
            ));
        }
        let chosen = [self.members, self.offsets, self.state.is_some()];
        if chosen.iter().filter(|chosen| **chosen).count() > 1 {
            return Err(usage(
                "Option [describe] takes at most one of these options: [members], [offsets], \
                 [state]",
            ));
        }
        if self.state.as_ref().is_some_and(|state| !state.is_empty()) {
            return Err(usage("Option [describe] does not take a value for [state]"));
        }
        Ok(())
    }

    fn check_reset(&self, names_groups: bool, output: &mut Output) -> Result<(), CommandError> {
        if self.dry_run && self.execute {
            return Err(usage(
                "Option [reset-offsets] only accepts one of [execute] and [dry-run]",
            ));
        }
        if !self.dry_run && !self.execute {
            output.note(NEITHER);
        }
        if !names_groups {
            return Err(usage(
                "Option [reset-offsets] takes one of these options: [all-groups], [group]",
            ));
        }
        let given: Vec<&str> = self.specifications().collect();
        match given[..] {
            [first, second, ..] => Err(excluded(first, second)),
            _ => Ok(()),
        }
    }

    /// Returns the names of the specifications that are given, in Kafka's order.
    pub(super) fn specifications(&self) -> impl Iterator<Item = &'static str> {
        let all = [
            ("to-offset", self.to_offset.is_some()),
            ("to-datetime", self.to_datetime.is_some()),
            ("by-duration", self.by_duration.is_some()),
            ("to-earliest", self.to_earliest),
            ("to-latest", self.to_latest),
            ("to-current", self.to_current),
            ("shift-by", self.shift_by.is_some()),
            ("from-file", self.from_file.is_some()),
        ];
        all.into_iter()
            .filter_map(|(name, is_given)| is_given.then_some(name))
    }

    fn check_conflicts(&self) -> Result<(), CommandError> {
        if !self.groups.is_empty() {
            if self.all_groups {
                return Err(excluded("group", "all-groups"));
            }
            if self.list {
                return Err(excluded("group", "list"));
            }
        }
        if !self.topics.is_empty() && !self.offset_checker {
            if self.list {
                return Err(excluded("topic", "list"));
            }
            if self.describe {
                return Err(excluded("topic", "describe"));
            }
        }
        Ok(())
    }

    fn only_action(&self) -> Result<Action, CommandError> {
        let is_given = [
            self.list,
            self.describe,
            self.delete,
            self.reset_offsets,
            self.delete_offsets,
            self.validate_regex.is_some(),
        ];
        if is_given.iter().filter(|given| **given).count() != 1 {
            return Err(usage(
                "Command must include exactly one action: --list, --describe, --delete, \
                 --reset-offsets, --delete-offsets, --validate-regex",
            ));
        }
        Ok(if let Some(pattern) = &self.validate_regex {
            Action::ValidateRegex(pattern.clone())
        } else if self.list {
            Action::List(self.filter()?)
        } else if self.offset_checker {
            Action::CheckOffsets
        } else if self.describe {
            Action::Describe(if self.members {
                Wanted::Members
            } else if self.state.is_some() {
                Wanted::State
            } else {
                Wanted::Offsets
            })
        } else if self.delete {
            Action::Delete
        } else if self.reset_offsets {
            Action::ResetOffsets
        } else {
            Action::DeleteOffsets
        })
    }

    fn filter(&self) -> Result<Filter, CommandError> {
        let mut filter = Filter {
            shows_state: self.state.is_some(),
            shows_type: self.kind.is_some(),
            ..Filter::default()
        };
        if let Some(list) = self.state.as_deref().filter(|list| !list.is_empty()) {
            filter.states = list
                .split(',')
                .map(str::trim)
                .map(GroupState::parse)
                .collect();
            let known = |state: &GroupState| GroupState::OF_CONSUMERS.contains(state);
            if !filter.states.iter().all(known) {
                let valid = GroupState::OF_CONSUMERS.map(GroupState::name).join(", ");
                return Err(usage(format!(
                    "Invalid state list '{list}'. Valid states are: {valid}"
                )));
            }
        }
        if let Some(list) = self.kind.as_deref().filter(|list| !list.is_empty()) {
            filter.types = list
                .split(',')
                .map(str::trim)
                .map(GroupType::parse)
                .collect();
            let known = |kind: &GroupType| matches!(kind, GroupType::Classic | GroupType::Consumer);
            if !filter.types.iter().all(known) {
                return Err(usage(format!(
                    "Invalid types list '{list}'. Valid types are: Consumer, Classic"
                )));
            }
        }
        Ok(filter)
    }

    /// Returns how long a call may take, as the client's settings have it.
    pub(super) fn timeout_ms(&self) -> Result<String, CommandError> {
        let number = |error: SyntaxError| super::failed(error);
        let timeout_ms = self.timeout.value("timeout").map_err(number)?;
        Ok(timeout_ms.max(0).to_string())
    }
}

fn excluded(first: &str, second: &str) -> CommandError {
    usage(format!(
        "Option \"[{first}]\" can't be used with option \"[{second}]\""
    ))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::cli::{Parsed, captured_output, parse};

    fn action(line: &str) -> Result<Action, String> {
        let words: Vec<_> = line.split_whitespace().map(OsString::from).collect();
        let Ok(Parsed::Options(options)) = parse::<Options>(&words) else {
            panic!("{line}")
        };
        let (mut output, ..) = captured_output();
        options
            .action(&mut output)
            .map_err(|error| error.sentence().to_owned())
    }

    #[test]
    fn refusals_come_in_kafkas_words_and_order() {
        let cases = [
            (
                "--list --describe",
                "Option [describe] takes one of these options: [all-groups], [group]",
            ),
            (
                "--list --group g",
                "Option \"[group]\" can't be used with option \"[list]\"",
            ),
            (
                "--list --members",
                "Option(s) [members] are unavailable given other options on the command line",
            ),
            (
                "--delete --group g --topic t",
                "The consumer does not support topic-specific offset deletion from a consumer \
                 group.",
            ),
            (
                "--describe --group g --state Stable",
                "Option [describe] does not take a value for [state]",
            ),
            (
                "--list --type share",
                "Invalid types list 'share'. Valid types are: Consumer, Classic",
            ),
            (
                "--reset-offsets --group g --to-earliest --to-latest",
                "Option \"[to-earliest]\" can't be used with option \"[to-latest]\"",
            ),
            (
                "--delete-offsets --group g",
                "Option [delete-offsets] takes the following options: [group], [topic]",
            ),
        ];
        for (line, sentence) in cases {
            assert_eq!(action(line), Err(sentence.to_owned()), "{line}");
        }
    }

    #[test]
    fn states_and_types_are_read_in_any_case() {
        let Ok(Action::List(filter)) = action("--list --state=stable,EMPTY --type") else {
            panic!("no listing")
        };
        assert_eq!(filter.states, [GroupState::Stable, GroupState::Empty]);
        assert!(filter.shows_type && filter.types.is_empty());
    }
}
