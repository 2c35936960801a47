//! Pushes, access tokens and checks.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, header};
use serde_json::{Value, json};
use zpns_core::resources::HttpErrorKind;
use zpns_core::{
    Batch, ErrorKind, LimitPolicy, Notification, Outcome, PushProvider, Report, Retry, Scope, Sent,
    Target, TokenAction, Variant,
};
use zpns_kit::testing::{NOW, verified_claims};

use super::google::{EMAIL, Google, Scripted, access_token, answer, error, service_account};
use crate::FcmConfig;

const TOKEN: &str = "bk3RNwTe3H0CI2k_HHwgIp:APA91bHun4MxP5egoKMwt2KZFBaFUH-1RYqx";

fn batch(provider: &dyn PushProvider, message: &Notification, tokens: &[&str]) -> Batch {
    let variant =
        Variant::new(message, &provider.capability(), None, LimitPolicy::Truncate).unwrap();
    let targets = tokens
        .iter()
        .map(|token| Target::new("android", *token))
        .collect();
    Batch::new(Arc::new(variant), targets)
}

async fn send(provider: &dyn PushProvider, token: &str) -> Outcome {
    let message = Notification::alert("t", "b");
    let report = provider.send(&batch(provider, &message, &[token])).await;
    report.into_outcomes().remove(0)
}

/// A thousand pushes of one notification at once.
async fn send_a_thousand(provider: &Arc<dyn PushProvider>) -> Vec<Outcome> {
    let message = Notification::alert("t", "b");
    let one = batch(&**provider, &message, &[TOKEN]);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let (provider, one) = (Arc::clone(provider), one.clone());
        tasks.spawn(async move { provider.send(&one).await.into_outcomes().remove(0) });
    }
    tasks.join_all().await
}

fn form(request: &zpns_core::resources::HttpRequest) -> Vec<(String, String)> {
    url::form_urlencoded::parse(&request.body)
        .into_owned()
        .collect()
}

#[tokio::test]
async fn a_push_goes_to_the_project_with_a_bearer_and_the_tokens_body() {
    let google = Google::new();
    let provider = google.provider();
    let outcome = send(&*provider, TOKEN).await;
    assert_eq!(
        outcome,
        Outcome::accepted("projects/my-project/messages/1".to_owned())
    );
    let push = google.pushes().remove(0);
    let uri = "https://fcm.googleapis.com/v1/projects/my-project/messages:send";
    assert_eq!(push.uri.to_string(), uri);
    assert_eq!(push.method, http::Method::POST);
    assert_eq!(push.headers["content-type"], "application/json");
    assert_eq!(push.headers["authorization"], "Bearer ya29.secret-1");
    assert!(push.headers["authorization"].is_sensitive());
    assert_eq!(push.timeout, Duration::from_secs(10));
    let body: Value = serde_json::from_slice(&push.body).unwrap();
    assert_eq!(body["message"]["token"], TOKEN);
    assert_eq!(
        body["message"]["notification"],
        json!({"title": "t", "body": "b"})
    );
}

#[tokio::test]
async fn every_sort_of_target_has_its_own_key_on_the_wire() {
    let google = Google::new();
    let provider = google.provider();
    let rows = [
        (
            "fid:cAbcdefghijklmnopqrst-",
            "fid",
            "cAbcdefghijklmnopqrst-",
        ),
        ("topic:/topics/news", "topic", "news"),
        ("condition:'a' in topics", "condition", "'a' in topics"),
    ];
    for (token, key, value) in rows {
        assert!(send(&*provider, token).await.is_accepted());
        let body: Value = serde_json::from_slice(&google.pushes().pop().unwrap().body).unwrap();
        assert_eq!(body["message"][key], value);
    }
}

#[tokio::test]
async fn what_cannot_be_a_target_is_refused_without_a_call_and_kept() {
    let google = Google::new();
    let provider = google.provider();
    for token in ["", "two words", "fid:x", "topic:a b", "condition:a"] {
        let Outcome::Rejected(rejection) = send(&*provider, token).await else {
            panic!("{token} was not refused");
        };
        assert_eq!(rejection.kind, ErrorKind::TokenInvalid);
        assert_eq!(rejection.token, TokenAction::Keep);
        assert!(
            token.is_empty() || !rejection.reason.contains(token),
            "{}",
            rejection.reason
        );
    }
    assert!(google.pushes().is_empty() && google.exchanges().is_empty());
}

