//! Google's error body.

use http::StatusCode;
use serde_json::{Value, json};

use crate::call::{Answer, Reply};
use crate::vendor::Refusal;

const FCM_ERROR: &str = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
const BAD_REQUEST: &str = "type.googleapis.com/google.rpc.BadRequest";
const ERROR_INFO: &str = "type.googleapis.com/google.rpc.ErrorInfo";

/// `errorCode`, HTTP status, `status`, a usual message.
const CODES: &[(&str, u16, &str, &str)] = &[
    (
        "UNREGISTERED",
        404,
        "NOT_FOUND",
        "Requested entity was not found.",
    ),
    (
        "INVALID_ARGUMENT",
        400,
        "INVALID_ARGUMENT",
        "The registration token is not a valid FCM registration token",
    ),
    (
        "SENDER_ID_MISMATCH",
        403,
        "PERMISSION_DENIED",
        "SenderId mismatch",
    ),
    (
        "QUOTA_EXCEEDED",
        429,
        "RESOURCE_EXHAUSTED",
        "Quota exceeded for quota metric 'Messages' and limit 'Messages per minute'.",
    ),
    (
        "UNAVAILABLE",
        503,
        "UNAVAILABLE",
        "The service is currently unavailable.",
    ),
    ("INTERNAL", 500, "INTERNAL", "Internal error encountered."),
    (
        "THIRD_PARTY_AUTH_ERROR",
        401,
        "UNAUTHENTICATED",
        THIRD_PARTY,
    ),
    ("APNS_AUTH_ERROR", 401, "UNAUTHENTICATED", THIRD_PARTY),
];

const THIRD_PARTY: &str = "Request is missing required authentication credential. Expected OAuth \
    2 access token, login cookie or other valid authentication credential. See \
    https://developers.google.com/identity/sign-in/web/devconsole-project.";

/// `status` of an HTTP status, where no FCM code says it.
const STATUSES: &[(u16, &str, Option<&str>)] = &[
    (400, "INVALID_ARGUMENT", Some("INVALID_ARGUMENT")),
    (401, "UNAUTHENTICATED", None),
    (403, "PERMISSION_DENIED", None),
    (404, "NOT_FOUND", Some("UNREGISTERED")),
    (409, "ALREADY_EXISTS", None),
    (429, "RESOURCE_EXHAUSTED", Some("QUOTA_EXCEEDED")),
    (500, "INTERNAL", Some("INTERNAL")),
    (503, "UNAVAILABLE", Some("UNAVAILABLE")),
];

/// An error of a Google API.
#[derive(Debug)]
pub(super) struct GoogleError {
    http: u16,
    status: &'static str,
    message: String,
    details: Vec<Value>,
    /// What the record calls it.
    code: String,
    detail: String,
}

