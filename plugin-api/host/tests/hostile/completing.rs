//! Calls that end once too often, under a wrong name, late, or with nonsense.

use zpns_core::{ErrorKind, Outcome, PushProvider, Retry, Sent};

use crate::scene::Scene;

#[tokio::test]
async fn a_call_that_is_completed_twice_has_the_first_outcome() {
    let Some(scene) = Scene::new() else { return };
    for _ in 0..100 {
        assert_eq!(scene.one("double").await, Outcome::accepted(None));
    }
    let health = scene.provider.health();
    assert_eq!((health.stray, health.unfinished), (100, 0), "{health:?}");
}

#[tokio::test]
async fn a_forged_completion_ends_nobody_elses_call() {
    let Some(scene) = Scene::new() else { return };
    let held = scene.hold("hold").await;
    assert!(scene.one("forged").await.is_accepted());
    assert_eq!(scene.provider.health().stray, 501);
    assert!(!held.is_finished());
    assert!(scene.one("release").await.is_accepted());
    assert_eq!(held.await.unwrap().accepted(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn completions_of_calls_that_are_still_queued_count_for_nothing() {
    let Some(scene) = Scene::new() else { return };
    assert!(scene.one("flood").await.is_accepted());
    for _ in 0..50 {
        // Whichever side is first, there is one outcome, and it is an acceptance.
        assert!(scene.one("plain").await.is_accepted());
    }
    scene.told("flooded").await;
    assert_eq!(scene.provider.health().unfinished, 0);
}

#[tokio::test]
async fn an_outcome_from_within_send_is_as_good_as_any() {
    let Some(scene) = Scene::new() else { return };
    assert_eq!(scene.send("plain", 10).await.accepted(), 10);
}

#[tokio::test]
async fn what_cannot_be_read_is_a_failure_that_may_have_been_sent() {
    let Some(scene) = Scene::new() else { return };
    let titles = [
        "null",
        "empty",
        "huge",
        "lying",
        "nonsense",
        "deep",
        "status",
        "panics later",
    ];
    for title in titles {
        for outcome in scene.send(title, 3).await.into_outcomes() {
            let Outcome::Failed(error) = outcome else {
                panic!("{title}: {outcome:?}");
            };
            assert_eq!(
                (error.kind(), error.sent()),
                (ErrorKind::Protocol, Sent::Maybe),
                "{title}"
            );
            assert!(!error.to_string().contains("token-"), "{error}");
        }
    }
    let health = scene.provider.health();
    assert_eq!((health.panicked, health.quarantined), (1, false));
    assert!(health.unreadable >= 6, "{health:?}");
    assert!(scene.one("plain").await.is_accepted(), "and it goes on");
}

#[tokio::test]
async fn positions_that_do_not_fit_cost_their_own_targets_a_verdict() {
    let Some(scene) = Scene::new() else { return };
    let outcomes = scene.send("positions", 3).await.into_outcomes();
    let kinds: Vec<_> = outcomes.iter().map(Outcome::kind).collect();
    let unknown = Some(ErrorKind::Protocol);
    assert_eq!(kinds, [None, unknown, unknown]);
}

#[tokio::test]
async fn a_rejection_that_is_no_verdict_drops_no_token() {
    let Some(scene) = Scene::new() else { return };
    let outcome = scene.one("timeless").await;
    assert!(
        matches!(&outcome, Outcome::Failed(error) if error.sent() == Sent::Maybe),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_refused_call_was_not_sent() {
    let Some(scene) = Scene::new() else { return };
    let outcome = scene.one("refuses").await;
    let Outcome::Failed(error) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Cancelled, Sent::No)
    );
}

#[tokio::test]
async fn of_a_completion_and_a_refusal_the_first_word_counts() {
    let Some(scene) = Scene::new() else { return };
    assert!(scene.one("completes and refuses").await.is_accepted());
    assert_eq!(scene.provider.health().unfinished, 0);
}

#[tokio::test]
async fn the_plugins_own_error_is_handed_on_without_its_secrets() {
    let Some(scene) = Scene::new() else { return };
    let outcome = scene.one("failed").await;
    let Outcome::Failed(error) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!((error.sent(), error.retry()), (Sent::No, Retry::Never));
    assert_eq!(error.message(), "slow down, [secret]");
    let outcome = scene.one("talks").await;
    let Outcome::Rejected(rejection) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(rejection.reason, "key [secret]");
}

#[tokio::test]
async fn an_instance_that_panics_in_a_call_is_quarantined_alone() {
    let (Some(scene), Some(other)) = (Scene::new(), Scene::new()) else {
        return;
    };
    let outcome = scene.one("panics").await;
    let Outcome::Failed(error) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Unavailable, Sent::Maybe)
    );
    assert!(scene.provider.health().quarantined);
    let outcome = scene.one("plain").await;
    let Outcome::Failed(error) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Unavailable, Sent::No)
    );
    assert!(scene.provider.check().await.is_err());
    assert!(
        other.one("plain").await.is_accepted(),
        "another instance of it"
    );
}

#[tokio::test]
async fn on_the_callers_thread_it_is_no_different() {
    let Some(scene) = Scene::on_the_callers_thread() else {
        return;
    };
    assert!(scene.one("double").await.is_accepted());
    let held = scene.hold("hold").await;
    assert!(scene.one("forged").await.is_accepted());
    assert!(scene.one("release").await.is_accepted());
    assert_eq!(held.await.unwrap().accepted(), 1);
    assert_eq!(
        scene.one("refuses").await.kind(),
        Some(ErrorKind::Cancelled)
    );
    let dropped = scene.hold("hold").await;
    dropped.abort();
    assert!(dropped.await.unwrap_err().is_cancelled());
    scene.told("cancel").await;
    assert!(scene.one("release").await.is_accepted());
    assert!(scene.provider.health().late == 1 && scene.provider.health().unfinished == 0);
    assert_eq!(
        scene.one("panics").await.kind(),
        Some(ErrorKind::Unavailable)
    );
    assert!(scene.provider.health().quarantined);
    scene.provider.shutdown(std::time::Duration::ZERO).await;
    assert_eq!(
        scene.one("plain").await.kind(),
        Some(ErrorKind::Unavailable)
    );
}
