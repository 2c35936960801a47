//! Notices dead connections: PING, and a limit on the wait for its answer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use h2::{Ping, PingPong};

use crate::time::{self, Instant, Sleep};

/// How often to ask, and how long to wait (`reference/apns.md` §5.4, 3).
#[derive(Clone, Copy, Debug)]
pub(super) struct Rhythm {
    pub(super) busy: Duration,
    pub(super) idle: Duration,
    pub(super) timeout: Duration,
}

/// One connection's PINGs.
#[derive(Debug)]
pub(super) struct Heartbeat {
    rhythm: Rhythm,
    ping: PingPong,
    timer: Pin<Box<Sleep>>,
    asked: bool,
    last: Instant,
}

impl Heartbeat {
    pub(super) fn new(ping: PingPong, rhythm: Rhythm) -> Self {
        Self {
            rhythm,
            ping,
            timer: time::boxed_sleep(rhythm.busy.min(rhythm.idle)),
            asked: false,
            last: time::now(),
        }
    }

    /// Ready once a PING stayed unanswered for too long. `busy` tells whether requests are in
    /// flight; it is asked only when the timer fires.
    pub(super) fn poll_dead(
        &mut self,
        context: &mut Context<'_>,
        busy: impl Fn() -> bool,
    ) -> Poll<()> {
        loop {
            if self.asked {
                match self.ping.poll_pong(context) {
                    Poll::Ready(Ok(_)) => {
                        self.asked = false;
                        self.last = time::now();
                        self.rest(self.rhythm.busy.min(self.rhythm.idle));
                    }
                    // The connection is over; its own poll says why.
                    Poll::Ready(Err(_)) => return Poll::Pending,
                    Poll::Pending => return self.timer.as_mut().poll(context),
                }
            }
            if self.timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            let quiet = self.last.elapsed();
            if busy() || quiet >= self.rhythm.idle {
                if self.ping.send_ping(Ping::opaque()).is_err() {
                    return Poll::Pending;
                }
                self.asked = true;
                self.rest(self.rhythm.timeout);
            } else {
                self.rest(self.rhythm.busy.min(self.rhythm.idle - quiet));
            }
        }
    }

    fn rest(&mut self, duration: Duration) {
        self.timer.as_mut().reset(time::after(duration));
    }
}
