//! HONOR's answers. The page with the codes of its push server could not be read; these are
//! Huawei's, whose numbers it shares as far as any client shows, and the HTTP statuses with them.

use http::StatusCode;
use serde_json::{Value, json};

use crate::call::{Answer, Reply};
use crate::vendor::Refusal;

/// Code, HTTP status, sentence.
#[rustfmt::skip]
const CODES: &[(i64, u16, &str)] = &[
    (200, 200, "success"),
    (400, 400, "Bad request"),
    (401, 401, "Unauthorized"),
    (403, 403, "Forbidden"),
    (404, 404, "Not found"),
    (405, 405, "Method not allowed"),
    (429, 429, "Too many requests"),
    (500, 500, "Internal server error"),
    (503, 503, "Service unavailable"),
    (80_000_000, 200, "success"),
    (80_100_000, 200, "Partial success"),
    (80_100_001, 400, "Parameter error"),
    (80_100_003, 400, "Message structure error"),
    (80_100_004, 400, "The expiry is earlier than now"),
    (80_100_016, 400, "Sensitive content"),
    (80_200_001, 401, "Authentication error"),
    (80_200_003, 401, "The access token has expired"),
    (80_300_002, 403, "The app has no permission to send"),
    (80_300_007, 400, "All the tokens are invalid"),
    (80_300_008, 400, "The message body is too large"),
    (80_300_010, 400, "The number of tokens is out of range"),
    (80_600_003, 500, "The authentication service failed"),
    (81_000_001, 500, "Internal error"),
    (81_000_003, 500, "Internal error"),
];

/// The usual code of an HTTP status, for fault scripts that name none. The others come from
/// something before the push server, which has no code.
const STATUSES: &[(u16, i64)] = &[
    (400, 80_100_001),
    (401, 80_200_001),
    (403, 80_300_002),
    (404, 404),
    (405, 405),
    (429, 429),
    (500, 81_000_001),
    (503, 503),
];

/// A refusal.
#[derive(Debug)]
pub(super) struct HonorError {
    code: i64,
    message: Option<String>,
    detail: String,
}

/// A refusal with a code; `detail` says why to whoever debugs a client.
pub(super) fn error(code: i64, detail: impl Into<String>) -> HonorError {
    HonorError {
        code,
        message: None,
        detail: detail.into(),
    }
}

/// The structure of the message is wrong, at this place.
pub(super) fn illegal(path: &str, why: impl std::fmt::Display) -> HonorError {
    let why = format!("Message structure error, {path} {why}");
    HonorError {
        message: Some(why.clone()),
        ..error(80_100_003, why)
    }
}

impl HonorError {
    pub(super) fn answer(self) -> Answer {
        let (http, usual) = row(self.code);
        let message = self.message.as_deref().unwrap_or(usual);
        let status = StatusCode::from_u16(http).unwrap_or(StatusCode::BAD_REQUEST);
        let reply = Reply::json(status, &body(&json!(self.code), message, &Value::Null));
        Answer::refused(reply, self.code.to_string(), self.detail)
    }
}

/// There is no such path.
pub(super) fn not_found() -> Answer {
    let reply = Reply::text(StatusCode::NOT_FOUND, "text/plain", "404 Not Found");
    Answer::refused(reply, "404", "no such path")
}

/// What became of the targets of one message. Each one that failed or is gone is named once, however
/// often it was given.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    pub(super) taken: Vec<String>,
    pub(super) failed: Vec<String>,
    pub(super) expired: Vec<String>,
}

/// The answer to a message that is as it should be. No code but that of a partial success says that
/// targets failed: those that are gone stand in a list of their own, beside 200.
pub(super) fn sent(sorted: Sorted) -> Answer {
    let id = uuid::Uuid::new_v4().simple().to_string();
    let some = !sorted.taken.is_empty();
    let code = match some && !sorted.failed.is_empty() {
        true => 80_100_000,
        false => 200,
    };
    let data = json!({
        "sendResult": some,
        "requestId": id,
        "failTokens": sorted.failed,
        "expireTokens": sorted.expired,
    });
    let reply = Reply::json(StatusCode::OK, &body(&json!(code), row(code).1, &data));
    if !some {
        return Answer::refused(reply, code.to_string(), "no target was pushed to");
    }
    match sorted.failed.is_empty() && sorted.expired.is_empty() {
        true => Answer::accepted(id, reply),
        false => Answer::partly_accepted(id, sorted.taken, reply),
    }
}

/// The body of a refusal that a fault script asks for. An unknown code is sent as it is.
pub(super) fn scripted(refusal: &Refusal) -> Reply {
    let http = refusal.status.as_u16();
    let usual = STATUSES.iter().find(|row| row.0 == http);
    let code = match (&refusal.code, usual) {
        (Some(code), _) => code
            .parse()
            .map_or_else(|_| json!(code), |code: i64| json!(code)),
        (None, Some(row)) => json!(row.1),
        (None, None) => {
            let reason = refusal.status.canonical_reason().unwrap_or("Error");
            let text = refusal.message.clone();
            let text = text.unwrap_or_else(|| reason.to_owned());
            return Reply::text(refusal.status, "text/plain", text);
        }
    };
    let usual = row(code.as_i64().unwrap_or_default()).1;
    let message = refusal.message.as_deref().unwrap_or(usual);
    Reply::json(refusal.status, &body(&code, message, &Value::Null))
}

fn row(code: i64) -> (u16, &'static str) {
    let row = CODES.iter().find(|row| row.0 == code);
    row.map_or((400, "Scripted."), |row| (row.1, row.2))
}

fn body(code: &Value, message: &str, data: &Value) -> Value {
    json!({ "code": code, "message": message, "data": data })
}
