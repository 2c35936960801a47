//! Futures that are dropped, wherever they wait.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use futures_util::StreamExt;
use futures_util::future::join;
use toml::Table;
use zpns::{Delivery, Report};
use zpns_simulator::faults::{Fault, Rule};

use crate::campaign::Campaign;
use crate::scene::{Scene, hello};
use crate::subjects::Subject;

/// More often than anything here is polled until it is done.
const FAR: usize = 400;

pub(crate) async fn a_push_can_be_dropped_at_every_await_point(subject: &'static Subject) {
    // One slot: if a dropped push kept it, none would follow.
    let scene = Scene::stage(subject).key("max_in_flight", 1).open().await;
    let done = every_await_point(
        &scene,
        1,
        async |scene: &Scene, campaign: &Campaign, polls: usize| {
            // A renewal, a handshake, a request, a pause, and another request.
            let token = campaign.targets[0].token.as_str();
            scene.faults([Rule::new(Fault::status(503)).token(token).count(1)]);
            let send = scene
                .router
                .send(&campaign.message, campaign.targets.clone());
            let report: Option<Report> = scene.drive(polled(send, polls)).await;
            match &report {
                Some(report) => assert_eq!(report.accepted(), 1, "{:?}", report.outcomes()),
                None => drop(campaign.given_up(scene, &[])),
            }
            report.is_some()
        },
    );
    assert!(done.await > 3, "there is more than one place to wait at");
}

pub(crate) async fn a_stream_can_be_dropped_at_every_await_point(subject: &'static Subject) {
    let scene = Scene::stage(subject).key("max_in_flight", 2).open().await;
    let done = every_await_point(
        &scene,
        3,
        async |scene: &Scene, campaign: &Campaign, polls: usize| {
            let sick = campaign.targets[1].token.as_str();
            scene.faults([Rule::new(Fault::status(503)).token(sick).count(1)]);
            let mut handed_out: Vec<Delivery> = Vec::new();
            let flow =
                scene
                    .router
                    .stream_with(&campaign.message, campaign.audience(), &campaign.options);
            let whole = async {
                let mut flow = flow;
                while let Some(delivery) = flow.next().await {
                    handed_out.push(delivery);
                }
            };
            let done = scene.drive(polled(whole, polls)).await.is_some();
            if done {
                let finished = campaign.finished(scene, &handed_out);
                assert_eq!(
                    finished.accepted(),
                    campaign.targets.len(),
                    "{:?}",
                    finished.summary()
                );
            } else {
                campaign.given_up(scene, &handed_out);
            }
            done
        },
    );
    assert!(done.await > 3, "there is more than one place to wait at");
}

/// Drops what goes out to other devices each time after one poll more than before, until it is
/// done by then; every time with a provider that knows nobody yet. Then pushes still go out, and
/// a shutdown finds nothing under way. How many polls it took.
async fn every_await_point(
    scene: &Scene,
    targets: usize,
    attempt: impl AsyncFn(&Scene, &Campaign, usize) -> bool,
) -> usize {
    let vendor = scene.subject.vendor;
    let mut polls = 0;
    loop {
        polls += 1;
        assert!(polls < FAR, "never done");
        let (provider, mut delivery) = scene.another(Table::new());
        delivery.max_in_flight = std::num::NonZeroUsize::new(1);
        scene.router.replace_with(provider, delivery);
        let campaign = Campaign::new(hello(), scene.devices(vendor, targets, 10 * polls));
        if attempt(scene, &campaign, polls).await {
            break;
        }
        // The slot is free again, and the provider is whole.
        scene.faults([]);
        let next = Campaign::new(hello(), scene.devices(vendor, 1, 10 * polls + 5));
        assert_eq!(next.run(scene).await.accepted(), 1, "after {polls} polls");
    }
    polls
}

pub(crate) async fn dropping_who_renews_a_credential_strands_nobody_else(
    subject: &'static Subject,
) {
    let scene = Scene::open(subject).await;
    for polls in 1..=12 {
        // Neither of them has a credential yet: the first one fetches it for both.
        let (provider, delivery) = scene.another(Table::new());
        scene.router.replace_with(provider, delivery);
        let devices = scene.devices(subject.vendor, 2, 10 * polls);
        let [first, second] = [0, 1].map(|at| Campaign::new(hello(), vec![devices[at].clone()]));
        let send = scene.router.send(&first.message, first.targets.clone());
        let (dropped, finished) = scene
            .drive(join(polled(send, polls), second.run(&scene)))
            .await;
        assert_eq!(finished.accepted(), 1, "after {polls} polls of the other");
        if dropped.is_none() {
            first.given_up(&scene, &[]);
        }
    }
}

/// The output of a future if it has one within so many polls. It is dropped else.
async fn polled<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
