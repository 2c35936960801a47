//! Credentials that end while many pushes are under way.

use std::time::Duration;

use zpns_simulator::faults::{Fault, Rule};

use crate::campaign::Campaign;
use crate::scene::{Scene, hello};
use crate::subjects::Subject;

/// Longer than a vendor wants between two renewals, and shorter than a credential lives.
const A_WHILE: Duration = Duration::from_secs(25 * 60);

pub(crate) async fn a_storm_of_expired_credentials_is_one_renewal(subject: &'static Subject) {
    const PUSHES: usize = 120;
    let scene = Scene::open(subject).await;
    let warm = scene.campaign(5, 0).run(&scene).await;
    assert_eq!(warm.accepted(), 5);
    let a_while = match subject.long_life() {
        Some(_) => 3 * A_WHILE,
        None => A_WHILE,
    };
    for storm in 1..=3 {
        scene.advance(a_while);
        scene.simulator.clear();
        scene.faults([Rule::new(Fault::ExpiredAuth {}).count(1)]);
        let devices = scene.devices(subject.vendor, PUSHES, storm * PUSHES);
        let finished = Campaign::new(hello(), devices).run(&scene).await;
        assert_eq!(finished.accepted(), PUSHES, "{:?}", finished.summary());
        assert_eq!(scene.credentials().len(), 2, "the old one, and a new one");
        let calls = scene.simulator.counters(subject.vendor).auth_calls;
        assert_eq!(
            calls, subject.wire.exchanges,
            "one renewal for {PUSHES} pushes"
        );
        assert_eq!(scene.recorder.log().retries, 0, "nothing has failed");
    }
}
