//! One counter per user, on the icons of all of the user's devices.

use zpns_core::service::{Audience, Badges, MemoryBadges, Message, Strategy, UserId};
use zpns_core::{Badge, Fields, MessageId};

use crate::common::alert;
use crate::vendor::Town;

fn badges(pushes: &[(String, zpns_core::Notification)]) -> Vec<Badge> {
    pushes.iter().map(|push| push.1.badge).collect()
}

#[tokio::test]
async fn every_message_raises_the_one_counter_of_the_user_once() {
    let town = Town::new();
    town.device("alice", &[("ios", "a1")]).await;
    town.device("alice", &[("ios", "busy1")]).await;
    town.device("bob", &[("ios", "b1")]).await;
    let first = alert().with_badge(Badge::Add(1));
    for _ in 0..2 {
        // The second time only the device that was not reached gets it.
        let report = town
            .service
            .send(first.clone(), Audience::user("alice"))
            .await
            .unwrap();
        assert!(report.error.is_none());
    }
    assert_eq!(badges(&town.ios.pushes()), [Badge::Set(1); 3]);
    let second = alert().with_badge(Badge::Add(2));
    let both = Audience::users(["alice", "bob"].map(UserId::from));
    let _ = town.service.send(second, both).await.unwrap();
    let mut numbers: Vec<_> = (town.ios.pushes().split_off(3).into_iter())
        .map(|(token, message)| (token, message.badge))
        .collect();
    numbers.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [("a1", 3), ("b1", 2), ("busy1", 3)];
    assert_eq!(
        numbers,
        expected.map(|(token, count)| (token.to_owned(), Badge::Set(count)))
    );
    assert_eq!(town.service.badges().get(&"alice".into()).await.unwrap(), 3);
}

#[tokio::test]
async fn set_and_clear_move_the_counter_and_unchanged_leaves_it() {
    let town = Town::new();
    town.device("alice", &[("ios", "a1")]).await;
    let alice = UserId::from("alice");
    for (badge, counter) in [
        (Badge::Set(7), 7),
        (Badge::Unchanged, 7),
        (Badge::Add(1), 8),
        (Badge::Clear, 0),
        (Badge::Add(1), 1),
    ] {
        let message = alert().with_badge(badge);
        let _ = town
            .service
            .send(message, Audience::user("alice"))
            .await
            .unwrap();
        assert_eq!(
            town.service.badges().get(&alice).await.unwrap(),
            counter,
            "{badge:?}"
        );
    }
    let expected = [
        Badge::Set(7),
        Badge::Unchanged,
        Badge::Set(8),
        Badge::Clear,
        Badge::Set(1),
    ];
    assert_eq!(badges(&town.ios.pushes()), expected);
}

#[tokio::test]
async fn a_vendor_that_can_only_add_is_told_to_add() {
    let town = Town::lacking(Fields::BADGE);
    town.device("alice", &[("android", "a1")]).await;
    town.service.badges().set(&"alice".into(), 5).await.unwrap();
    let message = alert().with_badge(Badge::Add(1));
    let _ = town
        .service
        .send(message, Audience::user("alice"))
        .await
        .unwrap();
    assert_eq!(badges(&town.android.pushes()), [Badge::Add(1)]);
}

#[tokio::test]
async fn a_silent_form_of_a_message_has_no_number() {
    let strategy: Strategy =
        serde_json::from_value(serde_json::json!({"vendors": {"apns": {"silent": true}}})).unwrap();
    let town = Town::with(|builder| builder.strategies([("sync".to_owned(), strategy)]));
    town.device("alice", &[("ios", "a1")]).await;
    town.device("alice", &[("android", "a2")]).await;
    let message = Message::new(alert().with_badge(Badge::Add(1))).with_strategy("sync");
    let report = town
        .service
        .send(message, Audience::user("alice"))
        .await
        .unwrap();
    assert_eq!(report.accepted(), 2);
    assert_eq!(badges(&town.ios.pushes()), [Badge::Unchanged]);
    assert_eq!(badges(&town.android.pushes()), [Badge::Set(1)]);
}

#[tokio::test]
async fn a_counter_never_counts_a_message_twice_or_overflows() {
    let badges = MemoryBadges::new();
    let (alice, message) = (UserId::from("alice"), MessageId::new());
    assert_eq!(badges.add(&alice, message, 2).await.unwrap(), 2);
    assert_eq!(badges.add(&alice, message, 2).await.unwrap(), 2);
    badges.set(&alice, 0).await.unwrap();
    assert_eq!(
        badges.add(&alice, message, 2).await.unwrap(),
        0,
        "read is read"
    );
    badges.set(&alice, u32::MAX).await.unwrap();
    assert_eq!(
        badges.add(&alice, MessageId::new(), 2).await.unwrap(),
        u32::MAX
    );
}

zpns_core::badges_conformance!(async { MemoryBadges::new() });
