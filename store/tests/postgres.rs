//! PostgreSQL passes what every store has to pass, and several hosts agree.
#![cfg(feature = "postgres")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Once;
use std::time::Duration;

use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use zpns_core::Timestamp;
use zpns_core::service::{
    DeviceQuery, Platform, PushId, Registration, Registry, RegistryError, TokenChange, TokenVerdict,
};
use zpns_store::{OpenError, PostgresStore};

static SAID: Once = Once::new();

fn server() -> Option<String> {
    common::server("ZPNS_TEST_POSTGRES", &SAID)
}

fn there() -> bool {
    server().is_some()
}

/// Of a schema of its own: tests run beside each other.
async fn url() -> String {
    let server = server().expect("a server");
    let schema = format!("t{}", PushId::new().uuid().simple());
    let mut connection = PgConnection::connect(&server).await.unwrap();
    let create = AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
    sqlx::query(create).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    format!("{server}?options=-c%20search_path%3D{schema}")
}

async fn empty() -> PostgresStore {
    PostgresStore::open_with(&url().await, 4).await.unwrap()
}

fn app(token: &str) -> Registration {
    Registration::new(Platform::Android).channel("fcm", token)
}

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(1_764_000_000 + secs)
}

mod registry {
    zpns_core::registry_conformance!(where super::there(); super::empty());
}

mod badges {
    zpns_core::badges_conformance!(where super::there(); super::empty());
}

/// A row for each token, and each device's own word for what it has.
async fn index_agrees_with_bodies(store: &PostgresStore, url: &str) {
    let limit = NonZeroUsize::new(1_000).unwrap();
    let page = store.page(&DeviceQuery::All, None, limit).await.unwrap();
    let devices = page.devices.iter();
    let bodies: BTreeSet<(String, String)> = devices
        .flat_map(|device| {
            let channels = device.channels.iter();
            channels.map(|channel| (channel.token.as_str().to_owned(), device.id.to_string()))
        })
        .collect();
    let pool = PgPool::connect(url).await.unwrap();
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT token, device::text FROM zpns_channels")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(rows.into_iter().collect::<BTreeSet<_>>(), bodies);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_that_take_each_others_tokens_all_the_time_neither_stop_nor_disagree() {
    if !there() {
        return;
    }
    let url = url().await;
    let hosts = [
        PostgresStore::open_with(&url, 4).await.unwrap(),
        PostgresStore::open_with(&url, 4).await.unwrap(),
    ];
    let mut ids = Vec::new();
    for number in 0..6 {
        let id = hosts[0]
            .register(app(&format!("token-{number}")), at(0))
            .await;
        ids.push(id.unwrap());
    }
    let tasks: Vec<_> = (0..48_usize)
        .map(|task| {
            let (store, ids) = (hosts[task % 2].clone(), ids.clone());
            tokio::spawn(async move {
                for round in 0..10 {
                    let wanted = format!("token-{}", (task + round) % 6);
                    let app = app(&wanted)
                        .channel("apns", format!("token-{}", (task * 7 + round) % 6))
                        .of(ids[(task * 5 + round) % 6]);
                    store.register(app, at(1)).await.unwrap();
                    let verdict = match round % 3 {
                        0 => TokenVerdict::Drop { since: at(2) },
                        1 => TokenVerdict::Mute { until: at(2) },
                        _ => TokenVerdict::Replace {
                            token: format!("token-{}", (task + round + 1) % 6).into(),
                            at: at(2),
                        },
                    };
                    let change = TokenChange::new("fcm", wanted.as_str(), verdict);
                    store.apply(&[change]).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    index_agrees_with_bodies(&hosts[0], &url).await;
}

#[tokio::test]
async fn a_change_that_is_dropped_on_the_way_changes_nothing_and_blocks_nobody() {
    if !there() {
        return;
    }
    let url = url().await;
    let store = PostgresStore::open_with(&url, 2).await.unwrap();
    let id = store.register(app("a"), at(0)).await.unwrap();
    for micros in [0, 100, 500, 1_000, 2_000, 4_000] {
        let change = store.register(app("b").of(id), at(1));
        let time = Duration::from_micros(micros);
        #[allow(
            clippy::disallowed_methods,
            reason = "the server's time is the machine's"
        )]
        let _ = tokio::time::timeout(time, change).await;
        index_agrees_with_bodies(&store, &url).await;
    }
    store.register(app("c").of(id), at(2)).await.unwrap();
    assert_eq!(store.find(&"fcm".into(), &"b".into()).await.unwrap(), None);
}

#[tokio::test]
async fn a_text_that_cannot_be_stored_is_refused_and_not_a_fault_of_the_store() {
    if !there() {
        return;
    }
    let store = empty().await;
    let error = store.register(app("a\0b"), at(0)).await.unwrap_err();
    assert!(matches!(error, RegistryError::Invalid(_)), "{error:?}");
}

#[tokio::test]
async fn a_server_that_refuses_is_an_error_without_its_url() {
    if !there() {
        return;
    }
    let wrong = server()
        .unwrap()
        .replace("postgres://zpns:", "postgres://zpns:hunter2");
    let error = PostgresStore::open(&wrong).await.unwrap_err();
    assert!(matches!(error, OpenError::Connect(_)), "{error:?}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
