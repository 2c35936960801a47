//! What waiting mends.

use std::collections::BTreeSet;
use std::time::Duration;

use zpns::{ErrorKind, Notification, Retry, Sent};
use zpns_simulator::faults::{Fault, Rule};

use crate::scene::{Scene, accepted, failed, once, within};
use crate::subjects::Subject;

const SECOND: Duration = Duration::from_secs(1);

fn hello() -> Notification {
    Notification::alert("Hello", "How are you?")
}

pub(crate) async fn transient_error_is_retried_to_acceptance(subject: &'static Subject) {
    let scene = Scene::with_faults(subject, [Rule::new(Fault::status(503)).count(2)]).await;
    let report = scene.router.send(&hello(), [scene.live()]).await;
    accepted(&report.outcomes()[0]);
    assert_eq!(scene.pushes().len(), 3);
    assert_eq!(scene.shown().into_values().sum::<usize>(), 1);
    let pauses = scene.clock.pauses();
    assert_eq!(pauses.len(), 2);
    assert!(pauses[0] <= SECOND && pauses[1] <= 2 * SECOND, "{pauses:?}");
}

pub(crate) async fn flaky_device(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let report = scene.router.send(&hello(), [scene.flaky()]).await;
    accepted(&report.outcomes()[0]);
    assert_eq!(scene.pushes().len(), 2);
}

pub(crate) async fn only_the_undelivered_are_retried(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let targets = scene.live_ones(20);
    let sick = [3, 7, 11].map(|index| targets[index].token.clone());
    scene.faults(
        sick.iter()
            .map(|token| once(Fault::status(503)).token(token.as_str())),
    );
    let report = scene.router.send(&hello(), targets).await;
    assert_eq!(report.accepted(), 20);
    let shown = scene.shown();
    assert_eq!(shown.len(), 20);
    assert!(shown.values().all(|&times| times == 1));
    assert_eq!(scene.pushes().len(), 23);
}

pub(crate) async fn rate_limit_waits_as_long_as_the_vendor_asks(subject: &'static Subject) {
    let scene = Scene::with_faults(subject, [once(Fault::retry_after(429, 7))]).await;
    let report = scene.router.send(&hello(), [scene.live()]).await;
    accepted(&report.outcomes()[0]);
    let pauses = scene.clock.pauses();
    assert_eq!(pauses.len(), 1);
    // Not all at the same moment: jitter comes on top of what the vendor asks for.
    assert!((7 * SECOND..=8 * SECOND).contains(&pauses[0]), "{pauses:?}");
    assert_eq!(scene.pushes().len(), 2);
}

pub(crate) async fn rate_limit_beyond_the_deadline_is_reported(subject: &'static Subject) {
    let scene = Scene::with_faults(subject, [once(Fault::retry_after(429, 30))]).await;
    let report = scene
        .router
        .send_with(&hello(), [scene.live()], &within(5 * SECOND))
        .await;
    let error = failed(&report.outcomes()[0]);
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.retry(), Retry::After(30 * SECOND));
    assert_eq!(error.sent(), Sent::No);
    assert_eq!(error.vendor().unwrap().code, subject.wire.too_fast);
    assert_eq!(scene.pushes().len(), 1);
}

pub(crate) async fn storm_of_429(subject: &'static Subject) {
    const TARGETS: usize = 60;
    let scene = Scene::open(subject).await;
    let requests = TARGETS.div_ceil(scene.capability().batch);
    scene.faults([Rule::new(Fault::retry_after(429, 1)).count(2 * requests as u64)]);
    let mut options = within(SECOND);
    // Every pause is skipped for all, so that the clock runs ahead further than in a real storm.
    options.timeout = None;
    let report = scene
        .router
        .send_with(&hello(), scene.live_ones(TARGETS), &options)
        .await;
    assert_eq!(report.accepted(), TARGETS);
    assert_eq!(scene.pushes().len(), 3 * requests);
    assert!(scene.shown().values().all(|&times| times == 1));
    assert!(scene.clock.pauses().iter().all(|&pause| pause >= SECOND));
}

pub(crate) async fn a_lasting_outage_ends_as_unavailable(subject: &'static Subject) {
    let scene = Scene::with_faults(subject, [Rule::new(Fault::status(503))]).await;
    let report = scene.router.send(&hello(), [scene.live()]).await;
    let error = failed(&report.outcomes()[0]);
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Unavailable, Sent::No)
    );
    assert_eq!(error.vendor().unwrap().code, subject.wire.busy);
    let attempts = scene.pushes().len();
    assert!((2..=6).contains(&attempts), "{attempts} attempts");
    assert_eq!(scene.clock.pauses().len(), attempts - 1);
}

pub(crate) async fn a_retry_never_outlives_the_ttl(subject: &'static Subject) {
    let scene = Scene::with_faults(subject, [once(Fault::retry_after(503, 20))]).await;
    let brief = hello().with_ttl(15 * SECOND);
    let report = scene.router.send(&brief, [scene.live()]).await;
    assert_eq!(failed(&report.outcomes()[0]).kind(), ErrorKind::Unavailable);
    assert_eq!(scene.pushes().len(), 1);

    scene.faults([once(Fault::retry_after(503, 10))]);
    let report = scene.router.send(&brief, [scene.live()]).await;
    accepted(&report.outcomes()[0]);
}

pub(crate) async fn a_retry_carries_the_same_id(subject: &'static Subject) {
    let Some(id) = subject.wire.push_id else {
        return;
    };
    let scene = Scene::with_faults(subject, [Rule::new(Fault::status(503)).count(2)]).await;
    let report = scene.router.send(&hello(), [scene.live()]).await;
    accepted(&report.outcomes()[0]);
    let ids: BTreeSet<String> = scene.pushes().iter().map(id).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");

    scene.simulator.clear();
    if scene.capability().batch > 1 {
        return;
    }
    let report = scene.router.send(&hello(), scene.live_ones(3)).await;
    assert_eq!(report.accepted(), 3);
    let ids: BTreeSet<String> = scene.pushes().iter().map(id).collect();
    assert_eq!(ids.len(), 3, "every target has an id of its own: {ids:?}");
}
