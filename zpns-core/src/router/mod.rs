//! From a notification and targets to one outcome per target.
//!
//! Targets are grouped by provider and by rendered variant, split to the provider's batch limit,
//! and sent through the provider's [layers](crate::layers) with several batches in flight. A
//! vendor that is slow or down holds up nobody else's batches.

mod dispatch;
mod early;
mod fallback;
mod flights;
mod flow;
mod guard;
mod lane;
mod providers;
mod ready;
mod receipts;
mod standing;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{self, Stream};
use tokio::sync::Notify;

pub use self::fallback::{Passage, Passages, Recipient, Step, goes_on_after};
pub use self::flow::Flow;
use self::guard::Guard;
pub use self::guard::{GuardSettings, MassInvalidation};
use self::providers::Providers;
pub(crate) use self::receipts::Told;
use self::standing::ExpiryWatch;
pub use self::standing::ProviderStatus;
use crate::layers::{Delivery as DeliverySettings, LayerContext};
use crate::model::{Notes, Notification, Outcome, ProviderId, Report, Target};
use crate::observer::{Event, Observer, Observers};
use crate::provider::{LimitPolicy, ProviderInfo, PushProvider};
use crate::resources::Resources;

/// How long after the grace a provider may still need to close.
const SHUTDOWN_MARGIN: Duration = Duration::from_secs(1);

/// Sends notifications through the providers that it holds. Cheap to clone; all clones are one
/// router.
///
/// ```
/// # use std::sync::Arc;
/// # use zpns_core::{Notification, PushProvider, Resources, Router, Target};
/// # async fn example(resources: Resources, ios: Arc<dyn PushProvider>) {
/// let router = Router::builder(resources).provider(ios).build();
/// let targets = vec![Target::new("ios", "00fc13adff785122b4ad28809a3420982341241421348097")];
/// let report = router.send(&Notification::alert("Alice", "Lunch?"), targets).await;
/// println!("{} accepted, {} rejected", report.accepted(), report.rejected());
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Router(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    context: LayerContext,
    providers: Providers,
    expiry_watch: ExpiryWatch,
    closing: AtomicBool,
    in_flight: AtomicUsize,
    landed: Notify,
    /// A provider was replaced, or a shutdown began.
    changed: Notify,
}

/// Builds a [`Router`].
///
/// ```
/// use std::sync::Arc;
/// use zpns_core::layers::Delivery;
/// use zpns_core::telemetry::Spans;
/// # use zpns_core::{PushProvider, Resources, Router};
/// # fn example(resources: Resources, ios: Arc<dyn PushProvider>, fcm: Arc<dyn PushProvider>) {
/// let mut patient = Delivery::default();
/// patient.retries.attempts = 10;
/// let router = Router::builder(resources)
///     .provider(ios)
///     .provider_with(fcm, patient)
///     .observer(Arc::new(Spans))
///     .build();
/// # }
/// ```
#[derive(Debug)]
pub struct RouterBuilder {
    resources: Resources,
    observers: Vec<Arc<dyn Observer>>,
    providers: Vec<(Arc<dyn PushProvider>, DeliverySettings)>,
}

impl RouterBuilder {
    /// With a provider, delivered with the default settings.
    #[must_use]
    pub fn provider(self, provider: Arc<dyn PushProvider>) -> Self {
        self.provider_with(provider, DeliverySettings::default())
    }

    /// With a provider and its own delivery settings. One with the same id is replaced.
    #[must_use]
    pub fn provider_with(
        mut self,
        provider: Arc<dyn PushProvider>,
        delivery: DeliverySettings,
    ) -> Self {
        self.providers.push((provider, delivery));
        self
    }

    /// With an observer.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observers.push(observer);
        self
    }

    /// The router.
    pub fn build(self) -> Router {
        let context = LayerContext::new(self.resources, Observers::new(self.observers));
        let providers = Providers::default();
        for (provider, delivery) in self.providers {
            providers.insert(provider, delivery, &context);
        }
        Router(Arc::new(Inner {
            context,
            providers,
            expiry_watch: ExpiryWatch::default(),
            closing: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            landed: Notify::new(),
            changed: Notify::new(),
        }))
    }
}

/// How one message is sent.
///
/// ```
/// use std::time::Duration;
/// use zpns_core::SendOptions;
///
/// let mut options = SendOptions::default();
/// options.timeout = Some(Duration::from_secs(5));
/// options.at_least_once = true;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SendOptions {
    /// From the moment a target's batch goes out (which it does once the provider's window has
    /// room for it) to its outcome, all retries included. One minute unless set; `None` waits as
    /// long as the retries do.
    pub timeout: Option<Duration>,
    /// What happens to a text that is too long.
    pub limits: LimitPolicy,
    /// Whether a push that may have been acted on is repeated: rather twice than not at all.
    pub at_least_once: bool,
}

