//! A host as small as one can be: it keeps what it is told, and answers when a test says so.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};
use zpns_plugin_api::Linked;
use zpns_plugin_api::abi::{
    self, ABI_MAJOR, ABI_MINOR, Header, HostApi, HostHttp, HostTimer, HttpDone, HttpResponse,
    PLUGIN_PROVIDER, PluginApi, PluginProvider, Sink, Sized32, Slice, Status, TimerDone,
};

/// Longer than anything here takes; ends a test that hangs.
const LONGEST: Duration = Duration::from_secs(if cfg!(miri) { 300 } else { 20 });

/// A host of one instance. Never freed, as the header demands.
pub(crate) struct TestHost {
    state: Mutex<State>,
    told: Condvar,
    /// Milliseconds since the epoch, and since its start.
    clock: AtomicU64,
    lends_timer: bool,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) completed: HashMap<u64, Vec<(Status, Vec<u8>)>>,
    pub(crate) requests: Vec<Request>,
    pub(crate) cancelled_requests: Vec<u64>,
    pub(crate) opened: Vec<Value>,
    pub(crate) closes: Vec<(u64, HttpDone)>,
    pub(crate) timers: Vec<(u64, u64, TimerDone)>,
    pub(crate) cancelled_timers: Vec<u64>,
}

pub(crate) struct Request {
    pub(crate) id: u64,
    pub(crate) client: u64,
    pub(crate) timeout_ms: u64,
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) done: HttpDone,
}

/// A started plugin and its host.
#[derive(Clone, Copy)]
pub(crate) struct Started {
    pub(crate) host: &'static TestHost,
    pub(crate) api: PluginApi,
    pub(crate) instance: *mut c_void,
}

// SAFETY: the instance is only handed to functions that may be called from any thread.
unsafe impl Send for Started {}
// SAFETY: as above.
unsafe impl Sync for Started {}

/// A plugin under test.
pub(crate) type Plugin = fn() -> Linked;

pub(crate) fn table(plugin: Plugin) -> PluginApi {
    // SAFETY: the entry of a plugin of this library, which returns its static table.
    unsafe { PluginApi::read(plugin().entry()(ABI_MINOR.into())) }.unwrap()
}

/// What `create` says of a config.
pub(crate) fn create(
    plugin: Plugin,
    host: &'static TestHost,
    config: Value,
) -> Result<Started, Value> {
    let api = table(plugin);
    let create = json!({
        "id": "car",
        "config": config,
        "connection": {"timeout_ms": 1500, "extra_roots_pem": "root"},
        "a_field_of_later": 1,
    });
    let create = create.to_string();
    let mut instance = std::ptr::null_mut();
    let mut error: Vec<u8> = Vec::new();
    let sink = Sink {
        ctx: (&raw mut error).cast(),
        put: Some(take),
    };
    // The table is copied by the plugin, but not what `ctx` points to.
    let table = host.api();
    // SAFETY: all arguments are as the header describes them, and outlive the call.
    let status = unsafe {
        (api.create.unwrap())(
            Slice::new(create.as_bytes()),
            &raw const table,
            &raw mut instance,
            &raw const sink,
        )
    };
    if status != Status::OK {
        assert!(instance.is_null());
        return Err(serde_json::from_slice(&error).unwrap());
    }
    Ok(Started {
        host,
        api,
        instance,
    })
}

pub(crate) fn start(plugin: Plugin) -> Started {
    create(plugin, TestHost::new(), json!({"secret": "s3cret"})).unwrap()
}

impl Started {
    pub(crate) fn send(&self, id: u64, tokens: &[&str]) -> Status {
        self.send_within(id, tokens, 0)
    }

    pub(crate) fn send_within(&self, id: u64, tokens: &[&str], timeout_ms: u64) -> Status {
        let targets: Vec<Value> = tokens.iter().map(|token| json!({"token": token})).collect();
        let body = json!({
            "message": {"title": "T", "body": "B"},
            "targets": targets,
            "attempt": 1,
        });
        self.send_raw(id, body.to_string().into_bytes(), timeout_ms)
    }

