//! How a provider proves who it is, and what happens when the vendor does not believe it.

use std::time::Duration;

use futures_util::future::join_all;
use toml::Table;
use zpns::{ErrorKind, Notification, TokenAction};
use zpns_simulator::faults::{Fault, Rule};

use crate::scene::{Scene, accepted, rejected};
use crate::subjects::Subject;

fn hello() -> Notification {
    Notification::alert("Hello", "How are you?")
}

pub(crate) async fn credential_failure_stops_further_calls(subject: &'static Subject) {
    let (failure, code) = subject.wire.credential_failure;
    let one_by_one = Scene::stage(subject).key("max_in_flight", 1);
    let scene = one_by_one.open().await;
    scene.faults([failure()]);
    let report = scene.router.send(&hello(), scene.live_ones(20)).await;
    for outcome in report.outcomes() {
        let rejection = rejected(outcome);
        assert_eq!(rejection.kind, ErrorKind::CredentialInvalid);
        assert_eq!(rejection.token, TokenAction::Keep);
    }
    let first = rejected(&report.outcomes()[0]).vendor.as_ref().unwrap();
    assert_eq!(first.code, code);
    assert_eq!(scene.received().len(), 1, "one call tells");
    assert_eq!(scene.clock.breaker_openings(), 1);

    let report = scene.router.send(&hello(), scene.live_ones(5)).await;
    assert_eq!(report.of_kind(ErrorKind::CredentialInvalid), 5);
    assert_eq!(scene.received().len(), 1, "and is not asked again");

    scene.faults([]);
    scene.clock.skip(Duration::from_secs(31));
    let report = scene.router.send(&hello(), scene.live_ones(5)).await;
    assert_eq!(
        report.accepted(),
        5,
        "after a pause it is: {:?}",
        report.outcomes()
    );
}

pub(crate) async fn wrong_credentials(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let wrong = (subject.wire.wrong_credentials.unwrap())(&scene.simulator);
    let (provider, delivery) = scene.another(wrong);
    scene.router.replace_with(provider, delivery);
    let report = scene.router.send(&hello(), [scene.live()]).await;
    let rejection = rejected(&report.outcomes()[0]);
    assert_eq!(
        rejection.kind,
        ErrorKind::CredentialInvalid,
        "{rejection:?}"
    );
    assert_eq!(rejection.token, TokenAction::Keep);
    assert!(scene.shown().is_empty());
}

pub(crate) async fn missing_permission(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let others = (subject.wire.no_permission.unwrap())(&scene.simulator);
    let (provider, delivery) = scene.another(others);
    scene.router.replace_with(provider, delivery);
    let report = scene.router.send(&hello(), [scene.live()]).await;
    let rejection = rejected(&report.outcomes()[0]);
    assert_eq!(rejection.kind, ErrorKind::PermissionDenied, "{rejection:?}");
    assert_eq!(rejection.token, TokenAction::Keep);
    assert_eq!(scene.pushes().len(), 1);
}

pub(crate) async fn expired_auth_is_one_refresh_and_one_resend(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let report = scene.router.send(&hello(), [scene.live()]).await;
    accepted(&report.outcomes()[0]);
    scene.simulator.clear();

    scene.faults([Rule::new(Fault::ExpiredAuth {}).count(1)]);
    let report = scene.router.send(&hello(), [scene.live()]).await;
    accepted(&report.outcomes()[0]);
    assert_eq!(scene.pushes().len(), 2, "one resend");
    assert_eq!(scene.credentials().len(), 2, "one refresh");
    assert_eq!(scene.exchanges(), subject.wire.exchanges);
    assert_eq!(scene.shown().into_values().collect::<Vec<_>>(), [1]);
    assert!(
        scene.clock.pauses().is_empty(),
        "no retry: nothing has failed"
    );

    let report = scene.router.send(&hello(), [scene.live()]).await;
    accepted(&report.outcomes()[0]);
    assert_eq!(scene.credentials().len(), 2, "the fresh one stays in use");
}

pub(crate) async fn many_pushes_that_expire_at_once_share_one_refresh(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let report = scene.router.send(&hello(), scene.live_ones(10)).await;
    assert_eq!(report.accepted(), 10);
    scene.simulator.clear();

    scene.faults([Rule::new(Fault::ExpiredAuth {}).count(1)]);
    let report = scene.router.send(&hello(), scene.live_ones(200)).await;
    assert_eq!(report.accepted(), 200, "{:?}", report.outcomes());
    assert_eq!(scene.credentials().len(), 2, "one refresh for all");
    assert_eq!(scene.exchanges(), subject.wire.exchanges);
    let shown = scene.shown();
    assert_eq!(shown.len(), 200);
    assert!(shown.values().all(|&times| times == 1));
}

