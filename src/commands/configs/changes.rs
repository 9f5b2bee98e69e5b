//! The changes that `configs --alter` asks for.

use super::options::{Options, failed};
use crate::cli::{CommandError, PropertiesMap, read_properties_file};
use crate::client::admin::{ConfigChange, ConfigOperation};
use crate::fs::RealFs;

impl Options {
    /// Returns the changes that the options ask for.
    pub(super) fn changes(&self) -> Result<Vec<ConfigChange>, CommandError> {
        let mut set = match self.add_config_file.as_deref() {
            Some(path) => read_properties_file(&RealFs, path)?,
            None => PropertiesMap::new(),
        };
        if let Some(text) = &self.add_config {
            set.extend(parse_settings(text)?);
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if let Some(key) = set.keys().find(|key| !key.chars().all(allowed)) {
            return Err(failed(format!(
                "Invalid character found for config key: {key}"
            )));
        }
        let deleted = self.delete_config.as_deref().unwrap_or_default();
        let deleted = deleted
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        let mut changes: Vec<_> = set
            .into_iter()
            .map(|(name, value)| ConfigChange {
                name,
                operation: ConfigOperation::Set(value),
            })
            .collect();
        changes.extend(deleted.map(|name| ConfigChange {
            name: name.to_owned(),
            operation: ConfigOperation::Delete,
        }));
        Ok(changes)
    }
}

/// Reads `k1=v1,k2=[v2,v3]`: commas and equals signs in brackets divide nothing, and the brackets
/// go.
fn parse_settings(text: &str) -> Result<PropertiesMap, CommandError> {
    let mut settings = PropertiesMap::new();
    for pair in split_outside_brackets(text, ',') {
        let pieces = split_outside_brackets(pair, '=');
        let [key, value] = pieces.as_slice() else {
            return Err(failed(
                "requirement failed: Invalid entity config: all configs to be added must be in \
                 the format \"key=val\" or  \"key=[val1,val2]\" to group values which contain \
                 commas.",
            ));
        };
        let value = value.replace(['[', ']'], "");
        settings.insert(key.trim().to_owned(), value.trim().to_owned());
    }
    Ok(settings)
}

fn split_outside_brackets(text: &str, separator: char) -> Vec<&str> {
    let mut inside = false;
    text.split(|letter| {
        match letter {
            '[' => inside = true,
            ']' => inside = false,
            _ => {}
        }
        letter == separator && !inside
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_with_commas_stand_in_brackets() {
        let found = parse_settings("cleanup.policy=[compact,delete], segment.bytes = 2097152,a=");
        let found: Vec<_> = found.unwrap().into_iter().collect();
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let expected = [
            pair("a", ""),
            pair("cleanup.policy", "compact,delete"),
            pair("segment.bytes", "2097152"),
        ];
        assert_eq!(found, expected);
        let found = parse_settings("match=[client_id=app.*]").unwrap();
        assert_eq!(found["match"], "client_id=app.*");
        for text in ["a", "a=b=c", ""] {
            assert!(parse_settings(text).is_err(), "{text}");
        }
    }
}
