//! VAPID: RFC 8292.

use std::time::Duration;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use serde_json::json;
use zpns_core::{ErrorKind, Outcome, Scope, Secret, TokenAction};
use zpns_kit::testing::{FakeVendor, NOW, answer, scope_of};

use super::*;

const HOUR: Duration = Duration::from_secs(60 * 60);

#[test]
fn the_example_of_rfc_8292_verifies_as_ours_do() {
    const TOKEN: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA";
    const PUBLIC: &str =
        "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";
    let decode = |text: &str| crate::subscription::URL_SAFE.decode(text).unwrap();
    let (signed, signature) = TOKEN.rsplit_once('.').unwrap();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decode(PUBLIC))
        .verify(signed.as_bytes(), &decode(signature))
        .unwrap();
}

#[tokio::test]
async fn a_token_names_the_origin_with_its_port_the_contact_and_twelve_hours() {
    let vendor = FakeVendor::new(|_, _| Ok(answer(201, "")));
    let mut config = config();
    config.allow_hosts = Some(vec!["*".into(), "push.example.net".into()]);
    let provider = config.provider(vendor.setup("phones")).unwrap();
    let rows = [
        (MOZILLA, "https://updates.push.services.mozilla.com"),
        ("https://PUSH.example.net:443/a", "https://push.example.net"),
        (
            "https://push.example.net:8443/b?c=d",
            "https://push.example.net:8443",
        ),
    ];
    for (endpoint, audience) in rows {
        assert!(push(&provider, &subscription(endpoint)).await.is_accepted());
        let request = vendor.requests().pop().unwrap();
        let wanted = json!({
            "aud": audience, "sub": "mailto:push@example.com",
            "exp": NOW.as_secs() + 12 * 60 * 60,
        });
        assert_eq!(claims(&request), wanted);
        assert!(authorization(&request.headers).ends_with(&format!(", k={PUBLIC}")));
        assert!(request.headers["authorization"].is_sensitive());
    }
    assert_eq!(provider.application_server_key(), PUBLIC);
}

#[tokio::test]
async fn one_token_serves_an_origin_until_an_hour_before_its_end() {
    let vendor = FakeVendor::new(|_, _| Ok(answer(201, "")));
    let provider = provider(&vendor);
    let pushed = async |endpoint: &str| {
        push(&provider, &subscription(endpoint)).await;
        authorization(&vendor.requests().pop().unwrap().headers)
    };
    let first = pushed(MOZILLA).await;
    assert_eq!(pushed(&format!("{MOZILLA}2")).await, first);
    assert_ne!(pushed("https://fcm.googleapis.com/fcm/send/x").await, first);
    vendor.clock.advance(HOUR * 11 - Duration::from_secs(1));
    assert_eq!(pushed(MOZILLA).await, first);
    vendor.clock.advance(Duration::from_secs(1));
    assert_ne!(pushed(MOZILLA).await, first);
}

const EXPIRED: &str = r#"{"errno":109,"message":"ExpiredSignature"}"#;

#[tokio::test]
async fn an_expired_token_is_signed_anew_once_and_the_push_sent_again_once() {
    let vendor = FakeVendor::new(|vendor, _| match vendor.requests().len() {
        1 => Ok(answer(401, EXPIRED)),
        _ => Ok(answer(201, "")),
    });
    let provider = provider(&vendor);
    assert!(push(&provider, &subscription(MOZILLA)).await.is_accepted());
    let [first, second] = &vendor.requests()[..] else {
        panic!()
    };
    assert_ne!(
        authorization(&first.headers),
        authorization(&second.headers)
    );
    assert_eq!(first.body, second.body);
}

#[tokio::test]
async fn a_fresh_token_that_has_expired_too_is_our_clock_which_is_named() {
    let vendor = FakeVendor::new(|_, _| {
        let mut refusal = answer(401, EXPIRED);
        let date = "Mon, 24 Nov 2025 20:00:00 GMT";
        refusal.headers.insert("date", date.parse().unwrap());
        Ok(refusal)
    });
    let provider = provider(&vendor);
    let token = subscription(MOZILLA);
    let Outcome::Rejected(rejection) = push(&provider, &token).await else {
        panic!()
    };
    assert_eq!(rejection.kind, ErrorKind::CredentialInvalid);
    assert_eq!(rejection.token, TokenAction::Keep);
    assert_eq!(rejection.vendor.unwrap().code, "109");
    let reason = rejection.reason;
    assert!(reason.contains("14400 s behind"), "{reason}");
    assert_eq!(vendor.requests().len(), 2);
    push(&provider, &token).await;
    assert_eq!(vendor.requests().len(), 3, "no more than one an hour");
    vendor.clock.advance(HOUR);
    push(&provider, &token).await;
    assert_eq!(vendor.requests().len(), 5);
}

