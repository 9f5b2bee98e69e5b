//! One setting of a thing: its value, where that comes from, its type.

/// Where a value comes from (`ConfigEntry.ConfigSource`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConfigSource {
    /// A source that kt does not know.
    Unknown,
    /// Set for the topic.
    DynamicTopic,
    /// Set for the broker at run time.
    DynamicBroker,
    /// Set for all brokers at run time.
    DynamicDefaultBroker,
    /// Set in the broker's properties file.
    StaticBroker,
    /// Kafka's default.
    Default,
    /// A log level set at run time.
    DynamicBrokerLogger,
    /// Set for a subscription to clients' metrics.
    DynamicClientMetrics,
    /// Set for the group.
    DynamicGroup,
}

impl ConfigSource {
    /// Returns the source of this number.
    #[must_use]
    pub const fn from_code(code: i8) -> Self {
        match code {
            1 => Self::DynamicTopic,
            2 => Self::DynamicBroker,
            3 => Self::DynamicDefaultBroker,
            4 => Self::StaticBroker,
            5 => Self::Default,
            6 => Self::DynamicBrokerLogger,
            7 => Self::DynamicClientMetrics,
            8 => Self::DynamicGroup,
            _ => Self::Unknown,
        }
    }

    /// Returns Kafka's name, as `kafka-configs` prints it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::DynamicTopic => "DYNAMIC_TOPIC_CONFIG",
            Self::DynamicBroker => "DYNAMIC_BROKER_CONFIG",
            Self::DynamicDefaultBroker => "DYNAMIC_DEFAULT_BROKER_CONFIG",
            Self::StaticBroker => "STATIC_BROKER_CONFIG",
            Self::Default => "DEFAULT_CONFIG",
            Self::DynamicBrokerLogger => "DYNAMIC_BROKER_LOGGER_CONFIG",
            Self::DynamicClientMetrics => "DYNAMIC_CLIENT_METRICS_CONFIG",
            Self::DynamicGroup => "DYNAMIC_GROUP_CONFIG",
        }
    }
}

/// The type of a setting (`ConfigEntry.ConfigType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConfigType {
    /// Not told, or one that kt does not know.
    Unknown,
    /// `true` or `false`.
    Boolean,
    /// Text.
    String,
    /// 32 bits.
    Int,
    /// 16 bits.
    Short,
    /// 64 bits.
    Long,
    /// Floating point.
    Double,
    /// Texts with commas between.
    List,
    /// A Java class.
    Class,
    /// Text that is not shown.
    Password,
}

impl ConfigType {
    /// Returns the type of this number.
    #[must_use]
    pub const fn from_code(code: i8) -> Self {
        match code {
            1 => Self::Boolean,
            2 => Self::String,
            3 => Self::Int,
            4 => Self::Short,
            5 => Self::Long,
            6 => Self::Double,
            7 => Self::List,
            8 => Self::Class,
            9 => Self::Password,
            _ => Self::Unknown,
        }
    }
}

/// A value that would hold if those before it were not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigSynonym {
    /// The setting's name at that place.
    pub name: String,
    /// Its value; `None` if it is not shown.
    pub value: Option<String>,
    /// Where it is set.
    pub source: ConfigSource,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigEntry {
    /// Its name.
    pub name: String,
    /// Its value; `None` if it is not shown or has none.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Whether it can't be changed at run time.
    pub read_only: bool,
    /// Whether its value is secret.
    pub sensitive: bool,
    /// All values, the one that holds first.
    pub synonyms: Vec<ConfigSynonym>,
    /// Its type.
    pub kind: ConfigType,
    /// What it does, if that was asked for.
    pub documentation: Option<String>,
}
