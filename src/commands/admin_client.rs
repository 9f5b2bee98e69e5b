//! What commands need to talk to a broker: the client's settings from their options, and a runtime.

use crate::cli::{CommandError, ConnectionOptions, LogLines, Output, PropertiesMap};
use crate::client::{Admin, ClientConfig, ClientError, ClientKind, Log, LogLevel, runtime};

use super::local_broker;

/// Runs `work` with the administration of the broker that the options mean; `failed` makes the
/// command's own error of settings that cannot be.
pub(super) fn with_admin<T>(
    options: &ConnectionOptions,
    output: &mut Output,
    failed: impl FnOnce(ClientError) -> CommandError,
    work: impl AsyncFnOnce(Admin, &mut Output) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    with_admin_and_settings(options, PropertiesMap::new(), output, failed, work)
}

/// As [`with_admin`], with settings that the command itself makes.
pub(super) fn with_admin_and_settings<T>(
    options: &ConnectionOptions,
    more: PropertiesMap,
    output: &mut Output,
    failed: impl FnOnce(ClientError) -> CommandError,
    work: impl AsyncFnOnce(Admin, &mut Output) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let settings = settings(options, more, output)?;
    let config =
        ClientConfig::from_map(ClientKind::Admin, &settings, tool_log()).map_err(failed)?;
    block_on(work(Admin::new(config), output))
}

/// Returns the client settings of a command: `more`, then what its options give, then the address.
pub(super) fn settings(
    options: &ConnectionOptions,
    more: PropertiesMap,
    output: &mut Output,
) -> Result<PropertiesMap, CommandError> {
    let mut settings = more;
    settings.extend(options.settings()?);
    let bootstrap = local_broker::bootstrap(options, output)?;
    settings.insert("bootstrap.servers".to_owned(), bootstrap);
    Ok(settings)
}

/// Returns where the tools' log lines go: stderr, from WARN on, in Kafka's pattern.
pub(super) fn tool_log() -> Log {
    let lines = LogLines::of_system();
    Log::new(move |level, logger, message| match level {
        LogLevel::Error | LogLevel::Warn => lines.to_stderr(level.name(), message, logger),
        LogLevel::Info | LogLevel::Debug => {}
    })
}

/// Runs a future to its end on a runtime of its own.
pub(super) fn block_on<T>(
    work: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    let runtime = runtime()
        .map_err(|error| CommandError::failed(format!("The runtime could not start: {error}")))?;
    runtime.block_on(work)
}

/// Returns the failure of a client that its settings do not allow to be made.
pub(super) fn not_created(error: ClientError) -> CommandError {
    CommandError::failed("Failed to create new KafkaAdminClient").hint(error)
}
