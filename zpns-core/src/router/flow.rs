//! The stream of deliveries: reads targets, keeps batches in flight, hands verdicts out.

use std::collections::HashMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::Stream;
use tracing::Span;

use super::early::{EarlyOf, EarlyQueue};
use super::flights::{Flights, flights};
use super::lane::{Cut, Lane, Waiting};
use super::providers::Entry;
use super::ready::Ready;
use super::{Delivery, Flight, Router, SendOptions};
use crate::layers::Urgency;
use crate::model::{
    Error, ErrorKind, Notification, Outcome, ProviderId, Rejection, Report, Target, TokenAction,
};
use crate::observer::Event;
use crate::provider::{Early, ProviderInfo};

/// Outcomes kept ready before more targets are read.
const READY_AT_ONCE: usize = 1_024;

/// Outcomes of so many batches are taken in before others go out in their place.
const LANDED_AT_ONCE: usize = 64;

/// Targets of a stream that wait at the most where the router has several providers: so many may
/// pile up for one that does not move before those behind them, for other providers, wait too.
const READ_AHEAD: usize = 16_384;

/// Outcomes of a stream of targets, as [`Router::stream`] returns it.
#[must_use = "nothing is sent unless the stream is polled"]
pub struct Flow<S> {
    router: Router,
    notification: Arc<Notification>,
    options: SendOptions,
    targets: S,
    /// In which everything of this send runs, if an observer made one.
    span: Option<Span>,
    exhausted: bool,
    position: u64,
    /// Full lanes stop the reading once so many targets wait in all lanes together.
    read_ahead: usize,
    lanes: Vec<Lane>,
    lane_of: HashMap<ProviderId, usize>,
    /// The lane of the last target: mostly that of the next one too.
    last_lane: usize,
    providers_version: u64,
    flights: Box<dyn Flights<Departure, Landed>>,
    ready: Ready,
    early: Arc<EarlyQueue>,
    /// Wakes us when providers are replaced or a shutdown begins; made once something waits.
    change: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

/// A batch that goes out.
struct Departure {
    lane: usize,
    cut: Cut,
    /// Through which it goes.
    entry: Arc<Entry>,
    /// Who takes outcomes that come before the report.
    early: Option<Arc<EarlyOf>>,
    /// None where the router is shutting down.
    flight: Option<Flight>,
}

/// A batch whose report is there.
struct Landed {
    departure: Departure,
    report: Report,
}

async fn fly(departure: Departure) -> Landed {
    let batch = &departure.cut.batch;
    let report = match departure.flight {
        Some(_) => departure.entry.layered.send(batch).await,
        None => batch.report_all(shutting_down()),
    };
    Landed { departure, report }
}

impl<S: Stream<Item = Target> + Unpin> Flow<S> {
    pub(super) fn new(
        router: Router,
        notification: Notification,
        options: SendOptions,
        targets: S,
    ) -> Self {
        // With one provider there is nobody whom its waiting targets could hold up.
        let read_ahead = match router.0.providers.len() {
            0 | 1 => 0,
            _ => READ_AHEAD,
        };
        router.watch_expiries();
        Self {
            span: router.0.context.observers.send_span(&notification),
            providers_version: router.0.providers.version(),
            read_ahead,
            router,
            notification: Arc::new(notification),
            options,
            targets,
            exhausted: false,
            position: 0,
            lanes: Vec::new(),
            lane_of: HashMap::new(),
            last_lane: 0,
            flights: flights(fly),
            ready: Ready::default(),
            early: Arc::default(),
            change: None,
        }
    }

    /// Reads on however many targets wait: for a caller that has them all in memory anyway.
    pub(super) fn reading_all(mut self) -> Self {
        self.read_ahead = usize::MAX;
        self
    }

    /// The targets that are still to be read.
    pub(super) fn targets_mut(&mut self) -> &mut S {
        &mut self.targets
    }

    /// Reads and launches until the windows are full or nothing more is at hand.
    fn fill(&mut self, context: &mut Context<'_>) {
        loop {
            let more_at_hand = self.read(context);
            // What was launched made room for further targets, and nothing else would wake us
            // to read them, unless there are outcomes to hand out first.
            if !self.launch() || !more_at_hand || !self.ready.is_empty() {
                self.lanes.iter_mut().for_each(Lane::publish);
                return;
            }
        }
    }

