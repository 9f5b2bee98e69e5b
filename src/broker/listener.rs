//! Accepts connections on one listener and owns the tasks that serve them.
//!
//! Counts connections, in all and by address, and closes one that is over the limit at once, as
//! `max.connections` and `max.connections.per.ip` ask. When the process is out of descriptors it
//! pauses instead of spinning.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::connection::{Connection, ConnectionEnd};
use super::state::BrokerState;
use super::stop::{Stop, stopped};
use crate::net;

/// How long to wait after a failed accept (out of descriptors, mostly).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How many connections there are, over all listeners.
#[derive(Debug, Default)]
pub(super) struct ConnectionCounts {
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A connection's place in the counts; given back when dropped.
struct Counted {
    state: Arc<BrokerState>,
    address: IpAddr,
}

impl Counted {
    /// Takes a place, unless a limit is reached.
    fn take(state: &Arc<BrokerState>, address: IpAddr) -> Option<Self> {
        let all_max = state.size("max.connections");
        let here_max = state.size("max.connections.per.ip");
        let mut counts = state.connections.counts.lock();
        let here = counts.by_address.get(&address).copied().unwrap_or(0);
        if counts.all >= all_max || here >= here_max {
            return None;
        }
        counts.all += 1;
        counts.by_address.insert(address, here + 1);
        Some(Self {
            state: Arc::clone(state),
            address,
        })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.state.connections.counts.lock();
        counts.all -= 1;
        if let Some(here) = counts.by_address.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                counts.by_address.remove(&self.address);
            }
        }
    }
}

/// Accepts until the broker stops; then waits until every connection has ended.
pub(super) async fn accept(
    listener: TcpListener,
    name: Arc<str>,
    state: Arc<BrokerState>,
    mut stop: Stop,
) {
    let mut tasks = JoinSet::new();
    let stop_of_connections = stop.clone();
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let Some(counted) = Counted::take(&state, peer.ip()) else {
                        tracing::warn!(%peer, "too many connections, closed");
                        continue;
                    };
                    net::prepare(&stream);
                    let connection = Connection::new(
                        stream,
                        peer,
                        Arc::clone(&name),
                        Arc::clone(&state),
                        stop_of_connections.clone(),
                    );
                    tasks.spawn(serve(connection, counted));
                }
                Err(error) => {
                    tracing::warn!(%error, "accept failed");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    while tasks.join_next().await.is_some() {}
}

/// Serves one connection to its end, and logs an end that was not the client's wish.
async fn serve(connection: Connection, counted: Counted) {
    let peer = counted.address;
    match Box::pin(connection.run()).await {
        Ok(()) => {}
        Err(ConnectionEnd::Io(error)) => tracing::debug!(%peer, %error, "connection lost"),
        Err(error) => tracing::warn!(%peer, %error, "connection closed"),
    }
    drop(counted);
}
