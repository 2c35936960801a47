use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::poll;
use zpns_core::layers::Breaker;
use zpns_core::{Error, ErrorKind, Outcome, Rejection, Retry, Scope, Sent};

use super::*;
use crate::common::{Recorder, busy, failed, kinds, lost, millis, rejected, secs, soon};

const OPENERS: [ErrorKind; 2] = [ErrorKind::CredentialInvalid, ErrorKind::PermissionDenied];

struct Scene {
    provider: Arc<Scripted>,
    recorder: Arc<Recorder>,
    resources: Resources,
    layer: Arc<dyn PushProvider>,
}

fn scene(provider: Scripted) -> Scene {
    scene_with(provider, &Breaker::default())
}

fn scene_with(provider: Scripted, breaker: &Breaker) -> Scene {
    let (provider, recorder, resources) = (provider.arc(), Arc::<Recorder>::default(), paused());
    let observers: Vec<Arc<dyn Observer>> = vec![recorder.clone()];
    let layer = wrap_with(breaker, &provider, resources.clone(), observers);
    Scene {
        provider,
        recorder,
        resources,
        layer,
    }
}

impl Scene {
    async fn send(&self) -> Option<ErrorKind> {
        let report = soon(self.layer.send(&batch(&self.provider, 1, None))).await;
        report.outcomes()[0].kind()
    }

    async fn pass(&self, time: Duration) {
        self.resources.clock.sleep(time).await;
    }

    fn calls(&self) -> usize {
        self.provider.calls().len()
    }
}

#[tokio::test(start_paused = true)]
async fn after_credentials_failed_pushes_are_answered_with_that_kind_without_a_call() {
    for kind in OPENERS {
        let scene = scene(Scripted::new("a", 10, 1).in_turn(vec![rejected(kind)]));
        assert_eq!(scene.send().await, Some(kind));
        scene.pass(secs(29)).await;
        let report = scene.layer.send(&batch(&scene.provider, 3, None)).await;
        assert_eq!(kinds(report.outcomes()), [Some(kind); 3]);
        let Outcome::Rejected(rejection) = &report.outcomes()[0] else {
            panic!("{report:?}");
        };
        assert_eq!(
            rejection.reason,
            "not sent: an earlier push was refused with: as the script says"
        );
        assert_eq!(scene.calls(), 1);
        assert_eq!(scene.recorder.lines(), [format!("opened {kind}")]);
    }
}

