//! vivo's answer → [`Outcome`] per target: the decision table.
//!
//! Errors arrive as HTTP 200 with a `result`. A list that is good for some targets only has
//! `result` 0 and names the others; a single push to a bad target has 10302 and says why
//! (`reference/vivo.md` §4). A result decides before the HTTP status does, except that a gateway
//! which had no answer in time knows nothing.

mod answer;
mod china;
mod table;
#[cfg(test)]
mod tests;

use zpns_core::resources::HttpResponse;
use zpns_core::{Error, ErrorKind, Outcome, Retry, Secret, Sent, Timestamp, VendorCode};
use zpns_kit::{Answered, Decision, TokenFate, Verdict, is_gateways, result_of, status_code};

use self::answer::{Answer, Invalid};
use self::table::Rule;
#[cfg(test)]
pub(crate) use self::table::{ROWS, STATUSES, UNKNOWN_STATUS};
use crate::message::PushMode;

/// What an answer is judged by beside itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances<'a> {
    pub(crate) now: Timestamp,
    pub(crate) mode: PushMode,
    /// The saved message that was sent, if it was one: vivo's id of the push where its answer has
    /// none.
    pub(crate) task: Option<&'a str>,
}

/// An answer, judged.
#[derive(Debug)]
pub(crate) enum Judged {
    /// This came of the targets, in their order.
    Each(Vec<Outcome>),
    /// The saved message is not there any more; so much is true of every target if it is lost
    /// again.
    Lost(Outcome),
}

/// What came of a push to these targets, by the answer to it.
pub(crate) fn judge(
    response: &HttpResponse,
    targets: &[&str],
    circumstances: Circumstances<'_>,
) -> Judged {
    let answer = Answer::read(response);
    if let Some(answer) = answer.as_ref().filter(|answer| is_good(answer, response)) {
        return Judged::Each(taken(answer, response, targets, circumstances));
    }
    let (decision, rule) = decide(answer.as_ref(), response, targets, circumstances.now);
    match (rule, answer) {
        (Rule::SaveAgain, _) => Judged::Lost(decision.outcome()),
        (Rule::Target, Some(answer)) => {
            let invalid = answer.invalid().unwrap_or_default();
            Judged::Each(of_targets(&decision, targets, &invalid, circumstances.mode))
        }
        _ => Judged::Each(vec![decision.outcome(); targets.len()]),
    }
}

/// The token of an exchange.
///
/// # Errors
/// vivo granted none. Nothing was pushed, whatever went wrong.
pub(crate) fn granted(response: &HttpResponse, now: Timestamp) -> Result<Secret, Error> {
    let answer = succeeded(response, now).map_err(|error| error.with_sent(Sent::No))?;
    let token = answer.auth_token().map(Secret::new);
    token.ok_or_else(|| lacking("token"))
}

/// The id of a saved message.
///
/// # Errors
/// vivo did not save it. Nothing was pushed, whatever went wrong.
pub(crate) fn saved(response: &HttpResponse, now: Timestamp) -> Result<String, Error> {
    let answer = succeeded(response, now).map_err(|error| error.with_sent(Sent::No))?;
    answer
        .task_id()
        .ok_or_else(|| lacking("id of the saved message"))
}

/// What came of a call that is not a push: nothing, if it went well.
///
/// # Errors
/// It did not.
pub(crate) fn judge_call(response: &HttpResponse, now: Timestamp) -> Result<(), Error> {
    succeeded(response, now).map(drop)
}

/// The code with which vivo says that our token is not accepted.
pub(crate) fn refusal(response: &HttpResponse) -> Option<VendorCode> {
    let answer = Answer::read(response).filter(|_| !is_gateways(response.status))?;
    let row = table::find(&answer.code)?;
    (row.rule == Rule::Refresh).then(|| answer.vendor_code(response, &[]))
}

