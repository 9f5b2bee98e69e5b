//! `storage version-mapping` and `feature-dependencies`: which features a release has, and which
//! release a feature needs.

use serde_json::json;

use super::release::{FEATURES, FeatureRow, METADATA_VERSION, Release, Stability};
use crate::cli::{CommandError, Exit, Format, Output};

/// Prints the features of a release.
pub(super) fn version_mapping(
    release: Option<&str>,
    format: Format,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let found = match release {
        Some(text) => Release::parse(text, Stability::Any)?,
        None => Release::latest(),
    };
    let levels: Vec<_> = FEATURES
        .iter()
        .map(|row| (row.name, row.default_of(found)))
        .collect();
    match format {
        Format::Text => {
            // As it was typed.
            let name = release.unwrap_or(found.name);
            output.line(format!("{METADATA_VERSION}={} ({name})", found.level))?;
            for (name, level) in levels {
                output.line(format!("{name}={level}"))?;
            }
        }
        Format::Json => {
            let features: serde_json::Map<_, _> = levels
                .into_iter()
                .map(|(name, level)| (name.to_owned(), level.into()))
                .collect();
            output.json(&json!({
                "release": found.name,
                "metadataVersion": found.level,
                "features": features,
            }))?;
        }
        Format::Table => {
            let mut rows = vec![vec![METADATA_VERSION.to_owned(), found.level.to_string()]];
            let row = |(name, level): (&str, i16)| vec![name.to_owned(), level.to_string()];
            rows.extend(levels.into_iter().map(row));
            output.table(&["FEATURE", "LEVEL"], &rows)?;
        }
    }
    Ok(Exit::SUCCESS)
}

/// Prints what features need.
pub(super) fn feature_dependencies(
    features: &[String],
    format: Format,
    output: &mut Output,
) -> Result<Exit, CommandError> {
    let mut found = Vec::new();
    for text in features {
        let dependency = dependency(text)?;
        if format == Format::Text {
            print(&dependency, output)?;
        }
        found.push(dependency);
    }
    match format {
        Format::Text => {}
        Format::Json => {
            let document: Vec<_> = found
                .iter()
                .map(|(name, level, needed)| {
                    let requires = needed.map(|release| json!({METADATA_VERSION: release.level}));
                    let requires = requires.unwrap_or_else(|| json!({}));
                    json!({"feature": name, "level": level, "requires": requires})
                })
                .collect();
            output.json(&document)?;
        }
        Format::Table => {
            let row = |(name, level, needed): &Dependency| {
                let needed = needed.map_or_else(|| "-".to_owned(), |release| release.to_string());
                vec![name.clone(), level.to_string(), needed]
            };
            let rows: Vec<_> = found.iter().map(row).collect();
            output.table(&["FEATURE", "LEVEL", "METADATA-VERSION"], &rows)?;
        }
    }
    Ok(Exit::SUCCESS)
}

/// A feature, its level, and the release that it needs.
type Dependency = (String, i16, Option<Release>);

fn dependency(text: &str) -> Result<Dependency, CommandError> {
    let (name, level) = text.split_once('=').ok_or_else(|| {
        CommandError::failed(format!(
            "Invalid feature format: {text}. Expected format: 'feature=version' (e.g. \
             'group.version=1')"
        ))
    })?;
    let (name, level) = (name.trim(), level.trim());
    let level: i16 = level.parse().map_err(|_| {
        CommandError::failed(format!(
            "Invalid version format: {level} for feature {name}"
        ))
    })?;
    if name == METADATA_VERSION {
        if Release::of_level(level).is_none() {
            return Err(CommandError::failed(format!(
                "Unknown metadata.version {level}"
            )));
        }
        return Ok((name.to_owned(), level, None));
    }
    let row = FeatureRow::of(name)
        .ok_or_else(|| CommandError::failed(format!("Unknown feature: {name}")))?;
    if !(0..=row.max).contains(&level) {
        return Err(CommandError::failed(format!(
            "Feature level {level} is not supported for feature {name}"
        )));
    }
    Ok((name.to_owned(), level, row.requires(level)))
}

fn print((name, level, needed): &Dependency, output: &mut Output) -> Result<(), CommandError> {
    let shown = |name: &str, level: i16| match Release::of_level(level) {
        Some(release) if name == METADATA_VERSION => format!("{name}={level} ({release})"),
        _ => format!("{name}={level}"),
    };
    match needed {
        None => output.line(format!("{} has no dependencies.", shown(name, *level))),
        Some(release) => {
            output.line(format!("{} requires:", shown(name, *level)))?;
            output.line(format!("    {}", shown(METADATA_VERSION, release.level)))
        }
    }
}
