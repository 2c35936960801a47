//! Serving HTTP/1.1, for the vendors that speak both.

use std::future::pending;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::call::{Call, Reply};
use crate::clock::sleep;
use crate::connection::Connection;
use crate::engine::{Delivery, Engine};
use crate::http2::MAX_BODY;

/// Serves a connection until it ends.
pub(crate) async fn serve<S>(io: S, engine: Arc<Engine>, connection: Arc<Connection>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let service = service_fn(|request| answer(request, engine.clone(), connection.clone()));
    let served = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(io), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "HTTP/1.1 connection ended");
    }
}

/// An error makes hyper drop the connection, which is all that HTTP/1.1 has for a reset.
async fn answer(
    request: Request<Incoming>,
    engine: Arc<Engine>,
    connection: Arc<Connection>,
) -> Result<Response<Answer>, io::Error> {
    let nth = connection.count_request();
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Err(io::ErrorKind::UnexpectedEof.into()),
    };
    let call = Call {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        body,
        connection,
        nth,
    };
    let (place, plan) = engine.plan(&call);
    sleep(plan.delay).await;
    match engine.conclude(call, place, plan) {
        Delivery::Reply(reply) => Ok(respond(reply, false)),
        Delivery::PartialReply(reply) => Ok(respond(reply, true)),
        Delivery::Drip(reply, interval) => Ok(drip(reply, interval)),
        Delivery::Stall | Delivery::Freeze => pending().await,
        Delivery::Reset(_)
        | Delivery::Drop
        | Delivery::GoAway { .. }
        | Delivery::GoAwayAbrupt { .. } => Err(io::ErrorKind::ConnectionReset.into()),
    }
}

fn drip(reply: Reply, interval: Duration) -> Response<Answer> {
    let mut response = respond(reply, false);
    response.body_mut().pace = Some(Pace::new(interval));
    response
}

fn respond(reply: Reply, cut: bool) -> Response<Answer> {
    let mut response = Response::new(Answer {
        body: Some(reply.body),
        cut,
        pace: None,
    });
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    if cut {
        // More is promised than will come.
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, MAX_BODY.into());
    }
    response
}

/// A body that is whole, or that breaks off, or that comes byte by byte.
#[derive(Debug)]
struct Answer {
    body: Option<Bytes>,
    cut: bool,
    pace: Option<Pace>,
}

/// When the next byte of a body comes.
struct Pace {
    interval: Duration,
    next: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Pace {
    fn new(interval: Duration) -> Self {
        Self {
            interval,
            next: Box::pin(sleep(interval)),
        }
    }

    /// Ready once for each byte.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let ready = self.next.as_mut().poll(context);
        if ready.is_ready() {
            self.next = Box::pin(sleep(self.interval));
        }
        ready
    }
}

impl std::fmt::Debug for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Pace").field(&self.interval).finish()
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        if let Some(pace) = &mut this.pace {
            if pace.poll(context).is_pending() {
                return Poll::Pending;
            }
            let body = this.body.as_mut().filter(|body| !body.is_empty());
            let byte = body.map(|body| body.split_to(1));
            return Poll::Ready(byte.map(|byte| Ok(Frame::data(byte))));
        }
        match this.body.take().filter(|body| !body.is_empty()) {
            Some(body) => Poll::Ready(Some(Ok(Frame::data(body)))),
            None if std::mem::take(&mut this.cut) => {
                Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
            }
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        !self.cut && self.pace.is_none() && self.body.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Some(body) if !self.cut => SizeHint::with_exact(body.len() as u64),
            _ => SizeHint::default(),
        }
    }
}
