//! Meizu's answer → [`Outcome`] per target: the decision table.
//!
//! Errors arrive as HTTP 200 with a code, and so do answers that are good for some targets only:
//! those name the others in `value` (`reference/meizu.md` §4). A code decides before the HTTP
//! status does, except that a gateway which had no answer in time knows nothing.

mod answer;
mod table;
#[cfg(test)]
mod tests;

use zpns_core::resources::HttpResponse;
use zpns_core::{Error, ErrorKind, Outcome, Timestamp, VendorCode};
use zpns_kit::{
    Answered, Decision, Listed, Verdict, is_gateways, result_of, retry_after, status_code,
};

use self::answer::Answer;
pub(crate) use self::table::Place;
#[cfg(test)]
pub(crate) use self::table::ROWS;

/// What an answer is judged by beside itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    pub(crate) now: Timestamp,
    /// The number of the attempt, from 1.
    pub(crate) attempt: u32,
}

/// An answer, judged.
#[derive(Debug)]
pub(crate) enum Judged {
    /// This came of the targets, in their order.
    Each(Vec<Outcome>),
    /// It speaks of several targets as one; so much is true of each of them until it was asked
    /// about alone.
    Together(Outcome),
}

/// What came of a push to these targets, by the answer to it.
pub(crate) fn judge(
    response: &HttpResponse,
    targets: &[&str],
    circumstances: Circumstances,
) -> Judged {
    let answer = Answer::read(response);
    let good = answer
        .as_ref()
        .filter(|answer| is_success(answer, response));
    if let Some(answer) = good {
        return Judged::Each(match answer.refused() {
            Some(refused) => taken(answer, &refused, response, targets, circumstances),
            None => vec![unreadable(answer, response, circumstances.now); targets.len()],
        });
    }
    let (decision, place) = decide(answer.as_ref(), response, circumstances.now);
    if place == Place::Targets && targets.len() > 1 {
        return Judged::Together(decision.outcome_together(targets.len()));
    }
    Judged::Each(vec![decision.outcome(); targets.len()])
}

/// What came of a call that is not a push: nothing, if it went well.
pub(crate) fn judge_call(response: &HttpResponse, now: Timestamp) -> Result<(), Error> {
    let answer = Answer::read(response);
    if answer
        .as_ref()
        .is_some_and(|answer| is_success(answer, response))
    {
        return Ok(());
    }
    let (decision, _) = decide(answer.as_ref(), response, now);
    result_of(decision.outcome())
}

fn is_success(answer: &Answer, response: &HttpResponse) -> bool {
    answer.is_good() && response.status.is_success()
}

/// One outcome per target of an answer that is good for all of them but those that it names.
fn taken(
    answer: &Answer,
    refused: &Listed<String>,
    response: &HttpResponse,
    targets: &[&str],
    circumstances: Circumstances,
) -> Vec<Outcome> {
    let id = answer.id();
    let pause = retry_after(&response.headers, circumstances.now);
    refused.fan_out(targets, |_, code| {
        let Some(code) = code else {
            return Outcome::accepted(id.clone());
        };
        let (verdict, meaning) = match table::of_value(code) {
            Some(row) => (row.verdict, row.meaning),
            None => (undocumented(circumstances.attempt), UNDOCUMENTED),
        };
        let code = VendorCode::new(code.as_str()).with_status(response.status.as_u16());
        verdict.outcome(Answered::new(code, meaning).with_retry_after(pause))
    })
}

pub(crate) const UNDOCUMENTED: &str =
    "Meizu did not send to the token, with a code that is not documented";

/// What follows from a code in `value` that nobody has documented: the target was not sent to, and
/// more is not known. Trying once more repeats nothing.
pub(crate) const fn undocumented(attempt: u32) -> Verdict {
    if attempt > 1 {
        Verdict::keep(ErrorKind::Protocol)
    } else {
        Verdict::later(ErrorKind::Protocol)
    }
}

/// Meizu says that all went well, and then something that nobody can read: who is among those that
/// were not sent to is not known.
fn unreadable(answer: &Answer, response: &HttpResponse, now: Timestamp) -> Outcome {
    let verdict = Verdict::unclear(ErrorKind::Protocol);
    let code = answer.vendor_code(response);
    let meaning = "the list of targets that were not sent to cannot be read";
    Decision::new(verdict, code, meaning, "Meizu", response, now).outcome()
}

/// The row of an answer that is not good, with the words that led to it.
fn decide(answer: Option<&Answer>, response: &HttpResponse, now: Timestamp) -> (Decision, Place) {
    let status = response.status;
    // A good answer with a bad status is nobody's word.
    let answer = answer.filter(|answer| !answer.is_good());
    let row = answer
        .filter(|_| !is_gateways(status))
        .and_then(|answer| table::of_answer(&answer.code));
    let (verdict, place, meaning) = match row {
        Some(row) => (row.verdict, row.place, row.meaning),
        None => (
            Verdict::unlisted(status, answer.is_some()),
            Place::Request,
            "Meizu did not take the push",
        ),
    };
    let code = answer.map_or_else(
        || status_code(status),
        |answer| answer.vendor_code(response),
    );
    let decision = Decision::new(verdict, code, meaning, "Meizu", response, now);
    (decision, place)
}
