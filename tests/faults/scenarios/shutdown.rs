//! The process ends in the middle of a campaign.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{join, select};
use zpns::{Clock, ErrorKind, Sent};
use zpns_simulator::faults::{Fault, Rule};

use crate::campaign::Campaign;
use crate::recorder::End;
use crate::scene::{Scene, hello};
use crate::subjects::Subject;

const SECOND: Duration = Duration::from_secs(1);

const CANCELLED: End = End::Failed {
    kind: ErrorKind::Cancelled,
    sent: Sent::No,
};

pub(crate) async fn a_shutdown_mid_campaign_drains_what_is_under_way(subject: &'static Subject) {
    const PUSHES: usize = 60;
    let scene = Scene::stage(subject).key("max_in_flight", 5).open().await;
    // Some of what is under way when it ends.
    scene.faults([Rule::new(Fault::delay(Duration::from_millis(5)))]);
    let campaign = Campaign::new(hello(), scene.devices(subject.vendor, PUSHES, 0));
    let mut flow =
        scene
            .router
            .stream_with(&campaign.message, campaign.audience(), &campaign.options);
    let mut handed_out = Vec::new();
    while handed_out.len() < PUSHES / 3 {
        handed_out.push(flow.next().await.unwrap());
    }
    let rest = async {
        while let Some(delivery) = flow.next().await {
            handed_out.push(delivery);
        }
    };
    // Not driven: the grace never ends.
    join(rest, scene.router.shutdown(10 * SECOND)).await;
    assert_eq!(scene.clock.monotonic(), Duration::ZERO);
    let finished = campaign.finished(&scene, &handed_out);
    let (accepted, cancelled) = (finished.accepted(), finished.of_kind(ErrorKind::Cancelled));
    assert_eq!(
        accepted + cancelled,
        PUSHES,
        "what was under way is drained"
    );
    assert!(
        accepted >= PUSHES / 3 && cancelled > 0,
        "{accepted} and {cancelled}"
    );
    for target in &campaign.targets {
        if finished.end(target) != End::Accepted {
            assert_eq!(finished.end(target), CANCELLED);
            assert_eq!(finished.requests_for(target), 0, "none was begun");
        }
    }
    let late = Campaign::new(hello(), scene.devices(subject.vendor, 3, PUSHES));
    let finished = late.run(&scene).await;
    assert_eq!(finished.of_kind(ErrorKind::Cancelled), 3);
}

pub(crate) async fn a_shutdown_ends_although_a_vendor_never_answers(subject: &'static Subject) {
    const HANGING: usize = 5;
    let in_flight = i64::try_from(HANGING).unwrap();
    let scene = Scene::stage(subject)
        .key("max_in_flight", in_flight)
        .open()
        .await;
    scene.warm().await;
    scene.simulator.clear();
    scene.faults([Rule::new(Fault::stall())]);
    let campaign = Campaign::new(hello(), scene.devices(subject.vendor, 20, 0));
    let mut flow =
        scene
            .router
            .stream_with(&campaign.message, campaign.audience(), &campaign.options);
    let mut handed_out = Vec::new();
    let rest = async {
        while let Some(delivery) = flow.next().await {
            handed_out.push(delivery);
        }
    };
    let mut rest = pin!(rest);
    // Not driven: no attempt runs out of time before all of them hang.
    let hang = pin!(scene.until(|scene| scene.pushes().len() == HANGING));
    select(rest.as_mut(), hang).await;
    let shutdown = async {
        let before = scene.clock.monotonic();
        scene.router.shutdown(3 * SECOND).await;
        let took = scene.clock.monotonic() - before;
        assert!(
            took <= 4 * SECOND,
            "a second after the grace at the latest, not {took:?}"
        );
    };
    scene.drive(join(rest, shutdown)).await;
    let finished = campaign.finished(&scene, &handed_out);
    let (mut unknown, mut cancelled) = (0, 0);
    for target in &campaign.targets {
        match (finished.requests_for(target), finished.end(target)) {
            (0, CANCELLED) => cancelled += 1,
            (
                1,
                End::Failed {
                    sent: Sent::Maybe, ..
                },
            ) => unknown += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((unknown, cancelled), (HANGING, 20 - HANGING));
}
