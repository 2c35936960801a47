//! OPPO's answers. All of them are HTTP 200, for the code is the verdict.

use http::StatusCode;
use serde_json::{Value, json};

use crate::call::{Answer, CallKind, Place, Reply};
use crate::vendor::Refusal;

/// Nobody has this registration id.
pub(super) const INVALID_ID: i64 = 10_000;
/// The service is not available.
pub(super) const UNAVAILABLE: i64 = -1;

/// Code and `message`.
#[rustfmt::skip]
const CODES: &[(i64, &str)] = &[
    (0, "Success"),
    (UNAVAILABLE, "Service currently unavailable"),
    (-2, "Service in flow control"),
    (11, "Invalid auth token"),
    (12, "HTTP action not allowed"),
    (13, "App call limited"),
    (14, "Invalid app key"),
    (15, "Missing app key"),
    (16, "Invalid signature"),
    (17, "Missing signature"),
    (18, "Missing timestamp"),
    (19, "Invalid timestamp"),
    (20, "Invalid method"),
    (21, "Missing method"),
    (22, "Missing version"),
    (23, "Invalid version"),
    (24, "Unsupported version"),
    (25, "Invalid encoding"),
    (26, "IP blacklisted"),
    (27, "Access denied"),
    (28, "App disabled"),
    (29, "Missing auth token"),
    (30, "API permission denied"),
    (31, "Data does not exist"),
    (32, "Duplicate data"),
    (33, "The number of messages exceeds the daily limit"),
    (34, "The number of uploaded pictures exceeds the daily limit"),
    (40, "Missing required arguments"),
    (41, "Invalid arguments"),
    (42, "The number of saved messages exceeds the daily limit"),
    (51, "Invalid picture"),
    (54, "Missing private message template id"),
    (55, "App access frequency limited"),
    (59, "No permission to use the second link"),
    (67, "Invalid category or notify level"),
    (69, "Global limit"),
    (INVALID_ID, "Invalid registration id"),
];

/// The usual code of an HTTP status, for fault scripts that name none. The others come from
/// something that has no code.
const STATUSES: &[(CallKind, u16, i64)] = &[
    (CallKind::Auth, 401, 16),
    (CallKind::Auth, 403, 28),
    (CallKind::Push, 401, 11),
    (CallKind::Push, 403, 30),
    (CallKind::Other, 401, 11),
    (CallKind::Other, 403, 30),
];

/// As [`STATUSES`], of any call.
const ALL_STATUSES: &[(u16, i64)] = &[
    (400, 41),
    (404, 20),
    (405, 12),
    (429, -2),
    (500, UNAVAILABLE),
    (503, UNAVAILABLE),
];

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OppoError {
    pub(super) code: i64,
    detail: String,
}

/// A refusal with a code; `detail` says why to whoever debugs a client.
pub(super) fn error(code: i64, detail: impl Into<String>) -> OppoError {
    OppoError {
        code,
        detail: detail.into(),
    }
}

impl OppoError {
    /// The sentence on the wire. That of a wrong argument says which one it is.
    pub(super) fn sentence(&self) -> String {
        match self.code {
            40 | 41 => format!("{}: {}", sentence(self.code), self.detail),
            code => sentence(code).to_owned(),
        }
    }

    pub(super) fn answer(self) -> Answer {
        let body = json!({ "code": self.code, "message": self.sentence() });
        let reply = Reply::json(StatusCode::OK, &body);
        Answer::refused(reply, self.code.to_string(), self.detail)
    }
}

/// There is no such path.
pub(super) fn not_found() -> Answer {
    let reply = Reply::text(StatusCode::NOT_FOUND, "text/plain", "404 Not Found");
    Answer::refused(reply, "404", "no such path")
}

/// The body of a good answer.
pub(super) fn good(data: &Value) -> Reply {
    let body = json!({ "code": 0, "message": sentence(0), "data": data });
    Reply::json(StatusCode::OK, &body)
}

/// The body of a refusal that a fault script asks for. An unknown code is sent as it is.
pub(super) fn scripted(place: &Place, refusal: &Refusal) -> Reply {
    let code = match &refusal.code {
        Some(code) => code
            .parse()
            .map_or_else(|_| json!(code), |code: i64| json!(code)),
        None => match usual(place.kind, refusal.status.as_u16()) {
            Some(code) => json!(code),
            None => return without_code(refusal),
        },
    };
    let text = sentence(code.as_i64().unwrap_or(i64::MAX));
    let text = refusal.message.as_deref().unwrap_or(text);
    Reply::json(refusal.status, &json!({ "code": code, "message": text }))
}

fn usual(kind: CallKind, http: u16) -> Option<i64> {
    let own = STATUSES.iter().find(|row| (row.0, row.1) == (kind, http));
    let any = ALL_STATUSES.iter().find(|row| row.0 == http);
    own.map(|row| row.2).or(any.map(|row| row.1))
}

fn without_code(refusal: &Refusal) -> Reply {
    let reason = refusal.status.canonical_reason().unwrap_or("Error");
    let text = refusal.message.clone();
    let text = text.unwrap_or_else(|| reason.to_owned());
    Reply::text(refusal.status, "text/plain", text)
}

fn sentence(code: i64) -> &'static str {
    let row = CODES.iter().find(|row| row.0 == code);
    row.map_or("Scripted", |row| row.1)
}
