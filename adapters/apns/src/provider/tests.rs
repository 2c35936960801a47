use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use zpns_core::resources::{HttpError, HttpErrorKind, ManualClock};
use zpns_core::{Secret, Sent, Target, TokenAction, Variant};

use super::*;
use crate::fake::{FakeApns, START, TOKEN, answer, key, refusal};

const MINUTE: Duration = Duration::from_secs(60);

struct House {
    provider: Arc<ApnsProvider>,
    apns: Arc<FakeApns>,
    clock: Arc<ManualClock>,
    public: Vec<u8>,
}

fn house(apns: Arc<FakeApns>) -> House {
    house_of(apns, |_| {})
}

fn house_of(apns: Arc<FakeApns>, change: impl FnOnce(&mut ApnsConfig)) -> House {
    let (pem, public) = key();
    let mut config = ApnsConfig::with_key("TEAM123456", "KEY1234567", pem, "com.example");
    change(&mut config);
    let (setup, clock) = apns.setup();
    let provider = config.provider(setup).unwrap();
    House {
        provider,
        apns,
        clock,
        public,
    }
}

impl House {
    fn batch(&self, message: &Notification, tokens: &[&str]) -> Batch {
        let capability = self.provider.capability();
        let variant = Variant::new(message, &capability, None, LimitPolicy::Truncate).unwrap();
        let targets = tokens
            .iter()
            .map(|token| Target::new("ios", *token))
            .collect();
        Batch::new(Arc::new(variant), targets)
    }

    async fn push(&self, message: &Notification) -> Outcome {
        let report = self.provider.send(&self.batch(message, &[TOKEN])).await;
        report.into_outcomes().remove(0)
    }

    /// The provider token of a request, with its signature checked: header and claims.
    fn token(&self, request: &HttpRequest) -> (Value, Value) {
        let text = bearer(request);
        let (message, signature) = text.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.public)
            .verify(message.as_bytes(), &signature)
            .unwrap();
        let (header, claims) = message.split_once('.').unwrap();
        let read = |part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        (read(header), read(claims))
    }
}

fn bearer(request: &HttpRequest) -> String {
    let value = request.headers[AUTHORIZATION].to_str().unwrap();
    value.strip_prefix("bearer ").unwrap().to_owned()
}

fn message() -> Notification {
    let json = json!({"id": "0190b7a4-2b7e-7c3e-8f3e-3c1e5b1e9a10", "title": "T", "body": "B"});
    serde_json::from_value(json).unwrap()
}

