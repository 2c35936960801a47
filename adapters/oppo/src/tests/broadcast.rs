//! Many targets of content and marketing: saved once, and broadcast.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use zpns_core::resources::{HttpError, HttpErrorKind};
use zpns_core::{ErrorKind, Notification, Outcome, PushProvider as _, Retry, Sent, TokenAction};

use super::oppo::*;
use crate::Options;
use crate::message::Style;

/// A message that goes by broadcast, however few its targets are.
fn picture() -> Notification {
    let mut message = news();
    let options = Options {
        style: Some(Style::BigPicture),
        big_picture_id: Some("p1".into()),
        ..Options::default()
    };
    message.vendor.set(&options).unwrap();
    message
}

#[tokio::test]
async fn a_message_is_saved_field_by_field_and_broadcast_to_all() {
    let vendor = content();
    let message = news().with_payload("a & b");
    let report = provider(&vendor)
        .send(&batch_of(&message, &["r1", "r2", "r1"]))
        .await;
    assert_eq!(
        report.outcomes(),
        vec![Outcome::accepted("saved&1".to_owned()); 3]
    );
    assert_eq!(
        paths(&vendor),
        ["auth", "save_message_content", "broadcast"]
    );
    let requests = vendor.requests();
    for request in &requests[1..] {
        assert_eq!(
            request.headers["content-type"],
            "application/x-www-form-urlencoded; charset=UTF-8"
        );
    }
    let mut saved: BTreeMap<String, String> = form(&requests[1]).into_iter().collect();
    let id = saved.remove("app_message_id").unwrap();
    assert_eq!(id.len(), 32);
    assert!(saved.remove("notify_id").unwrap().parse::<u32>().is_ok());
    let wanted = [
        ("auth_token", "tok/1+"),
        ("title", "t"),
        ("content", "b"),
        ("style", "1"),
        ("click_action_type", "0"),
        ("action_parameters", r#"{"payload":"a & b"}"#),
        ("off_line", "true"),
        ("off_line_ttl", "3600"),
        ("category", "NEWS"),
    ];
    let wanted = wanted.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(saved, BTreeMap::from(wanted));
    assert_eq!(
        String::from_utf8_lossy(&requests[2].body),
        "auth_token=tok%2F1%2B&message_id=saved%261&target_type=2&target_value=r1%3Br2%3Br1"
    );
}

#[tokio::test]
async fn one_target_is_cheaper_by_unicast_unless_the_message_is_for_broadcasts() {
    let vendor = content();
    let provider = provider(&vendor);
    let _ = provider.send(&batch_of(&news(), &["r1"])).await;
    assert_eq!(paths(&vendor), ["auth", "unicast"]);
    let report = provider.send(&batch_of(&picture(), &["r1"])).await;
    assert_eq!(report.accepted(), 1);
    assert_eq!(paths(&vendor)[2..], ["save_message_content", "broadcast"]);
    assert_eq!(targets(&vendor.requests()[3]), ["r1"]);
}

#[tokio::test]
async fn a_message_is_saved_once_for_all_its_batches() {
    let vendor = content();
    let provider = provider(&vendor);
    let tokens = tokens(2_500);
    let batch = batch_of(&news(), &as_strs(&tokens));
    assert_eq!(provider.send(&batch).await.accepted(), 2_500);
    // At once, and again with a variant of its own.
    let sends = (0..20).map(|number| {
        let batch = batch_of(batch.notification(), &["r1", "r2"]).with_attempt(number + 1);
        let provider = &provider;
        async move { provider.send(&batch).await.accepted() }
    });
    let accepted = futures_util::future::join_all(sends).await;
    assert_eq!(accepted.into_iter().sum::<usize>(), 40);
    assert_eq!(vendor.requests_to(SAVE).len(), 1);
    let broadcasts = vendor.requests_to(BROADCAST);
    assert_eq!(broadcasts.len(), 23);
    let sizes: Vec<usize> = broadcasts[..3]
        .iter()
        .map(|request| targets(request).len())
        .collect();
    assert_eq!(sizes, [1_000, 1_000, 500]);
}

#[tokio::test]
async fn another_message_another_form_and_another_app_are_saved_by_themselves() {
    let vendor = content();
    let provider = provider(&vendor);
    let first = news();
    let mut changed = first.clone();
    changed.body = Some("other".into());
    let next = news();
    for message in [&first, &changed, &next, &first] {
        assert_eq!(
            provider
                .send(&batch_of(message, &["r1", "r2"]))
                .await
                .accepted(),
            2
        );
    }
    let saved: Vec<_> = vendor.requests_to(SAVE);
    let ids: Vec<_> = saved
        .iter()
        .map(|request| value(request, "app_message_id"))
        .collect();
    assert_eq!(ids.len(), 3);
    assert!(ids[0] != ids[1] && ids[0] != ids[2] && ids[1] != ids[2]);
    let sent: Vec<_> = vendor.requests_to(BROADCAST);
    let sent: Vec<_> = sent
        .iter()
        .map(|request| value(request, "message_id").unwrap())
        .collect();
    assert_eq!(sent, ["saved&1", "saved&2", "saved&3", "saved&1"]);
    // Even where the two apps share a variant.
    let shared = batch_of(&first, &["r1", "r2"]);
    let (here, there) = (content(), content());
    for vendor in [&here, &there] {
        let provider = super::oppo::provider(vendor);
        assert_eq!(provider.send(&shared).await.accepted(), 2);
        assert_eq!(vendor.requests_to(SAVE).len(), 1);
    }
}

#[tokio::test]
async fn who_failed_is_told_by_the_digits() {
    let vendor = oppo(|_, request| {
        let data = json!({
            "message_id": "s1", "task_id": "t1", "10000": "dead1;dead2", "33": ["full"],
        });
        request.uri.path().ends_with(BROADCAST).then(|| good(data))
    });
    let tokens = ["r1", "dead1", "full", "r2", "dead2"];
    let report = provider(&vendor).send(&batch_of(&news(), &tokens)).await;
    let drop = TokenAction::Drop { since: None };
    for (token, outcome) in tokens.iter().zip(report.outcomes()) {
        match (*token, outcome) {
            ("r1" | "r2", outcome) => assert!(outcome.is_accepted()),
            ("full", Outcome::Rejected(full)) => {
                assert_eq!(full.kind, ErrorKind::QuotaExceeded);
                assert_eq!(full.token, TokenAction::Keep);
            }
            (_, Outcome::Rejected(dead)) => assert_eq!(dead.token, drop),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(vendor.requests_to(BROADCAST).len(), 1);
}

/// Knows nothing of what was saved first.
fn forgetful() -> Arc<zpns_kit::testing::FakeVendor> {
    oppo(|_, request| {
        let gone = value(request, "message_id").as_deref() == Some("saved&1");
        gone.then(|| error(31, "No such message_id"))
    })
}

#[tokio::test]
async fn a_saved_message_that_is_gone_is_saved_once_more() {
    let vendor = forgetful();
    let provider = provider(&vendor);
    let message = news();
    let report = provider.send(&batch_of(&message, &["r1", "r2"])).await;
    assert_eq!(report.accepted(), 2);
    let saving = "save_message_content";
    assert_eq!(
        paths(&vendor),
        ["auth", saving, "broadcast", saving, "broadcast"]
    );
    let saved = vendor.requests_to(SAVE);
    assert_eq!(
        saved[0].body, saved[1].body,
        "under the same app_message_id"
    );
    let report = provider.send(&batch_of(&message, &["r3", "r4"])).await;
    assert_eq!(report.accepted(), 2);
    assert_eq!(vendor.requests().len(), 6, "and the new id is kept");
}

#[tokio::test]
async fn a_hundred_batches_that_find_it_gone_save_it_once_more_together() {
    let vendor = forgetful();
    let provider = Arc::new(provider(&vendor));
    let message = news();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..100 {
        let (provider, message) = (Arc::clone(&provider), message.clone());
        tasks.spawn(async move {
            let tokens = [format!("a{number}"), format!("b{number}")];
            provider
                .send(&batch_of(&message, &as_strs(&tokens)))
                .await
                .accepted()
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().sum::<usize>(), 200);
    assert_eq!(vendor.requests_to(SAVE).len(), 2);
}

#[tokio::test]
async fn one_that_is_gone_right_after_it_was_saved_is_given_up() {
    let vendor = saying(BROADCAST, 31, "No such message_id");
    let report = provider(&vendor)
        .send(&batch_of(&news(), &["r1", "r2"]))
        .await;
    assert_eq!(report.of_kind(ErrorKind::MessageInvalid), 2);
    assert_eq!(report.outcomes()[0].vendor().unwrap().code, "31");
    assert_eq!(vendor.requests_to(SAVE).len(), 2);
    assert_eq!(vendor.requests_to(BROADCAST).len(), 2);
}

#[tokio::test]
async fn a_save_that_is_refused_speaks_for_every_target() {
    let rows = [
        (42, ErrorKind::QuotaExceeded),
        (67, ErrorKind::MessageInvalid),
        (30, ErrorKind::PermissionDenied),
        (-1, ErrorKind::Unavailable),
        (10_000, ErrorKind::TokenInvalid),
    ];
    for (code, kind) in rows {
        let vendor = saying(SAVE, code, "said OPPO");
        let report = provider(&vendor)
            .send(&batch_of(&news(), &["r1", "r2"]))
            .await;
        assert_eq!(report.of_kind(kind), 2, "{code}");
        for outcome in report.outcomes() {
            assert_eq!(outcome.vendor().unwrap().code, code.to_string());
            if let Outcome::Rejected(rejection) = outcome {
                assert_eq!(rejection.token, TokenAction::Keep, "no target was named");
            }
        }
        assert!(vendor.requests_to(BROADCAST).is_empty());
    }
}

#[tokio::test]
async fn a_save_that_is_lost_has_sent_nothing_and_is_made_again() {
    let saves = AtomicUsize::new(0);
    let vendor = broken(move |_, request| {
        let is_save = request.uri.path().ends_with(SAVE);
        let is_lost = is_save && saves.fetch_add(1, Ordering::SeqCst) == 0;
        is_lost.then(|| {
            Err(HttpError::new(
                HttpErrorKind::Interrupted,
                Sent::Maybe,
                "lost",
            ))
        })
    });
    let provider = provider(&vendor);
    let batch = batch_of(&news(), &["r1", "r2"]);
    let report = provider.send(&batch).await;
    for outcome in report.outcomes() {
        let Outcome::Failed(error) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!((error.sent(), error.retry()), (Sent::No, Retry::Backoff));
        assert!(error.reason().contains("saving the message"));
    }
    vendor.clock.advance(Duration::from_secs(2));
    assert_eq!(provider.send(&batch).await.accepted(), 2);
}

#[tokio::test]
async fn a_message_that_oppo_has_already_goes_out_all_the_same() {
    // It says under which id it has it.
    let known = oppo(|_, request| {
        let answer = zpns_kit::testing::answer(200, r#"{"code":32,"data":{"message_id":"old"}}"#);
        request.uri.path().ends_with(SAVE).then_some(answer)
    });
    let report = provider(&known)
        .send(&batch_of(&news(), &["r1", "r2"]))
        .await;
    assert_eq!(report.accepted(), 2);
    let sent = &known.requests_to(BROADCAST)[0];
    assert_eq!(value(sent, "message_id").as_deref(), Some("old"));
    // It does not: one by one then, by the same app_message_id.
    let unknown = saying(SAVE, 32, "Duplicate");
    let report = provider(&unknown)
        .send(&batch_of(&news(), &["r1", "r2"]))
        .await;
    assert_eq!(report.accepted(), 2);
    assert_eq!(
        paths(&unknown),
        ["auth", "save_message_content", "unicast_batch"]
    );
    let requests = unknown.requests();
    let id = value(&requests[1], "app_message_id").unwrap();
    assert_eq!(
        messages(&requests[2])[0]["notification"]["app_message_id"],
        id
    );
    // And what may not go one by one does not go.
    let report = provider(&unknown)
        .send(&batch_of(&picture(), &["r1", "r2"]))
        .await;
    assert_eq!(report.of_kind(ErrorKind::Protocol), 2);
}

#[tokio::test]
async fn a_save_without_an_id_is_no_save() {
    let vendor = oppo(|_, request| request.uri.path().ends_with(SAVE).then(|| good(json!({}))));
    let report = provider(&vendor)
        .send(&batch_of(&news(), &["r1", "r2"]))
        .await;
    for outcome in report.outcomes() {
        let Outcome::Failed(error) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(
            (error.kind(), error.sent()),
            (ErrorKind::Protocol, Sent::No)
        );
    }
}

#[tokio::test]
async fn a_broadcast_to_the_dead_only_is_asked_about_one_by_one() {
    let vendor = oppo(|_, request| {
        let path = request.uri.path();
        let is_push = path.ends_with(BROADCAST) || path.ends_with(UNICAST);
        is_push.then(|| error(10_000, "invalid"))
    });
    let report = provider(&vendor)
        .send(&batch_of(&news(), &["d1", "d2"]))
        .await;
    for outcome in report.outcomes() {
        let Outcome::Rejected(rejection) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(rejection.token, TokenAction::Drop { since: None });
    }
    let wanted = [
        "auth",
        "save_message_content",
        "broadcast",
        "unicast",
        "unicast",
    ];
    assert_eq!(paths(&vendor), wanted);
}
