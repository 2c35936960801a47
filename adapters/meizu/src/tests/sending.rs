//! Batches and checks.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use zpns_core::resources::{HttpError, HttpErrorKind, Transport};
use zpns_core::{
    Clock as _, ErrorKind, Kind, LimitPolicy, Notification, Outcome, PushProvider as _, Retry,
    Sent, TokenAction, Variant,
};
use zpns_kit::testing::FakeVendor;

use super::meizu::{
    APP, answer, batch, content, good, provider, refusal, saying, signature, targets, value,
};
use crate::provider::{TARGETS, capability};

fn hello() -> Notification {
    Notification::alert("t", "b")
}

fn action(outcome: &Outcome) -> &TokenAction {
    match outcome {
        Outcome::Rejected(rejection) => &rejection.token,
        other => panic!("{other:?}"),
    }
}

fn numbered(letter: char, count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("{letter}{number}"))
        .collect()
}

fn texts(tokens: &[String]) -> Vec<&str> {
    tokens.iter().map(String::as_str).collect()
}

#[tokio::test]
async fn a_batch_is_one_signed_form() {
    let meizu = content();
    let report = provider(&meizu)
        .send(&batch(&hello(), &["p1", "a+/=&%"]))
        .await;
    let wanted = vec![Outcome::accepted("NS1".to_owned()); 2];
    assert_eq!(report.into_outcomes(), wanted);
    let requests = meizu.requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!(request.method, Method::POST);
    assert_eq!(
        request.headers["content-type"],
        "application/x-www-form-urlencoded;charset=UTF-8"
    );
    assert_eq!(request.headers.len(), 1, "nothing about this machine");
    assert_eq!(request.timeout, Duration::from_secs(10));
    assert_eq!(value(request, "appId"), APP);
    assert_eq!(targets(request), ["p1", "a+/=&%"]);
    assert_eq!(value(request, "sign"), signature(request));
    assert_eq!(meizu.opened()[0].transport, Transport::General);
}

#[tokio::test]
async fn what_cannot_be_a_token_spoils_nothing_for_the_others() {
    let meizu = FakeVendor::new(|_, _| Ok(good(json!({"110002": ["p2"]}))));
    let provider = provider(&meizu);
    let tokens = [
        "",
        "p1",
        "a,b",
        "two words",
        "p2",
        "täuschend",
        "a\r\nb",
        "p3",
    ];
    let report = provider.send(&batch(&hello(), &tokens)).await;
    assert_eq!(targets(&meizu.requests()[0]), ["p1", "p2", "p3"]);
    for (token, outcome) in tokens.iter().zip(report.outcomes()) {
        match *token {
            "p1" | "p3" => assert!(outcome.is_accepted(), "{token}"),
            "p2" => assert_eq!(*action(outcome), TokenAction::Drop { since: None }),
            _ => {
                assert_eq!(outcome.kind(), Some(ErrorKind::TokenInvalid), "{token}");
                assert_eq!(*action(outcome), TokenAction::Keep);
                assert_eq!(outcome.vendor(), None);
            }
        }
    }
    let report = provider.send(&batch(&hello(), &["", "a,b"])).await;
    assert_eq!(report.of_kind(ErrorKind::TokenInvalid), 2);
    assert_eq!(meizu.requests().len(), 1, "nobody is left to send to");
}

