//! Counts requests under way, so that closing can wait for them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use zpns_core::Sent;
use zpns_core::resources::HttpError;

use crate::{errors, time};

/// Open → closing (no new requests) → cut (those under way are given up).
#[derive(Debug)]
pub(crate) struct UnderWay {
    count: AtomicUsize,
    closing: AtomicBool,
    /// Moves on when the last one left while closing.
    idle: watch::Sender<()>,
    cut: watch::Sender<bool>,
}

impl UnderWay {
    pub(crate) fn new() -> Self {
        Self {
            count: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            idle: watch::Sender::new(()),
            cut: watch::Sender::new(false),
        }
    }

    /// Counts one in, until the guard is dropped.
    pub(crate) fn enter(&self) -> Result<Entered<'_>, HttpError> {
        // Counted before the flag is read, and `drain` reads in the opposite order: either this
        // request sees the flag, or `drain` sees this request.
        self.count.fetch_add(1, Ordering::SeqCst);
        let entered = Entered(self);
        if self.closing.load(Ordering::SeqCst) {
            return Err(errors::closed(Sent::No));
        }
        Ok(entered)
    }

    /// Ready once those under way are to be given up.
    pub(crate) async fn cut(&self) {
        // The sender lives in `self`: this cannot fail.
        let _ = self.cut.subscribe().wait_for(|cut| *cut).await;
    }

    /// Lets nobody in, waits for those inside for up to `grace`, then gives them up.
    pub(crate) async fn drain(&self, grace: Duration) {
        let mut idle = self.idle.subscribe();
        self.closing.store(true, Ordering::SeqCst);
        let empty = async {
            while self.count.load(Ordering::SeqCst) > 0 && idle.changed().await.is_ok() {}
        };
        let _ = time::within(grace, empty).await;
        self.cut.send_replace(true);
    }
}

/// One request under way.
#[derive(Debug)]
pub(crate) struct Entered<'a>(&'a UnderWay);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let last = self.0.count.fetch_sub(1, Ordering::SeqCst) == 1;
        if last && self.0.closing.load(Ordering::SeqCst) {
            self.0.idle.send_replace(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn draining_waits_for_those_inside_and_lets_nobody_in() {
        let under_way = UnderWay::new();
        let inside = under_way.enter().unwrap();
        let leave = async {
            time::sleep(Duration::from_secs(3)).await;
            assert!(under_way.enter().is_err());
            drop(inside);
        };
        let start = time::now();
        tokio::join!(under_way.drain(Duration::from_secs(60)), leave);
        assert_eq!(start.elapsed(), Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn those_still_inside_after_the_grace_are_given_up() {
        let under_way = UnderWay::new();
        let _inside = under_way.enter().unwrap();
        let start = time::now();
        tokio::join!(under_way.drain(Duration::from_secs(5)), under_way.cut());
        assert_eq!(start.elapsed(), Duration::from_secs(5));
    }
}
