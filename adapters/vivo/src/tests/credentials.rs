//! Tokens: exchanged, shared, renewed, and not asked for too often.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use zpns_core::resources::{HttpError, HttpErrorKind};
use zpns_core::{ErrorKind, Outcome, PushProvider as _, Sent};
use zpns_kit::testing::{NOW, answer};

use super::vpush::{KEY, SECRET, Vpush, good, hello, said, texts, to, token, tokens};
use crate::VivoConfig;
use crate::auth::App;

const HOUR: Duration = Duration::from_secs(60 * 60);

#[tokio::test]
async fn a_token_is_what_a_signed_request_is_exchanged_for() {
    let vpush = Vpush::content();
    let config = VivoConfig::new(" 100000001 ", format!(" {KEY}\n"), SECRET.to_owned());
    let provider = config.open(vpush.vendor.setup("phones")).unwrap();
    let report = provider.send(&to(&hello(), &["r1"])).await;
    assert_eq!(report.accepted(), 1);
    let app = App {
        id: 100_000_001,
        key: KEY.to_owned().into(),
        secret: SECRET.to_owned().into(),
    };
    let wanted = json!({
        "appId": 100_000_001, "appKey": KEY, "timestamp": NOW.as_millis(), "sign": app.sign(NOW),
    });
    assert_eq!(vpush.exchanges(), [wanted]);
    let requests = vpush.vendor.requests();
    assert!(!requests[0].headers.contains_key("authToken"));
    assert_eq!(token(&requests[1]), "token-1");
    assert!(requests[1].headers["authToken"].is_sensitive());
    for request in &requests {
        assert_eq!(request.headers["content-type"], "application/json");
    }
}

#[tokio::test]
async fn a_token_is_renewed_every_hour_and_outlives_a_failure_to() {
    let vpush = Vpush::new(|vendor, request| {
        let is_exchange = request.uri.path() == "/message/auth";
        let is_late = vendor.requests_to("/message/auth").len() > 2;
        match is_exchange && is_late {
            true => Ok(answer(500, "")),
            false => Ok(good()),
        }
    });
    let provider = vpush.provider();
    let send = async || provider.send(&to(&hello(), &["r1"])).await.accepted();
    assert_eq!(send().await, 1);
    vpush.vendor.clock.advance(HOUR - Duration::from_secs(1));
    assert_eq!(send().await, 1);
    assert_eq!(vpush.exchanges().len(), 1);
    vpush.vendor.clock.advance(Duration::from_secs(1));
    assert_eq!(send().await, 1);
    assert_eq!(vpush.exchanges().len(), 2);
    vpush.vendor.clock.advance(HOUR + HOUR / 2);
    assert_eq!(send().await, 1, "vivo still takes the old one");
    assert_eq!(vpush.exchanges().len(), 3);
}

#[tokio::test]
async fn an_expired_token_is_one_exchange_and_one_repeat() {
    let vpush = Vpush::content();
    let provider = vpush.provider();
    let _ = provider.send(&to(&hello(), &["r1"])).await;
    vpush.expire();
    let report = provider.send(&to(&hello(), &["r1"])).await;
    assert_eq!(report.accepted(), 1);
    assert_eq!(vpush.exchanges().len(), 2);
    let singles = vpush.vendor.requests_to("/message/send");
    assert_eq!(singles.len(), 3);
    assert_eq!(singles[1].body, singles[2].body, "the same request again");
    assert_eq!(token(&singles[2]), "token-2");
}

#[tokio::test]
async fn a_token_that_expires_while_a_list_is_sent_saves_nothing_twice() {
    let vpush = Vpush::content();
    let provider = vpush.provider();
    let batch = to(&hello(), &["r1", "r2"]);
    let _ = provider.send(&batch).await;
    vpush.expire();
    assert_eq!(provider.send(&batch).await.accepted(), 2);
    assert_eq!((vpush.savings().len(), vpush.lists().len()), (1, 3));
    vpush.vendor.clock.advance(Duration::from_secs(1));
    vpush.expire();
    assert_eq!(
        provider.send(&to(&hello(), &["r1", "r2"])).await.accepted(),
        2
    );
    assert_eq!(vpush.savings().len(), 3, "refused, and saved");
}

