//! What a vendor received, and how often.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use crate::CallKind;
use crate::form::Form;
use crate::sync::lock;

/// One request that reached a vendor, and what it was answered.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Received {
    /// The vendor's name.
    pub vendor: &'static str,
    /// What the request was for.
    pub kind: CallKind,
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The first target named by the request, where it names one.
    pub token: Option<String>,
    /// All targets named by the request, in its order.
    pub tokens: Vec<String>,
    /// All headers, names in lower case.
    pub headers: HeaderMap,
    /// The body as it came.
    pub body: Bytes,
    /// What the body said to the device, where it was encrypted and could be read: Web Push.
    pub plaintext: Option<Bytes>,
    /// The body of the answer; empty where a fault withheld it.
    pub answer: Bytes,
    /// What was answered.
    pub verdict: Verdict,
    /// The connection it came on; counts from one per vendor.
    pub connection: u64,
    /// Its place among the requests of that connection; counts from one.
    pub stream: u64,
    /// When it came, by the simulator's clock.
    pub time: SystemTime,
}

impl Received {
    /// The body as JSON, if it is. An encrypted one counts as what it says.
    pub fn json(&self) -> Option<Value> {
        let text = self.plaintext.as_ref().unwrap_or(&self.body);
        serde_json::from_slice(text).ok()
    }

    /// What the body says, as JSON: itself if it is JSON, else the pairs of a form as an object of
    /// texts.
    pub fn fields(&self) -> Option<Value> {
        let form = || {
            let content_type = self.header("content-type")?;
            let is_form = content_type.starts_with("application/x-www-form-urlencoded");
            let form = is_form.then(|| Form::parse(&self.body).ok()).flatten()?;
            let pairs = form.pairs();
            let pairs = pairs.map(|(key, value)| (key.to_owned(), Value::from(value)));
            Some(Value::Object(pairs.collect()))
        };
        self.json().or_else(form)
    }

    /// The targets that the vendor took the push for.
    pub fn accepted_tokens(&self) -> &[String] {
        match &self.verdict {
            Verdict::Accepted { .. } | Verdict::AcceptedThenFault { .. } => &self.tokens,
            Verdict::PartlyAccepted { tokens, .. } => tokens,
            _ => &[],
        }
    }

    /// The vendor's id of a push that was accepted.
    pub fn id(&self) -> Option<&str> {
        match &self.verdict {
            Verdict::Accepted { id }
            | Verdict::AcceptedThenFault { id, .. }
            | Verdict::PartlyAccepted { id, .. } => Some(id),
            _ => None,
        }
    }

    /// The text of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// What a vendor made of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// A push that was accepted.
    Accepted {
        /// The vendor's id of the push.
        id: String,
    },
    /// A push to several targets that was accepted for some of them.
    PartlyAccepted {
        /// The vendor's id of the push.
        id: String,
        /// The targets that it was accepted for.
        tokens: Vec<String>,
        /// The kind of fault that spoiled or withheld the answer, as a script spells it.
        fault: Option<&'static str>,
    },
    /// A call other than a push that succeeded, or a push that was only validated.
    Served,
    /// The vendor refused.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The vendor's code or reason.
        code: String,
        /// Why, in words. Never sent to the client.
        detail: String,
    },
    /// A scripted fault took the place of an answer; the request was not acted on.
    Fault {
        /// The kind of fault, as a script spells it.
        fault: &'static str,
    },
    /// A push that was acted on, whose answer a scripted fault spoiled or withheld.
    AcceptedThenFault {
        /// The vendor's id of the push.
        id: String,
        /// The kind of fault, as a script spells it.
        fault: &'static str,
    },
}

impl Verdict {
    /// Whether a device would show this push.
    pub fn is_accepted(&self) -> bool {
        matches!(
            self,
            Self::Accepted { .. } | Self::AcceptedThenFault { .. } | Self::PartlyAccepted { .. }
        )
    }

    /// The vendor's code of a refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }
}

/// How often things happened at one vendor since the start or the last clearing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Requests that push, whatever became of them.
    pub pushes: u64,
    /// Pushes that were acted on.
    pub accepted: u64,
    /// Requests to obtain a credential.
    pub auth_calls: u64,
    /// Connections that finished their TLS handshake.
    pub connections_opened: u64,
    /// Connections that are open now.
    pub connections: u64,
    /// The most connections open at once.
    pub peak_connections: u64,
    /// The most streams open at once on one HTTP/2 connection.
    pub peak_streams: u64,
    /// Streams that the client reset: cancelled requests.
    pub resets_seen: u64,
    /// Streams refused because the client went over the stream limit.
    pub refused_streams: u64,
}

/// The record of one vendor.
#[derive(Debug)]
pub(crate) struct Record {
    keep: usize,
    received: Mutex<VecDeque<Received>>,
    pushes: AtomicU64,
    accepted: AtomicU64,
    auth_calls: AtomicU64,
    numbered: AtomicU64,
    opened: AtomicU64,
    open: AtomicU64,
    peak: AtomicU64,
    /// Counted by the frames of every connection.
    pub(crate) streams: StreamCounters,
}

/// What the frame layer counts.
#[derive(Debug, Default)]
pub(crate) struct StreamCounters {
    pub(crate) peak: AtomicU64,
    pub(crate) resets: AtomicU64,
    pub(crate) refused: AtomicU64,
}

impl Record {
    /// Keeps the newest `keep` requests.
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            keep,
            received: Mutex::default(),
            pushes: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
            auth_calls: AtomicU64::new(0),
            numbered: AtomicU64::new(0),
            opened: AtomicU64::new(0),
            open: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            streams: StreamCounters::default(),
        }
    }

    /// Counts a request, and keeps what `received` makes of it unless nothing is kept.
    pub(crate) fn add(&self, kind: CallKind, accepted: bool, received: impl FnOnce() -> Received) {
        match kind {
            CallKind::Push => self.pushes.fetch_add(1, Ordering::Relaxed),
            CallKind::Auth => self.auth_calls.fetch_add(1, Ordering::Relaxed),
            CallKind::Other => 0,
        };
        if accepted {
            self.accepted.fetch_add(1, Ordering::Relaxed);
        }
        if self.keep == 0 {
            return;
        }
        let received = received();
        let mut log = lock(&self.received);
        if log.len() >= self.keep {
            log.pop_front();
        }
        log.push_back(received);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        lock(&self.received).iter().cloned().collect()
    }

    /// Counts a connection and returns its number, which clearing does not start anew.
    pub(crate) fn connection_opened(&self) -> u64 {
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(open, Ordering::Relaxed);
        self.opened.fetch_add(1, Ordering::Relaxed);
        self.numbered.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn connection_closed(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn counters(&self) -> Counters {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            pushes: get(&self.pushes),
            accepted: get(&self.accepted),
            auth_calls: get(&self.auth_calls),
            connections_opened: get(&self.opened),
            connections: get(&self.open),
            peak_connections: get(&self.peak),
            peak_streams: get(&self.streams.peak),
            resets_seen: get(&self.streams.resets),
            refused_streams: get(&self.streams.refused),
        }
    }

    /// Forgets everything but the connections that are open.
    pub(crate) fn clear(&self) {
        lock(&self.received).clear();
        let zero = [
            &self.pushes,
            &self.accepted,
            &self.auth_calls,
            &self.opened,
            &self.streams.peak,
            &self.streams.resets,
            &self.streams.refused,
        ];
        zero.into_iter()
            .for_each(|counter| counter.store(0, Ordering::Relaxed));
        self.peak
            .store(self.open.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}
