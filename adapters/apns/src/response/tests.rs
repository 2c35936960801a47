use zpns_core::{Retry, Sent, TokenAction};
use zpns_kit::testing::scope_of;

use super::*;
use crate::fake::{START, answer, refusal};

fn outcome(response: &HttpResponse) -> Outcome {
    match judge(response, || START, Circumstances::default()) {
        Judged::Outcome(outcome) | Judged::Expired(outcome) => outcome,
    }
}

/// Apple's reasons by hand: status, reason, kind, whether the token is dropped.
const APPLE: [(u16, &str, ErrorKind, bool); 33] = [
    (400, "BadCollapseId", ErrorKind::MessageInvalid, false),
    (400, "BadDeviceToken", ErrorKind::TokenMismatch, false),
    (400, "BadExpirationDate", ErrorKind::MessageInvalid, false),
    (400, "BadMessageId", ErrorKind::MessageInvalid, false),
    (400, "BadPriority", ErrorKind::MessageInvalid, false),
    (400, "BadTopic", ErrorKind::PermissionDenied, false),
    (
        400,
        "DeviceTokenNotForTopic",
        ErrorKind::TokenMismatch,
        false,
    ),
    (400, "DuplicateHeaders", ErrorKind::MessageInvalid, false),
    (400, "IdleTimeout", ErrorKind::Unavailable, false),
    (400, "InvalidPushType", ErrorKind::MessageInvalid, false),
    (400, "MissingDeviceToken", ErrorKind::MessageInvalid, false),
    (400, "MissingTopic", ErrorKind::PermissionDenied, false),
    (400, "PayloadEmpty", ErrorKind::MessageInvalid, false),
    (400, "TopicDisallowed", ErrorKind::PermissionDenied, false),
    (403, "BadCertificate", ErrorKind::CredentialInvalid, false),
    (
        403,
        "BadCertificateEnvironment",
        ErrorKind::CredentialInvalid,
        false,
    ),
    (
        403,
        "BadEnvironmentKeyIdInToken",
        ErrorKind::CredentialInvalid,
        false,
    ),
    (
        403,
        "BadEnvironmentKeyInToken",
        ErrorKind::CredentialInvalid,
        false,
    ),
    (
        403,
        "ExpiredProviderToken",
        ErrorKind::CredentialInvalid,
        false,
    ),
    (403, "Forbidden", ErrorKind::PermissionDenied, false),
    (
        403,
        "InvalidProviderToken",
        ErrorKind::CredentialInvalid,
        false,
    ),
    (
        403,
        "MissingProviderToken",
        ErrorKind::CredentialInvalid,
        false,
    ),
    (403, "UnrelatedKeyIdInToken", ErrorKind::Unavailable, false),
    (404, "BadPath", ErrorKind::MessageInvalid, false),
    (405, "MethodNotAllowed", ErrorKind::MessageInvalid, false),
    (410, "ExpiredToken", ErrorKind::TokenInvalid, true),
    (410, "Unregistered", ErrorKind::TokenInvalid, true),
    (413, "PayloadTooLarge", ErrorKind::PayloadTooLarge, false),
    (
        429,
        "TooManyProviderTokenUpdates",
        ErrorKind::RateLimited,
        false,
    ),
    (429, "TooManyRequests", ErrorKind::RateLimited, false),
    (500, "InternalServerError", ErrorKind::Unavailable, false),
    (503, "ServiceUnavailable", ErrorKind::Unavailable, false),
    (503, "Shutdown", ErrorKind::Unavailable, false),
];

