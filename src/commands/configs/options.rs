//! The options of `configs`, and which of them go together.

use clap::CommandFactory;

use super::entity::{Entity, EntityType, Which};
use crate::cli::{CommandError, ConnectionOptions, Format, OutputOptions};

/// This tool helps to manipulate and describe entity config for a topic, client, user, broker, ip,
/// client-metrics or group.
#[derive(Clone, Debug, clap::Parser)]
#[command(
    about = "This tool helps to manipulate and describe entity config for a topic, client, \
                   user, broker, ip, client-metrics or group."
)]
pub(super) struct Options {
    #[command(flatten)]
    connection: ConnectionOptions,
    /// Controllers to connect to, in place of brokers.
    #[arg(
        long = "bootstrap-controller",
        value_name = "String: controller to connect to"
    )]
    bootstrap_controller: Option<String>,
    /// Change settings.
    #[arg(long)]
    alter: bool,
    /// Show settings.
    #[arg(long)]
    describe: bool,
    /// With --describe: static settings and defaults too.
    #[arg(long)]
    all: bool,
    /// The kind of entity: topics, clients, users, brokers, broker-loggers, ips, client-metrics or
    /// groups.
    #[arg(long = "entity-type", value_name = "String")]
    entity_types: Vec<String>,
    /// The name of the entity.
    #[arg(long = "entity-name", value_name = "String")]
    entity_names: Vec<String>,
    /// The default of all entities, in place of a name.
    #[arg(long = "entity-default")]
    entity_default: bool,
    /// A topic's name.
    #[arg(long, value_name = "String")]
    topic: Option<String>,
    /// A client's id.
    #[arg(long, value_name = "String")]
    client: Option<String>,
    /// The defaults of all clients.
    #[arg(long = "client-defaults")]
    client_defaults: bool,
    /// A user's principal name.
    #[arg(long, value_name = "String")]
    user: Option<String>,
    /// The defaults of all users.
    #[arg(long = "user-defaults")]
    user_defaults: bool,
    /// A broker's id.
    #[arg(long, value_name = "String")]
    broker: Option<String>,
    /// The defaults of all brokers.
    #[arg(long = "broker-defaults")]
    broker_defaults: bool,
    /// The id of the broker whose loggers are meant.
    #[arg(long = "broker-logger", value_name = "String")]
    broker_logger: Option<String>,
    /// An IP address.
    #[arg(long, value_name = "String")]
    ip: Option<String>,
    /// The defaults of all IP addresses.
    #[arg(long = "ip-defaults")]
    ip_defaults: bool,
    /// A group's id.
    #[arg(long, value_name = "String")]
    group: Option<String>,
    /// The name of a subscription to clients' metrics.
    #[arg(long = "client-metrics", value_name = "String")]
    client_metrics: Option<String>,
    /// Settings to make: k1=v1,k2=[v2,v3],k3=v4, where brackets hold a value with commas.
    #[arg(long = "add-config", value_name = "String")]
    pub(super) add_config: Option<String>,
    /// File with settings to make.
    #[arg(long = "add-config-file", value_name = "String")]
    pub(super) add_config_file: Option<String>,
    /// Names of settings to take back: k1,k2.
    #[arg(long = "delete-config", value_name = "String")]
    pub(super) delete_config: Option<String>,
    #[arg(long, hide = true)]
    force: bool,
    #[command(flatten)]
    output: OutputOptions,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Describe,
    Alter,
}

/// What the options come to.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) action: Action,
    pub(super) entity: Entity,
    pub(super) all: bool,
    pub(super) format: Format,
}

pub(super) fn failed(sentence: impl std::fmt::Display) -> CommandError {
    CommandError::failed(sentence)
}

impl Options {
    /// Returns how to reach the cluster; a controller's address serves as well as a broker's.
    pub(super) fn connection(&self) -> ConnectionOptions {
        let mut connection = self.connection.clone();
        if connection.bootstrap_server.is_none() {
            connection
                .bootstrap_server
                .clone_from(&self.bootstrap_controller);
        }
        connection
    }

    /// Checks the options in Kafka's order.
    pub(super) fn check(&self) -> Result<Request, CommandError> {
        let action = self.action()?;
        let kinds = self.kinds()?;
        if self.connection.bootstrap_server.is_some() && self.bootstrap_controller.is_some() {
            return Err(failed(
                "Only one of --bootstrap-server or --bootstrap-controller can be specified",
            ));
        }
        let names = self.names();
        self.check_names(&kinds, &names)?;
        match action {
            Action::Describe => check_describe(&kinds, &names)?,
            Action::Alter => self.check_alter(&kinds, &names)?,
        }
        let kind = kinds.first().copied().unwrap_or(EntityType::Topics);
        if kind.resource().is_none() {
            return Err(failed(format!(
                "kt does not have quotas and credentials ({})",
                kind.word()
            ))
            .hint(
                "It shows and changes topics, brokers, broker-loggers, groups, client-metrics.",
            ));
        }
        let which = match names.into_iter().next() {
            None => Which::All,
            Some(name) if name.is_empty() => Which::Default,
            Some(name) => Which::Named(name),
        };
        let entity = Entity { kind, which };
        Ok(Request {
            action,
            entity,
            all: self.all,
            format: self.output.format,
        })
    }

