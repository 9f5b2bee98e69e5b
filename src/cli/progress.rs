//! Progress of long work, on stderr, where a person looks at it and never otherwise.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Output;

/// How often a moving display is drawn anew.
const TICK: Duration = Duration::from_millis(120);

/// A line on stderr that moves while work goes on; gone when dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Returns a display of work whose end is not known.
    #[must_use]
    pub fn waiting(output: &Output, text: impl Into<String>) -> Self {
        let bar = if output.stderr_is_terminal() {
            let bar = ProgressBar::new_spinner();
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(TICK);
            bar
        } else {
            ProgressBar::hidden()
        };
        bar.set_message(text.into());
        Self { bar }
    }

    /// Returns a display of `total` steps.
    #[must_use]
    pub fn counting(output: &Output, total: u64, text: impl Into<String>) -> Self {
        let bar = if output.stderr_is_terminal() {
            let bar = ProgressBar::new(total);
            bar.set_draw_target(ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
                bar.set_style(style);
            }
            bar
        } else {
            ProgressBar::hidden()
        };
        bar.set_message(text.into());
        Self { bar }
    }

    /// Changes the text.
    pub fn say(&self, text: impl Into<String>) {
        self.bar.set_message(text.into());
    }

    /// Tells that `count` steps more are done.
    pub fn advance(&self, count: u64) {
        self.bar.inc(count);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
