//! The checks see what they are there for: layers that are not as they should be are caught, and
//! the day on which they are caught shrinks to a story of a few lines.

use std::sync::Arc;

use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use zpns_core::layers::{Around, Layer, LayerContext, Next, Wrapped};
use zpns_core::{Batch, Outcome, PushProvider, Report, Sent};

use crate::day::Broken;
use crate::schedule::Schedule;
use crate::{check, strategy};

/// What is wrong with a layer.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// Sends what was accepted again.
    Resends,
    /// Says of everything that failed that it was not sent.
    ClaimsNotSent,
    /// Forgets by when it has to be over.
    ForgetsTheDeadline,
    /// Never comes back once something failed.
    Hangs,
    /// Answers for what it was to send by itself.
    MakesThingsUp,
}

impl Layer for Fault {
    fn wrap(&self, inner: Arc<dyn PushProvider>, _: &LayerContext) -> Arc<dyn PushProvider> {
        Wrapped::around(inner, *self)
    }
}

impl Around for Fault {
    async fn send<'a, N: Next>(&'a self, next: &'a N, batch: &'a Batch) -> Report {
        match self {
            Self::Resends => {
                let report = next.pass(batch).await;
                match report.accepted() {
                    0 => report,
                    _ => next.pass(batch).await,
                }
            }
            Self::ClaimsNotSent => {
                let outcomes = next.pass(batch).await.into_outcomes().into_iter();
                let claimed = outcomes.map(|outcome| match outcome {
                    Outcome::Failed(error) => error.with_sent(Sent::No).into(),
                    outcome => outcome,
                });
                Report::new(claimed.collect())
            }
            Self::ForgetsTheDeadline => next.pass(&batch.clone().with_deadline(None)).await,
            Self::Hangs => {
                let report = next.pass(batch).await;
                match report.failed() {
                    0 => report,
                    _ => std::future::pending().await,
                }
            }
            Self::MakesThingsUp => batch.report_all(Outcome::accepted(None)),
        }
    }
}

/// The rule that a broken layer breaks, and the day on which it does, shrunk.
fn caught(broken: &Broken) -> (String, Arc<Schedule>) {
    let config = Config {
        cases: 2_000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(4),
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let result = runner.run(&strategy::schedules(), |schedule| {
        check(&schedule, broken).map_err(TestCaseError::fail)
    });
    match result {
        Err(TestError::Fail(reason, schedule)) => (reason.to_string(), schedule),
        other => panic!("not caught: {other:?}"),
    }
}

fn inner(fault: Fault) -> Broken {
    Broken {
        inner: Some(Arc::new(fault)),
        outer: None,
    }
}

fn outer(fault: Fault) -> Broken {
    Broken {
        inner: None,
        outer: Some(Arc::new(fault)),
    }
}

/// How many targets a day has, all sends together.
fn targets(schedule: &Schedule) -> usize {
    schedule.sends.iter().map(|send| send.targets.len()).sum()
}

#[track_caller]
fn is_a_small_story_of(rules: &[&str], (reason, schedule): &(String, Arc<Schedule>)) {
    let is_one = rules.iter().any(|rule| reason.contains(rule));
    assert!(is_one, "{reason}\n{schedule}");
    let lines = schedule.to_string().lines().count();
    assert!(lines <= 6 && targets(schedule) <= 3, "{reason}\n{schedule}");
}

#[test]
fn a_layer_that_sends_what_was_accepted_again_is_caught() {
    let found = caught(&inner(Fault::Resends));
    is_a_small_story_of(&["nothing is sent again without a reason"], &found);
    assert_eq!(targets(&found.1), 1, "{}", found.1);
}

#[test]
fn a_layer_that_claims_that_nothing_was_sent_is_caught() {
    let found = caught(&inner(Fault::ClaimsNotSent));
    let rules = [
        "nothing is sent again without a reason",
        "no device shows a message twice",
    ];
    is_a_small_story_of(&rules, &found);
}

#[test]
fn a_layer_that_forgets_the_deadline_is_caught() {
    let found = caught(&outer(Fault::ForgetsTheDeadline));
    is_a_small_story_of(&["no attempt starts too late"], &found);
}

#[test]
fn a_layer_that_hangs_is_caught() {
    let found = caught(&outer(Fault::Hangs));
    is_a_small_story_of(&["every send ends"], &found);
}

#[test]
fn a_layer_that_answers_by_itself_is_caught() {
    let found = caught(&inner(Fault::MakesThingsUp));
    is_a_small_story_of(&["an outcome is what the vendor said"], &found);
    assert_eq!(targets(&found.1), 1, "{}", found.1);
}
