//! Time that passes only when there is nothing else to do.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use zpns_core::Timestamp;
use zpns_core::resources::{Clock, Sleep};

/// A clock that [`run`] moves on to whatever is awaited next.
#[derive(Clone, Debug, Default)]
pub(crate) struct VirtualTime(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    now: Duration,
    /// Who is to be woken, by when and by number.
    sleepers: BTreeMap<(Duration, u64), Waker>,
    slept: u64,
}

/// Awake, or waiting for its turn.
#[derive(Default)]
struct Awake(AtomicBool);

impl Wake for Awake {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// The output of a future, in no more time than it takes to compute. None if it waits for
/// something that never happens.
pub(crate) fn run<F: Future>(time: &VirtualTime, future: F) -> Option<F::Output> {
    let mut future = std::pin::pin!(future);
    let awake = Arc::new(Awake::default());
    let waker = Waker::from(Arc::clone(&awake));
    let mut context = Context::from_waker(&waker);
    loop {
        awake.0.store(false, Ordering::Release);
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        while !awake.0.load(Ordering::Acquire) {
            time.wake_next()?.wake();
        }
    }
}

impl VirtualTime {
    /// Moves on to the next moment that somebody waits for.
    fn wake_next(&self) -> Option<Waker> {
        let mut state = self.lock();
        let ((wake, _), waker) = state.sleepers.pop_first()?;
        state.now = state.now.max(wake);
        Some(waker)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for VirtualTime {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_780_000_000) + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        self.lock().now
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let mut state = self.lock();
        state.slept += 1;
        let key = (state.now.saturating_add(duration), state.slept);
        Box::pin(Sleeping {
            time: self.clone(),
            key,
        })
    }
}

struct Sleeping {
    time: VirtualTime,
    key: (Duration, u64),
}

impl Future for Sleeping {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.time.lock();
        if state.now >= self.key.0 {
            return Poll::Ready(());
        }
        state.sleepers.insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleeping {
    fn drop(&mut self) {
        self.time.lock().sleepers.remove(&self.key);
    }
}
