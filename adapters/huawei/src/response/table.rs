//! The rows of the decision table (`reference/huawei.md` §4).

use zpns_core::{ErrorKind, Scope};
use zpns_kit::Verdict;

/// One row: a code of Huawei's, and what follows from it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) code: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) rule: Rule,
    /// What it means, for the README and for whoever reads the reason.
    pub(crate) meaning: &'static str,
}

/// What beside the verdict follows from a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rule {
    /// Nothing.
    Plain,
    /// The sentence lists the tokens that it speaks of; the others were sent to.
    Some,
    /// It speaks of all tokens together, and of one alone only where there is one.
    All,
    /// A fresh bearer is tried once.
    Refresh,
    /// Trying again helps; if it does not, the credentials are wrong.
    LaterThenCredential,
}

const GONE: Verdict = Verdict::drop(ErrorKind::TokenInvalid);
const OTHER_APP: Verdict = Verdict::keep(ErrorKind::TokenMismatch);
const UNREACHABLE: Verdict = Verdict::keep(ErrorKind::Muted);
const REFUSED: Verdict = Verdict::keep(ErrorKind::MessageInvalid);
const TOO_LARGE: Verdict = Verdict::keep(ErrorKind::PayloadTooLarge);
const EXPIRED: Verdict = Verdict::keep(ErrorKind::Expired);
const UNAUTHENTICATED: Verdict = Verdict::keep(ErrorKind::CredentialInvalid);
const DENIED: Verdict = Verdict::keep(ErrorKind::PermissionDenied);
/// A right that messages of this kind need, or of this importance; all others go on.
const DENIED_CLASS: Verdict = DENIED.with_scope(Scope::Class);
/// Of another call than a push, or of the app of one token.
const DENIED_BESIDE: Verdict = DENIED.with_scope(Scope::Target);
const UNSUPPORTED: Verdict = Verdict::keep(ErrorKind::Unsupported);
/// Of test messages; what is none goes on.
const QUOTA: Verdict = Verdict::keep(ErrorKind::QuotaExceeded).with_scope(Scope::Class);
const TOO_FAST: Verdict = Verdict::later(ErrorKind::RateLimited);
/// Of topics, to which nothing of ours is sent.
const TOO_FAST_TOPIC: Verdict = TOO_FAST.with_scope(Scope::Class);
const BUSY: Verdict = Verdict::later(ErrorKind::Unavailable);

/// All went well.
pub(crate) const SUCCESS: &str = "80000000";

/// Every documented code but that of the success.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    row("80000001", BUSY, "an internal error of a common service"),
    Row { rule: Rule::Some, ..row("80100000", GONE, "the token is illegal; the others of the request were sent to") },
    row("80100001", REFUSED, "some parameters are wrong"),
    row("80100002", REFUSED, "a synchronous message goes to exactly one token"),
    row("80100003", REFUSED, "the structure of the message is wrong"),
    row("80100004", EXPIRED, "the message expired before it was sent"),
    row("80100013", REFUSED, "the collapse key is illegal"),
    row("80100016", REFUSED, "the text holds sensitive content"),
    row("80100017", TOO_FAST_TOPIC, "too many topic messages at once"),
    row("80100018", REFUSED, "the signature of a review does not match"),
    row("80100020", REFUSED, "the structure of the message is partly wrong"),
    row("80100022", REFUSED, "the picture has not passed Huawei's check"),
    Row { rule: Rule::Refresh, ..row("80200001", UNAUTHENTICATED, "the bearer is not accepted, or is another app's or project's, or not of this API") },
    Row { rule: Rule::Refresh, ..row("80200003", UNAUTHENTICATED, "the access token has expired") },
    Row { rule: Rule::Refresh, ..row("80200005", UNAUTHENTICATED, "the signed token has expired") },
    Row { rule: Rule::Refresh, ..row("80200006", UNAUTHENTICATED, "the bearer is disabled") },
    row("80300002", DENIED, "the app may not send: push is not enabled, or app and project do not belong together"),
    Row { rule: Rule::All, ..row("80300007", GONE, "no token of the request is valid") },
    row("80300008", TOO_LARGE, "the body is over 4096 bytes"),
    row("80300010", REFUSED, "there are no tokens, or too many"),
    row("80300011", DENIED_CLASS, "the app may not send notifications of high importance"),
    row("80300013", DENIED_CLASS, "the receipt address is wrong, or its certificate has expired"),
    row("80300017", OTHER_APP, "the tokens belong to several apps"),
    row("80300028", OTHER_APP, "the token does not belong to this app"),
    row("80300029", QUOTA, "too many test messages today"),
    row("80300030", REFUSED, "too many tokens for a test message"),
    row("80300032", DENIED_BESIDE, "the notification may not be taken back"),
    row("80300036", UNAUTHENTICATED, "the signed token is valid for more than a day"),
    row("80300037", DENIED, "sending is disabled by a penalty"),
    Row { rule: Rule::LaterThenCredential, ..row("80600003", BUSY, "the credentials could not be checked, or are wrong") },
    row("81000001", BUSY, "an internal error"),
    row("81000003", BUSY, "an internal error"),
    row("82000001", REFUSED, "the group's key or name is wrong"),
    row("82000002", REFUSED, "the group's key and name do not match"),
    row("82000003", REFUSED, "there is no list of tokens"),
    row("82000004", REFUSED, "there is no such group"),
    row("82000005", REFUSED, "the group is not this app's"),
    row("82000006", REFUSED, "the group is full"),
    row("82000007", REFUSED, "the topic is invalid"),
    row("82000008", REFUSED, "there are no tokens, or too many"),
    row("82000009", REFUSED, "the app has too many topics"),
    row("82000010", REFUSED, "some tokens are wrong"),
    row("82000011", REFUSED, "there is no token"),
    row("82000012", DENIED_CLASS, "the console has no data storage location"),
    row("82000013", DENIED_CLASS, "the data storage location does not match"),
];

