//! Redis passes what every presence has to pass, and forgets by itself.
#![cfg(feature = "redis")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::sync::{Arc, Once};
use std::time::Duration;

use redis::AsyncTypedCommands;
use zpns_core::resources::ManualClock;
use zpns_core::service::{Presence, PresenceState, PushId, UserId};
use zpns_core::{Secret, Timestamp};
use zpns_store::{ConnectError, RedisPresence};

static SAID: Once = Once::new();

fn server() -> Option<String> {
    common::server("ZPNS_TEST_REDIS", &SAID)
}

fn there() -> bool {
    server().is_some()
}

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(1_764_000_000 + secs)
}

/// Under keys of its own: tests run beside each other.
fn prefix() -> String {
    format!("test:{}:", PushId::new())
}

async fn with(prefix: &str, clock: Arc<ManualClock>) -> RedisPresence {
    let url = Secret::new(server().expect("a server"));
    let presence = RedisPresence::connect(&url, clock).await.unwrap();
    presence.with_prefix(prefix)
}

async fn empty() -> RedisPresence {
    with(&prefix(), Arc::new(ManualClock::at(at(0)))).await
}

zpns_core::presence_conformance!(where there(); empty());

#[tokio::test]
async fn hosts_see_each_others_reports() {
    if !there() {
        return;
    }
    let (prefix, clock) = (prefix(), Arc::new(ManualClock::at(at(0))));
    let one = with(&prefix, Arc::clone(&clock)).await;
    let other = with(&prefix, clock).await;
    let (alice, device) = (UserId::from("alice"), PushId::new());
    let state = PresenceState::Foreground;
    one.set(&alice, device, state, at(60)).await.unwrap();
    let online = other.online(&alice, at(0)).await.unwrap();
    assert_eq!(online, [(device, state)]);
    other.clear(&alice, None).await.unwrap();
    assert!(one.online(&alice, at(0)).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_expired_does_not_stay_on_the_server() {
    if !there() {
        return;
    }
    let (prefix, clock) = (prefix(), Arc::new(ManualClock::at(at(0))));
    let presence = with(&prefix, Arc::clone(&clock)).await;
    let alice = UserId::from("alice");
    let (first, second) = (PushId::new(), PushId::new());
    let state = PresenceState::Background;
    presence.set(&alice, first, state, at(60)).await.unwrap();
    let client = redis::Client::open(server().unwrap()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let key = format!("{prefix}alice");
    let left = |value: redis::IntegerReplyOrNoOp| match value {
        redis::IntegerReplyOrNoOp::IntegerReply(millis) => millis,
        other => panic!("{other:?}"),
    };
    let life = left(connection.pttl(&key).await.unwrap());
    assert!((50_000..=60_000).contains(&life), "{life}");
    // The next report sweeps what expired, and the longest one keeps the key.
    clock.advance(Duration::from_secs(61));
    presence.set(&alice, second, state, at(90)).await.unwrap();
    assert_eq!(connection.hlen(&key).await.unwrap(), 1);
    let life = left(connection.pttl(&key).await.unwrap());
    assert!((20_000..=29_000).contains(&life), "{life}");
    // A shorter one does not shorten the life of the others.
    presence.set(&alice, first, state, at(62)).await.unwrap();
    let life = left(connection.pttl(&key).await.unwrap());
    assert!((20_000..=29_000).contains(&life), "{life}");
}

#[tokio::test]
async fn a_report_without_end_and_one_that_came_too_late_are_taken() {
    if !there() {
        return;
    }
    let presence = empty().await;
    let (alice, device) = (UserId::from("alice"), PushId::new());
    let state = PresenceState::Foreground;
    let never = Timestamp::from_millis(u64::MAX);
    presence.set(&alice, device, state, never).await.unwrap();
    assert_eq!(presence.online(&alice, at(0)).await.unwrap().len(), 1);
    let past = Timestamp::from_secs(1);
    presence.set(&alice, device, state, past).await.unwrap();
    assert!(presence.online(&alice, at(0)).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_without_its_url() {
    let clock = || Arc::new(ManualClock::at(at(0)));
    let url = Secret::new("http://hunter2@127.0.0.1/".to_owned());
    let error = RedisPresence::connect(&url, clock()).await.unwrap_err();
    assert!(matches!(error, ConnectError::Url(_)));
    assert!(!error.to_string().contains("hunter2"), "{error}");
    // Nothing listens on the port of a socket that is closed again.
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    drop(socket);
    let url = Secret::new(format!("redis://:hunter2@127.0.0.1:{port}/"));
    let error = RedisPresence::connect(&url, clock()).await.unwrap_err();
    assert!(matches!(error, ConnectError::Connect(_)));
    assert!(!error.to_string().contains("hunter2"), "{error}");
}
