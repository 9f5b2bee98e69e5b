//! SIGINT and SIGTERM for the commands that have something to finish.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::{CommandError, Exit};
use crate::client::runtime;

/// Tells every SIGINT and SIGTERM from now on to `tell`, by the exit code that stands for it.
pub(super) fn on_signal(mut tell: impl FnMut(Exit) + Send + 'static) -> Result<(), CommandError> {
    let failed = |error: std::io::Error| CommandError::failed(format!("Signals: {error}"));
    let runtime = runtime().map_err(failed)?;
    let (mut interrupt, mut terminate) = runtime.block_on(async { listen() }).map_err(failed)?;
    // Never joined: it waits for signals until the process ends.
    std::thread::spawn(move || {
        runtime.block_on(async {
            loop {
                let exit = tokio::select! {
                    _ = interrupt.recv() => Exit::INTERRUPTED,
                    _ = terminate.recv() => Exit::TERMINATED,
                };
                tell(exit);
            }
        });
    });
    Ok(())
}

fn listen() -> std::io::Result<(Signal, Signal)> {
    Ok((
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    ))
}
