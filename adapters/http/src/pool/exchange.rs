//! One request on one connection, and again on another if the server provably left it alone.
//!
//! No `content-length` is sent: HTTP/2 delimits bodies by itself (RFC 9113 §8.1), other clients of
//! APNs go without it too, and that one header is a tenth of the instructions of a push.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::{Bytes, BytesMut};
use h2::RecvStream;
use h2::client::ResponseFuture;
use http::{Request, Response, Version};
use zpns_core::Sent;
use zpns_core::resources::{HttpError, HttpErrorKind, HttpRequest, HttpResponse, MakeRequest};

use super::connection::{Connection, Unusable};
use super::failure::{Failure, describe, judge};
use super::lease::Lease;
use super::origin::Origin;
use crate::errors;

/// How far a request has come, for whoever gives up on it.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Whether it may have been sent.
    left: AtomicBool,
    /// The connection that it went out on, and how often that had been heard by then.
    connection: AtomicU64,
    heard: AtomicU64,
}

impl Progress {
    fn leave(&self, connection: &Connection) {
        self.connection.store(connection.id, Ordering::Relaxed);
        let heard = connection.state.heard.load(Ordering::Relaxed);
        self.heard.store(heard, Ordering::Relaxed);
        self.left.store(true, Ordering::Relaxed);
    }

    fn come_back(&self) {
        self.left.store(false, Ordering::Relaxed);
    }

    /// Takes note that the time is over. A connection from which nothing came since the request
    /// went out takes no more of them: it may be dead, and its PING tells much later.
    pub(super) fn time_out(&self, origin: &Origin) -> Sent {
        if !self.left.load(Ordering::Relaxed) {
            return Sent::No;
        }
        let connection = self.connection.load(Ordering::Relaxed);
        origin.retire_if_silent(connection, self.heard.load(Ordering::Relaxed));
        Sent::Maybe
    }
}

/// A request that went out on its connection.
pub(super) struct Opened {
    lease: Lease,
    response: ResponseFuture,
}

/// Waits for the answer of the request that was `opened`; if none was, or the server provably left
/// it alone, makes and opens one, within limits.
pub(super) async fn exchange(
    origin: &Arc<Origin>,
    make: MakeRequest<'_>,
    opened: &mut Option<Result<Opened, Failure>>,
    progress: &Progress,
) -> Result<HttpResponse, HttpError> {
    if let Some(Ok(first)) = opened {
        match finish(first, origin.settings().max_body).await {
            Ok(response) => return Ok(response),
            Err(failure) => *opened = Some(Err(failure)),
        }
    }
    let failure = opened.take().and_then(Result::err);
    // Boxed, as everything that few requests need, so that the future of a push stays small.
    Box::pin(open_until_answered(origin, make, failure, progress)).await
}

/// Makes and opens the request, again and again unless its last `failure` forbids it.
async fn open_until_answered(
    origin: &Arc<Origin>,
    make: MakeRequest<'_>,
    mut failure: Option<Failure>,
    progress: &Progress,
) -> Result<HttpResponse, HttpError> {
    let settings = origin.settings();
    let mut replays = settings.options.max_replays;
    loop {
        match failure {
            None => {}
            Some(Failure::Unprocessed(error)) if replays > 0 => {
                tracing::debug!(origin = %origin.authority(), %error, "request is replayed");
                replays -= 1;
                progress.come_back();
            }
            Some(Failure::Unprocessed(error) | Failure::Final(error)) => return Err(error),
        }
        let lease = origin.acquire().await?;
        let last = match open(lease, make()?, progress) {
            Ok(mut opened) => finish(&mut opened, settings.max_body).await,
            Err(failure) => Err(failure),
        };
        match last {
            Ok(response) => return Ok(response),
            Err(last) => failure = Some(last),
        }
    }
}

/// Hands the request over to the connection.
pub(super) fn open(
    lease: Lease,
    request: HttpRequest,
    progress: &Progress,
) -> Result<Opened, Failure> {
    let mut head = Request::new(());
    *head.version_mut() = Version::HTTP_2;
    *head.method_mut() = request.method;
    *head.uri_mut() = request.uri;
    *head.headers_mut() = request.headers;
    let connection = lease.connection();
    match connection.open(head, request.body) {
        Ok(response) => {
            progress.leave(connection);
            Ok(Opened { lease, response })
        }
        Err(Unusable::Connection(error)) => {
            let error = HttpError::new(HttpErrorKind::Interrupted, Sent::No, describe(&error))
                .with_source(error);
            lease.retire(&error);
            Err(Failure::Unprocessed(error))
        }
        Err(Unusable::Request(error)) => {
            let message = format!("the request cannot be sent: {error}");
            Err(Failure::Final(errors::invalid(message).with_source(error)))
        }
    }
}

/// Waits for the whole answer.
async fn finish(opened: &mut Opened, max_body: usize) -> Result<HttpResponse, Failure> {
    let (mut answer, body) = match (&mut opened.response).await {
        Ok(answer) => split(answer),
        Err(error) => return Err(Box::pin(opened.fail(error)).await),
    };
    opened.lease.note_answer();
    match read_body(body, max_body).await {
        Ok(body) => answer.body = body,
        Err(BodyError::TooLong) => return Err(Failure::Final(errors::body_too_long(max_body))),
        Err(BodyError::Stream(error)) => {
            let stream = opened.response.stream_id().as_u32();
            let connection = opened.lease.connection();
            return Err(Box::pin(judge(error, stream, connection, true)).await);
        }
    }
    Ok(answer)
}

/// What there is of an answer before its body.
fn split(answer: Response<RecvStream>) -> (HttpResponse, RecvStream) {
    let (parts, body) = answer.into_parts();
    let answer = HttpResponse {
        status: parts.status,
        headers: parts.headers,
        body: Bytes::new(),
    };
    (answer, body)
}

impl Opened {
    /// No answer came.
    async fn fail(&self, error: h2::Error) -> Failure {
        let go_away = error.is_go_away();
        let stream = self.response.stream_id().as_u32();
        let failure = judge(error, stream, self.lease.connection(), false).await;
        if go_away && let Failure::Unprocessed(error) = &failure {
            self.lease.retire(error);
        }
        failure
    }
}

enum BodyError {
    TooLong,
    Stream(h2::Error),
}

/// Reads to the end. A body of one frame, or none, is not copied.
async fn read_body(mut body: RecvStream, limit: usize) -> Result<Bytes, BodyError> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let Some(first) = next_chunk(&mut body).await? else {
        return Ok(Bytes::new());
    };
    if first.len() > limit {
        return Err(BodyError::TooLong);
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    let mut whole = BytesMut::from(first.as_ref());
    while let Some(chunk) = next_chunk(&mut body).await? {
        if whole.len() + chunk.len() > limit {
            return Err(BodyError::TooLong);
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

async fn next_chunk(body: &mut RecvStream) -> Result<Option<Bytes>, BodyError> {
    let Some(chunk) = body.data().await else {
        return Ok(None);
    };
    let chunk = chunk.map_err(BodyError::Stream)?;
    // Fails only for more bytes than were received.
    let _ = body.flow_control().release_capacity(chunk.len());
    Ok(Some(chunk))
}
