//! A broker's static settings, typed and checked together, as a properties file gives them.
//!
//! What differs from Kafka on purpose: without `listeners` the broker listens on loopback only;
//! `node.id`, `process.roles` and the quorum's addresses may be missing, since a kt node is a
//! cluster of its own; the keys of ZooKeeper times are accepted with a warning.

use std::fmt;
use std::path::PathBuf;

use super::broker::{self, broker_def, is_retired, kt_def};
use super::listener::{Listener, parse_listeners, parse_protocols};
use super::properties::Properties;
use super::resolve::{ConfigLayers, ConfigMap};
use super::value::{ConfigError, ConfigValue, parse, split_list};

/// How thoroughly a produced batch is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordValidation {
    /// Every record.
    Full,
    /// The batch's own fields and its checksum.
    Header,
}

/// Something in the file that is no error but worth a line in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerConfigWarning {
    /// A key that older releases knew.
    Retired(String),
    /// A key that nobody knows.
    Unknown(String),
}

impl fmt::Display for ServerConfigWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retired(key) => write!(f, "{key} has no effect any more"),
            Self::Unknown(key) => write!(f, "{key} is no known configuration key"),
        }
    }
}

/// Static settings of a broker.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// `node.id`, or `broker.id`; `None` leaves it to what the data directory says.
    pub node_id: Option<i32>,
    /// `broker.rack`
    pub rack: Option<String>,
    /// `listeners`, without those of controllers.
    pub listeners: Vec<Listener>,
    /// `advertised.listeners`; the listeners themselves if it is not set.
    pub advertised_listeners: Vec<Listener>,
    /// The listeners that `controller.listener.names` takes.
    pub controller_listeners: Vec<Listener>,
    /// The name of the listener between brokers.
    pub inter_broker_listener: String,
    /// `log.dirs`, or `log.dir`.
    pub log_dirs: Vec<PathBuf>,
    /// Whether the file names the data directories.
    pub log_dirs_given: bool,
    /// `metadata.log.dir`, or the first data directory.
    pub metadata_log_dir: PathBuf,
    /// `log.flush.before.ack`
    pub flush_before_ack: bool,
    /// `record.validation`
    pub record_validation: RecordValidation,
    /// All that was set, as written; the static layer of `DescribeConfigs`.
    pub static_keys: ConfigMap,
}

impl ServerConfig {
    /// Checks `properties` and returns the typed settings, and what is worth a warning.
    pub fn from_properties(
        properties: &Properties,
    ) -> Result<(Self, Vec<ServerConfigWarning>), ConfigError> {
        let mut warnings = Vec::new();
        for (key, text) in properties.iter() {
            match checked_def(key) {
                Some(def) => {
                    parse(def, text)?;
                }
                None if is_retired(key) => {
                    warnings.push(ServerConfigWarning::Retired(key.to_owned()));
                }
                None if is_open_ended(key) => {}
                None => warnings.push(ServerConfigWarning::Unknown(key.to_owned())),
            }
        }
        let mut static_keys = properties.as_map().clone();
        let node_id = node_id(properties)?;
        if let Some(id) = node_id {
            // One of the two fills both, as in Kafka.
            static_keys.insert("node.id".to_owned(), id.to_string());
        }
        let file = File { keys: &static_keys };
        let [listeners, controller_listeners, advertised_listeners] = file.all_listeners()?;
        let inter_broker_listener = file.inter_broker_listener(&advertised_listeners)?;
        let log_dirs: Vec<PathBuf> = file.log_dirs()?.into_iter().map(PathBuf::from).collect();
        let first = log_dirs.first().cloned().unwrap_or_default();
        file.check_together()?;
        let config = Self {
            node_id,
            rack: file.text("broker.rack"),
            listeners,
            advertised_listeners,
            controller_listeners,
            inter_broker_listener,
            metadata_log_dir: file.text("metadata.log.dir").map_or(first, PathBuf::from),
            log_dirs,
            log_dirs_given: ["log.dirs", "log.dir"]
                .iter()
                .any(|key| static_keys.contains_key(*key)),
            flush_before_ack: file.text("log.flush.before.ack").as_deref() != Some("false"),
            record_validation: match file.text("record.validation").as_deref() {
                Some("header") => RecordValidation::Header,
                _ => RecordValidation::Full,
            },
            static_keys,
        };
        Ok((config, warnings))
    }

