//! From a message and an audience to pushes, reports, and a registry that has learnt.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde_json::json;
use zpns_core::service::{
    Audience, ChannelState, DeviceUpdate, Expression, Fate, Message, PresencePolicy, PresenceState,
    PushId, ServiceError, Skip, Strategy, UserId,
};
use zpns_core::{Clock, Kind, Notification, Sender};

use crate::common::alert;
use crate::vendor::Town;

fn users(names: &[&str]) -> Audience {
    let users: Vec<UserId> = names.iter().map(|name| UserId::from(*name)).collect();
    Audience::users(users)
}

async fn online(town: &Town, user: &str, device: PushId, state: PresenceState) {
    let until = town.clock.now() + Duration::from_secs(60);
    let presence = town.service.presence();
    presence
        .set(&user.into(), device, state, until)
        .await
        .unwrap();
}

#[tokio::test]
async fn every_device_of_a_user_gets_a_push_and_a_report() {
    let town = Town::new();
    let phone = town.device("alice", &[("ios", "a1")]).await;
    let tablet = town.device("alice", &[("android", "a2")]).await;
    town.device("bob", &[("ios", "b1")]).await;
    let report = town
        .service
        .send(alert(), Audience::user("alice"))
        .await
        .unwrap();
    assert_eq!((report.accepted(), report.devices.len()), (2, 2));
    let alice = UserId::from("alice");
    let devices: BTreeSet<_> = report.of_user(&alice).map(|one| one.device).collect();
    assert_eq!(devices, BTreeSet::from([Some(phone), Some(tablet)]));
    assert_eq!(
        (town.ios.tokens(), town.android.tokens()),
        (vec!["a1".into()], vec!["a2".into()])
    );
}

#[tokio::test]
async fn a_device_is_reached_by_its_push_id_whoever_uses_it() {
    let town = Town::new();
    let id = town.device("", &[("ios", "a1")]).await;
    let report = town
        .service
        .send(alert(), Audience::Device(id))
        .await
        .unwrap();
    assert_eq!((report.accepted(), report.devices[0].device), (1, Some(id)));
    let nobody = PushId::new();
    let report = town
        .service
        .send(alert(), Audience::Device(nobody))
        .await
        .unwrap();
    assert_eq!(
        (report.skipped(Skip::NoDevice), report.devices[0].device),
        (1, Some(nobody))
    );
}

#[tokio::test]
async fn a_user_without_a_device_stands_in_the_report() {
    let town = Town::new();
    town.device("alice", &[("ios", "a1")]).await;
    let report = town
        .service
        .send(alert(), users(&["alice", "bob", "bob"]))
        .await
        .unwrap();
    assert_eq!((report.accepted(), report.devices.len()), (1, 2));
    let bob = UserId::from("bob");
    let fates: Vec<_> = report.of_user(&bob).map(|one| &one.fate).collect();
    assert_eq!(fates, [&Fate::Skipped(Skip::NoDevice)]);
}

#[tokio::test]
async fn any_number_of_users_is_streamed_and_each_gets_it_once() {
    let town = Town::new();
    for number in 0..1_203 {
        let (user, token) = (format!("u{number}"), format!("t{number}"));
        town.device(&user, &[("android", &token)]).await;
    }
    // Everybody twice, in one stream that nobody ever holds as a whole.
    let names = (0..2_406).map(|number| UserId::from(format!("u{}", number % 1_203)));
    let audience = Audience::stream(stream::iter(names));
    let mut devices = town.service.stream(alert(), audience).unwrap();
    let (mut accepted, mut repeated) = (0, 0);
    while let Some(device) = devices.next().await {
        let device = device.unwrap();
        accepted += usize::from(device.is_accepted());
        repeated += usize::from(device.fate == Fate::Skipped(Skip::Duplicate));
    }
    assert!(repeated > 0, "chunks of users overlap here");
    assert_eq!((accepted, town.android.pushes().len()), (1_203, 1_203));
}

#[tokio::test]
async fn a_group_message_does_not_go_to_its_sender() {
    let town = Town::new();
    for user in ["alice", "bob", "carol"] {
        town.device(user, &[("ios", &format!("of-{user}"))]).await;
    }
    let members = ["alice", "bob", "carol"].map(UserId::from);
    let group = Audience::group(members, "bob");
    let report = town.service.send(alert(), group).await.unwrap();
    assert_eq!(report.devices.len(), 2);
    assert_eq!(town.ios.tokens(), ["of-alice", "of-carol"]);
}

