//! SQLite passes what every store has to pass, and what only a file can be asked for.
#![cfg(feature = "sqlite")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use zpns_core::Timestamp;
use zpns_core::service::{
    Badges, DeviceQuery, Expression, Platform, Registration, Registry, RegistryError,
};
use zpns_store::{OpenError, SqliteStore};

/// The files of this process's tests, until it ends.
static FOLDERS: Mutex<Vec<TempDir>> = Mutex::new(Vec::new());

fn url() -> String {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("devices.db").display());
    FOLDERS.lock().unwrap().push(folder);
    url
}

async fn empty() -> SqliteStore {
    SqliteStore::open(&url()).await.unwrap()
}

fn app(token: &str) -> Registration {
    Registration::new(Platform::Android).channel("fcm", token)
}

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(1_764_000_000 + secs)
}

mod registry {
    zpns_core::registry_conformance!(super::empty());
}

mod badges {
    zpns_core::badges_conformance!(super::empty());
}

#[tokio::test]
async fn what_was_written_is_there_when_the_file_is_opened_again() {
    let url = url();
    let store = SqliteStore::open(&url).await.unwrap();
    let id = store.register(app("a").tag("vip"), at(0)).await.unwrap();
    store.bind(id, &"alice".into()).await.unwrap();
    store.set(&"alice".into(), 7).await.unwrap();
    let before = store.device(id).await.unwrap();
    store.close().await;
    let store = SqliteStore::open(&url).await.unwrap();
    assert!(before.is_some());
    assert_eq!(store.device(id).await.unwrap(), before);
    assert_eq!(store.get(&"alice".into()).await.unwrap(), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_with_one_file_agree_on_the_owner_of_a_token() {
    // Two stores share nothing but the file, like two processes.
    let url = url();
    let stores = [
        SqliteStore::open(&url).await.unwrap(),
        SqliteStore::open(&url).await.unwrap(),
    ];
    let tasks: Vec<_> = (0..40_u64)
        .map(|number| {
            let store = stores[usize::try_from(number % 2).unwrap()].clone();
            tokio::spawn(async move { store.register(app("wanted"), at(number)).await.unwrap() })
        })
        .collect();
    let mut ids = Vec::new();
    for task in tasks {
        ids.push(task.await.unwrap());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    let limit = NonZeroUsize::new(9).unwrap();
    for store in &stores {
        let page = store.page(&DeviceQuery::All, None, limit).await.unwrap();
        assert_eq!(page.devices.len(), 1);
    }
}

#[tokio::test]
async fn a_change_that_is_dropped_on_the_way_changes_nothing_and_blocks_nobody() {
    let store = empty().await;
    let id = store.register(app("a"), at(0)).await.unwrap();
    for turns in 0..12 {
        let mut change = Box::pin(store.register(app("b").of(id), at(1)));
        for _ in 0..turns {
            // Polled now and then, as far as it comes, and dropped.
            let _ = futures_util::poll!(&mut change);
            tokio::task::yield_now().await;
        }
        drop(change);
        let device = store.device(id).await.unwrap().unwrap();
        let token = device.channels[0].token.as_str();
        let owner = store.find(&"fcm".into(), &token.into()).await.unwrap();
        assert_eq!(owner.map(|owner| owner.id), Some(id), "row and index agree");
    }
    store.register(app("c").of(id), at(2)).await.unwrap();
    assert_eq!(store.find(&"fcm".into(), &"b".into()).await.unwrap(), None);
}

#[tokio::test]
async fn an_import_of_many_is_all_of_them_or_none() {
    let (from, to) = (empty().await, empty().await);
    for number in 0..50 {
        let app = app(&format!("token-{number}")).tag("vip");
        from.register(app, at(0)).await.unwrap();
    }
    let limit = NonZeroUsize::new(100).unwrap();
    let mut devices = from
        .page(&DeviceQuery::All, None, limit)
        .await
        .unwrap()
        .devices;
    to.restore_all(&devices).await.unwrap();
    let there = to
        .page(&DeviceQuery::All, None, limit)
        .await
        .unwrap()
        .devices;
    assert_eq!(there, devices);
    let none = empty().await;
    devices[49].channels[0].token = "".into();
    let error = none.restore_all(&devices).await.unwrap_err();
    assert!(matches!(error, RegistryError::Invalid(_)), "{error:?}");
    let there = none.page(&DeviceQuery::All, None, limit).await.unwrap();
    assert!(there.devices.is_empty());
}

#[tokio::test]
async fn an_expression_of_a_thousand_parts_is_looked_for() {
    let store = empty().await;
    let id = store
        .register(app("a").tag("tag-999"), at(0))
        .await
        .unwrap();
    let tags: Vec<String> = (0..1_500).map(|number| format!("tag-{number}")).collect();
    let expression: Expression = tags.join(" || ").parse().unwrap();
    let query = DeviceQuery::Matching(Arc::new(expression));
    let limit = NonZeroUsize::new(9).unwrap();
    let page = store.page(&query, None, limit).await.unwrap();
    assert_eq!(page.devices.len(), 1);
    assert_eq!(page.devices[0].id, id);
}

#[tokio::test]
async fn an_error_of_the_store_shows_neither_url_nor_token() {
    let url = url();
    let error = SqliteStore::open(&url.replace("devices.db", "no/such/secret.db")).await;
    let error = error.unwrap_err();
    assert!(matches!(error, OpenError::Connect(_)));
    assert!(!error.to_string().contains("secret"), "{error}");
    let error = SqliteStore::open("sqlite:a.db?mode=secret")
        .await
        .unwrap_err();
    assert!(matches!(error, OpenError::Url(_)));
    assert!(!error.to_string().contains("secret"), "{error}");
}
