//! The host's side of one instance.
//!
//! Its address is the context that a plugin hands back with every call of a host function. It is
//! never freed, so that a plugin which calls after its end does no harm; what it holds is given
//! back when the instance is gone.

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use tokio::runtime::Handle;
use zpns_core::{Connection, ProviderId, Resources};
use zpns_plugin_api::abi::{HostApi, Sink};

use crate::calls::{CallTable, Completion};
use crate::health::{Counter, Health};
use crate::host_api;
use crate::http::Http;
use crate::metrics::Metrics;
use crate::secrets::Secrets;
use crate::timer::Timers;
use crate::worker::{Job, Worker};

/// How an instance stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Standing {
    /// It takes calls.
    Open,
    /// It ends what it has, and takes nothing new.
    Draining,
    /// It has been destroyed.
    Closed,
    /// It did not come to an end in time, and was left as it was: never destroyed, never called
    /// again.
    Abandoned,
}

/// The host's side of one instance.
pub(crate) struct Instance {
    pub(crate) provider: ProviderId,
    pub(crate) calls: CallTable,
    pub(crate) counted: Counted,
    standing: Mutex<Standing>,
    quarantined: AtomicBool,
    living: RwLock<Option<Arc<Living>>>,
    runtime: Mutex<Option<Handle>>,
    table: OnceLock<HostApi>,
    /// What the plugin put into the sink of the call that is under way on its thread.
    put: Mutex<Put>,
}

/// At most one put, and only while a call is under way that may put something.
#[derive(Default)]
enum Put {
    #[default]
    Unwanted,
    Wanted,
    Taken(Vec<u8>),
}

/// What an instance holds for as long as it lives.
pub(crate) struct Living {
    pub(crate) resources: Resources,
    pub(crate) connection: Connection,
    pub(crate) secrets: Secrets,
    pub(crate) metrics: Option<Arc<dyn Metrics>>,
    pub(crate) http: Http,
    pub(crate) timers: Timers,
    pub(crate) worker: Worker,
}

// SAFETY: the only part that is not `Send` and `Sync` by itself is the host's table, whose pointer
// is the address of this very value, which is never freed.
unsafe impl Send for Instance {}
// SAFETY: as above.
unsafe impl Sync for Instance {}

/// Every instance there ever was: deliberately immortal, and reachable, so that leak checkers see
/// that it is meant.
static INSTANCES: Mutex<Vec<&'static Instance>> = Mutex::new(Vec::new());

