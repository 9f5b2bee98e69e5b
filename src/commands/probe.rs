//! Asks whether a broker answers, within a limit, without a word on stderr.

use std::time::Duration;

use crate::cli::PropertiesMap;
use crate::client::admin::ClusterDescription;
use crate::client::{Admin, ClientConfig, ClientError, ClientKind, Log, runtime};

/// Returns what a broker of the list tells of its cluster, or why none answers. `settings` are the
/// client's, without the address.
pub(super) fn answer(
    bootstrap: &str,
    settings: PropertiesMap,
    limit: Duration,
) -> Result<ClusterDescription, String> {
    ask(bootstrap, settings, limit, async |admin: &Admin| {
        admin.describe_cluster(false).await
    })
}

/// Returns what a broker of the list answers to a question, or why none does.
pub(super) fn ask<T>(
    bootstrap: &str,
    mut settings: PropertiesMap,
    limit: Duration,
    question: impl AsyncFnOnce(&Admin) -> Result<T, ClientError>,
) -> Result<T, String> {
    let limit_ms = limit.as_millis().max(1).to_string();
    let own = [
        ("bootstrap.servers", bootstrap),
        ("default.api.timeout.ms", limit_ms.as_str()),
        ("request.timeout.ms", limit_ms.as_str()),
        ("socket.connection.setup.timeout.ms", limit_ms.as_str()),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()));
    settings.extend(own);
    let failed = |error: &dyn std::fmt::Display| format!("{bootstrap}: {error}");
    let config = ClientConfig::from_map(ClientKind::Admin, &settings, Log::silent())
        .map_err(|error| failed(&error))?;
    let runtime = runtime().map_err(|error| failed(&error))?;
    let admin = Admin::new(config);
    let asked = async { tokio::time::timeout(limit, question(&admin)).await };
    match runtime.block_on(asked) {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(failed(&error)),
        Err(_) => Err(failed(&"no answer in time")),
    }
}
