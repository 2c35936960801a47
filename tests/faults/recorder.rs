//! What observers are told, written down.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use zpns::{
    Batch, Clock, ErrorKind, Event, MessageId, Observer, Outcome, Report, Sent, Target, Timestamp,
    TokenAction,
};

use crate::clock::SceneClock;

/// Writes events down, with the scene's time.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    clock: SceneClock,
    log: Arc<Mutex<Log>>,
}

/// What was written down.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) attempts: Vec<Attempt>,
    under_way: usize,
    /// One for each target of which an outcome was told.
    pub(crate) told: Vec<(MessageId, String, End)>,
    pub(crate) dropped: Vec<String>,
    pub(crate) retries: usize,
    pub(crate) breakers_opened: usize,
    pub(crate) breakers_closed: usize,
    /// Until when quotas were latched.
    pub(crate) latched: Vec<Timestamp>,
}

/// One attempt at a batch.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) message: MessageId,
    pub(crate) at: Duration,
    pub(crate) tokens: Vec<String>,
    /// None while it is under way.
    pub(crate) ended: Option<Ended>,
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) at: Duration,
    /// One for each target; none if it was given up.
    pub(crate) outcomes: Option<Vec<End>>,
}

/// What came of a target, as far as anybody here asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    Accepted,
    Rejected { kind: ErrorKind, drops: bool },
    Failed { kind: ErrorKind, sent: Sent },
}

impl From<&Outcome> for End {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Accepted(_) => Self::Accepted,
            Outcome::Rejected(rejection) => Self::Rejected {
                kind: rejection.kind,
                drops: matches!(rejection.token, TokenAction::Drop { .. }),
            },
            Outcome::Failed(error) => Self::Failed {
                kind: error.kind(),
                sent: error.sent(),
            },
        }
    }
}

impl Recorder {
    pub(crate) fn new(clock: &SceneClock) -> Self {
        Self {
            clock: clock.clone(),
            log: Arc::default(),
        }
    }

    /// What was written down so far.
    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap()
    }

    /// How many attempts have begun and not ended.
    pub(crate) fn under_way(&self) -> usize {
        self.log().under_way
    }

    fn began(&self, batch: &Batch) {
        let attempt = Attempt {
            message: batch.notification().id,
            at: self.clock.monotonic(),
            tokens: names(batch.targets()),
            ended: None,
        };
        let mut log = self.log();
        log.attempts.push(attempt);
        log.under_way += 1;
    }

    fn ended(&self, batch: &Batch, report: Option<&Report>) {
        let (message, tokens) = (batch.notification().id, names(batch.targets()));
        let ended = Ended {
            at: self.clock.monotonic(),
            outcomes: report.map(|report| report.outcomes().iter().map(End::from).collect()),
        };
        let mut log = self.log();
        log.under_way -= 1;
        let mut attempts = log.attempts.iter_mut();
        let open = attempts.find(|attempt| {
            attempt.ended.is_none() && attempt.message == message && attempt.tokens == tokens
        });
        open.expect("an attempt that ends has begun").ended = Some(ended);
    }
}

fn names(targets: &[Target]) -> Vec<String> {
    let names = targets
        .iter()
        .map(|target| target.token.as_str().to_owned());
    names.collect()
}

impl Observer for Recorder {
    fn observe(&self, event: &Event<'_>) {
        let told = |message: &MessageId, target: &Target, end| {
            let token = target.token.as_str().to_owned();
            self.log().told.push((*message, token, end));
        };
        match event {
            Event::AttemptStarted { batch, .. } => self.began(batch),
            Event::AttemptEnded { batch, report, .. } => self.ended(batch, *report),
            Event::Accepted {
                notification,
                target,
                ..
            } => told(&notification.id, target, End::Accepted),
            Event::Rejected {
                notification,
                target,
                rejection,
                ..
            } => {
                let outcome = Outcome::Rejected((*rejection).clone());
                told(&notification.id, target, End::from(&outcome));
            }
            Event::Failed {
                notification,
                target,
                error,
                ..
            } => {
                let outcome = Outcome::Failed((*error).clone());
                told(&notification.id, target, End::from(&outcome));
            }
            Event::TokenDropped { target, .. } => {
                self.log().dropped.push(target.token.as_str().to_owned());
            }
            Event::Retried { .. } => self.log().retries += 1,
            Event::BreakerOpened { .. } => self.log().breakers_opened += 1,
            Event::BreakerClosed { .. } => self.log().breakers_closed += 1,
            Event::QuotaLatched { until, .. } => self.log().latched.push(*until),
            _ => {}
        }
    }
}
