//! Settings of a command: .properties files that options name, and `key=value` words.

use std::collections::BTreeMap;
use std::path::Path;

use super::CommandError;
use crate::config::Properties;
use crate::fs::Fs;

/// The largest file that is read as settings.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Settings by name.
pub type PropertiesMap = BTreeMap<String, String>;

/// Reads a properties file; the sentence of a failure is the path, as Java's exceptions say it.
pub fn read_properties_file(fs: &dyn Fs, path: &str) -> Result<PropertiesMap, CommandError> {
    let refused = |reason: String| {
        CommandError::failed(path).hint(format!("The file {path} cannot be read: {reason}"))
    };
    let bytes = fs
        .read(Path::new(path), FILE_BYTES_MAX)
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => refused("it does not exist.".to_owned()),
            _ => refused(error.to_string()),
        })?;
    let properties = Properties::parse(&bytes).map_err(|error| refused(error.to_string()))?;
    Ok(properties.as_map().clone())
}

/// Reads `key=value` words: split at the first `=`, nothing unescaped, an absent value is empty.
#[must_use]
pub fn key_value_pairs<'w>(words: impl IntoIterator<Item = &'w String>) -> PropertiesMap {
    let pair = |word: &String| match word.split_once('=') {
        Some((key, value)) => (key.to_owned(), value.to_owned()),
        None => (word.clone(), String::new()),
    };
    words.into_iter().map(pair).collect()
}

/// Refuses words without an equals sign, as `CommandLineUtils.parseKeyValueArgs` does.
pub fn check_pairs(words: &[String]) -> Result<(), CommandError> {
    match words.iter().find(|word| !word.contains('=')) {
        Some(word) => {
            let sentence = format!("Invalid command line properties: {word}");
            Err(CommandError::failed(sentence).hint("A setting is written KEY=VALUE."))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::RealFs;

    #[test]
    fn words_split_at_the_first_equals_sign_and_the_last_wins() {
        let words = ["k=a=b".to_owned(), "x".to_owned(), "k=\\t".to_owned()];
        let found: Vec<_> = key_value_pairs(&words).into_iter().collect();
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(found, [pair("k", "\\t"), pair("x", "")]);
    }

    #[test]
    fn a_missing_file_is_told_by_its_path() {
        let error = read_properties_file(&RealFs, "none.properties").unwrap_err();
        assert_eq!(error.sentence(), "none.properties");
    }
}
