//! The extension `zpns.host.http/1`: a plugin's requests go over the injected transport, with its
//! proxy, roots and pools; and to the simulator in tests.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use serde::Serialize;
use tokio::task::AbortHandle;
use zpns_core::resources::{
    HttpClient, HttpError, HttpErrorKind, HttpOptions, HttpRequest, HttpResponse, Transport,
};
use zpns_core::{Resources, Sent};
use zpns_plugin_api::abi::{self, HostHttp, HttpDone, Sink, Sized32, Slice, Status};
use zpns_plugin_api::json;

use crate::host_api::{guarded, instance_of};
use crate::instance::{Instance, Living};
use crate::worker::Job;

/// Requests of one instance at once.
const MOST_REQUESTS: usize = 16_384;
/// Clients of one instance.
const MOST_CLIENTS: usize = 64;
/// Headers of one request.
const MOST_HEADERS: usize = 256;
/// The most bytes of a request's body, and of the options of a client.
const LARGEST_BODY: usize = 64 << 20;

/// The table that plugins get.
pub(crate) static TABLE: HostHttp = HostHttp {
    struct_size: size_of::<HostHttp>() as u32,
    reserved: 0,
    open: Some(open),
    request: Some(request),
    cancel: Some(cancel),
    renew: Some(renew),
    close: Some(close),
};

/// The clients and the requests of one instance.
#[derive(Default)]
pub(crate) struct Http {
    clients: Mutex<HashMap<u64, Arc<dyn HttpClient>>>,
    last_client: AtomicU64,
    requests: Mutex<HashMap<u64, Running>>,
}

/// A request under way.
struct Running {
    told: Told,
    /// None until its task has been started.
    task: Option<AbortHandle>,
}

/// Whom to tell.
#[derive(Clone, Copy)]
struct Told {
    user: *mut c_void,
    done: HttpDone,
}

// SAFETY: the header lets `done` be called with `user` from every thread.
unsafe impl Send for Told {}

/// How a request ended.
enum Ended {
    Answered(Result<HttpResponse, HttpError>),
    Closed,
    Cancelled,
}

/// The end of a request, for the plugin to be told.
pub(crate) struct HttpEnd {
    told: Told,
    id: u64,
    ended: Ended,
}

impl HttpEnd {
    /// Tells the plugin. Everything that it is shown is alive until it has returned.
    pub(crate) fn tell(self) {
        let Self { told, id, ended } = self;
        let tell = |status: Status, response: *const abi::HttpResponse| {
            // SAFETY: `done` and `user` came together, and are used once: the request is out of
            // the table. The response lives through the call, and the instance on this thread.
            unsafe { (told.done)(told.user, id, status, response) };
        };
        match ended {
            Ended::Cancelled => tell(Status::CANCELLED, std::ptr::null()),
            Ended::Closed => tell(Status::OK, std::ptr::null()),
            Ended::Answered(Ok(response)) => {
                let headers: Vec<abi::Header> = response
                    .headers
                    .iter()
                    .map(|(name, value)| abi::Header {
                        name: Slice::new(name.as_str().as_bytes()),
                        value: Slice::new(value.as_bytes()),
                    })
                    .collect();
                let shown = abi::HttpResponse {
                    struct_size: size_of::<abi::HttpResponse>() as u32,
                    status: u32::from(response.status.as_u16()),
                    headers: headers.as_ptr(),
                    header_count: headers.len(),
                    body: Slice::new(&response.body),
                    error_json: Slice::EMPTY,
                };
                tell(Status::OK, &raw const shown);
            }
            Ended::Answered(Err(error)) => {
                let json = to_json(&json::HttpError::from(&error));
                let shown = abi::HttpResponse {
                    struct_size: size_of::<abi::HttpResponse>() as u32,
                    status: 0,
                    headers: std::ptr::null(),
                    header_count: 0,
                    body: Slice::EMPTY,
                    error_json: Slice::new(&json),
                };
                tell(Status::FAILED, &raw const shown);
            }
        }
    }
}

impl Http {
    /// A client by its number; 0 is made from the instance's own connection when it is first asked
    /// for.
    fn client(&self, number: u64, living: &Living) -> Result<Arc<dyn HttpClient>, HttpError> {
        let mut clients = lock(&self.clients);
        if let Some(client) = clients.get(&number) {
            return Ok(Arc::clone(client));
        }
        if number != 0 {
            let message = "the plugin names a client that it did not open";
            return Err(HttpError::new(HttpErrorKind::Invalid, Sent::No, message));
        }
        let options = living.connection.http_options(Transport::General);
        let client = living.resources.http.open(&options)?;
        clients.insert(0, Arc::clone(&client));
        Ok(client)
    }