#[tokio::test]
async fn everyone_is_refused_unless_somebody_means_it() {
    let town = Town::new();
    town.device("alice", &[("ios", "a1")]).await;
    town.device("", &[("android", "b1")]).await;
    let refused = town.service.send(alert(), Audience::everyone()).await;
    assert!(matches!(refused, Err(ServiceError::Everyone)));
    let refused = town.service.forecast(alert(), Audience::everyone()).await;
    assert!(matches!(refused, Err(ServiceError::Everyone)));
    assert!(town.ios.pushes().is_empty());
    let report = town
        .service
        .send(alert(), Audience::everyone_confirmed())
        .await
        .unwrap();
    assert_eq!(report.accepted(), 2);
}

#[tokio::test]
async fn an_expression_over_tags_and_attributes_is_an_audience() {
    let town = Town::new();
    for (token, tag, age) in [("a", "vip", 20.0), ("b", "vip", 40.0), ("c", "cn", 40.0)] {
        let id = town.device("", &[("ios", token)]).await;
        let update = DeviceUpdate::default().add_tag(tag).set("age", age);
        town.service.registry().update(id, &update).await.unwrap();
    }
    for (text, expected) in [
        ("vip && age > 30", vec!["b"]),
        ("!vip || age < 30", vec!["a", "c"]),
    ] {
        let before = town.ios.pushes().len();
        let expression: Expression = text.parse().unwrap();
        let audience = Audience::matching(expression);
        let report = town.service.send(alert(), audience).await.unwrap();
        assert_eq!(report.accepted(), expected.len());
        let mut tokens: Vec<_> = (town.ios.pushes().split_off(before).into_iter())
            .map(|push| push.0)
            .collect();
        tokens.sort();
        assert_eq!(tokens, expected, "{text}");
    }
}

#[tokio::test]
async fn a_dry_run_counts_and_sends_nothing() {
    let town = Town::new();
    let front = town.device("alice", &[("ios", "a1")]).await;
    town.device("alice", &[("ios", "a2")]).await;
    town.device("bob", &[("ios", "b1")]).await;
    online(&town, "alice", front, PresenceState::Foreground).await;
    let message = alert();
    let audience = || users(&["alice", "bob", "carol"]);
    let forecast = town
        .service
        .forecast(message.clone(), audience())
        .await
        .unwrap();
    assert_eq!(
        (forecast.pushes, forecast.in_app, forecast.skipped),
        (2, 1, 1)
    );
    assert!(town.ios.pushes().is_empty());
    let report = town.service.send(message, audience()).await.unwrap();
    assert_eq!(report.pushed(), 2, "a dry run does not count as sent");
}

#[tokio::test]
async fn who_is_online_gets_the_message_in_the_app_by_the_policy() {
    let town = Town::new();
    let front = town.device("alice", &[("ios", "front")]).await;
    let back = town.device("alice", &[("ios", "back")]).await;
    town.device("alice", &[("ios", "off")]).await;
    online(&town, "alice", front, PresenceState::Foreground).await;
    online(&town, "alice", back, PresenceState::Background).await;
    for (policy, pushed) in [
        (None, 1),
        (Some(PresencePolicy::OfflineOnly), 1),
        (Some(PresencePolicy::UnlessForeground), 2),
        (Some(PresencePolicy::Always), 3),
    ] {
        let mut message = Message::new(alert());
        message.policy = policy;
        let report = town
            .service
            .send(message, Audience::user("alice"))
            .await
            .unwrap();
        assert_eq!(
            (report.pushed(), report.in_app().count()),
            (pushed, 3 - pushed)
        );
    }
    let report = town
        .service
        .send(alert(), Audience::user("alice"))
        .await
        .unwrap();
    let in_app: BTreeSet<_> = report.in_app().map(|one| one.device).collect();
    assert_eq!(in_app, BTreeSet::from([Some(front), Some(back)]));
    // Whoever is not heard of any more is offline.
    town.clock.advance(Duration::from_secs(60));
    let report = town
        .service
        .send(alert(), Audience::user("alice"))
        .await
        .unwrap();
    assert_eq!(report.pushed(), 3);
}