    /// Reads targets into their lanes until enough of them wait, or so many were refused that
    /// the caller should see them first, or no more are at hand. Whether more may be at hand.
    fn read(&mut self, context: &mut Context<'_>) -> bool {
        while !self.exhausted && self.ready.len() < READY_AT_ONCE {
            if self.has_read_enough() {
                // Nothing more comes for now: no lane may wait for a batch to become full.
                self.lanes.iter_mut().for_each(Lane::flush_if_starving);
                return true;
            }
            match self.targets.poll_next_unpin(context) {
                Poll::Ready(Some(target)) => {
                    let position = self.position;
                    self.position += 1;
                    self.enqueue(Waiting { position, target });
                }
                Poll::Ready(None) => {
                    self.exhausted = true;
                    self.flush();
                }
                Poll::Pending => {
                    self.flush();
                    return false;
                }
            }
        }
        false
    }

    fn has_read_enough(&self) -> bool {
        self.read_ahead != usize::MAX
            && self.lanes.iter().any(Lane::is_full)
            && self.lanes.iter().map(Lane::waiting).sum::<usize>() >= self.read_ahead
    }

    fn flush(&mut self) {
        for lane in &mut self.lanes {
            lane.flush();
        }
    }

    fn enqueue(&mut self, waiting: Waiting) {
        let Some(lane) = self.lane(&waiting.target.provider) else {
            let rejection = self.unknown_provider(&waiting.target.provider);
            let nobody = ProviderInfo::unknown(waiting.target.provider.clone());
            self.answer(&nobody, waiting, rejection);
            return;
        };
        let Some(place) = self.lanes.get_mut(lane) else {
            return;
        };
        if let Some(refused) = place.take_in(waiting, &self.notification, &self.options) {
            let provider = Arc::clone(&place.entry().provider);
            self.answer(provider.info(), refused.waiting, refused.rejection);
        }
    }

    fn lane(&mut self, id: &ProviderId) -> Option<usize> {
        let last = self.lanes.get(self.last_lane);
        if last.is_some_and(|lane| lane.entry().id == *id) {
            return Some(self.last_lane);
        }
        if let Some(&lane) = self.lane_of.get(id) {
            self.last_lane = lane;
            return Some(lane);
        }
        let entry = self.router.0.providers.get(id)?;
        let urgency = Urgency::of(&self.notification);
        self.lanes.push(Lane::new(entry, urgency));
        let lane = self.lanes.len() - 1;
        self.lane_of.insert(id.clone(), lane);
        Some(lane)
    }

    fn unknown_provider(&self, id: &ProviderId) -> Rejection {
        let known: Vec<String> = self
            .router
            .0
            .providers
            .ids()
            .iter()
            .map(ToString::to_string)
            .collect();
        Rejection::new(
            ErrorKind::Unsupported,
            format!(
                "no provider is called `{id}`; there are: {}",
                known.join(", ")
            ),
        )
    }

    /// Answers a target without sending it.
    fn answer(&mut self, provider: &ProviderInfo, waiting: Waiting, outcome: impl Into<Outcome>) {
        let outcome = outcome.into();
        self.tell(provider, &waiting.target, &outcome);
        self.ready.push(Delivery {
            position: waiting.position,
            target: waiting.target,
            outcome,
            notes: None,
        });
    }

    /// Starts batches as far as the lanes' windows allow; whether any was started.
    fn launch(&mut self) -> bool {
        self.follow_replacements();
        if self.router.is_closing() {
            self.cancel_waiting();
            return false;
        }
        let mut launched = false;
        // One look at the clock for all that goes out now.
        let mut now = None;
        for index in 0..self.lanes.len() {
            // What a provider answers at once is handed out before it is asked for more.
            let enough = self.ready.len() + LANDED_AT_ONCE;
            while self.ready.len() < enough {
                let Some(cut) = self.lanes.get_mut(index).and_then(Lane::next) else {
                    break;
                };
                launched = true;
                let clock = &self.router.0.context.resources.clock;
                let now = *now.get_or_insert_with(|| clock.monotonic());
                let Some(departure) = self.departure(index, cut, now) else {
                    break;
                };
                if let Some(landed) = self.flights.launch(departure) {
                    self.land(landed, now);
                }
            }
        }
        launched
    }

