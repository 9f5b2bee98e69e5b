//! The consumer's and the formatter's settings that the options of `console-consumer` come to.

use super::options::{Options, usage};
use crate::cli::{CommandError, PropertiesMap, key_value_pairs, read_properties_file};
use crate::fs::RealFs;

impl Options {
    /// Returns the settings of the file, those of the properties over them.
    pub(super) fn consumer_settings(&self) -> Result<PropertiesMap, CommandError> {
        let (file, words) = (self.consumer_config.as_deref(), &self.consumer_properties);
        self.connection.settings_with(file, words)
    }

    /// Returns the one group id that is given, in whichever places.
    pub(super) fn group_id(
        &self,
        settings: &PropertiesMap,
    ) -> Result<Option<String>, CommandError> {
        let words = self.connection.word_settings(&self.consumer_properties)?;
        let file = self.consumer_config.as_deref();
        let file = self.connection.file_settings(file)?;
        let places = [
            self.group.as_ref(),
            words.get("group.id"),
            file.get("group.id"),
        ];
        let mut ids: Vec<&String> = places.into_iter().flatten().collect();
        ids.dedup();
        ids.sort();
        ids.dedup();
        match ids.as_slice() {
            [] => Ok(settings.get("group.id").cloned()),
            [id] => Ok(Some((*id).clone())),
            several => {
                let ids: Vec<_> = several.iter().map(|id| format!("'{id}'")).collect();
                Err(usage(format!(
                    "The group ids provided in different places (directly using '--group', via \
                     '--consumer-property', or via '--consumer.config') do not match. Detected \
                     group ids: {}",
                    ids.join(", ")
                )))
            }
        }
    }

    /// Adds what the tool itself sets.
    pub(super) fn completed(
        &self,
        mut settings: PropertiesMap,
        group: Option<&str>,
    ) -> Result<PropertiesMap, CommandError> {
        if let Some(reset) = settings.get("auto.offset.reset") {
            if self.from_beginning && reset != "earliest" {
                return Err(CommandError::failed(format!(
                    "Can't simultaneously specify --from-beginning and \
                     'auto.offset.reset={reset}', please remove one option"
                )));
            }
        } else {
            let reset = if self.from_beginning {
                "earliest"
            } else {
                "latest"
            };
            settings.insert("auto.offset.reset".to_owned(), reset.to_owned());
        }
        if let Some(group) = group {
            settings.insert("group.id".to_owned(), group.to_owned());
        }
        if let Some(level) = &self.isolation_level {
            settings.insert("isolation.level".to_owned(), level.clone());
        }
        settings
            .entry("client.id".to_owned())
            .or_insert_with(|| "console-consumer".to_owned());
        Ok(settings)
    }

    pub(super) fn formatter_settings(&self) -> Result<PropertiesMap, CommandError> {
        let file = self.formatter_config.as_deref();
        let mut settings = file
            .map(|path| read_properties_file(&RealFs, path))
            .transpose()?
            .unwrap_or_default();
        for (key, class) in [
            ("key.deserializer", &self.key_deserializer),
            ("value.deserializer", &self.value_deserializer),
        ] {
            if let Some(class) = class {
                settings.insert(key.to_owned(), class.clone());
            }
        }
        settings.extend(key_value_pairs(
            self.formatter_properties.iter().chain(&self.properties),
        ));
        Ok(settings)
    }
}
