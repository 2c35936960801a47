//! The host, as a plugin sees it.

use std::ffi::c_void;
use std::sync::Arc;
use std::time::Duration;

use crate::abi::{
    self, HOST_HTTP, HOST_MARKER, HOST_TIMER, HostApi, HostHttp, HostTimer, MARKER, Sized32, Slice,
    Status, log_level,
};

/// The host of one instance. Cheap to clone; harmless after the instance is gone.
#[derive(Clone, Debug)]
pub(crate) struct Host(Arc<Tables>);

#[derive(Debug)]
struct Tables {
    api: HostApi,
    http: Option<HostHttp>,
    timer: Option<HostTimer>,
    same_library: bool,
}

// SAFETY: the tables are copies of immutable ones; `ctx` is only ever handed back to functions that
// the header marks as callable from any thread until the process ends.
unsafe impl Send for Tables {}
// SAFETY: as above.
unsafe impl Sync for Tables {}

impl Host {
    /// Copies what the host has of its tables. None if it lacks what no plugin can do without.
    ///
    /// # Safety
    /// If not null, `api` points to a host's table as the header describes it.
    pub(crate) unsafe fn new(api: *const HostApi) -> Option<Self> {
        // SAFETY: the caller's word.
        let api = unsafe { HostApi::read(api)? };
        api.complete?;
        let tables = Tables {
            // SAFETY: the extension of this id is a table of this type that lives as long as the
            // process, by the header.
            http: unsafe { HostHttp::read(extension(&api, HOST_HTTP).cast()) },
            // SAFETY: as above.
            timer: unsafe { HostTimer::read(extension(&api, HOST_TIMER).cast()) },
            same_library: extension(&api, HOST_MARKER) == (&raw const MARKER).cast(),
            api,
        };
        Some(Self(Arc::new(tables)))
    }

    /// Whether this plugin is linked into its host, and shares its statics.
    pub(crate) fn is_same_library(&self) -> bool {
        self.0.same_library
    }

    pub(crate) fn http(&self) -> Option<&HostHttp> {
        self.0.http.as_ref()
    }

    pub(crate) fn timer(&self) -> Option<&HostTimer> {
        self.0.timer.as_ref()
    }

    /// The first argument of every function of the host.
    pub(crate) fn ctx(&self) -> *mut c_void {
        self.0.api.ctx
    }

    /// Ends a call. Whoever calls this holds the call's guard and no lock.
    pub(crate) fn complete(&self, call_id: u64, status: Status, result: &[u8]) {
        if let Some(complete) = self.0.api.complete {
            // SAFETY: the host's own function and context; the slice outlives the call.
            unsafe { complete(self.ctx(), call_id, status, Slice::new(result)) }
        }
    }

    /// The most verbose level that the host wants.
    pub(crate) fn log_level(&self) -> i32 {
        match self.0.api.log_level {
            // SAFETY: the host's own function and context.
            Some(level) => unsafe { level(self.ctx()) },
            None => log_level::INFO,
        }
    }

    pub(crate) fn log(&self, level: i32, target: &str, message: &str, fields_json: &str) {
        if let Some(log) = self.0.api.log {
            // SAFETY: the host's own function and context; the slices outlive the call.
            unsafe {
                log(
                    self.ctx(),
                    level,
                    Slice::new(target.as_bytes()),
                    Slice::new(message.as_bytes()),
                    Slice::new(fields_json.as_bytes()),
                );
            }
        }
    }

    pub(crate) fn metric(&self, kind: i32, name: &str, labels_json: &str, value: f64) {
        if let Some(metric) = self.0.api.metric {
            // SAFETY: the host's own function and context; the slices outlive the call.
            unsafe {
                metric(
                    self.ctx(),
                    kind,
                    Slice::new(name.as_bytes()),
                    Slice::new(labels_json.as_bytes()),
                    value,
                );
            }
        }
    }

    /// Milliseconds since the Unix epoch, if the host tells the time.
    pub(crate) fn unix_time_ms(&self) -> Option<u64> {
        // SAFETY: the host's own function and context.
        self.0
            .api
            .unix_time_ms
            .map(|now| unsafe { now(self.ctx()) })
    }

    /// Time that never goes back, if the host tells it.
    pub(crate) fn monotonic(&self) -> Option<Duration> {
        let now = self.0.api.monotonic_ns?;
        // SAFETY: the host's own function and context.
        Some(Duration::from_nanos(unsafe { now(self.ctx()) }))
    }
}

fn extension(api: &HostApi, id: &str) -> *const c_void {
    match api.get_extension {
        // SAFETY: the host's own function and context; the slice outlives the call.
        Some(get) => unsafe { get(api.ctx, Slice::new(id.as_bytes())) },
        None => std::ptr::null(),
    }
}

/// Hands bytes to a sink of the caller.
///
/// # Safety
/// If not null, `sink` points to a sink as the header describes it, alive during this call.
pub(crate) unsafe fn put(sink: *const abi::Sink, bytes: &[u8]) {
    // SAFETY: the caller's word.
    let Some(sink) = (unsafe { sink.as_ref() }) else {
        return;
    };
    if let Some(put) = sink.put {
        // SAFETY: the sink's own function and context; the slice outlives the call.
        unsafe { put(sink.ctx, Slice::new(bytes)) }
    }
}
