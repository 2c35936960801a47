//! Messages that are saved once, and lists of 2 to 1,000 targets.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use zpns_core::resources::{HttpError, HttpErrorKind};
use zpns_core::{
    Batch, ErrorKind, LimitPolicy, Outcome, PushProvider as _, Retry, Sent, Target, TokenAction,
    Variant,
};
use zpns_kit::testing::answer;

use super::vpush::{Vpush, action, good, hello, said, texts, to, tokens};
use crate::message::Extra;
use crate::provider::capability;
use crate::{Options, VivoProvider};

/// A batch of all, to be sliced.
fn all(message: &zpns_core::Notification, count: usize) -> Batch {
    let tokens = tokens(count);
    to(message, &texts(&tokens))
}

fn targets(list: &Value) -> Vec<&str> {
    let list = list["regIds"].as_array().unwrap();
    list.iter().map(|token| token.as_str().unwrap()).collect()
}

fn error_of(outcome: &Outcome) -> &zpns_core::Error {
    match outcome {
        Outcome::Failed(error) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn many_targets_are_one_saved_message_and_one_list() {
    let vpush = Vpush::saying(
        "/message/pushToList",
        json!({"result": 0, "desc": "ok", "invalidUsers": []}),
    );
    let message = hello();
    let report = vpush
        .provider()
        .send(&to(&message, &["a", "b\"", "a"]))
        .await;
    let accepted = Outcome::accepted("task-1".to_owned());
    assert_eq!(report.into_outcomes(), vec![accepted; 3]);
    let saved = &vpush.savings()[0];
    assert_eq!(saved["title"], "t");
    assert!(saved.get("regId").is_none() && saved["requestId"].is_string());
    let list = &vpush.lists()[0];
    assert_eq!(list["appId"], 100_000_001);
    assert_eq!(list["taskId"], "task-1");
    assert_eq!(targets(list), ["a", "b\"", "a"], "as they were given");
    assert_ne!(list["requestId"], saved["requestId"]);
    assert!(vpush.singles().is_empty());
}

#[tokio::test]
async fn one_target_is_a_single_push_and_saves_nothing() {
    let vpush = Vpush::content();
    let provider = vpush.provider();
    let report = provider.send(&to(&hello(), &["r1"])).await;
    assert_eq!(report.into_outcomes(), [Outcome::accepted("t1".to_owned())]);
    // Nor where it is all that can be sent to.
    let report = provider.send(&to(&hello(), &["", "r1", " "])).await;
    assert_eq!(report.accepted(), 1);
    assert_eq!(report.of_kind(ErrorKind::TokenInvalid), 2);
    assert_eq!(vpush.singles().len(), 2);
    assert!(vpush.savings().is_empty() && vpush.lists().is_empty());
}

#[tokio::test]
async fn no_list_ever_has_one_target_or_more_than_a_thousand() {
    for (count, wanted) in [
        (2, vec![2]),
        (1_000, vec![1_000]),
        (1_001, vec![999, 2]),
        (1_002, vec![1_000, 2]),
        (2_001, vec![1_000, 999, 2]),
    ] {
        let vpush = Vpush::content();
        let report = vpush.provider().send(&all(&hello(), count)).await;
        assert_eq!(report.accepted(), count);
        let lists = vpush.lists();
        let lengths: Vec<usize> = lists.iter().map(|list| targets(list).len()).collect();
        assert_eq!(lengths, wanted);
        let sent: Vec<&str> = lists.iter().flat_map(targets).collect();
        assert_eq!(sent, tokens(count), "each once, in order");
        assert_eq!(vpush.savings().len(), 1);
        assert!(vpush.singles().is_empty());
    }
    assert_eq!((capability().batch, capability().batch_min), (1_000, 2));
}

#[tokio::test]
async fn a_message_is_saved_once_for_all_of_its_batches_even_at_once() {
    let vpush = Vpush::content();
    let provider = vpush.provider();
    let whole = all(&hello(), 100);
    let batches = (0..10).map(|number| whole.slice(number * 10, 10));
    let sends = batches.map(|batch| {
        let provider = &provider;
        async move { provider.send(&batch).await }
    });
    for report in join_all(sends).await {
        assert_eq!(report.accepted(), 10);
    }
    assert_eq!((vpush.savings().len(), vpush.lists().len()), (1, 10));
    let ids: BTreeSet<String> = vpush
        .lists()
        .iter()
        .map(|list| list["requestId"].to_string())
        .collect();
    assert_eq!(ids.len(), 10, "every request has an id of its own");
    let _ = provider.send(&whole.slice(0, 10).with_attempt(2)).await;
    assert_eq!(vpush.savings().len(), 1, "a retry saves nothing");
    let lists = vpush.lists();
    let first = lists.iter().find(|list| targets(list)[0] == "r0").unwrap();
    assert_eq!(lists[10], *first, "and is the same request, id included");
}

#[tokio::test]
async fn two_messages_at_once_share_nothing() {
    let vpush = Vpush::content();
    let provider = vpush.provider();
    let texts = ["one", "two"];
    let messages = texts.map(|text| zpns_core::Notification::alert("t", text));
    let batches: Vec<Batch> = messages.iter().map(|message| all(message, 2)).collect();
    join_all(batches.iter().map(|batch| provider.send(batch))).await;
    let contents: BTreeSet<String> = vpush
        .savings()
        .iter()
        .map(|saved| saved["content"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(contents, BTreeSet::from(texts.map(str::to_owned)));
    let tasks: BTreeSet<String> = vpush
        .lists()
        .iter()
        .map(|list| list["taskId"].to_string())
        .collect();
    assert_eq!(tasks.len(), 2);
}

#[tokio::test]
async fn two_apps_share_nothing_even_of_one_variant() {
    let (one, two) = (Vpush::content(), Vpush::content());
    let other: VivoProvider = crate::VivoConfig::new("2", "k".to_owned(), "s".to_owned())
        .open(two.vendor.setup("phones"))
        .unwrap();
    let batch = all(&hello(), 2);
    assert_eq!(one.provider().send(&batch).await.accepted(), 2);
    assert_eq!(other.send(&batch).await.accepted(), 2);
    assert_eq!((one.savings().len(), two.savings().len()), (1, 1));
    assert_eq!(two.savings()[0]["appId"], 2);
    assert_eq!(two.lists()[0]["appId"], 2);
}

#[tokio::test]
async fn a_saved_message_that_is_lost_is_saved_again_once() {
    let vpush = Vpush::content();
    let provider = vpush.provider();
    let whole = all(&hello(), 40);
    assert_eq!(provider.send(&whole.slice(0, 10)).await.accepted(), 10);
    vpush.lose();
    let batches: Vec<Batch> = (0..4).map(|number| whole.slice(number * 10, 10)).collect();
    let reports = join_all(batches.iter().map(|batch| provider.send(batch))).await;
    assert!(reports.iter().all(|report| report.accepted() == 10));
    let savings = vpush.savings();
    assert_eq!(savings.len(), 2, "once for all who found it lost");
    assert_ne!(savings[0]["requestId"], savings[1]["requestId"]);
    assert_eq!(savings[0]["content"], savings[1]["content"]);
    let tasks: Vec<String> = vpush
        .lists()
        .iter()
        .map(|list| list["taskId"].to_string())
        .collect();
    assert_eq!(
        tasks.iter().filter(|task| task.contains("task-2")).count(),
        4
    );
}

#[tokio::test]
async fn a_saved_message_that_is_always_lost_is_given_up() {
    for code in [10152, 10155] {
        let vpush = Vpush::saying("/message/pushToList", json!({"result": code, "desc": "?"}));
        let provider = vpush.provider();
        let whole = all(&hello(), 40);
        let batches: Vec<Batch> = (0..4).map(|number| whole.slice(number * 10, 10)).collect();
        for report in join_all(batches.iter().map(|batch| provider.send(batch))).await {
            assert_eq!(report.of_kind(ErrorKind::MessageInvalid), 10, "{code}");
            assert_eq!(*action(&report.outcomes()[0]), TokenAction::Keep);
            let vendor = report.outcomes()[0].vendor().unwrap();
            assert_eq!(vendor.code, code.to_string());
        }
        assert_eq!(vpush.savings().len(), 2, "{code}");
        let report = provider.send(&batches[0]).await;
        assert_eq!(report.of_kind(ErrorKind::MessageInvalid), 10);
        assert_eq!(vpush.savings().len(), 2, "no more for a while");
    }
}

#[tokio::test]
async fn a_message_that_may_not_be_saved_is_not_tried_by_every_batch() {
    let vpush = Vpush::saying(
        "/message/saveListPayload",
        json!({"result": 10252, "desc": "quota"}),
    );
    let provider = vpush.provider();
    let whole = all(&hello(), 100);
    for number in 0..10 {
        let report = provider.send(&whole.slice(number * 10, 10)).await;
        assert_eq!(report.of_kind(ErrorKind::QuotaExceeded), 10);
        let vendor = report.outcomes()[0].vendor().unwrap();
        assert_eq!(vendor.code, "10252");
    }
    assert_eq!(vpush.savings().len(), 1);
    assert!(vpush.lists().is_empty());
    vpush.vendor.clock.advance(Duration::from_secs(60));
    let _ = provider.send(&whole.slice(0, 10)).await;
    assert_eq!(vpush.savings().len(), 2, "the refusal is not for ever");
}

#[tokio::test]
async fn credentials_that_were_mended_are_tried_by_the_next_batch() {
    let vpush = Vpush::new(|vendor, request| {
        let saves = vendor.requests_to("/message/saveListPayload").len();
        match request.uri.path() == "/message/saveListPayload" && saves == 1 {
            true => Ok(said(&json!({"result": 10043, "desc": "off"}))),
            false => Ok(good()),
        }
    });
    let provider = vpush.provider();
    let whole = all(&hello(), 4);
    let report = provider.send(&whole.slice(0, 2)).await;
    assert_eq!(report.of_kind(ErrorKind::PermissionDenied), 2);
    assert_eq!(provider.send(&whole.slice(2, 2)).await.accepted(), 2);
}

#[tokio::test]
async fn a_saving_that_fails_has_pushed_nothing_and_is_the_routers_to_retry() {
    type Broken = fn() -> zpns_kit::testing::Answered;
    let rows: [(Broken, ErrorKind, Retry); 4] = [
        (
            || Ok(answer(504, "")),
            ErrorKind::Unavailable,
            Retry::Backoff,
        ),
        (
            || Ok(answer(200, "<html>")),
            ErrorKind::Protocol,
            Retry::Backoff,
        ),
        (
            || Ok(said(&json!({"result": 10072, "desc": "fast"}))),
            ErrorKind::RateLimited,
            Retry::Backoff,
        ),
        (
            || Err(HttpError::new(HttpErrorKind::Timeout, Sent::Maybe, "late")),
            ErrorKind::Timeout,
            Retry::Backoff,
        ),
    ];
    for (broken, kind, retry) in rows {
        let failures = AtomicUsize::new(0);
        let vpush = Vpush::new(move |_, request| {
            let saves = request.uri.path() == "/message/saveListPayload";
            match saves && failures.fetch_add(1, Ordering::Relaxed) == 0 {
                true => broken(),
                false => Ok(good()),
            }
        });
        let provider = vpush.provider();
        let batch = all(&hello(), 2);
        for outcome in provider.send(&batch).await.outcomes() {
            let error = error_of(outcome);
            assert_eq!((error.kind(), error.retry()), (kind, retry));
            assert_eq!(error.sent(), Sent::No, "{kind}");
        }
        assert_eq!(provider.send(&batch).await.accepted(), 2, "{kind}");
        let savings = vpush.savings();
        assert_eq!(savings[0], savings[1], "the same request, id included");
    }
}

#[tokio::test]
async fn a_list_that_is_lost_may_have_been_acted_on() {
    let vpush = Vpush::new(|_, request| match request.uri.path() {
        "/message/pushToList" => Err(HttpError::new(
            HttpErrorKind::Timeout,
            Sent::Maybe,
            "no answer",
        )),
        _ => Ok(good()),
    });
    let report = vpush.provider().send(&all(&hello(), 3)).await;
    for outcome in report.outcomes() {
        let error = error_of(outcome);
        assert_eq!(
            (error.kind(), error.sent()),
            (ErrorKind::Timeout, Sent::Maybe)
        );
    }
    assert!(
        !capability().deduplicates,
        "so that it is not repeated unasked"
    );
}

#[tokio::test]
async fn each_target_of_a_list_has_its_own_verdict_and_twins_the_same() {
    let invalid = json!([{"status": 2, "userid": "gone"}, {"status": 4, "userid": "private"}]);
    let vpush = Vpush::saying(
        "/message/pushToList",
        json!({"result": 0, "desc": "ok", "requestId": "x", "invalidUsers": invalid}),
    );
    let tokens = ["r1", "gone", "", "private", "r2", "gone"];
    let report = vpush.provider().send(&to(&hello(), &tokens)).await;
    let kinds: Vec<_> = report.outcomes().iter().map(Outcome::kind).collect();
    let wanted = [
        None,
        Some(ErrorKind::TokenInvalid),
        Some(ErrorKind::TokenInvalid),
        Some(ErrorKind::TokenMismatch),
        None,
        Some(ErrorKind::TokenInvalid),
    ];
    assert_eq!(kinds, wanted);
    let drop = TokenAction::Drop { since: None };
    assert_eq!(*action(&report.outcomes()[1]), drop);
    assert_eq!(*action(&report.outcomes()[3]), TokenAction::Keep);
    assert_eq!(report.outcomes()[1], report.outcomes()[5]);
}

#[tokio::test]
async fn what_only_a_single_push_may_say_goes_to_each_target_alone() {
    let with = |change: fn(&mut Options)| {
        let mut options = Options::default();
        change(&mut options);
        let mut message = hello();
        message.vendor.set(&options).unwrap();
        message
    };
    let messages = [
        hello().with_collapse_key("room-7"),
        with(|options| options.profile_id = Some("u7".into())),
        with(|options| {
            options.extra = Some(Extra {
                callback: Some("https://e.com".into()),
                ..Extra::default()
            });
        }),
    ];
    for message in messages {
        let vpush = Vpush::new(|_, request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            Ok(match body["regId"].as_str() {
                Some("r7") => said(&json!({
                    "result": 10302, "invalidUser": {"status": 1, "userid": "r7"},
                })),
                Some(token) => said(&json!({"result": 0, "taskId": format!("t-{token}")})),
                None => good(),
            })
        });
        let report = vpush.provider().send(&all(&message, 40)).await;
        for (number, outcome) in report.outcomes().iter().enumerate() {
            match number {
                7 => assert_eq!(*action(outcome), TokenAction::Drop { since: None }),
                _ => assert_eq!(*outcome, Outcome::accepted(format!("t-r{number}"))),
            }
        }
        assert_eq!(vpush.singles().len(), 40);
        assert!(vpush.savings().is_empty() && vpush.lists().is_empty());
    }
}

#[tokio::test]
async fn a_live_card_has_an_address_of_its_own() {
    let vpush = Vpush::content();
    let card = crate::message::LiveMessage::new(2, "TAXI", 1, json!({}));
    let options = Options {
        notify_id: Some(7),
        live_message: Some(card),
        ..Options::default()
    };
    let mut message = hello();
    message.kind = zpns_core::Kind::LiveActivity;
    message.vendor.set(&options).unwrap();
    let report = vpush.provider().send(&to(&message, &["r1", "r2"])).await;
    assert_eq!(report.accepted(), 2);
    let cards = vpush.calls("/livemessage/send");
    assert_eq!(cards.len(), 2);
    let tokens: BTreeSet<_> = cards
        .iter()
        .filter_map(|card| card["regId"].as_str())
        .collect();
    assert_eq!(tokens, ["r1", "r2"].into());
    assert_eq!(cards[1]["liveMessage"]["operation"], 2);
}

#[tokio::test]
async fn a_caller_who_gives_up_leaves_the_saving_to_those_who_wait() {
    let vpush = Vpush::content();
    let provider = Arc::new(vpush.provider());
    let whole = all(&hello(), 4);
    let (first, second) = (whole.slice(0, 2), whole.slice(2, 2));
    let mut given_up = Box::pin(provider.send(&first));
    let waiting = provider.send(&second);
    let polled = futures_util::future::poll_immediate(&mut given_up).await;
    assert!(polled.is_none(), "it is under way");
    drop(given_up);
    assert_eq!(waiting.await.accepted(), 2);
    assert_eq!((vpush.savings().len(), vpush.lists().len()), (1, 1));
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_is_refused_without_a_call() {
    let vpush = Vpush::content();
    let message = hello().with_payload("x".repeat(1_100));
    let report = vpush.provider().send(&to(&message, &["r1", "r2"])).await;
    assert_eq!(report.of_kind(ErrorKind::PayloadTooLarge), 2);
    let cut = zpns_core::Notification::alert("t", "b".repeat(101));
    let variant = Variant::new(&cut, &capability(), None, LimitPolicy::Reject).unwrap();
    let batch = Batch::new(Arc::new(variant), [Target::new("phones", "r1")].into());
    let report = vpush.provider().send(&batch).await;
    assert_eq!(report.of_kind(ErrorKind::MessageInvalid), 1);
    assert!(vpush.vendor.requests().is_empty());
}
