//! SIGINT and SIGTERM for the commands that have something to finish.

use std::sync::mpsc::Sender;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::{CommandError, Exit};
use crate::client::runtime;

/// What ends a command.
#[derive(Debug)]
pub(super) enum Ended {
    /// It is done.
    Done(Result<Exit, CommandError>),
    /// A signal, and the exit code that stands for it.
    BySignal(Exit),
}

/// Tells every SIGINT and SIGTERM from now on to `events`.
pub(super) fn send_to(events: &Sender<Ended>) -> Result<(), CommandError> {
    let failed = |error: std::io::Error| CommandError::failed(format!("Signals: {error}"));
    let runtime = runtime().map_err(failed)?;
    let (mut interrupt, mut terminate) = runtime.block_on(async { listen() }).map_err(failed)?;
    let events = events.clone();
    // Never joined: it waits for signals until the process ends.
    std::thread::spawn(move || {
        runtime.block_on(async {
            loop {
                let exit = tokio::select! {
                    _ = interrupt.recv() => Exit::INTERRUPTED,
                    _ = terminate.recv() => Exit::TERMINATED,
                };
                if events.send(Ended::BySignal(exit)).is_err() {
                    return;
                }
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
