//! Batches and checks of the Android provider.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use zpns_core::resources::{HttpError, HttpErrorKind};
use zpns_core::{ErrorKind, Notification, Outcome, PushProvider as _, Retry, Sent, TokenAction};

use super::cloud::{Cloud, SECRET, answer, batch, bearer, good, json_of, raw_answer};
use crate::HuaweiConfig;
use crate::provider::hms_capability;

fn hello() -> Notification {
    Notification::alert("t", "b")
}

fn to(tokens: &[&str]) -> zpns_core::Batch {
    batch(&hello(), hms_capability(), tokens)
}

#[tokio::test]
async fn a_batch_is_one_request_with_an_exchanged_bearer() {
    let cloud = Cloud::content();
    let report = cloud.hms().send(&to(&["a", "b\"", "a"])).await;
    assert_eq!(
        report.into_outcomes(),
        vec![Outcome::accepted("r1".to_owned()); 3]
    );
    let exchanges = cloud.exchanges();
    assert_eq!(exchanges.len(), 1);
    assert_eq!(
        exchanges[0].uri.to_string(),
        "https://oauth-login.cloud.huawei.com/oauth2/v3/token"
    );
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&exchanges[0].body)
        .into_owned()
        .collect();
    let wanted = [
        ("grant_type", "client_credentials"),
        ("client_id", "104000001"),
        ("client_secret", SECRET),
    ];
    assert_eq!(
        form,
        wanted.map(|(key, value)| (key.to_owned(), value.to_owned()))
    );

    let pushes = cloud.pushes();
    assert_eq!(pushes.len(), 1);
    let push = &pushes[0];
    assert_eq!(
        push.uri.to_string(),
        "https://push-api.cloud.huawei.com/v1/104000001/messages:send"
    );
    assert_eq!(bearer(push), "DAED/1", "slashes come escaped, and are not");
    assert!(push.headers["authorization"].is_sensitive());
    assert_eq!(
        push.headers["content-type"],
        "application/json;charset=UTF-8"
    );
    assert_eq!(push.headers.len(), 2);
    assert_eq!(push.timeout, Duration::from_secs(10));
    assert_eq!(json_of(push)["message"]["token"], json!(["a", "b\"", "a"]));
}

#[tokio::test]
async fn a_project_selects_the_second_version() {
    let cloud = Cloud::content();
    let config = HuaweiConfig::new("1", SECRET.to_owned()).with_project_id("736430079245623456");
    let provider = config.open(cloud.setup("phones")).unwrap();
    let _ = provider.send(&to(&["a"])).await;
    assert_eq!(
        cloud.pushes()[0].uri.path(),
        "/v2/736430079245623456/messages:send"
    );
}