/// An Apple that calls these tokens expired, whoever brings them.
fn expiring() -> (Arc<FakeApns>, Arc<Mutex<HashSet<String>>>) {
    let expired: Arc<Mutex<HashSet<String>>> = Arc::default();
    let known = expired.clone();
    let apns = FakeApns::new(move |request| {
        Ok(if known.lock().unwrap().contains(&bearer(request)) {
            let date = [("date", "Mon, 24 Nov 2025 17:00:00 GMT")];
            answer(403, &date, r#"{"reason":"ExpiredProviderToken"}"#)
        } else {
            answer(200, &[], "")
        })
    });
    (apns, expired)
}

#[tokio::test]
async fn a_push_goes_out_with_this_request() {
    let house = house(FakeApns::content());
    let outcome = house.push(&message()).await;
    let request = house.apns.requests().remove(0);
    assert_eq!(request.method, Method::POST);
    let uri = format!("https://api.push.apple.com/3/device/{TOKEN}");
    assert_eq!(request.uri.to_string(), uri);
    let wanted: &[u8] = br#"{"aps":{"alert":{"title":"T","body":"B"},"sound":"default"}}"#;
    assert_eq!(request.body, wanted);
    assert_eq!(request.timeout, Duration::from_secs(10));
    let id = "034274cb-328d-89cd-b713-7372440ea6f0";
    let mut headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .filter(|(name, _)| *name != AUTHORIZATION)
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    headers.sort_unstable();
    let derived = message().id.derive(TOKEN).to_string();
    assert_eq!(
        headers,
        [
            ("apns-id", derived.as_str()),
            ("apns-priority", "10"),
            ("apns-push-type", "alert"),
            ("apns-topic", "com.example"),
        ]
    );
    assert_eq!(derived, id);
    assert_eq!(outcome, Outcome::accepted(derived));
    for secret in ["authorization", "apns-id"] {
        assert!(request.headers[secret].is_sensitive(), "{secret}");
    }
}

#[tokio::test]
async fn the_sandbox_and_an_endpoint_of_the_hosts_own_are_reached() {
    let sandbox = house_of(FakeApns::content(), |config| {
        config.environment = Environment::Sandbox;
    });
    sandbox.push(&message()).await;
    let host = sandbox.apns.requests()[0].uri.host().unwrap().to_owned();
    assert_eq!(host, "api.sandbox.push.apple.com");
    assert_eq!(sandbox.provider.info().environment, Environment::Sandbox);

    let apns = FakeApns::content();
    let (mut setup, _) = apns.setup();
    setup.connection.endpoint = Some("https://127.0.0.1:2197".into());
    let config = ApnsConfig::with_key("TEAM123456", "KEY1234567", key().0, "com.example");
    let provider = config.provider(setup).unwrap();
    provider.check().await.unwrap();
    assert_eq!(
        apns.requests()[0].uri.authority().unwrap().as_str(),
        "127.0.0.1:2197"
    );
}

#[tokio::test]
async fn the_provider_token_has_the_form_that_apple_asks_for() {
    let house = house(FakeApns::content());
    house.push(&message()).await;
    let (header, claims) = house.token(&house.apns.requests()[0]);
    assert_eq!(
        (&header["alg"], &header["kid"]),
        (&json!("ES256"), &json!("KEY1234567"))
    );
    assert_eq!(claims, json!({"iss": "TEAM123456", "iat": START.as_secs()}));
}

#[tokio::test]
async fn a_provider_token_is_kept_for_48_minutes() {
    let house = house(FakeApns::content());
    for advance in [0, 47, 1, 47] {
        house.clock.advance(advance * MINUTE);
        house.push(&message()).await;
    }
    let requests = house.apns.requests();
    let ages: Vec<u64> = requests
        .iter()
        .map(|request| house.token(request).1["iat"].as_u64().unwrap() - START.as_secs())
        .collect();
    assert_eq!(ages, [0, 0, 48 * 60, 48 * 60]);
    assert_eq!(house.apns.renewals.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_expired_provider_token_is_replaced_and_the_push_sent_once_more() {
    let (apns, expired) = expiring();
    let house = house(apns);
    assert!(house.push(&message()).await.is_accepted());
    expired
        .lock()
        .unwrap()
        .insert(bearer(&house.apns.requests()[0]));
    assert!(house.push(&message()).await.is_accepted());
    let requests = house.apns.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(
        requests[1].headers["apns-id"],
        requests[2].headers["apns-id"]
    );
    assert_ne!(bearer(&requests[1]), bearer(&requests[2]));
    assert_eq!(house.apns.renewals.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_provider_token_that_is_expired_again_is_a_wrong_credential_and_the_clock_is_named() {
    let apns = FakeApns::new(|_| {
        let date = [("date", "Mon, 24 Nov 2025 17:00:00 GMT")];
        Ok(answer(403, &date, r#"{"reason":"ExpiredProviderToken"}"#))
    });
    let house = house(apns);
    for requests in [2, 3, 4] {
        let Outcome::Rejected(rejection) = house.push(&message()).await else {
            panic!()
        };
        assert_eq!(rejection.kind, ErrorKind::CredentialInvalid);
        assert_eq!(rejection.vendor.unwrap().code, "ExpiredProviderToken");
        assert!(
            rejection.reason.contains("3600 s behind"),
            "{}",
            rejection.reason
        );
        // Within 20 minutes of the forced one there is no other refresh, and so no resending.
        assert_eq!(house.apns.requests().len(), requests);
    }
    assert_eq!(house.apns.renewals.load(Ordering::SeqCst), 1);
    house.clock.advance(20 * MINUTE);
    house.push(&message()).await;
    assert_eq!(house.apns.renewals.load(Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_expired_pushes_bring_one_refresh() {
    let (apns, expired) = expiring();
    let house = Arc::new(house(apns));
    house.push(&message()).await;
    expired
        .lock()
        .unwrap()
        .insert(bearer(&house.apns.requests()[0]));
    let pushes: Vec<_> = (0..1_000)
        .map(|_| {
            let house = house.clone();
            tokio::spawn(async move { house.push(&message()).await })
        })
        .collect();
    for push in pushes {
        assert!(push.await.unwrap().is_accepted());
    }
    let tokens: HashSet<String> = house.apns.requests().iter().map(bearer).collect();
    assert_eq!(tokens.len(), 2);
    assert_eq!(house.apns.renewals.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn apple_complaining_of_too_many_tokens_gets_no_other_one() {
    let house = house(FakeApns::new(|_| {
        Ok(refusal(429, "TooManyProviderTokenUpdates"))
    }));
    for _ in 0..2 {
        let outcome = house.push(&message()).await;
        assert_eq!(outcome.kind(), Some(ErrorKind::RateLimited));
    }
    let requests = house.apns.requests();
    assert_eq!(
        (requests.len(), bearer(&requests[0])),
        (2, bearer(&requests[1]))
    );
}

#[tokio::test]
async fn a_text_that_is_no_token_is_refused_before_anything_is_sent() {
    let house = house(FakeApns::content());
    let long = "ab".repeat(257);
    let odd = &TOKEN[1..];
    let near = format!("{}é", &TOKEN[2..]);
    for token in [
        "",
        "not-a-token",
        "abcd",
        "zz",
        odd,
        &long,
        &near,
        "../../4/x",
    ] {
        let report = house
            .provider
            .send(&house.batch(&message(), &[token]))
            .await;
        let Outcome::Rejected(rejection) = &report.outcomes()[0] else {
            panic!("{token}")
        };
        assert_eq!(rejection.kind, ErrorKind::TokenInvalid, "{token}");
        assert_eq!(rejection.token, TokenAction::Keep);
        assert!(rejection.vendor.is_none());
    }
    assert!(house.apns.requests().is_empty());
}

#[tokio::test]
async fn a_token_is_sent_in_lower_case_and_its_id_does_not_depend_on_the_case() {
    let house = house(FakeApns::content());
    let upper = TOKEN.to_ascii_uppercase();
    let report = house
        .provider
        .send(&house.batch(&message(), &[&upper, TOKEN]))
        .await;
    assert_eq!((report.len(), report.accepted()), (2, 2));
    let requests = house.apns.requests();
    assert_eq!(requests[0].uri, requests[1].uri);
    assert_eq!(
        requests[0].headers["apns-id"],
        requests[1].headers["apns-id"]
    );
}

#[tokio::test]
async fn every_retry_carries_the_same_headers_and_every_device_its_own_id() {
    let house = house(FakeApns::content());
    let other = "ab".repeat(32);
    let message = message().with_ttl(MINUTE);
    let batch = house.batch(&message, &[TOKEN, &other]);
    assert_eq!(house.provider.send(&batch).await.accepted(), 2);
    house.clock.advance(Duration::from_secs(30));
    let again = batch.clone().with_attempt(2);
    assert_eq!(house.provider.send(&again).await.accepted(), 2);
    let requests = house.apns.requests();
    assert_eq!(requests[0].headers, requests[2].headers);
    assert_eq!(requests[1].headers, requests[3].headers);
    assert_ne!(
        requests[0].headers["apns-id"],
        requests[1].headers["apns-id"]
    );
    // Encoded once: not only the same bytes, but the same ones.
    assert_eq!(requests[0].body.as_ptr(), requests[3].body.as_ptr());
}

#[tokio::test]
async fn a_message_that_cannot_be_is_refused_for_every_device() {
    let house = house(FakeApns::content());
    let batch = house.batch(&message().with_data("aps", "x"), &[TOKEN, TOKEN]);
    let report = house.provider.send(&batch).await;
    assert_eq!(report.of_kind(ErrorKind::MessageInvalid), 2);
    assert!(house.apns.requests().is_empty());
}

#[tokio::test]
async fn a_cut_text_is_noted_in_the_report() {
    let house = house(FakeApns::content());
    let long = Notification::alert("T", "x".repeat(5_000));
    let report = house.provider.send(&house.batch(&long, &[TOKEN])).await;
    assert_eq!(report.notes(0).unwrap().truncated, ["body"]);
}

#[tokio::test]
async fn a_request_gets_no_more_time_than_the_deadline_leaves() {
    let house = house(FakeApns::content());
    let batch = house.batch(&message(), &[TOKEN]);
    let soon = house.clock.monotonic() + Duration::from_secs(3);
    let in_time = batch.clone().with_deadline(Some(soon));
    assert_eq!(house.provider.send(&in_time).await.accepted(), 1);
    assert_eq!(house.apns.requests()[0].timeout, Duration::from_secs(3));
    let past = Some(house.clock.monotonic());
    let report = house.provider.send(&batch.with_deadline(past)).await;
    assert_eq!(report.of_kind(ErrorKind::Timeout), 1);
    assert_eq!(house.apns.requests().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_leaves_open_whether_it_was_sent() {
    for (kind, sent, wanted) in [
        (HttpErrorKind::Connect, Sent::No, ErrorKind::Unavailable),
        (
            HttpErrorKind::Interrupted,
            Sent::Maybe,
            ErrorKind::Unavailable,
        ),
        (HttpErrorKind::Timeout, Sent::Maybe, ErrorKind::Timeout),
        (HttpErrorKind::Closed, Sent::No, ErrorKind::Cancelled),
    ] {
        let house = house(FakeApns::new(move |_| {
            Err(HttpError::new(kind, sent, "broke"))
        }));
        let Outcome::Failed(error) = house.push(&message()).await else {
            panic!()
        };
        assert_eq!((error.kind(), error.sent()), (wanted, sent));
    }
}

#[tokio::test]
async fn a_push_that_is_given_up_gives_up_its_request_and_leaves_the_provider_usable() {
    let house = house(FakeApns::content());
    house.apns.silent.store(true, Ordering::SeqCst);
    let message = message();
    let mut push = Box::pin(house.push(&message));
    while house.apns.requests().is_empty() {
        assert!(futures_util::poll!(push.as_mut()).is_pending());
    }
    drop(push);
    assert_eq!(house.apns.cancelled.load(Ordering::SeqCst), 1);
    house.apns.silent.store(false, Ordering::SeqCst);
    assert!(house.push(&message).await.is_accepted());
}

#[tokio::test]
async fn a_certificate_needs_no_provider_token_and_gets_no_second_try() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both.pem");
    let text = "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n";
    std::fs::write(&path, text).unwrap();
    let apns = FakeApns::new(|_| Ok(refusal(403, "ExpiredProviderToken")));
    let config = ApnsConfig::with_certificate(&path, &path, "com.example");
    let (setup, _) = apns.setup();
    let provider = config.provider(setup).unwrap();
    let error = provider.check().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CredentialInvalid);
    let requests = apns.requests();
    assert_eq!(requests.len(), 1);
    assert!(!requests[0].headers.contains_key(AUTHORIZATION));
    assert_eq!(requests[0].headers["apns-topic"], "com.example");
}

#[tokio::test]
async fn a_check_reaches_no_device_and_says_what_it_proved() {
    for (status, reason, proved) in [
        (400, "BadDeviceToken", true),
        (410, "Unregistered", true),
        (400, "DeviceTokenNotForTopic", true),
        (403, "InvalidProviderToken", false),
        (403, "Forbidden", false),
        (400, "TopicDisallowed", false),
        (503, "ServiceUnavailable", false),
    ] {
        let house = house(FakeApns::new(move |_| Ok(refusal(status, reason))));
        match house.provider.check().await {
            Ok(check) => {
                assert!(proved, "{reason}");
                assert!(check.reason.contains(reason), "{}", check.reason);
            }
            Err(error) => {
                assert!(!proved, "{reason}");
                assert_eq!(error.vendor().unwrap().code, reason);
            }
        }
        let request = house.apns.requests().remove(0);
        assert_eq!(
            request.uri.path(),
            format!("/3/device/dead{}", "0".repeat(60))
        );
        assert_eq!(request.headers["apns-push-type"], "background");
        assert_eq!(request.headers["apns-expiration"], "0");
    }
}

#[tokio::test]
async fn a_shutdown_closes_the_connections() {
    let house = house(FakeApns::content());
    house.provider.shutdown(MINUTE).await;
    assert_eq!(house.apns.closed.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn nothing_secret_is_shown() {
    let marker = AtomicUsize::new(0);
    let house = house_of(FakeApns::content(), |config| {
        let pem = config
            .key_pem
            .as_ref()
            .map(Secret::expose)
            .unwrap_or_default();
        marker.store(pem.len(), Ordering::SeqCst);
    });
    house.push(&message()).await;
    let shown = format!(
        "{:?} {:?}",
        house.provider,
        house.apns.requests()[0].headers
    );
    assert!(
        !shown.contains(&bearer(&house.apns.requests()[0])),
        "{shown}"
    );
    assert!(!shown.contains("BEGIN"), "{shown}");
    assert!(marker.load(Ordering::SeqCst) > 0);
}

#[test]
fn the_capability_is_within_what_apple_allows() {
    let capability = capability();
    assert_eq!(capability.batch, 1);
    assert!(capability.collapse_replaces && !capability.deduplicates);
    for missing in [Fields::CHANNEL, Fields::BADGE_ADD, Fields::NOT_BEFORE] {
        assert!(!capability.fields.intersects(missing));
    }
}