    fn open(&self, options: &HttpOptions, resources: &Resources) -> Result<u64, HttpError> {
        let mut clients = lock(&self.clients);
        if clients.len() >= MOST_CLIENTS {
            let message = format!("a plugin has {MOST_CLIENTS} clients at the most");
            return Err(HttpError::new(HttpErrorKind::Invalid, Sent::No, message));
        }
        let client = resources.http.open(options)?;
        let number = self.last_client.fetch_add(1, Ordering::Relaxed) + 1;
        clients.insert(number, client);
        Ok(number)
    }

    /// Takes a request out, and tells its end. Nothing if it was told before.
    fn end(&self, instance: &Instance, id: u64, ended: Ended) {
        let Some(running) = lock(&self.requests).remove(&id) else {
            return;
        };
        if let (Some(task), Ended::Cancelled) = (running.task, &ended) {
            task.abort();
        }
        let told = running.told;
        instance.ask(Job::Http(HttpEnd { told, id, ended }));
    }

    /// Starts what ends in telling the plugin about `id`.
    fn start(
        instance: &'static Instance,
        living: &Arc<Living>,
        id: u64,
        told: Told,
        ends: impl Future<Output = Ended> + Send + 'static,
    ) -> Status {
        let Some(runtime) = instance.runtime() else {
            return Status::UNSUPPORTED;
        };
        {
            let mut requests = lock(&living.http.requests);
            if requests.len() >= MOST_REQUESTS || requests.contains_key(&id) {
                return Status::INVALID_ARGUMENT;
            }
            requests.insert(id, Running { told, task: None });
        }
        let of = Arc::clone(living);
        let task = runtime.spawn(async move {
            let ended = ends.await;
            of.http.end(instance, id, ended);
        });
        // It may be over already.
        if let Some(running) = lock(&living.http.requests).get_mut(&id) {
            running.task = Some(task.abort_handle());
        }
        Status::OK
    }

