//! The host's HTTP, as the connector that every adapter is built with.

use std::ffi::c_void;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::sync::oneshot;
use zpns_core::Sent;
use zpns_core::resources::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpOptions, HttpRequest, HttpResponse,
};

use super::waiters::Waiters;
use crate::abi::{self, Header, Sink, Sized32, Slice, Status};
use crate::host::Host;
use crate::json;

/// What comes of a request; no response at the end of a client.
type Answer = Result<Option<HttpResponse>, HttpError>;

/// Those who wait for an answer.
static WAITERS: Waiters<Answer> = Waiters::new();

/// Opens clients of the host's.
#[derive(Debug)]
pub(crate) struct HostConnector {
    host: Host,
}

impl HostConnector {
    pub(crate) fn new(host: Host) -> Self {
        Self { host }
    }
}

impl HttpConnector for HostConnector {
    fn open(&self, options: &HttpOptions) -> Result<Arc<dyn HttpClient>, HttpError> {
        let open = self.host.http().and_then(|http| http.open);
        let open = open.ok_or_else(|| invalid("this host lends plugins no HTTP"))?;
        if options.address_filter.is_some() {
            // A question to this side for every address: opened without it, a client would go where
            // it must not.
            return Err(invalid(
                "a filter of addresses cannot be handed to the host",
            ));
        }
        let options = serde_json::to_vec(&json::HttpOptions::from(options))
            .map_err(|_| invalid("the options do not serialise"))?;
        let mut error: Vec<u8> = Vec::new();
        let sink = Sink {
            ctx: (&raw mut error).cast(),
            put: Some(take_bytes),
        };
        // SAFETY: the host's own function and context; slice, sink and the vector behind it outlive
        // the call, during which nothing else touches the vector.
        let client = unsafe { open(self.host.ctx(), Slice::new(&options), &raw const sink) };
        if client == 0 {
            return Err(read_error(&error, HttpErrorKind::Invalid, Sent::No));
        }
        Ok(Arc::new(HostClient {
            host: self.host.clone(),
            client,
        }))
    }
}

/// # Safety
/// `ctx` is the `Vec<u8>` of [`HostConnector::open`], which waits for this call's end.
unsafe extern "C" fn take_bytes(ctx: *mut c_void, bytes: Slice) {
    crate::contain((), || {
        // SAFETY: by this function's own contract.
        let taken = unsafe { &mut *ctx.cast::<Vec<u8>>() };
        // SAFETY: the host lends the bytes for the length of this call.
        if let Some(bytes) = unsafe { bytes.bytes() } {
            taken.clear();
            taken.extend_from_slice(bytes);
        }
    });
}

#[derive(Debug)]
struct HostClient {
    host: Host,
    client: u64,
}

#[async_trait]
impl HttpClient for HostClient {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (pending, answer) = self.start(&request)?;
        drop(request);
        let answer = pending.wait(answer).await?;
        answer.ok_or_else(|| {
            HttpError::new(
                HttpErrorKind::Protocol,
                Sent::Maybe,
                "the host ended a request without an answer",
            )
        })
    }

    fn renew_connections(&self) {
        if let Some(renew) = self.host.http().and_then(|http| http.renew) {
            // SAFETY: the host's own function and context.
            unsafe { renew(self.host.ctx(), self.client) }
        }
    }

    async fn close(&self, grace: Duration) {
        if let Some((pending, answer)) = self.start_close(grace) {
            // Closed or not, this side uses it no more.
            let _ = pending.wait(answer).await;
        }
    }
}

impl HostClient {
    fn start(
        &self,
        request: &HttpRequest,
    ) -> Result<(Pending, oneshot::Receiver<Answer>), HttpError> {
        let http = self.host.http().and_then(|http| http.request);
        let start = http.ok_or_else(|| invalid("this host lends plugins no HTTP"))?;
        let url = request.uri.to_string();
        let headers: Vec<Header> = request
            .headers
            .iter()
            .map(|(name, value)| Header {
                name: Slice::new(name.as_str().as_bytes()),
                value: Slice::new(value.as_bytes()),
            })
            .collect();
        let lent = abi::HttpRequest {
            struct_size: abi::HttpRequest::SIZE,
            flags: 0,
            client: self.client,
            timeout_ms: whole_millis(request.timeout),
            method: Slice::new(request.method.as_str().as_bytes()),
            url: Slice::new(url.as_bytes()),
            headers: headers.as_ptr(),
            header_count: headers.len(),
            body: Slice::new(&request.body),
        };
        let (pending, answer) = Pending::new(&self.host);
        // SAFETY: the host's own function and context; all that it is lent outlives the call;
        // `http_done` is callable from any thread, takes any id, and does not look at `user`.
        let status = unsafe {
            start(
                self.host.ctx(),
                pending.id,
                &raw const lent,
                std::ptr::null_mut(),
                Some(http_done),
            )
        };
        match status {
            Status::OK => Ok((pending, answer)),
            refused => {
                pending.refused();
                Err(refusal(refused))
            }
        }
    }

