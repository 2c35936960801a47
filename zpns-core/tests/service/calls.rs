//! Calls: what rings, what follows, and what is too late.

use std::time::Duration;

use zpns_core::service::{
    Audience, Call, CallEnd, Fate, Message, PresenceState, Skip, Strategy, StrategyPart, UserId,
};
use zpns_core::{CallEvent, Clock, ErrorKind, Kind, Notification, Outcome, Priority, Sender, Sent};

use crate::common::alert;
use crate::vendor::{Talking, Town};

const INVITE: Kind = Kind::Call(CallEvent::Invite);

fn call() -> Call {
    Call::new("room-7", Sender::new("bob").with_nickname("Bob"))
}

fn alice() -> Audience {
    Audience::user("alice")
}

/// Invites, and says how many devices took it.
async fn ring(town: &Town, call: &Call, whom: Audience) -> usize {
    town.service.invite(call, whom).await.unwrap().accepted()
}

/// Ends the call, and says how many devices took that.
async fn end(town: &Town, how: CallEnd) -> usize {
    let report = town.service.end_call("room-7", how).await;
    report.unwrap().accepted()
}

/// What a vendor got, as token, kind and text.
fn got(vendor: &Talking) -> Vec<(String, Kind, Option<String>)> {
    let pushes = vendor.pushes().into_iter();
    pushes
        .map(|(token, message)| (token, message.kind, message.body))
        .collect()
}

fn row(token: &str, kind: Kind, body: Option<&str>) -> (String, Kind, Option<String>) {
    (token.into(), kind, body.map(Into::into))
}

#[tokio::test]
async fn a_call_rings_on_the_token_for_calls_and_nothing_else_goes_there() {
    let town = Town::new();
    town.device("alice", &[("ios", "i1"), ("calls", "c1")])
        .await;
    let message = town.service.send(alert(), alice()).await;
    assert_eq!(message.unwrap().accepted(), 1);
    assert!(town.calls.pushes().is_empty());
    assert_eq!(ring(&town, &call(), alice()).await, 1);
    assert_eq!(town.ios.pushes().len(), 1);
    let (token, message) = town.calls.pushes().remove(0);
    assert_eq!((token.as_str(), &message.kind), ("c1", &INVITE));
    assert_eq!(message.ttl, Some(Duration::from_secs(30)));
    assert_eq!(message.priority, Some(Priority::High));
    assert_eq!(message.data["call_id"], "room-7");
}

#[tokio::test]
async fn where_there_is_no_token_for_calls_a_vendor_that_has_such_gets_an_alert() {
    let town = Town::new();
    town.device("alice", &[("ios", "i1")]).await;
    town.device("alice", &[("android", "a1")]).await;
    assert_eq!(ring(&town, &call(), alice()).await, 2);
    let text = Some("Incoming call");
    assert_eq!(got(&town.ios), [row("i1", Kind::Alert, text)]);
    assert_eq!(town.ios.pushes()[0].1.data["call_event"], "invite");
    assert_eq!(got(&town.android), [row("a1", INVITE, text)]);
}

#[tokio::test]
async fn a_dead_token_for_calls_is_followed_by_an_alert_on_the_ordinary_one() {
    let town = Town::new();
    town.device("alice", &[("ios", "i1"), ("calls", "dead1")])
        .await;
    assert_eq!(ring(&town, &call(), alice()).await, 1);
    assert_eq!(got(&town.ios)[0].1, Kind::Alert);
    // An alert has no use for what is left then, and a second call goes straight to it.
    let again = Call::new("room-8", Sender::new("bob"));
    assert_eq!(ring(&town, &again, alice()).await, 1);
    assert_eq!((town.calls.pushes().len(), town.ios.pushes().len()), (1, 2));
}

#[tokio::test]
async fn a_device_whose_only_token_is_for_calls_gets_no_message() {
    let town = Town::new();
    town.device("alice", &[("calls", "c1")]).await;
    let report = town.service.send(alert(), alice()).await.unwrap();
    assert_eq!(report.skipped(Skip::CallsOnly), 1);
}

#[tokio::test]
async fn who_gave_up_leaves_a_missed_call_where_it_rang() {
    let town = Town::new();
    town.device("alice", &[("ios", "i1"), ("calls", "c1")])
        .await;
    town.device("alice", &[("android", "a1")]).await;
    assert_eq!(ring(&town, &call(), alice()).await, 2);
    assert_eq!(end(&town, CallEnd::Cancelled).await, 2);
    let missed = Some("Missed call");
    assert_eq!(got(&town.ios), [row("i1", Kind::Alert, missed)]);
    assert_eq!(got(&town.calls).len(), 1, "what ends a call must not ring");
    let cancel = Kind::Call(CallEvent::Cancel);
    assert_eq!(got(&town.android)[1..], [row("a1", cancel, missed)]);
    let keys: Vec<_> = (town.android.pushes().into_iter())
        .map(|push| push.1.collapse_key)
        .collect();
    assert_eq!(keys[0], keys[1], "it replaces what rings");
    // Once.
    assert_eq!(end(&town, CallEnd::Unanswered).await, 0);
}

