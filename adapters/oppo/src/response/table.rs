//! The rows of the decision table.

use zpns_core::{ErrorKind, Scope};
use zpns_kit::Verdict;

/// One row: a code of OPPO's, and what follows from it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) code: i64,
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
    /// Our auth token is not accepted.
    Refresh,
    /// It speaks of the target; said of several, of some of them.
    Target,
    /// As [`Target`](Self::Target) if its sentence is about the registration id.
    TargetIfNamed,
    /// What was saved is not there any more.
    Stale,
    /// OPPO has it already, from an attempt whose answer was lost.
    Repeat,
    /// Trying again helps, or it is the day's quota after all.
    LaterThenQuota,
}

const GONE: Verdict = Verdict::drop(ErrorKind::TokenInvalid);
const REFUSED: Verdict = Verdict::keep(ErrorKind::MessageInvalid);
const UNAUTHENTICATED: Verdict = Verdict::keep(ErrorKind::CredentialInvalid);
const DENIED: Verdict = Verdict::keep(ErrorKind::PermissionDenied);
/// Messages of the other class go on: private ones have no quota (`reference/oppo.md` §5).
const QUOTA: Verdict = Verdict::keep(ErrorKind::QuotaExceeded).with_scope(Scope::Class);
/// Calls that came too often all the time look like a day that is used up. It may be either: this
/// push is given up, and no day is closed for it.
pub(crate) const PERSISTENT: Verdict = QUOTA.with_scope(Scope::Target);
const TOO_FAST: Verdict = Verdict::later(ErrorKind::RateLimited);
const BUSY: Verdict = Verdict::later(ErrorKind::Unavailable);

/// All went well.
pub(crate) const SUCCESS: &str = "0";

/// Codes of one interface each, which OPPO does not list. They say something of the target or of
/// the message, and nothing that would justify to forget a token.
pub(crate) const BUSINESS_CODES: std::ops::RangeInclusive<i64> = 10_001..=20_000;
pub(crate) const BUSINESS: Verdict = Verdict::keep(ErrorKind::Protocol);
pub(crate) const BUSINESS_MEANING: &str = "a code of this one interface, not listed by OPPO";

/// What a registration id is dropped for, where code 41 says so.
pub(crate) const NAMED: Verdict = GONE;

/// Every documented code (`reference/oppo.md` §4.1). Codes that blame the message, and not the app,
/// are `message_invalid` even where an operator has to act: the app's other messages go on.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    row(-1, BUSY, "the service is unavailable"),
    row(-2, TOO_FAST, "the server controls the flow"),
    Row { rule: Rule::Refresh, ..row(11, UNAUTHENTICATED, "the auth token is invalid") },
    row(12, REFUSED, "the HTTP method is wrong"),
    Row { rule: Rule::LaterThenQuota, ..row(13, TOO_FAST, "the app calls too often, or too much today") },
    row(14, UNAUTHENTICATED, "the app key is invalid"),
    row(15, UNAUTHENTICATED, "the app key is missing"),
    row(16, UNAUTHENTICATED, "the sign is wrong: is it the MasterSecret?"),
    row(17, UNAUTHENTICATED, "the sign is missing"),
    row(18, UNAUTHENTICATED, "the timestamp is missing"),
    row(19, UNAUTHENTICATED, "the timestamp is invalid: is this machine's clock right?"),
    row(20, REFUSED, "there is no such method"),
    row(21, REFUSED, "the method is missing"),
    row(22, REFUSED, "the version is missing"),
    row(23, REFUSED, "the version is malformed"),
    row(24, REFUSED, "the version is not supported"),
    row(25, REFUSED, "the encoding is not UTF-8"),
    row(26, DENIED, "this machine's address is blacklisted"),
    row(27, REFUSED, "the app may not use a feature of the message (a picture one by one, too)"),
    row(28, DENIED, "the app is disabled"),
    Row { rule: Rule::Refresh, ..row(29, UNAUTHENTICATED, "the auth token is missing") },
    row(30, DENIED, "the app has no permission to push"),
    Row { rule: Rule::Stale, ..row(31, REFUSED, "the data does not exist") },
    Row { rule: Rule::Repeat, ..row(32, REFUSED, "the data is there already") },
    row(33, QUOTA, "the day's messages are used up"),
    row(34, QUOTA, "the day's picture uploads are used up"),
    row(40, REFUSED, "an argument is missing"),
    Row { rule: Rule::TargetIfNamed, ..row(41, REFUSED, "an argument is invalid: its format, its length, sensitive words") },
    row(42, QUOTA, "the day's saved messages are used up"),
    row(51, REFUSED, "the picture is invalid"),
    row(54, REFUSED, "the category needs a private message template"),
    row(55, TOO_FAST, "the app calls too often"),
    row(59, REFUSED, "the app may not use a second action"),
    row(67, REFUSED, "the category is wrong, or does not allow the notify_level"),
    row(69, TOO_FAST, "a global limit"),
    Row { rule: Rule::Target, ..row(10000, GONE, "the registration id is invalid") },
];

const fn row(code: i64, verdict: Verdict, meaning: &'static str) -> Row {
    Row {
        code,
        verdict,
        rule: Rule::Plain,
        meaning,
    }
}

/// The row of a code, as it was written.
pub(crate) fn find(code: &str) -> Option<Row> {
    let code: i64 = code.parse().ok()?;
    let listed = ROWS.iter().find(|row| row.code == code).copied();
    listed.or_else(|| {
        let is_business = BUSINESS_CODES.contains(&code);
        is_business.then(|| row(code, BUSINESS, BUSINESS_MEANING))
    })
}