#[tokio::test]
async fn a_larger_batch_gets_an_outcome_per_target_in_order_and_the_notes() {
    let google = Google::new();
    let provider = google.provider();
    // With an access token at hand, the pushes leave in order.
    send(&*provider, TOKEN).await;
    google.script_push(Scripted::Answer(error(
        404,
        "NOT_FOUND",
        Some("UNREGISTERED"),
    )));
    let message = Notification::alert("t", "b".repeat(5_000));
    let report: Report = provider
        .send(&batch(&*provider, &message, &[TOKEN, "a b", TOKEN]))
        .await;
    let kinds: Vec<_> = report.outcomes().iter().map(Outcome::kind).collect();
    assert_eq!(
        kinds,
        [
            Some(ErrorKind::TokenInvalid),
            Some(ErrorKind::TokenInvalid),
            None
        ]
    );
    assert_eq!(report.notes(2).unwrap().truncated, ["body"]);
}

#[tokio::test]
async fn the_assertion_says_what_google_asks_for() {
    let google = Google::new();
    send(&*google.provider(), TOKEN).await;
    let exchange = google.exchanges().remove(0);
    assert_eq!(
        exchange.uri.to_string(),
        "https://oauth2.googleapis.com/token"
    );
    assert_eq!(
        exchange.headers["content-type"],
        "application/x-www-form-urlencoded"
    );
    let form = form(&exchange);
    let grant = ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    assert_eq!((form[0].0.as_str(), form[0].1.as_str()), grant);
    assert_eq!(form[1].0, "assertion");
    let (header, claims) = verified_claims(&form[1].1);
    assert_eq!(
        header,
        json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"})
    );
    let expected = json!({
        "iss": EMAIL, "scope": "https://www.googleapis.com/auth/firebase.messaging",
        "aud": "https://oauth2.googleapis.com/token", "iat": NOW.as_secs(),
        "exp": NOW.as_secs() + 3_600,
    });
    assert_eq!(claims, expected);
}

