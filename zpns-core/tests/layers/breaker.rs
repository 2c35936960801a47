use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::poll;
use zpns_core::layers::Breaker;
use zpns_core::{ErrorKind, Outcome};

use super::*;
use crate::common::{Recorder, busy, kinds, rejected, secs, soon};

const OPENERS: [ErrorKind; 2] = [ErrorKind::CredentialInvalid, ErrorKind::PermissionDenied];

struct Scene {
    provider: Arc<Scripted>,
    recorder: Arc<Recorder>,
    resources: Resources,
    layer: Arc<dyn PushProvider>,
}

fn scene(provider: Scripted) -> Scene {
    let (provider, recorder, resources) = (provider.arc(), Arc::<Recorder>::default(), paused());
    let observers: Vec<Arc<dyn Observer>> = vec![recorder.clone()];
    let layer = wrap_with(&Breaker::default(), &provider, resources.clone(), observers);
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
    assert_eq!(
        scene.recorder.lines(),
        ["opened credential_invalid", "closed"]
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
    assert_eq!(scene.recorder.lines(), ["opened credential_invalid"]);
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