    /// Returns the value of a broker key that is a number; 0 for a key that is none.
    #[must_use]
    pub fn number(&self, key: &str) -> i64 {
        File {
            keys: &self.static_keys,
        }
        .number(key)
    }

    /// Returns the value of a broker key that is a size or a count; 0 if it is negative.
    #[must_use]
    pub fn size(&self, key: &str) -> usize {
        usize::try_from(self.number(key)).unwrap_or(0)
    }

    /// Returns the value of a broker key that is true or false.
    #[must_use]
    pub fn boolean(&self, key: &str) -> bool {
        let file = File {
            keys: &self.static_keys,
        };
        matches!(file.value(key), Some(ConfigValue::Boolean(true)))
    }

    /// Returns whether the file sets this key.
    #[must_use]
    pub fn is_set(&self, key: &str) -> bool {
        self.static_keys.contains_key(key)
    }
}

fn checked_def(key: &str) -> Option<&'static super::def::ConfigDef> {
    let named = broker_def(key).or_else(|| kt_def(key));
    named.or_else(|| super::def::find(broker::AUTHORIZER_KEYS, key))
}

/// Returns whether the key belongs to a family whose members no table lists.
fn is_open_ended(key: &str) -> bool {
    const FAMILIES: [&str; 4] = [
        "listener.name.",
        "config.providers.",
        "rsm.config.",
        "rlmm.config.",
    ];
    FAMILIES.iter().any(|prefix| key.starts_with(prefix))
}

fn node_id(properties: &Properties) -> Result<Option<i32>, ConfigError> {
    let number = |key: &str| {
        properties
            .get(key)
            .and_then(|text| text.trim().parse::<i32>().ok())
    };
    match (number("node.id"), number("broker.id")) {
        (Some(node), Some(broker)) if node != broker => Err(ConfigError::new(
            "You must set `node.id` to the same value as `broker.id`.",
        )),
        // A broker.id of -1 asked ZooKeeper for one.
        (Some(id), _) | (None, Some(id)) => Ok(Some(id).filter(|id| *id >= 0)),
        (None, None) => Ok(None),
    }
}

/// The checked keys of a file, looked up with their defaults.
struct File<'a> {
    keys: &'a ConfigMap,
}

