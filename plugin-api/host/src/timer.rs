//! The extension `zpns.host.timer/1`: timers on the injected clock.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::AbortHandle;
use zpns_plugin_api::abi::{HostTimer, Status, TimerDone};

use crate::host_api::{guarded, instance_of};
use crate::instance::Instance;
use crate::worker::Job;

/// Timers of one instance at once.
const MOST: usize = 65_536;

/// The table that plugins get.
pub(crate) static TABLE: HostTimer = HostTimer {
    struct_size: size_of::<HostTimer>() as u32,
    reserved: 0,
    start: Some(start),
    cancel: Some(cancel),
};

/// The timers that run.
#[derive(Default)]
pub(crate) struct Timers(Mutex<HashMap<u64, Running>>);

struct Running {
    told: Told,
    /// None until its task has been started.
    task: Option<AbortHandle>,
}

/// Whom to tell.
#[derive(Clone, Copy)]
struct Told {
    user: *mut c_void,
    done: TimerDone,
}

// SAFETY: the header lets `done` be called with `user` from every thread.
unsafe impl Send for Told {}

/// The end of a timer.
pub(crate) struct TimerEnd {
    told: Told,
    id: u64,
    status: Status,
}

impl TimerEnd {
    pub(crate) fn tell(self) {
        // SAFETY: `done` and `user` came together, and are used once: the timer is out of the
        // table. The instance is alive on this thread.
        unsafe { (self.told.done)(self.told.user, self.id, self.status) };
    }
}

impl Timers {
    /// Takes a timer out, and tells its end. Nothing if it was told before.
    fn end(&self, instance: &Instance, id: u64, status: Status) {
        let running = self.lock().remove(&id);
        let Some(running) = running else { return };
        if let (Some(task), Status::CANCELLED) = (running.task, status) {
            task.abort();
        }
        let told = running.told;
        instance.ask(Job::Timer(TimerEnd { told, id, status }));
    }

    /// Stops everything without a word: there is nobody left to tell.
    pub(crate) fn stop(&self) {
        for (_, running) in self.lock().drain() {
            if let Some(task) = running.task {
                task.abort();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

unsafe extern "C" fn start(
    ctx: *mut c_void,
    id: u64,
    delay_ns: u64,
    user: *mut c_void,
    done: Option<TimerDone>,
) -> Status {
    guarded(Status::INTERNAL, || {
        // SAFETY: `ctx` is what the plugin got from us.
        let Some(instance) = (unsafe { instance_of(ctx) }) else {
            return Status::CLOSED;
        };
        let Some(done) = done else {
            return Status::INVALID_ARGUMENT;
        };
        let Some(living) = instance.living() else {
            return Status::CLOSED;
        };
        let Some(runtime) = instance.runtime() else {
            return Status::UNSUPPORTED;
        };
        let told = Told { user, done };
        {
            let mut timers = living.timers.lock();
            if timers.len() >= MOST || timers.contains_key(&id) {
                return Status::INVALID_ARGUMENT;
            }
            timers.insert(id, Running { told, task: None });
        }
        let delay = Duration::from_nanos(delay_ns);
        let sleep = {
            // The machine's clock wants to be asked from within a runtime.
            let _inside = runtime.enter();
            living.resources.clock.sleep(delay)
        };
        let waiting = living.clone();
        let task = runtime.spawn(async move {
            sleep.await;
            waiting.timers.end(instance, id, Status::OK);
        });
        // It may be over already.
        if let Some(running) = living.timers.lock().get_mut(&id) {
            running.task = Some(task.abort_handle());
        }
        Status::OK
    })
}

unsafe extern "C" fn cancel(ctx: *mut c_void, id: u64) {
    guarded((), || {
        // SAFETY: `ctx` is what the plugin got from us.
        let living =
            unsafe { instance_of(ctx) }.and_then(|instance| Some((instance, instance.living()?)));
        if let Some((instance, living)) = living {
            living.timers.end(instance, id, Status::CANCELLED);
        }
    });
}