    /// The body stays valid until the call is completed: here, for ever.
    pub(crate) fn send_raw(&self, id: u64, body: Vec<u8>, timeout_ms: u64) -> Status {
        let body: &'static [u8] = self.host.keep(body);
        let call = abi::Call {
            struct_size: abi::Call::SIZE,
            flags: 0,
            call_id: id,
            timeout_ms,
            traceparent: Slice::EMPTY,
            body: Slice::new(body),
        };
        // SAFETY: a live instance, and a call as the header describes it.
        unsafe { (self.api.send.unwrap())(self.instance, &raw const call) }
    }

    pub(crate) fn cancel(&self, id: u64) {
        // SAFETY: a live instance.
        unsafe { (self.api.cancel.unwrap())(self.instance, id) }
    }

    pub(crate) fn shutdown(&self, id: u64, grace_ms: u64) -> Status {
        // SAFETY: a live instance.
        unsafe { (self.api.shutdown.unwrap())(self.instance, id, grace_ms) }
    }

    pub(crate) fn destroy(self) {
        // SAFETY: a live instance, which nobody uses any more: tests end with this.
        unsafe { (self.api.destroy.unwrap())(self.instance) }
    }

    pub(crate) fn provider(&self) -> PluginProvider {
        let id = Slice::new(PLUGIN_PROVIDER.as_bytes());
        // SAFETY: the extension of this id is a static table of this type.
        unsafe { PluginProvider::read((self.api.get_extension.unwrap())(id).cast()) }.unwrap()
    }

    pub(crate) fn info(&self) -> Value {
        let mut info: Vec<u8> = Vec::new();
        let sink = Sink {
            ctx: (&raw mut info).cast(),
            put: Some(take),
        };
        // SAFETY: a live instance, and a sink that outlives the call.
        let status = unsafe { (self.provider().info.unwrap())(self.instance, &raw const sink) };
        assert_eq!(status, Status::OK);
        serde_json::from_slice(&info).unwrap()
    }

    pub(crate) fn check(&self, id: u64, timeout_ms: u64) -> Status {
        // SAFETY: a live instance.
        unsafe { (self.provider().check.unwrap())(self.instance, id, timeout_ms) }
    }

    pub(crate) fn partition(&self, token: &str) -> u8 {
        // SAFETY: a live instance, and a slice that outlives the call.
        unsafe { (self.provider().partition.unwrap())(self.instance, Slice::new(token.as_bytes())) }
    }

    /// The one end of a call.
    pub(crate) fn end_of(&self, id: u64) -> (Status, Value) {
        let mut state = self.host.wait(|state| state.completed.contains_key(&id));
        let ends = state.completed.get_mut(&id).unwrap();
        assert_eq!(ends.len(), 1, "call {id} was completed more than once");
        let (status, json) = ends[0].clone();
        (status, serde_json::from_slice(&json).unwrap_or(Value::Null))
    }

    /// Shuts down and destroys; every call must have been completed exactly once.
    pub(crate) fn end(self) {
        assert_eq!(self.shutdown(u64::MAX, 1000), Status::OK);
        self.host.wait_for_close_and_answer();
        assert_eq!(self.end_of(u64::MAX).0, Status::OK);
        self.destroy();
        for (id, ends) in &self.host.lock().completed {
            assert_eq!(ends.len(), 1, "call {id}");
        }
    }
}

/// Everything that must stay reachable for ever.
static KEPT: Mutex<Vec<&'static [u8]>> = Mutex::new(Vec::new());
static HOSTS: Mutex<Vec<&'static TestHost>> = Mutex::new(Vec::new());

