//! The calls in flight of one instance, and the guard that completes each exactly once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::{AbortHandle, AbortRegistration};
use tokio::sync::Notify;

use crate::abi::Status;
use crate::host::Host;

/// The calls in flight.
#[derive(Debug)]
pub(crate) struct Calls {
    host: Host,
    state: Mutex<State>,
    /// Told when the last call ends after no more are taken.
    drained: Notify,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    running: HashMap<u64, AbortHandle>,
}

impl Calls {
    pub(crate) fn new(host: Host) -> Arc<Self> {
        Arc::new(Self {
            host,
            state: Mutex::default(),
            drained: Notify::new(),
        })
    }

    /// Takes a call: from now on it is completed exactly once, whatever happens to the guard.
    ///
    /// # Errors
    /// [`Status::CLOSED`] after [`close`](Self::close), [`Status::INVALID_ARGUMENT`] for an id that
    /// is in flight already.
    pub(crate) fn take(
        self: &Arc<Self>,
        id: u64,
    ) -> Result<(CompletionGuard, AbortRegistration), Status> {
        let (handle, registration) = AbortHandle::new_pair();
        let mut state = self.lock();
        if state.closed {
            return Err(Status::CLOSED);
        }
        if state.running.contains_key(&id) {
            return Err(Status::INVALID_ARGUMENT);
        }
        state.running.insert(id, handle);
        let guard = CompletionGuard {
            calls: Arc::clone(self),
            id,
            open: true,
        };
        Ok((guard, registration))
    }

    /// Gives a call up: its future is dropped at its next turn. Unknown ids are no error.
    pub(crate) fn cancel(&self, id: u64) {
        let handle = self.lock().running.get(&id).cloned();
        // Outside the lock: whoever is woken may complete the call on this very thread.
        if let Some(handle) = handle {
            handle.abort();
        }
    }

    /// Takes no more calls.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
    }

    /// Gives up every call in flight.
    pub(crate) fn cancel_all(&self) {
        let handles: Vec<_> = self.lock().running.values().cloned().collect();
        for handle in handles {
            handle.abort();
        }
    }

    /// Waits until no call is in flight; none is taken any more.
    pub(crate) async fn drained(&self) {
        loop {
            let mut told = std::pin::pin!(self.drained.notified());
            told.as_mut().enable();
            if self.lock().running.is_empty() {
                return;
            }
            told.await;
        }
    }

    fn finish(&self, id: u64, status: Status, result: &[u8]) {
        // First told, then forgotten: who waits for the last call may end the instance.
        self.host.complete(id, status, result);
        let mut state = self.lock();
        state.running.remove(&id);
        let drained = state.closed && state.running.is_empty();
        drop(state);
        if drained {
            self.drained.notify_waiters();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Owns a call that was taken: completes it when told to, or when it is dropped, by a panic or by
/// being given up.
#[derive(Debug)]
#[must_use = "dropping it completes the call as cancelled"]
pub(crate) struct CompletionGuard {
    calls: Arc<Calls>,
    id: u64,
    open: bool,
}

impl CompletionGuard {
    /// Completes the call.
    pub(crate) fn complete(mut self, status: Status, result: &[u8]) {
        self.open = false;
        self.calls.finish(self.id, status, result);
    }
}

impl Drop for CompletionGuard {
    fn drop(&mut self) {
        if self.open {
            let status = if std::thread::panicking() {
                Status::PANICKED
            } else {
                Status::CANCELLED
            };
            self.calls.finish(self.id, status, &[]);
        }
    }
}