    /// Stops everything without a word: there is nobody left to tell.
    pub(crate) fn stop(&self) {
        for (_, running) in lock(&self.requests).drain() {
            if let Some(task) = running.task {
                task.abort();
            }
        }
        lock(&self.clients).clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn to_json(value: &impl Serialize) -> Vec<u8> {
    // What we made ourselves always serialises.
    serde_json::to_vec(value).unwrap_or_default()
}

unsafe extern "C" fn open(ctx: *mut c_void, options_json: Slice, error_json: *const Sink) -> u64 {
    guarded(0, || {
        // SAFETY: `ctx` is what the plugin got from us.
        let living = unsafe { instance_of(ctx) }.and_then(Instance::living);
        let opened = match living {
            None => Err(HttpError::new(
                HttpErrorKind::Closed,
                Sent::No,
                "the instance is gone",
            )),
            Some(living) => {
                // SAFETY: the plugin lends the options for the length of this call.
                unsafe { options(options_json) }
                    .and_then(|options| living.http.open(&options, &living.resources))
            }
        };
        opened.unwrap_or_else(|error| {
            let json = to_json(&json::HttpError::from(&error));
            // SAFETY: a sink is valid for the length of the call that it is passed to.
            if let Some(sink) = unsafe { error_json.as_ref() }
                && let Some(put) = sink.put
            {
                // SAFETY: as above; the bytes are lent for the length of `put`.
                unsafe { put(sink.ctx, Slice::new(&json)) };
            }
            0
        })
    })
}

/// # Safety
/// The slice is readable.
unsafe fn options(slice: Slice) -> Result<HttpOptions, HttpError> {
    let invalid = |message: String| HttpError::new(HttpErrorKind::Invalid, Sent::No, message);
    if slice.len > LARGEST_BODY {
        return Err(invalid("the options are too long".into()));
    }
    // SAFETY: by the caller's word.
    let bytes = unsafe { slice.bytes() }.unwrap_or_default();
    let wire: json::HttpOptions = serde_json::from_slice(bytes)
        .map_err(|error| invalid(format!("the options cannot be read: {error}")))?;
    Ok(wire.into())
}

unsafe extern "C" fn request(
    ctx: *mut c_void,
    request_id: u64,
    request: *const abi::HttpRequest,
    user: *mut c_void,
    done: Option<HttpDone>,
) -> Status {
    guarded(Status::INTERNAL, || {
        // SAFETY: `ctx` is what the plugin got from us.
        let Some(instance) = (unsafe { instance_of(ctx) }) else {
            return Status::CLOSED;
        };
        let Some(living) = instance.living() else {
            return Status::CLOSED;
        };
        // SAFETY: the plugin lends the request for the length of this call.
        let read = unsafe { read_request(request, living.connection.timeout) };
        let (Some((client, request)), Some(done)) = (read, done) else {
            return Status::INVALID_ARGUMENT;
        };
        let client = living.http.client(client, &living);
        let ends = async move {
            Ended::Answered(match client {
                Ok(client) => client.send(request).await,
                Err(error) => Err(error),
            })
        };
        Http::start(instance, &living, request_id, Told { user, done }, ends)
    })
}

/// Copies a request. None if it breaks the rules.
///
/// # Safety
/// The request and everything that it points to are readable.
unsafe fn read_request(
    request: *const abi::HttpRequest,
    timeout: Duration,
) -> Option<(u64, HttpRequest)> {
    // SAFETY: by the caller's word.
    let raw = unsafe { abi::HttpRequest::read(request) }?;
    let whole = raw
        .struct_size
        .is_multiple_of(align_of::<abi::HttpRequest>() as u32);
    if !whole || raw.header_count > MOST_HEADERS || raw.body.len > LARGEST_BODY {
        return None;
    }
    let mut headers = HeaderMap::with_capacity(raw.header_count);
    if raw.header_count > 0 {
        if raw.headers.is_null() || !raw.headers.is_aligned() {
            return None;
        }
        // SAFETY: neither null nor unaligned, few, and readable by the caller's word.
        let list = unsafe { std::slice::from_raw_parts(raw.headers, raw.header_count) };
        for header in list {
            // SAFETY: by the caller's word.
            let (name, value) = unsafe { (header.name.bytes()?, header.value.bytes()?) };
            let mut value = HeaderValue::from_bytes(value).ok()?;
            // It may be a bearer token, and nobody but the plugin knows.
            value.set_sensitive(true);
            headers.append(HeaderName::from_bytes(name).ok()?, value);
        }
    }
    // SAFETY: by the caller's word.
    let (method, url, body) = unsafe { (raw.method.bytes()?, raw.url.bytes()?, raw.body.bytes()?) };
    let timeout = match raw.timeout_ms {
        0 => timeout,
        millis => Duration::from_millis(millis),
    };
    let request = HttpRequest {
        method: Method::from_bytes(method).ok()?,
        uri: Uri::try_from(url)
            .ok()
            .filter(|uri| uri.authority().is_some())?,
        headers,
        body: Bytes::copy_from_slice(body),
        timeout,
    };
    Some((raw.client, request))
}

unsafe extern "C" fn cancel(ctx: *mut c_void, request_id: u64) {
    guarded((), || {
        // SAFETY: `ctx` is what the plugin got from us.
        let Some(instance) = (unsafe { instance_of(ctx) }) else {
            return;
        };
        if let Some(living) = instance.living() {
            living.http.end(instance, request_id, Ended::Cancelled);
        }
    });
}

unsafe extern "C" fn renew(ctx: *mut c_void, client: u64) {
    guarded((), || {
        // SAFETY: `ctx` is what the plugin got from us.
        let living = unsafe { instance_of(ctx) }.and_then(Instance::living);
        let client = living.and_then(|living| living.http.client(client, &living).ok());
        if let Some(client) = client {
            client.renew_connections();
        }
    });
}

unsafe extern "C" fn close(
    ctx: *mut c_void,
    client: u64,
    request_id: u64,
    grace_ms: u64,
    user: *mut c_void,
    done: Option<HttpDone>,
) -> Status {
    guarded(Status::INTERNAL, || {
        // SAFETY: `ctx` is what the plugin got from us.
        let Some(instance) = (unsafe { instance_of(ctx) }) else {
            return Status::CLOSED;
        };
        let Some(living) = instance.living() else {
            return Status::CLOSED;
        };
        let Some(done) = done else {
            return Status::INVALID_ARGUMENT;
        };
        let closed = lock(&living.http.clients).get(&client).map(Arc::clone);
        let of = Arc::clone(&living);
        let ends = async move {
            if let Some(closed) = closed {
                closed.close(Duration::from_millis(grace_ms)).await;
                // A closed client stays in its place if it is the instance's own: a new one must
                // not be made behind the plugin's back.
                if client != 0 {
                    lock(&of.http.clients).remove(&client);
                }
            }
            Ended::Closed
        };
        Http::start(instance, &living, request_id, Told { user, done }, ends)
    })
}
