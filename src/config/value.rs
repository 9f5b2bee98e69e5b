//! Values of configuration keys: from text and back, checked as Kafka's `ConfigDef` checks them.
//!
//! The error sentences are Kafka's own, since scripts and people look for them.

use std::fmt;

use super::def::{ConfigDef, ConfigType, ValidValues};

/// A value of a configuration key.
#[derive(Clone, Debug, PartialEq)]
pub enum ConfigValue {
    /// `true` or `false`.
    Boolean(bool),
    /// A text; a class name too.
    Text(String),
    /// A number of type short, int or long.
    Number(i64),
    /// A number of type double.
    Double(f64),
    /// Texts, in their order, each once.
    List(Vec<String>),
    /// A text that must not be shown.
    Password(String),
}

impl fmt::Display for ConfigValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => value.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Double(number) => f.write_str(&double_text(*number)),
            Self::List(list) => f.write_str(&list.join(",")),
            Self::Password(_) => f.write_str("[hidden]"),
        }
    }
}

/// A value that a key does not take; the text is Kafka's `ConfigException`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    message: String,
}

impl ConfigError {
    /// Returns an error that says exactly this.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }

    /// Returns the error "Invalid value VALUE for configuration KEY: WHY".
    pub fn invalid(key: &str, value: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self::new(format!(
            "Invalid value {value} for configuration {key}: {why}"
        ))
    }

    /// Returns the sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// Parses and checks `text` as a value of `def`.
pub fn parse(def: &ConfigDef, text: &str) -> Result<ConfigValue, ConfigError> {
    let value = parse_type(def, text)?;
    check_valid(def, &value)?;
    Ok(value)
}

/// Returns the text that Kafka shows for `text` as a value of `def`, without checking its range.
#[must_use]
pub fn normalized(def: &ConfigDef, text: &str) -> String {
    match parse_type(def, text) {
        Ok(ConfigValue::Password(_)) | Err(_) => text.to_owned(),
        Ok(value) => value.to_string(),
    }
}

/// Returns `number` as Java's `Double.toString` writes it.
#[must_use]
pub fn double_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    let size = number.abs();
    if number == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{number:?}");
    }
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let fraction = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{fraction}E{exponent}")
}

fn parse_type(def: &ConfigDef, text: &str) -> Result<ConfigValue, ConfigError> {
    let trimmed = java_trim(text);
    let no_number = || {
        ConfigError::invalid(
            def.key,
            text,
            format_args!("Not a number of type {}", def.kind.name()),
        )
    };
    match def.kind {
        ConfigType::Boolean if trimmed.eq_ignore_ascii_case("true") => {
            Ok(ConfigValue::Boolean(true))
        }
        ConfigType::Boolean if trimmed.eq_ignore_ascii_case("false") => {
            Ok(ConfigValue::Boolean(false))
        }
        ConfigType::Boolean => {
            let why = "Expected value to be either true or false";
            Err(ConfigError::invalid(def.key, text, why))
        }
        ConfigType::String | ConfigType::Class => Ok(ConfigValue::Text(trimmed.to_owned())),
        ConfigType::Password => Ok(ConfigValue::Password(trimmed.to_owned())),
        ConfigType::Int => {
            let number: i32 = trimmed.parse().map_err(|_| no_number())?;
            Ok(ConfigValue::Number(number.into()))
        }
        ConfigType::Short => {
            let number: i16 = trimmed.parse().map_err(|_| no_number())?;
            Ok(ConfigValue::Number(number.into()))
        }
        ConfigType::Long => {
            let number: i64 = trimmed.parse().map_err(|_| no_number())?;
            Ok(ConfigValue::Number(number))
        }
        ConfigType::Double => parse_double(trimmed)
            .map(ConfigValue::Double)
            .ok_or_else(no_number),
        ConfigType::List => Ok(ConfigValue::List(split_list(trimmed))),
    }
}

/// Splits a list as Kafka does: commas with blanks around them; a repeated entry counts once.
#[must_use]
pub fn split_list(text: &str) -> Vec<String> {
    let trimmed = java_trim(text);
    let mut list: Vec<String> = Vec::new();
    if trimmed.is_empty() {
        return list;
    }
    for entry in trimmed.split(',').map(java_trim) {
        if !list.iter().any(|seen| seen == entry) {
            list.push(entry.to_owned());
        }
    }
    list
}

/// Removes what Java's `String.trim` removes: everything up to the blank, at both ends.
fn java_trim(text: &str) -> &str {
    text.trim_matches(|c: char| c <= ' ')
}

