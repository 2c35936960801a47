//! Answers of Huawei's push servers, of every version.

use http::StatusCode;
use serde_json::{Value, json};

use crate::call::{Answer, Reply};
use crate::vendor::Refusal;

/// Code, HTTP status, sentence.
#[rustfmt::skip]
const CODES: &[(&str, u16, &str)] = &[
    ("80000000", 200, "Success"),
    ("80000001", 500, "Common service internal error"),
    ("80100000", 200, "Partial success"),
    ("80100001", 400, "Parameter error"),
    ("80100002", 400, "Synchronous message must have exactly one token"),
    ("80100003", 400, "Illegal payload"),
    ("80100004", 400, "Expiry is earlier than now"),
    ("80100013", 400, "Invalid collapse key"),
    ("80100016", 400, "Sensitive content"),
    ("80100017", 400, "Too many topic tasks"),
    ("80100018", 400, "Review signature mismatch"),
    ("80100022", 400, "Image is not verified"),
    ("80200001", 401, "Oauth authentication error"),
    ("80200003", 401, "Oauth token expired"),
    ("80200005", 401, "JWT token expired"),
    ("80300002", 400, "The app has no permission to send"),
    ("80300007", 400, "All the tokens are invalid"),
    ("80300008", 400, "The message body size exceeds the default value"),
    ("80300010", 400, "The number of tokens exceeds the default value"),
    ("80300011", 400, "No permission to send high-level notification messages"),
    ("80300013", 400, "Invalid receipt URL"),
    ("80300028", 400, "The token does not belong to the app"),
    ("80300029", 400, "The number of test messages exceeds the limit"),
    ("80300030", 400, "Too many tokens in a test message"),
    ("80300032", 400, "No permission to revoke"),
    ("80300036", 400, "The validity of the JWT exceeds one day"),
    ("80300037", 400, "Sending is disabled by a penalty"),
    ("80600003", 500, "Request OAuth service failed"),
    ("81000001", 500, "Internal error"),
];

/// The usual code of an HTTP status, for fault scripts that name none. The others come from
/// something before the push server, which has no code.
const STATUSES: &[(u16, &str)] = &[
    (400, "80100001"),
    (401, "80200001"),
    (403, "80300002"),
    (500, "81000001"),
];

/// A refusal.
#[derive(Debug)]
pub(crate) struct HuaweiError {
    code: &'static str,
    message: Option<String>,
    detail: String,
}

/// A refusal with a code; `detail` says why to whoever debugs a client.
pub(crate) fn error(code: &'static str, detail: impl Into<String>) -> HuaweiError {
    HuaweiError {
        code,
        message: None,
        detail: detail.into(),
    }
}

/// The structure of the message is wrong, at this place.
pub(crate) fn illegal(path: &str, why: impl std::fmt::Display) -> HuaweiError {
    let why = format!("Illegal payload, {path} {why}");
    HuaweiError {
        message: Some(why.clone()),
        ..error("80100003", why)
    }
}

impl HuaweiError {
    /// With the sentence on the wire.
    pub(crate) fn with_message(mut self, message: String) -> Self {
        self.message = Some(message);
        self
    }

    pub(crate) fn answer(self) -> Answer {
        let (http, usual) = row(self.code);
        let message = self.message.as_deref().unwrap_or(usual);
        let reply = Reply::json(status(http), &body(self.code, message, &request_id()));
        Answer::refused(reply, self.code, self.detail)
    }
}

/// There is no such path.
pub(crate) fn not_found() -> Answer {
    let reply = Reply::text(StatusCode::NOT_FOUND, "text/plain", "404 Not Found");
    Answer::refused(reply, "404", "no such path")
}

/// A good answer, and its id.
pub(crate) fn good(message: &str, code: &str) -> (String, Reply) {
    let id = request_id();
    let reply = Reply::json(StatusCode::OK, &body(code, message, &id));
    (id, reply)
}

/// The body of a refusal that a fault script asks for. An unknown code is sent as it is.
pub(crate) fn scripted(refusal: &Refusal) -> Reply {
    let http = refusal.status.as_u16();
    let usual = STATUSES.iter().find(|row| row.0 == http);
    let code = refusal.code.as_deref().or(usual.map(|row| row.1));
    let Some(code) = code else {
        let text = refusal.message.clone();
        let reason = refusal.status.canonical_reason().unwrap_or("Error");
        let text = text.unwrap_or_else(|| reason.to_owned());
        return Reply::text(refusal.status, "text/plain", text);
    };
    let message = refusal.message.as_deref().unwrap_or(row(code).1);
    Reply::json(refusal.status, &body(code, message, &request_id()))
}

fn row(code: &str) -> (u16, &'static str) {
    let row = CODES.iter().find(|row| row.0 == code);
    row.map_or((400, "Scripted."), |row| (row.1, row.2))
}

fn body(code: &str, message: &str, id: &str) -> Value {
    json!({ "code": code, "msg": message, "requestId": id })
}

fn request_id() -> String {
    uuid::Uuid::new_v4().as_u128().to_string()
}

fn status(http: u16) -> StatusCode {
    StatusCode::from_u16(http).unwrap_or(StatusCode::BAD_REQUEST)
}
