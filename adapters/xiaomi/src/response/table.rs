//! The rows of the decision table.

use zpns_core::{ErrorKind, Scope};
use zpns_kit::Verdict;

/// One row: a code of Xiaomi's, and what follows from it.
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
    /// It speaks of the targets: of several of them, not of each.
    Targets,
    /// Trying again helps once.
    RetryOnce,
}

const GONE: Verdict = Verdict::drop(ErrorKind::TokenInvalid);
/// Nothing is known against the device but that it is away; trying at once does not help.
const AWAY: Verdict = Verdict::keep(ErrorKind::Unavailable).with_scope(Scope::Target);
const BLOCKED_TARGET: Verdict = Verdict::keep(ErrorKind::Muted);
const REFUSED: Verdict = Verdict::keep(ErrorKind::MessageInvalid);
const TOO_LARGE: Verdict = Verdict::keep(ErrorKind::PayloadTooLarge);
const UNAUTHENTICATED: Verdict = Verdict::keep(ErrorKind::CredentialInvalid);
const DENIED: Verdict = Verdict::keep(ErrorKind::PermissionDenied);
/// Another call than a push is forbidden to the app.
const DENIED_BESIDE: Verdict = DENIED.with_scope(Scope::Target);
/// Messages of another class go on: the private one has no quota (`reference/xiaomi.md` §5).
const QUOTA: Verdict = Verdict::keep(ErrorKind::QuotaExceeded).with_scope(Scope::Class);
const TOO_FAST: Verdict = Verdict::later(ErrorKind::RateLimited);
/// Another call than a push comes too often, which says nothing of the pushes' speed.
const TOO_FAST_BESIDE: Verdict = TOO_FAST.with_scope(Scope::Target);
const BUSY: Verdict = Verdict::later(ErrorKind::Unavailable);
/// The answer to another question than ours.
const BESIDE: Verdict = Verdict::keep(ErrorKind::Protocol);

/// `data.bad_regids` of an answer that is good otherwise.
pub(crate) const BAD_TARGET: Verdict = GONE;
/// Its name, in the place of a code.
pub(crate) const BAD_TARGET_CODE: &str = "bad_regids";
pub(crate) const BAD_TARGET_MEANING: &str =
    "the token is no device's of this app in this region (any more)";

