//! Batches go out, and their outcomes come in.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::Stream;

use super::early::EarlyOf;
use super::flow::Flow;
use super::lane::{Cut, Lane};
use super::providers::Entry;
use super::{Flight, Router};
use crate::model::{Error, ErrorKind, Notification, Outcome, Report, Target, TokenAction};
use crate::observer::Event;
use crate::provider::{Early, ProviderInfo};

/// Outcomes of so many batches are taken in before others go out in their place.
const LANDED_AT_ONCE: usize = 64;

/// A batch that goes out.
pub(super) struct Departure {
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
pub(super) struct Landed {
    departure: Departure,
    report: Report,
}

pub(super) async fn fly(departure: Departure) -> Landed {
    let batch = &departure.cut.batch;
    let report = match departure.flight {
        Some(_) => departure.entry.layered.send(batch).await,
        None => batch.report_all(shutting_down()),
    };
    Landed { departure, report }
}

impl<S: Stream<Item = Target> + Unpin> Flow<S> {
    /// Starts batches as far as the lanes' windows allow; whether any was started.
    pub(super) fn launch(&mut self) -> bool {
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

    /// Takes in what has landed; how many batches.
    ///
    /// Several at once, as one look at the clock and one at what could go out next then do for
    /// all of them; few enough that what is under way meanwhile hardly gets less.
    pub(super) fn land_some(&mut self, context: &mut Context<'_>) -> usize {
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
}

pub(super) fn shutting_down() -> Error {
    Error::new(
        ErrorKind::Cancelled,
        "not sent: the router is shutting down",
    )
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