pub(crate) async fn expired_again_on_a_fresh_credential(subject: &'static Subject) {
    let scene = Scene::with_faults(subject, [Rule::new(Fault::ExpiredAuth {})]).await;
    let report = scene.router.send(&hello(), [scene.live()]).await;
    let rejection = rejected(&report.outcomes()[0]);
    assert_eq!(rejection.kind, ErrorKind::CredentialInvalid);
    assert_eq!(rejection.token, TokenAction::Keep);
    assert_eq!(
        scene.pushes().len(),
        2,
        "refreshed once, resent once, and no more"
    );
    assert_eq!(scene.credentials().len(), 2);
}

pub(crate) async fn a_wrong_clock_is_named(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let two_hours = Duration::from_secs(2 * 60 * 60);
    let life = subject.long_life().unwrap_or_default();
    scene.simulator.advance(life + two_hours);
    let report = scene.router.send(&hello(), [scene.live()]).await;
    let rejection = rejected(&report.outcomes()[0]);
    assert_eq!(rejection.kind, ErrorKind::CredentialInvalid);
    assert!(rejection.reason.contains("clock"), "{}", rejection.reason);
}

pub(crate) async fn credentials_are_renewed_before_they_end(subject: &'static Subject) {
    const HOUR: Duration = Duration::from_secs(60 * 60);
    let step = subject.long_life().unwrap_or(HOUR) + Duration::from_secs(60);
    let scene = Scene::open(subject).await;
    let requests = 3_usize.div_ceil(scene.capability().batch);
    for age in 1..=3 {
        let report = scene.router.send(&hello(), scene.live_ones(3)).await;
        assert_eq!(report.accepted(), 3, "{:?}", report.outcomes());
        assert_eq!(
            scene.pushes().len(),
            requests * age,
            "none was refused for its age"
        );
        assert_eq!(scene.credentials().len(), age);
        scene.simulator.advance(step);
        scene.clock.skip(step);
    }
}

pub(crate) async fn a_thousand_sends_share_one_auth_exchange(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let message = hello();
    let sends = scene
        .live_ones(1_000)
        .into_iter()
        .map(|target| scene.router.send(&message, [target]));
    for report in join_all(sends).await {
        accepted(&report.outcomes()[0]);
    }
    assert_eq!(scene.exchanges(), subject.wire.exchanges);
    assert_eq!(scene.credentials().len(), 1);
    let shown = scene.shown();
    assert_eq!(shown.len(), 1_000);
    assert!(shown.values().all(|&times| times == 1));
}

pub(crate) async fn check_proves_the_credentials_and_reaches_nobody(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let check = scene.provider().check().await.unwrap();
    assert!(!check.reason.is_empty());
    assert!(
        !scene.received().is_empty(),
        "nothing is proved without a call"
    );
    assert!(scene.shown().is_empty());
}

pub(crate) async fn check_tells_wrong_credentials(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let wrong = (subject.wire.wrong_credentials.unwrap())(&scene.simulator);
    let (provider, _) = scene.another(wrong);
    let error = provider.check().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CredentialInvalid, "{error:?}");
    assert!(scene.shown().is_empty());
}

pub(crate) async fn debug_shows_no_secret_and_no_token(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let target = scene.live();
    let report = scene
        .router
        .send(&hello(), [target.clone(), scene.dead()])
        .await;
    let provider = scene.another(Table::new()).0;
    let shown = format!("{:?} {provider:?} {report:?} {target:?}", scene.router);
    let mut secrets = vec![
        target.token.as_str().to_owned(),
        scene.dead().token.as_str().to_owned(),
    ];
    secrets.extend(scene.credentials().into_iter().flat_map(words));
    let config: Table = scene.simulator.config_toml().unwrap().parse().unwrap();
    let keys = config["providers"][subject.vendor].as_table().unwrap();
    let private = keys.values().filter_map(toml::Value::as_str);
    let private = private.filter(|text| text.contains("PRIVATE KEY"));
    let named = |key: &str| key.contains("secret");
    let named = keys.iter().filter(|(key, _)| named(key));
    secrets.extend(named.filter_map(|(_, secret)| Some(secret.as_str()?.to_owned())));
    // Line by line: in a JSON file the breaks are written as `\n`.
    secrets.extend(private.flat_map(|text| words(text.replace("\\n", "\n"))));
    assert!(secrets.len() > 2, "no secret to look for");
    for secret in secrets {
        assert!(!shown.contains(&secret), "shows {secret}");
    }
}

/// The words of a text that are long enough to be a secret.
fn words(text: String) -> Vec<String> {
    let words = text.split(['\n', ' ', '"', '.']);
    words
        .filter(|word| word.len() >= 32 && !word.contains("://"))
        .map(str::to_owned)
        .collect()
}
