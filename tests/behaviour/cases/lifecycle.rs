//! Connections, cancellation, replacement, shutdown.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::{Either, join, select};
use futures_util::{FutureExt, StreamExt, stream};
use toml::Table;
use zpns::layers::Retries;
use zpns::{ErrorKind, Notification, Sent, Target};
use zpns_simulator::Simulator;
use zpns_simulator::faults::{Fault, Rule};

use crate::scene::{Scene, accepted, failed, once};
use crate::subjects::{POOLED, SUBJECTS, Subject};

fn hello() -> Notification {
    Notification::alert("Hello", "How are you?")
}

pub(crate) async fn cancellation(subject: &'static Subject) {
    let scene = Scene::with_faults(subject, [once(Fault::stall())]).await;
    let message = hello();
    {
        let send = std::pin::pin!(scene.router.send(&message, [scene.live()]));
        let arrived = std::pin::pin!(scene.until(|scene| !scene.pushes().is_empty()));
        let first = select(send, arrived).await;
        assert!(
            matches!(first, Either::Right(_)),
            "answered by a vendor that does not answer"
        );
    }
    // The future is gone.
    let resets = |scene: &Scene| scene.simulator.counters(subject.vendor).resets_seen;
    scene.until(|scene| resets(scene) == 1).await;

    let report = scene.router.send(&message, [scene.live()]).await;
    accepted(&report.outcomes()[0]);
    assert_eq!(
        scene.pushes().len(),
        2,
        "a cancelled push is not sent again"
    );
}

pub(crate) async fn shutdown_drains(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let report = scene.router.send(&hello(), [scene.live()]).await;
    accepted(&report.outcomes()[0]);
    scene.simulator.clear();

    scene.faults([Rule::new(Fault::delay(Duration::from_millis(150)))]);
    let message = hello();
    let send = scene.router.send(&message, scene.live_ones(10));
    let shutdown = async {
        scene
            .until(|scene| scene.simulator.counters(subject.vendor).peak_streams > 0)
            .await;
        scene.router.shutdown(Duration::from_secs(10)).await;
        assert_eq!(scene.shown().len(), 10, "it waited for what was under way");
    };
    let (report, ()) = join(send, shutdown).await;
    assert_eq!(report.accepted(), 10, "{:?}", report.outcomes());

    let report = scene.router.send(&message, [scene.live()]).await;
    let error = failed(&report.outcomes()[0]);
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Cancelled, Sent::No)
    );
    assert_eq!(scene.pushed_targets(), 10);
}

pub(crate) async fn wrong_credentials_are_replaced_without_a_restart(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let wrong = (subject.wire.wrong_credentials.unwrap())(&scene.simulator);
    let (provider, delivery) = scene.another(wrong);
    scene.router.replace_with(provider, delivery);
    let report = scene.router.send(&hello(), scene.live_ones(3)).await;
    assert_eq!(report.of_kind(ErrorKind::CredentialInvalid), 3);

    let (provider, delivery) = scene.another(Table::new());
    let old = scene.router.replace_with(provider, delivery).unwrap();
    old.shutdown(Duration::from_secs(1)).await;
    let report = scene.router.send(&hello(), scene.live_ones(3)).await;
    assert_eq!(report.accepted(), 3, "{:?}", report.outcomes());
}

pub(crate) async fn credentials_replaced_in_the_middle_of_a_stream(subject: &'static Subject) {
    let in_flight = |requests: i64| Scene::stage(subject).key("max_in_flight", requests);
    let mut scene = in_flight(10).open().await;
    if scene.capability().batch > 1 {
        // Some have to be left when the credentials are replaced.
        scene = in_flight(1).open().await;
    }
    let count = match scene.capability().batch {
        1 => 300,
        batch => 2 * batch + 300,
    };
    let targets = stream::iter(scene.live_ones(count));
    let mut deliveries = scene.router.stream(&hello(), targets);
    let mut outcomes = BTreeMap::new();
    let mut old = None;
    while let Some(delivery) = deliveries.next().await {
        accepted(&delivery.outcome);
        let before = outcomes.insert(delivery.position, delivery.target);
        assert!(before.is_none(), "answered twice");
        if outcomes.len() == count / 3 {
            let (provider, delivery) = scene.another(Table::new());
            old = scene.router.replace_with(provider, delivery);
        }
    }
    old.unwrap().shutdown(Duration::from_secs(1)).await;
    assert_eq!(outcomes.len(), count);
    let shown = scene.shown();
    assert_eq!(shown.len(), count);
    assert!(shown.values().all(|&times| times == 1));
    // One that is granted, and not signed by us, is granted again while it lives.
    let granted_again = subject.long_life().is_some() && subject.wire.exchanges > 0;
    let credentials = match subject.wire.renews && !granted_again {
        true => 2,
        false => 1,
    };
    assert_eq!(
        scene.credentials().len(),
        credentials,
        "the old, then the new"
    );
}

