//! The options of `topics`, and which of them go together.

use clap::CommandFactory;

use crate::cli::{CommandError, ConnectionOptions, Number, Output, OutputOptions, rendered_option};

/// This tool helps to create, delete, describe, or change a topic.
#[derive(Clone, Debug, clap::Parser)]
#[command(about = "This tool helps to create, delete, describe, or change a topic.")]
pub(super) struct Options {
    #[command(flatten)]
    pub(super) connection: ConnectionOptions,
    /// Create a topic.
    #[arg(long)]
    create: bool,
    /// List the names of topics.
    #[arg(long)]
    list: bool,
    /// Show the details of topics.
    #[arg(long)]
    describe: bool,
    /// Raise the number of partitions of topics.
    #[arg(long)]
    alter: bool,
    /// Delete topics.
    #[arg(long)]
    delete: bool,
    /// The topic to create; for the other actions a regular expression that must match the whole
    /// name of a topic.
    #[arg(long, value_name = "String: topic")]
    pub(super) topic: Option<String>,
    /// The id of the topic to describe.
    #[arg(long = "topic-id", value_name = "String: topic-id")]
    pub(super) topic_id: Option<String>,
    /// A setting of the topic to create, which takes the place of the broker's default; may be
    /// given more than once.
    #[arg(long = "config", value_name = "String: name=value")]
    pub(super) configs: Vec<String>,
    /// Does nothing any more.
    #[arg(long = "delete-config", value_name = "String: name")]
    delete_config: Option<String>,
    /// The number of partitions of the topic to create or alter (the broker's default if absent).
    #[arg(
        long,
        value_name = "Integer: # of partitions",
        allow_hyphen_values = true
    )]
    pub(super) partitions: Option<Number<i32>>,
    /// The number of replicas of each partition of the topic to create (the broker's default if
    /// absent).
    #[arg(
        long = "replication-factor",
        value_name = "Integer: replication factor"
    )]
    pub(super) replication_factor: Option<Number<i32>>,
    /// The brokers of each partition, partitions divided by commas, brokers by colons.
    #[arg(long = "replica-assignment", value_name = "String: id:id,id:id")]
    pub(super) replica_assignment: Option<String>,
    /// With --describe: only partitions with fewer replicas in sync than replicas.
    #[arg(long = "under-replicated-partitions")]
    pub(super) under_replicated: bool,
    /// With --describe: only partitions without a leader.
    #[arg(long = "unavailable-partitions")]
    pub(super) unavailable: bool,
    /// With --describe: only partitions with fewer replicas in sync than min.insync.replicas.
    #[arg(long = "under-min-isr-partitions")]
    pub(super) under_min_isr: bool,
    /// With --describe: only partitions with exactly min.insync.replicas replicas in sync.
    #[arg(long = "at-min-isr-partitions")]
    pub(super) at_min_isr: bool,
    /// With --describe: only topics with settings of their own.
    #[arg(long = "topics-with-overrides")]
    pub(super) with_overrides: bool,
    /// With --alter, --delete or --describe: a topic that does not exist is no failure.
    #[arg(long = "if-exists")]
    pub(super) if_exists: bool,
    /// With --create: a topic that exists is no failure.
    #[arg(long = "if-not-exists")]
    pub(super) if_not_exists: bool,
    /// With --list or --describe: leave Kafka's own topics out.
    #[arg(long = "exclude-internal")]
    pub(super) exclude_internal: bool,
    /// With --describe: how many partitions to ask for at a time.
    #[arg(
        long = "partition-size-limit-per-response",
        value_name = "Integer: maximum partition size per response",
        default_value = "2000"
    )]
    pub(super) page: Number<i32>,
    #[arg(long, hide = true)]
    force: bool,
    #[arg(long = "disable-rack-aware", hide = true)]
    disable_rack_aware: bool,
    #[command(flatten)]
    pub(super) output: OutputOptions,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    List,
    Describe,
    Alter,
    Delete,
}

impl Action {
    const fn option(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::List => "list",
            Self::Describe => "describe",
            Self::Alter => "alter",
            Self::Delete => "delete",
        }
    }
}

/// An option that goes with some actions only, and whether it was given.
struct Rule {
    option: &'static str,
    given: bool,
    actions: &'static [Action],
    /// Further options that it does not go with, and whether they were given.
    against: Vec<(&'static str, bool)>,
}

impl Options {
    /// Checks which options go together, in Kafka's order, and returns the action.
    pub(super) fn check(&self, output: &mut Output) -> Result<Action, CommandError> {
        let usage = |sentence: String| CommandError::usage(sentence, &Self::command());
        let action = self.action().ok_or_else(|| {
            usage(
                "Command must include exactly one action: --list, --describe, --create, --alter \
                 or --delete"
                    .to_owned(),
            )
        })?;
        if self.delete_config.is_some() {
            output.note(
                "delete-config option is no longer supported and deprecated since version 4.0. \
                 The config will be fully removed in future releases.",
            );
        }
        if action == Action::Describe && self.if_exists {
            if self.topic.is_none() && self.topic_id.is_none() {
                return Err(usage(
                    "--topic or --topic-id is required to describe a topic".to_owned(),
                ));
            }
            if self.topic.is_some() && self.topic_id.is_some() {
                output.line(
                    "Only topic id will be used when both --topic and --topic-id are specified \
                     and topicId is not Uuid.ZERO_UUID",
                )?;
            }
        }
        let missing = |option| usage(format!("Missing required argument \"[{option}]\""));
        if !matches!(action, Action::List | Action::Describe) && self.topic.is_none() {
            return Err(missing("topic"));
        }
        if action == Action::Alter {
            if !self.configs.is_empty() {
                return Err(usage(
                    "Option combination \"[[bootstrap-server], [config]]\" can't be used with \
                     option \"[alter]\" (To alter topic configurations, the kafka-configs tool can \
                     be used.)"
                        .to_owned(),
                ));
            }
            if self.partitions.is_none() {
                return Err(missing("partitions"));
            }
        }
        self.check_conflicts(action)?;
        Ok(action)
    }

