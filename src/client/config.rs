//! What every client can be told: where the cluster is, who is asking, how long to wait.
//!
//! Reads Kafka's client settings from a map of texts and refuses bad values in Kafka's words.
//! Settings that a client does not know are ignored, as Kafka does. The settings that only the
//! producer or only the consumer has are read beside them, with the same [`Settings`].

use std::collections::BTreeMap;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use super::error::ClientError;
use super::log::{CLIENT_UTILS, Log, LogLevel};
use super::retry::Backoff;
use crate::clock::{Clock, SystemClock};
use crate::config::admin::admin_def;
use crate::config::value::parse;

/// Which of Kafka's clients this is; decides defaults and how log lines begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientKind {
    /// `KafkaAdminClient`.
    Admin,
    /// `KafkaProducer`.
    Producer,
    /// `KafkaConsumer`.
    Consumer,
}

impl ClientKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Admin => "AdminClient",
            Self::Producer => "Producer",
            Self::Consumer => "Consumer",
        }
    }
}

/// Client settings by Kafka's names, read with Kafka's checks.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    map: &'a BTreeMap<String, String>,
}

impl<'a> Settings<'a> {
    /// Returns a reader of `map`.
    #[must_use]
    pub const fn new(map: &'a BTreeMap<String, String>) -> Self {
        Self { map }
    }

    /// Returns the text of a setting, trimmed as `ConfigDef.parseType` does.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.map.get(key).map(|value| value.trim())
    }

    /// Returns whether the setting was given at all.
    #[must_use]
    pub fn is_set(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    /// Returns an `int` setting that must be at least `min`.
    pub fn int(&self, key: &str, default: i32, min: i32) -> Result<i32, ClientError> {
        let Some(text) = self.text(key) else {
            return Ok(default);
        };
        let value = text
            .parse()
            .map_err(|_| invalid_value(key, text, "Not a number of type INT"))?;
        at_least(key, value, min)
    }

    /// Returns a `long` setting that must be at least `min`.
    pub fn long(&self, key: &str, default: i64, min: i64) -> Result<i64, ClientError> {
        let Some(text) = self.text(key) else {
            return Ok(default);
        };
        let value = text
            .parse()
            .map_err(|_| invalid_value(key, text, "Not a number of type LONG"))?;
        at_least(key, value, min)
    }

    /// Returns a setting in milliseconds as a duration.
    pub fn millis(&self, key: &str, default_ms: u32) -> Result<Duration, ClientError> {
        let value = self.long(key, i64::from(default_ms), 0)?;
        Ok(Duration::from_millis(u64::try_from(value).unwrap_or(0)))
    }

    /// Returns a `boolean` setting.
    pub fn boolean(&self, key: &str, default: bool) -> Result<bool, ClientError> {
        match self.text(key) {
            None => Ok(default),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) => Err(invalid_value(
                key,
                text,
                "Expected value to be either true or false",
            )),
        }
    }

    /// Returns a setting that must be one of `valid`.
    pub fn one_of(
        &self,
        key: &str,
        default: &'static str,
        valid: &[&'static str],
    ) -> Result<&'a str, ClientError> {
        let text = self.text(key).unwrap_or(default);
        if valid.contains(&text) {
            return Ok(text);
        }
        let reason = format!("String must be one of: {}", valid.join(", "));
        Err(invalid_value(key, text, &reason))
    }
}

/// Returns the error of a value that a setting cannot have.
pub(crate) fn invalid_value(key: &str, value: &str, reason: &str) -> ClientError {
    ClientError::Config {
        message: format!("Invalid value {value} for configuration {key}: {reason}"),
    }
}

fn at_least<T: PartialOrd + std::fmt::Display + Copy>(
    key: &str,
    value: T,
    min: T,
) -> Result<T, ClientError> {
    if value >= min {
        return Ok(value);
    }
    let reason = format!("Value must be at least {min}");
    Err(invalid_value(key, &value.to_string(), &reason))
}

/// An address of `bootstrap.servers`, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootstrapAddress {
    /// The host as it was written.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// What every client knows.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Which client this is.
    pub kind: ClientKind,
    /// Where the cluster is asked for first.
    pub bootstrap: Vec<BootstrapAddress>,
    /// What the client calls itself on the wire.
    pub client_id: String,
    /// What each log line begins with, such as `[AdminClient clientId=adminclient-1] `.
    pub log_context: String,
    /// How long one request may take (`request.timeout.ms`).
    pub request_timeout: Duration,
    /// How long one call may take with its retries (`default.api.timeout.ms`).
    pub api_timeout: Duration,
    /// How long a connection may take to open (`socket.connection.setup.timeout.ms`).
    pub connect_timeout: Duration,
    /// After what age metadata is asked for again (`metadata.max.age.ms`).
    pub metadata_max_age: Duration,
    /// Waits between the tries of a call.
    pub(crate) retry_backoff: Backoff,
    /// Waits between the tries to connect.
    pub(crate) reconnect_backoff: Backoff,
    /// Size of the socket's send buffer; `None` leaves it to the operating system.
    pub send_buffer_bytes: Option<u32>,
    /// Size of the socket's receive buffer; `None` leaves it to the operating system.
    pub receive_buffer_bytes: Option<u32>,
    /// Where log lines go.
    pub log: Log,
    /// Where the time of records and of batches comes from.
    pub clock: Arc<dyn Clock>,
}

