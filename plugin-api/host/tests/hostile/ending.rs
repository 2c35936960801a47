//! Calls that do not end, and instances that do not.

use std::ffi::CString;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use zpns_core::{ErrorKind, Outcome, PushProvider, Sent};
use zpns_plugin_host::{LoadErrorKind, Standing};

use crate::scene::{Scene, tempfile_folder};

/// A named pipe that the plugin waits at until it is opened for writing.
fn gate(name: &str) -> PathBuf {
    let path = tempfile_folder().join(name);
    let text = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: the text ends in NUL and lives through the call.
    assert_eq!(unsafe { libc::mkfifo(text.as_ptr(), 0o600) }, 0);
    path
}

/// Opens the gate for whoever waits at it, or waits until somebody does.
fn pass(gate: &Path) {
    drop(File::options().write(true).open(gate).unwrap());
}

#[tokio::test]
async fn a_call_that_never_ends_is_over_at_its_deadline() {
    let Some(scene) = Scene::new() else { return };
    let sending = scene.hold("never").await;
    scene.clock.advance(Duration::from_secs(10));
    let report = sending.await.unwrap();
    let [Outcome::Failed(error)] = report.outcomes() else {
        panic!("{report:?}");
    };
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Timeout, Sent::Maybe)
    );
    assert_eq!(
        scene.told("cancel").await,
        1.0,
        "and the plugin is told to stop"
    );
    let health = scene.provider.health();
    assert_eq!(
        (health.overdue, health.unfinished),
        (1, 1),
        "what it holds still counts"
    );
}

#[tokio::test]
async fn without_a_deadline_there_is_a_longest_time() {
    let Some(scene) = Scene::new() else { return };
    let (provider, batch) = (Arc::clone(&scene.provider), scene.batch("never", 1));
    let sending = tokio::spawn(async move { provider.send(&batch).await });
    assert_eq!(
        scene.told("send").await,
        29_900.0,
        "it is told a little less"
    );
    scene.clock.advance(Duration::from_secs(30));
    assert_eq!(sending.await.unwrap().of_kind(ErrorKind::Timeout), 1);
}

#[tokio::test]
async fn a_dropped_send_is_a_hint_to_the_plugin_and_its_late_end_does_no_harm() {
    let Some(scene) = Scene::new() else { return };
    let sending = scene.hold("hold").await;
    sending.abort();
    assert!(sending.await.unwrap_err().is_cancelled());
    assert_eq!(scene.told("cancel").await, 1.0);
    assert_eq!(scene.provider.health().unfinished, 1);
    // Reads the body of the held call before it completes it: it must still be there.
    assert!(scene.one("release").await.is_accepted());
    let health = scene.provider.health();
    assert_eq!((health.late, health.stray, health.unfinished), (1, 1, 0));
}

#[tokio::test]
async fn calls_that_never_end_are_not_piled_up_without_limit() {
    let made = Scene::with(json!({}), |options| options.unfinished = 2);
    let Some(Ok(scene)) = made else { return };
    for _ in 0..2 {
        let sending = scene.hold("never").await;
        scene.clock.advance(Duration::from_secs(10));
        assert_eq!(sending.await.unwrap().of_kind(ErrorKind::Timeout), 1);
    }
    let outcome = scene.one("plain").await;
    let Outcome::Failed(error) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Unavailable, Sent::No)
    );
}

#[tokio::test]
async fn a_plugin_that_blocks_in_send_holds_up_nobody_else() {
    let gate = gate("blocks");
    let made = Scene::with(json!({"gate": gate}), |_| {});
    let (Some(Ok(scene)), Some(other)) = (made, Scene::new()) else {
        return;
    };
    let blocked = scene.hold("blocks").await;
    let (provider, batch) = (Arc::clone(&scene.provider), scene.batch("plain", 1));
    let deadline = Some(Duration::from_secs(5));
    let queued = tokio::spawn(async move { provider.send(&batch.with_deadline(deadline)).await });
    // This very thread runs the other instance's sends meanwhile.
    assert!(other.one("plain").await.is_accepted());
    scene.clock.advance(Duration::from_secs(10));
    let sent = |report: zpns_core::Report| match report.into_outcomes().remove(0) {
        Outcome::Failed(error) => (error.kind(), error.sent()),
        outcome => panic!("{outcome:?}"),
    };
    assert_eq!(
        sent(blocked.await.unwrap()),
        (ErrorKind::Timeout, Sent::Maybe)
    );
    let never_sent = (ErrorKind::Timeout, Sent::No);
    assert_eq!(
        sent(queued.await.unwrap()),
        never_sent,
        "the plugin never heard of it"
    );
    tokio::task::spawn_blocking(move || pass(&gate))
        .await
        .unwrap();
    assert!(
        scene.one("plain").await.is_accepted(),
        "it takes calls again"
    );
    assert_eq!(scene.provider.health().late, 1);
}

