//! Binding listeners, and what clients are told of them.

use std::net::{SocketAddr, ToSocketAddrs as _};

use tokio::net::TcpListener;

use super::start::StartError;
use crate::config::{Listener, ServerConfig};
use crate::net;

/// A bound socket and the listener it is for.
pub(super) type Bound = (TcpListener, Listener);

/// Binds every listener of a list.
pub(super) fn bind_all(listeners: &[Listener]) -> Result<Vec<Bound>, StartError> {
    listeners
        .iter()
        .map(|listener| Ok((bind(listener)?, listener.clone())))
        .collect()
}

fn bind(listener: &Listener) -> Result<TcpListener, StartError> {
    if listener.protocol != "PLAINTEXT" {
        return Err(StartError::Protocol {
            listener: listener.name.clone(),
            protocol: listener.protocol.clone(),
        });
    }
    let address = format!("{}:{}", listener.host, listener.port);
    let error = |source| StartError::Bind {
        address: address.clone(),
        source,
    };
    let host = if listener.host.is_empty() {
        "0.0.0.0"
    } else {
        listener.host.as_str()
    };
    let mut addresses = (host, listener.port).to_socket_addrs().map_err(error)?;
    let first: SocketAddr = addresses
        .next()
        .ok_or_else(|| error(std::io::Error::from(std::io::ErrorKind::AddrNotAvailable)))?;
    net::listen(first).map_err(error)
}

/// Returns the listeners as clients are told of them: with the bound port where 0 was asked for.
pub(super) fn advertised(config: &ServerConfig, bound: &[Bound]) -> Vec<Listener> {
    let mut listeners = config.advertised_listeners.clone();
    for listener in &mut listeners {
        let socket = bound.iter().find(|(_, known)| known.name == listener.name);
        let address = socket.and_then(|(socket, _)| socket.local_addr().ok());
        if listener.port == 0 {
            listener.port = address.map_or(0, |address| address.port());
        }
        if listener.host.is_empty() || listener.host == "0.0.0.0" {
            // Kafka advertises the canonical host name; the loopback is always reachable here.
            listener.host = "localhost".to_owned();
        }
    }
    listeners
}
