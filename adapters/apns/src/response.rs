//! Apple's answer → [`Outcome`]: the decision table.

use std::borrow::Cow;

use http::HeaderName;
use serde::Deserialize;
use serde_json::Value;
use zpns_core::resources::HttpResponse;
use zpns_core::{Accepted, ErrorKind, Outcome, Scope, Timestamp, VendorCode};
use zpns_kit::{Answered, TokenFate, Verdict, clock_skew, retry_after, truncate};

/// What a reason of Apple's means (`reference/apns.md` §3.2).
#[derive(Debug)]
pub(crate) struct Row {
    #[cfg_attr(not(test), expect(dead_code, reason = "for the README and its test"))]
    pub(crate) status: u16,
    pub(crate) reason: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) rule: Rule,
    pub(crate) meaning: &'static str,
}

/// What beside the verdict follows from a reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rule {
    /// Nothing.
    Plain,
    /// Another provider token is tried once.
    Renew,
    /// The host may ask for the token to be dropped.
    DropOnRequest,
    /// It is about the topic: where that is not the provider's own, but that of a push type or of
    /// the message, the pushes to the provider's go on.
    OfTopic,
}

/// What an answer is judged by beside itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Circumstances {
    /// Whether the host asked for tokens of other apps or environments to be dropped.
    pub(crate) drop_foreign: bool,
    /// Whether the topic is another one than the provider's own.
    pub(crate) has_own_topic: bool,
}

const GONE: Verdict = Verdict::drop(ErrorKind::TokenInvalid);
/// Far more often the wrong environment or app than a dead device: those answer 410.
const FOREIGN: Verdict = Verdict::keep(ErrorKind::TokenMismatch);
const BUG: Verdict = Verdict::keep(ErrorKind::MessageInvalid);
const CREDENTIAL: Verdict = Verdict::keep(ErrorKind::CredentialInvalid);
const PERMISSION: Verdict = Verdict::keep(ErrorKind::PermissionDenied);
const TOO_LARGE: Verdict = Verdict::keep(ErrorKind::PayloadTooLarge);
const TOO_FAST: Verdict = Verdict::later(ErrorKind::RateLimited);
/// All other devices may be pushed to as fast as before (`reference/apns.md` §3.2).
const TOO_FAST_TARGET: Verdict = TOO_FAST.with_scope(Scope::Target);
const BUSY: Verdict = Verdict::later(ErrorKind::Unavailable);

/// Looked up in every answer: ready-made, because a text would be turned into a name each time.
static APNS_ID: HeaderName = HeaderName::from_static("apns-id");
static APNS_UNIQUE_ID: HeaderName = HeaderName::from_static("apns-unique-id");

#[rustfmt::skip]
pub(crate) static ROWS: [Row; 33] = [
    row(400, "BadCollapseId", BUG, "the collapse id is over 64 bytes"),
    of(Rule::DropOnRequest, 400, "BadDeviceToken", FOREIGN, "the token is malformed or of the other environment"),
    row(400, "BadExpirationDate", BUG, "the expiration is malformed"),
    row(400, "BadMessageId", BUG, "the apns-id is malformed"),
    row(400, "BadPriority", BUG, "the priority is not one of this push type"),
    of(Rule::OfTopic, 400, "BadTopic", PERMISSION, "the topic is malformed"),
    of(Rule::DropOnRequest, 400, "DeviceTokenNotForTopic", FOREIGN, "the token belongs to another app"),
    row(400, "DuplicateHeaders", BUG, "a header is repeated"),
    row(400, "IdleTimeout", BUSY, "the connection was idle for too long"),
    row(400, "InvalidPushType", BUG, "the push type is unknown to Apple"),
    row(400, "MissingDeviceToken", BUG, "there is no token in the path"),
    of(Rule::OfTopic, 400, "MissingTopic", PERMISSION, "the topic is missing"),
    row(400, "PayloadEmpty", BUG, "there is no payload"),
    of(Rule::OfTopic, 400, "TopicDisallowed", PERMISSION, "the key or certificate does not allow this topic"),
    row(403, "BadCertificate", CREDENTIAL, "the certificate is invalid"),
    row(403, "BadCertificateEnvironment", CREDENTIAL, "the certificate is of the other environment"),
    row(403, "BadEnvironmentKeyIdInToken", CREDENTIAL, "the key is of the other environment"),
    // The spelling that many have seen on the wire.
    row(403, "BadEnvironmentKeyInToken", CREDENTIAL, "the key is of the other environment"),
    of(Rule::Renew, 403, "ExpiredProviderToken", CREDENTIAL, "the provider token is older than an hour"),
    row(403, "Forbidden", PERMISSION, "not allowed: a revoked key, or another team"),
    row(403, "InvalidProviderToken", CREDENTIAL, "the provider token's signature, key id or team id is wrong"),
    row(403, "MissingProviderToken", CREDENTIAL, "there is neither a certificate nor a provider token"),
    // All our connections have one key; an answer like this is mended by another connection.
    row(403, "UnrelatedKeyIdInToken", BUSY, "the connection is bound to another key"),
    row(404, "BadPath", BUG, "the path is malformed"),
    row(405, "MethodNotAllowed", BUG, "a push is a POST"),
    row(410, "ExpiredToken", GONE, "the token has expired"),
    row(410, "Unregistered", GONE, "the app was removed, or the token is no longer active for the topic"),
    row(413, "PayloadTooLarge", TOO_LARGE, "the payload is too large"),
    // The present token stays: another one is what Apple complains about.
    row(429, "TooManyProviderTokenUpdates", TOO_FAST, "the provider token changed too often"),
    row(429, "TooManyRequests", TOO_FAST_TARGET, "too many pushes to this device"),
    row(500, "InternalServerError", BUSY, "a fault at Apple's"),
    row(503, "ServiceUnavailable", BUSY, "Apple's service is busy"),
    row(503, "Shutdown", BUSY, "this server of Apple's is going away"),
];