#[tokio::test]
async fn what_cannot_be_a_token_spoils_nothing_for_the_others() {
    let cloud = Cloud::content();
    let tokens = ["", "a", " b", "c\r\nd", "täuschend"];
    let report = cloud.hms().send(&to(&tokens)).await;
    assert_eq!(
        json_of(&cloud.pushes()[0])["message"]["token"],
        json!(["a", "täuschend"])
    );
    let kinds: Vec<_> = report.outcomes().iter().map(Outcome::kind).collect();
    let refused = Some(ErrorKind::TokenInvalid);
    assert_eq!(kinds, [refused, None, refused, refused, None]);
    let report = cloud.hms().send(&to(&["", " "])).await;
    assert_eq!(report.of_kind(ErrorKind::TokenInvalid), 2);
    assert_eq!(cloud.pushes().len(), 1, "nobody is left to send to");
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_is_refused_without_a_call() {
    let cloud = Cloud::content();
    let message = hello().with_payload("x".repeat(5_000));
    let report = cloud
        .hms()
        .send(&batch(&message, hms_capability(), &["a", "b"]))
        .await;
    assert_eq!(report.of_kind(ErrorKind::PayloadTooLarge), 2);
    assert!(cloud.pushes().is_empty() && cloud.exchanges().is_empty());
}

#[tokio::test]
async fn more_than_a_thousand_targets_go_in_several_requests() {
    let cloud = Cloud::content();
    let tokens: Vec<String> = (0..2_001).map(|number| format!("t{number}")).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let report = cloud.hms().send(&to(&tokens)).await;
    assert_eq!(report.accepted(), 2_001);
    let counts: Vec<usize> = cloud
        .pushes()
        .iter()
        .map(|push| json_of(push)["message"]["token"].as_array().unwrap().len())
        .collect();
    assert_eq!(counts, [1_000, 1_000, 1]);
}

#[tokio::test]
async fn a_thousand_sends_on_an_expired_token_make_one_exchange() {
    let cloud = Cloud::content();
    let provider = cloud.hms();
    let _ = provider.send(&to(&["a"])).await;
    cloud.expire();
    let tokens: Vec<String> = (0..1_000).map(|number| format!("t{number}")).collect();
    let sends = tokens.iter().map(|token| {
        let provider = &provider;
        async move { provider.send(&to(&[token])).await }
    });
    for report in join_all(sends).await {
        assert_eq!(report.accepted(), 1, "{report:?}");
    }
    assert_eq!(cloud.exchanges().len(), 2, "one for the first, one for all");
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_too_is_a_wrong_credential_and_the_clock_is_named() {
    let cloud = Cloud::new(|_, _| {
        let mut refusal = answer(401, &json!({"code": 80200001, "msg": "no"}));
        refusal
            .headers
            .insert("date", "Mon, 24 Nov 2025 18:00:00 GMT".parse().unwrap());
        Ok(refusal)
    });
    let report = cloud.hms().send(&to(&["a", "b"])).await;
    assert_eq!((cloud.pushes().len(), cloud.exchanges().len()), (2, 2));
    for outcome in report.outcomes() {
        let Outcome::Rejected(rejection) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(rejection.kind, ErrorKind::CredentialInvalid);
        assert_eq!(rejection.token, TokenAction::Keep);
        assert_eq!(rejection.vendor.as_ref().unwrap().code, "80200001");
        assert!(rejection.reason.contains("clock"), "{}", rejection.reason);
    }
}

#[tokio::test]
async fn a_secret_that_is_refused_is_told_in_huaweis_words() {
    for (sub_error, meaning) in crate::auth::DENIALS {
        for written in [json!(sub_error), json!(sub_error.parse::<u32>().unwrap())] {
            let cloud = Cloud::with_exchange(
                |_, _| Ok(good("r1")),
                move |_, _| {
                    let said = json!({
                        "error": 1101, "sub_error": written, "error_description": "said Huawei",
                    });
                    Ok(answer(400, &said))
                },
            );
            let report = cloud.hms().send(&to(&["a"])).await;
            let Outcome::Rejected(rejection) = &report.outcomes()[0] else {
                panic!("{report:?}")
            };
            assert_eq!(rejection.kind, ErrorKind::CredentialInvalid);
            assert_eq!(rejection.vendor.as_ref().unwrap().code, *sub_error);
            assert!(
                rejection.reason.starts_with(meaning),
                "{}",
                rejection.reason
            );
            assert!(rejection.reason.contains("said Huawei"));
            assert!(cloud.pushes().is_empty());
        }
    }
}

#[tokio::test]
async fn a_token_endpoint_that_is_out_of_order_is_tried_again() {
    let rows = [
        (
            503,
            ErrorKind::RateLimited,
            Retry::After(Duration::from_secs(300)),
        ),
        (500, ErrorKind::Unavailable, Retry::Backoff),
        (502, ErrorKind::Unavailable, Retry::Backoff),
        (590, ErrorKind::Unavailable, Retry::Backoff),
        (200, ErrorKind::Protocol, Retry::Backoff),
    ];
    for (status, kind, retry) in rows {
        let cloud = Cloud::with_exchange(
            |_, _| Ok(good("r1")),
            move |_, _| Ok(raw_answer(status, "<html>".to_owned())),
        );
        let report = cloud.hms().send(&to(&["a"])).await;
        let Outcome::Failed(error) = &report.outcomes()[0] else {
            panic!("{report:?}")
        };
        assert_eq!(
            (error.kind(), error.retry(), error.sent()),
            (kind, retry, Sent::No)
        );
    }
}

#[tokio::test]
async fn a_request_without_an_answer_leaves_open_whether_it_was_acted_on() {
    for sent in [Sent::No, Sent::Maybe] {
        let cloud =
            Cloud::new(move |_, _| Err(HttpError::new(HttpErrorKind::Interrupted, sent, "lost")));
        let report = cloud.hms().send(&to(&["a", "b"])).await;
        for outcome in report.outcomes() {
            let Outcome::Failed(error) = outcome else {
                panic!("{outcome:?}")
            };
            assert_eq!((error.kind(), error.sent()), (ErrorKind::Unavailable, sent));
        }
    }
}

#[tokio::test]
async fn nothing_leaves_after_the_deadline() {
    let cloud = Cloud::content();
    let provider = cloud.hms();
    let _ = provider.send(&to(&["a"])).await;
    let late = to(&["a"]).with_deadline(Some(Duration::ZERO));
    let report = provider.send(&late).await;
    assert_eq!(report.of_kind(ErrorKind::Timeout), 1);
    assert_eq!(cloud.pushes().len(), 1);
}

#[tokio::test]
async fn a_check_validates_a_push_to_nobody() {
    let cloud = Cloud::content();
    let check = cloud.hms().check().await.unwrap();
    assert!(check.reason.contains("validated only"));
    assert_eq!(json_of(&cloud.pushes()[0])["validate_only"], json!(true));

    let about_the_token = Cloud::saying(400, "80300007", "no token is valid");
    about_the_token.hms().check().await.unwrap();

    let rows = [
        ("80300002", ErrorKind::PermissionDenied),
        ("80200001", ErrorKind::CredentialInvalid),
        ("81000001", ErrorKind::Unavailable),
    ];
    for (code, kind) in rows {
        let error = Cloud::saying(200, code, "no")
            .hms()
            .check()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{code}");
    }
}

#[tokio::test]
async fn nothing_shown_is_secret_and_closing_closes() {
    let cloud = Cloud::content();
    let provider = cloud.hms();
    let _ = provider.send(&to(&["a"])).await;
    let shown = format!("{provider:?}");
    assert!(
        !shown.contains("swordfish") && !shown.contains("DAED"),
        "{shown}"
    );
    provider.shutdown(Duration::ZERO).await;
    assert_eq!(cloud.closed().len(), 1);
}