impl ClientConfig {
    /// Reads the settings that all clients share.
    ///
    /// # Errors
    ///
    /// Fails in Kafka's words if an address or a value cannot be.
    pub fn from_map(
        kind: ClientKind,
        map: &BTreeMap<String, String>,
        log: Log,
    ) -> Result<Self, ClientError> {
        let settings = Settings::new(map);
        let default_id = match kind {
            ClientKind::Admin => "adminclient-1",
            ClientKind::Producer => "producer-1",
            ClientKind::Consumer => "consumer-1",
        };
        let client_id = match settings.text("client.id") {
            None | Some("") => default_id,
            Some(text) => text,
        }
        .to_owned();
        let servers = settings
            .text("bootstrap.servers")
            .ok_or_else(|| ClientError::Config {
                message: "Missing required configuration \"bootstrap.servers\" which has no \
                          default value."
                    .into(),
            })?;
        check_security(&settings)?;
        let request_default_ms = 30_000;
        Ok(Self {
            kind,
            bootstrap: parse_bootstrap(servers, &log)?,
            log_context: log_context(kind, &client_id, settings.text("group.id")),
            client_id,
            request_timeout: settings.millis("request.timeout.ms", request_default_ms)?,
            api_timeout: settings.millis("default.api.timeout.ms", 60_000)?,
            connect_timeout: settings.millis("socket.connection.setup.timeout.ms", 10_000)?,
            metadata_max_age: settings.millis("metadata.max.age.ms", 300_000)?,
            retry_backoff: Backoff {
                initial: settings.millis("retry.backoff.ms", 100)?,
                max: settings.millis("retry.backoff.max.ms", 1000)?,
            },
            reconnect_backoff: Backoff {
                initial: settings.millis("reconnect.backoff.ms", 50)?,
                max: settings.millis("reconnect.backoff.max.ms", 1000)?,
            },
            send_buffer_bytes: buffer_bytes(&settings, "send.buffer.bytes")?,
            receive_buffer_bytes: buffer_bytes(&settings, "receive.buffer.bytes")?,
            log,
            clock: SystemClock::shared(),
        })
    }

    /// Returns the settings of a client of these servers, all else at its default.
    ///
    /// # Errors
    ///
    /// Fails in Kafka's words if an address cannot be.
    pub fn for_servers(kind: ClientKind, servers: &str) -> Result<Self, ClientError> {
        let map = BTreeMap::from([("bootstrap.servers".to_owned(), servers.to_owned())]);
        Self::from_map(kind, &map, Log::default())
    }

    /// Writes a log line that begins with the client's name.
    pub(crate) fn log_line(&self, level: LogLevel, logger: &str, message: &str) {
        let line = format!("{}{message}", self.log_context);
        self.log.line(level, logger, &line);
    }
}

/// Refuses a protocol that this client does not speak: what was meant to be encrypted or to log in
/// must not go out in the clear.
fn check_security(settings: &Settings<'_>) -> Result<(), ClientError> {
    const KEY: &str = "security.protocol";
    let protocol = settings.text(KEY).unwrap_or("PLAINTEXT");
    if protocol.eq_ignore_ascii_case("PLAINTEXT") {
        return Ok(());
    }
    if let Some(def) = admin_def(KEY) {
        parse(def, protocol).map_err(|error| ClientError::Config {
            message: error.to_string(),
        })?;
    }
    let reason = "This release speaks PLAINTEXT only, and sends nothing in the clear instead.";
    Err(invalid_value(KEY, protocol, reason))
}

fn log_context(kind: ClientKind, client_id: &str, group: Option<&str>) -> String {
    let name = kind.name();
    match group {
        Some(group) if kind == ClientKind::Consumer => {
            format!("[{name} clientId={client_id}, groupId={group}] ")
        }
        _ => format!("[{name} clientId={client_id}] "),
    }
}

/// Reads a socket buffer's size; -1 and absence leave it to the operating system.
fn buffer_bytes(settings: &Settings<'_>, key: &str) -> Result<Option<u32>, ClientError> {
    Ok(u32::try_from(settings.int(key, -1, -1)?).ok())
}