impl Instance {
    /// A new one, which is never freed.
    pub(crate) fn new(provider: ProviderId, living: Living, limit: usize) -> &'static Self {
        let instance: &'static Self = Box::leak(Box::new(Self {
            provider,
            calls: CallTable::new(limit),
            counted: Counted::default(),
            standing: Mutex::new(Standing::Open),
            quarantined: AtomicBool::new(false),
            living: RwLock::new(Some(Arc::new(living))),
            runtime: Mutex::new(Handle::try_current().ok()),
            table: OnceLock::new(),
            put: Mutex::default(),
        }));
        let mut instances = INSTANCES.lock().unwrap_or_else(PoisonError::into_inner);
        instances.push(instance);
        instance
    }

    /// The table that the plugin gets.
    pub(crate) fn host_api(&'static self) -> &'static HostApi {
        let ctx = std::ptr::from_ref(self).cast_mut().cast::<c_void>();
        self.table.get_or_init(|| host_api::table(ctx))
    }

    /// A sink for one call. It is the instance itself, so that a plugin which keeps it and puts
    /// something later does no harm.
    pub(crate) fn sink(&'static self) -> Sink {
        *self.put.lock().unwrap_or_else(PoisonError::into_inner) = Put::Wanted;
        Sink {
            ctx: std::ptr::from_ref(self).cast_mut().cast::<c_void>(),
            put: Some(host_api::put),
        }
    }

    /// The plugin puts something into the sink.
    pub(crate) fn put(&self, bytes: &[u8]) {
        let mut put = self.put.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*put, Put::Wanted) {
            *put = Put::Taken(bytes.to_vec());
        }
    }

    /// What was put into the sink, after the call.
    pub(crate) fn collected(&self) -> Option<Vec<u8>> {
        let mut put = self.put.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::take(&mut *put) {
            Put::Taken(bytes) => Some(bytes),
            Put::Unwanted | Put::Wanted => None,
        }
    }

    /// What it holds, unless it is gone.
    pub(crate) fn living(&self) -> Option<Arc<Living>> {
        let living = self.living.read().unwrap_or_else(PoisonError::into_inner);
        living.clone()
    }

    /// Asks its thread for a job, unless it is gone.
    pub(crate) fn ask(&self, job: Job) {
        if let Some(living) = self.living() {
            living.worker.ask(job);
        }
    }

    /// Where HTTP and timers run: the runtime that last sent through this instance.
    pub(crate) fn runtime(&self) -> Option<Handle> {
        let runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner);
        runtime.clone()
    }

    /// HTTP and timers run in the present runtime from now on.
    pub(crate) fn adopt_runtime(&self) {
        if let Ok(handle) = Handle::try_current() {
            let mut runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner);
            if runtime.as_ref().map(Handle::id) != Some(handle.id()) {
                *runtime = Some(handle);
            }
        }
    }

    /// How it stands.
    pub(crate) fn standing(&self) -> Standing {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes nothing new from now on. False if that was so before.
    pub(crate) fn drain(&self) -> bool {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let open = *standing == Standing::Open;
        if open {
            *standing = Standing::Draining;
        }
        open
    }

    /// Whether it panicked where it must not.
    pub(crate) fn is_quarantined(&self) -> bool {
        self.quarantined.load(Ordering::Acquire)
    }

    /// It is given no call any more.
    pub(crate) fn quarantine(&self) {
        if !self.quarantined.swap(true, Ordering::AcqRel) {
            tracing::error!(
                provider = %self.provider,
                "this plugin panicked inside a call; it is given no more calls"
            );
        }
    }

    /// It is gone: whoever waits is told, and what it held is given back.
    pub(crate) fn gone(&self, standing: Standing) {
        {
            let mut now = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
            if matches!(*now, Standing::Closed | Standing::Abandoned) {
                return;
            }
            *now = standing;
        }
        if standing == Standing::Abandoned {
            tracing::error!(
                provider = %self.provider,
                unfinished = self.calls.unfinished(),
                "this plugin did not come to an end; its instance is left as it is"
            );
        }
        self.calls.end_all();
        let living = {
            let mut living = self.living.write().unwrap_or_else(PoisonError::into_inner);
            living.take()
        };
        if let Some(living) = living {
            if standing == Standing::Abandoned {
                living.worker.ask(Job::Abandon);
            }
            living.http.stop();
            living.timers.stop();
        }
    }

    /// Counts a completion that nobody waited for.
    pub(crate) fn count(&self, completion: Completion) {
        match completion {
            Completion::Delivered => {}
            Completion::Late => self.counted.add(Counter::Late),
            Completion::Stray => {
                self.counted.add(Counter::Stray);
                tracing::debug!(
                    provider = %self.provider,
                    "this plugin completed a call that was not open"
                );
            }
        }
    }

    /// How it does.
    pub(crate) fn health(&self) -> Health {
        Health {
            standing: self.standing(),
            quarantined: self.is_quarantined(),
            unfinished: self.calls.unfinished(),
            late: self.counted.of(Counter::Late),
            stray: self.counted.of(Counter::Stray),
            panicked: self.counted.of(Counter::Panicked),
            overdue: self.counted.of(Counter::Overdue),
            unreadable: self.counted.of(Counter::Unreadable),
        }
    }
}

/// One number per [`Counter`].
#[derive(Default)]
pub(crate) struct Counted([AtomicU64; Counter::COUNT]);

impl Counted {
    pub(crate) fn add(&self, counter: Counter) {
        self.0[counter as usize].fetch_add(1, Ordering::Relaxed);
    }

    fn of(&self, counter: Counter) -> u64 {
        self.0[counter as usize].load(Ordering::Relaxed)
    }
}
