//! One request on one connection, and again on another if the server provably left it alone.
//!
//! No `content-length` is sent: HTTP/2 delimits bodies by itself (RFC 9113 §8.1), other clients of
//! APNs go without it too, and that one header is a tenth of the instructions of a push.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::{Bytes, BytesMut};
use h2::RecvStream;
use h2::client::ResponseFuture;
use http::{Request, Version};
use zpns_core::Sent;
use zpns_core::resources::{HttpError, HttpErrorKind, HttpRequest, HttpResponse};

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

/// Sends the request, replaying it within limits.
pub(super) async fn exchange(
    origin: &Arc<Origin>,
    request: &mut HttpRequest,
    progress: &Progress,
) -> Result<HttpResponse, HttpError> {
    let settings = origin.settings();
    let mut replays = settings.options.max_replays;
    loop {
        let lease = match origin.take() {
            Some(lease) => lease,
            None => origin.acquire().await?,
        };
        let failure = match open(&lease, request, replays == 0) {
            Ok(response) => {
                progress.leave(lease.connection());
                match finish(response, &lease, settings.max_body).await {
                    Ok(response) => return Ok(response),
                    Err(failure) => failure,
                }
            }
            Err(failure) => failure,
        };
        match failure {
            Failure::Unprocessed(error) if replays > 0 => {
                tracing::debug!(origin = %origin.authority(), %error, "request is replayed");
                replays -= 1;
                progress.come_back();
            }
            Failure::Unprocessed(error) | Failure::Final(error) => return Err(error),
        }
    }
}

/// Hands the request over to the connection. The last attempt needs no copy kept.
fn open(lease: &Lease, request: &mut HttpRequest, last: bool) -> Result<ResponseFuture, Failure> {
    let mut head = Request::new(());
    *head.version_mut() = Version::HTTP_2;
    *head.method_mut() = request.method.clone();
    *head.uri_mut() = request.uri.clone();
    *head.headers_mut() = if last {
        std::mem::take(&mut request.headers)
    } else {
        request.headers.clone()
    };
    lease
        .connection()
        .open(head, request.body.clone())
        .map_err(|unusable| match unusable {
            Unusable::Connection(error) => {
                let error = HttpError::new(HttpErrorKind::Interrupted, Sent::No, describe(&error))
                    .with_source(error);
                lease.retire(&error);
                Failure::Unprocessed(error)
            }
            Unusable::Request(error) => {
                let message = format!("the request cannot be sent: {error}");
                Failure::Final(errors::invalid(message).with_source(error))
            }
        })
}

/// Waits for the whole answer.
async fn finish(
    mut response: ResponseFuture,
    lease: &Lease,
    max_body: usize,
) -> Result<HttpResponse, Failure> {
    let connection = lease.connection();
    let answer = match (&mut response).await {
        Ok(answer) => answer,
        Err(error) => {
            let stream = response.stream_id().as_u32();
            let go_away = error.is_go_away();
            let failure = judge(error, stream, connection, false).await;
            if go_away && let Failure::Unprocessed(error) = &failure {
                lease.retire(error);
            }
            return Err(failure);
        }
    };
    lease.note_answer();
    let (parts, body) = answer.into_parts();
    let body = match read_body(body, max_body).await {
        Ok(body) => body,
        Err(BodyError::TooLong) => return Err(Failure::Final(errors::body_too_long(max_body))),
        Err(BodyError::Stream(error)) => {
            let stream = response.stream_id().as_u32();
            return Err(judge(error, stream, connection, true).await);
        }
    };
    Ok(HttpResponse {
        status: parts.status,
        headers: parts.headers,
        body,
    })
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
