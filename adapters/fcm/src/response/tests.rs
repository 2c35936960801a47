//! Every row of the table, with the answers that show it, their details in either order.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use zpns_core::{ErrorKind, Retry, Scope, Sent};
use zpns_kit::testing::scope_of;

use super::table::{Evidence, ROWS};
use super::*;

const NOW: Timestamp = Timestamp::from_secs(1_764_000_000);

const DEVICE: Circumstances = Circumstances {
    now: NOW,
    is_device: true,
    live_activity: false,
    drop_sender_id_mismatch: false,
};

fn answer(http: u16, body: impl Into<Bytes>) -> HttpResponse {
    HttpResponse {
        status: StatusCode::from_u16(http).unwrap(),
        headers: HeaderMap::new(),
        body: body.into(),
    }
}

fn google(http: u16, status: &str, message: &str, details: &[Value]) -> HttpResponse {
    let mut error = json!({"code": http, "message": message, "status": status});
    if !details.is_empty() {
        error["details"] = details.into();
    }
    answer(http, json!({ "error": error }).to_string())
}

fn fcm(code: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code})
}

fn apns(reason: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.firebase.fcm.v1.ApnsError",
        "statusCode": 410, "reason": reason})
}

fn bad(field: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [{"field": field, "description": "wrong"}]})
}

fn info(reason: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason,
        "domain": "googleapis.com", "metadata": {}})
}

fn unknown() -> Value {
    json!({"@type": "type.googleapis.com/google.rpc.Something", "errorCode": "UNREGISTERED",
        "reason": "Unregistered", "fieldViolations": [{"field": "message.token"}]})
}