    fn departure(&self, lane: usize, mut cut: Cut, now: Duration) -> Option<Departure> {
        let entry = Arc::clone(self.lanes.get(lane)?.entry());
        let timeout = self.options.timeout;
        let deadline = timeout.map(|timeout| now.saturating_add(timeout));
        cut.batch = cut.batch.with_deadline(deadline);
        // A single target has no siblings whose outcome could come before its own.
        let early = (cut.batch.targets().len() > 1).then(|| {
            let (queue, router) = (&self.early, &self.router);
            let early = EarlyOf::new(queue, router, &entry, &self.notification, &cut);
            Arc::new(early)
        });
        if let Some(early) = &early {
            let early = Arc::clone(early) as Arc<dyn Early>;
            cut.batch = cut.batch.with_early(early);
        }
        Some(Departure {
            lane,
            cut,
            entry,
            early,
            flight: self.router.take_off(),
        })
    }

    /// Answers everything that waits: the router is shutting down.
    fn cancel_waiting(&mut self) {
        for index in 0..self.lanes.len() {
            let Some(lane) = self.lanes.get_mut(index) else {
                return;
            };
            let provider = Arc::clone(&lane.entry().provider);
            for waiting in lane.drain() {
                self.answer(provider.info(), waiting, shutting_down());
            }
        }
    }

    /// Moves what waits for a replaced provider over to its successor.
    fn follow_replacements(&mut self) {
        let version = self.router.0.providers.version();
        if version == self.providers_version {
            return;
        }
        self.providers_version = version;
        let mut moved = Vec::new();
        for (id, &lane) in &self.lane_of {
            let (Some(lane), Some(entry)) =
                (self.lanes.get_mut(lane), self.router.0.providers.get(id))
            else {
                continue;
            };
            if !Arc::ptr_eq(&entry, lane.entry()) {
                moved.extend(lane.replace(entry));
            }
        }
        for waiting in moved {
            self.enqueue(waiting);
        }
        self.flush();
    }

    /// Whether the providers changed, or a shutdown began, in a way that what waits is to learn
    /// of; if not, it wakes the task when they do. Free while nothing waits.
    fn has_changed(&mut self, context: &mut Context<'_>) -> bool {
        if self.lanes.iter().all(Lane::is_idle) {
            return false;
        }
        let change = self.change.get_or_insert_with(|| {
            let router = self.router.clone();
            Box::pin(async move { router.0.changed.notified().await })
        });
        if change.as_mut().poll(context).is_ready() {
            self.change = None;
            return true;
        }
        // Listening from here on: whatever came before is seen by looking.
        self.router.is_closing() || self.router.0.providers.version() != self.providers_version
    }

    /// Takes in what has landed; how many batches.
    ///
    /// Several at once, as one look at the clock and one at what could go out next then do for
    /// all of them; few enough that what is under way meanwhile hardly gets less.
    fn land_some(&mut self, context: &mut Context<'_>) -> usize {
        let most = (self.flights.len() / 16).clamp(1, LANDED_AT_ONCE);
        let mut now = None;
        let mut count = 0;
        loop {
            let landed = self.flights.poll_landed(context);
            // Before what landed, and whether or not anything did.
            self.ready.extend(self.early.drain());
            let Poll::Ready(Some(landed)) = landed else {
                break;
            };
            let clock = &self.router.0.context.resources.clock;
            let now = *now.get_or_insert_with(|| clock.monotonic());
            self.land(landed, now);
            count += 1;
            if count >= most || self.ready.len() >= LANDED_AT_ONCE {
                break;
            }
        }
        count
    }

    /// Hands a batch's outcomes out. A provider that answers for too few targets is answered
    /// for: no target is ever left without an outcome.
    fn land(&mut self, landed: Landed, now: Duration) {
        let Landed { departure, report } = landed;
        let Departure {
            lane,
            cut,
            entry,
            early,
            ..
        } = departure;
        let provider = &entry.provider;
        let targets = cut.batch.targets();
        let mut report = report.of_length(targets.len());
        let given = early.map(|early| early.given()).unwrap_or_default();
        if !given.is_empty() {
            report = report.without(&given);
        }
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.landed(provider);
            lane.publish();
        }
        self.router
            .guard_tokens(&entry.guard, provider.info(), now, &mut report);
        let observed = !self.router.0.context.observers.is_empty();
        if observed {
            let given = given.iter().chain(std::iter::repeat(&false));
            let others = targets.iter().zip(given).filter(|(_, given)| !**given);
            for ((target, _), outcome) in others.zip(report.outcomes()) {
                self.tell(provider.info(), target, outcome);
            }
        }
        self.ready.push_batch(cut, given, report);
    }

