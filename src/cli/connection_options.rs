//! The options that name a broker, and which broker is meant.
//!
//! `--bootstrap-server`, else `KT_BOOTSTRAP_SERVER`, else the local broker. An address of ZooKeeper
//! in an old tutorial's line is answered with one warning, and means the local broker.

use super::Output;

/// The environment variable that names a broker where no option does.
pub const BOOTSTRAP_VARIABLE: &str = "KT_BOOTSTRAP_SERVER";

/// The options that commands have in common that talk to a broker.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ConnectionOptions {
    /// Brokers to connect to first: HOST1:PORT1,HOST2:PORT2 (the local broker if absent).
    #[arg(long = "bootstrap-server", value_name = "String: server to connect to")]
    pub bootstrap_server: Option<String>,
    /// File with settings of the client.
    #[arg(long = "command-config", value_name = "String: properties file")]
    pub command_config: Option<String>,
    #[arg(long = "zookeeper", hide = true)]
    zookeeper: Option<String>,
}

/// What named the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressSource {
    /// An option of the command line.
    Option,
    /// The environment variable `KT_BOOTSTRAP_SERVER`.
    Variable,
}

/// Which broker is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrokerAddress {
    /// A list of `host:port`.
    Named(String, AddressSource),
    /// The one on this machine.
    Local,
}

impl ConnectionOptions {
    /// Returns which broker is meant; warns about ZooKeeper's address if there is one.
    pub fn broker(&self, output: &mut Output) -> BrokerAddress {
        self.broker_or(None, output)
    }

    /// As [`Self::broker`], for a command whose address has another old name as well.
    pub fn broker_or(&self, old_name: Option<&str>, output: &mut Output) -> BrokerAddress {
        let given = self.bootstrap_server.as_deref().or(old_name);
        let variable = std::env::var(BOOTSTRAP_VARIABLE)
            .ok()
            .filter(|text| !text.is_empty());
        let address = match (given, variable) {
            (Some(given), _) => BrokerAddress::Named(given.to_owned(), AddressSource::Option),
            (None, Some(text)) => BrokerAddress::Named(text, AddressSource::Variable),
            (None, None) => BrokerAddress::Local,
        };
        if self.zookeeper.is_some() {
            let used = match &address {
                BrokerAddress::Named(text, _) => text.as_str(),
                BrokerAddress::Local => "the local broker",
            };
            output.note(format!(
                "Warning: --zookeeper is gone, Kafka needs no ZooKeeper any more; using {used}."
            ));
        }
        address
    }
}

/// Checks a list of brokers as the tools do that look at it before they connect: each entry must
/// be `[scheme://]host:port`.
#[must_use]
pub fn looks_like_host_port(list: &str) -> bool {
    let entry = |text: &str| {
        let text = text.trim();
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        match text.rsplit_once(':') {
            Some((host, port)) => {
                let host = host.trim_start_matches('[').trim_end_matches(']');
                !host.is_empty()
                    && host
                        .chars()
                        .all(|c| c.is_alphanumeric() || "-._:%".contains(c))
                    && port.parse::<u16>().is_ok()
            }
            None => false,
        }
    };
    !list.trim().is_empty() && list.split(',').all(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::captured;

    #[test]
    fn the_option_names_the_broker_and_zookeeper_warns_once() {
        let (mut output, stdout, stderr) = captured();
        let options = ConnectionOptions {
            bootstrap_server: Some("h:1".to_owned()),
            zookeeper: Some("z:2181".to_owned()),
            ..ConnectionOptions::default()
        };
        let expected = BrokerAddress::Named("h:1".to_owned(), AddressSource::Option);
        assert_eq!(options.broker(&mut output), expected);
        let warning =
            "Warning: --zookeeper is gone, Kafka needs no ZooKeeper any more; using h:1.\n";
        assert_eq!(
            (stdout.text(), stderr.text()),
            (String::new(), warning.to_owned())
        );
    }

    #[test]
    fn a_list_of_brokers_needs_ports() {
        for good in [
            "localhost:9092",
            "a:1,b:2",
            "PLAINTEXT://a.b-c:1",
            "[::1]:9092",
            "a:1, b:2",
        ] {
            assert!(looks_like_host_port(good), "{good}");
        }
        for bad in [
            "",
            "localhost",
            "a:1,b",
            "a:",
            ":1",
            "a b:1",
            "a:99999",
            "a:x",
        ] {
            assert!(!looks_like_host_port(bad), "{bad}");
        }
    }
}
