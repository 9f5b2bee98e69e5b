//! The options that name a broker, and which broker is meant.
//!
//! `--bootstrap-server`, else `KT_BOOTSTRAP_SERVER`, else the local broker. An address of ZooKeeper
//! in an old tutorial's line is answered with one warning, and means the local broker. The client's
//! settings are those of a file, those of words over them; the address is no setting.

use super::{CommandError, Output, PropertiesMap, key_value_pairs, read_properties_file};
use crate::fs::RealFs;

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
    /// Setting of the client, key=value (-X for short); comes before the file's.
    #[arg(
        long = "command-property",
        short = 'X',
        value_name = "String: client_prop"
    )]
    pub command_properties: Vec<String>,
    #[arg(long = "zookeeper", hide = true)]
    pub(crate) zookeeper: Option<String>,
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
    /// Returns the settings of the client that the options give: the file's, the words' over them.
    pub fn settings(&self) -> Result<PropertiesMap, CommandError> {
        self.settings_with(None, &[])
    }

    /// As [`Self::settings`], for a command whose options have other old names as well.
    pub fn settings_with(
        &self,
        old_config: Option<&str>,
        old_properties: &[String],
    ) -> Result<PropertiesMap, CommandError> {
        let mut settings = self.file_settings(old_config)?;
        settings.extend(self.word_settings(old_properties)?);
        Ok(settings)
    }

    /// Returns the settings of the file alone.
    pub fn file_settings(&self, old_config: Option<&str>) -> Result<PropertiesMap, CommandError> {
        let file = self.command_config.as_deref().or(old_config);
        let settings = file
            .map(|path| read_properties_file(&RealFs, path))
            .transpose()?;
        Ok(settings.unwrap_or_default())
    }

    /// Returns the settings of the words alone.
    pub fn word_settings(&self, old_properties: &[String]) -> Result<PropertiesMap, CommandError> {
        let is_pair = |word: &&String| word.split_once('=').is_some_and(|(key, _)| !key.is_empty());
        if let Some(word) = self.command_properties.iter().find(|word| !is_pair(word)) {
            let sentence = format!("Invalid command line properties: {word}");
            return Err(CommandError::failed(sentence)
                .hint("A setting of the client is written -X KEY=VALUE."));
        }
        let settings = key_value_pairs(self.command_properties.iter().chain(old_properties));
        let given = self.command_properties.iter();
        let mut keys = given.filter_map(|word| word.split_once('='));
        if self.bootstrap_server.is_none() && keys.any(|(key, _)| key == "bootstrap.servers") {
            let sentence = "The setting bootstrap.servers does not choose the broker";
            return Err(CommandError::failed(sentence).hint("--bootstrap-server HOST:PORT does."));
        }
        Ok(settings)
    }

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

    fn with_words(words: &[&str]) -> ConnectionOptions {
        ConnectionOptions {
            command_properties: words.iter().map(ToString::to_string).collect(),
            ..ConnectionOptions::default()
        }
    }

    #[test]
    fn words_come_before_the_file_and_later_ones_before_earlier_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("client.properties");
        let text = b"client.id=file\nretries=1\n";
        crate::fs::Fs::replace(&RealFs, &path, text).unwrap();
        let options = ConnectionOptions {
            command_config: Some(path.display().to_string()),
            ..with_words(&["client.id=a", "client.id=b=c", "x="])
        };
        let found: Vec<_> = options.settings().unwrap().into_iter().collect();
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let expected = [
            pair("client.id", "b=c"),
            pair("retries", "1"),
            pair("x", ""),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_word_that_is_no_setting_is_refused_and_so_is_the_brokers_address() {
        for word in ["client.id", "", "=x"] {
            let error = with_words(&["a=b", word]).settings().unwrap_err();
            let expected = format!("Invalid command line properties: {word}");
            assert_eq!(error.sentence(), expected);
        }
        let mut options = with_words(&["bootstrap.servers=h:1"]);
        let error = options.settings().unwrap_err();
        let expected = "The setting bootstrap.servers does not choose the broker";
        assert_eq!(error.sentence(), expected);
        options.bootstrap_server = Some("h:1".to_owned());
        assert!(options.settings().is_ok());
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