#[tokio::test]
async fn a_token_that_is_refused_for_an_unknown_reason_is_signed_anew_if_it_is_old() {
    let vendor = FakeVendor::new(|_, _| Ok(answer(403, r#"{"reason":"BadJwtToken"}"#)));
    let provider = provider(&vendor);
    let token = subscription("https://web.push.apple.com/QGz");
    let Outcome::Rejected(rejection) = push(&provider, &token).await else {
        panic!()
    };
    assert_eq!(rejection.kind, ErrorKind::CredentialInvalid);
    assert_eq!(rejection.vendor.unwrap().code, "BadJwtToken");
    assert_eq!(vendor.requests().len(), 1, "another one would say the same");
    vendor.clock.advance(HOUR);
    push(&provider, &token).await;
    assert_eq!(vendor.requests().len(), 3);
}

#[tokio::test]
async fn a_stranger_who_refuses_our_key_speaks_for_himself_alone() {
    let vendor = FakeVendor::new(|_, _| Ok(answer(401, "go away")));
    let provider = provider(&vendor);
    let token = subscription("https://evil.example/push");
    let Outcome::Rejected(rejection) = push(&provider, &token).await else {
        panic!()
    };
    // Anything about credentials would stop the pushes to everybody.
    assert_eq!(rejection.kind, ErrorKind::TokenMismatch);
    assert_eq!(rejection.token, TokenAction::Keep);
}

#[tokio::test]
async fn nothing_that_a_strangers_server_says_concerns_another_subscription() {
    for (status, kind) in [
        (401, ErrorKind::TokenMismatch),
        (413, ErrorKind::PayloadTooLarge),
        (429, ErrorKind::RateLimited),
        (500, ErrorKind::Unavailable),
        (503, ErrorKind::Unavailable),
    ] {
        let vendor = FakeVendor::new(move |_, _| Ok(answer(status, "go away")));
        let provider = provider(&vendor);
        let strange = push(&provider, &subscription("https://evil.example/push")).await;
        assert_eq!(strange.kind(), Some(kind), "{status}");
        assert_eq!(scope_of(&strange), Scope::Target, "{status}");
    }
    // That of a browser's service is one for many.
    let vendor = FakeVendor::new(|_, _| Ok(answer(503, "")));
    let outcome = push(&provider(&vendor), &subscription(&format!("{MOZILLA}1"))).await;
    assert_eq!(scope_of(&outcome), Scope::Provider);
}

#[tokio::test]
async fn a_service_that_accepts_others_speaks_of_the_one_that_it_refuses() {
    let vendor = FakeVendor::new(|_, request| match request.uri.path().ends_with("/odd") {
        true => Ok(answer(403, "")),
        false => Ok(answer(201, "")),
    });
    let provider = provider(&vendor);
    let at = |path: &str| subscription(&format!("https://a.notify.windows.com/{path}"));
    assert!(push(&provider, &at("w")).await.is_accepted());
    let Outcome::Rejected(rejection) = push(&provider, &at("odd")).await else {
        panic!()
    };
    assert_eq!(rejection.kind, ErrorKind::TokenMismatch);
    assert_eq!(rejection.token, TokenAction::Keep);
    vendor.clock.advance(HOUR);
    let outcome = push(&provider, &at("odd")).await;
    assert_eq!(outcome.kind(), Some(ErrorKind::CredentialInvalid));
}

const MISMATCH: &str = r#"{"errno":109,"message":"VAPID public key mismatch"}"#;

#[tokio::test]
async fn a_subscription_of_another_key_is_dropped_and_many_are_a_wrong_key() {
    let vendor = FakeVendor::new(|_, _| Ok(answer(401, MISMATCH)));
    let provider = provider(&vendor);
    let mut outcomes = Vec::new();
    for number in 0..5 {
        let token = subscription(&format!("{MOZILLA}{number}"));
        let Outcome::Rejected(rejection) = push(&provider, &token).await else {
            panic!()
        };
        outcomes.push((rejection.kind, rejection.token));
    }
    let dropped = (ErrorKind::TokenMismatch, TokenAction::Drop { since: None });
    let kept = (ErrorKind::CredentialInvalid, TokenAction::Keep);
    assert_eq!(outcomes[..3], [dropped.clone(), dropped.clone(), dropped]);
    assert_eq!(outcomes[3..], [kept.clone(), kept]);
    assert_eq!(vendor.requests().len(), 5, "no other token helps");
}

#[tokio::test]
async fn old_subscriptions_are_pushed_to_with_the_key_of_their_time() {
    let old = config();
    let vendor = FakeVendor::new(move |_, request| {
        let by_old = authorization(&request.headers).ends_with(PUBLIC);
        match by_old {
            true => Ok(answer(201, "")),
            false => Ok(answer(401, MISMATCH)),
        }
    });
    let mut config = WebPushConfig::new(Secret::new(OTHER_KEY), "https://example.com/contact");
    config.previous_vapid_private_keys = vec![old.vapid_private_key];
    let provider = config.provider(vendor.setup("phones")).unwrap();
    assert_eq!(provider.application_server_key(), P256DH);
    assert!(push(&provider, &subscription(MOZILLA)).await.is_accepted());
    assert_eq!(vendor.requests().len(), 2, "the new key first");

    let named = |key: &str| {
        let keys = json!({"p256dh": P256DH, "auth": AUTH});
        json!({"endpoint": MOZILLA, "keys": keys, "applicationServerKey": key}).to_string()
    };
    assert!(push(&provider, &named(PUBLIC)).await.is_accepted());
    assert_eq!(vendor.requests().len(), 3, "the key that it says at once");

    let strange =
        "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";
    let outcome = push(&provider, &named(strange)).await;
    assert_eq!(outcome.kind(), Some(ErrorKind::TokenMismatch));
    assert_eq!(vendor.requests().len(), 3, "a key that is not ours");
}
