//! A provider that fails throughout is not called.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;

use super::settings;
use super::{Around, Layer, LayerContext, Next, Wrapped};
use crate::model::{Error, ErrorKind, Outcome, Rejection, Report, Retry, Scope, Sent};
use crate::observer::{Event, Observers};
use crate::provider::{Batch, ProviderInfo, PushProvider};
use crate::resources::Clock;

/// Stops calling a provider that fails throughout.
///
/// * **Credentials**: one refusal of them is enough, if no target of that report was accepted:
///   every further push would fail the same way, and vendors take a stream of such errors for an
///   attack (`reference/apns.md` §5.4). Pushes are answered with the kind that opened it.
/// * **Outage**: when [`share`](Self::share) of at least [`at_least`](Self::at_least) requests
///   within [`window`](Self::window) came back without any verdict, pushes are answered with
///   [`Unavailable`](ErrorKind::Unavailable), and when the next probe is due. The retry layer
///   waits until then where the deadline allows, without that counting as an attempt; where it
///   does not, they fail at once.
///
/// After a pause one batch goes through as a probe; if it gets an answer, all do again. What
/// concerns less than the provider ([`Scope`]) opens nothing.
///
/// ```
/// use std::time::Duration;
/// use zpns_core::layers::Delivery;
///
/// let mut delivery = Delivery::default();
/// delivery.breaker.share = 0.5;
/// delivery.breaker.longest_pause = Duration::from_secs(30);
/// ```
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Breaker {
    /// From refused credentials to the next probe. Thirty seconds unless set; `pause_ms` in a
    /// config file.
    #[serde(rename = "pause_ms", deserialize_with = "settings::millis")]
    pub pause: Duration,
    /// From an outage to the first probe; it doubles with every probe that fails. Half a second
    /// unless set; `first_pause_ms` in a config file.
    #[serde(rename = "first_pause_ms", deserialize_with = "settings::millis")]
    pub first_pause: Duration,
    /// The longest pause between two probes of an outage. Ten seconds unless set;
    /// `longest_pause_ms` in a config file.
    #[serde(rename = "longest_pause_ms", deserialize_with = "settings::millis")]
    pub longest_pause: Duration,
    /// The share of failed requests, from 0 to 1, that is an outage. Four fifths unless set;
    /// more than 1 is never reached.
    #[serde(deserialize_with = "settings::fraction")]
    pub share: f64,
    /// Fewer requests than this are no outage. One hundred unless set.
    #[serde(deserialize_with = "settings::number")]
    pub at_least: u64,
    /// How far back requests count. Ten seconds unless set; `window_ms` in a config file.
    #[serde(rename = "window_ms", deserialize_with = "settings::millis")]
    pub window: Duration,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            pause: Duration::from_secs(30),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(10),
            share: 0.8,
            at_least: 100,
            window: Duration::from_secs(10),
        }
    }
}

/// How a breaker stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum BreakerState {
    /// Pushes go out.
    #[default]
    Closed,
    /// Pushes are answered without a call.
    Open,
    /// One batch is on its way to find out; all others are answered without a call.
    HalfOpen,
}

impl BreakerState {
    /// `closed`, `open` or `half_open`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

impl Layer for Breaker {
    fn wrap(&self, inner: Arc<dyn PushProvider>, context: &LayerContext) -> Arc<dyn PushProvider> {
        Wrapped::around(inner, AroundBreaker::new(self, context))
    }
}

#[derive(Debug)]
pub(super) struct AroundBreaker {
    settings: Breaker,
    clock: Arc<dyn Clock>,
    observers: Observers,
    /// Whether `state` is worth a look: no lock is taken while all is well.
    open: AtomicBool,
    /// Requests that got an answer since the window began.
    answered: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    open: Option<Open>,
    /// How often it opened.
    openings: u64,
    window_began: Duration,
    /// Requests that got none since the window began.
    failed: u64,
    /// Another provider took this one's place: what late batches find out is news to nobody.
    retired: bool,
}

#[derive(Debug)]
struct Open {
    /// Which opening this is.
    number: u64,
    because: Cause,
    probe_at: Duration,
    pause: Duration,
    /// Probes on their way.
    probes: usize,
}

#[derive(Clone, Debug)]
enum Cause {
    Refused(Rejection),
    Outage,
}

/// What the breaker says to a batch.
enum Admission<'a> {
    /// All is well as far as anybody knows.
    Go,
    /// It is to find out whether all is well again.
    Probe(Probe<'a>),
    No(Outcome),
}

/// The one batch that goes through an open breaker. Dropped without a report, it makes way for
/// another one. Where it waits so long that the breaker closes and opens again meanwhile, it is
/// one batch like any other.
struct Probe<'a> {
    breaker: &'a AroundBreaker,
    /// Of which opening.
    opening: u64,
    reported: bool,
}

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        let mut state = self.breaker.lock();
        if let Some(open) = state
            .open
            .as_mut()
            .filter(|open| open.number == self.opening)
        {
            open.probes = open.probes.saturating_sub(1);
            if !self.reported {
                open.probe_at = Duration::ZERO;
            }
        }
    }
}

