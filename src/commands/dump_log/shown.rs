//! What is printed of a file: Kafka's line, or the same as JSON or as a row of a table.

use serde_json::{Map, Value, json};

use crate::cli::{CommandError, Format, Output};

/// One thing to be shown.
#[derive(Debug)]
pub(super) struct Shown {
    /// What it is: `batch`, `record`, `offsetIndexEntry`, ...
    pub(super) kind: &'static str,
    /// Kafka's line.
    pub(super) text: String,
    /// The same, by names.
    pub(super) fields: Map<String, Value>,
}

/// Prints what a file holds.
#[derive(Debug)]
pub(super) struct Printer<'o> {
    output: &'o mut Output,
    format: Format,
    file: String,
    /// The rows of a table that goes on as long as they are of one kind.
    rows: Vec<Map<String, Value>>,
    kind: &'static str,
}

impl<'o> Printer<'o> {
    pub(super) fn new(output: &'o mut Output, format: Format, file: &str) -> Self {
        Self {
            output,
            format,
            file: file.to_owned(),
            rows: Vec::new(),
            kind: "",
        }
    }

    /// Prints a line that only people read.
    pub(super) fn heading(&mut self, text: impl std::fmt::Display) -> Result<(), CommandError> {
        match self.format {
            Format::Text => self.output.line(text),
            Format::Json | Format::Table => Ok(()),
        }
    }

    pub(super) fn show(&mut self, shown: Shown) -> Result<(), CommandError> {
        match self.format {
            Format::Text => self.output.line(shown.text),
            Format::Json => {
                let mut object = Map::new();
                object.insert("file".into(), self.file.as_str().into());
                object.insert("kind".into(), shown.kind.into());
                object.extend(shown.fields);
                self.output.json(&object)
            }
            Format::Table => {
                if self.kind != shown.kind {
                    self.end_table()?;
                    self.kind = shown.kind;
                }
                self.rows.push(shown.fields);
                Ok(())
            }
        }
    }

    /// Tells what is wrong with the file: on stdout, as Kafka does.
    pub(super) fn problem(&mut self, text: String) -> Result<(), CommandError> {
        match self.format {
            Format::Text => self.output.line(text),
            Format::Json => {
                let file = self.file.as_str();
                self.output
                    .json(&json!({"file": file, "kind": "problem", "problem": text}))
            }
            Format::Table => {
                self.end_table()?;
                self.output.line(text)
            }
        }
    }

    /// Ends the file.
    pub(super) fn end(mut self) -> Result<(), CommandError> {
        self.end_table()
    }

    fn end_table(&mut self) -> Result<(), CommandError> {
        let rows = std::mem::take(&mut self.rows);
        let mut head: Vec<&str> = Vec::new();
        for name in rows.iter().flat_map(Map::keys) {
            if !head.contains(&name.as_str()) {
                head.push(name);
            }
        }
        if head.is_empty() {
            return Ok(());
        }
        let cell = |value: Option<&Value>| match value {
            None | Some(Value::Null) => "-".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let cells: Vec<Vec<String>> = rows
            .iter()
            .map(|row| head.iter().map(|name| cell(row.get(*name))).collect())
            .collect();
        self.output.table(&head, &cells)
    }
}