const fn row(status: u16, reason: &'static str, verdict: Verdict, meaning: &'static str) -> Row {
    of(Rule::Plain, status, reason, verdict, meaning)
}

const fn of(
    rule: Rule,
    status: u16,
    reason: &'static str,
    verdict: Verdict,
    meaning: &'static str,
) -> Row {
    Row {
        status,
        reason,
        verdict,
        rule,
        meaning,
    }
}

/// An answer, judged.
#[derive(Debug)]
pub(crate) enum Judged {
    /// This came of it.
    Outcome(Outcome),
    /// The provider token has expired; this comes of it if no other one helps.
    Expired(Outcome),
}

/// What Apple writes into the body of an error.
#[derive(Deserialize)]
struct ErrorBody {
    reason: String,
    /// Milliseconds; with 410 only. Read leniently: a reason is never lost over it.
    #[serde(default)]
    timestamp: Value,
}

/// What came of a push, by the answer to it.
pub(crate) fn judge(
    response: &HttpResponse,
    now: impl FnOnce() -> Timestamp,
    circumstances: Circumstances,
) -> Judged {
    if response.status.is_success() {
        return Judged::Outcome(Outcome::Accepted(accepted(response)));
    }
    let now = now();
    let body: Option<ErrorBody> = serde_json::from_slice(&response.body).ok();
    let known = body
        .as_ref()
        .and_then(|body| ROWS.iter().find(|row| row.reason == body.reason));
    let mut verdict = known.map_or_else(|| of_status(response, body.is_some()), |row| row.verdict);
    let rule = known.map_or(Rule::Plain, |row| row.rule);
    match rule {
        Rule::DropOnRequest if circumstances.drop_foreign => {
            verdict = verdict.with_token(TokenFate::Drop);
        }
        Rule::OfTopic if circumstances.has_own_topic => {
            verdict = verdict.with_scope(Scope::Class);
        }
        _ => {}
    }
    let mut reason: Cow<'static, str> = match known {
        Some(row) => row.meaning.into(),
        None => format!(
            "APNs answered {} in a way that is not documented",
            response.status
        )
        .into(),
    };
    if verdict.kind == ErrorKind::CredentialInvalid
        && let Some(skew) = clock_skew(&response.headers, now)
    {
        reason = format!("{reason}; {skew}").into();
    }
    let answer = Answered::new(vendor_code(response, body.as_ref()), reason)
        .with_since(body.as_ref().and_then(since))
        .with_retry_after(retry_after(&response.headers, now));
    let outcome = verdict.outcome(answer);
    if rule == Rule::Renew {
        Judged::Expired(outcome)
    } else {
        Judged::Outcome(outcome)
    }
}

/// A reason that the table lacks, or none at all. APNs says 410 of dead tokens only.
fn of_status(response: &HttpResponse, spoken: bool) -> Verdict {
    if response.status.as_u16() == 410 {
        return GONE;
    }
    Verdict::of_status(response.status, spoken)
}

fn accepted(response: &HttpResponse) -> Accepted {
    let text = |name: &HeaderName| {
        let value = response.headers.get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    Accepted::new(text(&APNS_ID)).with_log_id(text(&APNS_UNIQUE_ID))
}

fn since(body: &ErrorBody) -> Option<Timestamp> {
    body.timestamp.as_u64().map(Timestamp::from_millis)
}

/// The reason, or the status where there is none, with what else the body holds.
fn vendor_code(response: &HttpResponse, body: Option<&ErrorBody>) -> VendorCode {
    let status = response.status.as_u16();
    if let Some(body) = body {
        return VendorCode::new(body.reason.as_str()).with_status(status);
    }
    let code = VendorCode::new(response.status.as_str()).with_status(status);
    let text = String::from_utf8_lossy(&response.body);
    match truncate(text.trim(), 200) {
        text if text.is_empty() => code,
        text => code.with_reason(text),
    }
}

#[cfg(test)]
mod tests;