pub(crate) async fn a_sick_vendor_never_delays_another(subject: &'static Subject) {
    let scene = Scene::with_faults(subject, [Rule::new(Fault::stall())]).await;
    let others: Vec<&str> = SUBJECTS
        .iter()
        .map(|other| other.vendor)
        .filter(|&vendor| vendor != subject.vendor)
        .collect();
    let healthy = others.iter().flat_map(|&vendor| {
        let live = scene.simulator.tokens(vendor).live;
        live.into_iter()
            .map(move |token| Target::new(vendor, token))
    });
    // The sick one's come first.
    let targets: Vec<Target> = scene.live_ones(50).into_iter().chain(healthy).collect();
    let answers = targets.len() - 50;
    let mut deliveries = scene.router.stream(&hello(), stream::iter(targets));
    for _ in 0..answers {
        let delivery = deliveries.next().await.unwrap();
        accepted(&delivery.outcome);
        assert_ne!(delivery.target.provider.as_str(), subject.vendor);
    }
    assert!(
        deliveries.next().now_or_never().is_none(),
        "the sick one has not answered"
    );
}

pub(crate) async fn unknown_authority_is_refused(subject: &'static Subject) {
    let stranger = Simulator::start().await.unwrap();
    let path = stranger.ca_path().unwrap();
    let scene = Scene::stage(subject)
        .key("ca_path", path.to_str().unwrap())
        .delivery(|delivery| delivery.retries = Retries::none())
        .open()
        .await;
    let report = scene.router.send(&hello(), [scene.live()]).await;
    let error = failed(&report.outcomes()[0]);
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Unavailable, Sent::No),
        "{error:?}"
    );
    assert!(
        error.reason().to_lowercase().contains("certificate"),
        "{}",
        error.reason()
    );
    assert!(scene.received().is_empty());
}

pub(crate) async fn nobody_listens(subject: &'static Subject) {
    let mut gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = gone.local_addr().unwrap();
    let endpoint = format!("https://{address}");
    let mut stage = Scene::stage(subject)
        .key("endpoint", endpoint.as_str())
        .delivery(|delivery| delivery.retries = Retries::none());
    if let Some(key) = subject.wire.exchange_key {
        stage = stage.key(key, format!("{endpoint}/token"));
    }
    gone = {
        drop(gone);
        tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap()
    };
    assert_ne!(gone.local_addr().unwrap(), address);
    let scene = stage.open().await;
    // A subscription brings its endpoint along.
    let live = scene.live().token;
    let live = live
        .as_str()
        .replace(scene.simulator.origin(subject.vendor), &endpoint);
    let report = scene.router.send(&hello(), [scene.target(live)]).await;
    let error = failed(&report.outcomes()[0]);
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Unavailable, Sent::No),
        "{error:?}"
    );
    assert!(scene.received().is_empty());
}

pub(crate) async fn stream_limit_of_one(subject: &'static Subject) {
    let scene = Scene::stage(subject)
        .simulator(|simulator| simulator.stream_limit(1))
        .open()
        .await;
    everybody_is_reached_within_the_limit(&scene).await;
    if is_pooled(&scene) {
        assert_eq!(scene.simulator.counters(subject.vendor).peak_streams, 1);
    }
}

pub(crate) async fn streams_that_open_after_the_first_answer(subject: &'static Subject) {
    let scene = Scene::stage(subject)
        .simulator(|simulator| simulator.stream_limit_until_auth(true))
        .open()
        .await;
    everybody_is_reached_within_the_limit(&scene).await;
}

pub(crate) async fn a_stream_limit_that_falls_under_way(subject: &'static Subject) {
    let fall = Rule::new(Fault::StreamLimit { limit: 1 })
        .after(20)
        .count(1);
    let scene = Scene::with_faults(subject, [fall]).await;
    everybody_is_reached_within_the_limit(&scene).await;
}

async fn everybody_is_reached_within_the_limit(scene: &Scene) {
    let report = scene.router.send(&hello(), scene.live_ones(150)).await;
    assert_eq!(report.accepted(), 150, "{:?}", report.outcomes());
    let shown = scene.shown();
    assert_eq!(shown.len(), 150);
    assert!(shown.values().all(|&times| times == 1));
    let counters = scene.simulator.counters(scene.subject.vendor);
    if is_pooled(scene) {
        assert_eq!(counters.refused_streams, 0, "{counters:?}");
    }
}

/// Whether it goes through the pool.
fn is_pooled(scene: &Scene) -> bool {
    POOLED.contains(&scene.subject.vendor)
}

pub(crate) async fn requests_under_way_are_bounded_by_the_config(subject: &'static Subject) {
    let scene = Scene::stage(subject).key("max_in_flight", "3").open().await;
    scene.faults([Rule::new(Fault::delay(Duration::from_millis(5)))]);
    let report = scene.router.send(&hello(), scene.live_ones(30)).await;
    assert_eq!(report.accepted(), 30);
    let counters = scene.simulator.counters(subject.vendor);
    assert!(counters.peak_streams <= 3, "{counters:?}");
}
