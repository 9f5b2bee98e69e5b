//! What old tutorials type: `kafka-run-class.sh CLASS`, and the scripts of ZooKeeper.
//!
//! A class name stands for a command by a table; options that the class had under another name
//! are renamed on the way. No ZooKeeper is ever started: its scripts say that none is needed.

use std::ffi::OsString;

use super::{CommandRow, find, run_named};
use crate::cli::{CalledAs, CommandError, Exit, Invocation, Output};

pub(super) const RUN_CLASS: CommandRow = CommandRow {
    name: "run-class",
    script: Some("kafka-run-class"),
    about: "Run the command that a Java class of Kafka's stands for",
    options: || clap::Command::new("run-class").about("Run the command of a Java class."),
    run: run_class,
};

pub(super) const ZOOKEEPER_SERVER_START: CommandRow = CommandRow {
    name: "zookeeper-server-start",
    script: Some("zookeeper-server-start"),
    about: "Say that no ZooKeeper is needed",
    options: || clap::Command::new("zookeeper-server-start").about("Not needed any more."),
    run: zookeeper_server_start,
};

pub(super) const ZOOKEEPER_SERVER_STOP: CommandRow = CommandRow {
    name: "zookeeper-server-stop",
    script: Some("zookeeper-server-stop"),
    about: "Say that no ZooKeeper runs",
    options: || clap::Command::new("zookeeper-server-stop").about("Not needed any more."),
    run: zookeeper_server_stop,
};

pub(super) const ZOOKEEPER_SHELL: CommandRow = CommandRow {
    name: "zookeeper-shell",
    script: Some("zookeeper-shell"),
    about: "Say which command answers what ZooKeeper was asked for",
    options: || clap::Command::new("zookeeper-shell").about("Not needed any more."),
    run: zookeeper_shell,
};

/// A class of Kafka's, of any release, and the command that does its work.
struct ClassRow {
    class: &'static str,
    command: &'static str,
    /// Words to put in front of the class's own.
    prefix: &'static [&'static str],
    /// Options that the class had under another name, without dashes; an empty new name leaves
    /// the option and its value out.
    renamed: &'static [(&'static str, &'static str)],
}

const fn class(class: &'static str, command: &'static str) -> ClassRow {
    ClassRow {
        class,
        command,
        prefix: &[],
        renamed: &[],
    }
}

