//! Opens a connection to a node, and says so in Kafka's words when it can't.

use super::config::{ClientConfig, ClientKind, resolve};
use super::connection::Connection;
use super::error::ClientError;
use super::handshake::Session;
use super::log::{LogLevel, NETWORK_CLIENT};
use super::metadata::BrokerNode;

/// Connects to the first address of a node that answers; `None` if it may answer later.
pub(super) async fn connect(
    config: &ClientConfig,
    node: &BrokerNode,
) -> Result<Session, Option<ClientError>> {
    for address in resolve(&node.host, node.port) {
        let error = match Connection::open(address, config).await {
            Ok(connection) => match Session::begin(connection, config).await {
                Ok(session) => return Ok(session),
                Err(error) if error.is_retriable() => error.to_string(),
                Err(error) => return Err(Some(error)),
            },
            Err(error) => error.to_string(),
        };
        let shown = match node.host.parse::<std::net::IpAddr>() {
            Ok(_) => format!("/{address}"),
            Err(_) => format!("{}/{address}", node.host),
        };
        let id = node.id;
        let line = format!(
            "Connection to node {id} ({shown}) could not be established. \
             Node may not be available."
        );
        config.log_line(LogLevel::Warn, NETWORK_CLIENT, &line);
        tracing::debug!(%address, error, "connecting failed");
    }
    if node.id.0 < 0 && config.kind != ClientKind::Admin {
        let line = format!("Bootstrap broker {node} disconnected");
        config.log_line(LogLevel::Warn, NETWORK_CLIENT, &line);
    }
    Err(None)
}
