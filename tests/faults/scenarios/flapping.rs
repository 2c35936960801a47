//! A vendor that comes and goes.

use zpns_simulator::faults::{Fault, Rule};

use crate::scene::Scene;
use crate::subjects::Subject;

pub(crate) async fn a_vendor_that_comes_and_goes_gets_every_push_once(subject: &'static Subject) {
    // So many failures are an outage already, as with many more pushes they would be.
    let stage = Scene::stage(subject).key("max_in_flight", 100);
    let stage = stage.delivery(|delivery| {
        delivery.breaker.at_least = 15;
        delivery.breaker.share = 0.5;
    });
    let scene = stage.open().await;
    let down = |after, count| Rule::new(Fault::status(503)).after(after).count(count);
    // Each rule counts what those before it let through.
    scene.faults([down(10, 25), down(20, 25), down(40, 10)]);
    let finished = scene.campaign(80, 8).run(&scene).await;
    assert_eq!(finished.accepted(), 80, "{:?}", finished.summary());
    let log = scene.recorder.log();
    assert!(log.breakers_opened > 0, "it is left alone while it is down");
    assert_eq!(
        log.breakers_closed, log.breakers_opened,
        "and not for longer"
    );
    assert!(log.retries > 0);
    // 88 pushes and 60 failures: an outage is not multiplied.
    assert_eq!(finished.history.requests.len(), 88 + 60);
}