#[tokio::test(start_paused = true)]
async fn no_other_kind_opens_it() {
    for kind in ErrorKind::ALL {
        if !OPENERS.contains(&kind) && kind.is_verdict() {
            let scene = scene(Scripted::new("a", 10, 1).in_turn(vec![rejected(kind), busy()]));
            scene.send().await;
            scene.send().await;
            scene.send().await;
            assert_eq!(scene.calls(), 3, "{kind}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_pause_one_push_probes_and_if_it_succeeds_all_go_again() {
    let revoked = rejected(ErrorKind::CredentialInvalid);
    let scene = scene(Scripted::new("a", 10, 1).gated().in_turn(vec![
        revoked.clone(),
        revoked,
        Outcome::accepted(None),
    ]));
    scene.provider.let_go(1);
    scene.send().await;
    scene.pass(secs(30)).await;

    let one = batch(&scene.provider, 1, None);
    let mut probe = Box::pin(scene.layer.send(&one));
    assert!(poll!(&mut probe).is_pending());
    assert_eq!(scene.calls(), 2);
    assert_eq!(scene.send().await, Some(ErrorKind::CredentialInvalid));
    assert_eq!(scene.calls(), 2);
    scene.provider.let_go(100);
    assert_eq!(
        probe.await.outcomes()[0].kind(),
        Some(ErrorKind::CredentialInvalid)
    );

    // A failed probe is followed by a whole pause.
    scene.pass(secs(29)).await;
    assert_eq!(scene.send().await, Some(ErrorKind::CredentialInvalid));
    assert_eq!(scene.calls(), 2);
    scene.pass(secs(1)).await;
    assert_eq!(scene.send().await, None);
    assert_eq!(scene.send().await, None);
    assert_eq!(scene.calls(), 4);
    // One half-opening for each probe, and one closing for the one that got through.
    assert_eq!(
        scene.recorder.lines(),
        [
            "opened credential_invalid",
            "halfopened",
            "halfopened",
            "closed"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_future_is_dropped_makes_way_for_another() {
    let revoked = rejected(ErrorKind::CredentialInvalid);
    let accepted = Outcome::accepted(None);
    let scene = scene(
        Scripted::new("a", 10, 1)
            .gated()
            .in_turn(vec![revoked, accepted]),
    );
    scene.provider.let_go(1);
    scene.send().await;
    scene.pass(secs(30)).await;
    let one = batch(&scene.provider, 1, None);
    let mut probe = Box::pin(scene.layer.send(&one));
    assert!(poll!(&mut probe).is_pending());
    drop(probe);
    scene.provider.let_go(1);
    assert_eq!(scene.send().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_probe_without_a_verdict_proves_nothing() {
    let revoked = rejected(ErrorKind::CredentialInvalid);
    let scene = scene(Scripted::new("a", 10, 1).in_turn(vec![revoked, busy()]));
    scene.send().await;
    scene.pass(secs(30)).await;
    assert_eq!(scene.send().await, Some(ErrorKind::Unavailable));
    assert_eq!(scene.send().await, Some(ErrorKind::CredentialInvalid));
    assert_eq!(scene.calls(), 2);
    assert_eq!(
        scene.recorder.lines(),
        ["opened credential_invalid", "halfopened"]
    );
}

#[tokio::test(start_paused = true)]
async fn what_went_out_before_it_opened_neither_closes_it_nor_changes_its_kind() {
    let scene = scene(Scripted::new("a", 10, 1).gated().in_turn(vec![
        rejected(ErrorKind::CredentialInvalid),
        Outcome::accepted(None),
        rejected(ErrorKind::PermissionDenied),
    ]));
    let one = batch(&scene.provider, 1, None);
    let mut first = Box::pin(scene.layer.send(&one));
    let mut second = Box::pin(scene.layer.send(&one));
    let mut third = Box::pin(scene.layer.send(&one));
    for send in [&mut first, &mut second, &mut third] {
        assert!(poll!(send).is_pending());
    }
    scene.provider.let_go(3);
    let _ = first.await;
    assert_eq!(second.await.accepted(), 1);
    assert_eq!(scene.send().await, Some(ErrorKind::CredentialInvalid));
    assert_eq!(third.await.of_kind(ErrorKind::PermissionDenied), 1);
    assert_eq!(scene.send().await, Some(ErrorKind::CredentialInvalid));
    assert_eq!(scene.recorder.lines(), ["opened credential_invalid"]);
}

#[tokio::test(start_paused = true)]
async fn what_one_target_is_denied_and_another_granted_opens_nothing() {
    let granted = AtomicBool::new(true);
    let scene = scene(Scripted::new("a", 10, 1).answering(move |batch, _| {
        let mut outcomes = vec![rejected(ErrorKind::PermissionDenied); batch.targets().len()];
        if granted.swap(false, Ordering::SeqCst) {
            outcomes[1] = Outcome::accepted(None);
        }
        outcomes
    }));
    let two = batch(&scene.provider, 2, None);
    assert_eq!(scene.layer.send(&two).await.accepted(), 1);
    assert!(scene.recorder.lines().is_empty());
    let _ = scene.layer.send(&two).await;
    assert_eq!(scene.recorder.lines(), ["opened permission_denied"]);
}

/// One that sees an outage in ten requests.
fn hasty() -> Breaker {
    let mut breaker = Breaker::default();
    breaker.at_least = 10;
    breaker
}

#[tokio::test(start_paused = true)]
async fn an_outage_opens_it_once_the_share_of_enough_requests_failed() {
    for outcome in [
        busy(),
        lost(),
        failed(ErrorKind::Protocol, Retry::Backoff, Sent::Maybe),
    ] {
        let script = move |batch: &Batch, call: usize| {
            // One of five gets an answer.
            let answered = rejected(ErrorKind::TokenInvalid);
            let outcome = if call.is_multiple_of(5) {
                &answered
            } else {
                &outcome
            };
            vec![outcome.clone(); batch.targets().len()]
        };
        let scene = scene_with(Scripted::new("a", 10, 1).answering(script), &hasty());
        for _ in 0..10 {
            scene.send().await;
        }
        assert_eq!(scene.calls(), 10);
        assert_eq!(scene.send().await, Some(ErrorKind::Unavailable));
        assert_eq!(scene.calls(), 10);
        assert_eq!(scene.recorder.of("opened").len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lower_share_opens_nothing_however_many_requests_fail() {
    let script = |batch: &Batch, call: usize| {
        let outcome = if call.is_multiple_of(4) {
            Outcome::accepted(None)
        } else {
            busy()
        };
        vec![outcome; batch.targets().len()]
    };
    let scene = scene_with(Scripted::new("a", 10, 1).answering(script), &hasty());
    for _ in 0..1_000 {
        scene.send().await;
    }
    assert_eq!(scene.calls(), 1_000);
}

#[tokio::test(start_paused = true)]
async fn failures_that_are_far_apart_are_no_outage() {
    let scene = scene_with(Scripted::new("a", 10, 1).in_turn(vec![busy()]), &hasty());
    for _ in 0..50 {
        scene.send().await;
        scene.pass(millis(1_200)).await;
    }
    assert_eq!(scene.calls(), 50);
}

#[tokio::test(start_paused = true)]
async fn what_waiting_does_not_mend_or_concerns_one_target_or_is_too_fast_is_no_outage() {
    let of_target = Error::new(ErrorKind::Unavailable, "away").with_retry(Retry::Backoff);
    for outcome in [
        failed(ErrorKind::Unavailable, Retry::Never, Sent::No),
        of_target.with_scope(Scope::Target).into(),
        failed(ErrorKind::RateLimited, Retry::Backoff, Sent::No),
    ] {
        let scene = scene_with(Scripted::new("a", 10, 1).in_turn(vec![outcome]), &hasty());
        for _ in 0..50 {
            scene.send().await;
        }
        assert_eq!(scene.calls(), 50);
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_that_fail_for_a_class_or_a_target_open_nothing() {
    for scope in [Scope::Target, Scope::Class] {
        for kind in OPENERS {
            let refusal = Rejection::new(kind, "not this topic").with_scope(scope);
            let provider = Scripted::new("a", 10, 1).in_turn(vec![refusal.into()]);
            let scene = scene(provider);
            scene.send().await;
            scene.send().await;
            assert_eq!(scene.calls(), 2, "{kind} {scope:?}");
            assert!(scene.recorder.lines().is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn in_an_outage_the_pause_doubles_up_to_the_longest_and_an_answer_closes_it() {
    let up = Arc::new(AtomicBool::new(false));
    let provider = Scripted::new("a", 10, 1).timed().answering({
        let up = Arc::clone(&up);
        move |batch, _| {
            let outcome = match up.load(Ordering::SeqCst) {
                true => failed(ErrorKind::RateLimited, Retry::Backoff, Sent::No),
                false => busy(),
            };
            vec![outcome; batch.targets().len()]
        }
    });
    let scene = scene_with(provider, &hasty());
    for _ in 0..10 {
        scene.send().await;
    }
    // Somebody asks every tenth of a second.
    for _ in 0..500 {
        scene.pass(millis(100)).await;
        scene.send().await;
    }
    let times = scene.provider.times();
    let pauses: Vec<u128> = times[9..]
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).as_millis() / 100)
        .collect();
    assert_eq!(pauses[..6], [5, 10, 20, 40, 80, 100], "{pauses:?}");
    up.store(true, Ordering::SeqCst);
    scene.pass(secs(10)).await;
    let before = scene.calls();
    for _ in 0..3 {
        assert_eq!(scene.send().await, Some(ErrorKind::RateLimited));
    }
    assert_eq!(scene.calls(), before + 3);
    let lines = scene.recorder.lines();
    let probes = scene.recorder.of("halfopened").len();
    assert_eq!(
        probes,
        pauses.len() + 1,
        "one for each call since it opened"
    );
    assert_eq!(lines.len(), probes + 2, "{lines:?}");
    assert_eq!(lines[0], "opened unavailable");
    assert_eq!(lines[lines.len() - 1], "closed");
}

#[tokio::test(start_paused = true)]
async fn only_a_verdict_says_that_credentials_are_good_again() {
    let revoked = rejected(ErrorKind::CredentialInvalid);
    let too_fast = failed(ErrorKind::RateLimited, Retry::Backoff, Sent::No);
    let scene = scene(Scripted::new("a", 10, 1).in_turn(vec![revoked, too_fast]));
    scene.send().await;
    scene.pass(secs(30)).await;
    assert_eq!(scene.send().await, Some(ErrorKind::RateLimited));
    assert_eq!(scene.send().await, Some(ErrorKind::CredentialInvalid));
    assert_eq!(scene.calls(), 2);
}