#[tokio::test]
async fn what_vendors_say_of_tokens_flows_back_into_the_registry() {
    let town = Town::new();
    let dead = town.device("alice", &[("ios", "dead1")]).await;
    let old = town.device("alice", &[("ios", "old1")]).await;
    let muted = town.device("alice", &[("ios", "muted1")]).await;
    let report = town
        .service
        .send(alert(), Audience::user("alice"))
        .await
        .unwrap();
    assert_eq!((report.pushed(), report.accepted()), (3, 0));
    let registry = town.service.registry();
    assert!(registry.device(dead).await.unwrap().unwrap().dead.is_some());
    let renewed = registry.device(old).await.unwrap().unwrap();
    assert_eq!(renewed.channels[0].token.as_str(), "new1");
    let state = registry.device(muted).await.unwrap().unwrap().channels[0].state;
    assert!(matches!(state, ChannelState::Muted { .. }));
    let report = town
        .service
        .send(alert(), Audience::user("alice"))
        .await
        .unwrap();
    assert_eq!((report.pushed(), report.accepted()), (1, 1));
    assert_eq!(
        (report.skipped(Skip::Dead), report.skipped(Skip::Muted)),
        (1, 1)
    );
    town.clock.advance(Duration::from_secs(24 * 3_600));
    let report = town
        .service
        .send(alert(), Audience::user("alice"))
        .await
        .unwrap();
    assert_eq!(
        report.pushed(),
        2,
        "the muted one is tried again after a day"
    );
}

#[tokio::test]
async fn a_dead_channel_falls_back_to_the_next_one() {
    let town = Town::new();
    let id = town
        .device("alice", &[("ios", "dead1"), ("android", "a1")])
        .await;
    let report = town
        .service
        .send(alert(), Audience::user("alice"))
        .await
        .unwrap();
    assert_eq!(report.accepted(), 1);
    let Fate::Pushed(steps) = &report.devices[0].fate else {
        panic!("{report:?}")
    };
    assert_eq!(steps.len(), 2);
    let device = town.service.registry().device(id).await.unwrap().unwrap();
    assert_eq!(
        (device.usable(town.clock.now()).count(), device.dead),
        (1, None)
    );
}