/// What a report says about the provider as a whole.
enum Finding<'a> {
    /// It was not called.
    Nothing,
    /// It gave a verdict.
    Well,
    /// It answers, if only that it gives no verdict now.
    Spoke,
    /// It refuses the credentials.
    Refused(&'a Rejection),
    /// No target got an answer.
    Failed(ErrorKind),
}

impl Around for AroundBreaker {
    async fn send<'a, N: Next>(&'a self, next: &'a N, batch: &'a Batch) -> Report {
        let mut probe = match self.admit() {
            Admission::Go => None,
            Admission::Probe(probe) => Some(probe),
            Admission::No(outcome) => return batch.report_all(outcome),
        };
        let report = match &probe {
            Some(probe) => {
                let provider = next.provider().info();
                self.observers.tell(&Event::BreakerHalfOpened { provider });
                let batch = batch.clone().with_probe(probe.opening);
                Box::pin(async move { next.pass(&batch).await }).await
            }
            None => next.pass(batch).await,
        };
        // Whom it says nothing of, it has failed: an empty report is no sign that it was not called.
        let report = report.of_length(batch.targets().len());
        if let Some(probe) = &mut probe {
            // One that was held back on its way found nothing out, and makes way.
            probe.reported = !matches!(Finding::of(&report), Finding::Nothing);
        }
        let is_probe = probe.as_ref().is_some_and(Probe::is_current);
        self.learn(next.provider().info(), &report, is_probe);
        report
    }
}

impl Probe<'_> {
    fn is_current(&self) -> bool {
        let state = self.breaker.lock();
        state
            .open
            .as_ref()
            .is_some_and(|open| open.number == self.opening)
    }
}

