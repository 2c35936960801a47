//! Who waits for an answer of the host, by the number that the question went out under.
//!
//! Numbers and not pointers: an answer that comes late, twice, or to nobody, finds nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

/// The waiting of one library.
pub(super) struct Waiters<T> {
    next: AtomicU64,
    waiting: Mutex<BTreeMap<u64, oneshot::Sender<T>>>,
}

impl<T> Waiters<T> {
    pub(super) const fn new() -> Self {
        Self {
            next: AtomicU64::new(1),
            waiting: Mutex::new(BTreeMap::new()),
        }
    }

    /// A new number, and what its answer comes through.
    pub(super) fn wait(&self) -> (u64, oneshot::Receiver<T>) {
        let (sender, receiver) = oneshot::channel();
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(id, sender);
        (id, receiver)
    }

    /// Answers, if anybody waits.
    pub(super) fn answer(&self, id: u64, answer: T) {
        let sender = self.lock().remove(&id);
        // Outside the lock: the one who is woken may ask the next question on this very thread.
        if let Some(sender) = sender {
            let _ = sender.send(answer);
        }
    }

    /// Waits no more. Whether somebody did.
    pub(super) fn forget(&self, id: u64) -> bool {
        self.lock().remove(&id).is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, oneshot::Sender<T>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
