//! A vendor that is not there.

use std::time::Duration;

use futures_util::future::join;
use futures_util::{FutureExt, StreamExt};
use zpns::{Clock, ErrorKind, Sent, Target};
use zpns_simulator::faults::{Fault, Rule};

use crate::campaign::Campaign;
use crate::recorder::End;
use crate::scene::{Scene, hello};
use crate::subjects::{SUBJECTS, Subject};

const SECOND: Duration = Duration::from_secs(1);

/// Pushes to the vendor that hangs, and to each of the others.
const SICK: usize = 30;
const HEALTHY: usize = 5;

pub(crate) async fn one_vendor_that_never_answers_holds_up_none_of_the_others(
    subject: &'static Subject,
) {
    let scene = Scene::stage(subject).with_all_vendors().open().await;
    scene.warm().await;
    scene.faults([Rule::new(Fault::stall())]);
    let others = SUBJECTS
        .iter()
        .filter(|other| other.vendor != subject.vendor);
    let healthy = others.flat_map(|other| scene.devices(other.vendor, HEALTHY, 0));
    // Those of the sick vendor stand first.
    let sick = scene.devices(subject.vendor, SICK, 0);
    let targets: Vec<Target> = sick.into_iter().chain(healthy).collect();
    let answers = targets.len() - SICK;
    let campaign = Campaign::new(hello(), targets).within(45 * SECOND);

    let mut flow =
        scene
            .router
            .stream_with(&campaign.message, campaign.audience(), &campaign.options);
    let mut handed_out = Vec::new();
    let before = scene.clock.monotonic();
    // Not driven: no moment passes until all others have their outcome.
    while handed_out.len() < answers {
        let delivery = flow.next().await.unwrap();
        assert!(delivery.outcome.is_accepted(), "{:?}", delivery.outcome);
        assert_ne!(delivery.target.provider.as_str(), subject.vendor);
        handed_out.push(delivery);
    }
    assert!(
        flow.next().now_or_never().is_none(),
        "the sick one has not answered"
    );
    assert_eq!(scene.clock.monotonic(), before);

    let rest = async {
        while let Some(delivery) = flow.next().await {
            handed_out.push(delivery);
        }
    };
    scene.drive(rest).await;
    let finished = campaign.finished(&scene, &handed_out);
    assert_eq!(finished.accepted(), answers, "{:?}", finished.summary());
    for target in &campaign.targets[..SICK] {
        let end = finished.end(target);
        let unknown = |kind| End::Failed {
            kind,
            sent: Sent::Maybe,
        };
        let ends = [ErrorKind::Timeout, ErrorKind::Unavailable].map(unknown);
        assert!(ends.contains(&end), "nobody knows: {end:?}");
    }
}

pub(crate) async fn an_outage_beyond_the_ttl_or_the_deadline_is_not_retried_beyond_it(
    subject: &'static Subject,
) {
    let scene = Scene::open(subject).await;
    scene.faults([Rule::new(Fault::status(503))]);
    let ttl = Campaign::new(
        hello().with_ttl(20 * SECOND),
        scene.devices(subject.vendor, 20, 0),
    );
    let deadline =
        Campaign::new(hello(), scene.devices(subject.vendor, 20, 20)).within(12 * SECOND);
    // The checker holds every attempt against the time to live and the deadline.
    let (ttl, deadline) = join(ttl.run(&scene), deadline.run(&scene)).await;
    for finished in [ttl, deadline] {
        assert!(finished.history.within.is_some());
        assert_eq!(finished.of_kind(ErrorKind::Unavailable), 20);
        let attempts = finished.history.attempts.len();
        assert!(
            (40..=120).contains(&attempts),
            "{attempts} attempts at 20 targets"
        );
    }
    // The outage is over, and so is its memory.
    scene.faults([]);
    scene.advance(60 * SECOND);
    let finished = scene.campaign(10, 2).run(&scene).await;
    assert_eq!(finished.accepted(), 10, "{:?}", finished.summary());
}
