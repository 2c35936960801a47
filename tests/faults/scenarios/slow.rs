//! Answers that come byte by byte.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use zpns::{Clock, ErrorKind, Sent};
use zpns_simulator::faults::{Fault, Rule};

use crate::campaign::Campaign;
use crate::recorder::End;
use crate::scene::{Scene, hello};
use crate::subjects::Subject;

pub(crate) async fn answers_that_trickle_hold_up_no_other_push(subject: &'static Subject) {
    const TRICKLES: usize = 10;
    const PROMPT: usize = 20;
    let scene = Scene::stage(subject).key("max_in_flight", 100).open().await;
    scene.warm().await;
    let targets = scene.devices(subject.vendor, TRICKLES + PROMPT, 0);
    let forever = Fault::drip(Duration::from_secs(3_600));
    let slow = targets[..TRICKLES].iter();
    scene.faults(slow.map(|target| {
        let token = target.token.as_str();
        Rule::new(forever.clone()).token(token).count(1)
    }));
    let campaign = Campaign::new(hello(), targets);
    let mut flow =
        scene
            .router
            .stream_with(&campaign.message, campaign.audience(), &campaign.options);
    let mut handed_out = Vec::new();
    let before = scene.clock.monotonic();
    while handed_out.len() < PROMPT {
        let delivery = flow.next().await.unwrap();
        assert!(delivery.outcome.is_accepted(), "{:?}", delivery.outcome);
        handed_out.push(delivery);
    }
    assert!(flow.next().now_or_never().is_none(), "the others trickle");
    assert_eq!(scene.clock.monotonic(), before);

    let rest = async {
        while let Some(delivery) = flow.next().await {
            handed_out.push(delivery);
        }
    };
    scene.drive(rest).await;
    let finished = campaign.finished(&scene, &handed_out);
    for target in &campaign.targets[..TRICKLES] {
        if scene.capability().deduplicates {
            assert_eq!(finished.end(target), End::Accepted, "a repeat does no harm");
            assert_eq!(finished.requests_for(target), 2);
        } else {
            let lost = End::Failed {
                kind: ErrorKind::Timeout,
                sent: Sent::Maybe,
            };
            assert_eq!(finished.end(target), lost);
            assert_eq!(
                finished.requests_for(target),
                1,
                "a repeat could show it twice"
            );
        }
    }
}

pub(crate) async fn a_trickling_answer_that_is_whole_in_time_counts(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    scene.faults([Rule::new(Fault::drip(Duration::from_millis(1)))]);
    let campaign = Campaign::new(hello(), scene.devices(subject.vendor, 20, 0));
    let mut handed_out = Vec::new();
    let mut flow =
        scene
            .router
            .stream_with(&campaign.message, campaign.audience(), &campaign.options);
    while let Some(delivery) = flow.next().await {
        handed_out.push(delivery);
    }
    let finished = campaign.finished(&scene, &handed_out);
    assert_eq!(finished.accepted(), 20, "{:?}", finished.summary());
    assert_eq!(scene.recorder.log().retries, 0);
    assert_eq!(scene.pushes().len(), 20);
}
