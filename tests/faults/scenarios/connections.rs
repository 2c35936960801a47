//! Connections that end, and connections that carry little.

use zpns::Sent;
use zpns_simulator::faults::{Fault, GoAwayMode, Rule};

use crate::recorder::End;
use crate::scene::Scene;
use crate::subjects::{POOLED, Subject};

pub(crate) async fn a_storm_of_goaways_loses_nothing_and_repeats_nothing(
    subject: &'static Subject,
) {
    let scene = Scene::open(subject).await;
    scene.faults([Rule::new(Fault::goaway(GoAwayMode::Graceful)).share(0.05)]);
    let finished = scene.campaign(100, 5).run(&scene).await;
    assert_eq!(finished.accepted(), 100, "{:?}", finished.summary());
    let connections = scene.simulator.counters(subject.vendor).connections_opened;
    assert!(
        connections > 2,
        "a storm, in which {connections} connections went"
    );
}

pub(crate) async fn connections_that_die_under_many_pushes_leave_one_true_outcome_each(
    subject: &'static Subject,
) {
    let scene = Scene::open(subject).await;
    let dropped = Fault::Reset {
        after_headers: false,
        processed: true,
        connection: true,
        code: None,
    };
    let rule = |fault| Rule::new(fault).share(0.04);
    scene.faults([
        rule(Fault::goaway(GoAwayMode::Abrupt)),
        rule(Fault::goaway(GoAwayMode::AbruptProcessed)),
        rule(dropped),
    ]);
    let campaign = scene.campaign(100, 5);
    let finished = campaign.run(&scene).await;
    let mut lost = 0;
    for target in &campaign.targets {
        match finished.end(target) {
            End::Failed { sent, .. } => {
                assert_eq!(
                    sent,
                    Sent::Maybe,
                    "what was certainly not sent is sent again"
                );
                assert!(
                    !scene.capability().deduplicates,
                    "else it is sent again too"
                );
                lost += 1;
            }
            End::Accepted | End::Rejected { .. } => {}
        }
    }
    assert!(
        scene.capability().deduplicates || lost > 0,
        "nothing happened"
    );
    assert!(finished.accepted() + lost >= 100);
}

pub(crate) async fn one_stream_at_a_time_is_enough_for_a_campaign(subject: &'static Subject) {
    let stage = Scene::stage(subject).simulator(|simulator| simulator.stream_limit(1));
    let scene = stage.open().await;
    // And now and then not even the connection stays.
    scene.faults([Rule::new(Fault::goaway(GoAwayMode::Graceful))
        .after(5)
        .share(0.05)]);
    let finished = scene.campaign(60, 5).run(&scene).await;
    assert_eq!(finished.accepted(), 60, "{:?}", finished.summary());
    let counters = scene.simulator.counters(subject.vendor);
    if POOLED.contains(&subject.vendor) {
        assert_eq!((counters.peak_streams, counters.refused_streams), (1, 0));
    }
}
