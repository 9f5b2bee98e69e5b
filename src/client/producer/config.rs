//! The producer's settings, with the checks and the words of `ProducerConfig`.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::client::config::{ClientConfig, ClientKind, Settings};
use crate::client::error::ClientError;
use crate::client::log::{Log, LogLevel};
use crate::record::Codec;

const LOGGER: &str = "org.apache.kafka.clients.producer.KafkaProducer";

/// Who must have a record before it counts as sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// Nobody: the broker does not answer.
    None,
    /// The leader.
    Leader,
    /// All replicas in sync.
    All,
}

impl Acks {
    /// Returns the number on the wire.
    #[must_use]
    pub const fn code(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Leader => 1,
            Self::All => -1,
        }
    }
}

/// What a producer knows.
#[derive(Clone, Debug)]
pub struct ProducerConfig {
    /// What every client knows.
    pub client: ClientConfig,
    /// Who must have a record (`acks`).
    pub acks: Acks,
    /// Whether the broker drops records that it has already (`enable.idempotence`).
    pub idempotent: bool,
    /// How often a batch that was sent may be sent again (`retries`).
    pub retries: u32,
    /// Size at which a batch is closed (`batch.size`).
    pub batch_bytes: usize,
    /// How long a batch waits for more records (`linger.ms`).
    pub linger: Duration,
    /// How much may wait to be sent (`buffer.memory`).
    pub buffer_bytes: usize,
    /// The largest request (`max.request.size`).
    pub request_bytes_max: usize,
    /// How many requests a broker may owe an answer (`max.in.flight.requests.per.connection`).
    pub in_flight_max: usize,
    /// How long a record may take in all (`delivery.timeout.ms`).
    pub delivery_timeout: Duration,
    /// How long sending may wait for metadata and for room (`max.block.ms`).
    pub max_block: Duration,
    /// The codec (`compression.type`).
    pub codec: Codec,
    /// The codec's level, if not its default.
    pub level: Option<i32>,
}

impl ProducerConfig {
    /// Reads a producer's settings.
    ///
    /// # Errors
    ///
    /// Fails in Kafka's words if a value cannot be, or if two exclude each other.
    pub fn from_map(map: &BTreeMap<String, String>, log: Log) -> Result<Self, ClientError> {
        let settings = Settings::new(map);
        let client = ClientConfig::from_map(ClientKind::Producer, map, log)?;
        let acks = match settings.one_of("acks", "all", &["all", "-1", "0", "1"])? {
            "0" => Acks::None,
            "1" => Acks::Leader,
            _ => Acks::All,
        };
        let (codec, level) = codec(&settings)?;
        let retries = settings.int("retries", i32::MAX, 0)?;
        let in_flight = settings.int("max.in.flight.requests.per.connection", 5, 1)?;
        let linger = settings.millis("linger.ms", 5)?;
        let request_bytes = settings.int("max.request.size", 1 << 20, 0)?;
        let buffer_bytes = settings.long("buffer.memory", 32 << 20, 0)?;
        let batch_bytes = settings.int("batch.size", 16384, 0)?;
        let delivery_timeout = delivery_timeout(&settings, &client, linger)?;
        Ok(Self {
            acks,
            idempotent: idempotent(&settings, acks, retries, in_flight)?,
            retries: u32::try_from(retries).unwrap_or(0),
            batch_bytes: usize::try_from(batch_bytes).unwrap_or(0),
            linger,
            buffer_bytes: usize::try_from(buffer_bytes).unwrap_or(usize::MAX),
            request_bytes_max: usize::try_from(request_bytes).unwrap_or(0),
            in_flight_max: usize::try_from(in_flight).unwrap_or(1),
            delivery_timeout,
            max_block: settings.millis("max.block.ms", 60_000)?,
            codec,
            level,
            client,
        })
    }
}

fn codec(settings: &Settings<'_>) -> Result<(Codec, Option<i32>), ClientError> {
    let names = ["none", "gzip", "snappy", "lz4", "zstd"];
    let (codec, key) = match settings.one_of("compression.type", "none", &names)? {
        "gzip" => (Codec::Gzip, "compression.gzip.level"),
        "snappy" => return Ok((Codec::Snappy, None)),
        "lz4" => (Codec::Lz4, "compression.lz4.level"),
        "zstd" => (Codec::Zstd, "compression.zstd.level"),
        _ => return Ok((Codec::None, None)),
    };
    if !settings.is_set(key) {
        return Ok((codec, None));
    }
    Ok((codec, Some(settings.int(key, 0, i32::MIN)?)))
}

/// Decides on idempotence: on, unless other settings rule it out and it was not asked for.
fn idempotent(
    settings: &Settings<'_>,
    acks: Acks,
    retries: i32,
    in_flight: i32,
) -> Result<bool, ClientError> {
    let asked_for = settings.is_set("enable.idempotence");
    if !settings.boolean("enable.idempotence", true)? {
        return Ok(false);
    }
    let reason = if retries == 0 {
        "Must set retries to non-zero when using the idempotent producer."
    } else if acks != Acks::All {
        "Must set acks to all in order to use the idempotent producer. Otherwise we cannot \
         guarantee idempotence."
    } else if in_flight > 5 {
        "Must set max.in.flight.requests.per.connection to at most 5 to use the idempotent \
         producer."
    } else {
        return Ok(true);
    };
    if asked_for {
        return Err(ClientError::Config {
            message: reason.into(),
        });
    }
    Ok(false)
}

fn delivery_timeout(
    settings: &Settings<'_>,
    client: &ClientConfig,
    linger: Duration,
) -> Result<Duration, ClientError> {
    let timeout = settings.millis("delivery.timeout.ms", 120_000)?;
    let least = linger + client.request_timeout;
    if timeout >= least {
        return Ok(timeout);
    }
    let rule = "delivery.timeout.ms should be equal to or larger than linger.ms + \
                request.timeout.ms";
    if settings.is_set("delivery.timeout.ms") {
        return Err(ClientError::Config {
            message: rule.into(),
        });
    }
    let line = format!("{rule}. Setting it to {}.", least.as_millis());
    client.log_line(LogLevel::Warn, LOGGER, &line);
    Ok(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(settings: &[(&str, &str)]) -> Result<ProducerConfig, String> {
        let mut map = BTreeMap::from([("bootstrap.servers".to_owned(), "127.0.0.1:1".to_owned())]);
        map.extend(
            settings
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        );
        ProducerConfig::from_map(&map, Log::silent()).map_err(|error| error.to_string())
    }

    #[test]
    fn idempotence_is_on_unless_other_settings_rule_it_out() {
        assert!(config(&[]).unwrap().idempotent);
        assert!(!config(&[("acks", "1")]).unwrap().idempotent);
        assert!(!config(&[("retries", "0")]).unwrap().idempotent);
        let both = [("acks", "1"), ("enable.idempotence", "true")];
        assert_eq!(
            config(&both).unwrap_err(),
            "Must set acks to all in order to use the idempotent producer. \
             Otherwise we cannot guarantee idempotence."
        );
    }

    #[test]
    fn the_delivery_timeout_is_never_below_linger_and_request_timeout() {
        let raised = config(&[("linger.ms", "200000")]).unwrap();
        assert_eq!(raised.delivery_timeout, Duration::from_secs(230));
        let error = config(&[("delivery.timeout.ms", "10")]).unwrap_err();
        assert_eq!(
            error,
            "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms"
        );
    }
}