#[test]
fn every_reason_of_apples_leads_where_it_should() {
    let rows: Vec<(u16, &str)> = ROWS.iter().map(|row| (row.status, row.reason)).collect();
    let apple: Vec<(u16, &str)> = APPLE.iter().map(|row| (row.0, row.1)).collect();
    assert_eq!(rows, apple);
    for (status, reason, kind, drop) in APPLE {
        let outcome = outcome(&refusal(status, reason));
        assert_eq!(outcome.kind(), Some(kind), "{reason}");
        let vendor = outcome.vendor().unwrap();
        assert_eq!(
            (vendor.code.as_str(), vendor.http_status),
            (reason, Some(status))
        );
        match outcome {
            Outcome::Rejected(rejection) => {
                let dropped = rejection.token == TokenAction::Drop { since: None };
                assert_eq!(dropped, drop, "{reason}");
            }
            Outcome::Failed(error) => {
                assert_eq!(
                    (error.retry(), error.sent()),
                    (Retry::Backoff, Sent::No),
                    "{reason}"
                );
                assert!(!drop);
            }
            Outcome::Accepted(_) => panic!("{reason}"),
        }
    }
}

#[test]
fn a_topic_of_the_messages_own_stops_no_push_to_the_providers() {
    let own_topic = Circumstances {
        has_own_topic: true,
        ..Circumstances::default()
    };
    for row in &ROWS {
        let refused = refusal(row.status, row.reason);
        let scopes = [Circumstances::default(), own_topic].map(|circumstances| {
            let (Judged::Outcome(outcome) | Judged::Expired(outcome)) =
                judge(&refused, || START, circumstances);
            scope_of(&outcome)
        });
        let wanted = match row.reason {
            "BadTopic" | "MissingTopic" | "TopicDisallowed" => [Scope::Provider, Scope::Class],
            "TooManyRequests" => [Scope::Target; 2],
            _ => [Scope::of(row.verdict.kind); 2],
        };
        assert_eq!(scopes, wanted, "{}", row.reason);
    }
}

#[test]
fn only_an_expired_provider_token_asks_for_another_one() {
    for row in &ROWS {
        let refused = refusal(row.status, row.reason);
        let judged = judge(&refused, || START, Circumstances::default());
        let expired = matches!(judged, Judged::Expired(_));
        assert_eq!(
            expired,
            row.reason == "ExpiredProviderToken",
            "{}",
            row.reason
        );
    }
}

#[test]
fn an_unknown_reason_is_judged_by_its_status_and_kept_verbatim() {
    let rows = [
        (400, ErrorKind::MessageInvalid, "keep"),
        (403, ErrorKind::PermissionDenied, "keep"),
        (404, ErrorKind::MessageInvalid, "keep"),
        (410, ErrorKind::TokenInvalid, "drop"),
        (413, ErrorKind::PayloadTooLarge, "keep"),
        (418, ErrorKind::MessageInvalid, "keep"),
    ];
    for (status, kind, action) in rows {
        let Outcome::Rejected(rejection) = outcome(&refusal(status, "NewReason")) else {
            panic!("{status}")
        };
        assert_eq!(
            (rejection.kind, rejection.token.as_str()),
            (kind, action),
            "{status}"
        );
        assert_eq!(rejection.vendor.unwrap().code, "NewReason");
    }
    for (status, kind) in [
        (429, ErrorKind::RateLimited),
        (500, ErrorKind::Unavailable),
        (503, ErrorKind::Unavailable),
    ] {
        let Outcome::Failed(error) = outcome(&refusal(status, "NewReason")) else {
            panic!("{status}")
        };
        assert_eq!((error.kind(), error.sent()), (kind, Sent::No), "{status}");
        assert_eq!(error.vendor().unwrap().code, "NewReason");
    }
}

