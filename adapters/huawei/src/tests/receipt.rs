//! Receipts of both versions, and their signature.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use zpns_core::{Secret, Timestamp, TokenAction};

use crate::receipt::{parse, verify};

#[test]
fn a_receipt_of_the_first_version_is_read() {
    let body = json!({"statuses": [
        {"biTag": "b", "appid": "1", "token": "t", "status": 0, "timestamp": 1_000, "requestId": "r"},
        {"biTag": "", "token": "t", "status": "6", "timestamp": "2000", "requestId": "r"},
        {"token": "t", "status": 4_711, "timestamp": 3, "requestId": "r"},
    ]});
    let receipts = parse(body.to_string().as_bytes()).unwrap();
    assert!(receipts[0].is_delivered());
    assert_eq!(receipts[0].tag.as_deref(), Some("b"));
    assert_eq!(receipts[0].vendor_id.as_deref(), Some("r"));
    assert_eq!(receipts[0].at, Some(Timestamp::from_millis(1_000)));
    assert_eq!(receipts[1].action, TokenAction::Mute { until: None });
    assert_eq!(receipts[1].tag, None);
    assert_eq!(receipts[1].at, Some(Timestamp::from_millis(2_000)));
    assert_eq!(
        (receipts[2].meaning, &receipts[2].action),
        (None, &TokenAction::Keep)
    );
}

#[test]
fn a_receipt_of_the_second_version_is_read_for_messages_and_for_cards() {
    for nested in ["deliveryStatus", "formStatus"] {
        let body = json!({"statuses": [{
            "token": "t", "pushType": 0, "appPackageName": "p", "biTag": "b", "requestId": "r",
            nested: {"formId": 1, "result": 2, "timestamp": 5},
        }]});
        let receipts = parse(body.to_string().as_bytes()).unwrap();
        let since = Some(Timestamp::from_millis(5));
        assert_eq!(receipts[0].status, 2);
        assert_eq!(receipts[0].action, TokenAction::Drop { since });
    }
}

#[test]
fn a_body_that_is_no_receipt_is_an_error() {
    for body in [
        "",
        "{}",
        r#"{"statuses":[{}]}"#,
        r#"{"statuses":[{"token":"t"}]}"#,
    ] {
        assert!(parse(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn a_signature_holds_with_a_key_of_either_form_and_breaks_with_everything_else() {
    let (time, nonce, user) = ("1764000000123", "6f1c-=;", "callback");
    let nonce = nonce.trim_end_matches(';');
    let sign = |key: &[u8]| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        STANDARD.encode(hmac::sign(&key, format!("{time}{nonce}{user}").as_bytes()))
    };
    let encoded = STANDARD.encode(b"the key");
    let plain = "no base64!";
    for (configured, key) in [
        (encoded.as_str(), &b"the key"[..]),
        (plain, plain.as_bytes()),
    ] {
        let value = sign(key);
        for blank in ["", " "] {
            let header = format!("timestamp={time};{blank}nonce={nonce};{blank}value={value}");
            let at = verify(&header, user, &Secret::new(configured)).unwrap();
            assert_eq!(at, Timestamp::from_millis(1_764_000_000_123));
            verify(&header, "another", &Secret::new(configured)).unwrap_err();
            verify(&header, user, &Secret::new("another key")).unwrap_err();
            let other_time = header.replace("0123", "0124");
            verify(&other_time, user, &Secret::new(configured)).unwrap_err();
        }
    }
    for header in [
        "",
        "timestamp=1",
        "timestamp=x; nonce=n; value=AAAA",
        "timestamp=1; nonce=n; value=*",
    ] {
        verify(header, user, &Secret::new("k")).unwrap_err();
    }
}