impl File<'_> {
    fn value(&self, key: &str) -> Option<ConfigValue> {
        let def = checked_def(key)?;
        let none = ConfigMap::new();
        let layers = ConfigLayers {
            dynamic_broker: &none,
            dynamic_default: &none,
            static_broker: self.keys,
        };
        let text = self
            .keys
            .get(key)
            .map(String::as_str)
            .or_else(|| layers.broker_value(key));
        parse(def, text.or_else(|| def.default_text())?).ok()
    }

    fn number(&self, key: &str) -> i64 {
        match self.value(key) {
            Some(ConfigValue::Number(number)) => number,
            _ => 0,
        }
    }

    fn text(&self, key: &str) -> Option<String> {
        let text = self.value(key)?.to_string();
        (!text.is_empty()).then_some(text)
    }

    fn list(&self, key: &str) -> Vec<String> {
        match self.value(key) {
            Some(ConfigValue::List(list)) => list,
            Some(ConfigValue::Text(text)) => split_list(&text),
            _ => Vec::new(),
        }
    }

    fn log_dirs(&self) -> Result<Vec<String>, ConfigError> {
        let key = if self.keys.contains_key("log.dirs") {
            "log.dirs"
        } else {
            "log.dir"
        };
        let dirs = self.list(key);
        if dirs.is_empty() {
            return Err(ConfigError::new(
                "requirement failed: At least one log directory must be defined via log.dirs or \
                 log.dir.",
            ));
        }
        Ok(dirs)
    }

    /// Returns the listeners of clients, those of controllers, and the advertised ones.
    fn all_listeners(&self) -> Result<[Vec<Listener>; 3], ConfigError> {
        let mut protocols = parse_protocols(&self.list("listener.security.protocol.map"))?;
        let controllers = self.list("controller.listener.names");
        for name in &controllers {
            let name = name.to_uppercase();
            let known = protocols.iter().any(|(known, _)| *known == name);
            if !known && !self.keys.contains_key("listener.security.protocol.map") {
                protocols.push((name, "PLAINTEXT".to_owned()));
            }
        }
        let mut texts = self.list("listeners");
        if !self.keys.contains_key("listeners") {
            texts = vec![self.old_listener()];
        }
        let all = parse_listeners("listeners", &texts, &protocols)?;
        let is_controller = |listener: &Listener| {
            controllers
                .iter()
                .any(|name| name.eq_ignore_ascii_case(&listener.name))
        };
        let (of_controllers, of_clients): (Vec<_>, Vec<_>) =
            all.into_iter().partition(is_controller);
        let advertised = self.list("advertised.listeners");
        if advertised.is_empty() {
            return Ok([of_clients.clone(), of_controllers, of_clients]);
        }
        let advertised = parse_listeners("advertised.listeners", &advertised, &protocols)?;
        let advertised: Vec<_> = advertised
            .into_iter()
            .filter(|listener| !is_controller(listener))
            .collect();
        check_advertised(&of_clients, &advertised)?;
        Ok([of_clients, of_controllers, advertised])
    }

    /// Returns the listener of a file without `listeners`: `host.name` and `port` of old, or
    /// loopback.
    fn old_listener(&self) -> String {
        let old = |key: &str| {
            self.keys
                .get(key)
                .map(|text| text.trim())
                .filter(|t| !t.is_empty())
        };
        let host = old("host.name").unwrap_or("127.0.0.1");
        let port = old("port").unwrap_or("9092");
        format!("PLAINTEXT://{host}:{port}")
    }

    fn inter_broker_listener(&self, advertised: &[Listener]) -> Result<String, ConfigError> {
        let name = self.text("inter.broker.listener.name");
        let protocol_given = self.keys.contains_key("security.inter.broker.protocol");
        if name.is_some() && protocol_given {
            return Err(ConfigError::new(
                "Only one of inter.broker.listener.name and security.inter.broker.protocol \
                 should be set.",
            ));
        }
        let Some(name) = name else {
            let protocol = self
                .text("security.inter.broker.protocol")
                .unwrap_or_default();
            let same = advertised.iter().find(|listener| listener.name == protocol);
            let chosen = same.or_else(|| advertised.first());
            return Ok(chosen
                .map(|listener| listener.name.clone())
                .unwrap_or_default());
        };
        let name = name.to_uppercase();
        if advertised.iter().any(|listener| listener.name == name) {
            return Ok(name);
        }
        Err(ConfigError::new(format!(
            "requirement failed: inter.broker.listener.name must be a listener name defined in \
             advertised.listeners. The valid options based on currently configured listeners are \
             {}",
            names(advertised)
        )))
    }

    /// Checks what several keys decide together.
    fn check_together(&self) -> Result<(), ConfigError> {
        let refused = |why: &str| Err(ConfigError::new(format!("requirement failed: {why}")));
        for key in [
            "log.retention.ms",
            "log.retention.minutes",
            "log.retention.hours",
        ] {
            let given = self.keys.contains_key(key);
            if given && !matches!(self.number(key), -1 | 1..) {
                return refused(&format!(
                    "{key} must be unlimited (-1) or, greater than or equal to 1"
                ));
            }
        }
        let queued = self.number("queued.max.request.bytes");
        if queued > 0 && queued < self.number("socket.request.max.bytes") {
            return refused(
                "queued.max.request.bytes must be larger or equal to socket.request.max.bytes",
            );
        }
        let buffer = self.number("log.cleaner.dedupe.buffer.size");
        let threads = self.number("log.cleaner.threads").max(1);
        if buffer / threads < 1024 * 1024 {
            return refused(
                "log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.",
            );
        }
        Ok(())
    }
}

fn check_advertised(listeners: &[Listener], advertised: &[Listener]) -> Result<(), ConfigError> {
    let known = |listener: &Listener| listeners.iter().any(|other| other.name == listener.name);
    if !advertised.iter().all(known) {
        return Err(ConfigError::new(format!(
            "requirement failed: advertised.listeners listener names must be equal to or a subset \
             of the ones defined in listeners. Found {}. The valid options based on the current \
             configuration are {}",
            names(advertised),
            names(listeners)
        )));
    }
    if advertised.iter().any(|listener| listener.host == "0.0.0.0") {
        return Err(ConfigError::new(
            "requirement failed: advertised.listeners cannot use the nonroutable meta-address \
             0.0.0.0. Use a routable IP address.",
        ));
    }
    Ok(())
}

