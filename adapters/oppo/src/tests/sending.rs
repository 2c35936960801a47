//! One by one: `unicast` and `unicast_batch`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde_json::json;
use zpns_core::resources::{HttpError, HttpErrorKind};
use zpns_core::{
    Clock as _, ErrorKind, MessageId, Notification, Outcome, PushProvider as _, Retry, Sent,
    TokenAction,
};

use super::oppo::*;

const DROP: TokenAction = TokenAction::Drop { since: None };

fn action(outcome: &Outcome) -> &TokenAction {
    match outcome {
        Outcome::Rejected(rejection) => &rejection.token,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_target_is_a_unicast_to_the_byte() {
    let vendor = content();
    let mut message = Notification::alert("Grüße", "a+b & 100%");
    let id: uuid::Uuid = "0190b7a4-2b7e-7c3e-8f3e-3c1e5b1e9a10".parse().unwrap();
    message.id = MessageId::from(id);
    let report = provider(&vendor).send(&batch_of(&message, &["CN_1"])).await;
    assert_eq!(
        report.outcomes(),
        [Outcome::accepted("app-1-1-00".to_owned())]
    );
    assert_eq!(paths(&vendor), ["auth", "unicast"]);
    let request = &vendor.requests()[1];
    assert_eq!(request.method, Method::POST);
    assert_eq!(
        request.uri.to_string(),
        "https://api-push-cn.heytapmobi.com/server/v1/message/notification/unicast"
    );
    assert_eq!(
        request.headers["content-type"],
        "application/x-www-form-urlencoded; charset=UTF-8"
    );
    assert_eq!(request.headers.len(), 1, "the token is in the form");
    assert_eq!(request.timeout, Duration::from_secs(10));
    let notification = messages(request)[0]["notification"].clone();
    let (own, number) = (&notification["app_message_id"], &notification["notify_id"]);
    let json = format!(
        "{{\"target_type\":2,\"target_value\":\"CN_1\",\"notification\":{{\"app_message_id\":{own},\
         \"click_action_type\":0,\"content\":\"a+b & 100%\",\"notify_id\":{number},\
         \"off_line\":true,\"off_line_ttl\":3600,\"style\":1,\"title\":\"Grüße\"}}}}"
    );
    let mut wanted = url::form_urlencoded::Serializer::new(String::new());
    wanted.append_pair("auth_token", "tok/1+");
    wanted.append_pair("message", &json);
    let wanted = wanted.finish();
    assert_eq!(String::from_utf8_lossy(&request.body), wanted);
    assert!(wanted.contains("a%2Bb+%26+100%25"), "{wanted}");
}

#[tokio::test]
async fn many_targets_of_a_service_are_one_batch_matched_by_id() {
    let vendor = oppo(|_, request| {
        let is_batch = request.uri.path().ends_with(UNICAST_BATCH);
        let code = |token: &str| match token {
            "dead" => Some(10_000),
            "odd" => Some(10_001),
            "again" => Some(32),
            _ => None,
        };
        is_batch.then(|| good(listed(request, code)))
    });
    let tokens = ["r1", "dead", "r2", "odd", "again", "r1"];
    let report = provider(&vendor).send(&batch_of(&chat(), &tokens)).await;
    assert_eq!(paths(&vendor), ["auth", "unicast_batch"]);
    let request = &vendor.requests()[1];
    assert_eq!(targets(request), tokens);
    let ids: BTreeSet<String> = messages(request)
        .iter()
        .map(|message| message["notification"]["app_message_id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1, "one message is one message to all");
    let outcomes = report.outcomes();
    for (position, id) in [(0, "m-r1"), (2, "m-r2"), (5, "m-r1")] {
        assert_eq!(outcomes[position], Outcome::accepted(id.to_owned()));
    }
    assert_eq!(*action(&outcomes[1]), DROP);
    assert_eq!(outcomes[3].kind(), Some(ErrorKind::Protocol));
    assert_eq!(outcomes[3].vendor().unwrap().code, "10001");
    assert!(outcomes[4].is_accepted());
}

#[tokio::test]
async fn a_message_without_a_class_goes_one_by_one() {
    let vendor = content();
    let plain = Notification::alert("t", "b");
    let report = provider(&vendor)
        .send(&batch_of(&plain, &["r1", "r2"]))
        .await;
    assert_eq!(report.accepted(), 2);
    assert_eq!(paths(&vendor), ["auth", "unicast_batch"]);
}

#[tokio::test]
async fn a_repeat_of_the_rest_carries_the_same_id() {
    let vendor = content();
    let provider = provider(&vendor);
    let message = chat();
    let first = batch_of(&message, &["r1", "r2", "r3"]);
    let _ = provider.send(&first).await;
    let rest = first.slice(1, 1).with_attempt(2);
    let _ = provider.send(&rest).await;
    // And after a restart, from the message alone.
    let _ = super::oppo::provider(&vendor)
        .send(&batch_of(&message, &["r3"]))
        .await;
    let sent = [
        vendor.requests_to(UNICAST_BATCH),
        vendor.requests_to(UNICAST),
    ]
    .concat();
    assert_eq!(sent.len(), 3);
    let ids: BTreeSet<String> = sent
        .iter()
        .flat_map(messages)
        .map(|message| message["notification"]["app_message_id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn a_thousand_targets_are_one_request_and_more_are_more() {
    let vendor = content();
    let tokens = tokens(1_001);
    let report = provider(&vendor)
        .send(&batch_of(&chat(), &as_strs(&tokens)))
        .await;
    assert_eq!(report.accepted(), 1_001);
    assert_eq!(paths(&vendor), ["auth", "unicast_batch", "unicast"]);
    assert_eq!(targets(&vendor.requests()[1]), &tokens[..1_000]);
    for (token, outcome) in tokens.iter().zip(report.outcomes()).take(1_000) {
        assert_eq!(*outcome, Outcome::accepted(format!("m-{token}")));
    }
}

#[tokio::test]
async fn no_batch_is_larger_than_a_server_takes() {
    let vendor = content();
    let message = chat().with_payload("字".repeat(3_900));
    let tokens = tokens(300);
    let report = provider(&vendor)
        .send(&batch_of(&message, &as_strs(&tokens)))
        .await;
    assert_eq!(report.accepted(), 300);
    let batches = vendor.requests_to(UNICAST_BATCH);
    assert!(batches.len() > 1);
    assert!(batches.iter().all(|request| request.body.len() <= 4 << 20));
    assert_eq!(batches.iter().flat_map(targets).collect::<Vec<_>>(), tokens);
}

#[tokio::test]
async fn what_cannot_be_a_token_spoils_nothing_for_the_others() {
    let vendor = content();
    let long = "x".repeat(257);
    let tokens = [
        "",
        "r1",
        "a;b",
        "a,b",
        "two words",
        "täuschend",
        "a\nb",
        &long,
        "q\"\\",
        "r2",
    ];
    let report = provider(&vendor).send(&batch_of(&chat(), &tokens)).await;
    assert_eq!(targets(&vendor.requests()[1]), ["r1", "q\"\\", "r2"]);
    for (token, outcome) in tokens.iter().zip(report.outcomes()) {
        match *token {
            "r1" | "r2" | "q\"\\" => assert!(outcome.is_accepted(), "{token}"),
            _ => {
                assert_eq!(outcome.kind(), Some(ErrorKind::TokenInvalid), "{token}");
                assert_eq!(*action(outcome), TokenAction::Keep);
                assert_eq!(outcome.vendor(), None);
            }
        }
    }
    let provider = provider(&vendor);
    let sent = vendor.requests().len();
    let report = provider.send(&batch_of(&chat(), &["", " "])).await;
    assert_eq!(report.of_kind(ErrorKind::TokenInvalid), 2);
    assert_eq!(vendor.requests().len(), sent, "nobody is left to send to");
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_is_refused_without_a_call() {
    let vendor = content();
    let blank = Notification::alert("", " ");
    let report = provider(&vendor)
        .send(&batch_of(&blank, &["r1", "r2"]))
        .await;
    assert_eq!(report.of_kind(ErrorKind::MessageInvalid), 2);
    assert!(vendor.requests().is_empty());
}

#[tokio::test]
async fn a_dead_target_alone_is_dropped() {
    let vendor = saying(UNICAST, 10_000, "Invalid RegistrationId");
    let report = provider(&vendor).send(&batch_of(&chat(), &["dead"])).await;
    let outcome = &report.outcomes()[0];
    assert_eq!(outcome.kind(), Some(ErrorKind::TokenInvalid));
    assert_eq!(*action(outcome), DROP);
    assert_eq!(outcome.vendor().unwrap().code, "10000");
}

#[tokio::test]
async fn targets_that_are_refused_together_are_each_asked_about() {
    // Whoever is in the request with a dead one is refused with it, and not told which it is.
    let vendor = oppo(|_, request| {
        if request.uri.path().ends_with(AUTH) {
            return None;
        }
        let refused = targets(request).iter().any(|token| token.starts_with('d'));
        refused.then(|| error(10_000, "invalid"))
    });
    let tokens = ["r1", "d2", "r3", "r4", "d5"];
    let report = provider(&vendor).send(&batch_of(&chat(), &tokens)).await;
    for (token, outcome) in tokens.iter().zip(report.outcomes()) {
        match token.starts_with('d') {
            true => assert_eq!(*action(outcome), DROP),
            false => assert!(outcome.is_accepted(), "{token}"),
        }
    }
    let pushes: Vec<_> = vendor.requests().into_iter().skip(1).collect();
    let ids: BTreeSet<String> = pushes
        .iter()
        .flat_map(messages)
        .map(|message| message["notification"]["app_message_id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1, "who was reached after all is reached once");
}

#[tokio::test]
async fn tokens_that_were_not_asked_about_in_time_are_kept() {
    let vendor = oppo(|vendor, request| {
        if request.uri.path().ends_with(AUTH) {
            return None;
        }
        vendor.clock.advance(Duration::from_secs(1));
        Some(error(10_000, "invalid"))
    });
    let tokens = tokens(16);
    let deadline = vendor.clock.monotonic() + Duration::from_secs(8);
    let batch = batch_of(&chat(), &as_strs(&tokens)).with_deadline(Some(deadline));
    let report = provider(&vendor).send(&batch).await;
    assert_eq!(report.of_kind(ErrorKind::TokenInvalid), 16);
    // 16, 8, 4, 2, 1, 1, 2, 1
    assert_eq!(vendor.requests().len(), 1 + 8);
    let dropped = report
        .outcomes()
        .iter()
        .map(|outcome| *action(outcome) == DROP);
    let wanted = [true; 3].into_iter().chain([false; 13]);
    assert_eq!(dropped.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_request_that_is_lost_says_whether_it_may_have_been_acted_on() {
    for (call, message) in [(UNICAST_BATCH, chat()), (BROADCAST, news())] {
        let vendor = broken(move |_, request| {
            let is_push = request.uri.path().ends_with(call);
            is_push.then(|| {
                Err(HttpError::new(
                    HttpErrorKind::Timeout,
                    Sent::Maybe,
                    "no answer",
                ))
            })
        });
        let report = provider(&vendor)
            .send(&batch_of(&message, &["r1", "r2"]))
            .await;
        for outcome in report.outcomes() {
            let Outcome::Failed(error) = outcome else {
                panic!("{outcome:?}")
            };
            assert_eq!(error.kind(), ErrorKind::Timeout);
            assert_eq!((error.sent(), error.retry()), (Sent::Maybe, Retry::Backoff));
        }
    }
}

#[tokio::test]
async fn a_deadline_bounds_the_request_and_a_past_one_sends_nothing() {
    let vendor = content();
    let now = vendor.clock.monotonic();
    let provider = provider(&vendor);
    let soon = batch_of(&chat(), &["r1"]).with_deadline(Some(now + Duration::from_secs(2)));
    assert_eq!(provider.send(&soon).await.accepted(), 1);
    assert_eq!(vendor.requests()[1].timeout, Duration::from_secs(2));
    vendor.clock.advance(Duration::from_secs(2));
    let report = provider.send(&soon).await;
    assert_eq!(report.of_kind(ErrorKind::Timeout), 1);
    assert_eq!(vendor.requests().len(), 2);
}

#[tokio::test]
async fn a_thousand_sends_at_once_share_nothing_but_the_token() {
    let vendor = content();
    let provider = Arc::new(provider(&vendor));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..1_000 {
        let provider = Arc::clone(&provider);
        tasks.spawn(async move {
            let message = Notification::alert("t", format!("text {number}"));
            let token = format!("r{number}");
            provider
                .send(&batch_of(&message, &[&token]))
                .await
                .accepted()
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().sum::<usize>(), 1_000);
    let requests = vendor.requests_to(UNICAST);
    assert_eq!(requests.len(), 1_000);
    for request in &requests {
        let message = &messages(request)[0];
        let text = message["notification"]["content"].as_str().unwrap();
        let number = text.strip_prefix("text ").unwrap();
        assert_eq!(message["target_value"], format!("r{number}"));
    }
}

#[tokio::test]
async fn a_cut_text_is_noted_for_every_target() {
    let vendor = content();
    let message = Notification::alert("t", "b".repeat(51));
    let report = provider(&vendor)
        .send(&batch_of(&message, &["r1", "r2"]))
        .await;
    for position in 0..2 {
        assert_eq!(report.notes(position).unwrap().truncated, ["body"]);
    }
    let sent = &messages(&vendor.requests()[1])[0];
    assert_eq!(sent["notification"]["content"], json!("b".repeat(50)));
}

#[tokio::test]
async fn a_shutdown_closes_every_client() {
    let vendor = content();
    let grace = Duration::from_secs(3);
    provider(&vendor).shutdown(grace).await;
    assert_eq!(vendor.closed(), vec![grace; vendor.opened().len()]);
    assert!(!vendor.closed().is_empty());
}
