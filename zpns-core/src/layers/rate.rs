//! A bound on requests per second, that gives way when the vendor says so.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use serde::Deserialize;

use self::limit::Limit;
use self::pace::Pace;
use super::{Around, Layer, LayerContext, Next, Urgency, Wrapped};
use crate::model::{Error, ErrorKind, Outcome, Report, Retry, Scope, Sent};
use crate::observer::{Event, Observers};
use crate::provider::{Batch, Capability, ProviderInfo, PushProvider};
use crate::resources::Clock;

mod limit;
mod pace;

/// How long nobody looks whether the rate has changed.
const STEP: Duration = Duration::from_secs(1);

/// Spaces requests out to so many a second, with bursts of a tenth of that. Those that would
/// have to wait beyond their deadline fail at once.
///
/// When the vendor answers [`RateLimited`](ErrorKind::RateLimited) for more than one target
/// ([`Scope`]), the rate is halved, at most once a second; it grows back by a quarter each second
/// in which the vendor does not. Where no rate is set, the one at which the vendor complained is
/// the one to be halved, and there is no bound any more once it was passed by again twofold.
///
/// Calls do not wait behind campaigns ([`Urgency`]).
///
/// ```
/// use std::num::NonZeroU32;
/// use zpns_core::layers::{Delivery, RateUnit};
///
/// let mut delivery = Delivery::default();
/// delivery.rate_per_second = NonZeroU32::new(3_000);
/// delivery.rate.unit = RateUnit::Targets;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Rate {
    /// So many a second at the most. Any number unless set; in a config file it is the key
    /// `rate_per_second` of the provider.
    #[serde(skip)]
    pub per_second: Option<NonZeroU32>,
    /// What is counted. Requests unless set.
    pub unit: RateUnit,
    /// Whether it gives way to the vendor. It does unless set.
    pub adaptive: bool,
}

/// What a vendor counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RateUnit {
    /// Requests, whatever they hold.
    #[default]
    Requests,
    /// Targets.
    Targets,
}

impl RateUnit {
    /// `requests` or `targets`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Targets => "targets",
        }
    }
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            per_second: None,
            unit: RateUnit::default(),
            adaptive: true,
        }
    }
}

impl Rate {
    /// So many requests a second.
    pub fn new(per_second: NonZeroU32) -> Self {
        Self {
            per_second: Some(per_second),
            ..Self::default()
        }
    }
}

impl Layer for Rate {
    fn wrap(&self, inner: Arc<dyn PushProvider>, context: &LayerContext) -> Arc<dyn PushProvider> {
        match AroundRate::new(*self, &inner.capability(), context) {
            Some(around) => Wrapped::around(inner, around),
            None => inner,
        }
    }
}

#[derive(Debug)]
pub(super) struct AroundRate {
    unit: RateUnit,
    adaptive: bool,
    clock: Arc<dyn Clock>,
    /// None where nothing is bounded at present.
    limit: ArcSwapOption<Limit>,
    pace: Pace,
    observers: Observers,
    /// Another provider took this one's place: late changes are news to nobody.
    retired: AtomicBool,
    /// How many wait, by urgency. Each of them sleeps until about its own moment and only then
    /// asks the limiter: asking together would wake all of them at every moment, and standing in
    /// line would let one that is not polled (a paused stream) hold up all others.
    waiting: [AtomicUsize; Urgency::ALL.len()],
}

/// One of those that wait, until it is dropped.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Around for AroundRate {
    async fn send<'a, N: Next>(&'a self, next: &'a N, batch: &'a Batch) -> Report {
        let weight = match self.unit {
            RateUnit::Requests => 1,
            RateUnit::Targets => u32::try_from(batch.targets().len()).unwrap_or(u32::MAX),
        };
        let limited = self.limit.load().is_some();
        if limited && let Err(wait) = Box::pin(self.wait(next, batch, weight)).await {
            let message = "the provider's own `rate_per_second` leaves no room before the deadline";
            let error = Error::new(ErrorKind::RateLimited, message)
                .with_retry(Retry::After(wait))
                .with_sent(Sent::No);
            return batch.report_all(error.held_back());
        }
        if self.adaptive {
            self.pace.count(weight, &*self.clock);
        }
        let report = next.pass(batch).await;
        if self.adaptive && report.outcomes().iter().any(is_complaint) {
            self.give_way(next.provider().info());
        }
        report
    }
}

impl AroundRate {
    /// None where there is nothing to bound.
    pub(super) fn new(
        settings: Rate,
        capability: &Capability,
        context: &LayerContext,
    ) -> Option<Self> {
        if settings.per_second.is_none() && !settings.adaptive {
            return None;
        }
        let clock = Arc::clone(&context.resources.clock);
        let most = match settings.unit {
            RateUnit::Requests => 1,
            RateUnit::Targets => u32::try_from(capability.batch).unwrap_or(u32::MAX),
        };
        let set = settings.per_second.map(|rate| f64::from(rate.get()));
        Some(Self {
            unit: settings.unit,
            adaptive: settings.adaptive,
            limit: ArcSwapOption::new(set.map(|rate| Arc::new(Limit::new(rate, most, &clock)))),
            pace: Pace::new(set, most, clock.monotonic()),
            observers: context.observers.clone(),
            retired: AtomicBool::new(false),
            clock,
            waiting: Default::default(),
        })
    }

