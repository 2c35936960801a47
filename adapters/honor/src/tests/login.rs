//! The access token: fetched once, renewed once, refused for good. Never a device's fault.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use zpns_core::resources::{HttpError, HttpErrorKind};
use zpns_core::{ErrorKind, Outcome, PushProvider as _, Retry, Sent, TokenAction};
use zpns_kit::testing;

use super::cloud::{
    EXCHANGES, PUSHES, answer, bearer, cloud, cloud_with_exchange, content, expiring, good,
    provider, saying, to,
};
use crate::auth::DENIALS;

#[tokio::test]
async fn a_thousand_sends_on_an_expired_token_make_one_exchange() {
    let (vendor, expired) = expiring();
    let provider = provider(&vendor);
    let _ = provider.send(&to(&["a"])).await;
    expired.lock().unwrap().push("token-1".to_owned());
    let tokens: Vec<String> = (0..1_000).map(|number| format!("t{number}")).collect();
    let sends = tokens.iter().map(|token| {
        let provider = &provider;
        async move { provider.send(&to(&[token])).await }
    });
    for report in join_all(sends).await {
        assert_eq!(report.accepted(), 1, "{report:?}");
    }
    let exchanges = vendor.requests_to(EXCHANGES).len();
    assert_eq!(exchanges, 2, "one for the first, one for all");
}

#[tokio::test]
async fn every_word_for_an_expired_token_brings_a_fresh_one_and_one_resend() {
    let refusals = [
        (401, json!("no JSON of HONOR's")),
        (200, json!({"code": 401, "message": "no"})),
        (200, json!({"code": "80200001", "msg": "no"})),
        (400, json!({"code": 80_200_003, "message": "no"})),
    ];
    for (status, body) in refusals {
        let vendor = cloud(move |vendor, _| {
            Ok(match vendor.requests_to(PUSHES).len() {
                1 => answer(status, &body),
                _ => good(),
            })
        });
        let report = provider(&vendor).send(&to(&["a", "b"])).await;
        assert_eq!(report.accepted(), 2, "{report:?}");
        let pushes = vendor.requests_to(PUSHES);
        let bearers: Vec<String> = pushes.iter().map(bearer).collect();
        assert_eq!(bearers, ["token-1", "token-2"]);
        assert_eq!(pushes[0].body, pushes[1].body);
    }
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_too_is_a_wrong_credential_and_the_clock_is_named() {
    let vendor = cloud(|_, _| {
        let mut refusal = answer(401, &json!({"code": 80_200_001, "message": "no"}));
        let date = "Mon, 24 Nov 2025 18:00:00 GMT".parse().unwrap();
        refusal.headers.insert("date", date);
        Ok(refusal)
    });
    let report = provider(&vendor).send(&to(&["a", "b"])).await;
    assert_eq!(vendor.requests_to(PUSHES).len(), 2);
    assert_eq!(vendor.requests_to(EXCHANGES).len(), 2);
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
async fn a_refused_exchange_is_a_wrong_credential_and_no_dead_token() {
    for (denial, meaning) in DENIALS {
        for status in [200, 400, 401, 403] {
            let vendor = cloud_with_exchange(
                |_, _| Ok(good()),
                move |_| {
                    let said = "Invalid client or Invalid client credentials";
                    let body = json!({"error": denial, "error_description": said});
                    Ok(answer(status, &body))
                },
            );
            let report = provider(&vendor).send(&to(&["a", "b"])).await;
            for outcome in report.outcomes() {
                let Outcome::Rejected(rejection) = outcome else {
                    panic!("{outcome:?}")
                };
                assert_eq!(rejection.kind, ErrorKind::CredentialInvalid);
                assert_eq!(rejection.token, TokenAction::Keep);
                assert_eq!(rejection.vendor.as_ref().unwrap().code, *denial);
                let reason = &rejection.reason;
                assert!(reason.starts_with(meaning), "{reason}");
                assert!(reason.contains("Invalid client credentials"), "{reason}");
                assert!(!reason.contains("sword"), "{reason}");
            }
            assert!(vendor.requests_to(PUSHES).is_empty());
        }
    }
}

#[tokio::test]
async fn a_refusal_in_words_that_nobody_has_documented_goes_by_its_status() {
    let numbered = json!({"error": 1_101, "error_description": "x"});
    let none = Retry::Never;
    let again = Retry::Backoff;
    #[rustfmt::skip]
    let rows = [
        (400, numbered.clone(), "1101", ErrorKind::CredentialInvalid, none),
        (404, json!("<html>"), "404", ErrorKind::CredentialInvalid, none),
        (200, numbered.clone(), "1101", ErrorKind::Protocol, again),
        (200, json!({"access_token": ""}), "200", ErrorKind::Protocol, again),
        (200, json!("<html>"), "200", ErrorKind::Protocol, again),
        (429, json!({}), "429", ErrorKind::RateLimited, again),
        (500, json!({"error": "invalid_client"}), "invalid_client", ErrorKind::Unavailable, again),
        (502, json!("<html>"), "502", ErrorKind::Unavailable, again),
        (503, numbered, "1101", ErrorKind::Unavailable, again),
    ];
    for (status, body, code, kind, retry) in rows {
        let shown = format!("{status} {body}");
        let vendor = cloud_with_exchange(|_, _| Ok(good()), move |_| Ok(answer(status, &body)));
        let report = provider(&vendor).send(&to(&["a"])).await;
        let outcome = &report.outcomes()[0];
        assert_eq!(outcome.kind(), Some(kind), "{shown}");
        assert_eq!(outcome.vendor().unwrap().code, code, "{shown}");
        match outcome {
            Outcome::Failed(error) => {
                assert_eq!((error.retry(), error.sent()), (retry, Sent::No), "{shown}");
            }
            Outcome::Rejected(rejection) => assert_eq!(rejection.token, TokenAction::Keep),
            Outcome::Accepted(_) => panic!("{shown}"),
        }
        assert!(vendor.requests_to(PUSHES).is_empty());
    }
}

#[tokio::test]
async fn an_exchange_that_asks_for_a_pause_or_breaks_is_tried_again_and_nothing_was_sent() {
    let vendor = cloud_with_exchange(
        |_, _| Ok(good()),
        |_| {
            let mut slow = answer(429, &json!({}));
            slow.headers.insert("retry-after", "30".parse().unwrap());
            Ok(slow)
        },
    );
    let report = provider(&vendor).send(&to(&["a"])).await;
    let Outcome::Failed(error) = &report.outcomes()[0] else {
        panic!("{report:?}")
    };
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(30)));

    let vendor = cloud_with_exchange(
        |_, _| Ok(good()),
        |_| {
            Err(HttpError::new(
                HttpErrorKind::Interrupted,
                Sent::Maybe,
                "lost",
            ))
        },
    );
    let report = provider(&vendor).send(&to(&["a"])).await;
    let Outcome::Failed(error) = &report.outcomes()[0] else {
        panic!("{report:?}")
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.sent(), Sent::No, "the push itself has not left");
}

