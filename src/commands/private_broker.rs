//! The broker of `kt run`: a child that ends, and deletes its folder, when its parent is gone.
//!
//! The parent holds the write end of a pipe that is the child's standard input. However the parent
//! ends, also by SIGKILL, the pipe closes, and the child reads end of file.

use std::ffi::OsString;
use std::io::Read;

use super::local_broker::KtHome;
use crate::fs::{Fs, RealFs};

/// The first word of a `server-start` that is a child of `kt run`.
const PRIVATE_DELETE: &str = "--kt-private=delete";
/// The same, with a folder that stays.
const PRIVATE_KEEP: &str = "--kt-private=keep";

/// What becomes of the private broker's folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// It is deleted when the broker ends.
    Delete,
    /// It stays.
    Keep,
}

impl Mode {
    /// Returns the word that asks for this mode.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Delete => PRIVATE_DELETE,
            Self::Keep => PRIVATE_KEEP,
        }
    }
}

/// Splits the mode, if the first word is one, from the other words.
pub(super) fn split_mode(words: &[OsString]) -> (Option<Mode>, &[OsString]) {
    match words.split_first() {
        Some((first, rest)) if first == PRIVATE_DELETE => (Some(Mode::Delete), rest),
        Some((first, rest)) if first == PRIVATE_KEEP => (Some(Mode::Keep), rest),
        _ => (None, words),
    }
}

/// Waits until the parent is gone; for ever if the broker is not a private one.
pub(super) async fn parent_gone(private: Option<Mode>) {
    if private.is_none() {
        return std::future::pending().await;
    }
    let (gone, seen) = tokio::sync::oneshot::channel();
    // A thread of its own: a blocking read could not be ended with the runtime.
    std::thread::spawn(move || {
        let mut bytes = [0; 64];
        while std::io::stdin()
            .read(&mut bytes)
            .is_ok_and(|count| count > 0)
        {}
        // The broker may have ended first.
        gone.send(()).ok();
    });
    drop(seen.await);
}

/// Deletes the private broker's folder.
pub(super) fn delete(home: &KtHome) {
    if let Err(error) = RealFs.remove_dir_all(home.root()) {
        tracing::error!("{}: {error}", home.root().display());
    }
}