    fn action(&self) -> Result<Action, CommandError> {
        let usage = |sentence: &str| CommandError::usage(sentence, &Self::command());
        let action = match (self.describe, self.alter) {
            (true, false) => Action::Describe,
            (false, true) => Action::Alter,
            _ => {
                return Err(usage(
                    "Command must include exactly one action: --describe, --alter",
                ));
            }
        };
        if action == Action::Describe {
            for (option, given) in [
                ("add-config", self.add_config.is_some()),
                ("delete-config", self.delete_config.is_some()),
            ] {
                if given {
                    return Err(usage(&format!(
                        "Option \"[describe]\" can't be used with option \"[{option}]\""
                    )));
                }
            }
        }
        Ok(action)
    }

    /// Returns the short forms that are given: the kind, and the name, empty for a default.
    fn short_forms(&self) -> Vec<(EntityType, String)> {
        let named = [
            (EntityType::Topics, &self.topic),
            (EntityType::Clients, &self.client),
            (EntityType::Users, &self.user),
            (EntityType::Brokers, &self.broker),
            (EntityType::BrokerLoggers, &self.broker_logger),
            (EntityType::Ips, &self.ip),
            (EntityType::ClientMetrics, &self.client_metrics),
            (EntityType::Groups, &self.group),
        ];
        let defaults = [
            (EntityType::Clients, self.client_defaults),
            (EntityType::Users, self.user_defaults),
            (EntityType::Brokers, self.broker_defaults),
            (EntityType::Ips, self.ip_defaults),
        ];
        let named = named
            .into_iter()
            .filter_map(|(kind, name)| Some((kind, name.clone()?)));
        let defaults = defaults.into_iter().filter(|(_, given)| *given);
        named
            .chain(defaults.map(|(kind, _)| (kind, String::new())))
            .collect()
    }

    fn kinds(&self) -> Result<Vec<EntityType>, CommandError> {
        let short = self.short_forms();
        let words: Vec<&str> = self
            .entity_types
            .iter()
            .map(String::as_str)
            .chain(short.iter().map(|(kind, _)| kind.word()))
            .collect();
        let mut seen: Vec<&str> = Vec::new();
        let mut twice: Vec<&str> = Vec::new();
        for word in &words {
            if seen.contains(word) {
                twice.push(word);
            } else {
                seen.push(word);
            }
        }
        if !twice.is_empty() {
            let twice = twice.join(",");
            return Err(failed(format!(
                "Duplicate entity type(s) specified: {twice}"
            )));
        }
        let known = |word: &&str| {
            EntityType::of_word(word).ok_or_else(|| {
                let all = EntityType::ALL.map(EntityType::word).join(", ");
                failed(format!(
                    "Invalid entity type {word}, the entity type must be one of {all} with a \
                     --bootstrap-server or --bootstrap-controller argument"
                ))
            })
        };
        let kinds = words.iter().map(known).collect::<Result<Vec<_>, _>>()?;
        let users_and_clients = [EntityType::Users, EntityType::Clients];
        match kinds.as_slice() {
            [] => return Err(failed("At least one entity type must be specified")),
            [_] => {}
            several if several.iter().all(|kind| users_and_clients.contains(kind)) => {}
            _ => {
                return Err(failed(
                    "Only 'users' and 'clients' entity types may be specified together",
                ));
            }
        }
        let long =
            self.entity_default || !self.entity_types.is_empty() || !self.entity_names.is_empty();
        if long && !short.is_empty() {
            return Err(failed(
                "--entity-{type,name,default} should not be used in conjunction with specific \
                 entity flags",
            ));
        }
        Ok(kinds)
    }

    /// Returns the names that are given; an empty one is the default.
    fn names(&self) -> Vec<String> {
        let default = self.entity_default.then(String::new);
        let short = self.short_forms().into_iter().map(|(_, name)| name);
        self.entity_names
            .iter()
            .cloned()
            .chain(default)
            .chain(short)
            .collect()
    }

    fn check_names(&self, kinds: &[EntityType], names: &[String]) -> Result<(), CommandError> {
        let by_id = [EntityType::Brokers, EntityType::BrokerLoggers];
        for kind in kinds.iter().filter(|kind| by_id.contains(kind)) {
            let no_id = |name: &&String| !name.is_empty() && name.parse::<i32>().is_err();
            if let Some(name) = names.iter().find(no_id) {
                return Err(failed(format!(
                    "The entity name for {} must be a valid integer broker id, but it is: {name}",
                    kind.word()
                )));
            }
        }
        if names.len() > kinds.len() {
            return Err(failed(
                "An entity name must be specified for every entity type",
            ));
        }
        Ok(())
    }

