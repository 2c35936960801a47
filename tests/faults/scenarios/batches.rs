//! Batches of which a part fails.

use zpns::{Sent, Target};
use zpns_simulator::faults::{Fault, Rule};

use crate::campaign::Campaign;
use crate::recorder::End;
use crate::scene::{Scene, hello};
use crate::subjects::Subject;

/// The vendor whose own rule allows one more attempt at a target that it names as failed.
const ONE_RETRY: [&str; 1] = ["honor"];

pub(crate) async fn when_half_of_a_batch_fails_twice_only_that_half_is_sent_again(
    subject: &'static Subject,
) {
    const TARGETS: usize = 24;
    let scene = Scene::open(subject).await;
    let campaign = scene.campaign(TARGETS, 4).in_pieces_of(TARGETS + 4);
    let live = |target: &&Target| scene.is_live(target);
    let live: Vec<&Target> = campaign.targets.iter().filter(live).collect();
    let half: Vec<&Target> = live.iter().step_by(2).copied().collect();
    let twice = |target: &&Target| {
        let token = target.token.as_str();
        Rule::new(Fault::Flaky {}).token(token).count(2)
    };
    scene.faults(half.iter().map(twice));
    let finished = campaign.run(&scene).await;
    for target in &campaign.targets {
        let (requests, end) = (finished.requests_for(target), finished.end(target));
        if !half.contains(&target) {
            assert_eq!(requests, 1, "its verdict was there at once: {end:?}");
        } else if ONE_RETRY.contains(&subject.vendor) {
            assert_eq!(requests, 2);
            assert!(matches!(end, End::Failed { sent: Sent::No, .. }), "{end:?}");
        } else {
            assert_eq!((requests, end), (3, End::Accepted));
        }
    }
    if scene.capability().batch > 1 {
        let rounds = if ONE_RETRY.contains(&subject.vendor) {
            2
        } else {
            3
        };
        assert_eq!(scene.pushes().len(), rounds, "each round is one request");
    }
}

pub(crate) async fn when_half_of_the_batches_fail_twice_only_those_are_sent_again(
    subject: &'static Subject,
) {
    const PIECE: usize = 4;
    let scene = Scene::open(subject).await;
    let targets = scene.devices(subject.vendor, 8 * PIECE, 0);
    let size = PIECE.min(scene.capability().batch);
    let sick: Vec<&Target> = targets
        .chunks(size)
        .step_by(2)
        .map(|batch| &batch[0])
        .collect();
    let twice = |target: &&Target| {
        let token = target.token.as_str();
        Rule::new(Fault::status(503)).token(token).count(2)
    };
    scene.faults(sick.iter().map(twice));
    let campaign = Campaign::new(hello(), targets.clone()).in_pieces_of(PIECE);
    let finished = campaign.run(&scene).await;
    assert_eq!(
        finished.accepted(),
        targets.len(),
        "{:?}",
        finished.summary()
    );
    for batch in targets.chunks(size) {
        let requests = if sick.contains(&&batch[0]) { 3 } else { 1 };
        for target in batch {
            assert_eq!(finished.requests_for(target), requests);
            assert_eq!(finished.taken(target), 1);
        }
    }
}
