//! The rows of the decision table (`reference/honor.md` §4).
//!
//! HONOR's own list of codes could not be read; most rows stand by Huawei's meaning of the same
//! code. None of them drops a token.

use zpns_core::{ErrorKind, Scope};
use zpns_kit::Verdict;

/// One row: a code of HONOR's, and what follows from it.
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
    /// A fresh bearer is tried once.
    Refresh,
    /// It speaks of all tokens; those that `expireTokens` lists are dead all the same.
    Tokens,
    /// Trying again helps once at the most.
    RetryOnce,
}

const GONE: Verdict = Verdict::drop(ErrorKind::TokenInvalid);
const INVALID: Verdict = Verdict::keep(ErrorKind::TokenInvalid);
const REFUSED: Verdict = Verdict::keep(ErrorKind::MessageInvalid);
const TOO_LARGE: Verdict = Verdict::keep(ErrorKind::PayloadTooLarge);
const EXPIRED: Verdict = Verdict::keep(ErrorKind::Expired);
const UNAUTHENTICATED: Verdict = Verdict::keep(ErrorKind::CredentialInvalid);
const DENIED: Verdict = Verdict::keep(ErrorKind::PermissionDenied);
/// It may be a limit of the message's class or of its tokens: nothing that would stop all others.
const DENIED_CLASS: Verdict = DENIED.with_scope(Scope::Class);
const TOO_FAST: Verdict = Verdict::later(ErrorKind::RateLimited);
const BUSY: Verdict = Verdict::later(ErrorKind::Unavailable);
/// Of one token, which is no outage.
const BUSY_TARGET: Verdict = BUSY.with_scope(Scope::Target);
const LOST: Verdict = Verdict::unclear(ErrorKind::Unavailable);

/// HONOR's success, which `data.sendResult` has to bear out.
pub(crate) const SUCCESS: &str = "200";
/// Huawei's success, which some of HONOR's servers are said to answer with.
pub(crate) const HUAWEIS_SUCCESS: &str = "80000000";
/// The listed tokens failed, all others were pushed to.
pub(crate) const PARTIAL: &str = "80100000";

/// What an answer says of one target: its list, or that the whole was not sent.
pub(crate) static DEAD: Row = row(
    "expireTokens",
    GONE,
    "the token is no device's of this app any more",
);
/// Not a word about the token: it is kept.
pub(crate) static NOT_PUSHED: Row = Row {
    rule: Rule::RetryOnce,
    ..row(
        "failTokens",
        BUSY_TARGET,
        "HONOR did not push to the token this time",
    )
};
/// Said of every target that is in no list.
pub(crate) static NOT_SENT: Row = Row {
    rule: Rule::RetryOnce,
    ..row(
        "sendResult",
        BUSY,
        "HONOR took the push and did not send it",
    )
};
/// The rows that an answer's `data` lead to.
#[cfg(test)]
pub(crate) static TARGETS: [&Row; 3] = [&DEAD, &NOT_PUSHED, &NOT_SENT];
/// Some were pushed to, or all: HONOR does not say which.
pub(crate) const UNTOLD: Verdict = Verdict::unclear(ErrorKind::Protocol);
pub(crate) const UNTOLD_MEANING: &str = "HONOR does not say whether it sent the push";

/// Every code that is documented or was seen, but for those of a success.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    row("80100001", REFUSED, "some parameters are wrong"),
    row("80100003", REFUSED, "the structure of the message is wrong"),
    row("80100004", EXPIRED, "the message expired before it was sent"),
    row("80100016", REFUSED, "the text holds sensitive content"),
    Row { rule: Rule::Refresh, ..row("80200001", UNAUTHENTICATED, "the access token is not accepted") },
    Row { rule: Rule::Refresh, ..row("80200003", UNAUTHENTICATED, "the access token has expired") },
    row("80300002", DENIED, "the app may not send"),
    Row { rule: Rule::Tokens, ..row("80300007", INVALID, "no token of the request is valid, which a wrong app looks like too") },
    row("80300008", TOO_LARGE, "the message is too large"),
    row("80300010", REFUSED, "there are no tokens, or too many"),
    row("80600003", BUSY, "the credentials could not be checked"),
    row("81000001", BUSY, "an internal error"),
    row("81000003", BUSY, "an internal error"),
    // HTTP statuses, which also come as codes.
    row("400", REFUSED, "the request is wrong"),
    Row { rule: Rule::Refresh, ..row("401", UNAUTHENTICATED, "the access token is not accepted") },
    row("403", DENIED, "the app has no permission"),
    row("404", DENIED, "there is no such app: check `app_id` and `endpoint`"),
    row("429", TOO_FAST, "too many requests"),
    row("500", BUSY, "an internal error"),
    row("502", LOST, "the way to HONOR's servers broke"),
    row("503", BUSY, "overloaded"),
    row("504", LOST, "HONOR's servers gave no answer in time"),
];

/// What a code that nobody has documented means by its beginning.
#[rustfmt::skip]
pub(crate) const FAMILIES: &[Row] = &[
    row("80100", REFUSED, "HONOR refuses the request"),
    Row { rule: Rule::Refresh, ..row("80200", UNAUTHENTICATED, "HONOR refuses the credentials") },
    row("80300", DENIED_CLASS, "HONOR refuses by a permission or a limit"),
    row("806", BUSY, "HONOR's servers are out of order"),
    row("81", BUSY, "HONOR's servers are out of order"),
];
/// All codes of the families have as many digits.
const DIGITS: usize = 8;

/// Statuses that mean more than they say, where the body does not speak.
#[rustfmt::skip]
pub(crate) const STATUSES: &[Row] = &[
    Row { rule: Rule::Refresh, ..row("401", UNAUTHENTICATED, "the access token is not accepted") },
    row("404", DENIED, "there is no such app: check `app_id` and `endpoint`"),
];

const fn row(code: &'static str, verdict: Verdict, meaning: &'static str) -> Row {
    Row {
        code,
        verdict,
        rule: Rule::Plain,
        meaning,
    }
}

/// The row of a code.
pub(super) fn find(code: &str) -> Option<&'static Row> {
    let row = ROWS.iter().find(|row| row.code == code);
    let is_number = code.len() == DIGITS && code.bytes().all(|byte| byte.is_ascii_digit());
    row.or_else(|| {
        let mut families = FAMILIES.iter().filter(|_| is_number);
        families.find(|family| code.starts_with(family.code))
    })
}

/// The row of a status.
pub(super) fn of_status(status: &str) -> Option<&'static Row> {
    STATUSES.iter().find(|row| row.code == status)
}