#[tokio::test]
async fn a_thousand_sends_on_an_expired_token_make_one_exchange() {
    let vpush = Vpush::content();
    let provider = vpush.provider();
    let _ = provider.send(&to(&hello(), &["r"])).await;
    vpush.expire();
    let tokens = tokens(1_000);
    let message = hello();
    let sends = tokens.iter().map(|token| {
        let batch = to(&message, &[token]);
        let provider = &provider;
        async move { provider.send(&batch).await }
    });
    for report in join_all(sends).await {
        assert_eq!(report.accepted(), 1, "{report:?}");
    }
    assert_eq!(vpush.exchanges().len(), 2, "one for the first, one for all");
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_too_is_a_wrong_credential_and_the_clock_is_named() {
    let vpush = Vpush::new(|_, request| {
        if request.uri.path() == "/message/auth" {
            return Ok(good());
        }
        let mut refusal = said(&json!({"result": "10000", "desc": "权限认证失败"}));
        let date = "Mon, 24 Nov 2025 18:00:00 GMT".parse().unwrap();
        refusal.headers.insert("date", date);
        Ok(refusal)
    });
    let report = vpush.provider().send(&to(&hello(), &["r1", "r2"])).await;
    for outcome in report.outcomes() {
        let Outcome::Rejected(rejection) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(rejection.kind, ErrorKind::CredentialInvalid);
        assert_eq!(rejection.vendor.as_ref().unwrap().code, "10000");
        assert!(
            rejection.reason.contains("7200 s behind"),
            "{}",
            rejection.reason
        );
    }
    assert_eq!((vpush.exchanges().len(), vpush.savings().len()), (2, 2));
    assert!(vpush.lists().is_empty());
}

#[tokio::test]
async fn every_refusal_of_an_exchange_is_told_and_pushes_nothing() {
    for code in [10200, 10201, 10202, 10203, 10204, 10205, 10206, 10207] {
        let vpush = Vpush::new(move |_, _| {
            let mut refusal = said(&json!({"result": code, "desc": "said vivo"}));
            let date = "Mon, 24 Nov 2025 15:00:00 GMT".parse().unwrap();
            refusal.headers.insert("date", date);
            Ok(refusal)
        });
        for tokens in [&["r1"][..], &["r1", "r2"]] {
            let report = vpush.provider().send(&to(&hello(), tokens)).await;
            assert_eq!(report.of_kind(ErrorKind::CredentialInvalid), tokens.len());
            let Outcome::Rejected(rejection) = &report.outcomes()[0] else {
                panic!("{report:?}")
            };
            assert_eq!(rejection.vendor.as_ref().unwrap().code, code.to_string());
            assert!(rejection.reason.contains("said vivo"));
            assert!(
                rejection.reason.contains("ahead of"),
                "{}",
                rejection.reason
            );
        }
        assert_eq!(vpush.vendor.requests().len(), 2, "exchanges only");
    }
}

#[tokio::test]
async fn an_exchange_that_is_lost_has_pushed_nothing() {
    let vpush = Vpush::new(|_, _| {
        let lost = HttpError::new(HttpErrorKind::Timeout, Sent::Maybe, "no answer");
        Err(lost)
    });
    let report = vpush.provider().send(&to(&hello(), &["r1"])).await;
    let Outcome::Failed(error) = &report.outcomes()[0] else {
        panic!("{report:?}")
    };
    assert_eq!((error.kind(), error.sent()), (ErrorKind::Timeout, Sent::No));
}

/// vivo refuses more than ten exchanges a second (10093).
#[tokio::test]
async fn a_second_never_sees_more_than_ten_exchanges() {
    // No token is ever good, or none is granted: the two ways to ask for more and more.
    let never_good = |code: u64, path: &'static str| {
        Vpush::new(move |_, request| match request.uri.path() == path {
            true => Ok(said(&json!({"result": code, "desc": "no"}))),
            false => Ok(good()),
        })
    };
    for vpush in [
        never_good(10000, "/message/send"),
        never_good(10093, "/message/auth"),
    ] {
        let provider = vpush.provider();
        for _ in 0..4 {
            let before = vpush.exchanges().len();
            let batch = to(&hello(), &["r1"]);
            let sends = (0..200).map(|_| provider.send(&batch));
            join_all(sends).await;
            let checks = (0..200).map(|_| provider.check());
            join_all(checks).await;
            for _ in 0..50 {
                let _ = provider.send(&batch).await;
                let _ = provider.check().await;
            }
            let within_a_second = vpush.exchanges().len() - before;
            assert!((1..=10).contains(&within_a_second), "{within_a_second}");
            vpush.vendor.clock.advance(Duration::from_secs(1));
        }
    }
}

#[tokio::test]
async fn a_check_is_an_exchange_of_its_own_and_leaves_the_pushes_their_token() {
    let vpush = Vpush::content();
    let provider = vpush.provider();
    let _ = provider.send(&to(&hello(), &["r1"])).await;
    let check = provider.check().await.unwrap();
    assert!(check.reason.contains("token"), "{}", check.reason);
    assert_eq!(vpush.exchanges().len(), 2);
    let _ = provider.send(&to(&hello(), &["r1"])).await;
    let singles = vpush.vendor.requests_to("/message/send");
    assert_eq!(token(&singles[1]), "token-1", "both are valid at once");
    vpush.vendor.clock.advance(Duration::from_secs(2));
    provider.check().await.unwrap();
    assert_eq!(vpush.exchanges().len(), 3, "a proof is not kept");
    assert_eq!(vpush.vendor.requests().len(), 5);

    let wrong = Vpush::saying("/message/auth", json!({"result": 10206, "desc": "sign"}));
    let error = wrong.provider().check().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CredentialInvalid);
    assert_eq!(error.vendor().unwrap().code, "10206");
}

#[tokio::test]
async fn a_token_is_not_waited_for_beyond_the_deadline() {
    let vpush = Vpush::content();
    let late = to(&hello(), &["r1"]).with_deadline(Some(Duration::ZERO));
    let report = vpush.provider().send(&late).await;
    assert_eq!(report.of_kind(ErrorKind::Timeout), 1);
    assert!(vpush.singles().is_empty());
    let tokens = tokens(2);
    let late = to(&hello(), &texts(&tokens)).with_deadline(Some(Duration::ZERO));
    let report = vpush.provider().send(&late).await;
    assert_eq!(report.of_kind(ErrorKind::Timeout), 2);
    assert!(vpush.lists().is_empty());
}