#[tokio::test]
async fn one_device_answers_and_the_users_others_stop_ringing() {
    let town = Town::new();
    let phone = town.device("alice", &[("android", "a1")]).await;
    town.device("alice", &[("android", "a2")]).await;
    town.device("alice", &[("ios", "i1")]).await;
    town.device("carol", &[("android", "a3")]).await;
    let both = ["alice", "carol"].map(UserId::from);
    assert_eq!(ring(&town, &call(), Audience::users(both)).await, 4);
    assert_eq!(end(&town, CallEnd::Answered(phone)).await, 2);
    let event = Kind::Call(CallEvent::Answered);
    assert_eq!(got(&town.android)[3..], [row("a2", event, None)]);
    assert_eq!(got(&town.ios)[1..], [row("i1", Kind::Silent, None)]);
    // Carol's still rings, and she misses it; alice does not.
    let report = town.service.end_call("room-7", CallEnd::Unanswered).await;
    let devices = report.unwrap().devices;
    assert_eq!(devices.len(), 1);
    assert_eq!(devices[0].user, Some("carol".into()));
}

#[tokio::test]
async fn who_answers_in_the_app_rings_nowhere_else() {
    let town = Town::new();
    let desk = town.device("alice", &[("ios", "i1")]).await;
    town.device("alice", &[("android", "a1")]).await;
    let until = town.clock.now() + Duration::from_secs(60);
    let presence = town.service.presence();
    presence
        .set(&"alice".into(), desk, PresenceState::Foreground, until)
        .await
        .unwrap();
    let report = town.service.invite(&call(), alice()).await.unwrap();
    assert_eq!((report.accepted(), report.in_app().count()), (1, 1));
    assert_eq!(end(&town, CallEnd::Answered(desk)).await, 1);
    assert_eq!(got(&town.android)[1].1, Kind::Call(CallEvent::Answered));
    let again = ring(&town, &call(), alice()).await;
    assert_eq!(again, 0, "who answered is not called again");
}

#[tokio::test]
async fn nothing_rings_once_the_call_is_over_and_the_late_hear_that_they_missed_it() {
    let town = Town::new();
    town.device("alice", &[("android", "a1")]).await;
    assert_eq!(ring(&town, &call(), alice()).await, 1);
    assert_eq!(end(&town, CallEnd::Cancelled).await, 1);
    town.device("carol", &[("android", "a2")]).await;
    assert_eq!(ring(&town, &call(), Audience::user("carol")).await, 1);
    let missed = Kind::Call(CallEvent::Missed);
    assert_eq!(
        got(&town.android)[2..],
        [row("a2", missed, Some("Missed call"))]
    );
}

#[tokio::test]
async fn the_ring_time_is_shared_by_all_invitations_and_ends() {
    let town = Town::new();
    town.device("alice", &[("android", "a1")]).await;
    assert_eq!(ring(&town, &call(), alice()).await, 1);
    town.clock.advance(Duration::from_secs(20));
    town.device("carol", &[("android", "a2")]).await;
    let everyone = || Audience::users(["alice", "carol"].map(UserId::from));
    let report = town.service.invite(&call(), everyone()).await.unwrap();
    assert_eq!(report.skipped(Skip::Duplicate), 1, "alice's rings already");
    let ttl = town.android.pushes()[1].1.ttl;
    assert_eq!(ttl, Some(Duration::from_secs(10)));
    town.clock.advance(Duration::from_secs(10));
    town.device("dave", &[("android", "a3")]).await;
    assert_eq!(ring(&town, &call(), Audience::user("dave")).await, 1);
    assert_eq!(got(&town.android)[2].1, Kind::Call(CallEvent::Missed));
}

#[tokio::test]
async fn what_is_under_way_when_the_call_ends_is_given_up() {
    let town = Town::new();
    town.device("alice", &[("android", "slow1")]).await;
    let call = call();
    let invited = town.service.invite(&call, alice());
    let hang_up = async {
        while town.android.pushes().is_empty() {
            tokio::task::yield_now().await;
        }
        // This one waits for the same vendor, which never answers.
        let told = town.service.end_call("room-7", CallEnd::Cancelled);
        tokio::select! {
            biased;
            _ = told => {}
            () = tokio::task::yield_now() => {}
        }
    };
    let (report, ()) = tokio::join!(invited, hang_up);
    let Fate::Pushed(steps) = &report.unwrap().devices[0].fate else {
        panic!("it was tried");
    };
    let Outcome::Failed(error) = &steps[0].outcome else {
        panic!("it got no answer");
    };
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Cancelled, Sent::Maybe)
    );
    assert_eq!(town.android.pushes().len(), 2, "and alice hears of the end");
}

#[tokio::test]
async fn a_call_that_nobody_knows_ends_nothing_and_a_bad_one_is_refused() {
    let town = Town::new();
    let report = town.service.end_call("room-9", CallEnd::Cancelled).await;
    assert!(report.unwrap().devices.is_empty());
    let nameless = Call::new("", Sender::new("bob"));
    let error = town.service.invite(&nameless, alice()).await.unwrap_err();
    assert!(error.to_string().contains("56 bytes"), "{error}");
}

#[tokio::test]
async fn a_strategy_that_lets_an_alert_ring_takes_the_token_for_calls_too() {
    let strategy = StrategyPart {
        voip: true,
        ..Default::default()
    };
    let strategy = Strategy::new(strategy);
    let town = Town::with(|builder| builder.strategies([("ring".to_owned(), strategy)]));
    town.device("alice", &[("ios", "i1"), ("calls", "c1")])
        .await;
    let message = Message::new(Notification::alert("Bob", "calls"));
    let message = message.with_strategy("ring");
    let report = town.service.send(message, alice()).await.unwrap();
    assert_eq!(report.accepted(), 1);
    assert_eq!(got(&town.calls), [row("c1", INVITE, Some("calls"))]);
    assert!(town.ios.pushes().is_empty());
}
