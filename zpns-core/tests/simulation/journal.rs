//! What happened, in order: the invariants are checked on it after the day is over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use zpns_core::layers::{Around, Layer, LayerContext, Next, Wrapped};
use zpns_core::{
    Batch, Clock, ErrorKind, Event, Notification, Observer, Outcome, PushProvider, Report, Target,
};

/// Whose token of which send.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Key {
    pub(crate) send: usize,
    pub(crate) provider: String,
    pub(crate) token: String,
}

/// One request, as the vendor saw it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) send: usize,
    pub(crate) vendor: usize,
    /// Which of the providers that stood in the vendor's place, from 0.
    pub(crate) instance: usize,
    pub(crate) attempt: u32,
    pub(crate) began: Duration,
    pub(crate) deadline: Option<Duration>,
    pub(crate) tokens: Vec<String>,
    pub(crate) end: End,
}

#[derive(Clone, Debug)]
pub(crate) enum End {
    Pending,
    /// Nobody waited for the answer any more.
    GivenUp {
        at: Duration,
    },
    Answered {
        at: Duration,
        outcomes: Vec<Outcome>,
    },
}

/// Something beside requests. What bears on a provider names it.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// A batch came by the layer around all others.
    Launched {
        provider: String,
        send: usize,
        tokens: Vec<String>,
    },
    /// An observer was told of an outcome.
    Told {
        key: Key,
        kind: Option<ErrorKind>,
    },
    TokenDropped {
        provider: String,
        token: String,
    },
    GuardClosed {
        provider: String,
    },
    GuardReleased {
        provider: String,
    },
    BreakerOpened {
        provider: String,
    },
    BreakerClosed {
        provider: String,
    },
    Replaced {
        provider: String,
    },
    ShutdownBegan,
    ShutdownEnded,
    /// The host gave up on a send.
    Dropped {
        send: usize,
    },
}

#[derive(Clone, Debug)]
pub(crate) enum Entry {
    Began(usize),
    Ended(usize),
    Other(What),
}

/// What one send came to.
#[derive(Clone, Debug)]
pub(crate) enum Result {
    /// Position and outcome, as they were handed out. Not all of them if it was dropped.
    Targets(Vec<(u64, Target, Outcome)>),
    Recipients(Vec<zpns_core::Passage>),
}

#[derive(Debug, Default)]
pub(crate) struct Pages {
    pub(crate) calls: Vec<Call>,
    pub(crate) entries: Vec<(Duration, Entry)>,
    /// How often a device shows the message: one for each that was taken and not a repeat that
    /// the vendor drops or replaces.
    pub(crate) shown: HashMap<Key, usize>,
}

/// Written by the vendors, an observer, and a layer around all others.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    pub(crate) clock: Arc<dyn Clock>,
    pages: Arc<Mutex<Pages>>,
}

impl Journal {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            pages: Arc::default(),
        }
    }

    pub(crate) fn open(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self, what: What) {
        let now = self.clock.monotonic();
        self.open().entries.push((now, Entry::Other(what)));
    }

    pub(crate) fn begin(&self, call: Call) -> usize {
        let mut pages = self.open();
        let number = pages.calls.len();
        pages.entries.push((call.began, Entry::Began(number)));
        pages.calls.push(call);
        number
    }

    pub(crate) fn end(&self, call: usize, end: End) {
        let now = self.clock.monotonic();
        let mut pages = self.open();
        pages.entries.push((now, Entry::Ended(call)));
        pages.calls[call].end = end;
    }
}

/// Which send a message is of.
pub(crate) fn send_of(message: &Notification) -> usize {
    message
        .payload
        .as_deref()
        .and_then(|payload| payload.parse().ok())
        .unwrap()
}

pub(crate) fn tokens(batch: &Batch) -> Vec<String> {
    let tokens = batch
        .targets()
        .iter()
        .map(|target| target.token.as_str().to_owned());
    tokens.collect()
}

impl Observer for Journal {
    fn observe(&self, event: &Event<'_>) {
        let told =
            |provider: &zpns_core::ProviderInfo, message, target: &Target, kind| What::Told {
                key: Key {
                    send: send_of(message),
                    provider: provider.id.to_string(),
                    token: target.token.as_str().to_owned(),
                },
                kind,
            };
        self.write(match event {
            Event::Accepted {
                provider,
                notification,
                target,
                ..
            } => told(provider, notification, target, None),
            Event::Rejected {
                provider,
                notification,
                target,
                rejection,
            } => told(provider, notification, target, Some(rejection.kind)),
            Event::Failed {
                provider,
                notification,
                target,
                error,
            } => told(provider, notification, target, Some(error.kind())),
            Event::TokenDropped {
                provider, target, ..
            } => What::TokenDropped {
                provider: provider.id.to_string(),
                token: target.token.as_str().to_owned(),
            },
            Event::GuardClosed { provider, .. } => What::GuardClosed {
                provider: provider.id.to_string(),
            },
            Event::GuardReleased { provider, .. } => What::GuardReleased {
                provider: provider.id.to_string(),
            },
            Event::BreakerOpened { provider, .. } => What::BreakerOpened {
                provider: provider.id.to_string(),
            },
            Event::BreakerClosed { provider } => What::BreakerClosed {
                provider: provider.id.to_string(),
            },
            _ => return,
        });
    }
}

/// A layer of the host's own around all others: writes down what is launched.
impl Layer for Journal {
    fn wrap(&self, inner: Arc<dyn PushProvider>, _: &LayerContext) -> Arc<dyn PushProvider> {
        Wrapped::around(inner, self.clone())
    }
}

impl Around for Journal {
    async fn send<'a, N: Next>(&'a self, next: &'a N, batch: &'a Batch) -> Report {
        self.write(What::Launched {
            provider: next.provider().info().id.to_string(),
            send: send_of(batch.notification()),
            tokens: tokens(batch),
        });
        next.pass(batch).await
    }
}
