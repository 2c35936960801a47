//! The instance's own thread: whatever is called in a plugin is called from here.
//!
//! So a plugin that blocks in `send` blocks nobody but itself, `cancel` always comes after `send`
//! has returned, and `destroy` comes last and alone, from a thread that may block. Exceptions are
//! `partition`, which a router asks for its verdict on the spot, and `send` where the host asks for
//! that ([`Calls`](crate::Calls)): both lock the plugin against being destroyed meanwhile.

use std::ffi::c_void;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;
use zpns_plugin_api::abi::{Call, PluginApi, PluginProvider, Slice, Status};

use crate::calls::Ending;
use crate::http::HttpEnd;
use crate::instance::{Instance, Standing};
use crate::timer::TimerEnd;

/// What the thread is asked to do, in order.
pub(crate) enum Job {
    /// Give the plugin a batch.
    Send { id: u64, timeout_ms: u64 },
    /// Have the credentials checked.
    Check { id: u64, timeout_ms: u64 },
    /// Tell the plugin to give a call up, if it still works on it.
    Cancel { id: u64 },
    /// Tell the plugin the end of an HTTP request of its.
    Http(HttpEnd),
    /// Tell the plugin the end of a timer of its.
    Timer(TimerEnd),
    /// Have the plugin refuse new calls and end the rest.
    Shutdown { id: u64, grace_ms: u64 },
    /// Shut the instance down without anybody to wait for it, and destroy it.
    Close,
    /// Look again whether the last shutdown is over.
    Woken,
    /// End the instance, and the thread.
    Destroy(oneshot::Sender<()>),
    /// End the thread, and leave the instance as it is.
    Abandon,
}

/// An instance's pointer with the functions that take it.
#[derive(Clone, Copy)]
pub(crate) struct Plugin {
    pub(crate) api: PluginApi,
    pub(crate) provider: Option<PluginProvider>,
    pub(crate) instance: *mut c_void,
}

// SAFETY: by the header, every function may be called from every thread, and `instance` is only
// ever handed to them.
unsafe impl Send for Plugin {}
// SAFETY: as above.
unsafe impl Sync for Plugin {}

/// The plugin for as long as it may be called: taken out, under the write lock, to be destroyed.
pub(crate) type Shared = Arc<RwLock<Option<Plugin>>>;

/// The queue to an instance's thread.
#[derive(Clone, Debug)]
pub(crate) struct Worker(Sender<Job>);

impl Worker {
    /// A queue that nobody works on yet.
    pub(crate) fn new() -> (Self, Receiver<Job>) {
        let (sender, jobs) = mpsc::channel();
        (Self(sender), jobs)
    }

    /// Asks for a job. After the thread has ended there is nothing left to be done for it: the
    /// job is dropped, and with it what waits for it is told.
    pub(crate) fn ask(&self, job: Job) {
        let _ = self.0.send(job);
    }
}

/// How long the thread of a provider that was dropped, and not shut down, waits for its plugin.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// Works on the jobs until the instance is destroyed or abandoned.
pub(crate) fn work(
    instance: &'static Instance,
    plugin: Plugin,
    shared: &Shared,
    jobs: &Receiver<Job>,
) {
    while let Ok(job) = jobs.recv() {
        match job {
            Job::Close => {
                if close(instance, plugin, jobs) {
                    destroy(plugin, shared);
                    instance.gone(Standing::Closed);
                } else {
                    instance.gone(Standing::Abandoned);
                }
                return;
            }
            Job::Destroy(done) => {
                destroy(plugin, shared);
                instance.gone(Standing::Closed);
                // Whoever asked may have stopped to wait.
                let _ = done.send(());
                return;
            }
            Job::Abandon => return,
            job => call(instance, plugin, job),
        }
    }
}

/// One job after which the instance is still there.
fn call(instance: &Instance, plugin: Plugin, job: Job) {
    match job {
        Job::Send { id, timeout_ms } => send(instance, plugin, id, timeout_ms),
        Job::Check { id, timeout_ms } => check(instance, plugin, id, timeout_ms),
        Job::Cancel { id } => cancel(instance, plugin, id),
        Job::Http(end) => end.tell(),
        Job::Timer(end) => end.tell(),
        Job::Shutdown { id, grace_ms } => shutdown(instance, plugin, id, grace_ms),
        Job::Woken | Job::Close | Job::Destroy(_) | Job::Abandon => {}
    }
}

