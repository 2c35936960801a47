//! Batches and checks.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Method;
use serde_json::json;
use zpns_core::resources::{HttpError, HttpErrorKind};
use zpns_core::{
    Clock as _, ErrorKind, Notification, Outcome, PushProvider as _, Retry, Sent, TokenAction,
};

use zpns_kit::testing::FakeVendor;

use super::mi::{Mi as _, SECRET, answer, batch, content, good, saying, targets, value};

fn hello() -> Notification {
    Notification::alert("t", "b")
}

fn action(outcome: &Outcome) -> &TokenAction {
    match outcome {
        Outcome::Rejected(rejection) => &rejection.token,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_batch_is_one_form_with_the_static_key() {
    let mi = content();
    let report = mi
        .provider()
        .send(&batch(&hello(), &["r1", "a+/=", "r1"]))
        .await;
    let outcomes = report.into_outcomes();
    assert_eq!(outcomes, vec![Outcome::accepted("scm1".to_owned()); 3]);
    let requests = mi.requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!(request.method, Method::POST);
    assert_eq!(
        request.uri.to_string(),
        "https://api.xmpush.xiaomi.com/v3/message/regid"
    );
    assert_eq!(request.headers["authorization"], format!("key={SECRET}"));
    assert!(request.headers["authorization"].is_sensitive());
    assert_eq!(
        request.headers["content-type"],
        "application/x-www-form-urlencoded;charset=UTF-8"
    );
    assert_eq!(request.headers.len(), 2, "nothing about this machine");
    assert_eq!(request.timeout, Duration::from_secs(10));
    assert_eq!(targets(request), ["r1", "a+/=", "r1"]);
}

#[tokio::test]
async fn what_cannot_be_a_token_spoils_nothing_for_the_others() {
    let mi = FakeVendor::new(|_, _| Ok(good(json!({"id": "scm1", "bad_regids": "r2"}))));
    let long = "x".repeat(1_025);
    let tokens = [
        "",
        "r1",
        "a,b",
        "two words",
        "r2",
        "täuschend",
        "a\r\nb",
        &long,
        "r3",
    ];
    let report = mi.provider().send(&batch(&hello(), &tokens)).await;
    assert_eq!(targets(&mi.requests()[0]), ["r1", "r2", "r3"]);
    for (token, outcome) in tokens.iter().zip(report.outcomes()) {
        match *token {
            "r1" | "r3" => assert!(outcome.is_accepted(), "{token}"),
            "r2" => assert_eq!(*action(outcome), TokenAction::Drop { since: None }),
            _ => {
                assert_eq!(outcome.kind(), Some(ErrorKind::TokenInvalid), "{token}");
                assert_eq!(*action(outcome), TokenAction::Keep);
                assert_eq!(outcome.vendor(), None);
            }
        }
    }
    let report = mi.provider().send(&batch(&hello(), &["", " "])).await;
    assert_eq!(report.of_kind(ErrorKind::TokenInvalid), 2);
    assert_eq!(mi.requests().len(), 1, "nobody is left to send to");
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_is_refused_without_a_call() {
    let mi = content();
    let report = mi
        .provider()
        .send(&batch(&Notification::alert("", " "), &["r1", "r2"]))
        .await;
    assert_eq!(report.of_kind(ErrorKind::MessageInvalid), 2);
    assert!(mi.requests().is_empty());
}

/// Knows who is dead, and says of a request for dead ones only that it failed.
fn graveyard(is_dead: impl Fn(&str) -> bool + Send + Sync + 'static) -> std::sync::Arc<FakeVendor> {
    FakeVendor::new(move |_, request| {
        let all = targets(request);
        let dead: Vec<&str> = all
            .iter()
            .map(String::as_str)
            .filter(|t| is_dead(t))
            .collect();
        Ok(if dead.len() == all.len() {
            answer(&json!({"code": 20301, "reason": "no valid targets"}))
        } else {
            good(json!({"id": "scm1", "bad_regids": dead.join(",")}))
        })
    })
}

#[tokio::test]
async fn tokens_that_are_all_dead_are_dropped_once_each_was_asked_about() {
    let mi = graveyard(|_| true);
    let tokens = ["d1", "d2", "d3", "d4", "d5"];
    let report = mi.provider().send(&batch(&hello(), &tokens)).await;
    assert_eq!(report.len(), 5);
    for outcome in report.outcomes() {
        assert_eq!(outcome.kind(), Some(ErrorKind::TokenInvalid));
        assert_eq!(*action(outcome), TokenAction::Drop { since: None });
        assert_eq!(outcome.vendor().unwrap().code, "20301");
    }
    let requests = mi.requests();
    assert_eq!(requests.len(), 9);
    let alone: BTreeSet<String> = requests
        .iter()
        .map(targets)
        .filter(|targets| targets.len() == 1)
        .flatten()
        .collect();
    assert_eq!(alone.len(), 5);
    let keys: BTreeSet<_> = requests.iter().map(|r| value(r, "extra.jobkey")).collect();
    assert_eq!(
        keys.len(),
        1,
        "a device that is alive after all shows it once"
    );
}

#[tokio::test]
async fn a_verdict_on_many_that_is_not_true_of_each_drops_only_the_dead() {
    // Wrong of the whole, right of the parts.
    let mi = FakeVendor::new(|_, request| {
        let all = targets(request);
        Ok(if all.len() > 2 || all == ["d3"] {
            answer(&json!({"code": 20301}))
        } else {
            good(json!({"id": "scm1", "bad_regids": "d3"}))
        })
    });
    let tokens = ["r1", "r2", "d3", "r4"];
    let report = mi.provider().send(&batch(&hello(), &tokens)).await;
    let accepted: Vec<bool> = report.outcomes().iter().map(Outcome::is_accepted).collect();
    assert_eq!(accepted, [true, true, false, true]);
    assert_eq!(
        *action(&report.outcomes()[2]),
        TokenAction::Drop { since: None }
    );
}

#[tokio::test]
async fn tokens_that_were_not_asked_about_in_time_are_kept() {
    let mi = FakeVendor::new(|mi, _| {
        mi.clock.advance(Duration::from_secs(1));
        Ok(answer(&json!({"code": 20301})))
    });
    let tokens: Vec<String> = (0..16).map(|number| format!("d{number}")).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let deadline = mi.clock.monotonic() + Duration::from_secs(8);
    let batch = batch(&hello(), &tokens).with_deadline(Some(deadline));
    let report = mi.provider().send(&batch).await;
    assert_eq!(report.len(), 16);
    assert_eq!(mi.requests().len(), 8);
    let dropped: Vec<bool> = report
        .outcomes()
        .iter()
        .map(|outcome| *action(outcome) == TokenAction::Drop { since: None })
        .collect();
    // 16, 8, 4, 2, 1, 1, 2, 1
    let wanted = [true, true, true].into_iter().chain([false; 13]);
    assert_eq!(dropped, wanted.collect::<Vec<_>>());
    assert_eq!(report.of_kind(ErrorKind::TokenInvalid), 16);
}

#[tokio::test]
async fn asking_again_that_fails_keeps_the_tokens() {
    let mi = FakeVendor::new(|_, request| match targets(request).len() {
        4 => Ok(answer(&json!({"code": 20301}))),
        _ => Err(HttpError::new(
            HttpErrorKind::Interrupted,
            Sent::Maybe,
            "lost",
        )),
    });
    let report = mi
        .provider()
        .send(&batch(&hello(), &["d1", "d2", "d3", "d4"]))
        .await;
    for outcome in report.outcomes() {
        assert_eq!(outcome.kind(), Some(ErrorKind::TokenInvalid));
        assert_eq!(*action(outcome), TokenAction::Keep);
    }
    assert_eq!(mi.requests().len(), 3);
}

#[tokio::test]
async fn a_request_that_is_lost_says_whether_it_may_have_been_acted_on() {
    let mi = FakeVendor::new(|_, _| {
        Err(HttpError::new(
            HttpErrorKind::Timeout,
            Sent::Maybe,
            "no answer",
        ))
    });
    let report = mi.provider().send(&batch(&hello(), &["r1", "r2"])).await;
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
    let mi = content();
    let now = mi.clock.monotonic();
    let provider = mi.provider();
    let soon = batch(&hello(), &["r1"]).with_deadline(Some(now + Duration::from_secs(2)));
    assert_eq!(provider.send(&soon).await.accepted(), 1);
    assert_eq!(mi.requests()[0].timeout, Duration::from_secs(2));
    mi.clock.advance(Duration::from_secs(2));
    let report = provider.send(&soon).await;
    assert_eq!(report.of_kind(ErrorKind::Timeout), 1);
    assert_eq!(mi.requests().len(), 1);
}

#[tokio::test]
async fn a_repeat_carries_the_same_ids_and_a_thousand_targets_are_one_request() {
    let mi = content();
    let provider = mi.provider();
    let tokens: Vec<String> = (0..1_000).map(|number| format!("r{number}")).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let first = batch(&hello(), &tokens);
    assert_eq!(provider.send(&first).await.accepted(), 1_000);
    let repeat = first.clone().with_attempt(2);
    assert_eq!(provider.send(&repeat).await.accepted(), 1_000);
    let requests = mi.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].body, requests[1].body);
    assert_eq!(targets(&requests[0]), tokens);
}

#[tokio::test]
async fn a_thousand_sends_at_once_need_no_log_in_and_share_nothing() {
    let mi = content();
    let provider = std::sync::Arc::new(mi.provider());
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..1_000 {
        let provider = std::sync::Arc::clone(&provider);
        tasks.spawn(async move {
            let message = Notification::alert("t", format!("text {number}"));
            let token = format!("r{number}");
            provider.send(&batch(&message, &[&token])).await.accepted()
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().sum::<usize>(), 1_000);
    let requests = mi.requests();
    assert_eq!(requests.len(), 1_000);
    for request in &requests {
        let text = value(request, "description").unwrap();
        let number = text.strip_prefix("text ").unwrap();
        assert_eq!(targets(request), [format!("r{number}")]);
    }
}

#[tokio::test]
async fn a_cut_text_is_noted() {
    let mi = content();
    let message = Notification::alert("t", "b".repeat(128));
    let report = mi.provider().send(&batch(&message, &["r1", "r2"])).await;
    for position in 0..2 {
        assert_eq!(report.notes(position).unwrap().truncated, ["body"]);
    }
}

#[tokio::test]
async fn a_check_asks_for_the_quota_and_nothing_else() {
    let mi = FakeVendor::new(|_, _| Ok(good(json!({"day_quota": "10000", "day_acked": "0"}))));
    let check = mi.provider().check().await.unwrap();
    assert!(check.reason.contains("app secret"), "{}", check.reason);
    let requests = mi.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].method, Method::GET);
    assert_eq!(requests[0].uri.path(), "/v1/trace/quota/get");
    assert_eq!(
        requests[0].headers["authorization"],
        format!("key={SECRET}")
    );
    assert!(requests[0].body.is_empty());
}

#[tokio::test]
async fn a_check_tells_a_wrong_secret_from_a_busy_vendor_and_a_right_one() {
    for code in [10027, 10038, 10039] {
        let check = saying(code).provider().check().await.unwrap();
        assert!(check.reason.contains("said Xiaomi"), "{}", check.reason);
    }
    let rows = [
        (21301, ErrorKind::CredentialInvalid),
        (21302, ErrorKind::CredentialInvalid),
        (22000, ErrorKind::CredentialInvalid),
        (10002, ErrorKind::Unavailable),
        (99999, ErrorKind::Protocol),
    ];
    for (code, kind) in rows {
        let error = saying(code).provider().check().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{code}");
    }
}

#[tokio::test]
async fn a_shutdown_closes_the_client() {
    let mi = content();
    mi.provider().shutdown(Duration::from_secs(3)).await;
    assert_eq!(mi.closed(), [Duration::from_secs(3)]);
}