#[tokio::test]
async fn a_token_is_renewed_before_its_end_however_its_life_is_written() {
    let written: [(Value, u64); 4] = [
        (json!(7_200), 7_200),
        (json!("7200"), 7_200),
        (Value::Null, 3_600),
        (json!("soon"), 3_600),
    ];
    for (expires_in, seconds) in written {
        let vendor = cloud_with_exchange(
            |_, _| Ok(good()),
            move |vendor| {
                let number = vendor.requests_to(EXCHANGES).len();
                let token = format!("token-{number}");
                Ok(answer(
                    200,
                    &json!({"access_token": token, "expires_in": expires_in}),
                ))
            },
        );
        let provider = provider(&vendor);
        let _ = provider.send(&to(&["a"])).await;
        vendor.clock.advance(Duration::from_secs(seconds - 301));
        let _ = provider.send(&to(&["a"])).await;
        assert_eq!(vendor.requests_to(EXCHANGES).len(), 1);
        vendor.clock.advance(Duration::from_secs(1));
        let report = provider.send(&to(&["a"])).await;
        assert_eq!(report.accepted(), 1);
        assert_eq!(
            vendor.requests_to(EXCHANGES).len(),
            2,
            "five minutes before"
        );
        assert_eq!(bearer(&vendor.requests_to(PUSHES)[2]), "token-2");
    }
}

#[tokio::test]
async fn a_check_is_an_exchange_and_no_push() {
    let vendor = content();
    let provider_ = provider(&vendor);
    let check = provider_.check().await.unwrap();
    assert!(check.reason.contains("app id"), "{}", check.reason);
    let _ = provider_.send(&to(&["a"])).await;
    provider_.check().await.unwrap();
    assert_eq!(vendor.requests_to(PUSHES).len(), 1);
    let exchanges = vendor.requests_to(EXCHANGES).len();
    assert_eq!(
        exchanges, 3,
        "what was proved an hour ago proves nothing today"
    );

    let wrong = cloud_with_exchange(
        |_, _| Ok(good()),
        |_| Ok(testing::answer(401, r#"{"error":"unauthorized_client"}"#)),
    );
    let error = provider(&wrong).check().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CredentialInvalid);
}

#[tokio::test]
async fn a_wrong_app_id_is_no_dead_token() {
    let vendor = saying(404, 404);
    let report = provider(&vendor).send(&to(&["a", "b"])).await;
    for outcome in report.outcomes() {
        let Outcome::Rejected(rejection) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(rejection.kind, ErrorKind::PermissionDenied);
        assert_eq!(rejection.token, TokenAction::Keep);
        assert!(rejection.reason.contains("app_id"), "{}", rejection.reason);
    }
}
