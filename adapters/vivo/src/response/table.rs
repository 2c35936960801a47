//! The rows of the decision table.

use zpns_core::{ErrorKind, Scope};
use zpns_kit::Verdict;

/// One row: a code of vivo's, and what follows from it.
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
    /// The token has expired: another one, once.
    Refresh,
    /// The saved message is not there any more: save it again, once.
    SaveAgain,
    /// It speaks of the target, whose status says more.
    Target,
    /// Trying again helps in the morning, in China.
    Morning,
}

const GONE: Verdict = Verdict::drop(ErrorKind::TokenInvalid);
const DOUBTFUL: Verdict = Verdict::keep(ErrorKind::TokenInvalid);
const ASLEEP: Verdict = Verdict::keep(ErrorKind::Muted);
const NO_TEST_DEVICE: Verdict = Verdict::keep(ErrorKind::TokenMismatch);
const REFUSED: Verdict = Verdict::keep(ErrorKind::MessageInvalid);
const LACKING: Verdict = Verdict::keep(ErrorKind::Unsupported);
const UNAUTHENTICATED: Verdict = Verdict::keep(ErrorKind::CredentialInvalid);
const DENIED: Verdict = Verdict::keep(ErrorKind::PermissionDenied);
/// Operational and system messages, saved ones and those to everybody are counted apart (§4.1).
const QUOTA: Verdict = Verdict::keep(ErrorKind::QuotaExceeded).with_scope(Scope::Class);
const TOO_FAST: Verdict = Verdict::later(ErrorKind::RateLimited);
/// System messages go at any hour.
const TOO_LATE: Verdict = TOO_FAST.with_scope(Scope::Class);
/// It is said of log-ins, and nothing of the pushes' speed.
const TOO_FAST_LOGIN: Verdict = TOO_FAST.with_scope(Scope::Target);
const BUSY: Verdict = Verdict::later(ErrorKind::Unavailable);

pub(super) const SUCCESS: &str = "0";

