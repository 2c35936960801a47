//! The stream of deliveries: reads targets, keeps batches in flight, hands verdicts out.

use std::collections::HashMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::StreamExt;
use futures_util::stream::Stream;
use tracing::Span;

use super::dispatch::{Departure, Landed, fly, shutting_down};
use super::early::EarlyQueue;
use super::flights::{Flights, flights};
use super::lane::{Lane, Waiting};
use super::ready::Ready;
use super::{Delivery, Router, SendOptions};
use crate::layers::Urgency;
use crate::model::{ErrorKind, Notification, Outcome, ProviderId, Rejection, Report, Target};
use crate::provider::ProviderInfo;

/// Outcomes kept ready before more targets are read.
const READY_AT_ONCE: usize = 1_024;

/// Targets of a stream that wait at the most where the router has several providers: so many may
/// pile up for one that does not move before those behind them, for other providers, wait too.
const READ_AHEAD: usize = 16_384;

/// Outcomes of a stream of targets, as [`Router::stream`] returns it.
#[must_use = "nothing is sent unless the stream is polled"]
pub struct Flow<S> {
    pub(super) router: Router,
    pub(super) notification: Arc<Notification>,
    pub(super) options: SendOptions,
    targets: S,
    /// In which everything of this send runs, if an observer made one.
    span: Option<Span>,
    exhausted: bool,
    position: u64,
    /// Full lanes stop the reading once so many targets wait in all lanes together.
    read_ahead: usize,
    pub(super) lanes: Vec<Lane>,
    lane_of: HashMap<ProviderId, usize>,
    /// The lane of the last target: mostly that of the next one too.
    last_lane: usize,
    providers_version: u64,
    pub(super) flights: Box<dyn Flights<Departure, Landed>>,
    pub(super) ready: Ready,
    pub(super) early: Arc<EarlyQueue>,
    /// Wakes us when providers are replaced or a shutdown begins; made once something waits.
    change: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
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

    /// Answers everything that waits: the router is shutting down.
    pub(super) fn cancel_waiting(&mut self) {
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
    pub(super) fn follow_replacements(&mut self) {
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

    pub(super) fn tell(&self, provider: &ProviderInfo, target: &Target, outcome: &Outcome) {
        self.router
            .tell(&self.notification, provider, target, outcome);
    }
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
