//! The rows of the decision table (`reference/meizu.md` §4).

use zpns_core::{ErrorKind, Scope};
use zpns_kit::Verdict;

/// One row: a code of Meizu's, where it stands, and what follows from it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) place: Place,
    pub(crate) code: &'static str,
    pub(crate) verdict: Verdict,
    /// What it means, for the README and for whoever reads the reason.
    pub(crate) meaning: &'static str,
}

/// Where a code stands. The same one can mean two things.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// It is the answer's: about the request.
    Request,
    /// It is the answer's: about the targets, but not about each of several.
    Targets,
    /// It stands in `value`, beside the targets that it is about.
    Value,
}

use Place::{Request, Targets, Value};

const GONE: Verdict = Verdict::drop(ErrorKind::TokenInvalid);
const MUTED: Verdict = Verdict::keep(ErrorKind::Muted);
const REFUSED: Verdict = Verdict::keep(ErrorKind::MessageInvalid);
const UNAUTHENTICATED: Verdict = Verdict::keep(ErrorKind::CredentialInvalid);
const DENIED: Verdict = Verdict::keep(ErrorKind::PermissionDenied);
const DENIED_TARGET: Verdict = DENIED.with_scope(Scope::Target);
/// The app's own count, whatever the class of the message.
const QUOTA: Verdict = Verdict::keep(ErrorKind::QuotaExceeded).with_scope(Scope::Provider);
/// The device's, for a minute or for the day.
const TARGET_QUOTA: Verdict = QUOTA.with_scope(Scope::Target);
const TOO_FAST: Verdict = Verdict::later(ErrorKind::RateLimited);
const BUSY: Verdict = Verdict::later(ErrorKind::Unavailable);
/// Nothing was sent, and the same call will not do.
const ELSEWHERE: Verdict = Verdict::keep(ErrorKind::Protocol);

/// Every documented code. What is not here says nothing about token or message.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    row(Request, "300", ELSEWHERE, "the call belongs to another address, which is not followed"),
    row(Request, "500", BUSY, "an error that Meizu has no code for"),
    row(Request, "-1", BUSY, "unknown error"),
    row(Request, "1001", BUSY, "system error"),
    row(Request, "1003", BUSY, "the server is busy"),
    row(Request, "1005", REFUSED, "a parameter is wrong"),
    row(Request, "1006", UNAUTHENTICATED, "the signature is wrong: app id and app secret do not belong together"),
    row(Request, "110000", UNAUTHENTICATED, "the app id is illegal"),
    row(Request, "110001", UNAUTHENTICATED, "the app key is illegal"),
    row(Targets, "110002", GONE, "the token is not registered"),
    row(Targets, "110003", GONE, "the token is illegal"),
    row(Request, "110004", REFUSED, "a parameter is empty"),
    row(Request, "110009", DENIED, "the app is blacklisted"),
    row(Request, "110010", TOO_FAST, "the app calls too often; nothing of the request was sent"),
    row(Request, "110019", QUOTA, "the app has used up its pushes of the day"),
    row(Request, "110031", UNAUTHENTICATED, "the package name is illegal"),
    row(Request, "110032", REFUSED, "the task id is illegal"),
    row(Request, "110033", UNAUTHENTICATED, "the app secret is illegal"),
    row(Request, "110051", QUOTA, "the app has used up its pushes"),
    row(Request, "110053", REFUSED, "pass-through is over its limit"),
    row(Value, "201", DENIED_TARGET, "the app has no right to reach this device; see its rights in the console"),
    row(Value, "501", BUSY, "a database error"),
    row(Value, "513", BUSY, "an internal error"),
    row(Value, "518", TOO_FAST, "over the rate that is set for the app"),
    row(Value, "519", BUSY, "the service is overloaded"),
    row(Value, "520", TARGET_QUOTA, "folded: the device got too many pushes of the app within a minute"),
    row(Value, "110002", GONE, "the token is not subscribed"),
    row(Value, "110003", GONE, "the token is illegal"),
    // Of an alias, and we name none: nothing follows for a token.
    row(Value, "110005", MUTED, "the alias is not subscribed, or switched off"),
    row(Value, "110010", MUTED, "the user has switched the app's notifications off"),
    row(Value, "110011", TARGET_QUOTA, "the device has had its public messages of the day"),
];

/// The row of a code in the place of the answer's.
pub(crate) fn of_answer(code: &str) -> Option<&'static Row> {
    let mut rows = ROWS.iter();
    rows.find(|row| row.place != Value && row.code == code)
}

/// The row of a code in `value`.
pub(crate) fn of_value(code: &str) -> Option<&'static Row> {
    let mut rows = ROWS.iter();
    rows.find(|row| row.place == Value && row.code == code)
}

const fn row(place: Place, code: &'static str, verdict: Verdict, meaning: &'static str) -> Row {
    Row {
        place,
        code,
        verdict,
        meaning,
    }
}