    /// Waits for the limiter. The error is how long that would take, if it is too long.
    async fn wait<N: Next>(&self, next: &N, batch: &Batch, weight: u32) -> Result<(), Duration> {
        let provider = next.provider().info();
        let urgency = Urgency::of(batch.notification()) as usize;
        let before = self.waiting_before(urgency + 1);
        let Some(own) = self.waiting.get(urgency) else {
            return Ok(());
        };
        own.fetch_add(1, Ordering::Relaxed);
        let _place = Place(own);
        self.stand_in_line(before as f64 * f64::from(weight), batch, provider)
            .await?;
        let mut gave_way = false;
        loop {
            self.recover(provider);
            // Anew each time: it may have changed meanwhile.
            let Some(limit) = self.limit.load_full() else {
                return Ok(());
            };
            // Once: one that is not polled any more must not hold up others for good.
            if !gave_way && self.waiting_before(urgency) > 0 {
                gave_way = true;
                self.sleep(limit.time_for(f64::from(weight)), batch).await?;
                continue;
            }
            match limit.check(weight) {
                Ok(()) => return Ok(()),
                Err(not_yet) => self.sleep(not_yet, batch).await?,
            }
        }
    }

    /// How many wait that are more urgent than this.
    fn waiting_before(&self, urgency: usize) -> usize {
        let lanes = self.waiting.iter().take(urgency);
        lanes.map(|waiting| waiting.load(Ordering::Relaxed)).sum()
    }

    /// Sleeps until those ahead should be through, so much of the limit together.
    async fn stand_in_line(
        &self,
        mut ahead: f64,
        batch: &Batch,
        provider: &ProviderInfo,
    ) -> Result<(), Duration> {
        while ahead > 0.0 {
            let Some(limit) = self.limit.load_full() else {
                return Ok(());
            };
            let wait = limit.time_for(ahead);
            if wait >= batch.time_to_start(self.clock.monotonic(), Duration::MAX) {
                return Err(wait);
            }
            // In steps where the rate may change meanwhile.
            let step = if self.adaptive { wait.min(STEP) } else { wait };
            self.clock.sleep(step).await;
            ahead -= step.as_secs_f64() * limit.per_second();
            if step == wait {
                return Ok(());
            }
            self.recover(provider);
        }
        Ok(())
    }

    async fn sleep(&self, wait: Duration, batch: &Batch) -> Result<(), Duration> {
        if wait >= batch.time_to_start(self.clock.monotonic(), Duration::MAX) {
            return Err(wait);
        }
        self.clock.sleep(wait).await;
        Ok(())
    }

    /// The vendor complained.
    fn give_way(&self, provider: &ProviderInfo) {
        let now = self.clock.monotonic();
        let current = self.limit.load().as_ref().map(|limit| limit.per_second());
        if let Some(rate) = self.pace.slower(current, now) {
            self.set(Some(rate), provider);
        }
    }

    /// It is a while since the vendor complained.
    fn recover(&self, provider: &ProviderInfo) {
        if !self.adaptive {
            return;
        }
        let now = self.clock.monotonic();
        let Some(current) = self.limit.load().as_ref().map(|limit| limit.per_second()) else {
            return;
        };
        if let Some(rate) = self.pace.faster(current, now) {
            self.set(rate, provider);
        }
    }

    fn set(&self, rate: Option<f64>, provider: &ProviderInfo) {
        let limit = rate.map(|rate| {
            let limit = Limit::new(rate, self.pace.most(), &self.clock);
            // A new one has all of its burst to give, which the old one gave already.
            limit.empty();
            Arc::new(limit)
        });
        self.limit.store(limit);
        if !self.retired.load(Ordering::Acquire) {
            self.tell(rate, provider);
        }
    }

    fn tell(&self, per_second: Option<f64>, provider: &ProviderInfo) {
        self.observers.tell(&Event::RateAdapted {
            provider,
            per_second,
            unit: self.unit,
        });
    }

    /// What is counted.
    pub(super) fn unit(&self) -> RateUnit {
        self.unit
    }

    /// So many a second at present; none if nothing is bounded.
    pub(super) fn per_second(&self) -> Option<f64> {
        self.limit.load().as_ref().map(|limit| limit.per_second())
    }

    /// How many wait for their turn, by urgency.
    pub(super) fn waiting(&self) -> [usize; Urgency::ALL.len()] {
        std::array::from_fn(|urgency| {
            let waiting = self.waiting.get(urgency);
            waiting.map_or(0, |waiting| waiting.load(Ordering::Relaxed))
        })
    }

    /// Another provider takes this one's place, and begins with the rate that was set.
    pub(super) fn retire(&self, provider: &ProviderInfo) {
        let is_news = !self.retired.swap(true, Ordering::AcqRel);
        if is_news && self.per_second() != self.pace.set() {
            self.tell(self.pace.set(), provider);
        }
    }
}

/// Whether the vendor says that all pushes together come too fast.
fn is_complaint(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(error)
        if error.kind() == ErrorKind::RateLimited
            && error.scope() > Scope::Target
            && !error.is_held_back())
}