fn parse_double(text: &str) -> Option<f64> {
    let digits = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    let known = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    if !digits.chars().all(known) {
        return None;
    }
    digits.parse().ok()
}

fn check_valid(def: &ConfigDef, value: &ConfigValue) -> Result<(), ConfigError> {
    match (def.valid, value) {
        (ValidValues::AtLeast(least), ConfigValue::Number(number)) => {
            check_range(def.key, *number, least, i64::MAX)
        }
        (ValidValues::Between(least, most), ConfigValue::Number(number)) => {
            check_range(def.key, *number, least, most)
        }
        (ValidValues::Fraction(least, most), ConfigValue::Double(number)) => {
            if *number < least {
                let why = format!("Value must be at least {least}");
                return Err(ConfigError::invalid(def.key, value, why));
            }
            if *number > most {
                let why = format!("Value must be no more than {most}");
                return Err(ConfigError::invalid(def.key, value, why));
            }
            Ok(())
        }
        (ValidValues::BetweenOr(least, most, other), ConfigValue::Number(number)) => {
            if *number == other || (least..=most).contains(number) {
                return Ok(());
            }
            let why = format!("Value must be between {least} and {most} or equal to {other}");
            Err(ConfigError::invalid(def.key, value, why))
        }
        (ValidValues::OneOf(texts), ConfigValue::Text(text)) => check_one_of(def.key, text, texts),
        (ValidValues::OneOfIgnoringCase(texts), ConfigValue::Text(text)) => {
            if texts.iter().any(|known| known.eq_ignore_ascii_case(text)) {
                return Ok(());
            }
            let texts = texts.join(", ");
            let why = format!("String must be one of (case insensitive): {texts}");
            Err(ConfigError::invalid(def.key, text, why))
        }
        (ValidValues::NonEmptyString, ConfigValue::Text(text)) if text.is_empty() => Err(
            ConfigError::invalid(def.key, text, "String must be non-empty"),
        ),
        (ValidValues::OffsetReset, ConfigValue::Text(text)) => {
            let duration = text
                .strip_prefix("by_duration:")
                .is_some_and(|d| d.starts_with(['P', 'p']));
            if duration || matches!(text.as_str(), "earliest" | "latest" | "none") {
                return Ok(());
            }
            Err(ConfigError::new(format!(
                "Invalid value `{text}` for configuration {}. The value must be either \
                 'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'.",
                def.key
            )))
        }
        (_, ConfigValue::List(list)) => check_list(def, list),
        _ => Ok(()),
    }
}

fn check_range(key: &str, number: i64, least: i64, most: i64) -> Result<(), ConfigError> {
    if number < least {
        let why = format!("Value must be at least {least}");
        return Err(ConfigError::invalid(key, number, why));
    }
    if number > most {
        let why = format!("Value must be no more than {most}");
        return Err(ConfigError::invalid(key, number, why));
    }
    Ok(())
}

fn check_one_of(key: &str, text: &str, texts: &[&str]) -> Result<(), ConfigError> {
    if texts.contains(&text) {
        return Ok(());
    }
    let texts = texts.join(", ");
    Err(ConfigError::invalid(
        key,
        text,
        format_args!("String must be one of: {texts}"),
    ))
}

fn check_list(def: &ConfigDef, list: &[String]) -> Result<(), ConfigError> {
    if let ValidValues::ThrottledReplicas = def.valid {
        return check_throttled_replicas(def.key, list);
    }
    if list.iter().any(String::is_empty) {
        let key = def.key;
        return Err(ConfigError::new(format!(
            "Configuration '{key}' values must not be empty."
        )));
    }
    match def.valid {
        ValidValues::ListOf(texts) => list
            .iter()
            .try_for_each(|text| check_one_of(def.key, text, texts)),
        ValidValues::NonEmptyList if list.is_empty() => {
            let key = def.key;
            Err(ConfigError::new(format!(
                "Configuration '{key}' must not be empty. Valid values include: any non-empty value"
            )))
        }
        _ => Ok(()),
    }
}

fn check_throttled_replicas(key: &str, list: &[String]) -> Result<(), ConfigError> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_replica = |text: &String| {
        text.split_once(':')
            .is_some_and(|(left, right)| is_number(left) && is_number(right))
    };
    if list.is_empty() || matches!(list, [only] if only == "*") || list.iter().all(is_replica) {
        return Ok(());
    }
    let shown = list.join(", ");
    let why = format!(
        "{key} must be the literal '*' or a list of replicas in the following format: \
         [partitionId]:[brokerId],[partitionId]:[brokerId],..."
    );
    Err(ConfigError::invalid(key, format_args!("[{shown}]"), why))
}
