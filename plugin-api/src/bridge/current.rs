//! Which host a log record or a measurement goes to: that of the instance at work on this thread.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};

use crate::host::Host;

thread_local! {
    static CURRENT: RefCell<Option<Host>> = const { RefCell::new(None) };
}

/// The host of the last instance that was made: for threads that work for none.
static LAST: Mutex<Option<Host>> = Mutex::new(None);

pub(super) fn remember(host: &Host) {
    *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(host.clone());
}

/// The host to tell.
pub(crate) fn host() -> Option<Host> {
    let current = CURRENT.try_with(|current| current.borrow().clone());
    current.ok().flatten().or_else(|| {
        let last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone()
    })
}

/// Runs something on behalf of an instance of this host.
pub(crate) fn within<T>(host: &Host, work: impl FnOnce() -> T) -> T {
    struct Restore(Option<Host>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let before = self.0.take();
            let _ = CURRENT.try_with(|current| current.replace(before));
        }
    }
    let before = CURRENT.try_with(|current| current.replace(Some(host.clone())));
    let _restore = Restore(before.ok().flatten());
    work()
}

/// A future that works on behalf of an instance of this host.
pub(crate) async fn on_behalf_of<F: Future>(host: Host, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| within(&host, || future.as_mut().poll(context))).await
}