    fn check_alter(&self, kinds: &[EntityType], names: &[String]) -> Result<(), CommandError> {
        let words: Vec<_> = kinds.iter().map(|kind| kind.word()).collect();
        if kinds.iter().any(|kind| kind.has_default()) {
            if names.is_empty() {
                return Err(failed(
                    "An entity-name or default entity must be specified with --alter of users, \
                     clients, brokers or ips",
                ));
            }
        } else if !names.iter().any(|name| !name.is_empty()) {
            let words = words.join(",");
            return Err(failed(format!(
                "An entity name must be specified with --alter of {words}"
            )));
        }
        match (&self.add_config, &self.add_config_file, &self.delete_config) {
            (Some(_), Some(_), _) => Err(failed(
                "Only one of --add-config or --add-config-file must be specified",
            )),
            (None, None, None) => Err(failed(
                "At least one of --add-config, --add-config-file, or --delete-config must be \
                 specified with --alter",
            )),
            _ => Ok(()),
        }
    }
}

fn check_describe(kinds: &[EntityType], names: &[String]) -> Result<(), CommandError> {
    let default = names.iter().any(String::is_empty);
    if let Some(kind) = kinds.iter().find(|kind| default && !kind.has_default()) {
        let word = kind.word();
        return Err(failed(format!(
            "--entity-default must not be specified with --describe of {word}"
        )));
    }
    if kinds.contains(&EntityType::BrokerLoggers) && names.is_empty() {
        return Err(failed(
            "An entity name must be specified with --describe of broker-loggers",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Parsed, parse};
    use std::ffi::OsString;

    fn options(line: &str) -> Options {
        let words: Vec<_> = line.split_whitespace().map(OsString::from).collect();
        match parse::<Options>(&words) {
            Ok(Parsed::Options(options)) => options,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn check(line: &str) -> Result<Entity, String> {
        let request = options(line)
            .check()
            .map_err(|error| error.sentence().to_owned())?;
        Ok(request.entity)
    }

    #[test]
    fn long_and_short_forms_name_the_same() {
        let topic = Entity {
            kind: EntityType::Topics,
            which: Which::Named("t".to_owned()),
        };
        assert_eq!(
            check("--describe --entity-type topics --entity-name t"),
            Ok(topic.clone())
        );
        assert_eq!(check("--describe --topic t --all"), Ok(topic));
        let default = Entity {
            kind: EntityType::Brokers,
            which: Which::Default,
        };
        assert_eq!(
            check("--describe --entity-type brokers --entity-default"),
            Ok(default.clone())
        );
        assert_eq!(check("--describe --broker-defaults"), Ok(default));
        let all = Entity {
            kind: EntityType::Topics,
            which: Which::All,
        };
        assert_eq!(check("--describe --entity-type topics"), Ok(all));
    }

    #[test]
    fn refusals_come_in_kafkas_words_and_order() {
        let cases = [
            (
                "--topic t",
                "Command must include exactly one action: --describe, --alter",
            ),
            (
                "--alter --describe",
                "Command must include exactly one action: --describe, --alter",
            ),
            (
                "--describe --topic t --add-config a=b",
                "Option \"[describe]\" can't be used with option \"[add-config]\"",
            ),
            (
                "--describe --entity-type topics --topic orders",
                "Duplicate entity type(s) specified: topics",
            ),
            (
                "--describe --entity-type topic --entity-name orders",
                "Invalid entity type topic, the entity type must be one of topics, clients, users, \
                 brokers, ips, client-metrics, groups, broker-loggers with a --bootstrap-server or \
                 --bootstrap-controller argument",
            ),
            ("--describe", "At least one entity type must be specified"),
            (
                "--describe --topic t --broker 1",
                "Only 'users' and 'clients' entity types may be specified together",
            ),
            (
                "--describe --broker abc",
                "The entity name for brokers must be a valid integer broker id, but it is: abc",
            ),
            (
                "--describe --entity-type topics --entity-default",
                "--entity-default must not be specified with --describe of topics",
            ),
            (
                "--describe --entity-type broker-loggers",
                "An entity name must be specified with --describe of broker-loggers",
            ),
            (
                "--alter --entity-type topics --add-config a=1",
                "An entity name must be specified with --alter of topics",
            ),
            (
                "--alter --topic t",
                "At least one of --add-config, --add-config-file, or --delete-config must be \
                 specified with --alter",
            ),
        ];
        for (line, sentence) in cases {
            assert_eq!(check(line), Err(sentence.to_owned()), "{line}");
        }
    }
}
