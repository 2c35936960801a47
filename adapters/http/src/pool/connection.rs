//! One HTTP/2 connection: the handle that opens streams, and the task that moves the bytes.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use h2::client::{ResponseFuture, SendRequest};
use http::Request;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::PoolOptions;
use super::gather::Gather;
use super::idle::IdleWatch;
use super::ledger::{LastSent, Ledger};
use super::ping::Heartbeat;
use super::slots::INITIAL_LIMIT;

/// Room for the answers of a whole connection's streams; APNs' and FCM's are a few hundred bytes.
const CONNECTION_WINDOW: u32 = 4 << 20;
/// An answer's headers at the most.
const MAX_HEADER_LIST: u32 = 64 << 10;
/// Cancelled streams that are remembered, so that their late answers are known for what they are.
const REMEMBERED_RESETS: usize = 1024;

/// Opens streams. The connection closes by itself once all handles and streams are gone.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) id: u64,
    sender: SendRequest<Bytes>,
    pub(super) state: Arc<State>,
}

/// What a connection's handle, its task and its requests tell each other.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) sent: LastSent,
    /// How often anything was read.
    pub(super) heard: Arc<AtomicU64>,
    /// Requests that hold a slot.
    pub(super) active: AtomicUsize,
    /// Whether the first answers are noted, which settle what the stream limit means.
    pub(super) settled: AtomicBool,
    /// Whether any request was answered.
    pub(super) answered: AtomicBool,
    /// Whether we ended it because the client was closed.
    pub(super) closed: AtomicBool,
    kill: AtomicBool,
    task: AtomicWaker,
    end: OnceLock<String>,
    ended: watch::Sender<bool>,
}

impl State {
    /// Ends the connection now, whatever is in flight.
    pub(super) fn kill(&self) {
        self.kill.store(true, Ordering::Release);
        self.task.wake();
    }

    /// Nothing is written any more; why is told by [`State::reason`].
    pub(super) fn end(&self, reason: String) {
        let _ = self.end.set(reason);
        self.ended.send_replace(true);
    }

    /// Ready once nothing is written any more.
    pub(super) async fn ended(&self) {
        // The sender lives in `self`: this cannot fail.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }

    /// Why the connection ended.
    pub(super) fn reason(&self) -> Option<&str> {
        self.end.get().map(String::as_str)
    }
}

impl Connection {
    /// Queues a request; nothing is awaited. The task writes it with whatever else is there.
    pub(super) fn open(
        &self,
        request: Request<()>,
        body: Bytes,
    ) -> Result<ResponseFuture, Unusable> {
        // A fresh clone: one that still minds its last request could refuse the next.
        let mut sender = self.sender.clone();
        let (response, mut stream) = sender
            .send_request(request, body.is_empty())
            .map_err(|error| self.refused(error))?;
        if !body.is_empty() {
            // `h2` keeps the bytes until the flow-control windows have room.
            stream
                .send_data(body, true)
                .map_err(|error| self.refused(error))?;
        }
        Ok(response)
    }

    /// What is wrong with the connection as a whole, a GOAWAY above all.
    pub(super) fn trouble(&self) -> Option<h2::Error> {
        let mut context = Context::from_waker(std::task::Waker::noop());
        match self.sender.clone().poll_ready(&mut context) {
            Poll::Ready(Err(error)) => Some(error),
            _ => None,
        }
    }

