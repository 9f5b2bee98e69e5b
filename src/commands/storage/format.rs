//! `storage format`: what a cluster begins with is decided here, in the order of Kafka's checks
//! (`StorageTool`, `Formatter`); the files are `broker::format`'s.

use std::collections::BTreeMap;

use super::initial_controllers;
use super::release::{
    FEATURES, FeatureRow, KRAFT_VERSION, METADATA_VERSION, Release, Stability, name_and_level,
};
use super::scram::credential;
use super::{FormatOptions, server_config};
use crate::broker::format::{DirState, FormatPlan, Voters, format, inspect};
use crate::cli::{CommandError, Exit, Output};
use crate::clock::SystemClock;
use crate::config::ServerConfig;
use crate::fs::RealFs;
use crate::metadata::MetadataRecord;
use crate::metadata::record::FeatureLevel;
use crate::rng::Rng;

/// The release from which on the metadata can hold users (`isScramSupported`).
const SCRAM_SINCE: i16 = 11;

pub(super) fn run(options: &FormatOptions, output: &mut Output) -> Result<Exit, CommandError> {
    let config = server_config(&options.config)?;
    let release = options.release_version.as_deref();
    let release = release.map(|text| Release::parse(text, Stability::Stable));
    let release = release.transpose()?;
    let mut levels = BTreeMap::new();
    for feature in &options.feature {
        let (name, level) = name_and_level(feature)?;
        levels.insert(name, level);
    }
    let voters = voters(&config, options)?;
    let mut rng = Rng::from_os();
    let users = options
        .add_scram
        .iter()
        .map(|text| credential(text, &mut rng).map(MetadataRecord::from))
        .collect::<Result<Vec<_>, _>>()?;
    let (release, mut records) = features(release, levels, &config, options)?;
    if !users.is_empty() && release.level < SCRAM_SINCE {
        let sentence = "SCRAM is only supported in metadata.version 3.5-IV2 or later.";
        return Err(CommandError::failed(sentence));
    }
    records.extend(users);
    check_formatted(&config, options)?;
    let plan = FormatPlan {
        cluster_id: options.cluster_id.clone(),
        records,
        voters,
    };
    let clock = SystemClock::shared();
    let formatted = format(&RealFs, &config, &plan, (&*clock, &mut rng))
        .map_err(|error| CommandError::failed(error.to_string()))?;
    if formatted.is_empty() {
        output.line("All of the log directories are already formatted.")?;
        return Ok(Exit::SUCCESS);
    }
    output.line(format!(
        "Bootstrap metadata: BootstrapMetadata(records=[{}], metadataVersionLevel={}, \
         source=format command)",
        plan.records
            .iter()
            .map(shown)
            .collect::<Vec<_>>()
            .join(", "),
        release.level
    ))?;
    for dir in formatted {
        let (kind, path) = (dir.kind, dir.path.display());
        output.line(format!(
            "Formatting {kind} {path} with metadata.version {release}."
        ))?;
    }
    Ok(Exit::SUCCESS)
}

fn voters(config: &ServerConfig, options: &FormatOptions) -> Result<Voters, CommandError> {
    let key = |name: &str| config.static_keys.get(name).map_or("", String::as_str);
    let is_controller = key("process.roles")
        .split(',')
        .any(|role| role.trim() == "controller");
    let has_voters = !key("controller.quorum.voters").trim().is_empty();
    let listener = key("controller.listener.names");
    let listener = listener.split(',').next().unwrap_or_default().trim();
    let listener = if listener.is_empty() {
        "CONTROLLER"
    } else {
        listener
    };
    let voters = match &options.initial_controllers {
        Some(text) => Voters::Named(initial_controllers::parse(text, listener)?),
        None if options.standalone && !is_controller => {
            let sentence = "You can only use --standalone on a controller.";
            return Err(CommandError::failed(sentence));
        }
        None if options.standalone => Voters::Standalone,
        None if !options.no_initial_controllers && is_controller && !has_voters => {
            return Err(CommandError::failed(
                "Because controller.quorum.voters is not set on this controller, you must specify \
                 one of the following: --standalone, --initial-controllers, or \
                 --no-initial-controllers.",
            ));
        }
        None => Voters::Configured,
    };
    if has_voters && voters != Voters::Configured {
        return Err(CommandError::failed(
            "You cannot specify controller.quorum.voters and format the node with \
             --initial-controllers or --standalone. If you want to use dynamic quorum, please \
             remove controller.quorum.voters and specify controller.quorum.bootstrap.servers \
             instead.",
        ));
    }
    Ok(voters)
}

