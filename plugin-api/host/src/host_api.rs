//! The host's functions as a plugin calls them. All of them may be called from any thread, at any
//! time, with anything: nothing of what comes in is trusted, and nothing unwinds out.

use std::borrow::Cow;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use tracing::level_filters::LevelFilter;
use zpns_plugin_api::abi::{
    ABI_MAJOR, ABI_MINOR, HOST_HTTP, HOST_MARKER, HOST_TIMER, HostApi, MARKER, Slice, Status,
    log_level, metric_kind,
};
use zpns_plugin_api::json::RESULT_LIMIT;

use crate::calls::Unreadable;
use crate::health::Counter;
use crate::instance::Instance;
use crate::metrics::{Metric, MetricKind};
use crate::{http, timer};

/// The most bytes of one text of a log record or a measurement; the rest is cut.
const TEXT_LIMIT: usize = 16 << 10;

/// Extensions that this host has.
pub(crate) const EXTENSIONS: [&str; 2] = [HOST_HTTP, HOST_TIMER];

pub(crate) fn table(ctx: *mut c_void) -> HostApi {
    HostApi {
        struct_size: size_of::<HostApi>() as u32,
        abi_major: ABI_MAJOR,
        abi_minor: ABI_MINOR,
        ctx,
        complete: Some(complete),
        log_level: Some(wanted_level),
        log: Some(log),
        metric: Some(metric),
        unix_time_ms: Some(unix_time_ms),
        monotonic_ns: Some(monotonic_ns),
        get_extension: Some(get_extension),
    }
}

/// Runs a host function. A defect of ours, or of a log subscriber, stays on our side.
pub(crate) fn guarded<T>(otherwise: T, run: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        tracing::error!("a host function panicked while a plugin called it");
        otherwise
    })
}

/// The instance that a context belongs to.
///
/// # Safety
/// `ctx` is null or the context of one of our tables.
pub(crate) unsafe fn instance_of(ctx: *mut c_void) -> Option<&'static Instance> {
    // SAFETY: the contexts of our tables are instances, which are never freed.
    unsafe { ctx.cast::<Instance>().as_ref() }
}

/// A borrowed text, cut to the limit, with what is no UTF-8 replaced.
///
/// # Safety
/// The slice is readable, if it is neither null nor absurdly long.
unsafe fn text<'a>(slice: Slice) -> Cow<'a, str> {
    let cut = Slice {
        len: slice.len.min(TEXT_LIMIT),
        ..slice
    };
    // SAFETY: by the caller's word; a part of what is readable is readable.
    let bytes = unsafe { cut.bytes() };
    String::from_utf8_lossy(bytes.unwrap_or_default())
}

unsafe extern "C" fn complete(ctx: *mut c_void, call_id: u64, status: Status, result: Slice) {
    guarded((), || {
        // SAFETY: `ctx` is what the plugin got from us.
        let Some(instance) = (unsafe { instance_of(ctx) }) else {
            return;
        };
        let bytes = if result.len > RESULT_LIMIT {
            Err(Unreadable::TooLarge(result.len))
        } else {
            // SAFETY: the plugin lends its result for the length of this call.
            let bytes = unsafe { result.bytes() };
            bytes.map(Bytes::copy_from_slice).ok_or(Unreadable::Null)
        };
        if status.known() == Status::PANICKED {
            instance.counted.add(Counter::Panicked);
        }
        // The body is kept until here: the plugin may read it until this function returns.
        let (completion, _body) = instance.calls.complete(call_id, status.known(), bytes);
        instance.count(completion);
    });
}

/// The sink of every instance.
pub(crate) unsafe extern "C" fn put(ctx: *mut c_void, bytes: Slice) {
    guarded((), || {
        // SAFETY: `ctx` is what the plugin got from us.
        let Some(instance) = (unsafe { instance_of(ctx) }) else {
            return;
        };
        if bytes.len <= RESULT_LIMIT {
            // SAFETY: the plugin lends the bytes for the length of this call.
            if let Some(bytes) = unsafe { bytes.bytes() } {
                instance.put(bytes);
            }
        }
    });
}