impl TestHost {
    pub(crate) fn new() -> &'static Self {
        Self::made(true)
    }

    pub(crate) fn without_timers() -> &'static Self {
        Self::made(false)
    }

    fn made(lends_timer: bool) -> &'static Self {
        let host: &'static Self = Box::leak(Box::new(Self {
            state: Mutex::default(),
            told: Condvar::new(),
            clock: AtomicU64::new(1_000_000),
            lends_timer,
        }));
        HOSTS.lock().unwrap().push(host);
        host
    }

    fn keep(&self, bytes: Vec<u8>) -> &'static [u8] {
        let kept: &'static [u8] = bytes.leak();
        KEPT.lock().unwrap().push(kept);
        kept
    }

    fn api(&'static self) -> HostApi {
        HostApi {
            struct_size: HostApi::SIZE,
            abi_major: ABI_MAJOR,
            abi_minor: ABI_MINOR,
            ctx: (&raw const *self).cast_mut().cast(),
            complete: Some(complete),
            log_level: None,
            log: None,
            metric: None,
            unix_time_ms: Some(unix_time_ms),
            monotonic_ns: Some(monotonic_ns),
            get_extension: Some(get_extension),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn tell(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.told.notify_all();
    }

    /// Waits until something has come to pass.
    pub(crate) fn wait(&self, until: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let (state, waited) = self
            .told
            .wait_timeout_while(self.lock(), LONGEST, |state| !until(state))
            .unwrap();
        assert!(!waited.timed_out(), "it never came to pass");
        state
    }

    /// Moves the clock, and rings the timers that are due.
    pub(crate) fn advance(&self, millis: u64) {
        let now = self.clock.fetch_add(millis, Ordering::SeqCst) + millis;
        let due: Vec<_> = {
            let mut state = self.lock();
            let (due, later) = std::mem::take(&mut state.timers)
                .into_iter()
                .partition(|(_, at, _)| *at <= now);
            state.timers = later;
            due
        };
        for (id, _, done) in due {
            // SAFETY: a timer's own function; told once.
            unsafe { done(std::ptr::null_mut(), id, Status::OK) }
        }
    }

    pub(crate) fn wait_for_close_and_answer(&self) {
        let (id, done) = self.wait(|state| !state.closes.is_empty()).closes.remove(0);
        // SAFETY: a request's own function; told once.
        unsafe { done(std::ptr::null_mut(), id, Status::OK, std::ptr::null()) }
    }
}

impl Request {
    pub(crate) fn answer(&self, status: u32, headers: &[(&str, &str)], body: &str) {
        let headers: Vec<Header> = headers
            .iter()
            .map(|(name, value)| Header {
                name: Slice::new(name.as_bytes()),
                value: Slice::new(value.as_bytes()),
            })
            .collect();
        let response = HttpResponse {
            struct_size: HttpResponse::SIZE,
            status,
            headers: headers.as_ptr(),
            header_count: headers.len(),
            body: Slice::new(body.as_bytes()),
            error_json: Slice::EMPTY,
        };
        // SAFETY: a request's own function; the response outlives the call.
        unsafe {
            (self.done)(
                std::ptr::null_mut(),
                self.id,
                Status::OK,
                &raw const response,
            )
        }
    }

    pub(crate) fn fail(&self, error_json: &str) {
        let response = HttpResponse {
            struct_size: HttpResponse::SIZE,
            status: 0,
            headers: std::ptr::null(),
            header_count: 0,
            body: Slice::EMPTY,
            error_json: Slice::new(error_json.as_bytes()),
        };
        // SAFETY: as above.
        unsafe {
            (self.done)(
                std::ptr::null_mut(),
                self.id,
                Status::FAILED,
                &raw const response,
            );
        }
    }
}

static HTTP: HostHttp = HostHttp {
    struct_size: HostHttp::SIZE,
    reserved: 0,
    open: Some(open),
    request: Some(request),
    cancel: Some(cancel_request),
    renew: None,
    close: Some(close),
};

static TIMER: HostTimer = HostTimer {
    struct_size: HostTimer::SIZE,
    reserved: 0,
    start: Some(start_timer),
    cancel: Some(cancel_timer),
};

/// # Safety
/// `ctx` is what [`TestHost::api`] says: all functions below share this.
unsafe fn host(ctx: *mut c_void) -> &'static TestHost {
    // SAFETY: leaked.
    unsafe { &*ctx.cast::<TestHost>() }
}

unsafe fn text(slice: Slice) -> String {
    // SAFETY: lent by the plugin during the call.
    String::from_utf8(unsafe { slice.bytes() }.unwrap().to_vec()).unwrap()
}

unsafe extern "C" fn take(ctx: *mut c_void, bytes: Slice) {
    // SAFETY: the sink's vector, and bytes that are lent during the call.
    unsafe { *ctx.cast::<Vec<u8>>() = bytes.bytes().unwrap().to_vec() };
}

