//! Which names a topic may have (`Topic.validate`), and which ones are taken.

use std::collections::BTreeMap;

use super::Refusal;
use crate::metadata::MetadataImage;
use crate::protocol::ErrorCode;

/// The longest name (`Topic.MAX_NAME_LENGTH`).
const NAME_BYTES_MAX: usize = 249;
/// The topic that only the controller writes.
const METADATA_TOPIC: &str = "__cluster_metadata";

/// Checks the form of a name (`Topic.validate`).
pub fn check_topic_name(name: &str) -> Result<(), Refusal> {
    let refuse = |why: String| {
        let text = format!("Topic name is invalid: {why}");
        Err(Refusal::new(ErrorCode::InvalidTopicException, text))
    };
    if name.is_empty() {
        return refuse("the empty string is not allowed".to_owned());
    }
    if name == "." || name == ".." {
        return refuse(format!("'{name}' is not allowed"));
    }
    if name.len() > NAME_BYTES_MAX {
        return refuse(format!(
            "the length of '{name}' is longer than the max allowed length {NAME_BYTES_MAX}"
        ));
    }
    if !name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    {
        return refuse(format!(
            "'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' \
             and '-'"
        ));
    }
    Ok(())
}

/// Checks a name that a topic is to be created with.
pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    check_topic_name(name)?;
    if name == METADATA_TOPIC {
        return Err(Refusal::new(
            ErrorCode::InvalidRequest,
            format!("Creation of internal topic {METADATA_TOPIC} is prohibited."),
        ));
    }
    Ok(())
}

/// Returns the name as metrics would spell it: topics that are the same there collide.
pub(super) fn collision_key(name: &str) -> String {
    name.replace('.', "_")
}

pub(super) fn check_free(
    image: &MetadataImage,
    name: &str,
    made: &BTreeMap<String, String>,
) -> Result<(), Refusal> {
    if image.topic(name).is_some() {
        let text = format!("Topic '{name}' already exists.");
        return Err(Refusal::new(ErrorCode::TopicAlreadyExists, text));
    }
    if !name.contains(['.', '_']) {
        return Ok(());
    }
    let key = collision_key(name);
    // Names that collide share what precedes the first of the two characters.
    let prefix = name.split(['.', '_']).next().unwrap_or_default();
    let known = image
        .topics_from(prefix)
        .take_while(|topic| topic.name.starts_with(prefix))
        .map(|topic| &topic.name)
        .find(|other| collision_key(other) == key);
    match known.or_else(|| made.get(&key)) {
        Some(other) => Err(Refusal::new(
            ErrorCode::InvalidTopicException,
            format!("Topic '{name}' collides with existing topic: {other}"),
        )),
        None => Ok(()),
    }
}
