//! A provider whose credentials failed is not called.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
/// goes through as a probe; if its credentials hold, all do again. A report in which some target
/// was accepted opens nothing.
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

/// What the breaker says to a batch.
enum Admission<'a> {
    /// The credentials are good as far as anybody knows.
    Go,
    /// It is to find out whether they are good again.
    Probe(Probe<'a>),
    No(Rejection),
}

/// The one batch that goes through an open breaker. Dropped without a report, it makes way for
/// another one.
struct Probe<'a> {
    breaker: &'a AroundBreaker,
    reported: bool,
}

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        if self.reported {
            return;
        }
        if let State::Open { probe_at, .. } = &mut *self.breaker.lock() {
            *probe_at = Duration::ZERO;
        }
    }
}

impl Around for AroundBreaker {
    async fn send<'a>(&'a self, inner: &'a dyn PushProvider, batch: &'a Batch) -> Report {
        let mut probe = match self.admit() {
            Admission::Go => None,
            Admission::Probe(probe) => Some(probe),
            Admission::No(because) => return batch.report_all(because),
        };
        let report = inner.send(batch).await;
        if let Some(probe) = &mut probe {
            probe.reported = true;
        }
        self.learn(inner, &report, probe.is_some());
        report
    }
}

impl AroundBreaker {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever first comes after the pause is the probe: by moving the next one on, it keeps all
    /// others out until it knows more.
    fn admit(&self) -> Admission<'_> {
        match &mut *self.lock() {
            State::Closed => Admission::Go,
            State::Open { because, probe_at } => {
                let now = self.clock.monotonic();
                if now < *probe_at {
                    return Admission::No(because.clone());
                }
                *probe_at = now.saturating_add(self.pause);
                Admission::Probe(Probe {
                    breaker: self,
                    reported: false,
                })
            }
        }
    }

    fn learn(&self, inner: &dyn PushProvider, report: &Report, probe: bool) {
        let accepted = report.outcomes().iter().any(Outcome::is_accepted);
        // What one target was refused and another one granted is no matter of the credentials.
        let failure = report.outcomes().iter().find_map(credential_failure);
        let event = match failure.filter(|_| !accepted) {
            Some(failure) => self.open(failure, probe).then_some(Event::BreakerOpened {
                provider: inner.info(),
                kind: failure.kind,
            }),
            // Only a probe: a batch that went out before the breaker opened proves nothing now.
            // No verdict proves nothing either way.
            None if probe && report.outcomes().iter().any(is_verdict) => {
                self.close().then_some(Event::BreakerClosed {
                    provider: inner.info(),
                })
            }
            None => None,
        };
        if let Some(event) = event {
            self.observers.tell(&event);
        }
    }

    /// Whether that changed anything. While it is open, only the probe has news.
    fn open(&self, failure: &Rejection, probe: bool) -> bool {
        let mut state = self.lock();
        let was_closed = matches!(*state, State::Closed);
        if was_closed || probe {
            let reason = format!(
                "not sent: an earlier push was refused with: {}",
                failure.reason
            );
            *state = State::Open {
                because: Rejection::new(failure.kind, reason),
                probe_at: self.clock.monotonic().saturating_add(self.pause),
            };
        }
        was_closed
    }

    /// Whether that changed anything.
    fn close(&self) -> bool {
        let mut state = self.lock();
        let was_open = matches!(*state, State::Open { .. });
        *state = State::Closed;
        was_open
    }
}

fn is_verdict(outcome: &Outcome) -> bool {
    !matches!(outcome, Outcome::Failed(_))
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