fn names(listeners: &[Listener]) -> String {
    listeners
        .iter()
        .map(|listener| listener.name.as_str())
        .collect::<Vec<_>>()
        .join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<(ServerConfig, Vec<ServerConfigWarning>), ConfigError> {
        ServerConfig::from_properties(&Properties::parse(text.as_bytes()).unwrap())
    }

    fn refusal(text: &str) -> String {
        load(text).unwrap_err().to_string()
    }

    #[test]
    fn nothing_at_all_is_a_broker_on_loopback() {
        let (config, warnings) = load("").unwrap();
        assert_eq!(
            config.listeners[0].to_string(),
            "PLAINTEXT://127.0.0.1:9092"
        );
        assert_eq!((config.node_id, config.flush_before_ack), (None, true));
        assert_eq!(config.number("num.partitions"), 1);
        assert_eq!(config.size("socket.request.max.bytes"), 104_857_600);
        assert!(config.boolean("auto.create.topics.enable"));
        assert_eq!(config.inter_broker_listener, "PLAINTEXT");
        assert_eq!(warnings, []);
    }

    #[test]
    fn the_sample_file_of_a_combined_node_is_read() {
        let (config, warnings) = load(
            "process.roles=broker,controller\nnode.id=1\n\
             controller.quorum.voters=1@localhost:9093\n\
             listeners=PLAINTEXT://:9092,CONTROLLER://:9093\n\
             inter.broker.listener.name=PLAINTEXT\n\
             advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\n\
             controller.listener.names=CONTROLLER\n\
             log.dirs=/tmp/a, /tmp/b\nlog.retention.hours=168\n",
        )
        .unwrap();
        assert_eq!(warnings, []);
        assert_eq!(config.node_id, Some(1));
        assert_eq!(config.listeners.len(), 1);
        assert_eq!(config.controller_listeners[0].port, 9093);
        assert_eq!(config.advertised_listeners[0].host, "localhost");
        assert_eq!(
            config.log_dirs,
            [PathBuf::from("/tmp/a"), PathBuf::from("/tmp/b")]
        );
        assert_eq!(config.metadata_log_dir, PathBuf::from("/tmp/a"));
    }

    #[test]
    fn the_file_of_zookeeper_times_is_read() {
        let (config, warnings) = load(
            "broker.id=0\nport=9095\nhost.name=localhost\nzookeeper.connect=localhost:2181\n\
             log.dirs=/tmp/kafka-logs\ngroup.initial.rebalance.delay.ms=0\nmy.own=1\n",
        )
        .unwrap();
        assert_eq!(config.node_id, Some(0));
        assert_eq!(
            config.listeners[0].to_string(),
            "PLAINTEXT://localhost:9095"
        );
        let keys: Vec<String> = warnings.iter().map(ToString::to_string).collect();
        assert_eq!(
            keys,
            [
                "host.name has no effect any more",
                "my.own is no known configuration key",
                "port has no effect any more",
                "zookeeper.connect has no effect any more",
            ]
        );
    }

    #[test]
    fn kts_own_keys_are_read() {
        let (config, _) = load("log.flush.before.ack=false\nrecord.validation=header").unwrap();
        assert!(!config.flush_before_ack);
        assert_eq!(config.record_validation, RecordValidation::Header);
    }

    #[test]
    fn what_kafka_refuses_at_start_is_refused_in_its_words() {
        assert_eq!(
            refusal("num.partitions=many"),
            "Invalid value many for configuration num.partitions: Not a number of type INT"
        );
        assert_eq!(
            refusal("num.partitions=0"),
            "Invalid value 0 for configuration num.partitions: Value must be at least 1"
        );
        assert_eq!(
            refusal("process.roles=x"),
            "Invalid value x for configuration process.roles: String must be one of: broker, \
             controller"
        );
        assert_eq!(
            refusal("node.id=1\nbroker.id=2"),
            "You must set `node.id` to the same value as `broker.id`."
        );
        assert_eq!(
            refusal("log.dirs="),
            "Configuration 'log.dirs' must not be empty. Valid values include: any non-empty value"
        );
        assert_eq!(
            refusal("log.retention.ms=0"),
            "requirement failed: log.retention.ms must be unlimited (-1) or, greater than or \
             equal to 1"
        );
        assert!(
            refusal("advertised.listeners=OTHER://localhost:1")
                .ends_with("No security protocol defined for listener OTHER")
        );
        assert!(refusal("advertised.listeners=SSL://localhost:1").ends_with(
            "Found SSL. The valid options based on the current configuration are PLAINTEXT"
        ));
        assert!(refusal("advertised.listeners=PLAINTEXT://0.0.0.0:1").contains("nonroutable"));
        assert!(refusal("queued.max.request.bytes=5").contains("queued.max.request.bytes"));
    }
}
