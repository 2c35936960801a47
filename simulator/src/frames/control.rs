//! The state that the frame layer shares with the rest of a connection.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::Waker;

use bytes::{BufMut, BytesMut};

use super::scan::{GOAWAY, HEADERS, Head, Pass, RST_STREAM, SETTINGS, frame};
use crate::engine::Engine;
use crate::sync::lock;

const MAX_CONCURRENT_STREAMS: u16 = 3;

/// A handle to the frames of one connection.
pub(crate) struct Control {
    engine: Arc<Engine>,
    state: Mutex<State>,
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").finish_non_exhaustive()
    }
}

/// How the connection comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closing {
    No,
    /// Once the streams up to this one are done.
    After(u32),
    /// Once what is queued is written.
    Now,
    /// At once, without a word.
    Killed,
    /// Never: neither reads nor writes any more.
    Frozen,
}

struct State {
    /// Streams that are open for the client: (its side ended, our side ended).
    open: HashMap<u32, (bool, bool)>,
    last_opened: u32,
    refused: HashSet<u32>,
    /// The limit that the client has acknowledged.
    limit: u32,
    /// Limits sent and not yet acknowledged; `None` stands for a SETTINGS of `h2` itself.
    unacknowledged: VecDeque<Option<u32>>,
    latest: u32,
    raised: bool,
    inject: BytesMut,
    closing: Closing,
    waker: Option<Waker>,
}

impl Control {
    pub(crate) fn new(engine: Arc<Engine>, limit: u32) -> Self {
        let state = State {
            open: HashMap::new(),
            last_opened: 0,
            refused: HashSet::new(),
            limit,
            unacknowledged: VecDeque::new(),
            latest: limit,
            raised: false,
            inject: BytesMut::new(),
            closing: Closing::No,
            waker: None,
        };
        Self {
            engine,
            state: Mutex::new(state),
        }
    }

    /// Advertises a new stream limit. A lower one binds once the client has acknowledged it.
    pub(crate) fn set_limit(&self, limit: u32) {
        self.change(|state| {
            if state.latest == limit {
                return;
            }
            state.latest = limit;
            let mut payload = BytesMut::with_capacity(6);
            payload.put_u16(MAX_CONCURRENT_STREAMS);
            payload.put_u32(limit);
            state
                .inject
                .extend_from_slice(&frame(SETTINGS, 0, &payload));
            state.unacknowledged.push_back(Some(limit));
        });
    }

    /// True at the first call only: for a limit that is raised once.
    pub(crate) fn raise_once(&self) -> bool {
        !std::mem::replace(&mut lock(&self.state).raised, true)
    }

    /// Says GOAWAY: streams above `last` are not processed, the others may finish.
    pub(crate) fn go_away(&self, last: u32, debug: &str) {
        self.change(|state| {
            state.queue_goaway(last, debug);
            state.closing = Closing::After(last);
        });
    }

    /// Says GOAWAY that covers every stream, and closes without further answers.
    pub(crate) fn go_away_now(&self, debug: &str) {
        self.change(|state| {
            state.queue_goaway(0x7fff_ffff, debug);
            state.closing = Closing::Now;
        });
    }

    /// Drops the connection without a word.
    pub(crate) fn kill(&self) {
        self.change(|state| state.closing = Closing::Killed);
    }

    /// Stops reading and writing, and leaves the connection open.
    pub(crate) fn freeze(&self) {
        self.change(|state| state.closing = Closing::Frozen);
    }

    /// Whether this stream came beyond the limit. Tells it once.
    pub(crate) fn take_refused(&self, stream: u32) -> bool {
        let mut state = lock(&self.state);
        !state.refused.is_empty() && state.refused.remove(&stream)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let waker = {
            let mut state = lock(&self.state);
            change(&mut state);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Registers the task that drives the connection, and reports how the connection stands.
    pub(super) fn poll(&self, waker: &Waker) -> (Closing, bool) {
        let mut state = lock(&self.state);
        if !state
            .waker
            .as_ref()
            .is_some_and(|known| known.will_wake(waker))
        {
            state.waker = Some(waker.clone());
        }
        let closing = match state.closing {
            Closing::After(last) if state.open.keys().all(|stream| *stream > last) => Closing::Now,
            closing => closing,
        };
        (closing, !state.inject.is_empty())
    }

    /// Frames to put at the boundary that the writer is at.
    pub(super) fn take_injected(&self) -> BytesMut {
        lock(&self.state).inject.split()
    }

    /// Judges a frame of the client.
    pub(super) fn inbound(&self, head: Head) -> Pass {
        let mut state = lock(&self.state);
        if head.is_ack() {
            return state.acknowledged();
        }
        let streams = &self.engine.record.streams;
        if head.kind == HEADERS && head.stream > state.last_opened {
            state.last_opened = head.stream;
            state.open.insert(head.stream, (false, false));
            let open = state.open.len();
            streams.peak.fetch_max(open as u64, Ordering::Relaxed);
            if open > state.bound() {
                state.refused.insert(head.stream);
                streams.refused.fetch_add(1, Ordering::Relaxed);
            }
        }
        if head.kind == RST_STREAM {
            // A reset after our side has ended only says that the rest of a body is not sent.
            if state.open.remove(&head.stream).is_some() {
                streams.resets.fetch_add(1, Ordering::Relaxed);
            }
        } else if head.ends_stream() {
            state.end(head.stream, |ends| ends.0 = true);
        }
        Pass::Keep
    }

    /// Judges a frame of ours.
    pub(super) fn outbound(&self, head: Head) -> Pass {
        let mut state = lock(&self.state);
        let last = match state.closing {
            Closing::After(last) => last,
            Closing::Now => 0,
            _ => u32::MAX,
        };
        if last != u32::MAX && (head.kind == GOAWAY || head.stream > last) {
            return Pass::Drop;
        }
        if head.kind == SETTINGS && !head.is_ack() {
            state.unacknowledged.push_back(None);
        }
        if head.kind == RST_STREAM {
            state.open.remove(&head.stream);
        } else if head.ends_stream() {
            state.end(head.stream, |ends| ends.1 = true);
        }
        Pass::Keep
    }
}

impl State {
    fn queue_goaway(&mut self, last: u32, debug: &str) {
        let mut payload = BytesMut::with_capacity(8 + debug.len());
        payload.put_u32(last);
        payload.put_u32(0);
        payload.put_slice(debug.as_bytes());
        self.inject.extend_from_slice(&frame(GOAWAY, 0, &payload));
    }

    /// The most streams that the client may have open, given what it may not have read yet.
    fn bound(&self) -> usize {
        self.unacknowledged
            .iter()
            .flatten()
            .fold(self.limit, |most, limit| most.max(*limit)) as usize
    }

    fn acknowledged(&mut self) -> Pass {
        match self.unacknowledged.pop_front() {
            Some(Some(limit)) => {
                self.limit = limit;
                // `h2` did not send these SETTINGS and takes their ACK for an attack.
                Pass::Drop
            }
            Some(None) | None => Pass::Keep,
        }
    }

    fn end(&mut self, stream: u32, end: impl FnOnce(&mut (bool, bool))) {
        if let Some(ends) = self.open.get_mut(&stream) {
            end(ends);
            if *ends == (true, true) {
                self.open.remove(&stream);
            }
        }
    }
}