    fn start_close(&self, grace: Duration) -> Option<(Pending, oneshot::Receiver<Answer>)> {
        let close = self.host.http()?.close?;
        let (pending, answer) = Pending::new(&self.host);
        // SAFETY: as in `start`.
        let status = unsafe {
            close(
                self.host.ctx(),
                self.client,
                pending.id,
                u64::try_from(grace.as_millis()).unwrap_or(u64::MAX),
                std::ptr::null_mut(),
                Some(http_done),
            )
        };
        if status != Status::OK {
            pending.refused();
            return None;
        }
        Some((pending, answer))
    }
}

/// A request under way; dropped, it is given up.
struct Pending {
    host: Host,
    id: u64,
}

impl Pending {
    fn new(host: &Host) -> (Self, oneshot::Receiver<Answer>) {
        let (id, answer) = WAITERS.wait();
        let host = host.clone();
        (Self { host, id }, answer)
    }

    /// The host did not take it: there is nothing to give up.
    fn refused(self) {
        WAITERS.forget(self.id);
    }

    async fn wait(self, answer: oneshot::Receiver<Answer>) -> Answer {
        answer.await.unwrap_or_else(|_| {
            Err(HttpError::new(
                HttpErrorKind::Interrupted,
                Sent::Maybe,
                "the host forgot a request",
            ))
        })
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !WAITERS.forget(self.id) {
            return;
        }
        if let Some(cancel) = self.host.http().and_then(|http| http.cancel) {
            // SAFETY: the host's own function and context.
            unsafe { cancel(self.host.ctx(), self.id) }
        }
    }
}

/// # Safety
/// `response` is null or as the header describes it, alive during this call.
unsafe extern "C" fn http_done(
    _user: *mut c_void,
    request_id: u64,
    status: Status,
    response: *const abi::HttpResponse,
) {
    crate::contain((), || {
        // SAFETY: by this function's own contract.
        let answer = unsafe { read_answer(status, response) };
        WAITERS.answer(request_id, answer);
    });
}

/// # Safety
/// As [`http_done`].
unsafe fn read_answer(status: Status, response: *const abi::HttpResponse) -> Answer {
    // SAFETY: the caller's word.
    let response = unsafe { abi::HttpResponse::read(response) };
    match (status, response) {
        (Status::OK, None) => Ok(None),
        // SAFETY: the response is the host's, alive during this call.
        (Status::OK, Some(response)) => unsafe { read_response(&response) }.map(Some),
        (Status::FAILED, Some(response)) => {
            // SAFETY: as above.
            let error = unsafe { response.error_json.bytes() }.unwrap_or_default();
            Err(read_error(error, HttpErrorKind::Interrupted, Sent::Maybe))
        }
        _ => Err(HttpError::new(
            HttpErrorKind::Interrupted,
            Sent::Maybe,
            "the host gave a request up",
        )),
    }
}

/// # Safety
/// The slices of `response` are readable.
unsafe fn read_response(response: &abi::HttpResponse) -> Result<HttpResponse, HttpError> {
    let unreadable = || {
        HttpError::new(
            HttpErrorKind::Protocol,
            Sent::Maybe,
            "the host's answer cannot be read",
        )
    };
    let status = u16::try_from(response.status).ok();
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    let lent = if response.headers.is_null() {
        &[]
    } else {
        // SAFETY: not null, and as many as the host says, by the caller's word.
        unsafe { std::slice::from_raw_parts(response.headers, response.header_count) }
    };
    let mut headers = HeaderMap::with_capacity(lent.len());
    for header in lent {
        // SAFETY: the caller's word.
        let (name, value) = unsafe { (header.name.bytes(), header.value.bytes()) };
        let name = name.and_then(|name| HeaderName::from_bytes(name).ok());
        let value = value.and_then(|value| HeaderValue::from_bytes(value).ok());
        let (Some(name), Some(value)) = (name, value) else {
            return Err(unreadable());
        };
        headers.append(name, value);
    }
    // SAFETY: the caller's word.
    let body = unsafe { response.body.bytes() };
    Ok(HttpResponse {
        status: status.ok_or_else(unreadable)?,
        headers,
        body: Bytes::copy_from_slice(body.ok_or_else(unreadable)?),
    })
}

fn read_error(json: &[u8], kind: HttpErrorKind, sent: Sent) -> HttpError {
    match serde_json::from_slice::<json::HttpError>(json) {
        Ok(error) => error.into(),
        Err(_) => HttpError::new(kind, sent, "the host gave no reason"),
    }
}

/// Why the host did not even start a request.
fn refusal(status: Status) -> HttpError {
    match status {
        Status::CLOSED => HttpError::new(HttpErrorKind::Closed, Sent::No, "the host is closing"),
        _ => invalid("the host refuses the request"),
    }
}

fn invalid(message: &'static str) -> HttpError {
    HttpError::new(HttpErrorKind::Invalid, Sent::No, message)
}

/// Milliseconds, rounded up: zero means something else.
fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000).max(1)).unwrap_or(u64::MAX)
}