    fn action(&self) -> Option<Action> {
        let actions = [
            (self.create, Action::Create),
            (self.list, Action::List),
            (self.describe, Action::Describe),
            (self.alter, Action::Alter),
            (self.delete, Action::Delete),
        ];
        let mut chosen = actions
            .into_iter()
            .filter(|(given, _)| *given)
            .map(|(_, action)| action);
        match (chosen.next(), chosen.next()) {
            (Some(action), None) => Some(action),
            _ => None,
        }
    }

    fn check_conflicts(&self, action: Action) -> Result<(), CommandError> {
        for rule in self.rules(action).into_iter().filter(|rule| rule.given) {
            let own = (!rule.actions.contains(&action)).then_some(action.option());
            let other = rule
                .against
                .iter()
                .find(|(_, given)| *given)
                .map(|(option, _)| *option);
            if let Some(against) = own.or(other) {
                let sentence = format!(
                    "Option \"{}\" can't be used with option \"{}\"",
                    rendered_option(rule.option),
                    rendered_option(against)
                );
                return Err(CommandError::usage(sentence, &Self::command()));
            }
        }
        Ok(())
    }

    /// Returns the rules in the order in which Kafka checks them.
    fn rules(&self, action: Action) -> Vec<Rule> {
        use Action::{Alter, Create, Delete, Describe, List};
        let rule = |option, given, actions| Rule {
            option,
            given,
            actions,
            against: Vec::new(),
        };
        let partitions = self.partitions.is_some();
        let factor = self.replication_factor.is_some();
        let filters = [
            ("under-replicated-partitions", self.under_replicated),
            ("under-min-isr-partitions", self.under_min_isr),
            ("at-min-isr-partitions", self.at_min_isr),
            ("unavailable-partitions", self.unavailable),
        ];
        let mut assignment = rule(
            "replica-assignment",
            self.replica_assignment.is_some(),
            &[Create, Alter] as &[_],
        );
        if action == Create {
            assignment.against = vec![("partitions", partitions), ("replication-factor", factor)];
        }
        let mut rules = vec![
            rule("config", !self.configs.is_empty(), &[Create, Alter]),
            rule("partitions", partitions, &[Create, Alter]),
            rule("replication-factor", factor, &[Create]),
            assignment,
        ];
        for (option, given) in filters {
            let against = vec![("topics-with-overrides", self.with_overrides)];
            rules.push(Rule {
                option,
                given,
                actions: &[Describe],
                against,
            });
        }
        rules.push(Rule {
            option: "topics-with-overrides",
            given: self.with_overrides,
            actions: &[Describe],
            against: filters.to_vec(),
        });
        rules.push(rule(
            "if-exists",
            self.if_exists,
            &[Alter, Delete, Describe],
        ));
        rules.push(rule("if-not-exists", self.if_not_exists, &[Create]));
        rules.push(rule(
            "exclude-internal",
            self.exclude_internal,
            &[List, Describe],
        ));
        rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Parsed, captured_output, parse};
    use std::ffi::OsString;

    fn check(line: &str) -> Result<Action, String> {
        let words: Vec<_> = line.split_whitespace().map(OsString::from).collect();
        let Ok(Parsed::Options(options)) = parse::<Options>(&words) else {
            panic!("{line}")
        };
        let (mut output, ..) = captured_output();
        options
            .check(&mut output)
            .map_err(|error| error.sentence().to_owned())
    }

    #[test]
    fn exactly_one_action_is_required() {
        let text = "Command must include exactly one action: --list, --describe, --create, --alter \
                    or --delete";
        for line in ["--topic x", "--create --list --topic x"] {
            assert_eq!(check(line), Err(text.to_owned()), "{line}");
        }
        assert_eq!(check("--list"), Ok(Action::List));
    }

    #[test]
    fn what_does_not_go_together_is_told_as_kafka_tells_it() {
        let cases = [
            (
                "--create --partitions 2",
                "Missing required argument \"[topic]\"",
            ),
            (
                "--alter --topic t",
                "Missing required argument \"[partitions]\"",
            ),
            (
                "--create --topic t --replica-assignment 1,1 --partitions 2",
                "Option \"[replica-assignment]\" can't be used with option \"[partitions]\"",
            ),
            (
                "--alter --topic t --partitions 5 --replication-factor 2",
                "Option \"[replication-factor]\" can't be used with option \"[alter]\"",
            ),
            (
                "--describe --topics-with-overrides --under-replicated-partitions",
                "Option \"[under-replicated-partitions]\" can't be used with option \
                 \"[topics-with-overrides]\"",
            ),
            (
                "--delete --topic t --if-not-exists",
                "Option \"[if-not-exists]\" can't be used with option \"[delete]\"",
            ),
            (
                "--list --config retention.ms=1",
                "Option \"[config]\" can't be used with option \"[list]\"",
            ),
            (
                "--describe --if-exists",
                "--topic or --topic-id is required to describe a topic",
            ),
        ];
        for (line, sentence) in cases {
            assert_eq!(check(line), Err(sentence.to_owned()), "{line}");
        }
    }

    #[test]
    fn options_of_old_releases_are_accepted() {
        let line = "--delete --topic t --force --zookeeper localhost:2181";
        assert_eq!(check(line), Ok(Action::Delete));
    }
}