/// Every code that is documented or was seen (`reference/xiaomi.md` §4). What is not here says
/// nothing about token or message, and is told by its HTTP status.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    // §4.1: Xiaomi's table.
    row(-1, BUSY, "unknown error"),
    row(1, BUSY, "internal error"),
    row(10001, BUSY, "system error"),
    row(10002, BUSY, "the service is suspended or busy"),
    row(10003, BUSY, "a remote service failed"),
    row(10008, REFUSED, "a parameter is wrong"),
    row(10012, REFUSED, "the request is illegal"),
    row(10016, REFUSED, "a required parameter is missing"),
    row(10017, REFUSED, "a parameter's value is illegal"),
    row(21305, REFUSED, "a necessary parameter is missing"),
    row(10027, TOO_FAST, "the app calls too often"),
    row(10029, BESIDE, "no device was found to register or unregister"),
    row(10030, TOO_FAST_BESIDE, "invalid tokens are pulled too often"),
    row(10032, TOO_FAST_BESIDE, "invalid aliases are pulled too often"),
    row(10039, TOO_FAST_BESIDE, "statistics and traces are read too often"),
    row(10031, DENIED, "the app is blacklisted for sending"),
    row(10033, DENIED_BESIDE, "the app is blacklisted for feedback calls"),
    row(10036, DENIED, "the operation is forbidden to the app"),
    row(21303, DENIED, "the request is restricted"),
    row(10034, QUOTA, "too many messages today"),
    Row { rule: Rule::RetryOnce, ..row(10037, BUSY, "the request expired on its way") },
    row(10038, DENIED_BESIDE, "the app may not read statistics and traces"),
    row(20209, REFUSED, "the topic is illegal"),
    row(20215, BUSY, "subscribing failed"),
    row(20216, BUSY, "unsubscribing failed"),
    row(20315, BUSY, "deleting a broadcast failed"),
    Row { rule: Rule::Targets, ..row(20301, GONE, "none of the request's tokens is a device's of this app in this region") },
    row(21301, UNAUTHENTICATED, "the app secret is wrong"),
    row(21302, UNAUTHENTICATED, "the audit token is wrong"),
    row(22000, UNAUTHENTICATED, "there is no such app"),
    row(22006, UNAUTHENTICATED, "the app id is illegal"),
    row(22007, UNAUTHENTICATED, "the app key is illegal"),
    row(22022, UNAUTHENTICATED, "package and app secret do not belong together"),
    row(20607, BUSY, "a database error"),
    row(22102, BUSY, "sending the notification failed"),
    row(26003, BUSY, "an internal push call failed"),
    row(26004, TOO_FAST_BESIDE, "broadcasts are sent too often"),
    row(26005, TOO_FAST_BESIDE, "accounts are set too often"),
    row(26006, REFUSED, "the message awaits a review in the console"),
    row(27001, REFUSED, "the channel is missing, unknown or not approved"),
    row(65003, AWAY, "the device was not found; mostly it is offline"),
    row(65006, TOO_FAST_BESIDE, "the alias is set too often"),
    row(65007, BLOCKED_TARGET, "the alias is blacklisted"),
    row(65008, REFUSED, "the alias is too long"),
    row(65012, REFUSED, "the alias is empty"),
    row(65010, REFUSED, "the topic is too long"),
    row(65013, REFUSED, "the topic is empty"),
    row(65035, REFUSED, "too many topics"),
    row(65009, TOO_LARGE, "the message is too long"),
    row(65011, REFUSED, "there is no parameter"),
    row(65014, REFUSED, "too many pairs of the app's own"),
    row(65015, REFUSED, "the app's own pairs are too long in all"),
    row(65016, REFUSED, "the user account is empty"),
    row(65017, REFUSED, "the user account is too long"),
    row(65041, REFUSED, "the IMEI hash is empty"),
    row(10035, BESIDE, "there are no more invalid aliases"),
    row(65028, BESIDE, "the message to trace was not found"),
    row(65040, BESIDE, "unregistering failed"),
    row(65029, BUSY, "a remote service failed"),
    row(65030, BUSY, "building the JSON failed"),
    row(65036, REFUSED, "the callback's parameter is too long"),
    row(65037, REFUSED, "the callback's URL is too long"),
    row(65038, REFUSED, "the callback's URL is illegal"),
    // §4.2: seen elsewhere.
    row(200001, QUOTA, "the channel's class has used up its day"),
    row(200002, TOO_FAST, "too many requests a second"),
    Row { rule: Rule::Targets, ..row(66007, GONE, "the registration is invalid") },
    row(10041, REFUSED, "the template is not approved, or does not fit"),
    row(80002, BESIDE, "the queue of receipts is empty"),
    // §4.3: of the SDK, older.
    row(100, REFUSED, "a parameter is blank"),
    row(10004, DENIED, "this machine's address is not on the app's list"),
    row(10005, DENIED, "the app key has no permission"),
    row(10006, UNAUTHENTICATED, "the app key is missing"),
    row(10014, DENIED, "the API is limited to other apps"),
    row(10007, REFUSED, "the content type is unsupported"),
    row(10018, TOO_LARGE, "the body is too long"),
    row(10020, REFUSED, "there is no such API"),
    row(10021, REFUSED, "the HTTP method is wrong"),
    row(10009, BUSY, "too many tasks, the system is busy"),
    row(10010, BUSY, "the job took too long"),
    row(10011, BUSY, "a remote call failed"),
    row(10013, REFUSED, "the user is illegal"),
    row(10022, TOO_FAST, "this machine's address calls too often"),
    row(10023, TOO_FAST, "the user calls too often"),
    row(10024, TOO_FAST, "the user calls this API too often"),
    row(10028, TOO_FAST, "the app calls too often in all"),
    row(10025, REFUSED, "the callback's URL is illegal"),
    row(10026, DENIED, "the app is blacklisted from the API"),
    row(22001, UNAUTHENTICATED, "there is no such app"),
    row(22002, UNAUTHENTICATED, "the app was revoked"),
    row(22003, UNAUTHENTICATED, "updating the app failed"),
    row(22004, UNAUTHENTICATED, "the app's description is missing"),
    row(22005, UNAUTHENTICATED, "the app's name is illegal"),
    row(22008, UNAUTHENTICATED, "the app secret is illegal"),
    row(22020, UNAUTHENTICATED, "the app's description is illegal"),
    row(22021, DENIED, "the user may not use the app"),
    row(22100, REFUSED, "the notification's form is illegal"),
    row(22101, TOO_FAST, "too many notifications"),
    row(22103, REFUSED, "the notification's number is illegal"),
];

const fn row(code: i64, verdict: Verdict, meaning: &'static str) -> Row {
    Row {
        code,
        verdict,
        rule: Rule::Plain,
        meaning,
    }
}

/// The row of a code.
pub(super) fn find(code: &str) -> Option<&'static Row> {
    let number: i64 = code.parse().ok()?;
    ROWS.iter().find(|row| row.code == number)
}