#[tokio::test]
async fn a_target_that_is_given_twice_is_sent_once_and_answered_twice() {
    let meizu = FakeVendor::new(|_, _| Ok(good(json!({"110010": ["b"]}))));
    let tokens = ["a", "b", "a", "c,d", "b", "e", "a"];
    let report = provider(&meizu).send(&batch(&hello(), &tokens)).await;
    let requests = meizu.requests();
    assert_eq!(targets(&requests[0]), ["a", "b", "e"]);
    let kinds: Vec<_> = report.outcomes().iter().map(Outcome::kind).collect();
    let muted = Some(ErrorKind::Muted);
    let wanted = [
        None,
        muted,
        None,
        Some(ErrorKind::TokenInvalid),
        muted,
        None,
        None,
    ];
    assert_eq!(kinds, wanted);
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_is_refused_without_a_call() {
    let meizu = content();
    let message = Notification::alert("", " ");
    let report = provider(&meizu).send(&batch(&message, &["p1", "p2"])).await;
    assert_eq!(report.of_kind(ErrorKind::MessageInvalid), 2);
    assert!(meizu.requests().is_empty());
}

#[test]
fn there_is_no_silent_push() {
    let mut message = Notification::silent();
    for kind in [
        Kind::Silent,
        Kind::LiveActivity,
        Kind::Other("unvarnished".into()),
    ] {
        message.kind = kind;
        let variant = Variant::new(&message, &capability(), None, LimitPolicy::Truncate);
        assert_eq!(variant.unwrap_err().kind, ErrorKind::Unsupported);
    }
}

#[tokio::test]
async fn a_request_has_a_hundred_targets_at_the_most() {
    let meizu = content();
    let provider = provider(&meizu);
    assert_eq!(provider.capability().batch, 100);
    let tokens = numbered('p', 250);
    // A router's batch has a hundred; who calls by hand may give more.
    let report = provider.send(&batch(&hello(), &texts(&tokens))).await;
    assert_eq!(report.accepted(), 250);
    let requests = meizu.requests();
    let sizes: Vec<usize> = requests
        .iter()
        .map(|request| targets(request).len())
        .collect();
    assert_eq!(sizes, [100, 100, 50]);
    let all: Vec<String> = requests.iter().flat_map(targets).collect();
    assert_eq!(all, tokens);
}

#[tokio::test]
async fn the_targets_of_each_batch_are_part_of_its_signature() {
    let meizu = content();
    let provider = provider(&meizu);
    let tokens = numbered('p', 2 * TARGETS);
    let whole = batch(&hello(), &texts(&tokens));
    for start in [0, TARGETS] {
        let report = provider.send(&whole.slice(start, TARGETS)).await;
        assert_eq!(report.accepted(), TARGETS);
    }
    let requests = meizu.requests();
    let signs: BTreeSet<String> = requests.iter().map(|r| value(r, "sign")).collect();
    assert_eq!(signs.len(), 2);
    for request in &requests {
        assert_eq!(value(request, "sign"), signature(request));
    }
    let messages: BTreeSet<String> = requests.iter().map(|r| value(r, "messageJson")).collect();
    assert_eq!(messages.len(), 1, "encoded once");
}

#[tokio::test]
async fn every_script_is_signed_as_it_is_and_encoded_afterwards() {
    let meizu = content();
    let provider = provider(&meizu);
    for text in ["你好 a=b&c+d%20", "مرحبا", "👩‍👩‍👧‍👦\n\u{7f}\"\\"] {
        let message = Notification::alert(text, text).with_payload(text);
        assert_eq!(provider.send(&batch(&message, &["p1"])).await.accepted(), 1);
    }
    for request in meizu.requests() {
        assert!(request.body.is_ascii());
        assert_eq!(value(&request, "sign"), signature(&request));
    }
}

#[tokio::test]
async fn a_repeat_carries_the_same_notify_key() {
    let meizu = content();
    let provider = provider(&meizu);
    let first = batch(&hello(), &["p1", "p2"]);
    let _ = provider.send(&first).await;
    let _ = provider.send(&first.clone().with_attempt(2)).await;
    let _ = provider.send(&batch(&hello(), &["p1", "p2"])).await;
    let requests = meizu.requests();
    assert_eq!(requests[0].body, requests[1].body);
    let keys: BTreeSet<String> = requests
        .iter()
        .map(|request| {
            let json: Value = serde_json::from_str(&value(request, "messageJson")).unwrap();
            json["advanceInfo"]["notifyKey"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(keys.len(), 2, "another message has another one");
}

/// Knows who is dead, and says of a request for dead ones only that they are not registered.
fn graveyard(is_dead: impl Fn(&str) -> bool + Send + Sync + 'static) -> Arc<FakeVendor> {
    FakeVendor::new(move |_, request| {
        let all = targets(request);
        let dead: Vec<&String> = all.iter().filter(|token| is_dead(token)).collect();
        Ok(if dead.len() == all.len() {
            refusal("110002")
        } else {
            good(json!({"110002": dead}))
        })
    })
}

#[tokio::test]
async fn tokens_that_are_all_dead_are_dropped_once_each_was_asked_about() {
    for code in ["110002", "110003"] {
        let meizu = saying(code);
        let tokens = ["d1", "d2", "d3", "d4", "d5"];
        let report = provider(&meizu).send(&batch(&hello(), &tokens)).await;
        assert_eq!(report.len(), 5);
        for outcome in report.outcomes() {
            assert_eq!(outcome.kind(), Some(ErrorKind::TokenInvalid));
            assert_eq!(*action(outcome), TokenAction::Drop { since: None });
            assert_eq!(outcome.vendor().unwrap().code, code);
        }
        let requests = meizu.requests();
        assert_eq!(requests.len(), 9);
        let alone: BTreeSet<String> = requests
            .iter()
            .map(targets)
            .filter(|targets| targets.len() == 1)
            .flatten()
            .collect();
        assert_eq!(alone.len(), 5);
        let signed = |request| value(request, "sign") == signature(request);
        assert!(requests.iter().all(signed));
    }
}

#[tokio::test]
async fn a_verdict_on_many_that_is_not_true_of_each_drops_only_the_dead() {
    // Wrong of the whole, right of the parts.
    let meizu = FakeVendor::new(|_, request| {
        let all = targets(request);
        Ok(if all.len() > 2 || all == ["d3"] {
            refusal("110003")
        } else {
            good(json!({"110003": ["d3"]}))
        })
    });
    let tokens = ["p1", "p2", "d3", "p4"];
    let report = provider(&meizu).send(&batch(&hello(), &tokens)).await;
    let accepted: Vec<bool> = report.outcomes().iter().map(Outcome::is_accepted).collect();
    assert_eq!(accepted, [true, true, false, true]);
    let dropped = TokenAction::Drop { since: None };
    assert_eq!(*action(&report.outcomes()[2]), dropped);
}

#[tokio::test]
async fn tokens_that_were_not_asked_about_in_time_are_kept() {
    let meizu = FakeVendor::new(|meizu, _| {
        meizu.clock.advance(Duration::from_secs(1));
        Ok(refusal("110002"))
    });
    let tokens = numbered('d', 16);
    let deadline = meizu.clock.monotonic() + Duration::from_secs(8);
    let batch = batch(&hello(), &texts(&tokens)).with_deadline(Some(deadline));
    let report = provider(&meizu).send(&batch).await;
    assert_eq!(report.len(), 16);
    assert_eq!(meizu.requests().len(), 8);
    assert_eq!(report.of_kind(ErrorKind::TokenInvalid), 16);
    // 16, 8, 4, 2, 1, 1, 2, 1
    let dropped = |outcome: &&Outcome| *action(outcome) == TokenAction::Drop { since: None };
    assert_eq!(report.outcomes().iter().filter(dropped).count(), 3);
}

#[tokio::test]
async fn the_dead_among_the_living_are_dropped_at_the_first_answer() {
    let meizu = graveyard(|token| token.starts_with("dead"));
    let tokens = ["p1", "dead1", "p2", "dead2"];
    let report = provider(&meizu).send(&batch(&hello(), &tokens)).await;
    assert_eq!(report.accepted(), 2);
    assert_eq!(report.of_kind(ErrorKind::TokenInvalid), 2);
    assert_eq!(meizu.requests().len(), 1);
    let alone = provider(&meizu).send(&batch(&hello(), &["dead1"])).await;
    let dropped = TokenAction::Drop { since: None };
    assert_eq!(*action(&alone.outcomes()[0]), dropped);
    assert_eq!(meizu.requests().len(), 2, "one is asked about once");
}

#[tokio::test]
async fn a_request_that_is_lost_says_whether_it_may_have_been_acted_on() {
    let meizu = FakeVendor::new(|_, _| {
        let lost = "no answer";
        Err(HttpError::new(HttpErrorKind::Timeout, Sent::Maybe, lost))
    });
    let report = provider(&meizu).send(&batch(&hello(), &["p1", "p2"])).await;
    for outcome in report.outcomes() {
        let Outcome::Failed(error) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!((error.sent(), error.retry()), (Sent::Maybe, Retry::Backoff));
    }
}

#[tokio::test]
async fn a_deadline_bounds_the_request_and_a_past_one_sends_nothing() {
    let meizu = content();
    let now = meizu.clock.monotonic();
    let provider = provider(&meizu);
    let soon = batch(&hello(), &["p1"]).with_deadline(Some(now + Duration::from_secs(2)));
    assert_eq!(provider.send(&soon).await.accepted(), 1);
    assert_eq!(meizu.requests()[0].timeout, Duration::from_secs(2));
    meizu.clock.advance(Duration::from_secs(2));
    let report = provider.send(&soon).await;
    assert_eq!(report.of_kind(ErrorKind::Timeout), 1);
    assert_eq!(meizu.requests().len(), 1);
}

#[tokio::test]
async fn a_thousand_sends_at_once_share_nothing() {
    let meizu = content();
    let provider = Arc::new(provider(&meizu));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..1_000 {
        let provider = Arc::clone(&provider);
        tasks.spawn(async move {
            let message = Notification::alert("t", format!("text {number}"));
            let token = format!("p{number}");
            provider.send(&batch(&message, &[&token])).await.accepted()
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().sum::<usize>(), 1_000);
    let requests = meizu.requests();
    assert_eq!(requests.len(), 1_000);
    for request in &requests {
        let json: Value = serde_json::from_str(&value(request, "messageJson")).unwrap();
        let text = json["noticeBarInfo"]["content"].as_str().unwrap();
        let number = text.strip_prefix("text ").unwrap();
        assert_eq!(targets(request), [format!("p{number}")]);
        assert_eq!(value(request, "sign"), signature(request));
    }
}

#[tokio::test]
async fn two_apps_sign_with_their_own_secrets() {
    let meizu = content();
    let other = crate::MeizuConfig::new("7", "other".to_owned());
    let other = other.open(meizu.setup("other")).unwrap();
    let message = hello();
    let _ = provider(&meizu).send(&batch(&message, &["p1"])).await;
    let _ = other.send(&batch(&message, &["p1"])).await;
    let requests = meizu.requests();
    assert_eq!(value(&requests[0], "appId"), APP);
    assert_eq!(value(&requests[1], "appId"), "7");
    assert_ne!(value(&requests[1], "sign"), signature(&requests[1]));
}

#[tokio::test]
async fn what_is_cut_or_left_out_is_noted() {
    let meizu = content();
    let mut message = Notification::alert("t", "b".repeat(101));
    message.channel = Some("chat".into());
    message.subtitle = Some("s".into());
    let report = provider(&meizu).send(&batch(&message, &["p1", "p2"])).await;
    for position in 0..2 {
        let notes = report.notes(position).unwrap();
        assert_eq!(notes.truncated, ["body"]);
        assert_eq!(notes.dropped, ["subtitle", "channel"]);
    }
}

#[tokio::test]
async fn a_check_asks_for_the_figures_of_the_day_and_says_what_is_not_proved() {
    let meizu = FakeVendor::new(|_, _| {
        let figures = json!([{"date": "2025-11-25", "pushedNo": 0}]);
        Ok(answer(
            &json!({"code": "200", "message": "", "value": figures}),
        ))
    });
    let check = provider(&meizu).check().await.unwrap();
    for part in ["app secret", "first push", "without sending"] {
        assert!(check.reason.contains(part), "{}", check.reason);
    }
    let requests = meizu.requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!(request.method, Method::GET);
    let path = "/garcia/api/server/push/statistics/dailyPushStatics";
    assert_eq!(request.uri.path(), path);
    assert_eq!(value(request, "appId"), APP);
    // 16:00 UTC on the 24th.
    assert_eq!(value(request, "startTime"), "20251125");
    assert_eq!(value(request, "endTime"), "20251125");
    assert_eq!(value(request, "sign"), signature(request));
    assert!(request.body.is_empty());
}

#[tokio::test]
async fn a_check_tells_wrong_credentials_from_a_busy_vendor() {
    let rows = [
        ("1006", ErrorKind::CredentialInvalid),
        ("110000", ErrorKind::CredentialInvalid),
        ("110033", ErrorKind::CredentialInvalid),
        ("110009", ErrorKind::PermissionDenied),
        ("110010", ErrorKind::RateLimited),
        ("1003", ErrorKind::Unavailable),
        ("99999", ErrorKind::Protocol),
    ];
    for (code, kind) in rows {
        let error = provider(&saying(code)).check().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{code}");
    }
}

#[tokio::test]
async fn a_shutdown_closes_the_client() {
    let meizu = content();
    provider(&meizu).shutdown(Duration::from_secs(3)).await;
    assert_eq!(meizu.closed(), [Duration::from_secs(3)]);
}