#[tokio::test]
async fn a_shutdown_drains_and_destroys() {
    let Some(scene) = Scene::new() else { return };
    assert!(scene.one("plain").await.is_accepted());
    scene.provider.shutdown(Duration::from_millis(700)).await;
    assert_eq!(scene.told("shutdown").await, 700.0);
    assert_eq!(scene.told("destroy").await, 1.0);
    assert_eq!(scene.provider.health().standing, Standing::Closed);
    let outcome = scene.one("plain").await;
    let Outcome::Failed(error) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Cancelled, Sent::No)
    );
    scene.provider.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn what_a_plugin_holds_when_it_is_destroyed_may_have_been_sent() {
    let Some(scene) = Scene::new() else { return };
    let held = scene.hold("hold").await;
    scene.provider.shutdown(Duration::ZERO).await;
    let report = held.await.unwrap();
    let [Outcome::Failed(error)] = report.outcomes() else {
        panic!("{report:?}");
    };
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Cancelled, Sent::Maybe)
    );
}

#[tokio::test]
async fn an_instance_that_does_not_shut_down_is_abandoned() {
    let made = Scene::with(json!({"gate": "never"}), |_| {});
    let Some(Ok(scene)) = made else { return };
    let provider = Arc::clone(&scene.provider);
    let closing = tokio::spawn(async move { provider.shutdown(Duration::from_secs(1)).await });
    scene.told("shutdown").await;
    scene.clock.advance(Duration::from_secs(6));
    closing.await.unwrap();
    assert_eq!(scene.provider.health().standing, Standing::Abandoned);
}

#[tokio::test]
async fn a_plugin_that_goes_on_after_its_end_does_no_harm() {
    let (gate, over) = (gate("after-destroy"), gate("after-destroy.over"));
    let made = Scene::with(json!({"gate": gate}), |_| {});
    let Some(Ok(scene)) = made else { return };
    scene.provider.shutdown(Duration::ZERO).await;
    assert_eq!(scene.provider.health().standing, Standing::Closed);
    let passed = tokio::task::spawn_blocking(move || {
        pass(&gate);
        // The plugin comes here only if every host function has returned.
        pass(&over);
    });
    passed.await.unwrap();
    assert_eq!(scene.provider.health().stray, 100);
}

#[tokio::test]
async fn a_provider_that_is_dropped_is_closed_in_the_background() {
    let Some(scene) = Scene::new() else { return };
    let mut events = scene.without_provider();
    let mut told = Vec::new();
    while told.last().is_none_or(|name| name != "destroy") {
        told.push(events.recv().await.unwrap().0);
    }
    assert_eq!(told, ["shutdown", "destroy"]);
}

#[tokio::test]
async fn a_create_that_refuses_is_told_in_its_words_without_its_secrets() {
    let made = Scene::with(json!({"create": "refuses"}), |_| {});
    let Some(Err(error)) = made else { return };
    assert_eq!(error.kind(), LoadErrorKind::Create);
    let text = error.to_string();
    assert!(text.contains("`key` [secret] is wrong"), "{text}");
    assert!(
        !text.contains("second word") && !text.contains("hunter2"),
        "{text}"
    );

    let Some(Err(error)) = Scene::with(json!({"create": "silent"}), |_| {}) else {
        panic!("it is made");
    };
    assert!(
        error.message().contains("answered 3 without a reason"),
        "{error}"
    );
}

#[tokio::test]
async fn a_create_that_does_not_come_back_is_given_up() {
    let gate = gate("create");
    let config = json!({"create": "blocks", "gate": gate});
    let made = Scene::with(config, |options| {
        options.create_timeout = Duration::from_millis(50)
    });
    let Some(Err(error)) = made else { return };
    assert!(error.message().contains("within 50 ms"), "{error}");
    tokio::task::spawn_blocking(move || pass(&gate))
        .await
        .unwrap();
}
