//! TCP sockets as kt wants them: no delay, an address that can be bound again at once, and on
//! loopback a congestion control that does not halve the throughput.
//!
//! BBR, the default of some systems, paces loopback at half of what cubic does; the choice only
//! concerns peers on this machine. `SO_REUSEPORT` is never set: it would let two brokers share a
//! port unseen.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Connections that the kernel keeps until they are accepted (`socket.listen.backlog.size`).
const BACKLOG: u32 = 1024;

/// Binds a listening socket.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // Or a restart on the same port fails while old connections are in TIME_WAIT.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Sets the options of a connected stream; what the system refuses is left as it is.
pub fn prepare(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY");
    }
    let loopback = stream.peer_addr().is_ok_and(|peer| peer.ip().is_loopback());
    if loopback && let Err(error) = rustix::net::sockopt::set_tcp_congestion(stream, "cubic") {
        tracing::debug!(%error, "TCP_CONGESTION");
    }
}