const fn row(code: &'static str, verdict: Verdict, meaning: &'static str) -> Row {
    Row {
        code,
        verdict,
        rule: Rule::Plain,
        meaning,
    }
}

/// Why v3 did not send to a token: reason, verdict, meaning.
#[rustfmt::skip]
pub(crate) const REASONS: &[Row] = &[
    row("tokenFormatError", GONE, "the token is malformed"),
    row("tokenPlatformNotSupport", GONE, "the token was issued by somebody else"),
    row(NO_RIGHT, OTHER_APP, "the token's app is not in this project, or the device was upgraded since"),
    row("noPushTypeRight", DENIED_CLASS, "the app has no right to this push type"),
    row("noRightToSendThisLiveNotificationEvent", DENIED_CLASS, "the app has no right to this live view event"),
    row("atomicUnableSendUnsubscribedMsg", UNSUPPORTED, "an atomic service gets subscriptions and cards only"),
    row("notSupportPlayVoice", REFUSED, "PLAY_VOICE belongs to push type 2"),
    row("countryNotSupport", UNREACHABLE, "the device's country is not served"),
    row("disableSendHuaweiMsgBecauseOfPenalty", DENIED, "the app is penalised"),
    row("differentImgVerifyPolicy", REFUSED, "the picture was checked for another push type"),
    row("appinfoError", DENIED_BESIDE, "the app is not set up yet"),
];

/// What a token of another app looks like, and one that was left behind by an upgrade.
pub(crate) const NO_RIGHT: &str = "noRight";
/// A reason that nobody has documented yet: nothing is dropped for it.
pub(crate) const UNKNOWN_REASON: Verdict = Verdict::keep(ErrorKind::TokenInvalid);

/// The gateway's word where there is no code: its header `NSP_STATUS` (`reference/huawei.md` §1.1).
#[rustfmt::skip]
pub(crate) const GATEWAY: &[Row] = &[
    Row { rule: Rule::Refresh, ..row("6", UNAUTHENTICATED, "the access token has expired") },
    Row { rule: Rule::Refresh, ..row("102", UNAUTHENTICATED, "the access token is invalid") },
    Row { rule: Rule::Refresh, ..row("31204", UNAUTHENTICATED, "the access token was revoked") },
    row("403", DENIED, "the app has no permission"),
    row("503", TOO_FAST, "the flow is controlled"),
    row("1302", TOO_FAST, "the flow is controlled"),
];

/// Statuses that mean more than they say, where neither body nor gateway speaks.
#[rustfmt::skip]
pub(crate) const STATUSES: &[Row] = &[
    Row { rule: Rule::Refresh, ..row("401", UNAUTHENTICATED, "the bearer is not accepted") },
    row("404", DENIED, "there is no such app, project or API: check the ids and `endpoint`"),
];

/// The row of a code in a table.
pub(crate) fn find(table: &'static [Row], code: &str) -> Option<&'static Row> {
    table.iter().find(|row| row.code == code)
}
