//! `storage info`: which log directories there are, whose they are, and what is wrong with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::server_config;
use crate::broker::format::{DirState, inspect};
use crate::cli::{CommandError, Exit, Format, Output};
use crate::fs::RealFs;

pub(super) fn info(path: &str, format: Format, output: &mut Output) -> Result<Exit, CommandError> {
    let config = server_config(path)?;
    let mut states =
        inspect(&RealFs, &config).map_err(|error| CommandError::failed(error.to_string()))?;
    states.sort_by(|a, b| a.0.cmp(&b.0));
    let problems = problems(&states);
    let exit = if problems.is_empty() {
        Exit::SUCCESS
    } else {
        Exit::FAILURE
    };
    let found: Vec<_> = states
        .iter()
        .filter(|(_, state)| !matches!(state, DirState::Missing | DirState::NotADirectory))
        .collect();
    if format == Format::Json {
        let dirs: Vec<_> = states
            .iter()
            .map(|(path, state)| match state {
                DirState::Formatted(meta) => {
                    let meta: BTreeMap<_, _> = meta.iter().cloned().collect();
                    json!({"path": path, "formatted": true, "metaProperties": meta})
                }
                _ => json!({"path": path, "formatted": false, "metaProperties": null}),
            })
            .collect();
        output.line(json!({"logDirs": dirs, "problems": problems}).to_string())?;
        return Ok(exit);
    }
    if !found.is_empty() {
        let plural = if found.len() == 1 {
            "directory"
        } else {
            "directories"
        };
        output.line(format!("Found log {plural}:"))?;
        for (path, _) in &found {
            output.line(format!("  {}", path.display()))?;
        }
        output.line("")?;
    }
    let metas = states.iter().filter_map(|(_, state)| match state {
        DirState::Formatted(meta) => Some(meta),
        _ => None,
    });
    if let Some(meta) = metas.into_iter().next() {
        let pairs: Vec<String> = meta
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        output.line(format!("Found metadata: {{{}}}", pairs.join(", ")))?;
        output.line("")?;
    }
    if !problems.is_empty() {
        let plural = if problems.len() == 1 {
            "problem"
        } else {
            "problems"
        };
        output.line(format!("Found {plural}:"))?;
        for problem in &problems {
            output.line(format!("  {problem}"))?;
        }
        output.line("")?;
    }
    Ok(exit)
}

fn problems(states: &[(PathBuf, DirState)]) -> Vec<String> {
    let mut problems: Vec<String> = states
        .iter()
        .filter_map(|(path, state)| problem(path, state))
        .collect();
    for (key, what) in [("cluster.id", "cluster IDs"), ("node.id", "node IDs")] {
        let mut values: Vec<_> = states
            .iter()
            .filter_map(|(_, state)| match state {
                DirState::Formatted(meta) => meta.iter().find(|(name, _)| name == key),
                _ => None,
            })
            .collect();
        values.dedup();
        if values.len() > 1 {
            problems.push(format!("Mismatched {what} between storage directories."));
        }
    }
    problems
}

fn problem(path: &Path, state: &DirState) -> Option<String> {
    let path = path.display();
    match state {
        DirState::Formatted(_) => None,
        DirState::Unformatted => Some(format!("{path} is not formatted.")),
        DirState::Missing => Some(format!("{path} does not exist")),
        DirState::NotADirectory => Some(format!("{path} is not a directory")),
    }
}
