//! The auth token: exchanged once, renewed when its life is over or OPPO says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Method;
use zpns_core::resources::{HttpError, HttpErrorKind};
use zpns_core::{ErrorKind, Outcome, PushProvider as _, Retry, Sent};
use zpns_kit::testing::{NOW, answer};

use super::oppo::*;

const DAY: u64 = 24 * 60 * 60;

#[tokio::test]
async fn an_exchange_is_a_signed_form() {
    let vendor = content();
    let _ = provider(&vendor).send(&batch_of(&chat(), &["r1"])).await;
    let exchange = &vendor.requests()[0];
    assert_eq!(exchange.method, Method::POST);
    assert_eq!(
        exchange.uri.to_string(),
        "https://api-push-cn.heytapmobi.com/server/v1/auth"
    );
    assert_eq!(
        exchange.headers["content-type"],
        "application/x-www-form-urlencoded; charset=UTF-8"
    );
    let pairs = form(exchange);
    let keys: Vec<&str> = pairs.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["app_key", "timestamp", "sign"]);
    assert_eq!(pairs[0].1, APP_KEY);
    assert_eq!(pairs[1].1, "1764000000000", "in milliseconds");
    // sha256 of `appkey-demo` `1764000000000` `mastersecret-demo & co/+`
    assert_eq!(
        pairs[2].1,
        "d0a9d557f0dac2905c19c1a916d5874ba269381628989bb404246dfe82e8b189"
    );
}

#[tokio::test]
async fn a_thousand_sends_at_once_exchange_once() {
    let vendor = content();
    let provider = Arc::new(provider(&vendor));
    let accepted = many(&provider, 1_000).await;
    assert_eq!(accepted, 1_000);
    assert_eq!(vendor.requests_to(AUTH).len(), 1);
}

async fn many(provider: &Arc<crate::OppoProvider>, count: usize) -> usize {
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..count {
        let provider = Arc::clone(provider);
        tasks.spawn(async move {
            let token = format!("r{number}");
            provider
                .send(&batch_of(&chat(), &[&token]))
                .await
                .accepted()
        });
    }
    tasks.join_all().await.into_iter().sum()
}

#[tokio::test]
async fn a_thousand_sends_at_once_on_an_expired_token_exchange_once_more() {
    for code in [11, 29] {
        let vendor = oppo(move |_, request| {
            let old = value(request, "auth_token").as_deref() == Some("tok/1+");
            (old && !request.uri.path().ends_with(AUTH)).then(|| error(code, "invalid auth_token"))
        });
        let provider = Arc::new(provider(&vendor));
        assert_eq!(many(&provider, 1_000).await, 1_000);
        assert_eq!(vendor.requests_to(AUTH).len(), 2, "{code}");
    }
}