/// Every code that is documented or was seen (`reference/vivo.md` §4.1). What is not here says
/// nothing about token or message, and is told by its HTTP status.
///
/// Faults of one message or of one class are none of the app's: as `permission_denied` they would
/// stop all other messages too.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    row(10000, Rule::Refresh, UNAUTHENTICATED, "the token is missing, wrong or expired"),
    row(10040, Rule::Plain, BUSY, "a resource is used up for now"),
    row(10043, Rule::Plain, DENIED, "push is switched off for the app"),
    row(10045, Rule::Plain, DENIED, "the app is under review, and may push to test devices only (`push_mode` 1)"),
    row(10050, Rule::Plain, REFUSED, "there is no target"),
    row(10051, Rule::Plain, REFUSED, "the classification does not support this message"),
    row(10054, Rule::Plain, REFUSED, "`notifyType` is invalid"),
    row(10055, Rule::Plain, REFUSED, "the title is empty"),
    row(10056, Rule::Plain, REFUSED, "the title is too long"),
    row(10057, Rule::Plain, REFUSED, "the text is empty"),
    row(10058, Rule::Plain, REFUSED, "the text is too long"),
    row(10059, Rule::Plain, REFUSED, "`timeToLive` is invalid"),
    row(10060, Rule::Plain, REFUSED, "`skipType` is invalid"),
    row(10061, Rule::Plain, REFUSED, "`skipContent` is empty or too long"),
    row(10062, Rule::Plain, REFUSED, "`skipContent` is empty or too long"),
    row(10063, Rule::Plain, REFUSED, "`skipContent` is empty or too long"),
    row(10064, Rule::Plain, REFUSED, "`skipContent` is empty or too long"),
    row(10068, Rule::Plain, REFUSED, "`skipContent` is empty or too long"),
    row(10069, Rule::Plain, REFUSED, "`skipContent` is empty or too long"),
    row(10065, Rule::Plain, REFUSED, "`networkType` is invalid"),
    row(10066, Rule::Plain, REFUSED, "too many pairs of the app's own"),
    row(10067, Rule::Plain, REFUSED, "the app's own pairs are illegal"),
    row(10070, Rule::Plain, QUOTA, "operational messages are used up until midnight in China"),
    row(10071, Rule::Morning, TOO_LATE, "operational messages are sent from 7 to 23 o'clock in China"),
    row(10072, Rule::Plain, TOO_FAST, "pushes come too fast"),
    row(10073, Rule::Plain, QUOTA, "system messages are used up until midnight in China"),
    row(10082, Rule::Plain, LACKING, "system messages are not switched on for the app"),
    row(10085, Rule::Plain, REFUSED, "a rule about content forbids it"),
    row(10093, Rule::Plain, TOO_FAST_LOGIN, "tokens are asked for too often"),
    row(10094, Rule::Plain, UNAUTHENTICATED, "`appId` is not the token's"),
    row(10095, Rule::Plain, REFUSED, "`notifyId` is illegal"),
    row(10096, Rule::Plain, REFUSED, "the category is unknown"),
    row(10097, Rule::Plain, REFUSED, "category and classification disagree"),
    row(10103, Rule::Plain, REFUSED, "it holds sensitive words"),
    row(10104, Rule::Plain, REFUSED, "it looks like a test, which no formal message may"),
    row(10150, Rule::Plain, REFUSED, "there are no targets"),
    row(10151, Rule::Plain, REFUSED, "`taskId` is empty"),
    row(10152, Rule::SaveAgain, REFUSED, "the saved message is not known"),
    row(10153, Rule::Plain, REFUSED, "there are not 2 to 1000 targets"),
    row(10154, Rule::Plain, REFUSED, "there are not 2 to 1000 aliases"),
    row(10155, Rule::SaveAgain, REFUSED, "the saved message is unknown or expired"),
    row(10200, Rule::Plain, UNAUTHENTICATED, "`appId` is empty"),
    row(10201, Rule::Plain, UNAUTHENTICATED, "`appKey` is empty"),
    row(10202, Rule::Plain, UNAUTHENTICATED, "the app key is wrong"),
    row(10203, Rule::Plain, UNAUTHENTICATED, "`timestamp` is empty"),
    row(10204, Rule::Plain, UNAUTHENTICATED, "`sign` is empty"),
    row(10205, Rule::Plain, UNAUTHENTICATED, "there is no such app id"),
    row(10206, Rule::Plain, UNAUTHENTICATED, "the sign is wrong: mostly the app secret"),
    row(10207, Rule::Plain, UNAUTHENTICATED, "this machine's clock is over ten minutes off"),
    row(10252, Rule::Plain, QUOTA, "no more messages are saved until midnight in China"),
    row(10254, Rule::Plain, QUOTA, "pushes to everybody are used up until midnight in China"),
    row(10301, Rule::Plain, REFUSED, "the alias is too long"),
    row(10302, Rule::Target, GONE, "the token is unknown, or the app was removed or reset"),
    row(10304, Rule::Plain, REFUSED, "`extra` has an unsupported key"),
    row(10305, Rule::Plain, REFUSED, "`callback` is too long"),
    row(10306, Rule::Plain, REFUSED, "`callback.param` is too long"),
    row(10311, Rule::Plain, ASLEEP, "the device takes no pushes now: it is inactive, or its notifications are off"),
    row(10352, Rule::Plain, REFUSED, "`requestId` is empty"),
    row(10353, Rule::Plain, REFUSED, "`requestId` is too long"),
    row(10471, Rule::Plain, REFUSED, "statistics of too many messages"),
    row(10473, Rule::Plain, REFUSED, "statistics of no message"),
    row(10601, Rule::Plain, REFUSED, "the tag's name is empty"),
    row(10609, Rule::Plain, REFUSED, "the tag's members are missing"),
    row(10614, Rule::Plain, REFUSED, "the tag gets too many members at once"),
    row(10616, Rule::Plain, REFUSED, "the type of the tag's members is invalid"),
    row(10800, Rule::Plain, REFUSED, "there are over 100 `registration_tokens`"),
    row(10801, Rule::Plain, REFUSED, "`notification` is empty"),
    row(11000, Rule::Plain, REFUSED, "the classification is illegal"),
];

const fn row(code: i64, rule: Rule, verdict: Verdict, meaning: &'static str) -> Row {
    Row {
        code,
        verdict,
        rule,
        meaning,
    }
}

/// What vivo says of one target: `status` of `invalidUser` and `invalidUsers` (§4).
pub(crate) const STATUSES: &[(i64, Verdict, &str)] = &[
    (1, GONE, "the app has no such token"),
    (2, GONE, "the app was removed, unsubscribed or reset"),
    (3, ASLEEP, "the device has been inactive for two weeks"),
    (
        4,
        NO_TEST_DEVICE,
        "the device is not on the console's list of test devices",
    ),
];

/// A target that is invalid, with a status that nobody has documented, or none.
pub(crate) const UNKNOWN_STATUS: Verdict = DOUBTFUL;

/// The row of a code.
pub(super) fn find(code: &str) -> Option<&'static Row> {
    let number: i64 = code.parse().ok()?;
    ROWS.iter().find(|row| row.code == number)
}

/// What a target's status leads to, and what it means.
pub(super) fn of_status(status: Option<i64>) -> (Verdict, &'static str) {
    let row = STATUSES.iter().find(|(known, ..)| Some(*known) == status);
    let unknown = (
        UNKNOWN_STATUS,
        "vivo calls the token invalid, and does not say why",
    );
    row.map_or(unknown, |(_, verdict, meaning)| (*verdict, meaning))
}
