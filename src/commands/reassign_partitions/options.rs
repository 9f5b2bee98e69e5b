//! The options of `reassign-partitions`, and which of them an action takes.

use crate::cli::{CommandError, ConnectionOptions, OutputOptions};

/// This tool helps to move topic partitions between replicas.
#[derive(Debug, clap::Parser)]
#[command(about = "This tool helps to move topic partitions between replicas.")]
pub(super) struct Options {
    #[command(flatten)]
    pub(super) connection: ConnectionOptions,
    /// The controllers to connect to, instead of brokers.
    #[arg(
        long = "bootstrap-controller",
        value_name = "String: bootstrap controller to connect to"
    )]
    pub(super) bootstrap_controller: Option<String>,
    /// Verify if the reassignment has completed; also take its throttles away.
    #[arg(long)]
    verify: bool,
    /// Generate a candidate partition reassignment; nothing is carried out.
    #[arg(long)]
    generate: bool,
    /// Carry out the reassignment.
    #[arg(long)]
    execute: bool,
    /// Cancel an active reassignment.
    #[arg(long)]
    cancel: bool,
    /// List all active partition reassignments.
    #[arg(long)]
    list: bool,
    /// The JSON file with the partition reassignment: {"partitions":[{"topic":"foo","partition":1,
    /// "replicas":[1,2,3],"log_dirs":["dir1","dir2","dir3"]}],"version":1}; log_dirs may be left
    /// out, "any" leaves the choice to the broker.
    #[arg(
        long = "reassignment-json-file",
        value_name = "String: manual assignment json file path"
    )]
    pub(super) reassignment_file: Option<String>,
    /// The JSON file with the topics to move: {"topics":[{"topic":"foo"}],"version":1}.
    #[arg(
        long = "topics-to-move-json-file",
        value_name = "String: topics to reassign json file path"
    )]
    pub(super) topics_file: Option<String>,
    /// The ids of the brokers that the partitions may be moved to, divided by commas.
    #[arg(long = "broker-list", value_name = "String: brokerlist")]
    pub(super) broker_list: Option<String>,
    /// Pass over the brokers' racks.
    #[arg(long = "disable-rack-aware")]
    pub(super) disable_rack_aware: bool,
    /// Bytes a second that replicas may be moved with between brokers.
    #[arg(long, value_name = "Long: throttle")]
    pub(super) throttle: Option<String>,
    /// Bytes a second that replicas may be moved with between log directories of a broker.
    #[arg(
        long = "replica-alter-log-dirs-throttle",
        value_name = "Long: replicaAlterLogDirsThrottle"
    )]
    pub(super) log_dirs_throttle: Option<String>,
    /// How many milliseconds to wait until a move between log directories begins.
    #[arg(long, value_name = "Long: timeout")]
    pub(super) timeout: Option<String>,
    /// Carry out the reassignment beside those that are under way.
    #[arg(long)]
    pub(super) additional: bool,
    /// Leave the throttles as they are.
    #[arg(long = "preserve-throttles")]
    pub(super) preserve_throttles: bool,
    #[command(flatten)]
    pub(super) output: OutputOptions,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Verify,
    Generate,
    Execute,
    Cancel,
    List,
}

impl Action {
    const fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Generate => "generate",
            Self::Execute => "execute",
            Self::Cancel => "cancel",
            Self::List => "list",
        }
    }
}

impl Options {
    /// Returns the one action, after the options were held against what it takes.
    pub(super) fn action(&self) -> Result<Action, CommandError> {
        let chosen: Vec<Action> = [
            (self.generate, Action::Generate),
            (self.execute, Action::Execute),
            (self.verify, Action::Verify),
            (self.cancel, Action::Cancel),
            (self.list, Action::List),
        ]
        .into_iter()
        .filter_map(|(given, action)| given.then_some(action))
        .collect();
        let [action] = chosen[..] else {
            return Err(usage(
                "Command must include exactly one action: --generate, --execute, --verify, \
                 --cancel, --list",
            ));
        };
        if self.bootstrap_controller.is_some() && self.connection.bootstrap_server.is_some() {
            return Err(usage(
                "Please don't specify both --bootstrap-server and --bootstrap-controller",
            ));
        }
        self.check_required(action)?;
        self.check_permitted(action)?;
        Ok(action)
    }

    fn check_required(&self, action: Action) -> Result<(), CommandError> {
        let missing = match action {
            Action::Verify | Action::Execute | Action::Cancel => [
                ("reassignment-json-file", self.reassignment_file.is_none()),
                ("", false),
            ],
            Action::Generate => [
                ("topics-to-move-json-file", self.topics_file.is_none()),
                ("broker-list", self.broker_list.is_none()),
            ],
            Action::List => [("", false), ("", false)],
        };
        match missing.iter().find(|(_, is_missing)| *is_missing) {
            Some((name, _)) => Err(usage(&format!("Missing required argument \"[{name}]\""))),
            None => Ok(()),
        }
    }

    fn check_permitted(&self, action: Action) -> Result<(), CommandError> {
        use Action::{Cancel, Execute, Generate, List, Verify};
        let given: [(&str, bool, &[Action]); 10] = [
            (
                "bootstrap-controller",
                self.bootstrap_controller.is_some(),
                &[Cancel, List],
            ),
            (
                "reassignment-json-file",
                self.reassignment_file.is_some(),
                &[Verify, Execute, Cancel],
            ),
            (
                "topics-to-move-json-file",
                self.topics_file.is_some(),
                &[Generate],
            ),
            ("broker-list", self.broker_list.is_some(), &[Generate]),
            ("disable-rack-aware", self.disable_rack_aware, &[Generate]),
            ("throttle", self.throttle.is_some(), &[Execute]),
            (
                "replica-alter-log-dirs-throttle",
                self.log_dirs_throttle.is_some(),
                &[Execute],
            ),
            ("timeout", self.timeout.is_some(), &[Execute, Cancel]),
            ("additional", self.additional, &[Execute]),
            (
                "preserve-throttles",
                self.preserve_throttles,
                &[Verify, Cancel],
            ),
        ];
        for (name, is_given, actions) in given {
            if is_given && !actions.contains(&action) {
                let action = action.name();
                return Err(usage(&format!(
                    "Option \"[{name}]\" can't be used with action \"[{action}]\""
                )));
            }
        }
        Ok(())
    }
}

fn usage(sentence: &str) -> CommandError {
    CommandError::usage(sentence, &<Options as clap::CommandFactory>::command())
}