    fn refused(&self, error: h2::Error) -> Unusable {
        match self.trouble() {
            Some(trouble) => Unusable::Connection(trouble),
            None => Unusable::Request(error),
        }
    }
}

/// Why a stream could not be opened.
#[derive(Debug)]
pub(super) enum Unusable {
    /// The connection takes no more streams; another one may.
    Connection(h2::Error),
    /// No connection would take this request.
    Request(h2::Error),
}

/// Speaks the preface on a fresh stream. The driver has to be run for anything to happen.
pub(super) async fn handshake<S>(
    id: u64,
    stream: S,
    options: &PoolOptions,
) -> Result<(Connection, Driver<S>), h2::Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let state = Arc::new(State::default());
    let ledger = Ledger::new(state.sent.clone());
    let io = Gather::new(stream, ledger, Arc::clone(&state.heard));
    let (sender, mut connection) = h2::client::Builder::new()
        // Until the first SETTINGS `h2` would assume that every number of streams is allowed.
        .initial_max_send_streams(INITIAL_LIMIT)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(MAX_HEADER_LIST)
        .max_concurrent_reset_streams(REMEMBERED_RESETS)
        // Late answers to cancelled requests would count as the server's mistakes.
        .max_local_error_reset_streams(None)
        .enable_push(false)
        .handshake(io.clone())
        .await?;
    let heartbeat = connection
        .ping_pong()
        .map(|ping| Heartbeat::new(ping, options.rhythm()));
    let driver = Driver {
        connection,
        io,
        heartbeat,
        idle: options.idle_timeout.map(IdleWatch::new),
        state: Arc::clone(&state),
        limit: INITIAL_LIMIT,
        yielded: false,
    };
    Ok((Connection { id, sender, state }, driver))
}

/// Moves the bytes of one connection.
pub(super) struct Driver<S> {
    connection: h2::client::Connection<Gather<S>, Bytes>,
    io: Gather<S>,
    heartbeat: Option<Heartbeat>,
    idle: Option<IdleWatch>,
    state: Arc<State>,
    limit: usize,
    yielded: bool,
}

impl<S> std::fmt::Debug for Driver<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// What a driver has to tell.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The server allows this many streams from now on.
    Limit(usize),
    /// Unused for longer than the options allow.
    Idle,
    /// The connection is over.
    End(String),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Driver<S> {
    /// The next event. Dropping the future loses nothing.
    pub(super) fn next(&mut self) -> Next<'_, S> {
        Next(self)
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        self.state.task.register(context.waker());
        if self.state.kill.load(Ordering::Acquire) {
            return Poll::Ready(Event::End("closed by the client".into()));
        }
        if !self.yielded {
            // On the multi-thread runtime a woken task runs right after the first sender that
            // woke it, and would write its one request alone. Let the other senders go first.
            self.yielded = true;
            // Beginning to yield is enough: the runtime wakes the task in its turn.
            let _ = std::pin::pin!(tokio::task::yield_now()).poll(context);
            return Poll::Pending;
        }
        self.yielded = false;
        self.io.begin_turn();
        self.poll_connection(context)
    }

    fn poll_connection(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        if let Poll::Ready(result) = Pin::new(&mut self.connection).poll(context) {
            return Poll::Ready(Event::End(match result {
                Ok(()) => "closed".into(),
                Err(error) => super::failure::describe(&error),
            }));
        }
        if let Poll::Ready(Err(error)) = self.io.poll_send(context) {
            return Poll::Ready(Event::End(format!("writing failed: {error}")));
        }
        let limit = self.connection.max_concurrent_send_streams();
        if limit != self.limit {
            self.limit = limit;
            return Poll::Ready(Event::Limit(limit));
        }
        self.poll_timers(context)
    }

    fn poll_timers(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        let state = &self.state;
        let busy = || state.active.load(Ordering::Relaxed) > 0;
        if let Some(heartbeat) = &mut self.heartbeat
            && heartbeat.poll_dead(context, busy).is_ready()
            // The answer to the PING may stand behind what was read so far.
            && self.io.has_read_all()
        {
            return Poll::Ready(Event::End("a PING stayed unanswered".into()));
        }
        if let Some(idle) = &mut self.idle
            && idle.poll_idle(context, busy, &state.sent).is_ready()
        {
            return Poll::Ready(Event::Idle);
        }
        Poll::Pending
    }
}

/// See [`Driver::next`].
#[derive(Debug)]
pub(super) struct Next<'a, S>(&'a mut Driver<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> Future for Next<'_, S> {
    type Output = Event;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Event> {
        self.0.poll_next(context)
    }
}
