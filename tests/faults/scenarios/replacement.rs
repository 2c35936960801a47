//! Credentials that are replaced while a campaign runs.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use toml::Table;
use zpns::ErrorKind;
use zpns_simulator::faults::{Fault, Rule};

use crate::campaign::Campaign;
use crate::scene::{Scene, hello};
use crate::subjects::Subject;

const SECOND: Duration = Duration::from_secs(1);

pub(crate) async fn credentials_replaced_under_load_lose_and_repeat_nothing(
    subject: &'static Subject,
) {
    const PUSHES: usize = 120;
    const EVERY: usize = 20;
    let scene = Scene::stage(subject).key("max_in_flight", 10).open().await;
    // Load: some pushes are retried while their provider is replaced.
    scene.faults([Rule::new(Fault::status(503)).share(0.1)]);
    let campaign = scene.campaign(PUSHES, 6);
    let mut flow =
        scene
            .router
            .stream_with(&campaign.message, campaign.audience(), &campaign.options);
    let mut handed_out = Vec::new();
    let mut replaced = Vec::new();
    let work = async {
        while let Some(delivery) = flow.next().await {
            handed_out.push(delivery);
            if handed_out.len() % EVERY == 0 {
                let (provider, mut delivery) = scene.another(Table::new());
                delivery.max_in_flight = std::num::NonZeroUsize::new(10);
                replaced.extend(scene.router.replace_with(provider, delivery));
            }
        }
    };
    scene.drive(work).await;
    let finished = campaign.finished(&scene, &handed_out);
    assert_eq!(finished.accepted(), PUSHES, "{:?}", finished.summary());
    assert_eq!(replaced.len(), campaign.targets.len() / EVERY);
    // All of them are idle, and end at once.
    join_all(replaced.iter().map(|old| old.shutdown(SECOND))).await;
    let after = Campaign::new(hello(), scene.devices(subject.vendor, 3, PUSHES));
    assert_eq!(after.run(&scene).await.accepted(), 3);
}

pub(crate) async fn revoked_credentials_are_replaced_mid_campaign(subject: &'static Subject) {
    const PUSHES: usize = 60;
    let scene = Scene::open(subject).await;
    let wrong = (subject.wire.wrong_credentials.unwrap())(&scene.simulator);
    let (provider, mut delivery) = scene.another(wrong);
    delivery.max_in_flight = std::num::NonZeroUsize::new(1);
    scene.router.replace_with(provider, delivery);
    let campaign = Campaign::new(hello(), scene.devices(subject.vendor, PUSHES, 0));
    let mut flow =
        scene
            .router
            .stream_with(&campaign.message, campaign.audience(), &campaign.options);
    let mut handed_out = Vec::new();
    let work = async {
        while let Some(delivery) = flow.next().await {
            handed_out.push(delivery);
            if handed_out.len() == 20 {
                let (provider, delivery) = scene.another(Table::new());
                scene.router.replace_with(provider, delivery);
            }
        }
    };
    scene.drive(work).await;
    let finished = campaign.finished(&scene, &handed_out);
    let refused = finished.of_kind(ErrorKind::CredentialInvalid);
    assert_eq!(finished.accepted() + refused, PUSHES);
    assert!(
        refused >= 20 && finished.accepted() > 0,
        "{refused} refused"
    );
    let calls = scene.simulator.received(subject.vendor);
    let bad = calls.len() - finished.accepted();
    assert!(
        bad <= 3,
        "{bad} calls to learn that credentials are revoked and to get new ones"
    );
}
