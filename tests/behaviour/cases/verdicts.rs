//! What a vendor says of each target, and what comes of it.

use zpns::{ErrorKind, Notification, Target, TokenAction};
use zpns_simulator::Verdict;
use zpns_simulator::faults::{Fault, Rule};

use crate::scene::{Scene, accepted, all_went_out, once, rejected};
use crate::subjects::Subject;

fn hello() -> Notification {
    Notification::alert("Hello", "How are you?")
}

pub(crate) async fn single(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let report = scene.router.send(&hello(), [scene.live()]).await;
    let vendor_id = accepted(&report.outcomes()[0]).vendor_id.clone().unwrap();
    let pushes = scene.pushes();
    assert_eq!(pushes.len(), 1);
    let Verdict::Accepted { id } = &pushes[0].verdict else {
        panic!("{:?}", pushes[0].verdict)
    };
    assert!(
        vendor_id.ends_with(id),
        "{vendor_id} is not the vendor's {id}"
    );
    all_went_out(&report, 0);
}

pub(crate) async fn in_the_sandbox(subject: &'static Subject) {
    let stage = Scene::stage(subject).simulator(|simulator| simulator.sandbox(true));
    let scene = stage.open().await;
    let report = scene.router.send(&hello(), [scene.live()]).await;
    accepted(&report.outcomes()[0]);
}

pub(crate) async fn no_target_at_all(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let report = scene.router.send(&hello(), []).await;
    assert!(report.is_empty());
    assert!(scene.received().is_empty());
}

pub(crate) async fn many_targets_each_pushed_once_and_answered_in_order(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let mut targets = scene.live_ones(2 * scene.capability().batch + 300);
    let dead = targets.len() / 2;
    targets[dead] = scene.dead();
    let report = scene.router.send(&hello(), targets.clone()).await;
    assert_eq!(report.len(), targets.len());
    assert_eq!(report.accepted(), targets.len() - 1);
    assert!(!report.outcomes()[dead].is_accepted());
    let shown = scene.shown();
    assert_eq!(shown.len(), targets.len() - 1);
    assert!(shown.values().all(|&times| times == 1));
}

pub(crate) async fn a_target_given_twice_is_answered_twice(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let report = scene
        .router
        .send(&hello(), [scene.live(), scene.live()])
        .await;
    assert_eq!(report.accepted(), 2);
    let times = if subject.wire.names_once { 1 } else { 2 };
    assert_eq!(scene.shown().into_values().collect::<Vec<_>>(), [times]);
}

pub(crate) async fn mixed_verdicts_each_for_its_own_target(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let alive = scene.live_ones(2);
    let targets = [
        alive[0].clone(),
        scene.dead(),
        scene.flaky(),
        alive[1].clone(),
    ];
    let mut targets = Vec::from(targets);
    targets.extend(scene.foreign());
    let report = scene.router.send(&hello(), targets).await;
    let kinds: Vec<_> = report.outcomes().iter().map(zpns::Outcome::kind).collect();
    let wanted = [
        None,
        Some(ErrorKind::TokenInvalid),
        None,
        None,
        Some(ErrorKind::TokenMismatch),
    ];
    assert_eq!(kinds, wanted[..kinds.len()]);
    assert!(scene.shown().values().all(|&times| times == 1));
}

pub(crate) async fn dead_token(subject: &'static Subject) {
    let (code, says_since) = subject.wire.dead;
    let scene = Scene::open(subject).await;
    let report = scene.router.send(&hello(), [scene.dead()]).await;
    let rejection = rejected(&report.outcomes()[0]);
    assert_eq!(rejection.kind, ErrorKind::TokenInvalid);
    assert_eq!(rejection.vendor.as_ref().unwrap().code, code);
    let TokenAction::Drop { since } = rejection.token else {
        panic!("{:?}", rejection.token)
    };
    assert_eq!(since.is_some(), says_since);
    assert_eq!(scene.pushes().len(), 1, "a verdict is not asked for twice");
    assert_eq!(scene.clock.dropped_tokens(), 1);
}

pub(crate) async fn foreign_token_is_kept(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let report = scene.router.send(&hello(), scene.foreign()).await;
    let rejection = rejected(&report.outcomes()[0]);
    assert_eq!(rejection.kind, ErrorKind::TokenMismatch);
    assert_eq!(rejection.token, TokenAction::Keep);
    let code = &rejection.vendor.as_ref().unwrap().code;
    assert_eq!(
        Some(code.as_str()),
        subject.wire.foreign.map(|(_, code)| code)
    );
    assert_eq!(scene.clock.dropped_tokens(), 0);
}

pub(crate) async fn malformed_token(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let texts = ["", " ", "no token", "täuschend", "../../x", "a\r\nb: c"];
    let targets = texts.map(|text| scene.target(text));
    let report = scene.router.send(&hello(), targets).await;
    for (text, outcome) in texts.iter().zip(report.outcomes()) {
        let rejection = rejected(outcome);
        let tells = [ErrorKind::TokenInvalid, ErrorKind::TokenMismatch];
        assert!(tells.contains(&rejection.kind), "{text:?}: {outcome:?}");
    }
    assert!(scene.shown().is_empty());
    let report = scene.router.send(&hello(), [scene.live()]).await;
    assert_eq!(report.accepted(), 1, "it harms nobody else");
}

pub(crate) async fn the_vendors_own_refusals(subject: &'static Subject) {
    for &(status, code, sentence, kind) in subject.wire.refusals {
        let mut fault = Fault::code(status, code);
        if let Fault::Status { message, .. } = &mut fault {
            *message = Some(sentence.to_owned()).filter(|sentence| !sentence.is_empty());
        }
        let scene = Scene::with_faults(subject, [once(fault)]).await;
        let report = scene.router.send(&hello(), [scene.live()]).await;
        let rejection = rejected(&report.outcomes()[0]);
        assert_eq!(rejection.kind, kind, "{code}");
        assert_eq!(rejection.token, TokenAction::Keep, "{code}");
        assert_eq!(rejection.vendor.as_ref().unwrap().code, code);
        assert_eq!(scene.pushes().len(), 1, "{code}");
    }
    // One that nobody has documented yet: no verdict on the token, whatever it says.
    let unheard = Rule::new(Fault::code(418, "TeapotNotConfigured"));
    let scene = Scene::with_faults(subject, [unheard]).await;
    let report = scene.router.send(&hello(), [scene.live()]).await;
    let outcome = &report.outcomes()[0];
    let code = outcome.vendor().map(|vendor| vendor.code.as_str());
    assert!(
        code.is_some_and(|code| code.contains("Teapot") || code == "418"),
        "{outcome:?}"
    );
    assert_eq!(scene.clock.dropped_tokens(), 0);
    assert_eq!(scene.pushes().len(), 1);
}

pub(crate) async fn unknown_provider(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let lost = Target::new("nobody", scene.live().token.as_str());
    let report = scene.router.send(&hello(), [lost, scene.live()]).await;
    let rejection = rejected(&report.outcomes()[0]);
    assert_eq!(rejection.kind, ErrorKind::Unsupported);
    assert!(
        rejection.reason.contains(subject.vendor),
        "{}",
        rejection.reason
    );
    accepted(&report.outcomes()[1]);
}
