//! Serving HTTP/2: one task per connection, one per stream.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;

use crate::call::{Call, Reply};
use crate::clock::sleep;
use crate::connection::Connection;
use crate::engine::{Delivery, Engine};
use crate::frames::{Control, FrameIo};
use crate::sync::lock;

/// What `h2` believes to be its stream limit: it must never enforce one, the frame layer does.
const UNLIMITED: u32 = 1 << 30;
const WINDOW: u32 = 4 << 20;
/// A body beyond this is cut; every vendor's limit is below. OPPO's thousand messages in one request,
/// percent-encoded, are some megabytes.
pub(crate) const MAX_BODY: usize = 8 << 20;

/// Which streams of a connection may still be judged, so that a GOAWAY never lies about one.
#[derive(Debug)]
struct Gate {
    last: u32,
    highest: u32,
}

/// Serves a connection until it ends.
pub(crate) async fn serve<S>(io: S, engine: Arc<Engine>, connection: Arc<Connection>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let limit =
        if engine.options.limit_until_auth && engine.vendor.protocols().client_certificates() {
            1
        } else {
            engine.options.stream_limit
        };
    let control = Arc::new(Control::new(engine.clone(), limit));
    connection.attach(control.clone());
    let io = FrameIo::new(io, control.clone(), limit);
    let handshake = h2::server::Builder::new()
        .max_concurrent_streams(UNLIMITED)
        .initial_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        // Tests cancel in masses; what a real server takes for an attack is the subject here.
        .max_pending_accept_reset_streams(1 << 20)
        .max_concurrent_reset_streams(1 << 10)
        .max_local_error_reset_streams(None)
        .handshake::<_, Bytes>(io)
        .await;
    let mut h2 = match handshake {
        Ok(h2) => h2,
        Err(error) => return tracing::debug!(%error, "no HTTP/2 handshake"),
    };
    let gate = Arc::new(Mutex::new(Gate {
        last: u32::MAX,
        highest: 0,
    }));
    let mut streams = JoinSet::new();
    while let Some(accepted) = h2.accept().await {
        let (request, respond) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => return tracing::debug!(%error, "HTTP/2 connection ended"),
        };
        while streams.try_join_next().is_some() {}
        let stream = Stream {
            engine: engine.clone(),
            connection: connection.clone(),
            control: control.clone(),
            gate: gate.clone(),
        };
        streams.spawn(stream.run(request, respond));
    }
}

struct Stream {
    engine: Arc<Engine>,
    connection: Arc<Connection>,
    control: Arc<Control>,
    gate: Arc<Mutex<Gate>>,
}

impl Stream {
    async fn run(self, request: Request<RecvStream>, mut respond: SendResponse<Bytes>) {
        let id = respond.stream_id().as_u32();
        if self.control.take_refused(id) {
            return respond.send_reset(Reason::REFUSED_STREAM);
        }
        let nth = self.connection.count_request();
        let (parts, body) = request.into_parts();
        // A client that cancels while its body is still coming has sent no request.
        let Some(body) = read(body).await else { return };
        let call = Call {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: parts.headers,
            body,
            connection: self.connection.clone(),
            nth,
        };
        let (place, plan) = self.engine.plan(&call);
        tokio::select! {
            () = sleep(plan.delay) => {}
            _ = poll_fn(|cx| respond.poll_reset(cx)) => {}
        }
        let delivery = {
            let mut gate = lock(&self.gate);
            if id > gate.last {
                // We said that this stream is not processed.
                Delivery::Stall
            } else {
                let delivery = self.engine.conclude(call, place, plan);
                self.settle(&mut gate, id, delivery, &mut respond)
            }
        };
        deliver(delivery, respond).await;
    }

    /// Does what concerns the whole connection; the rest is the stream's.
    fn settle(
        &self,
        gate: &mut Gate,
        id: u32,
        delivery: Delivery,
        respond: &mut SendResponse<Bytes>,
    ) -> Delivery {
        match delivery {
            Delivery::GoAway { debug } => {
                if gate.highest > id {
                    // Later streams are answered already, so the last stream id cannot exclude
                    // this one; refusing it says the same.
                    respond.send_reset(Reason::REFUSED_STREAM);
                }
                gate.last = gate.highest.max(id.saturating_sub(2));
                self.control.go_away(gate.last, &debug);
                return Delivery::Stall;
            }
            Delivery::GoAwayAbrupt { debug } => {
                gate.last = 0;
                self.control.go_away_now(&debug);
                return Delivery::Stall;
            }
            Delivery::Drop => {
                gate.last = 0;
                self.control.kill();
                return Delivery::Stall;
            }
            Delivery::Freeze => {
                self.control.freeze();
                return Delivery::Stall;
            }
            _ => {}
        }
        gate.highest = gate.highest.max(id);
        delivery
    }
}

async fn read(mut body: RecvStream) -> Option<Bytes> {
    let mut whole = BytesMut::new();
    loop {
        let chunk = match body.data().await {
            None => return Some(whole.freeze()),
            Some(Ok(chunk)) => chunk,
            Some(Err(_)) => return None,
        };
        // The window is given back at once: the bodies are small and bounded below.
        let _ = body.flow_control().release_capacity(chunk.len());
        if whole.is_empty() && body.is_end_stream() {
            return Some(chunk);
        }
        if whole.len() < MAX_BODY {
            whole.extend_from_slice(&chunk);
        }
    }
}

async fn deliver(delivery: Delivery, mut respond: SendResponse<Bytes>) {
    // A failed send means that the client is gone or has cancelled, which is its right.
    match delivery {
        Delivery::Reply(reply) => {
            let (head, body) = split(reply);
            if body.is_empty() {
                let _ = respond.send_response(head, true);
            } else if let Ok(mut stream) = respond.send_response(head, false) {
                let _ = stream.send_data(body, true);
            }
        }
        Delivery::PartialReply(reply) => {
            let (head, body) = split(reply);
            if let Ok(mut stream) = respond.send_response(head, false) {
                // Dropping the stream unfinished resets it, after what is queued.
                let _ = stream.send_data(body, false);
            }
        }
        Delivery::Drip(reply, interval) => drip(reply, interval, respond).await,
        Delivery::Reset(code) => respond.send_reset(Reason::from(code)),
        // The rest waits for the client to give up, or for the connection to end.
        _ => {
            let _ = poll_fn(|cx| respond.poll_reset(cx)).await;
        }
    }
}

/// Sends a body byte by byte, until the client has had enough of it.
async fn drip(reply: Reply, interval: Duration, mut respond: SendResponse<Bytes>) {
    let (head, body) = split(reply);
    let Ok(mut stream) = respond.send_response(head, false) else {
        return;
    };
    for at in 0..=body.len() {
        tokio::select! {
            () = sleep(interval) => {}
            _ = poll_fn(|cx| stream.poll_reset(cx)) => return,
        }
        let drop = body.slice(at..body.len().min(at + 1));
        if stream.send_data(drop, at == body.len()).is_err() {
            return;
        }
    }
}

fn split(reply: Reply) -> (Response<()>, Bytes) {
    let mut head = Response::new(());
    *head.status_mut() = reply.status;
    *head.headers_mut() = reply.headers;
    (head, reply.body)
}
