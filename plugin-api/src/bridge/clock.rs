//! The host's clock, which a test can move.

use std::ffi::c_void;
use std::time::Duration;

use zpns_core::Timestamp;
use zpns_core::resources::{Clock, Sleep, SystemClock};

use super::waiters::Waiters;
use crate::abi::Status;
use crate::host::Host;

/// Those who sleep on a timer of the host.
static SLEEPERS: Waiters<()> = Waiters::new();

/// The host's clock; the machine's for what the host does not tell.
#[derive(Debug)]
pub(crate) struct HostClock {
    host: Host,
    machine: SystemClock,
}

impl HostClock {
    pub(crate) fn new(host: Host) -> Self {
        Self {
            host,
            machine: SystemClock::new(),
        }
    }
}

impl Clock for HostClock {
    fn now(&self) -> Timestamp {
        let told = self.host.unix_time_ms().map(Timestamp::from_millis);
        told.unwrap_or_else(|| self.machine.now())
    }

    fn monotonic(&self) -> Duration {
        let told = self.host.monotonic();
        told.unwrap_or_else(|| self.machine.monotonic())
    }

    /// Without timers of the host this waits on tokio's, which only threads of the plugin's own
    /// have; a plugin that has none requires the host's.
    fn sleep(&self, duration: Duration) -> Sleep {
        let Some(start) = self.host.timer().and_then(|timer| timer.start) else {
            return self.machine.sleep(duration);
        };
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let (id, woken) = SLEEPERS.wait();
        let timer = Timer {
            host: self.host.clone(),
            id,
        };
        // SAFETY: the host's own function and context; `timer_done` is callable from any thread,
        // takes any id, and does not look at `user`.
        let status = unsafe {
            start(
                self.host.ctx(),
                id,
                nanos,
                std::ptr::null_mut(),
                Some(timer_done),
            )
        };
        if status != Status::OK {
            // The instance is going down: nobody has to wait any more.
            SLEEPERS.answer(id, ());
        }
        Box::pin(async move {
            let _timer = timer;
            let _ = woken.await;
        })
    }
}

/// A timer under way; dropped, it is given up.
struct Timer {
    host: Host,
    id: u64,
}

impl Drop for Timer {
    fn drop(&mut self) {
        if !SLEEPERS.forget(self.id) {
            return;
        }
        if let Some(cancel) = self.host.timer().and_then(|timer| timer.cancel) {
            // SAFETY: the host's own function and context.
            unsafe { cancel(self.host.ctx(), self.id) }
        }
    }
}

unsafe extern "C" fn timer_done(_user: *mut c_void, timer_id: u64, _status: Status) {
    crate::contain((), || SLEEPERS.answer(timer_id, ()));
}