/// Parses `bootstrap.servers` and checks that at least one host resolves.
///
/// The order and the words are those of `ClientUtils.parseAndValidateAddresses`.
fn parse_bootstrap(servers: &str, log: &Log) -> Result<Vec<BootstrapAddress>, ClientError> {
    let mut found = Vec::new();
    for url in servers.split(',').map(str::trim).filter(|u| !u.is_empty()) {
        let invalid = || ClientError::Config {
            message: format!("Invalid url in bootstrap.servers: {url}"),
        };
        let (host, port) = split_host_port(url).ok_or_else(invalid)?;
        let port = port.parse::<u32>().map_err(|_| invalid())?;
        let port = u16::try_from(port).map_err(|_| ClientError::Config {
            message: format!("Invalid port in bootstrap.servers: {url}"),
        })?;
        if resolve(host, port).is_empty() {
            let message = format!(
                "Couldn't resolve server {url} from bootstrap.servers as DNS resolution failed \
                 for {host}"
            );
            log.line(LogLevel::Warn, CLIENT_UTILS, &message);
            continue;
        }
        found.push(BootstrapAddress {
            host: host.to_owned(),
            port,
        });
    }
    if found.is_empty() {
        return Err(ClientError::Config {
            message: "No resolvable bootstrap urls given in bootstrap.servers".into(),
        });
    }
    Ok(found)
}

/// Splits `[scheme://]host:port`, where the host may be an IPv6 address in brackets.
fn split_host_port(url: &str) -> Option<(&str, &str)> {
    let address = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, port) = address.rsplit_once(':')?;
    let host = host.strip_prefix('[').unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '%' | '.' | '_' | ':');
    let is_port = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    (host.chars().all(is_host) && is_port).then_some((host, port))
}

/// Returns the addresses of a host, IPv4 first as Java prefers them.
pub(crate) fn resolve(host: &str, port: u16) -> Vec<SocketAddr> {
    let mut addresses: Vec<SocketAddr> = match (host, port).to_socket_addrs() {
        Ok(addresses) => addresses.collect(),
        Err(_) => Vec::new(),
    };
    addresses.sort_by_key(SocketAddr::is_ipv6);
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(servers: &str) -> String {
        match parse_bootstrap(servers, &Log::silent()) {
            Ok(addresses) => format!("{addresses:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn bad_addresses_are_refused_in_kafkas_words() {
        for url in [
            "foo",
            "localhost:",
            "localhost:x",
            "a b:1",
            ":",
            "localhost",
        ] {
            let wanted = format!("Invalid url in bootstrap.servers: {url}");
            assert_eq!(sentence(url), wanted);
        }
        assert_eq!(
            sentence("127.0.0.1:70000"),
            "Invalid port in bootstrap.servers: 127.0.0.1:70000"
        );
        for servers in ["", ",", "no.such.host.invalid:9092"] {
            assert_eq!(
                sentence(servers),
                "No resolvable bootstrap urls given in bootstrap.servers"
            );
        }
    }

    #[test]
    fn addresses_may_have_a_scheme_and_brackets() {
        let parsed = parse_bootstrap("PLAINTEXT://127.0.0.1:1, [::1]:2", &Log::silent()).unwrap();
        let hosts: Vec<_> = parsed.iter().map(|a| (a.host.as_str(), a.port)).collect();
        assert_eq!(hosts, [("127.0.0.1", 1), ("::1", 2)]);
    }

    #[test]
    fn nothing_goes_out_in_the_clear_that_was_meant_to_be_safe() {
        let refused = |protocol: &str| {
            let map = BTreeMap::from([
                ("bootstrap.servers".to_owned(), "127.0.0.1:1".to_owned()),
                ("security.protocol".to_owned(), protocol.to_owned()),
            ]);
            ClientConfig::from_map(ClientKind::Admin, &map, Log::silent())
                .err()
                .map(|error| error.to_string())
        };
        assert_eq!(refused("plaintext"), None);
        for protocol in ["SSL", "SASL_PLAINTEXT", "sasl_ssl"] {
            let start = format!("Invalid value {protocol} for configuration security.protocol: ");
            let refused = refused(protocol).unwrap();
            assert!(refused.starts_with(&start), "{refused}");
            assert!(refused.contains("PLAINTEXT only"), "{refused}");
        }
        assert!(refused("TLS").unwrap().contains("String must be one of"));
    }

    #[test]
    fn bad_values_are_refused_in_kafkas_words() {
        let map = BTreeMap::from([
            ("a".to_owned(), "x".to_owned()),
            ("b".to_owned(), "-2".to_owned()),
            ("acks".to_owned(), "7".to_owned()),
        ]);
        let settings = Settings::new(&map);
        assert_eq!(
            settings.int("a", 1, 0).unwrap_err().to_string(),
            "Invalid value x for configuration a: Not a number of type INT"
        );
        assert_eq!(
            settings.long("b", 1, 0).unwrap_err().to_string(),
            "Invalid value -2 for configuration b: Value must be at least 0"
        );
        assert_eq!(
            settings
                .one_of("acks", "all", &["all", "-1", "0", "1"])
                .unwrap_err()
                .to_string(),
            "Invalid value 7 for configuration acks: String must be one of: all, -1, 0, 1"
        );
    }
}
