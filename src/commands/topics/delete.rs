//! `topics --delete`.

use super::options::Options;
use super::{call_failed, matching};
use crate::cli::CommandError;
use crate::client::Admin;

/// Deletes every topic that matches.
pub(super) async fn delete(admin: &Admin, options: &Options) -> Result<(), CommandError> {
    let names = matching(admin, options).await?;
    if names.is_empty() {
        return Ok(());
    }
    let results = admin
        .delete_topics(&names)
        .await
        .map_err(|error| call_failed(&error))?;
    for (_, result) in results {
        result.map_err(|error| call_failed(&error))?;
    }
    Ok(())
}
