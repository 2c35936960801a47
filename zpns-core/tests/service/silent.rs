//! Silent pushes: their rules and each device's budget.

use std::time::Duration;

use serde_json::json;
use zpns_core::service::{Audience, Message, ServiceError, Skip, Strategy};
use zpns_core::{Badge, ErrorKind, Kind, Notification, Priority, Sound};

use crate::common::alert;
use crate::vendor::Town;

#[tokio::test]
async fn a_device_gets_three_silent_pushes_an_hour_and_the_rest_is_reported() {
    let town = Town::new();
    let first = town.device("alice", &[("ios", "a1")]).await;
    let second = town.device("alice", &[("ios", "a2")]).await;
    let send = |device| {
        town.service
            .send(Notification::silent(), Audience::Device(device))
    };
    for _ in 0..3 {
        assert_eq!(send(first).await.unwrap().accepted(), 1);
        town.clock.advance(Duration::from_secs(600));
    }
    let report = send(first).await.unwrap();
    assert_eq!(
        (report.pushed(), report.skipped(Skip::SilentBudget)),
        (0, 1)
    );
    assert_eq!(
        send(second).await.unwrap().accepted(),
        1,
        "a budget of its own"
    );
    let report = town
        .service
        .send(alert(), Audience::Device(first))
        .await
        .unwrap();
    assert_eq!(report.accepted(), 1, "alerts have no budget");
    // The first one is an hour ago now.
    town.clock.advance(Duration::from_secs(1_800));
    assert_eq!(send(first).await.unwrap().accepted(), 1);
    assert_eq!(send(first).await.unwrap().skipped(Skip::SilentBudget), 1);
    assert_eq!(town.ios.tokens().len(), 6);
}

#[tokio::test]
async fn a_suppressed_push_may_be_sent_again_later() {
    let town = Town::with(|builder| builder.silent_pushes_each_hour(1));
    let device = town.device("alice", &[("ios", "a1")]).await;
    let send = |message: Notification| town.service.send(message, Audience::Device(device));
    assert_eq!(send(Notification::silent()).await.unwrap().accepted(), 1);
    let message = Notification::silent();
    assert_eq!(
        send(message.clone())
            .await
            .unwrap()
            .skipped(Skip::SilentBudget),
        1
    );
    town.clock.advance(Duration::from_secs(3_600));
    assert_eq!(send(message.clone()).await.unwrap().accepted(), 1);
    assert_eq!(send(message).await.unwrap().skipped(Skip::Duplicate), 1);
}

#[tokio::test]
async fn what_a_strategy_silences_on_one_vendor_takes_from_the_budget_there_only() {
    let strategy: Strategy =
        serde_json::from_value(json!({"vendors": {"apns": {"silent": true}}})).unwrap();
    let town = Town::with(|builder| {
        let builder = builder.strategies([("sync".to_owned(), strategy)]);
        builder.silent_pushes_each_hour(1)
    });
    town.device("alice", &[("ios", "a1")]).await;
    town.device("alice", &[("android", "a2")]).await;
    for expected in [(2, 0), (1, 1)] {
        let message = Message::new(alert()).with_strategy("sync");
        let report = town
            .service
            .send(message, Audience::user("alice"))
            .await
            .unwrap();
        assert_eq!(
            (report.accepted(), report.skipped(Skip::SilentBudget)),
            expected
        );
    }
}

#[tokio::test]
async fn a_silent_push_shows_nothing_and_is_of_low_priority() {
    let town = Town::new();
    let device = town.device("alice", &[("ios", "a1")]).await;
    let mut titled = Notification::silent();
    titled.title = Some("T".into());
    for wrong in [
        titled,
        Notification::silent().with_sound(Sound::None),
        Notification::silent().with_badge(Badge::Clear),
    ] {
        let error = town
            .service
            .send(wrong, Audience::Device(device))
            .await
            .unwrap_err();
        let ServiceError::Message(error) = error else {
            panic!("{error}")
        };
        assert_eq!(error.kind(), ErrorKind::MessageInvalid);
    }
    assert!(town.ios.pushes().is_empty());
    let report = town
        .service
        .send(Notification::silent(), Audience::Device(device))
        .await
        .unwrap();
    assert_eq!(report.accepted(), 1);
    let sent = &town.ios.pushes()[0].1;
    assert_eq!(
        (&sent.kind, sent.priority),
        (&Kind::Silent, Some(Priority::Low))
    );
}