unsafe extern "C" fn complete(ctx: *mut c_void, call_id: u64, status: Status, result: Slice) {
    // SAFETY: lent during the call.
    let result = unsafe { result.bytes() }.unwrap().to_vec();
    // SAFETY: see `host`.
    unsafe { host(ctx) }.tell(|state| {
        let ends = state.completed.entry(call_id).or_default();
        ends.push((status, result));
    });
}

unsafe extern "C" fn unix_time_ms(ctx: *mut c_void) -> u64 {
    // SAFETY: see `host`.
    unsafe { host(ctx) }.clock.load(Ordering::SeqCst)
}

unsafe extern "C" fn monotonic_ns(ctx: *mut c_void) -> u64 {
    // SAFETY: see `host`.
    unsafe { host(ctx) }.clock.load(Ordering::SeqCst) * 1_000_000
}

unsafe extern "C" fn get_extension(ctx: *mut c_void, id: Slice) -> *const c_void {
    // SAFETY: see `host`.
    let (host, id) = unsafe { (host(ctx), text(id)) };
    match id.as_str() {
        abi::HOST_HTTP => (&raw const HTTP).cast(),
        abi::HOST_TIMER if host.lends_timer => (&raw const TIMER).cast(),
        abi::HOST_MARKER => (&raw const abi::MARKER).cast(),
        _ => std::ptr::null(),
    }
}

unsafe extern "C" fn open(ctx: *mut c_void, options: Slice, _error: *const Sink) -> u64 {
    // SAFETY: see `host`; lent during the call.
    let (host, options) = unsafe { (host(ctx), text(options)) };
    host.tell(|state| state.opened.push(serde_json::from_str(&options).unwrap()));
    7
}

unsafe extern "C" fn request(
    ctx: *mut c_void,
    request_id: u64,
    request: *const abi::HttpRequest,
    _user: *mut c_void,
    done: Option<HttpDone>,
) -> Status {
    // SAFETY: lent during the call.
    let lent = unsafe { abi::HttpRequest::read(request) }.unwrap();
    // SAFETY: as above.
    let headers = unsafe { std::slice::from_raw_parts(lent.headers, lent.header_count) };
    let request = Request {
        id: request_id,
        client: lent.client,
        timeout_ms: lent.timeout_ms,
        // SAFETY: as above.
        line: unsafe { format!("{} {}", text(lent.method), text(lent.url)) },
        headers: headers
            .iter()
            // SAFETY: as above.
            .map(|header| unsafe { (text(header.name), text(header.value)) })
            .collect(),
        // SAFETY: as above.
        body: unsafe { lent.body.bytes() }.unwrap().to_vec(),
        done: done.unwrap(),
    };
    // SAFETY: see `host`.
    unsafe { host(ctx) }.tell(|state| state.requests.push(request));
    Status::OK
}

unsafe extern "C" fn cancel_request(ctx: *mut c_void, request_id: u64) {
    // SAFETY: see `host`.
    unsafe { host(ctx) }.tell(|state| state.cancelled_requests.push(request_id));
}

unsafe extern "C" fn close(
    ctx: *mut c_void,
    _client: u64,
    request_id: u64,
    _grace_ms: u64,
    _user: *mut c_void,
    done: Option<HttpDone>,
) -> Status {
    // SAFETY: see `host`.
    unsafe { host(ctx) }.tell(|state| state.closes.push((request_id, done.unwrap())));
    Status::OK
}

unsafe extern "C" fn start_timer(
    ctx: *mut c_void,
    timer_id: u64,
    delay_ns: u64,
    _user: *mut c_void,
    done: Option<TimerDone>,
) -> Status {
    // SAFETY: see `host`.
    let host = unsafe { host(ctx) };
    let at = host.clock.load(Ordering::SeqCst) + delay_ns.div_ceil(1_000_000);
    host.tell(|state| state.timers.push((timer_id, at, done.unwrap())));
    Status::OK
}

unsafe extern "C" fn cancel_timer(ctx: *mut c_void, timer_id: u64) {
    // SAFETY: see `host`.
    let host = unsafe { host(ctx) };
    host.tell(|state| {
        state.timers.retain(|(id, _, _)| *id != timer_id);
        state.cancelled_timers.push(timer_id);
    });
}
