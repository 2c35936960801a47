//! A provider whose credentials failed is not called.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Around, Layer, LayerContext, Wrapped};
use crate::model::{ErrorKind, Outcome, Rejection, Report};
use crate::observer::{Event, Observers};
use crate::provider::{Batch, PushProvider};
use crate::resources::Clock;

/// Stops calling a provider once its credentials failed: every further push would fail the same
/// way, and vendors take a stream of such errors for an attack (`reference/apns.md` §5.4).
///
/// While it is open, pushes are answered with the kind that opened it. After the pause one batch
/// goes through as a probe; if its credentials hold, all do again.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Breaker {
    /// From a failure to the next probe. Thirty seconds unless set.
    pub pause: Duration,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            pause: Duration::from_secs(30),
        }
    }
}

impl Layer for Breaker {
    fn wrap(&self, inner: Arc<dyn PushProvider>, context: &LayerContext) -> Arc<dyn PushProvider> {
        let around = AroundBreaker {
            pause: self.pause,
            clock: Arc::clone(&context.resources.clock),
            observers: context.observers.clone(),
            state: Mutex::new(State::Closed),
        };
        Wrapped::around(inner, around)
    }
}

#[derive(Debug)]
struct AroundBreaker {
    pause: Duration,
    clock: Arc<dyn Clock>,
    observers: Observers,
    state: Mutex<State>,
}

#[derive(Clone, Debug)]
enum State {
    Closed,
    Open {
        because: Rejection,
        probe_at: Duration,
    },
}

impl Around for AroundBreaker {
    async fn send<'a>(&'a self, inner: &'a dyn PushProvider, batch: &'a Batch) -> Report {
        if let Some(because) = self.refusal() {
            return batch.report_all(because);
        }
        let report = inner.send(batch).await;
        self.learn(inner, &report);
        report
    }
}

impl AroundBreaker {
    /// Why the provider is not to be called; none if it is. Whoever first comes after the pause
    /// is the probe: by moving the next one on, it keeps all others out until it knows more.
    fn refusal(&self) -> Option<Rejection> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *state {
            State::Closed => None,
            State::Open { because, probe_at } => {
                let now = self.clock.monotonic();
                if now < *probe_at {
                    return Some(because.clone());
                }
                *probe_at = now + self.pause;
                None
            }
        }
    }

    fn learn(&self, inner: &dyn PushProvider, report: &Report) {
        let failed = report.outcomes().iter().find_map(credential_failure);
        // No verdict proves nothing about the credentials, either way.
        let proved = || {
            let no_verdict = |outcome: &Outcome| matches!(outcome, Outcome::Failed(_));
            !report.outcomes().iter().all(no_verdict)
        };
        let event = match failed {
            Some(rejection) => self.open(rejection).then_some(Event::BreakerOpened {
                provider: inner.info(),
                kind: rejection.kind,
            }),
            None if proved() => self.close().then_some(Event::BreakerClosed {
                provider: inner.info(),
            }),
            None => None,
        };
        if let Some(event) = event {
            self.observers.tell(&event);
        }
    }

    /// Whether that changed anything.
    fn open(&self, failure: &Rejection) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let was_closed = matches!(*state, State::Closed);
        let reason = format!(
            "not sent: an earlier push was refused with: {}",
            failure.reason
        );
        *state = State::Open {
            because: Rejection::new(failure.kind, reason),
            probe_at: self.clock.monotonic() + self.pause,
        };
        was_closed
    }

    /// Whether that changed anything.
    fn close(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let was_open = matches!(*state, State::Open { .. });
        *state = State::Closed;
        was_open
    }
}

fn credential_failure(outcome: &Outcome) -> Option<&Rejection> {
    match outcome {
        Outcome::Rejected(rejection)
            if matches!(
                rejection.kind,
                ErrorKind::CredentialInvalid | ErrorKind::PermissionDenied
            ) =>
        {
            Some(rejection)
        }
        _ => None,
    }
}