impl Default for SendOptions {
    fn default() -> Self {
        Self {
            timeout: Some(Duration::from_secs(60)),
            limits: LimitPolicy::default(),
            at_least_once: false,
        }
    }
}

/// What came of one target of a stream.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Delivery {
    /// The target's position in the stream, from 0.
    pub position: u64,
    /// The target.
    pub target: Target,
    /// What came of it.
    pub outcome: Outcome,
    /// What was left out or cut on the way.
    pub notes: Option<Arc<Notes>>,
}

impl From<Delivery> for (Target, Outcome) {
    fn from(delivery: Delivery) -> Self {
        (delivery.target, delivery.outcome)
    }
}

impl Router {
    /// Begins a router.
    pub fn builder(resources: Resources) -> RouterBuilder {
        RouterBuilder {
            resources,
            observers: Vec::new(),
            providers: Vec::new(),
        }
    }

    /// Sends to some targets and waits for all outcomes: one per target, in the same order.
    ///
    /// Dropping the future cancels what is under way; observers have seen every verdict that was
    /// there by then. For many targets use [`stream`](Self::stream).
    pub async fn send(
        &self,
        notification: &Notification,
        targets: impl IntoIterator<Item = Target>,
    ) -> Report {
        self.send_with(notification, targets, &SendOptions::default())
            .await
    }

    /// [`send`](Self::send) with options.
    pub async fn send_with(
        &self,
        notification: &Notification,
        targets: impl IntoIterator<Item = Target>,
        options: &SendOptions,
    ) -> Report {
        let targets: Vec<Target> = targets.into_iter().collect();
        let total = targets.len();
        self.stream_with(notification, stream::iter(targets), options)
            .reading_all()
            .report(total)
            .await
    }

    /// Sends to any number of targets in bounded memory; outcomes come as verdicts arrive, in
    /// any order, one per target.
    ///
    /// The stream must be polled for pushes to go out. Dropping it cancels what is under way.
    ///
    /// ```
    /// # use futures_util::{StreamExt, stream};
    /// # use zpns_core::{Notification, Router, Target};
    /// # async fn example(router: Router, tokens: Vec<String>) {
    /// let targets = stream::iter(tokens).map(|token| Target::new("fcm", token));
    /// let mut deliveries = router.stream(&Notification::alert("Alice", "Lunch?"), targets);
    /// while let Some(delivery) = deliveries.next().await {
    ///     println!("{}: {:?}", delivery.position, delivery.outcome.kind());
    /// }
    /// # }
    /// ```
    ///
    /// Targets are read one after another, as far ahead as memory allows: where one provider
    /// does not move and 16,384 targets wait, those behind them wait too, until it does or its
    /// batches run out of time.
    pub fn stream<S>(&self, notification: &Notification, targets: S) -> Flow<S>
    where
        S: Stream<Item = Target> + Unpin,
    {
        self.stream_with(notification, targets, &SendOptions::default())
    }

    /// [`stream`](Self::stream) with options.
    pub fn stream_with<S>(
        &self,
        notification: &Notification,
        targets: S,
        options: &SendOptions,
    ) -> Flow<S>
    where
        S: Stream<Item = Target> + Unpin,
    {
        Flow::new(self.clone(), notification.clone(), options.clone(), targets)
    }

    /// Puts a provider in the place of the one with the same id, or adds it; the old one is
    /// handed back. Batches in flight finish on the old one, all others go through the new. The
    /// old one is the caller's to shut down.
    ///
    /// Its layers begin anew: an open breaker is closed, a quota that was used up is asked for
    /// again, the rate is the one that was set, and observers are told so. Only the
    /// [guard](GuardSettings) stays as it is.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use std::time::Duration;
    /// # use zpns_core::{PushProvider, Router};
    /// # async fn example(router: Router, renewed: Arc<dyn PushProvider>) {
    /// if let Some(old) = router.replace(renewed) {
    ///     old.shutdown(Duration::from_secs(30)).await;
    /// }
    /// # }
    /// ```
    pub fn replace(&self, provider: Arc<dyn PushProvider>) -> Option<Arc<dyn PushProvider>> {
        self.replace_with(provider, DeliverySettings::default())
    }

