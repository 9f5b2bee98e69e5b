//! How the parts of a broker learn that it stops.

use tokio::sync::watch;

/// Turns true once, when the broker stops.
pub(super) type Stop = watch::Receiver<bool>;

/// Waits until the broker stops.
pub(super) async fn stopped(stop: &mut Stop) {
    // The other end lives as long as the broker; its end would mean the same.
    drop(stop.wait_for(|stop| *stop).await);
}
