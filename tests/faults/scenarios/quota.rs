//! A quota of the day that is used up while a campaign runs.

use std::time::Duration;

use zpns::{Clock, ErrorKind};
use zpns_simulator::faults::{Fault, Rule};

use crate::campaign::Campaign;
use crate::scene::{Scene, hello};
use crate::subjects::Subject;

const SECOND: Duration = Duration::from_secs(1);

/// Requests under way at once.
const IN_FLIGHT: i64 = 3;

pub(crate) async fn a_quota_used_up_mid_campaign_is_not_asked_again_before_midnight(
    subject: &'static Subject,
) {
    const LEFT: u64 = 12;
    const PUSHES: usize = 60;
    let scene = Scene::stage(subject)
        .key("max_in_flight", IN_FLIGHT)
        .open()
        .await;
    let used_up = || {
        let refusals = subject.wire.refusals.iter();
        let mut quotas = refusals.filter(|(.., kind)| *kind == ErrorKind::QuotaExceeded);
        let (status, code, sentence, _) = quotas.next().unwrap();
        let mut fault = Fault::code(*status, *code);
        if let Fault::Status { message, .. } = &mut fault {
            *message = (!sentence.is_empty()).then(|| (*sentence).to_owned());
        }
        Rule::new(fault)
    };
    scene.faults([used_up().after(LEFT)]);
    let today = Campaign::new(hello(), scene.devices(subject.vendor, PUSHES, 0));
    let finished = today.run(&scene).await;
    let left = usize::try_from(LEFT).unwrap();
    assert_eq!(finished.accepted(), left, "{:?}", finished.summary());
    assert_eq!(finished.of_kind(ErrorKind::QuotaExceeded), PUSHES - left);
    let requests = finished.history.requests.len();
    let most = left + usize::try_from(IN_FLIGHT).unwrap();
    assert!(
        (left + 1..=most).contains(&requests),
        "{requests} requests, {LEFT} of them good"
    );
    let until = match *scene.recorder.log().latched {
        [until] => until,
        ref latched => panic!("latched {} times", latched.len()),
    };

    // A minute before midnight, by the vendor's clock.
    scene.advance(until.since(scene.clock.now()) - 60 * SECOND);
    let evening = Campaign::new(hello(), scene.devices(subject.vendor, 5, 100));
    let finished = evening.run(&scene).await;
    assert_eq!(finished.of_kind(ErrorKind::QuotaExceeded), 5);
    assert_eq!(finished.history.requests.len(), 0, "not asked again");

    scene.faults([]);
    scene.advance(61 * SECOND);
    let tomorrow = Campaign::new(hello(), scene.devices(subject.vendor, 5, 200));
    let finished = tomorrow.run(&scene).await;
    assert_eq!(finished.accepted(), 5, "a new day");
}
