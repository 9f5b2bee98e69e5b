//! What groups and client metrics may have as settings (GroupConfig, ClientMetricsConfigs).
//!
//! Not checked: the bounds that a broker's own file sets on groups; the broker checks them.

use fancy_regex::Regex;

use super::Refusal;
use crate::config::group::{client_metrics_def, validate_group_value};
use crate::config::value::{parse, split_list};
use crate::config::{ConfigDef, ConfigValue};
use crate::metadata::ConfigImage;
use crate::protocol::ErrorCode;

/// How often clients may push metrics, in milliseconds.
const INTERVAL_MS: std::ops::RangeInclusive<i64> = 100..=3_600_000;
/// What a client may be chosen by (`ClientMetricsConfigs.ClientMatchParams`).
const SELECTORS: [&str; 6] = [
    "client_id",
    "client_instance_id",
    "client_software_name",
    "client_software_version",
    "client_source_address",
    "client_source_port",
];

/// Checks all that a group is to have from now on.
pub(super) fn check_group_configs(after: &ConfigImage) -> Result<(), Refusal> {
    let checked = after
        .iter()
        .try_for_each(|(key, text)| validate_group_value(key, text).map(drop));
    checked.map_err(|error| Refusal::new(ErrorCode::InvalidConfig, error.to_string()))
}

/// Checks all that a set of client metrics is to have from now on.
pub(super) fn check_client_metrics_configs(after: &ConfigImage) -> Result<(), Refusal> {
    for (key, text) in after {
        let Some(def) = client_metrics_def(key) else {
            let text = format!("Unknown client metrics configuration: {key}");
            return Err(Refusal::new(ErrorCode::InvalidRequest, text));
        };
        check_client_metrics_value(def, text)?;
    }
    Ok(())
}

fn check_client_metrics_value(def: &ConfigDef, text: &str) -> Result<(), Refusal> {
    let invalid = |text: String| Refusal::new(ErrorCode::InvalidConfig, text);
    match parse(def, text).map_err(|error| invalid(error.to_string()))? {
        ConfigValue::Number(interval) if !INTERVAL_MS.contains(&interval) => {
            let text = format!(
                "Invalid value {interval} for interval.ms, interval must be between {} and {} \
                 (1 hour)",
                INTERVAL_MS.start(),
                INTERVAL_MS.end()
            );
            Err(Refusal::new(ErrorCode::InvalidRequest, text))
        }
        ConfigValue::List(_) if def.key == "match" => {
            let refused = split_list(text)
                .into_iter()
                .find(|pattern| !is_pattern(pattern));
            match refused {
                Some(pattern) => Err(invalid(format!(
                    "Illegal client matching pattern: {pattern}"
                ))),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// Returns whether the text is a known selector, `=`, and a regular expression.
fn is_pattern(text: &str) -> bool {
    text.split_once('=').is_some_and(|(selector, pattern)| {
        SELECTORS.contains(&selector.trim()) && Regex::new(pattern.trim()).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(key: &str, text: &str) -> Refusal {
        let after = ConfigImage::from([(key.to_owned(), text.to_owned())]);
        check_client_metrics_configs(&after).unwrap_err()
    }

    #[test]
    fn client_metrics_are_refused_in_kafkas_words() {
        let request = ErrorCode::InvalidRequest;
        let config = ErrorCode::InvalidConfig;
        let cases = [
            (
                "nope",
                "1",
                request,
                "Unknown client metrics configuration: nope",
            ),
            (
                "interval.ms",
                "1",
                request,
                "Invalid value 1 for interval.ms, interval must be between 100 and 3600000 \
                 (1 hour)",
            ),
            (
                "interval.ms",
                "x",
                config,
                "Invalid value x for configuration interval.ms: Not a number of type INT",
            ),
            (
                "match",
                "foo=bar",
                config,
                "Illegal client matching pattern: foo=bar",
            ),
            (
                "match",
                "client_id=[",
                config,
                "Illegal client matching pattern: client_id=[",
            ),
        ];
        for (key, text, code, message) in cases {
            assert_eq!(refusal(key, text), Refusal::new(code, message));
        }
    }

    #[test]
    fn client_metrics_that_kafka_takes_are_taken() {
        let pairs = [
            ("interval.ms", "1000"),
            ("match", "client_id=a.*, client_software_name=x"),
            ("metrics", "*"),
        ];
        let after = pairs.map(|(key, text)| (key.to_owned(), text.to_owned()));
        assert_eq!(
            check_client_metrics_configs(&ConfigImage::from(after)),
            Ok(())
        );
    }
}