#[tokio::test]
async fn a_save_and_a_broadcast_are_made_once_more_with_a_fresh_token_too() {
    for call in [SAVE, BROADCAST] {
        let vendor = oppo(move |_, request| {
            let old = value(request, "auth_token").as_deref() == Some("tok/1+");
            let refused = old && request.uri.path().ends_with(call);
            refused.then(|| error(29, "missing auth_token"))
        });
        let report = provider(&vendor)
            .send(&batch_of(&news(), &["r1", "r2"]))
            .await;
        assert_eq!(report.accepted(), 2, "{call}");
        assert_eq!(vendor.requests_to(AUTH).len(), 2);
        assert_eq!(vendor.requests_to(call).len(), 2);
        assert_eq!(vendor.requests().len(), 5, "everything else once");
    }
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_too_means_the_credentials_and_names_the_clock() {
    let vendor = oppo(|_, request| {
        let mut refusal = error(11, "invalid auth_token");
        let date = "Mon, 24 Nov 2025 17:00:00 GMT".parse().unwrap();
        refusal.headers.insert("date", date);
        (!request.uri.path().ends_with(AUTH)).then_some(refusal)
    });
    let report = provider(&vendor)
        .send(&batch_of(&chat(), &["r1", "r2"]))
        .await;
    assert_eq!(
        paths(&vendor),
        ["auth", "unicast_batch", "auth", "unicast_batch"]
    );
    for outcome in report.outcomes() {
        let Outcome::Rejected(rejection) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(rejection.kind, ErrorKind::CredentialInvalid);
        assert_eq!(rejection.vendor.as_ref().unwrap().code, "11");
        assert!(
            rejection.reason.contains("3600 s behind"),
            "{}",
            rejection.reason
        );
        assert!(rejection.reason.contains("invalid auth_token"));
    }
}

#[tokio::test]
async fn a_token_lives_a_day_from_its_creation() {
    // It was made 23 hours before it was asked for; asked again within its life, it is the same.
    let created = NOW.as_millis() - 23 * 60 * 60 * 1_000;
    let vendor = oppo(move |vendor, request| {
        let is_over = vendor.clock_now() >= created + DAY * 1_000;
        let (token, created) = match is_over {
            true => ("new", vendor.clock_now()),
            false => ("old", created),
        };
        (request.uri.path() == AUTH).then(|| granted(token, created))
    });
    let provider = provider(&vendor);
    let exchanges = |wait| {
        vendor.clock.advance(Duration::from_secs(wait));
        let (vendor, provider) = (&vendor, &provider);
        async move {
            let _ = provider.send(&batch_of(&chat(), &["r1"])).await;
            let sent = vendor.requests_to(UNICAST).pop().unwrap();
            (
                vendor.requests_to(AUTH).len(),
                value(&sent, "auth_token").unwrap(),
            )
        }
    };
    assert_eq!(exchanges(0).await, (1, "old".to_owned()));
    assert_eq!(exchanges(3_599).await, (1, "old".to_owned()));
    assert_eq!(exchanges(1).await, (2, "new".to_owned()));
    assert_eq!(exchanges(DAY - 1).await, (2, "new".to_owned()));
    assert_eq!(exchanges(1).await.0, 3);
}

/// The clock of a scripted vendor in milliseconds.
trait ClockNow {
    fn clock_now(&self) -> u64;
}

impl ClockNow for zpns_kit::testing::FakeVendor {
    fn clock_now(&self) -> u64 {
        zpns_core::Clock::now(&*self.clock).as_millis()
    }
}

#[tokio::test]
async fn a_creation_time_is_read_as_number_or_text() {
    for created in [
        serde_json::json!(NOW.as_millis() - 3_600_000),
        serde_json::json!((NOW.as_millis() - 3_600_000).to_string()),
    ] {
        let vendor = oppo(move |_, request| {
            let data = serde_json::json!({"auth_token": "t", "create_time": created});
            (request.uri.path() == AUTH).then(|| good(data))
        });
        let provider = provider(&vendor);
        for (wait, exchanges) in [(0, 1), (DAY - 3_601, 1), (1, 2)] {
            vendor.clock.advance(Duration::from_secs(wait));
            let _ = provider.send(&batch_of(&chat(), &["r1"])).await;
            assert_eq!(vendor.requests_to(AUTH).len(), exchanges);
        }
    }
}

#[tokio::test]
async fn an_exchange_that_is_refused_says_why_and_nothing_is_pushed() {
    let rows = [
        (14, ErrorKind::CredentialInvalid),
        (16, ErrorKind::CredentialInvalid),
        (19, ErrorKind::CredentialInvalid),
        (26, ErrorKind::PermissionDenied),
        (-1, ErrorKind::Unavailable),
        (55, ErrorKind::RateLimited),
    ];
    for (code, kind) in rows {
        let vendor = oppo(move |_, request| {
            let mut refusal = error(code, "said OPPO");
            let date = "Mon, 24 Nov 2025 17:00:00 GMT".parse().unwrap();
            refusal.headers.insert("date", date);
            (request.uri.path() == AUTH).then_some(refusal)
        });
        let report = provider(&vendor).send(&batch_of(&chat(), &["r1"])).await;
        let outcome = &report.outcomes()[0];
        assert_eq!(outcome.kind(), Some(kind), "{code}");
        assert_eq!(outcome.vendor().unwrap().code, code.to_string());
        let reason = match outcome {
            Outcome::Rejected(rejection) => rejection.reason.to_string(),
            Outcome::Failed(error) => error.reason(),
            Outcome::Accepted(_) => panic!("{code}"),
        };
        assert!(reason.contains("asking for an auth token"), "{reason}");
        let names_clock = reason.contains("3600 s behind");
        assert_eq!(
            names_clock,
            kind == ErrorKind::CredentialInvalid,
            "{reason}"
        );
        assert_eq!(paths(&vendor), ["auth"]);
    }
}

#[tokio::test]
async fn an_exchange_that_is_lost_may_be_made_again() {
    let lost = Arc::new(AtomicUsize::new(0));
    let vendor = broken({
        let lost = Arc::clone(&lost);
        move |_, request| {
            let is_lost = request.uri.path() == AUTH && lost.fetch_add(1, Ordering::SeqCst) == 0;
            is_lost.then(|| {
                Err(HttpError::new(
                    HttpErrorKind::Timeout,
                    Sent::Maybe,
                    "no answer",
                ))
            })
        }
    });
    let provider = provider(&vendor);
    let report = provider.send(&batch_of(&chat(), &["r1"])).await;
    let Outcome::Failed(error) = &report.outcomes()[0] else {
        panic!()
    };
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::Timeout, Retry::Backoff)
    );
    assert_eq!(error.sent(), Sent::No, "the push itself has not left");
    vendor.clock.advance(Duration::from_secs(2));
    let report = provider.send(&batch_of(&chat(), &["r1"])).await;
    assert_eq!(report.accepted(), 1);
}

#[tokio::test]
async fn an_exchange_that_cannot_be_read_is_no_token() {
    for body in [
        r#"{"code":0,"data":{}}"#,
        r#"{"code":0}"#,
        "<html>",
        r#"{"code":0,"data":{"auth_token":""}}"#,
    ] {
        let vendor =
            oppo(move |_, request| (request.uri.path() == AUTH).then(|| answer(200, body)));
        let error = provider(&vendor).check().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{body}");
        assert_eq!(error.sent(), Sent::No);
    }
}

#[tokio::test]
async fn a_check_is_an_exchange_and_nothing_else() {
    let vendor = content();
    let provider = provider(&vendor);
    for checks in 1..=2 {
        let check = provider.check().await.unwrap();
        assert!(check.reason.contains("MasterSecret"), "{}", check.reason);
        assert_eq!(
            paths(&vendor),
            vec!["auth"; checks],
            "it proves anew every time"
        );
    }
    let wrong = saying(AUTH, 16, "sign error");
    let error = super::oppo::provider(&wrong).check().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CredentialInvalid);
    assert!(
        error.reason().contains("MasterSecret"),
        "{}",
        error.reason()
    );
}