const CLASSES: &[ClassRow] = &[
    class("kafka.Kafka", "server-start"),
    class("kafka.tools.GetOffsetShell", "get-offsets"),
    class("org.apache.kafka.tools.GetOffsetShell", "get-offsets"),
    class("kafka.tools.DumpLogSegments", "dump-log"),
    class("org.apache.kafka.tools.DumpLogSegments", "dump-log"),
    class("kafka.tools.ConsoleConsumer", "console-consumer"),
    class("kafka.consumer.ConsoleConsumer", "console-consumer"),
    class(
        "org.apache.kafka.tools.consumer.ConsoleConsumer",
        "console-consumer",
    ),
    class("kafka.tools.ConsoleProducer", "console-producer"),
    class("kafka.producer.ConsoleProducer", "console-producer"),
    class("org.apache.kafka.tools.ConsoleProducer", "console-producer"),
    class("kafka.admin.TopicCommand", "topics"),
    class("org.apache.kafka.tools.TopicCommand", "topics"),
    class("kafka.admin.ConsumerGroupCommand", "consumer-groups"),
    class(
        "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
        "consumer-groups",
    ),
    class("kafka.admin.ConfigCommand", "configs"),
    class("org.apache.kafka.tools.ConfigCommand", "configs"),
    class("kafka.admin.AclCommand", "acls"),
    class("org.apache.kafka.tools.AclCommand", "acls"),
    class(
        "kafka.admin.ReassignPartitionsCommand",
        "reassign-partitions",
    ),
    class(
        "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
        "reassign-partitions",
    ),
    class("kafka.admin.LeaderElectionCommand", "leader-election"),
    class(
        "org.apache.kafka.tools.LeaderElectionCommand",
        "leader-election",
    ),
    class("kafka.admin.LogDirsCommand", "log-dirs"),
    class("org.apache.kafka.tools.LogDirsCommand", "log-dirs"),
    class("kafka.admin.DeleteRecordsCommand", "delete-records"),
    class(
        "org.apache.kafka.tools.DeleteRecordsCommand",
        "delete-records",
    ),
    class(
        "kafka.admin.BrokerApiVersionsCommand",
        "broker-api-versions",
    ),
    class(
        "org.apache.kafka.tools.BrokerApiVersionsCommand",
        "broker-api-versions",
    ),
    class("kafka.tools.ConsumerPerformance", "consumer-perf-test"),
    class(
        "org.apache.kafka.tools.ConsumerPerformance",
        "consumer-perf-test",
    ),
    class("kafka.tools.ProducerPerformance", "producer-perf-test"),
    class(
        "org.apache.kafka.tools.ProducerPerformance",
        "producer-perf-test",
    ),
    class(
        "org.apache.kafka.clients.tools.ProducerPerformance",
        "producer-perf-test",
    ),
    class("kafka.tools.EndToEndLatency", "e2e-latency"),
    class("kafka.tools.TestEndToEndLatency", "e2e-latency"),
    class("org.apache.kafka.tools.EndToEndLatency", "e2e-latency"),
    class("kafka.tools.StorageTool", "storage"),
    class("kafka.tools.StreamsResetter", "streams-application-reset"),
    class(
        "org.apache.kafka.tools.StreamsResetter",
        "streams-application-reset",
    ),
    class(
        "kafka.tools.ReplicaVerificationTool",
        "replica-verification",
    ),
    class(
        "org.apache.kafka.tools.ReplicaVerificationTool",
        "replica-verification",
    ),
    class(
        "org.apache.kafka.connect.cli.ConnectStandalone",
        "connect-standalone",
    ),
    ClassRow {
        class: "kafka.tools.ConsumerOffsetChecker",
        command: "consumer-groups",
        prefix: &["--describe", "--offset-checker"],
        renamed: &[],
    },
    ClassRow {
        class: "kafka.admin.CreateTopicCommand",
        command: "topics",
        prefix: &["--create"],
        renamed: &[
            ("partition", "partitions"),
            ("replica", "replication-factor"),
            ("replica-assignment-list", "replica-assignment"),
        ],
    },
    ClassRow {
        class: "kafka.admin.ListTopicCommand",
        command: "topics",
        prefix: &["--describe"],
        renamed: &[],
    },
    ClassRow {
        class: "kafka.admin.DeleteTopicCommand",
        command: "topics",
        prefix: &["--delete"],
        renamed: &[],
    },
    ClassRow {
        class: "kafka.admin.ShutdownBroker",
        command: "server-stop",
        prefix: &[],
        renamed: &[
            ("broker", "node-id"),
            ("zookeeper", ""),
            ("num.retries", ""),
            ("retry.interval.ms", ""),
        ],
    },
];

/// Words of the wrapper script, which stand before the class.
const WRAPPER_SWITCHES: [&str; 2] = ["-daemon", "-loggc"];

fn run_class(call: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    let mut words = call.words.iter().cloned().peekable();
    let mut daemon = false;
    while let Some(word) = words.next_if(|word| {
        let word = word.to_string_lossy();
        word == "-name" || WRAPPER_SWITCHES.contains(&word.as_ref())
    }) {
        daemon |= word == "-daemon";
        if word == "-name" {
            words.next();
        }
    }
    let usage = format!(
        "USAGE: {} [-daemon] [-name servicename] [-loggc] classname [opts]",
        call.program
    );
    let Some(class) = words.next() else {
        return Err(CommandError::failed(usage).on_stdout());
    };
    if class == "--help" {
        output.line(usage)?;
        return Ok(Exit::SUCCESS);
    }
    let class = class.to_string_lossy();
    let known = CLASSES
        .iter()
        .find(|row| row.class == class && find(row.command).is_some());
    let Some(row) = known else {
        let sentence = format!("Error: Could not find or load main class {class}");
        return Err(CommandError::failed(sentence).hint("kt help lists the commands."));
    };
    let mut arguments: Vec<OsString> = row.prefix.iter().map(OsString::from).collect();
    if daemon && row.command == "server-start" {
        arguments.push("-daemon".into());
    }
    arguments.extend(rename(words, row.renamed));
    run_named(row.command, CalledAs::Script, arguments, output)
}

