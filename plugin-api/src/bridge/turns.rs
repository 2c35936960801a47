//! Turns that the host gives to what a thread of the provider's own woke.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::waiters::new_id;
use crate::abi::Status;
use crate::host::Host;
use crate::runtime::{HandOver, Scheduled, turn};

/// Those that wait for their turn, by the timer that brings it.
static WAITING: Mutex<BTreeMap<u64, Scheduled>> = Mutex::new(BTreeMap::new());

/// Gives a task its turn when a timer of the host rings, which it does at once.
pub(crate) fn of(host: Host) -> HandOver {
    Arc::new(move |scheduled| {
        let id = new_id();
        waiting().insert(id, scheduled);
        let start = host.timer().and_then(|timer| timer.start);
        let started = start.is_some_and(|start| {
            // SAFETY: the host's own function and context; `ring` is callable from any thread,
            // takes any id, and does not look at `user`.
            let status = unsafe { start(host.ctx(), id, 0, std::ptr::null_mut(), Some(ring)) };
            status == Status::OK
        });
        if !started {
            // The instance is going down: its calls are to be ended here and now.
            turn(|| resume(id));
        }
    })
}

unsafe extern "C" fn ring(_user: *mut c_void, timer_id: u64, _status: Status) {
    crate::contain((), || resume(timer_id));
}

fn resume(id: u64) {
    let scheduled = waiting().remove(&id);
    if let Some(scheduled) = scheduled {
        scheduled.resume();
    }
}

fn waiting() -> MutexGuard<'static, BTreeMap<u64, Scheduled>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}