impl AroundBreaker {
    pub(super) fn new(settings: &Breaker, context: &LayerContext) -> Self {
        Self {
            settings: settings.clone(),
            clock: Arc::clone(&context.resources.clock),
            observers: context.observers.clone(),
            open: AtomicBool::new(false),
            answered: AtomicU64::new(0),
            state: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a batch is answered that was let through and had to wait since: nothing, unless it
    /// opened meanwhile. Who is to find out whether all is well again goes on.
    pub(super) fn turns_away(&self, batch: &Batch) -> Option<Outcome> {
        if !self.open.load(Ordering::Acquire) {
            return None;
        }
        let now = self.clock.monotonic();
        let state = self.lock();
        let open = state.open.as_ref()?;
        if batch.probe_of() == Some(open.number) {
            return None;
        }
        Some(open.because.outcome(open.probe_at.saturating_sub(now)))
    }

    /// Whoever first comes after the pause is the probe: by moving the next one on, it keeps all
    /// others out until it knows more.
    fn admit(&self) -> Admission<'_> {
        if !self.open.load(Ordering::Acquire) {
            return Admission::Go;
        }
        let now = self.clock.monotonic();
        let Some(open) = &mut self.lock().open else {
            return Admission::Go;
        };
        if now < open.probe_at {
            return Admission::No(open.because.outcome(open.probe_at - now));
        }
        open.probe_at = now.saturating_add(open.pause);
        open.probes += 1;
        Admission::Probe(Probe {
            breaker: self,
            opening: open.number,
            reported: false,
        })
    }

    fn learn(&self, provider: &ProviderInfo, report: &Report, probe: bool) {
        let event = match Finding::of(report) {
            Finding::Nothing => return,
            // Only a probe closes it: a batch that went out before it opened proves nothing now.
            // And nothing but a verdict proves anything about credentials.
            Finding::Well if probe => self
                .close(|_| true)
                .then_some(Event::BreakerClosed { provider }),
            Finding::Spoke if probe => self
                .close(|because| matches!(because, Cause::Outage))
                .then_some(Event::BreakerClosed { provider }),
            Finding::Well | Finding::Spoke => {
                self.answered.fetch_add(1, Ordering::Relaxed);
                return;
            }
            Finding::Refused(rejection) => {
                let reason = format!(
                    "not sent: an earlier push was refused with: {}",
                    rejection.reason
                );
                let because = Cause::Refused(Rejection::new(rejection.kind, reason));
                let opened = self.open(because, self.settings.pause, probe);
                let kind = rejection.kind;
                opened.then_some(Event::BreakerOpened { provider, kind })
            }
            Finding::Failed(kind) => self
                .failed(probe)
                .then_some(Event::BreakerOpened { provider, kind }),
        };
        if let Some(event) = event {
            self.observers.tell(&event);
        }
    }

    /// Whether that is news. While it is open, only the probe has any.
    fn open(&self, because: Cause, pause: Duration, probe: bool) -> bool {
        let mut state = self.lock();
        let was_closed = state.open.is_none();
        if was_closed || probe {
            state.openings += u64::from(was_closed);
            state.open = Some(Open {
                number: state.openings,
                because,
                probe_at: self.clock.monotonic().saturating_add(pause),
                pause,
                probes: state.open.as_ref().map_or(0, |open| open.probes),
            });
            self.open.store(true, Ordering::Release);
        }
        was_closed && !state.retired
    }

    /// A request without an answer; whether that opened it.
    fn failed(&self, probe: bool) -> bool {
        let now = self.clock.monotonic();
        let settings = &self.settings;
        let mut state = self.lock();
        if let Some(open) = &mut state.open {
            // Refused credentials stay the cause: no answer proves nothing about them.
            if probe && matches!(open.because, Cause::Outage) {
                open.pause = open.pause.saturating_mul(2).min(settings.longest_pause);
                open.probe_at = now.saturating_add(open.pause);
            }
            return false;
        }
        if now.saturating_sub(state.window_began) > settings.window {
            state.window_began = now;
            state.failed = 0;
            self.answered.store(0, Ordering::Relaxed);
        }
        state.failed += 1;
        let all = state.failed + self.answered.load(Ordering::Relaxed);
        if all < settings.at_least || (state.failed as f64) < settings.share * all as f64 {
            return false;
        }
        drop(state);
        self.open(Cause::Outage, settings.first_pause, false)
    }

    /// Closes it if it is open for such a cause; whether that is news.
    fn close(&self, for_this: impl Fn(&Cause) -> bool) -> bool {
        let mut state = self.lock();
        let was_open = state.open.take_if(|open| for_this(&open.because)).is_some();
        if !was_open {
            return false;
        }
        state.failed = 0;
        self.answered.store(0, Ordering::Relaxed);
        self.open.store(false, Ordering::Release);
        !state.retired
    }

    /// How it stands.
    pub(super) fn state(&self) -> BreakerState {
        match &self.lock().open {
            None => BreakerState::Closed,
            Some(open) if open.probes > 0 => BreakerState::HalfOpen,
            Some(_) => BreakerState::Open,
        }
    }

    /// Another provider takes this one's place: what was told of this breaker does not hold for
    /// that one's.
    pub(super) fn retire(&self, provider: &ProviderInfo) {
        let mut state = self.lock();
        let was_open = !std::mem::replace(&mut state.retired, true) && state.open.is_some();
        drop(state);
        if was_open {
            self.observers.tell(&Event::BreakerClosed { provider });
        }
    }
}

impl Cause {
    fn outcome(&self, pause: Duration) -> Outcome {
        match self {
            Self::Refused(rejection) => rejection.clone().held_back().into(),
            Self::Outage => {
                let message = "not sent: nearly all of the provider's requests fail; its circuit \
                               breaker is open until a probe gets through";
                Error::new(ErrorKind::Unavailable, message)
                    .with_retry(Retry::After(pause))
                    .with_sent(Sent::No)
                    .held_back()
                    .into()
            }
        }
    }
}

impl<'a> Finding<'a> {
    fn of(report: &'a Report) -> Self {
        let mut finding = Self::Nothing;
        for outcome in report.outcomes() {
            match outcome {
                // What one target was refused and another one granted is no matter of the
                // credentials.
                Outcome::Accepted(_) => return Self::Well,
                // The answer of a layer within: nobody was asked.
                Outcome::Rejected(rejection) if rejection.is_held_back() => {}
                Outcome::Rejected(rejection) if refuses_credentials(rejection) => {
                    finding = Self::Refused(rejection);
                }
                Outcome::Failed(error) if error.is_held_back() => {}
                Outcome::Failed(error) if is_outage(error) => {
                    if matches!(finding, Self::Nothing) {
                        finding = Self::Failed(error.kind());
                    }
                }
                Outcome::Rejected(_) if !matches!(finding, Self::Refused(_)) => {
                    finding = Self::Well;
                }
                Outcome::Failed(_) if matches!(finding, Self::Nothing | Self::Failed(_)) => {
                    finding = Self::Spoke;
                }
                Outcome::Rejected(_) | Outcome::Failed(_) => {}
            }
        }
        finding
    }
}

fn refuses_credentials(rejection: &Rejection) -> bool {
    let kinds = [ErrorKind::CredentialInvalid, ErrorKind::PermissionDenied];
    kinds.contains(&rejection.kind) && rejection.scope() == Scope::Provider
}

/// What waiting does not mend is no outage: an adapter's word that one device is away for good.
fn is_outage(error: &Error) -> bool {
    let kinds = [
        ErrorKind::Unavailable,
        ErrorKind::Timeout,
        ErrorKind::Protocol,
    ];
    kinds.contains(&error.kind())
        && error.scope() == Scope::Provider
        && error.retry() != Retry::Never
}