/// What a verdict looks like from outside: kind, token action, whether and how to retry, sent.
#[derive(Debug, PartialEq)]
enum Seen {
    Rejected(ErrorKind, &'static str),
    Failed(ErrorKind, Retry, Sent),
    Unauthenticated,
}

fn seen(response: &HttpResponse, circumstances: Circumstances) -> (Seen, VendorCode) {
    match judge(response, circumstances) {
        Judged::Unauthenticated(vendor) => (Seen::Unauthenticated, vendor),
        Judged::Outcome(Outcome::Rejected(rejection)) => (
            Seen::Rejected(rejection.kind, rejection.token.as_str()),
            rejection.vendor.unwrap(),
        ),
        Judged::Outcome(Outcome::Failed(error)) => (
            Seen::Failed(error.kind(), error.retry(), error.sent()),
            error.vendor().unwrap().clone(),
        ),
        Judged::Outcome(Outcome::Accepted(_)) => panic!("an error was taken for a success"),
    }
}

const MINUTE: Retry = Retry::After(Duration::from_secs(60));
const KEEP_MESSAGE: Seen = Seen::Rejected(ErrorKind::MessageInvalid, "keep");
const KEEP_PROJECT: Seen = Seen::Rejected(ErrorKind::PermissionDenied, "keep");
const GONE: Seen = Seen::Rejected(ErrorKind::TokenInvalid, "drop");
const BUSY: Seen = Seen::Failed(ErrorKind::Unavailable, Retry::Backoff, Sent::No);
const LOST: Seen = Seen::Failed(ErrorKind::Unavailable, Retry::Backoff, Sent::Maybe);
const TOO_FAST: Seen = Seen::Failed(ErrorKind::RateLimited, MINUTE, Sent::No);
const PLATFORM_KEY: Seen = Seen::Rejected(ErrorKind::CredentialInvalid, "keep");

const NOT_A_TOKEN: &str = "The registration token is not a valid FCM registration token";
const HTML: &str = "<html><title>Error</title></html>";

/// HTTP status, Google's status, sentence and details; what is seen, vendor code.
type Case = (
    u16,
    &'static str,
    &'static str,
    Vec<Value>,
    Seen,
    &'static str,
);

/// An answer per row and per split that the reference names: the answer's details (turned round
/// as well), what is seen, the vendor code.
fn answers() -> Vec<Case> {
    vec![
        // Details, in the order of the table.
        (
            400,
            "INVALID_ARGUMENT",
            "APNs device token is disabled.",
            vec![apns("Unregistered")],
            GONE,
            "INVALID_ARGUMENT",
        ),
        (
            404,
            "NOT_FOUND",
            "m",
            vec![fcm("UNREGISTERED"), apns("Unregistered")],
            GONE,
            "UNREGISTERED",
        ),
        (
            400,
            "INVALID_ARGUMENT",
            "m",
            vec![fcm("INVALID_ARGUMENT"), apns("BadDeviceToken")],
            GONE,
            "INVALID_ARGUMENT",
        ),
        (
            400,
            "INVALID_ARGUMENT",
            "m",
            vec![fcm("INVALID_ARGUMENT"), apns("DeviceTokenNotForTopic")],
            GONE,
            "INVALID_ARGUMENT",
        ),
        (
            401,
            "UNAUTHENTICATED",
            "m",
            vec![fcm("THIRD_PARTY_AUTH_ERROR"), apns("InvalidProviderToken")],
            PLATFORM_KEY,
            "THIRD_PARTY_AUTH_ERROR",
        ),
        (
            401,
            "UNAUTHENTICATED",
            "m",
            vec![fcm("THIRD_PARTY_AUTH_ERROR"), apns("ExpiredProviderToken")],
            PLATFORM_KEY,
            "THIRD_PARTY_AUTH_ERROR",
        ),
        (
            403,
            "PERMISSION_DENIED",
            "m",
            vec![apns("BadEnvironmentKeyInToken")],
            PLATFORM_KEY,
            "PERMISSION_DENIED",
        ),
        (
            404,
            "NOT_FOUND",
            "Requested entity was not found.",
            vec![fcm("UNREGISTERED")],
            GONE,
            "UNREGISTERED",
        ),
        (
            404,
            "NOT_FOUND",
            "m",
            vec![fcm("UNREGISTERED"), unknown()],
            GONE,
            "UNREGISTERED",
        ),
        (
            403,
            "PERMISSION_DENIED",
            "SenderId mismatch",
            vec![fcm("SENDER_ID_MISMATCH")],
            Seen::Rejected(ErrorKind::TokenMismatch, "keep"),
            "SENDER_ID_MISMATCH",
        ),
        (
            429,
            "RESOURCE_EXHAUSTED",
            "m",
            vec![
                fcm("QUOTA_EXCEEDED"),
                json!({"@type": "type.googleapis.com/google.rpc.QuotaFailure"}),
            ],
            TOO_FAST,
            "QUOTA_EXCEEDED",
        ),
        (
            503,
            "UNAVAILABLE",
            "m",
            vec![fcm("UNAVAILABLE")],
            BUSY,
            "UNAVAILABLE",
        ),
        (
            500,
            "INTERNAL",
            "m",
            vec![fcm("INTERNAL")],
            BUSY,
            "INTERNAL",
        ),
        (
            401,
            "UNAUTHENTICATED",
            "Expected OAuth 2 access token",
            vec![fcm("THIRD_PARTY_AUTH_ERROR")],
            PLATFORM_KEY,
            "THIRD_PARTY_AUTH_ERROR",
        ),
        (
            401,
            "UNAUTHENTICATED",
            "m",
            vec![fcm("APNS_AUTH_ERROR")],
            PLATFORM_KEY,
            "APNS_AUTH_ERROR",
        ),
        (
            400,
            "INVALID_ARGUMENT",
            "m",
            vec![fcm("INVALID_ARGUMENT"), bad("message.token")],
            GONE,
            "INVALID_ARGUMENT",
        ),
        (
            400,
            "INVALID_ARGUMENT",
            "m",
            vec![bad("message.fid")],
            GONE,
            "INVALID_ARGUMENT",
        ),
        (
            400,
            "INVALID_ARGUMENT",
            "m",
            vec![fcm("INVALID_ARGUMENT"), bad("message.android.ttl")],
            KEEP_MESSAGE,
            "INVALID_ARGUMENT",
        ),
        (
            400,
            "INVALID_ARGUMENT",
            "Invalid JSON payload received. Unknown name",
            vec![bad("message")],
            KEEP_MESSAGE,
            "INVALID_ARGUMENT",
        ),
        (
            400,
            "INVALID_ARGUMENT",
            NOT_A_TOKEN,
            vec![fcm("INVALID_ARGUMENT")],
            GONE,
            "INVALID_ARGUMENT",
        ),
        (
            400,
            "INVALID_ARGUMENT",
            "The registration token is not a valid FCM registration token.",
            vec![fcm("INVALID_ARGUMENT")],
            GONE,
            "INVALID_ARGUMENT",
        ),
        // A doubt keeps the token: the sentence alone, or beside a field at fault.
        (
            400,
            "INVALID_ARGUMENT",
            NOT_A_TOKEN,
            vec![],
            KEEP_MESSAGE,
            "INVALID_ARGUMENT",
        ),
        (
            400,
            "INVALID_ARGUMENT",
            NOT_A_TOKEN,
            vec![fcm("INVALID_ARGUMENT"), bad("message.data")],
            KEEP_MESSAGE,
            "INVALID_ARGUMENT",
        ),
        (
            400,
            "INVALID_ARGUMENT",
            "m",
            vec![fcm("INVALID_ARGUMENT")],
            KEEP_MESSAGE,
            "INVALID_ARGUMENT",
        ),
        // Google's status alone.
        (
            401,
            "UNAUTHENTICATED",
            "m",
            vec![info("ACCESS_TOKEN_EXPIRED")],
            Seen::Unauthenticated,
            "UNAUTHENTICATED",
        ),
        (
            401,
            "UNAUTHENTICATED",
            "m",
            vec![],
            Seen::Unauthenticated,
            "UNAUTHENTICATED",
        ),
        (
            403,
            "PERMISSION_DENIED",
            "m",
            vec![info("SERVICE_DISABLED")],
            KEEP_PROJECT,
            "PERMISSION_DENIED",
        ),
        (404, "NOT_FOUND", "m", vec![], KEEP_PROJECT, "NOT_FOUND"),
        (
            404,
            "NOT_FOUND",
            "m",
            vec![unknown()],
            KEEP_PROJECT,
            "NOT_FOUND",
        ),
        (
            400,
            "INVALID_ARGUMENT",
            "Message too big",
            vec![],
            KEEP_MESSAGE,
            "INVALID_ARGUMENT",
        ),
        (
            429,
            "RESOURCE_EXHAUSTED",
            "m",
            vec![],
            TOO_FAST,
            "RESOURCE_EXHAUSTED",
        ),
        (503, "UNAVAILABLE", "m", vec![], BUSY, "UNAVAILABLE"),
        (500, "INTERNAL", "m", vec![], BUSY, "INTERNAL"),
        // A code that says nothing leaves it to status and HTTP.
        (
            503,
            "UNAVAILABLE",
            "m",
            vec![fcm("UNSPECIFIED_ERROR")],
            BUSY,
            "UNSPECIFIED_ERROR",
        ),
        (
            400,
            "FAILED_PRECONDITION",
            "m",
            vec![fcm("UNSPECIFIED_ERROR")],
            KEEP_MESSAGE,
            "UNSPECIFIED_ERROR",
        ),
        (
            500,
            "UNKNOWN",
            "m",
            vec![fcm("A_NEW_CODE")],
            BUSY,
            "A_NEW_CODE",
        ),
        (
            504,
            "DEADLINE_EXCEEDED",
            "m",
            vec![],
            LOST,
            "DEADLINE_EXCEEDED",
        ),
        (409, "ABORTED", "m", vec![], KEEP_MESSAGE, "ABORTED"),
    ]
}

/// Answers without an error body of Google's.
fn foreign_answers() -> Vec<(u16, &'static str, Seen)> {
    vec![
        (400, "", KEEP_MESSAGE),
        (401, "", Seen::Unauthenticated),
        (403, HTML, KEEP_PROJECT),
        (404, HTML, KEEP_PROJECT),
        (404, "", KEEP_PROJECT),
        (404, r#"{"error":"UNREGISTERED"}"#, KEEP_PROJECT),
        (404, r#"{"error":{"details":"UNREGISTERED"}}"#, KEEP_PROJECT),
        (
            413,
            HTML,
            Seen::Rejected(ErrorKind::PayloadTooLarge, "keep"),
        ),
        (429, "", TOO_FAST),
        (500, "{", LOST),
        (500, "", LOST),
        (502, HTML, LOST),
        (503, HTML, BUSY),
        (504, "", LOST),
        (
            302,
            HTML,
            Seen::Failed(ErrorKind::Protocol, Retry::Backoff, Sent::Maybe),
        ),
    ]
}

#[test]
fn every_answer_is_judged_as_the_reference_says_whatever_the_order_of_its_details() {
    for (http, status, message, mut details, expected, code) in answers() {
        for turned in [false, true] {
            if turned {
                details.reverse();
            }
            let case = format!("{http} {status} {message} {details:?}");
            let response = google(http, status, message, &details);
            let (outcome, vendor) = seen(&response, DEVICE);
            assert_eq!(outcome, expected, "{case}");
            assert_eq!(vendor.code, code, "{case}");
            assert_eq!(vendor.reason.as_deref(), Some(message), "{case}");
            assert_eq!(vendor.http_status, Some(http), "{case}");
        }
    }
}

#[test]
fn an_answer_that_is_not_googles_is_judged_by_its_status_and_drops_nothing() {
    for (http, body, expected) in foreign_answers() {
        let (outcome, vendor) = seen(&answer(http, body), DEVICE);
        assert_eq!(outcome, expected, "{http} {body}");
        assert_eq!(vendor.code, http.to_string());
    }
}

#[test]
fn every_row_decides_one_of_these_answers() {
    let googles = answers()
        .into_iter()
        .map(|(http, status, message, details, ..)| google(http, status, message, &details));
    let foreign = foreign_answers()
        .into_iter()
        .map(|(http, body, _)| answer(http, body));
    let decided: Vec<Evidence> = googles
        .chain(foreign)
        .filter_map(|response| table::first_match(&GoogleError::read(&response)))
        .map(|row| row.evidence)
        .collect();
    for row in ROWS {
        assert!(
            decided.contains(&row.evidence),
            "{:?} decides nothing",
            row.evidence
        );
    }
}

#[test]
fn a_key_of_one_platform_concerns_its_devices_and_everything_else_of_credentials_and_speed_all() {
    for (http, status, message, details, expected, _) in answers() {
        let response = google(http, status, message, &details);
        let Judged::Outcome(outcome) = judge(&response, DEVICE) else {
            continue;
        };
        let wanted = match (&expected, outcome.kind()) {
            (expected, _) if *expected == PLATFORM_KEY => Scope::Target,
            (_, Some(ErrorKind::PermissionDenied | ErrorKind::RateLimited)) => Scope::Provider,
            (_, Some(kind)) => Scope::of(kind),
            (_, None) => panic!("{outcome:?}"),
        };
        assert_eq!(scope_of(&outcome), wanted, "{http} {status} {details:?}");
    }
}

#[test]
fn only_evidence_about_the_token_itself_drops_it() {
    for row in ROWS {
        let general = matches!(row.evidence, Evidence::Status(_) | Evidence::Http(_));
        assert!(
            !(general && row.verdict.token == TokenFate::Drop),
            "{:?}",
            row.evidence
        );
    }
}

#[test]
fn a_dead_apns_token_keeps_the_device_where_a_live_activity_may_be_meant() {
    let activity = Circumstances {
        live_activity: true,
        ..DEVICE
    };
    for reason in ["Unregistered", "BadDeviceToken", "DeviceTokenNotForTopic"] {
        let response = google(404, "NOT_FOUND", "m", &[fcm("UNREGISTERED"), apns(reason)]);
        let (outcome, _) = seen(&response, activity);
        assert_eq!(
            outcome,
            Seen::Rejected(ErrorKind::TokenInvalid, "keep"),
            "{reason}"
        );
    }
    let plain = google(404, "NOT_FOUND", "m", &[fcm("UNREGISTERED")]);
    assert_eq!(seen(&plain, activity).0, GONE);
}

#[test]
fn a_token_of_another_project_is_dropped_only_where_the_host_asks_for_it() {
    let droppable = Circumstances {
        drop_sender_id_mismatch: true,
        ..DEVICE
    };
    let response = google(403, "PERMISSION_DENIED", "m", &[fcm("SENDER_ID_MISMATCH")]);
    let (outcome, _) = seen(&response, droppable);
    assert_eq!(outcome, Seen::Rejected(ErrorKind::TokenMismatch, "drop"));
}

#[test]
fn a_topic_is_never_dropped() {
    let topic = Circumstances {
        is_device: false,
        ..DEVICE
    };
    let response = google(404, "NOT_FOUND", "m", &[fcm("UNREGISTERED")]);
    assert_eq!(
        seen(&response, topic).0,
        Seen::Rejected(ErrorKind::TokenInvalid, "keep")
    );
}

#[test]
fn retry_after_is_obeyed_in_seconds_and_as_a_date() {
    let thirty = Retry::After(Duration::from_secs(30));
    let rows = [
        (429, "QUOTA_EXCEEDED", ErrorKind::RateLimited),
        (503, "UNAVAILABLE", ErrorKind::Unavailable),
        (500, "INTERNAL", ErrorKind::Unavailable),
    ];
    for value in ["30", "Mon, 24 Nov 2025 16:00:30 GMT"] {
        for (http, code, kind) in rows {
            let mut response = google(http, "X", "m", &[fcm(code)]);
            response
                .headers
                .insert(header::RETRY_AFTER, HeaderValue::from_static(value));
            assert_eq!(
                seen(&response, DEVICE).0,
                Seen::Failed(kind, thirty, Sent::No)
            );
        }
    }
}

#[test]
fn the_name_of_the_message_is_handed_on_verbatim() {
    let name = "projects/p/messages/0:1500415314455276%31bd1c9631bd1c96";
    let response = answer(200, json!({ "name": name }).to_string());
    let Judged::Outcome(Outcome::Accepted(accepted)) = judge(&response, DEVICE) else {
        panic!("not accepted");
    };
    assert_eq!(accepted.vendor_id.as_deref(), Some(name));
}

#[test]
fn a_success_that_cannot_be_read_may_have_been_sent() {
    for body in ["", "{}", HTML, r#"{"name": 7}"#] {
        let (outcome, _) = seen(&answer(200, body), DEVICE);
        assert_eq!(
            outcome,
            Seen::Failed(ErrorKind::Protocol, Retry::Backoff, Sent::Maybe),
            "{body}"
        );
    }
}

#[test]
fn a_sentence_of_googles_stays_one_line_of_bounded_length() {
    let long = format!("a\nb{}", "c".repeat(1_000));
    let (_, vendor) = seen(&google(400, "INVALID_ARGUMENT", &long, &[]), DEVICE);
    let reason = vendor.reason.unwrap();
    assert!(
        reason.starts_with("a b") && reason.chars().count() == 300,
        "{reason}"
    );
}
