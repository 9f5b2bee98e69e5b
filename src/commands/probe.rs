//! Asks whether a broker answers, within a limit, without a word on stderr.

use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// Returns whether one of the brokers of a list answers; the reason if not.
pub(super) fn answers(bootstrap: &str, limit: Duration) -> Result<(), String> {
    let mut reason = format!("{bootstrap}: not an address");
    for address in bootstrap.split(',') {
        let address = address.trim();
        let address = address.split_once("://").map_or(address, |(_, rest)| rest);
        let sockets = match address.to_socket_addrs() {
            Ok(sockets) => sockets,
            Err(error) => {
                reason = format!("{address}: {error}");
                continue;
            }
        };
        for socket in sockets {
            match TcpStream::connect_timeout(&socket, limit.max(Duration::from_millis(1))) {
                Ok(_) => return Ok(()),
                Err(error) => reason = format!("{address}: {error}"),
            }
        }
    }
    Err(reason)
}