fn succeeded(response: &HttpResponse, now: Timestamp) -> Result<Answer, Error> {
    let answer = Answer::read(response);
    let (decision, _) = decide(answer.as_ref(), response, &[], now);
    match answer.filter(|answer| is_good(answer, response)) {
        Some(answer) => Ok(answer),
        None => Err(match result_of(decision.outcome()) {
            Err(error) => error,
            Ok(()) => lacking("verdict"),
        }),
    }
}

fn lacking(what: &str) -> Error {
    let message = format!("vivo's answer is good and holds no {what}");
    Error::new(ErrorKind::Protocol, message).with_retry(Retry::Backoff)
}

fn is_good(answer: &Answer, response: &HttpResponse) -> bool {
    answer.is_good() && response.status.is_success()
}

/// One outcome per target of an answer that is good for all of them or for some. Who is given
/// twice is named once, and shares what is said.
fn taken(
    answer: &Answer,
    response: &HttpResponse,
    targets: &[&str],
    circumstances: Circumstances<'_>,
) -> Vec<Outcome> {
    let Some(invalid) = answer.invalid() else {
        let code = answer.vendor_code(response, targets);
        let reason = "vivo did not send to some of the targets, and does not say to which";
        let outcome = Verdict::unclear(ErrorKind::Protocol).outcome(Answered::new(code, reason));
        return vec![outcome; targets.len()];
    };
    let task = circumstances.task.map(str::to_owned);
    let accepted = Outcome::accepted(answer.task_id().or(task));
    let of = |target: &&str| match invalid.get(*target) {
        Some(status) => {
            let (verdict, meaning) = table::of_status(*status);
            let status = status.map_or_else(|| "invalidUsers".to_owned(), |code| code.to_string());
            let code = VendorCode::new(status).with_status(response.status.as_u16());
            verdict.outcome(Answered::new(code, meaning))
        }
        None => accepted.clone(),
    };
    targets.iter().map(of).collect()
}

/// Each target by its status. Without one, what is said of a target that was alone is said of it;
/// but not in test mode, where a device that is alive and not on the list looks the same. What is
/// said of many, or of somebody else, drops nobody.
fn of_targets(
    decision: &Decision,
    targets: &[&str],
    invalid: &Invalid,
    mode: PushMode,
) -> Vec<Outcome> {
    let is_meant = targets.len() == 1 && invalid.is_empty() && mode == PushMode::Formal;
    let of = |target: &&str| {
        let (verdict, meaning) = match invalid.get(*target) {
            Some(status) => table::of_status(*status),
            None if is_meant => return decision.outcome(),
            None => (
                decision.verdict.with_token(TokenFate::Keep),
                "vivo does not say this of the token itself",
            ),
        };
        let mut answered = decision.answered.clone();
        answered.reason = format!("{meaning}; {}", answered.reason).into();
        verdict.outcome(answered)
    };
    targets.iter().map(of).collect()
}

fn decide(
    answer: Option<&Answer>,
    response: &HttpResponse,
    targets: &[&str],
    now: Timestamp,
) -> (Decision, Rule) {
    let status = response.status;
    // A good answer with a bad status is nobody's word.
    let answer = answer.filter(|answer| !answer.is_good());
    let row = answer
        .filter(|_| !is_gateways(status))
        .and_then(|answer| table::find(&answer.code));
    let (verdict, rule, meaning) = match row {
        Some(row) => (row.verdict, row.rule, row.meaning),
        None => (
            Verdict::unlisted(status, answer.is_some()),
            Rule::Plain,
            "vivo did not do it",
        ),
    };
    let code = match answer {
        Some(answer) => answer.vendor_code(response, targets),
        None => status_code(status),
    };
    let mut decision = Decision::new(verdict, code, meaning, "vivo", response, now);
    if rule == Rule::Morning {
        let pause = &mut decision.answered.retry_after;
        *pause = pause.or_else(|| china::until_morning(now));
    }
    (decision, rule)
}
