//! A vendor that says: too fast.

use std::num::NonZeroU32;
use std::time::Duration;

use zpns::ErrorKind;
use zpns_simulator::faults::{Fault, Rule};

use crate::recorder::{Attempt, End};
use crate::scene::Scene;
use crate::subjects::Subject;

/// Requests per second at the most, as the host sets it.
const PACE: usize = 40;

pub(crate) async fn waves_of_rate_limits_slow_the_pace_down_and_it_recovers(
    subject: &'static Subject,
) {
    let stage = Scene::stage(subject).delivery(|delivery| {
        delivery.rate_per_second = NonZeroU32::new(PACE.try_into().unwrap());
    });
    let scene = stage.open().await;
    let wave = |after| Rule::new(Fault::status(429)).after(after).count(4);
    scene.faults([wave(60), wave(280)]);
    let finished = scene.campaign(520, 0).run(&scene).await;
    assert_eq!(finished.accepted(), 520, "{:?}", finished.summary());
    assert_eq!(finished.history.requests.len(), 528);

    let attempts = &finished.history.attempts;
    let waves = complaints(attempts);
    assert_eq!(waves.len(), 2, "{waves:?}");
    let before = paced(attempts, waves[0] - SECOND);
    assert!(
        before >= PACE - 2,
        "{before} in the second before the first wave"
    );
    for wave in waves {
        let after = paced(attempts, wave);
        assert!(after <= PACE / 2 + 5, "{after} in the second after a wave");
        let recovered = paced(attempts, wave + 6 * SECOND);
        assert!(
            recovered >= PACE - PACE / 8,
            "{recovered} in a second, six seconds later"
        );
    }
    let busiest = attempts
        .iter()
        .map(|attempt| paced(attempts, attempt.at))
        .max();
    assert!(
        busiest.unwrap() <= PACE + PACE / 10 + 1,
        "{busiest:?} in one second"
    );
}

const SECOND: Duration = Duration::from_secs(1);

/// When waves of complaints began.
fn complaints(attempts: &[Attempt]) -> Vec<Duration> {
    let mut times = Vec::new();
    for attempt in attempts {
        let ended = attempt.ended.as_ref().unwrap();
        let complained = ended.outcomes.iter().flatten().any(|end| {
            matches!(
                end,
                End::Failed {
                    kind: ErrorKind::RateLimited,
                    ..
                }
            )
        });
        if complained
            && times
                .last()
                .is_none_or(|last| ended.at > *last + 3 * SECOND)
        {
            times.push(ended.at);
        }
    }
    times
}

/// Attempts within a second after this moment.
fn paced(attempts: &[Attempt], from: Duration) -> usize {
    let within = attempts
        .iter()
        .filter(|attempt| attempt.at > from && attempt.at <= from + SECOND);
    within.count()
}
