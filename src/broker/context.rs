//! Who asks, through which listener, and what a handler may reach.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;

use super::state::BrokerState;
use crate::protocol::RequestHeader;

/// What stays the same on a connection.
pub(super) struct ConnectionContext {
    /// The broker.
    pub(super) state: Arc<BrokerState>,
    /// The name of the listener that the client came in on.
    pub(super) listener: Arc<str>,
    /// The client's address.
    pub(super) peer: SocketAddr,
}

/// What belongs to one request.
pub(super) struct RequestContext<'a> {
    /// The connection it came on.
    pub(super) connection: &'a ConnectionContext,
    /// Its header.
    pub(super) header: &'a RequestHeader,
}

impl RequestContext<'_> {
    /// Returns the version of the request.
    pub(super) fn version(&self) -> i16 {
        self.header.api_version
    }
}

impl Deref for RequestContext<'_> {
    type Target = BrokerState;

    fn deref(&self) -> &BrokerState {
        &self.connection.state
    }
}
