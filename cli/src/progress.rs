//! The progress bar of a long send, on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Counts outcomes, and shows them on stderr if that is a terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    accepted: u64,
    others: u64,
}

impl Progress {
    /// A bar over so many bytes of the token file, or a spinner if their number is not known.
    pub(crate) fn new(bytes: Option<u64>) -> Self {
        let bar = bytes.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        bar.set_draw_target(ProgressDrawTarget::stderr());
        let template = match bytes {
            Some(_) => "{wide_bar} {percent}% {msg} {eta}",
            None => "{spinner} {msg} {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            bar,
            accepted: 0,
            others: 0,
        }
    }

    /// So many bytes of the token file have been read.
    pub(crate) fn read(&self, bytes: u64) {
        self.bar.set_position(bytes);
    }

    /// One more outcome.
    pub(crate) fn count(&mut self, accepted: bool) {
        if accepted {
            self.accepted += 1;
        } else {
            self.others += 1;
        }
        // Formatting a message per push would cost more than the push.
        if (self.accepted + self.others).is_multiple_of(256) {
            self.show();
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.show();
        self.bar.finish_and_clear();
    }

    fn show(&self) {
        let (accepted, others) = (self.accepted, self.others);
        self.bar
            .set_message(format!("{accepted} accepted, {others} not"));
    }
}
