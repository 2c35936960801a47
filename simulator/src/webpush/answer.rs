//! What each service answers.

use http::StatusCode;
use serde_json::{Value, json};

use super::Service;
use crate::call::{Answer, Reply};
use crate::vendor::Refusal;

/// What can be wrong with a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    Method,
    Path,
    NoVapid,
    Header,
    Key,
    Token,
    Signature,
    Audience,
    Expiry,
    Expired,
    TooLong,
    Subject,
    KeyMismatch,
    Gone,
    NoTtl,
    BadTtl,
    CachePolicy,
    Urgency,
    Topic,
    Encoding,
    Encryption,
    TooLarge,
    Busy,
}

/// Status, and what the service says: Mozilla's errno (0 is none) and message, Google's text,
/// Apple's reason, Microsoft's description.
type Row = (
    Problem,
    (u16, u16, &'static str),
    (u16, &'static str),
    (u16, &'static str),
    (u16, &'static str),
);

const TTL_CONFLICT: &str = "Ttl value conflicts with X-WNS-Cache-Policy.";
const GONE: &str = "push subscription has unsubscribed or expired.\n";
const NO_ENDPOINT: &str = "A valid push subscription endpoint should be specified in the URL.\n";
const MISMATCH: &str = "the VAPID credentials in the authorization header do not correspond to the \
    credentials used to create the subscriptions.\n";
const BAD_JWT: &str = "invalid JWT provided\n";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (Problem::NoTtl, (400, 111, "Missing TTL value"), (400, "missing TTL header\n"), (400, "BadTtl"), (400, "No Ttl.")),
    (Problem::BadTtl, (400, 112, "Invalid TTL header value"), (400, "invalid TTL header\n"), (400, "BadTtl"), (400, "Invalid Ttl.")),
    (Problem::CachePolicy, (400, 0, TTL_CONFLICT), (400, TTL_CONFLICT), (400, "BadTtl"), (400, TTL_CONFLICT)),
    (Problem::Urgency, (400, 0, "Invalid Urgency header value"), (400, "invalid Urgency header\n"), (400, "BadUrgency"), (400, "Invalid Urgency.")),
    (Problem::Topic, (400, 113, "topic: Topic must be URL and Filename safe Base64 alphabet"), (400, "invalid Topic header\n"), (400, "BadWebPushTopic"), (400, "Invalid Topic.")),
    (Problem::Encoding, (400, 110, "Unknown Content-Encoding header"), (400, "invalid Content-Encoding header\n"), (400, "BadContentEncoding"), (400, "Invalid Content-Encoding.")),
    (Problem::Encryption, (400, 110, "Invalid crypto keys specified"), (400, "invalid encryption\n"), (400, "BadEncryption"), (400, "Invalid encryption.")),
    (Problem::NoVapid, (401, 109, "Missing VAPID token"), (400, "UnauthorizedRegistration\n"), (403, "BadAuthorizationHeader"), (401, "No authorization.")),
    (Problem::Header, (401, 109, "Unknown auth scheme"), (403, "invalid authorization header\n"), (403, "BadAuthorizationHeader"), (401, "Invalid authorization.")),
    (Problem::Key, (401, 109, "Invalid VAPID public key"), (403, "invalid public key provided\n"), (403, "BadVapidPublicKey"), (403, "Invalid key.")),
    (Problem::Token, (401, 109, "InvalidToken"), (403, BAD_JWT), (403, "BadJwtToken"), (403, "Invalid token.")),
    (Problem::Signature, (401, 109, "InvalidSignature"), (403, BAD_JWT), (403, "BadJwtToken"), (403, "Invalid token.")),
    (Problem::Audience, (401, 109, "Invalid VAPID audience"), (403, BAD_JWT), (403, "BadJwtToken"), (403, "Invalid token.")),
    (Problem::Expiry, (401, 109, "Invalid VAPID expiry"), (403, BAD_JWT), (403, "BadJwtToken"), (403, "Invalid token.")),
    (Problem::Expired, (401, 109, "ExpiredSignature"), (403, BAD_JWT), (403, "BadJwtToken"), (401, "Expired token.")),
    (Problem::TooLong, (401, 109, "The VAPID token expiration is too long"), (403, BAD_JWT), (403, "BadJwtToken"), (403, "Invalid token.")),
    (Problem::Subject, (401, 109, "Invalid VAPID subject"), (403, BAD_JWT), (403, "BadJwtToken"), (403, "Invalid token.")),
    (Problem::KeyMismatch, (401, 109, "VAPID public key mismatch"), (403, MISMATCH), (400, "VapidPkHashMismatch"), (403, "The key is not the channel's.")),
    (Problem::Path, (404, 102, "Invalid token"), (404, NO_ENDPOINT), (404, "BadPath"), (404, "No such channel.")),
    (Problem::Method, (405, 0, "Method Not Allowed"), (405, "method not allowed\n"), (405, "MethodNotAllowed"), (405, "Not a POST.")),
    (Problem::Gone, (410, 106, "No such subscription"), (410, GONE), (410, "Unregistered"), (410, "The channel has expired.")),
    (Problem::TooLarge, (413, 104, "Payload overflow"), (413, "payload too large\n"), (413, "PayloadTooLarge"), (413, "Too large.")),
    (Problem::Busy, (503, 202, "Try again"), (503, "temporarily unavailable\n"), (503, "ServiceUnavailable"), (503, "Unavailable.")),
];

/// A refusal on its way to the client.
#[derive(Debug)]
pub(super) struct Refused {
    problem: Problem,
    detail: String,
}

/// Refuses; `detail` is for whoever debugs the client.
pub(super) fn refuse(problem: Problem, detail: impl Into<String>) -> Refused {
    Refused {
        problem,
        detail: detail.into(),
    }
}

impl Refused {
    pub(super) fn answer(self, service: Service) -> Answer {
        let row = ROWS.iter().find(|(problem, ..)| *problem == self.problem);
        let said = row.map_or_else(Said::default, |row| Said::of(row, service));
        let code = said.verdict_code(service);
        Answer::refused(said.reply(service), code, self.detail)
    }
}

/// What a service says about one problem.
#[derive(Debug, Default)]
struct Said {
    status: StatusCode,
    errno: Option<u16>,
    text: String,
}

impl Said {
    fn of(row: &Row, service: Service) -> Self {
        let (_, mozilla, google, apple, microsoft) = *row;
        let (status, errno, text) = match service {
            Service::Mozilla => mozilla,
            Service::Google => (google.0, 0, google.1),
            Service::Apple => (apple.0, 0, apple.1),
            Service::Microsoft => (microsoft.0, 0, microsoft.1),
        };
        Self {
            status: StatusCode::from_u16(status).unwrap_or_default(),
            errno: (errno != 0).then_some(errno),
            text: text.to_owned(),
        }
    }

    fn verdict_code(&self, service: Service) -> String {
        match (service, self.errno) {
            (Service::Apple, _) => self.text.clone(),
            (Service::Mozilla, Some(errno)) => errno.to_string(),
            _ => self.status.as_u16().to_string(),
        }
    }

    fn reply(self, service: Service) -> Reply {
        let status = self.status;
        match service {
            Service::Mozilla => {
                let reply = Reply::json(status, &self.mozilla());
                match status {
                    StatusCode::GONE => reply.header("cache-control", "max-age=86400"),
                    _ => reply,
                }
            }
            Service::Google => Reply::text(status, "text/plain; charset=utf-8", self.text),
            Service::Apple => Reply::json(status, &json!({ "reason": self.text })),
            Service::Microsoft => Reply::empty(status)
                .header("x-wns-status", "dropped")
                .header("x-wns-notificationstatus", "dropped")
                .header("x-wns-error-description", &self.text),
        }
    }

    fn mozilla(&self) -> Value {
        json!({
            "code": self.status.as_u16(),
            "errno": self.errno,
            "error": self.status.canonical_reason(),
            "message": self.text,
            "more_info": "http://autopush.readthedocs.io/en/latest/http.html#error-codes",
        })
    }
}

/// A push that was taken, for `ttl` seconds, under this id.
pub(super) fn accepted(service: Service, id: &str, ttl: u64) -> Reply {
    let reply = Reply::empty(StatusCode::CREATED);
    match service {
        Service::Mozilla => reply.header("location", id).header("ttl", &ttl.to_string()),
        Service::Google => reply.header("location", id),
        Service::Apple => reply.header("apns-id", id),
        Service::Microsoft => reply
            .header("x-wns-status", "received")
            .header("x-wns-notificationstatus", "received")
            .header("x-wns-msg-id", id),
    }
}

/// A refusal of a script. Its code is Mozilla's errno or Apple's reason; its message, the text.
/// What it leaves out is what the status usually comes with.
pub(super) fn scripted(service: Service, refusal: &Refusal) -> Reply {
    let rows = ROWS.iter().map(|row| Said::of(row, service));
    let mut said = rows
        .into_iter()
        .find(|said| said.status == refusal.status)
        .unwrap_or_else(|| Said {
            status: refusal.status,
            errno: None,
            text: refusal
                .status
                .canonical_reason()
                .unwrap_or_default()
                .replace(' ', ""),
        });
    match (service, &refusal.code) {
        (Service::Mozilla, Some(code)) => said.errno = code.parse().ok().or(said.errno),
        (Service::Apple, Some(reason)) => said.text.clone_from(reason),
        (_, Some(text)) => said.text.clone_from(text),
        (_, None) => {}
    }
    if let Some(message) = &refusal.message
        && service != Service::Apple
    {
        said.text.clone_from(message);
    }
    said.reply(service)
}