impl GoogleError {
    pub(super) fn answer(self) -> Answer {
        let mut body = json!({
            "error": { "code": self.http, "message": self.message, "status": self.status }
        });
        if !self.details.is_empty() {
            body["error"]["details"] = Value::Array(self.details);
        }
        let status = StatusCode::from_u16(self.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut reply = Reply::json(status, &body);
        if status == StatusCode::UNAUTHORIZED {
            reply = reply.header(
                "www-authenticate",
                "Bearer realm=\"https://accounts.google.com/\"",
            );
        }
        Answer::refused(reply, self.code, self.detail)
    }
}

/// One of FCM's own codes, with its usual status and message.
pub(super) fn fcm(code: &str, detail: impl Into<String>) -> GoogleError {
    let (code, http, status, message) = *CODES
        .iter()
        .find(|row| row.0 == code)
        .unwrap_or(&("INTERNAL", 500, "INTERNAL", ""));
    GoogleError {
        http,
        status,
        message: message.to_owned(),
        details: vec![json!({ "@type": FCM_ERROR, "errorCode": code })],
        code: code.to_owned(),
        detail: detail.into(),
    }
}

/// A field that is wrong. `field` is its path, such as `message.android.ttl`.
pub(super) fn bad_field(field: &str, message: impl Into<String>) -> GoogleError {
    let message = message.into();
    GoogleError {
        http: 400,
        status: "INVALID_ARGUMENT",
        details: vec![json!({
            "@type": BAD_REQUEST,
            "fieldViolations": [{ "field": field, "description": message }],
        })],
        code: "INVALID_ARGUMENT".to_owned(),
        detail: format!("{field}: {message}"),
        message,
    }
}

/// As [`bad_field`], for what FCM itself checks rather than the JSON parser: with both details.
pub(super) fn bad_value(field: &str, message: impl Into<String>) -> GoogleError {
    let mut error = bad_field(field, message);
    let fcm = json!({ "@type": FCM_ERROR, "errorCode": "INVALID_ARGUMENT" });
    error.details.insert(0, fcm);
    error
}

/// The message as a whole is wrong, and no detail says where.
pub(super) fn bad_message(message: impl Into<String>) -> GoogleError {
    let message = message.into();
    GoogleError {
        http: 400,
        status: "INVALID_ARGUMENT",
        details: Vec::new(),
        code: "INVALID_ARGUMENT".to_owned(),
        detail: message.clone(),
        message,
    }
}

/// The own credential is missing, wrong or expired; `reason` is Google's, if it gives one.
pub(super) fn unauthenticated(
    reason: Option<&str>,
    message: &str,
    detail: impl Into<String>,
) -> GoogleError {
    let info = reason.map(|reason| {
        json!({
            "@type": ERROR_INFO,
            "reason": reason,
            "domain": "googleapis.com",
            "metadata": {
                "service": "fcm.googleapis.com",
                "method": "google.firebase.fcm.v1.FcmService.SendMessage",
            },
        })
    });
    GoogleError {
        http: 401,
        status: "UNAUTHENTICATED",
        message: message.to_owned(),
        details: info.into_iter().collect(),
        code: reason.unwrap_or("UNAUTHENTICATED").to_owned(),
        detail: detail.into(),
    }
}

/// The account has no right to send for this project.
pub(super) fn permission_denied(project: &str) -> GoogleError {
    GoogleError {
        http: 403,
        status: "PERMISSION_DENIED",
        message: format!(
            "Permission 'cloudmessaging.messages.create' denied on resource \
             '//cloudresourcemanager.googleapis.com/projects/{project}' (or it may not exist)."
        ),
        details: vec![json!({
            "@type": ERROR_INFO,
            "reason": "IAM_PERMISSION_DENIED",
            "domain": "cloudresourcemanager.googleapis.com",
            "metadata": {
                "permission": "cloudmessaging.messages.create",
                "resource": format!("projects/{project}"),
            },
        })],
        code: "PERMISSION_DENIED".to_owned(),
        detail: "the service account may not send for this project".to_owned(),
    }
}

/// A wrong path or project: a 404 without FCM's code, which says nothing about a target.
pub(super) fn not_found(detail: &str) -> GoogleError {
    GoogleError {
        http: 404,
        status: "NOT_FOUND",
        message: "Requested entity was not found.".to_owned(),
        details: Vec::new(),
        code: "NOT_FOUND".to_owned(),
        detail: detail.to_owned(),
    }
}

/// The body of a refusal that a fault script asks for. An unknown code is sent as it is.
pub(super) fn scripted(refusal: &Refusal) -> Reply {
    let http = refusal.status.as_u16();
    let (status, usual) = STATUSES
        .iter()
        .find(|row| row.0 == http)
        .map_or(("UNKNOWN", None), |row| (row.1, row.2));
    let code = refusal.code.as_deref().or(usual);
    let row = code.and_then(|code| CODES.iter().find(|row| row.0 == code));
    let message = refusal.message.clone().unwrap_or_else(|| {
        row.map_or("Scripted by the fault script.", |row| row.3)
            .to_owned()
    });
    // The status of a code is its own even when the script sends it with another HTTP status.
    let status = row.map_or(status, |row| row.2);
    let mut body = json!({ "error": { "code": http, "message": message, "status": status } });
    if let Some(code) = code {
        body["error"]["details"] = json!([{ "@type": FCM_ERROR, "errorCode": code }]);
    }
    Reply::json(refusal.status, &body)
}
