//! What brokers may have as dynamic settings (DynamicBrokerConfig, ConfigurationControlManager).
//!
//! Keys that nobody knows are kept without effect, as in Kafka. Not checked: that a count of
//! threads stays within half and double of the present one, which needs the broker's own file.

use super::Refusal;
use crate::config::broker::{
    broker_def, dynamic_only_def, kt_def, split_listener_prefix, update_mode,
};
use crate::config::value::parse;
use crate::config::{ConfigDef, ConfigValue, UpdateMode};
use crate::metadata::record::resource_type;
use crate::metadata::{ConfigImage, MetadataImage};
use crate::protocol::ErrorCode;

/// The feature with which the controller itself holds the cluster's `min.insync.replicas`.
const ELIGIBLE_LEADER_REPLICAS: &str = "eligible.leader.replicas.version";
/// That key.
const MIN_IN_SYNC: &str = "min.insync.replicas";

/// Checks all that broker `name` (empty for all brokers) is to have from now on.
pub(super) fn check_broker_configs(
    image: &MetadataImage,
    name: &str,
    after: &ConfigImage,
) -> Result<(), Refusal> {
    let keys = || after.keys().map(String::as_str);
    let read_only = |key: &&str| {
        kt_def(key).is_some() || matches!(update_mode(key), Some(UpdateMode::ReadOnly))
    };
    refuse_if_any(
        "Cannot update these configs dynamically",
        keys().filter(read_only),
    )?;
    refuse_if_any(
        "These security configs can be dynamically updated only per-listener using the listener \
         prefix",
        keys().filter(|key| is_listener_security(key)),
    )?;
    for (key, text) in after {
        let Some(def) = def_of(key) else {
            continue;
        };
        let value = parse(def, text).map_err(|error| invalid_request(error.to_string()))?;
        check_retention(key, &value)?;
    }
    if name.is_empty() {
        let per_broker = |key: &&str| matches!(update_mode(key), Some(UpdateMode::PerBroker));
        refuse_if_any(
            "Cannot update these configs at default cluster level, broker id must be specified",
            keys().filter(per_broker),
        )?;
    }
    check_min_in_sync(image, name, after)
}

/// Returns the row of a key that a broker may have, under a listener's prefix too.
pub(super) fn def_of(key: &str) -> Option<&'static ConfigDef> {
    let plain = broker_def(key)
        .or_else(|| dynamic_only_def(key))
        .or_else(|| kt_def(key));
    plain.or_else(|| {
        let (_, rest) = split_listener_prefix(key)?;
        broker_def(rest).or_else(|| broker_def(rest.split_once('.')?.1))
    })
}

fn invalid_request(text: impl Into<String>) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest, text)
}

fn refuse_if_any<'a>(why: &str, keys: impl Iterator<Item = &'a str>) -> Result<(), Refusal> {
    let keys: Vec<&str> = keys.collect();
    if keys.is_empty() {
        return Ok(());
    }
    Err(invalid_request(format!("{why}: [{}]", keys.join(", "))))
}

/// Returns whether a key configures TLS or SASL and names no listener.
fn is_listener_security(key: &str) -> bool {
    let security = key.starts_with("ssl.") || key.starts_with("sasl.");
    security && matches!(update_mode(key), Some(UpdateMode::PerBroker))
}

fn check_retention(key: &str, value: &ConfigValue) -> Result<(), Refusal> {
    match value {
        ConfigValue::Number(number)
            if key == "log.retention.ms" && (*number == 0 || *number < -1) =>
        {
            Err(invalid_request(format!(
                "requirement failed: {key} must be unlimited (-1) or, greater than or equal to 1"
            )))
        }
        _ => Ok(()),
    }
}

/// With eligible leader replicas one value holds for the whole cluster (KIP-966).
fn check_min_in_sync(
    image: &MetadataImage,
    name: &str,
    after: &ConfigImage,
) -> Result<(), Refusal> {
    if image.feature_level(ELIGIBLE_LEADER_REPLICAS).unwrap_or(0) < 1 {
        return Ok(());
    }
    let before = image.config(resource_type::BROKER, name);
    let before = before.and_then(|config| config.get(MIN_IN_SYNC));
    let refuse = |text: &str| Err(Refusal::new(ErrorCode::InvalidConfig, text));
    match after.get(MIN_IN_SYNC) {
        None if name.is_empty() && before.is_some() => {
            refuse("Cluster-level min.insync.replicas cannot be removed while ELR is enabled.")
        }
        value if !name.is_empty() && value != before => {
            refuse("Broker-level min.insync.replicas cannot be altered while ELR is enabled.")
        }
        _ => Ok(()),
    }
}