/// Gives options the names they have today, and leaves out those that have none.
fn rename(words: impl Iterator<Item = OsString>, renamed: &[(&str, &str)]) -> Vec<OsString> {
    let mut result = Vec::new();
    let mut words = words;
    while let Some(word) = words.next() {
        let text = word.to_string_lossy().into_owned();
        let body = text.trim_start_matches('-');
        let (name, value) = match body.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (body, None),
        };
        let new = renamed
            .iter()
            .find(|(old, _)| text.starts_with('-') && *old == name);
        match (new, value) {
            (None, _) => result.push(word),
            (Some((_, "")), Some(_)) => {}
            (Some((_, "")), None) => {
                words.next();
            }
            (Some((_, new)), Some(value)) => result.push(format!("--{new}={value}").into()),
            (Some((_, new)), None) => {
                let value = words.next().unwrap_or_default();
                result.push(format!("--{new}={}", value.to_string_lossy()).into());
            }
        }
    }
    result
}

fn zookeeper_server_start(_: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    output.line("No ZooKeeper is needed: Kafka keeps its metadata itself. Nothing was started.")?;
    Ok(Exit::SUCCESS)
}

fn zookeeper_server_stop(_: &Invocation, output: &mut Output) -> Result<Exit, CommandError> {
    output.line("No zookeeper server to stop: Kafka needs none.")?;
    Ok(Exit::SUCCESS)
}

fn zookeeper_shell(call: &Invocation, _: &mut Output) -> Result<Exit, CommandError> {
    let asked: Vec<_> = call
        .words
        .iter()
        .skip(1)
        .map(|word| word.to_string_lossy())
        .collect();
    let asked = asked.join(" ");
    let instead = if asked.contains("/brokers/ids") || asked.contains("/controller") {
        "kt broker-api-versions lists the brokers."
    } else if asked.contains("/brokers/topics") || asked.contains("/config/topics") {
        "kt topics --list and --describe show the topics."
    } else if asked.contains("/consumers") {
        "kt consumer-groups --list shows the groups."
    } else if asked.contains("/cluster/id") {
        "kt cluster cluster-id prints the cluster's id."
    } else {
        "kt help lists the commands."
    };
    Err(
        CommandError::failed("There is no ZooKeeper to ask: Kafka keeps its metadata itself.")
            .hint(instead),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::captured_output as output_for_tests;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn call(line: &str) -> Invocation {
        let program = "kafka-run-class.sh".to_owned();
        Invocation {
            program,
            called_as: CalledAs::Script,
            words: words(line),
        }
    }

    #[test]
    fn an_unknown_class_fails_as_java_says_it() {
        let (mut output, ..) = output_for_tests();
        let error = run_class(&call("-loggc -name x no.such.Class"), &mut output).unwrap_err();
        let text = "Error: Could not find or load main class no.such.Class";
        assert_eq!(error.sentence(), text);
    }

    #[test]
    fn old_options_get_todays_names() {
        let renamed = [
            ("broker", "node-id"),
            ("zookeeper", ""),
            ("num.retries", ""),
        ];
        let line = "--zookeeper 127.0.0.1:2181 -broker 0 --num.retries=3 --x y";
        let expected = words("--node-id=0 --x y");
        assert_eq!(rename(words(line).into_iter(), &renamed), expected);
    }

    #[test]
    fn no_class_is_twice_in_the_table() {
        for row in CLASSES {
            assert_eq!(
                CLASSES
                    .iter()
                    .filter(|other| other.class == row.class)
                    .count(),
                1
            );
        }
    }
}
