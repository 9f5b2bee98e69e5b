//! Asks whether a broker answers, within a limit, without a word on stderr.

use std::time::Duration;

use crate::cli::{CommandError, PropertiesMap};
use crate::client::admin::ClusterDescription;
use crate::client::{Admin, ClientConfig, ClientKind, Log, runtime};

/// Returns what a broker of the list tells of its cluster, or why none answers.
pub(super) fn answer(bootstrap: &str, limit: Duration) -> Result<ClusterDescription, CommandError> {
    let limit_ms = limit.as_millis().max(1).to_string();
    let settings: PropertiesMap = [
        ("bootstrap.servers", bootstrap),
        ("default.api.timeout.ms", limit_ms.as_str()),
        ("request.timeout.ms", limit_ms.as_str()),
        ("socket.connection.setup.timeout.ms", limit_ms.as_str()),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    let failed =
        |error: &dyn std::fmt::Display| CommandError::failed(format!("{bootstrap}: {error}"));
    let config = ClientConfig::from_map(ClientKind::Admin, &settings, Log::silent())
        .map_err(|error| failed(&error))?;
    let runtime = runtime().map_err(|error| failed(&error))?;
    let admin = Admin::new(config);
    let asked = async { tokio::time::timeout(limit, admin.describe_cluster(false)).await };
    match runtime.block_on(asked) {
        Ok(Ok(cluster)) => Ok(cluster),
        Ok(Err(error)) => Err(failed(&error)),
        Err(_) => Err(failed(&"no answer in time")),
    }
}
