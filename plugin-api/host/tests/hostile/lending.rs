//! What the host lends to a plugin: HTTP, timers, logs.

use std::time::Duration;

use zpns_core::{ErrorKind, Outcome};

use crate::scene::Scene;

#[tokio::test]
async fn a_request_goes_over_the_injected_transport() {
    let Some(scene) = Scene::new() else { return };
    assert!(scene.one("http").await.is_accepted());
    assert_eq!(scene.told("http answer").await, 200.0);
}

#[tokio::test]
async fn a_cancelled_request_is_told_once() {
    let Some(scene) = Scene::new() else { return };
    let outcome = scene.one("cancelled http").await;
    assert_eq!(outcome.kind(), Some(ErrorKind::Unavailable));
    assert_eq!(scene.told("http status").await, 2.0);
    assert!(scene.one("plain").await.is_accepted());
    assert_eq!(
        scene.provider.health().stray,
        0,
        "a second end would have completed again"
    );
}

#[tokio::test]
async fn a_timer_waits_for_the_injected_clock() {
    let Some(scene) = Scene::new() else { return };
    let sending = scene.hold("timer").await;
    // Once it has taken the next call, the timer of this one is set.
    assert!(scene.one("plain").await.is_accepted());
    scene.clock.advance(Duration::from_millis(1_499));
    assert!(scene.one("plain").await.is_accepted());
    assert!(!sending.is_finished());
    scene.clock.advance(Duration::from_millis(1));
    assert_eq!(scene.told("timer").await, 0.0);
    assert_eq!(sending.await.unwrap().outcomes(), [Outcome::accepted(None)]);
}

#[tokio::test]
async fn nonsense_in_every_argument_does_no_harm() {
    let Some(scene) = Scene::new() else { return };
    assert!(scene.one("garbage").await.is_accepted());
}
