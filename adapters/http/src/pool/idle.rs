//! Notices connections that nobody has used for long.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::ledger::LastSent;
use crate::time::{self, Sleep};

/// Looks once per time-out whether anything was sent since the last look: a connection is found
/// idle after one to two time-outs.
#[derive(Debug)]
pub(super) struct IdleWatch {
    timeout: Duration,
    timer: Pin<Box<Sleep>>,
    seen: u32,
}

impl IdleWatch {
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            timer: time::boxed_sleep(timeout),
            seen: 0,
        }
    }

    /// Ready once the connection was idle for the time-out.
    pub(super) fn poll_idle(
        &mut self,
        context: &mut Context<'_>,
        busy: impl Fn() -> bool,
        sent: &LastSent,
    ) -> Poll<()> {
        loop {
            ready!(self.timer.as_mut().poll(context));
            self.timer.as_mut().reset(time::after(self.timeout));
            let last = sent.last();
            if last == self.seen && !busy() {
                return Poll::Ready(());
            }
            self.seen = last;
        }
    }
}