unsafe extern "C" fn wanted_level(_ctx: *mut c_void) -> i32 {
    const LEVELS: [(LevelFilter, i32); 5] = [
        (LevelFilter::TRACE, log_level::TRACE),
        (LevelFilter::DEBUG, log_level::DEBUG),
        (LevelFilter::INFO, log_level::INFO),
        (LevelFilter::WARN, log_level::WARN),
        (LevelFilter::ERROR, log_level::ERROR),
    ];
    let current = LevelFilter::current();
    let row = LEVELS.iter().find(|(level, _)| *level == current);
    row.map_or(log_level::OFF, |(_, wanted)| *wanted)
}

unsafe extern "C" fn log(
    ctx: *mut c_void,
    level: i32,
    target: Slice,
    message: Slice,
    fields_json: Slice,
) {
    guarded((), || {
        // SAFETY: `ctx` is what the plugin got from us.
        let Some(instance) = (unsafe { instance_of(ctx) }) else {
            return;
        };
        let Some(living) = instance.living() else {
            return;
        };
        // SAFETY: the plugin lends its texts for the length of this call.
        let (target, message, fields) = unsafe { (text(target), text(message), text(fields_json)) };
        let message = living.secrets.hide(&message);
        let fields = living.secrets.hide(&fields);
        let (provider, from) = (&instance.provider, &*target);
        // The level of an event is part of its code.
        macro_rules! event {
            ($level:ident) => {
                tracing::event!(
                    target: "zpns::plugin",
                    tracing::Level::$level,
                    %provider, from, fields = &*fields, "{message}"
                )
            };
        }
        match level {
            log_level::ERROR => event!(ERROR),
            log_level::WARN => event!(WARN),
            log_level::INFO => event!(INFO),
            log_level::DEBUG => event!(DEBUG),
            _ => event!(TRACE),
        }
    });
}

unsafe extern "C" fn metric(
    ctx: *mut c_void,
    kind: i32,
    name: Slice,
    labels_json: Slice,
    value: f64,
) {
    guarded((), || {
        // SAFETY: `ctx` is what the plugin got from us.
        let Some(instance) = (unsafe { instance_of(ctx) }) else {
            return;
        };
        let Some(metrics) = instance.living().and_then(|living| living.metrics.clone()) else {
            return;
        };
        let kind = match kind {
            metric_kind::COUNTER => MetricKind::Counter,
            metric_kind::GAUGE => MetricKind::Gauge,
            metric_kind::HISTOGRAM => MetricKind::Histogram,
            _ => return,
        };
        // SAFETY: the plugin lends its texts for the length of this call.
        let (name, labels) = unsafe { (text(name), text(labels_json)) };
        metrics.record(&Metric {
            provider: &instance.provider,
            kind,
            name: &name,
            labels_json: &labels,
            value,
        });
    });
}

unsafe extern "C" fn unix_time_ms(ctx: *mut c_void) -> u64 {
    guarded(0, || {
        // SAFETY: `ctx` is what the plugin got from us.
        let living = unsafe { instance_of(ctx) }.and_then(Instance::living);
        living.map_or(0, |living| living.resources.clock.now().as_millis())
    })
}

unsafe extern "C" fn monotonic_ns(ctx: *mut c_void) -> u64 {
    guarded(0, || {
        // SAFETY: `ctx` is what the plugin got from us.
        let living = unsafe { instance_of(ctx) }.and_then(Instance::living);
        living.map_or(0, |living| {
            let now = living.resources.clock.monotonic();
            u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
        })
    })
}

unsafe extern "C" fn get_extension(_ctx: *mut c_void, id: Slice) -> *const c_void {
    guarded(std::ptr::null(), || {
        // SAFETY: the plugin lends the id for the length of this call.
        let id = unsafe { text(id) };
        match &*id {
            HOST_HTTP => (&raw const http::TABLE).cast(),
            HOST_TIMER => (&raw const timer::TABLE).cast(),
            HOST_MARKER => (&raw const MARKER).cast(),
            _ => std::ptr::null(),
        }
    })
}