    /// Waits until outcomes are ready; `false` once there are none any more.
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        let span = self.span.clone();
        let _entered = span.as_ref().map(Span::enter);
        loop {
            self.fill(context);
            let landed = self.land_some(context);
            if !self.ready.is_empty() {
                return Poll::Ready(true);
            }
            if landed > 0 {
                continue;
            }
            if self.is_over() {
                return Poll::Ready(false);
            }
            // A flight or the input has our waker, and so has the router.
            if !self.has_changed(context) {
                return Poll::Pending;
            }
        }
    }

    /// Waits for all outcomes: one for each of so many targets, in their order.
    pub(super) async fn report(mut self, targets: usize) -> Report {
        let mut outcomes = Vec::new();
        outcomes.resize_with(targets, || None);
        // As nearly always, none has some.
        let mut notes = Vec::new();
        while poll_fn(|context| self.poll_ready(context)).await {
            self.ready.take(|position, outcome, note| {
                let position = usize::try_from(position).unwrap_or(usize::MAX);
                if note.is_some() {
                    notes.resize(targets, None);
                    if let Some(place) = notes.get_mut(position) {
                        *place = note;
                    }
                }
                if let Some(place) = outcomes.get_mut(position) {
                    *place = Some(outcome);
                }
            });
        }
        let outcomes = outcomes.into_iter();
        let outcomes = outcomes.map(|outcome| outcome.unwrap_or_else(Report::unanswered));
        Report::each(outcomes.collect(), notes)
    }

    fn tell(&self, provider: &ProviderInfo, target: &Target, outcome: &Outcome) {
        self.router
            .tell(&self.notification, provider, target, outcome);
    }
}

impl Router {
    /// Tells the observers what came of a target.
    pub(super) fn tell(
        &self,
        notification: &Notification,
        provider: &ProviderInfo,
        target: &Target,
        outcome: &Outcome,
    ) {
        let observers = &self.0.context.observers;
        if observers.is_empty() {
            return;
        }
        match outcome {
            Outcome::Accepted(accepted) => observers.tell(&Event::Accepted {
                provider,
                notification,
                target,
                accepted,
            }),
            Outcome::Failed(error) => observers.tell(&Event::Failed {
                provider,
                notification,
                target,
                error,
            }),
            Outcome::Rejected(rejection) => {
                observers.tell(&Event::Rejected {
                    provider,
                    notification,
                    target,
                    rejection,
                });
                match &rejection.token {
                    TokenAction::Drop { since } => observers.tell(&Event::TokenDropped {
                        provider,
                        target,
                        since: *since,
                    }),
                    TokenAction::Replace(token) => observers.tell(&Event::TokenReplaced {
                        provider,
                        target,
                        token,
                    }),
                    TokenAction::Keep | TokenAction::Mute { .. } => {}
                }
            }
        }
    }
}

fn shutting_down() -> Error {
    Error::new(
        ErrorKind::Cancelled,
        "not sent: the router is shutting down",
    )
}

impl<S: Stream<Item = Target> + Unpin> Stream for Flow<S> {
    type Item = Delivery;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Delivery>> {
        let this = self.get_mut();
        // Nothing else is looked at, and no span entered, while outcomes are at hand.
        if this.ready.is_empty() && !ready!(this.poll_ready(context)) {
            return Poll::Ready(None);
        }
        Poll::Ready(this.ready.pop())
    }
}

impl<S> Flow<S> {
    fn is_over(&self) -> bool {
        self.exhausted && self.flights.len() == 0 && self.lanes.iter().all(Lane::is_idle)
    }
}

impl<S> fmt::Debug for Flow<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow")
            .field("notification", &self.notification.id)
            .field("taken_in", &self.position)
            .field("batches_in_flight", &self.flights.len())
            .field("exhausted", &self.exhausted)
            .finish_non_exhaustive()
    }
}