/// Shuts down with no grace, and goes on serving the plugin until it is done with that. Whether
/// it came to it.
fn close(instance: &'static Instance, plugin: Plugin, jobs: &Receiver<Job>) -> bool {
    let Some(id) = instance.calls.open(Bytes::new()) else {
        return false;
    };
    shutdown(instance, plugin, id, 0);
    let waker = Waker::from(Arc::new(WakeThread(instance)));
    loop {
        if let Poll::Ready(ending) = instance.calls.poll(id, &Context::from_waker(&waker)) {
            return matches!(ending, Ending::Completed(Status::OK, _));
        }
        match jobs.recv_timeout(LAST_WAIT) {
            Ok(job) => call(instance, plugin, job),
            Err(_) => return false,
        }
    }
}

/// Wakes the instance's thread.
struct WakeThread(&'static Instance);

impl Wake for WakeThread {
    fn wake(self: Arc<Self>) {
        self.0.ask(Job::Woken);
    }
}

/// Gives the plugin a batch.
pub(crate) fn send(instance: &Instance, plugin: Plugin, id: u64, timeout_ms: u64) {
    let Some(body) = instance.calls.begin(id) else {
        return;
    };
    let call = Call {
        struct_size: size_of::<Call>() as u32,
        flags: 0,
        call_id: id,
        timeout_ms,
        traceparent: Slice::EMPTY,
        body: Slice::new(&body),
    };
    let status = match plugin.api.send {
        // SAFETY: the instance is alive, because this is its thread or `shared` is locked; `call`
        // lives through the call, and the body in the call table until the plugin has completed it.
        Some(send) if !instance.is_quarantined() => unsafe {
            send(plugin.instance, &raw const call)
        },
        Some(_) => Status::PANICKED,
        None => Status::UNSUPPORTED,
    };
    answered(instance, id, status);
}

fn check(instance: &Instance, plugin: Plugin, id: u64, timeout_ms: u64) {
    if instance.calls.begin(id).is_none() {
        return;
    }
    let status = match plugin.provider.and_then(|provider| provider.check) {
        // SAFETY: the instance is alive on this thread.
        Some(check) if !instance.is_quarantined() => unsafe {
            check(plugin.instance, id, timeout_ms)
        },
        Some(_) => Status::PANICKED,
        None => Status::UNSUPPORTED,
    };
    answered(instance, id, status);
}

fn shutdown(instance: &Instance, plugin: Plugin, id: u64, grace_ms: u64) {
    if instance.calls.begin(id).is_none() {
        return;
    }
    let status = match plugin.api.shutdown {
        // SAFETY: the instance is alive on this thread.
        Some(shutdown) => unsafe { shutdown(plugin.instance, id, grace_ms) },
        None => Status::UNSUPPORTED,
    };
    answered(instance, id, status);
}

fn answered(instance: &Instance, id: u64, status: Status) {
    if status == Status::OK {
        return;
    }
    if status.known() == Status::PANICKED {
        instance.quarantine();
    }
    instance.calls.refuse(id, status.known());
}

fn cancel(instance: &Instance, plugin: Plugin, id: u64) {
    if !instance.calls.is_detached(id) || instance.is_quarantined() {
        return;
    }
    if let Some(cancel) = plugin.api.cancel {
        // SAFETY: the instance is alive on this thread, and `send` for this id has returned.
        unsafe { cancel(plugin.instance, id) };
    }
}

fn destroy(plugin: Plugin, shared: &Shared) {
    // Waits for whoever is in `partition`; afterwards nobody gets in any more.
    let taken = shared
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if let (Some(_), Some(destroy)) = (taken, plugin.api.destroy) {
        // SAFETY: the instance is alive, this is its only thread, and it ends with this call.
        unsafe { destroy(plugin.instance) };
    }
}