#[tokio::test]
async fn a_logged_out_or_unregistered_device_gets_nothing() {
    let town = Town::new();
    let alice = UserId::from("alice");
    let first = town.device("alice", &[("ios", "a1")]).await;
    let second = town.device("alice", &[("ios", "a2")]).await;
    online(&town, "alice", first, PresenceState::Foreground).await;
    assert!(town.service.log_out(first, &alice).await.unwrap());
    assert!(!town.service.log_out(first, &alice).await.unwrap());
    town.service.registry().unregister(second).await.unwrap();
    let report = town
        .service
        .send(alert(), Audience::user("alice"))
        .await
        .unwrap();
    assert_eq!(report.skipped(Skip::NoDevice), 1);
    let gone = town
        .service
        .send(Notification::silent(), Audience::Device(second))
        .await
        .unwrap();
    assert_eq!(gone.skipped(Skip::NoDevice), 1);
    assert!(town.ios.pushes().is_empty());
    let presence = town.service.presence();
    assert!(
        presence
            .online(&alice, town.clock.now())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_message_goes_to_a_device_once_unless_it_reached_nobody() {
    let town = Town::new();
    for token in ["a1", "lost1", "busy1"] {
        town.device("alice", &[("ios", token)]).await;
    }
    let message = alert();
    let report = town
        .service
        .send(message.clone(), Audience::user("alice"))
        .await
        .unwrap();
    assert_eq!((report.pushed(), report.accepted()), (3, 1));
    let report = town
        .service
        .send(message, Audience::user("alice"))
        .await
        .unwrap();
    assert_eq!((report.pushed(), report.skipped(Skip::Duplicate)), (1, 2));
    assert_eq!(town.ios.tokens(), ["a1", "busy1", "busy1", "lost1"]);
    let report = town
        .service
        .send(alert(), Audience::user("alice"))
        .await
        .unwrap();
    assert_eq!(report.pushed(), 3, "another message is another message");
}

#[tokio::test]
async fn a_message_marked_no_push_is_delivered_in_the_app_only() {
    let town = Town::new();
    let front = town.device("alice", &[("ios", "a1")]).await;
    town.device("alice", &[("ios", "a2")]).await;
    online(&town, "alice", front, PresenceState::Foreground).await;
    let message = Message::new(alert()).without_push();
    let report = town
        .service
        .send(message, Audience::user("alice"))
        .await
        .unwrap();
    assert_eq!(
        (report.in_app().count(), report.skipped(Skip::NoPush)),
        (1, 1)
    );
    assert!(town.ios.pushes().is_empty());
}

#[tokio::test]
async fn a_message_of_the_hosts_own_type_is_pushed_only_with_a_description() {
    let town = Town::new();
    town.device("alice", &[("ios", "a1")]).await;
    let mut custom = Message::new(Notification::default().with_payload("{}")).custom();
    custom.notification.sender = Some(Sender::new("bob"));
    let report = town
        .service
        .send(custom.clone(), Audience::user("alice"))
        .await
        .unwrap();
    assert_eq!(report.skipped(Skip::NoDescription), 1);
    custom.notification.body = Some("sent you a card".into());
    let report = town
        .service
        .send(custom, Audience::user("alice"))
        .await
        .unwrap();
    assert_eq!(report.accepted(), 1);
}

#[tokio::test]
async fn an_empty_title_is_the_senders_nickname_or_else_the_id() {
    let town = Town::new();
    town.device("alice", &[("ios", "a1")]).await;
    let sender = Sender::new("u7");
    for (sender, expected) in [(sender.clone().with_nickname("Bob"), "Bob"), (sender, "u7")] {
        let mut message = Notification::alert("", "Lunch?");
        message.sender = Some(sender);
        let report = town
            .service
            .send(message, Audience::user("alice"))
            .await
            .unwrap();
        assert_eq!(report.accepted(), 1);
        let pushes = town.ios.pushes();
        let sent = &pushes.last().unwrap().1;
        assert_eq!(sent.display_title(), Some(expected));
    }
}

fn strategies() -> Vec<(String, Strategy)> {
    let chat = json!({"channel": "chat", "vendors": {"apns": {"silent": true}}});
    vec![("chat".into(), serde_json::from_value(chat).unwrap())]
}

#[tokio::test]
async fn a_strategy_shapes_the_message_for_each_vendor() {
    let town = Town::with(|builder| builder.strategies(strategies()));
    town.device("alice", &[("ios", "a1")]).await;
    town.device("alice", &[("android", "a2")]).await;
    let message = Message::new(alert()).with_strategy("chat");
    let report = town
        .service
        .send(message, Audience::user("alice"))
        .await
        .unwrap();
    assert_eq!(report.accepted(), 2);
    assert_eq!(town.ios.pushes()[0].1.kind, Kind::Silent);
    let android = &town.android.pushes()[0].1;
    assert_eq!(
        (&android.kind, android.channel.as_deref()),
        (&Kind::Alert, Some("chat"))
    );
}

#[tokio::test]
async fn a_fall_back_to_another_vendor_gets_that_vendors_form() {
    let town = Town::with(|builder| builder.strategies(strategies()));
    town.device("alice", &[("ios", "dead1"), ("android", "a1")])
        .await;
    town.device("alice", &[("ios", "lost1"), ("android", "a2")])
        .await;
    let message = Message::new(alert()).with_strategy("chat");
    let report = town
        .service
        .send(message, Audience::user("alice"))
        .await
        .unwrap();
    assert_eq!(
        report.accepted(),
        1,
        "what may have arrived is not repeated elsewhere"
    );
    assert_eq!(town.ios.pushes()[0].1.kind, Kind::Silent);
    assert_eq!(town.android.tokens(), ["a1"]);
    assert_eq!(town.android.pushes()[0].1.kind, Kind::Alert);
}

#[tokio::test]
async fn an_unknown_strategy_is_an_error_that_lists_those_that_there_are() {
    let town = Town::with(|builder| builder.strategies(strategies()));
    let message = Message::new(alert()).with_strategy("chta");
    let error = town
        .service
        .send(message, Audience::user("alice"))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no strategy `chta`; there are: chat"
    );
}