#[tokio::test]
async fn a_token_endpoint_of_ones_own_is_asked_but_the_audience_stays_googles() {
    let google = Google::new();
    let mut config = FcmConfig::new(service_account()).with_project_id("other");
    config.token_endpoint = Some("https://127.0.0.1:1/token".to_owned());
    send(&*google.provider_of(config), TOKEN).await;
    let exchange = google.exchanges().remove(0);
    assert_eq!(exchange.uri.to_string(), "https://127.0.0.1:1/token");
    let (_, claims) = verified_claims(&form(&exchange)[1].1);
    assert_eq!(claims["aud"], "https://oauth2.googleapis.com/token");
    assert_eq!(
        google.pushes()[0].uri.path(),
        "/v1/projects/other/messages:send"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_pushes_at_once_share_one_exchange() {
    let google = Google::new();
    let provider = google.provider();
    let outcomes = send_a_thousand(&provider).await;
    assert!(outcomes.iter().all(Outcome::is_accepted));
    assert_eq!(google.exchanges().len(), 1);
    assert_eq!(google.pushes().len(), 1_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_expired_token_is_refreshed_once_and_each_push_resent_once() {
    let google = Google::new();
    let provider = google.provider();
    send(&*provider, TOKEN).await;
    google.expire();
    let outcomes = send_a_thousand(&provider).await;
    assert!(outcomes.iter().all(Outcome::is_accepted));
    assert_eq!(google.exchanges().len(), 2);
    let old = google
        .pushes()
        .iter()
        .filter(|push| push.headers["authorization"] == "Bearer ya29.secret-1")
        .count();
    // The first push of all, and those that left before the refresh; every one of them came back.
    assert_eq!(google.pushes().len() - old, 1_000);
    assert!((2..=1_001).contains(&old), "{old}");
}

#[tokio::test]
async fn a_token_that_is_refused_when_fresh_is_an_invalid_credential() {
    let google = Google::new();
    let provider = google.provider();
    google.refuse_all();
    let Outcome::Rejected(rejection) = send(&*provider, TOKEN).await else {
        panic!("not refused")
    };
    assert_eq!(rejection.kind, ErrorKind::CredentialInvalid);
    assert_eq!(rejection.token, TokenAction::Keep);
    assert_eq!(rejection.vendor.unwrap().code, "UNAUTHENTICATED");
    assert_eq!((google.pushes().len(), google.exchanges().len()), (2, 2));
}

#[tokio::test]
async fn a_refused_credential_names_a_clock_that_is_off() {
    let google = Google::new();
    let mut refusal = error(401, "UNAUTHENTICATED", None);
    refusal.headers.insert(
        header::DATE,
        HeaderValue::from_static("Mon, 24 Nov 2025 17:00:00 GMT"),
    );
    google.script_push(Scripted::Answer(refusal.clone()));
    google.script_push(Scripted::Answer(refusal));
    let Outcome::Rejected(rejection) = send(&*google.provider(), TOKEN).await else {
        panic!("not refused");
    };
    assert!(
        rejection.reason.contains("3600 s behind"),
        "{}",
        rejection.reason
    );
}

#[tokio::test]
async fn a_wrong_key_for_one_platform_costs_neither_bearer_nor_token_nor_provider() {
    let google = Google::new();
    let provider = google.provider();
    let wrong = error(401, "UNAUTHENTICATED", Some("THIRD_PARTY_AUTH_ERROR"));
    google.script_push(Scripted::Answer(wrong));
    let Outcome::Rejected(rejection) = send(&*provider, TOKEN).await else {
        panic!("no verdict")
    };
    assert_eq!(
        (rejection.kind, rejection.scope(), rejection.token),
        (
            ErrorKind::CredentialInvalid,
            Scope::Target,
            TokenAction::Keep
        )
    );
    assert!(send(&*provider, TOKEN).await.is_accepted());
    assert_eq!((google.pushes().len(), google.exchanges().len()), (2, 1));
}

#[tokio::test]
async fn a_refused_assertion_is_an_invalid_credential_with_googles_words() {
    let google = Google::new();
    let mut denied = answer(
        400,
        &json!({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}),
    );
    denied.headers.insert(
        header::DATE,
        HeaderValue::from_static("Mon, 24 Nov 2025 15:00:00 GMT"),
    );
    google.script_exchange(Scripted::Answer(denied));
    let Outcome::Rejected(rejection) = send(&*google.provider(), TOKEN).await else {
        panic!("not refused");
    };
    assert_eq!(rejection.kind, ErrorKind::CredentialInvalid);
    assert_eq!(rejection.vendor.unwrap().code, "invalid_grant");
    for words in ["Invalid JWT Signature.", "3600 s ahead"] {
        assert!(rejection.reason.contains(words), "{}", rejection.reason);
    }
    assert!(google.pushes().is_empty());
}

#[tokio::test]
async fn a_token_endpoint_out_of_order_fails_the_push_before_it_left() {
    let rows = [
        (
            Scripted::Answer(answer(503, &json!({}))),
            ErrorKind::Unavailable,
        ),
        (
            Scripted::Answer(answer(502, &json!({}))),
            ErrorKind::Unavailable,
        ),
        (
            Scripted::Answer(answer(429, &json!({}))),
            ErrorKind::RateLimited,
        ),
        (
            Scripted::Lost(HttpErrorKind::Interrupted, Sent::Maybe),
            ErrorKind::Unavailable,
        ),
        (
            Scripted::Lost(HttpErrorKind::Timeout, Sent::Maybe),
            ErrorKind::Timeout,
        ),
        (
            Scripted::Answer(answer(200, &json!({"access_token": "x"}))),
            ErrorKind::Protocol,
        ),
        (
            Scripted::Answer(answer(
                200,
                &json!({"access_token": "a\nb", "expires_in": 1}),
            )),
            ErrorKind::Protocol,
        ),
    ];
    for (scripted, kind) in rows {
        let google = Google::new();
        google.script_exchange(scripted);
        let Outcome::Failed(failure) = send(&*google.provider(), TOKEN).await else {
            panic!("{kind}: a verdict");
        };
        assert_eq!(
            (failure.kind(), failure.sent()),
            (kind, Sent::No),
            "{failure}"
        );
        assert_eq!(failure.retry(), Retry::Backoff, "{failure}");
        assert!(google.pushes().is_empty());
    }
}

#[tokio::test]
async fn an_old_token_is_used_until_its_end_while_the_refresh_fails() {
    let google = Google::new();
    let provider = google.provider();
    send(&*provider, TOKEN).await;
    google.clock.advance(Duration::from_secs(3_599 - 299));
    google.script_exchange(Scripted::Answer(answer(503, &json!({}))));
    assert!(send(&*provider, TOKEN).await.is_accepted());
    assert_eq!(google.exchanges().len(), 2);
    assert_eq!(
        google.pushes()[1].headers["authorization"],
        "Bearer ya29.secret-1"
    );
    google.clock.advance(Duration::from_secs(2));
    assert!(send(&*provider, TOKEN).await.is_accepted());
    assert_eq!(
        google.pushes()[2].headers["authorization"],
        "Bearer ya29.secret-3"
    );
}

#[tokio::test]
async fn a_push_that_was_lost_says_whether_it_may_have_arrived() {
    let rows = [
        (HttpErrorKind::Connect, Sent::No, ErrorKind::Unavailable),
        (
            HttpErrorKind::Interrupted,
            Sent::Maybe,
            ErrorKind::Unavailable,
        ),
        (HttpErrorKind::Timeout, Sent::Maybe, ErrorKind::Timeout),
        (HttpErrorKind::Closed, Sent::No, ErrorKind::Cancelled),
    ];
    for (lost, sent, kind) in rows {
        let google = Google::new();
        google.script_push(Scripted::Lost(lost, sent));
        let Outcome::Failed(failure) = send(&*google.provider(), TOKEN).await else {
            panic!("{lost:?}: a verdict");
        };
        assert_eq!((failure.kind(), failure.sent()), (kind, sent));
    }
}

#[tokio::test]
async fn no_push_waits_for_an_access_token_beyond_its_deadline() {
    let google = Google::new();
    google.script_exchange(Scripted::Hangs);
    let provider = google.provider();
    let deadline = Some(Duration::from_secs(3));
    let late = batch(&*provider, &Notification::alert("t", "b"), &[TOKEN]).with_deadline(deadline);
    let task = tokio::spawn(async move { provider.send(&late).await });
    while google.clock.next_wake().is_none() {
        tokio::task::yield_now().await;
    }
    google.clock.advance(Duration::from_secs(3));
    let outcome = task.await.unwrap().into_outcomes().remove(0);
    let Outcome::Failed(failure) = outcome else {
        panic!("a verdict")
    };
    assert_eq!(
        (failure.kind(), failure.sent()),
        (ErrorKind::Timeout, Sent::No)
    );
}

#[tokio::test]
async fn a_request_never_outlives_the_deadline() {
    let google = Google::new();
    let provider = google.provider();
    let deadline = Some(Duration::from_secs(3));
    let short = batch(&*provider, &Notification::alert("t", "b"), &[TOKEN]).with_deadline(deadline);
    assert_eq!(provider.send(&short).await.accepted(), 1);
    assert_eq!(google.pushes()[0].timeout, Duration::from_secs(3));
}

#[tokio::test]
async fn nothing_leaves_after_the_deadline() {
    let google = Google::new();
    let provider = google.provider();
    let passed = Some(Duration::ZERO);
    let late = batch(&*provider, &Notification::alert("t", "b"), &[TOKEN]).with_deadline(passed);
    let report = provider.send(&late).await;
    assert_eq!(report.of_kind(ErrorKind::Timeout), 1);
    assert!(google.pushes().is_empty());
}

#[tokio::test]
async fn a_push_given_up_leaves_the_provider_usable() {
    let google = Google::new();
    let provider = google.provider();
    google.script_exchange(Scripted::Hangs);
    let message = Notification::alert("t", "b");
    let one = batch(&*provider, &message, &[TOKEN]);
    let task = tokio::spawn({
        let provider = Arc::clone(&provider);
        async move { provider.send(&one).await }
    });
    while google.exchanges().is_empty() {
        tokio::task::yield_now().await;
    }
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert!(send(&*provider, TOKEN).await.is_accepted());
    assert_eq!(google.exchanges().len(), 2);
}

#[tokio::test]
async fn a_check_validates_a_push_to_a_topic_and_says_what_that_proves() {
    let google = Google::new();
    let check = google.provider().check().await.unwrap();
    assert!(check.reason.contains("`my-project`"), "{}", check.reason);
    let body: Value = serde_json::from_slice(&google.pushes()[0].body).unwrap();
    assert_eq!(body["validate_only"], true);
    assert_eq!(body["message"]["topic"], "zpns-check");
}

#[tokio::test]
async fn a_check_fails_with_the_reason_of_the_push() {
    let rows = [
        (
            error(403, "PERMISSION_DENIED", None),
            ErrorKind::PermissionDenied,
        ),
        (error(404, "NOT_FOUND", None), ErrorKind::PermissionDenied),
        (
            error(503, "UNAVAILABLE", Some("UNAVAILABLE")),
            ErrorKind::Unavailable,
        ),
    ];
    for (response, kind) in rows {
        let google = Google::new();
        google.script_push(Scripted::Answer(response));
        let failure = google.provider().check().await.unwrap_err();
        assert_eq!(failure.kind(), kind);
        assert!(failure.message().contains("said Google"), "{failure}");
    }
}

#[tokio::test]
async fn nothing_that_is_shown_holds_a_secret_or_a_token() {
    let google = Google::new();
    let provider = google.provider();
    google.refuse_all();
    let outcome = send(&*provider, TOKEN).await;
    for shown in [
        format!("{outcome:?}"),
        format!("{provider:?}"),
        format!("{:?}", google.pushes()),
    ] {
        for secret in [TOKEN, &access_token(1), &access_token(2), "PRIVATE KEY"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_shutdown_closes_both_transports() {
    let google = Google::new();
    google.provider().shutdown(Duration::from_secs(1)).await;
    assert_eq!(google.closed(), 2);
}