/// Returns the release, and the records of its features and of those that were asked for.
fn features(
    release: Option<Release>,
    mut asked: BTreeMap<String, i16>,
    config: &ServerConfig,
    options: &FormatOptions,
) -> Result<(Release, Vec<MetadataRecord>), CommandError> {
    let failed = |sentence: String| CommandError::failed(sentence);
    let release = match (release, asked.remove(METADATA_VERSION)) {
        (Some(_), Some(_)) => {
            let sentence =
                "Use --release-version instead of --feature metadata.version=X to avoid ambiguity.";
            return Err(CommandError::failed(sentence));
        }
        (Some(release), None) => release,
        (None, None) => Release::latest(),
        (None, Some(level)) => {
            let (least, most) = Release::levels();
            Release::of_level(level).ok_or_else(|| {
                failed(format!(
                    "No MetadataVersion with feature level {level}. Valid feature levels are from \
                     {least} to {most}."
                ))
            })?
        }
    };
    if !release.is_stable() {
        return Err(failed(format!(
            "metadata.version {release} is not yet stable."
        )));
    }
    for (name, level) in &asked {
        let Some(row) = FeatureRow::of(name) else {
            let mut known: Vec<_> = FEATURES.iter().map(|row| row.name).collect();
            known.sort_unstable();
            return Err(failed(format!(
                "Unsupported feature: {name}. Supported features are: {}",
                known.join(", ")
            )));
        };
        if !(0..=row.max).contains(level) {
            return Err(failed(format!(
                "No feature:{name} with feature level {level}"
            )));
        }
    }
    check_kraft_version(asked.remove(KRAFT_VERSION), config, options)?;
    let mut levels: BTreeMap<&str, i16> = FEATURES
        .iter()
        .filter(|row| row.name != KRAFT_VERSION)
        .map(|row| {
            let level = asked.get(row.name).copied();
            (row.name, level.unwrap_or_else(|| row.default_of(release)))
        })
        .collect();
    levels.retain(|_, level| *level > 0);
    check_dependencies(&levels, release)?;
    let record = |(name, feature_level): (&str, i16)| {
        FeatureLevel {
            name: name.to_owned(),
            feature_level,
        }
        .into()
    };
    let mut records = vec![record((METADATA_VERSION, release.level))];
    records.extend(levels.into_iter().map(record));
    Ok((release, records))
}

fn check_dependencies(levels: &BTreeMap<&str, i16>, release: Release) -> Result<(), CommandError> {
    for (name, level) in levels {
        let needed = FeatureRow::of(name).and_then(|row| row.requires(*level));
        if let Some(needed) = needed.filter(|needed| needed.level > release.level) {
            return Err(CommandError::failed(format!(
                "{name} could not be set to {level} because it depends on {METADATA_VERSION} level \
                 {}",
                needed.level
            )));
        }
    }
    Ok(())
}

/// The quorum's protocol follows from the options; who names its level must agree.
fn check_kraft_version(
    asked: Option<i16>,
    config: &ServerConfig,
    options: &FormatOptions,
) -> Result<(), CommandError> {
    let voters = config.static_keys.get("controller.quorum.voters");
    let is_static = voters.is_some_and(|voters| !voters.trim().is_empty());
    let is_broker_only = config
        .static_keys
        .get("process.roles")
        .is_some_and(|roles| !roles.contains("controller"));
    let is_dynamic = !is_static
        && (options.standalone
            || options.no_initial_controllers
            || options.initial_controllers.is_some()
            || is_broker_only);
    match asked {
        Some(1..) if !is_dynamic => Err(CommandError::failed(
            "Cannot set kraft.version to 1 unless controller.quorum.voters is empty and one of \
             the flags --standalone, --initial-controllers, or --no-initial-controllers is used. \
             For dynamic controllers support, try using one of --standalone, \
             --initial-controllers, or --no-initial-controllers and removing \
             controller.quorum.voters.",
        )),
        Some(0) if is_dynamic => Err(CommandError::failed(
            "Cannot set kraft.version to 0 if controller.quorum.voters is empty and one of the \
             flags --standalone, --initial-controllers, or --no-initial-controllers is used. For \
             dynamic controllers support, try removing the --feature flag for kraft.version.",
        )),
        _ => Ok(()),
    }
}

/// Fails if a directory is another cluster's, or formatted without the option that allows it.
fn check_formatted(config: &ServerConfig, options: &FormatOptions) -> Result<(), CommandError> {
    let states =
        inspect(&RealFs, config).map_err(|error| CommandError::failed(error.to_string()))?;
    for (path, state) in &states {
        let DirState::Formatted(meta) = state else {
            continue;
        };
        let expected = &options.cluster_id;
        let known = meta.iter().find(|(key, _)| key == "cluster.id");
        if let Some((_, known)) = known.filter(|(_, known)| known != expected) {
            return Err(CommandError::failed(format!(
                "Invalid cluster.id in: {}. Expected {expected}, but read {known}",
                path.join("meta.properties").display()
            )));
        }
        if !options.ignore_formatted {
            return Err(CommandError::failed(format!(
                "Log directory {} is already formatted. Use --ignore-formatted to ignore this \
                 directory and format the others.",
                path.display()
            )));
        }
    }
    Ok(())
}

/// Returns Kafka's rendering of a bootstrap record.
fn shown(record: &MetadataRecord) -> String {
    match record {
        MetadataRecord::FeatureLevel(feature) => format!(
            "ApiMessageAndVersion(FeatureLevelRecord(name='{}', featureLevel={}) at version 0)",
            feature.name, feature.feature_level
        ),
        MetadataRecord::UserScramCredential(user) => format!(
            // The keys let nobody log in, but a dictionary can be held against them.
            "ApiMessageAndVersion(UserScramCredentialRecord(name='{}', mechanism={}, \
             iterations={}) at version 0)",
            user.name, user.mechanism, user.iterations
        ),
        other => format!("{other:?}"),
    }
}