    /// [`replace`](Self::replace) with delivery settings.
    pub fn replace_with(
        &self,
        provider: Arc<dyn PushProvider>,
        delivery: DeliverySettings,
    ) -> Option<Arc<dyn PushProvider>> {
        let before = self.0.providers.insert(provider, delivery, &self.0.context);
        self.0.expiry_watch.hasten();
        self.0.changed.notify_waiters();
        before
    }

    /// A provider with its layers, by id.
    pub fn provider(&self, id: &ProviderId) -> Option<Arc<dyn PushProvider>> {
        let entry = self.0.providers.get(id)?;
        Some(Arc::clone(&entry.provider))
    }

    /// The providers with their layers, by id in order.
    pub fn providers(&self) -> Vec<Arc<dyn PushProvider>> {
        self.0.providers.all()
    }

    /// Why no token of this provider is dropped at present, if the
    /// [mass-invalidation guard](GuardSettings) gave the alarm.
    pub fn guard(&self, id: &ProviderId) -> Option<MassInvalidation> {
        self.0.providers.get(id)?.guard.alarm()
    }

    /// Lets tokens of this provider be dropped again, and its guard count from nothing. What the
    /// alarm was; none if there was no alarm or there is no such provider.
    pub fn release_guard(&self, id: &ProviderId) -> Option<MassInvalidation> {
        let entry = self.0.providers.get(id)?;
        let alarm = entry.guard.release()?;
        self.0.context.observers.tell(&Event::GuardReleased {
            provider: entry.provider.info(),
            alarm: &alarm,
        });
        Some(alarm)
    }

    /// Has a provider's guard look at a report before it is handed out.
    fn guard_tokens(
        &self,
        guard: &Guard,
        provider: &ProviderInfo,
        now: Duration,
        report: &mut Report,
    ) {
        let context = &self.0.context;
        if let Some(alarm) = guard.judge(now, report) {
            tracing::warn!(
                provider = provider.id.as_str(),
                "no token is dropped: {alarm}"
            );
            let alarm = &alarm;
            context
                .observers
                .tell(&Event::GuardClosed { provider, alarm });
        }
    }

    /// Answers what is not in flight yet, and everything that comes later, with
    /// [`Cancelled`](crate::ErrorKind::Cancelled); lets what is in flight finish for up to
    /// `grace`; then shuts the providers down.
    ///
    /// Returns a second after the grace at the latest, even if a provider does not.
    ///
    /// ```
    /// # async fn example(router: zpns_core::Router) {
    /// router.shutdown(std::time::Duration::from_secs(30)).await;
    /// # }
    /// ```
    pub async fn shutdown(&self, grace: Duration) {
        self.0.closing.store(true, Ordering::SeqCst);
        self.0.changed.notify_waiters();
        let clock = Arc::clone(&self.0.context.resources.clock);
        let end = clock.monotonic().saturating_add(grace);
        let drained = std::pin::pin!(self.drained());
        if let Either::Right(_) = select(drained, clock.sleep(grace)).await {
            tracing::warn!(
                in_flight = self.0.in_flight.load(Ordering::SeqCst),
                "shutdown: the grace is over with pushes still under way"
            );
        }
        let left = end.saturating_sub(clock.monotonic());
        let providers = self.providers();
        let closings = providers.iter().map(|provider| provider.shutdown(left));
        let closed = futures_util::future::join_all(closings);
        let patience = clock.sleep(left.saturating_add(SHUTDOWN_MARGIN));
        if let Either::Right(_) = select(closed, patience).await {
            tracing::warn!("shutdown: a provider did not close within the grace");
        }
    }

    fn is_closing(&self) -> bool {
        self.0.closing.load(Ordering::SeqCst)
    }

    async fn drained(&self) {
        loop {
            let landed = self.0.landed.notified();
            if self.0.in_flight.load(Ordering::SeqCst) == 0 {
                return;
            }
            landed.await;
        }
    }

    /// Counts one batch as under way, unless the router is shutting down.
    fn take_off(&self) -> Option<Flight> {
        self.0.in_flight.fetch_add(1, Ordering::SeqCst);
        let flight = Flight(self.clone());
        // Read after counting: a shutdown sees either the count or leads to a refusal here.
        (!self.is_closing()).then_some(flight)
    }
}

/// Counts as a batch under way until it is dropped.
#[derive(Debug)]
struct Flight(Router);

impl Drop for Flight {
    fn drop(&mut self) {
        let inner = &self.0.0;
        let before = inner.in_flight.fetch_sub(1, Ordering::SeqCst);
        if before == 1 && inner.closing.load(Ordering::SeqCst) {
            inner.landed.notify_waiters();
        }
    }
}