#[test]
fn a_body_that_is_not_apples_leaves_the_status_and_whether_it_was_sent_open() {
    for body in ["", "<html>busy</html>", "{\"reason\":7}", "[]", "\u{0}"] {
        for (status, kind, sent) in [
            (500, ErrorKind::Unavailable, Sent::Maybe),
            (502, ErrorKind::Unavailable, Sent::Maybe),
            (503, ErrorKind::Unavailable, Sent::No),
            (504, ErrorKind::Unavailable, Sent::Maybe),
            (429, ErrorKind::RateLimited, Sent::No),
            (302, ErrorKind::Protocol, Sent::Maybe),
        ] {
            let Outcome::Failed(error) = outcome(&answer(status, &[], body)) else {
                panic!("{status} {body}")
            };
            assert_eq!(
                (error.kind(), error.sent()),
                (kind, sent),
                "{status} {body}"
            );
            assert_eq!(error.vendor().unwrap().code, status.to_string());
        }
        let Outcome::Rejected(rejection) = outcome(&answer(400, &[], body)) else {
            panic!("{body}")
        };
        assert_eq!(rejection.kind, ErrorKind::MessageInvalid);
        assert_eq!(rejection.token, TokenAction::Keep);
    }
    let outcome = outcome(&answer(502, &[], "<html>busy</html>"));
    let said = outcome.vendor().unwrap().reason.as_deref();
    assert_eq!(said, Some("<html>busy</html>"));
}

#[test]
fn a_dead_token_is_dropped_since_the_moment_that_apple_names() {
    let rows = [
        (
            r#"{"reason":"Unregistered","timestamp":1763999999123}"#,
            Some(1_763_999_999_123),
        ),
        (r#"{"reason":"ExpiredToken","timestamp":null}"#, None),
        (r#"{"reason":"ExpiredToken","timestamp":"soon"}"#, None),
        (r#"{"reason":"NewReason","timestamp":5}"#, Some(5)),
        ("", None),
    ];
    for (body, since) in rows {
        let Outcome::Rejected(rejection) = outcome(&answer(410, &[], body)) else {
            panic!("{body}")
        };
        let since = since.map(Timestamp::from_millis);
        assert_eq!(rejection.token, TokenAction::Drop { since }, "{body}");
        assert_eq!(rejection.kind, ErrorKind::TokenInvalid);
    }
}

#[test]
fn a_host_that_knows_its_tokens_may_drop_those_of_another_app() {
    for row in &ROWS {
        let refused = refusal(row.status, row.reason);
        let circumstances = Circumstances {
            drop_foreign: true,
            ..Circumstances::default()
        };
        let judged = judge(&refused, || START, circumstances);
        let Judged::Outcome(Outcome::Rejected(rejection)) = judged else {
            continue;
        };
        let foreign = matches!(row.reason, "BadDeviceToken" | "DeviceTokenNotForTopic");
        let dropped = matches!(rejection.token, TokenAction::Drop { .. });
        assert_eq!(dropped, foreign || row.status == 410, "{}", row.reason);
    }
}

#[test]
fn a_pause_that_apple_asks_for_is_kept() {
    let slow = answer(
        429,
        &[("retry-after", "30")],
        r#"{"reason":"TooManyRequests"}"#,
    );
    let Outcome::Failed(error) = outcome(&slow) else {
        panic!()
    };
    assert_eq!(
        error.retry(),
        Retry::After(std::time::Duration::from_secs(30))
    );
}

#[test]
fn an_accepted_push_has_the_ids_that_apple_gave_it() {
    let headers = [("apns-id", "EC1BF194"), ("apns-unique-id", "u-1")];
    let Outcome::Accepted(accepted) = outcome(&answer(200, &headers, "")) else {
        panic!()
    };
    assert_eq!(accepted.vendor_id.as_deref(), Some("EC1BF194"));
    assert_eq!(accepted.log_id.as_deref(), Some("u-1"));
    assert!(outcome(&answer(200, &[], "")).is_accepted());
}

#[test]
fn a_refused_credential_names_a_clock_that_is_off() {
    let date = [("date", "Mon, 24 Nov 2025 18:00:00 GMT")];
    let body = r#"{"reason":"InvalidProviderToken"}"#;
    let Outcome::Rejected(rejection) = outcome(&answer(403, &date, body)) else {
        panic!()
    };
    assert!(
        rejection.reason.contains("7200 s behind"),
        "{}",
        rejection.reason
    );
}
