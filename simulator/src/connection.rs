//! What is remembered about one connection of a client.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use crate::ca::Issued;
use crate::frames::Control;
use crate::sync::lock;

/// One connection.
pub(crate) struct Connection {
    /// Counts from one, per vendor.
    pub(crate) number: u64,
    /// What the client's certificate was issued for; `Some(None)` is one that we never issued.
    pub(crate) certificate: Option<Option<Issued>>,
    requests: AtomicU64,
    control: OnceLock<Arc<Control>>,
    state: Mutex<Box<dyn Any + Send>>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl Connection {
    pub(crate) fn new(number: u64, certificate: Option<Option<Issued>>) -> Self {
        Self {
            number,
            certificate,
            requests: AtomicU64::new(0),
            control: OnceLock::new(),
            state: Mutex::new(Box::new(())),
        }
    }

    /// Counts one more request and returns its place, from one.
    pub(crate) fn count_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Gives the connection the handle to its HTTP/2 frames.
    pub(crate) fn attach(&self, control: Arc<Control>) {
        // A connection has one transport, so a second handle cannot come.
        let _ = self.control.set(control);
    }

    /// The handle to the frames, if this is an HTTP/2 connection.
    pub(crate) fn control(&self) -> Option<&Arc<Control>> {
        self.control.get()
    }

    /// Runs `f` on the vendor's own state of this connection.
    pub(crate) fn with_state<T: Default + Send + 'static, R>(
        &self,
        f: impl FnOnce(&mut T) -> R,
    ) -> R {
        let mut state = lock(&self.state);
        if let Some(state) = state.downcast_mut::<T>() {
            return f(state);
        }
        let mut fresh = T::default();
        let result = f(&mut fresh);
        *state = Box::new(fresh);
        result
    }
}
