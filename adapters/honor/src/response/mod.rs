//! HONOR's answer → [`Outcome`] per target: the decision table.
//!
//! A code decides before the HTTP status does, except that a gateway which had no answer in time
//! knows nothing. Only `data.expireTokens` proves that a token is dead.

mod answer;
mod table;
#[cfg(test)]
mod tests;

use http::StatusCode;
use zpns_core::resources::HttpResponse;
use zpns_core::{Outcome, Timestamp, VendorCode};
use zpns_kit::{Answered, Decision, RetryClass, TokenFate, Verdict, is_gateways, status_code};

use self::answer::Answer;
#[cfg(test)]
pub(crate) use self::table::{FAMILIES, ROWS, STATUSES, TARGETS};
use self::table::{Row, Rule};

/// The name that stands in reasons.
const HONOR: &str = "HONOR";

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
    /// Our bearer was not accepted.
    Refused(VendorCode),
}

/// What came of a push to these targets, by the answer to it.
pub(crate) fn judge(
    response: &HttpResponse,
    targets: &[&str],
    circumstances: Circumstances,
) -> Judged {
    let answer = Answer::read(response);
    if let Some(answer) = &answer
        && speaks_of_targets(answer, response.status)
    {
        let rest = of_the_unlisted(answer, response, targets, circumstances);
        let of = |_: &str, row: Option<&&'static Row>| match row {
            Some(row) => because(row, answer, response, circumstances),
            None => rest.clone(),
        };
        return Judged::Each(answer.listed.fan_out(targets, of));
    }
    let (rule, decision) = decide(answer.as_ref(), response, circumstances);
    match (rule, &answer) {
        (Rule::Refresh, _) => Judged::Refused(decision.answered.code),
        (Rule::Tokens, Some(answer)) => {
            let of = |_: &str, row: Option<&&'static Row>| match row {
                Some(row) if row.verdict.token == TokenFate::Drop => {
                    because(row, answer, response, circumstances)
                }
                _ => decision.outcome(),
            };
            Judged::Each(answer.listed.fan_out(targets, of))
        }
        _ => Judged::Each(vec![decision.outcome(); targets.len()]),
    }
}

/// Whether an answer is a success, of all targets or of some.
fn speaks_of_targets(answer: &Answer, status: StatusCode) -> bool {
    match answer.code.as_str() {
        table::PARTIAL => !is_gateways(status),
        code => is_success(code) && status.is_success(),
    }
}

fn is_success(code: &str) -> bool {
    [table::SUCCESS, table::HUAWEIS_SUCCESS].contains(&code)
}

/// What came of a target that a success names in no list.
fn of_the_unlisted(
    answer: &Answer,
    response: &HttpResponse,
    targets: &[&str],
    circumstances: Circumstances,
) -> Outcome {
    let named = |target: &&str| answer.listed.reason(target).is_some();
    let sent = match answer.code.as_str() {
        // Its lists say who was pushed to; without any of ours in them nobody knows.
        table::PARTIAL => targets.iter().any(named).then_some(true),
        // Huawei's answer says no more than that.
        table::HUAWEIS_SUCCESS => answer.sent.or(Some(true)),
        _ => answer.sent,
    };
    match sent {
        Some(true) => Outcome::accepted(answer.request_id.clone()),
        Some(false) => because(&table::NOT_SENT, answer, response, circumstances),
        None => {
            let code = answer.vendor_code(response.status);
            table::UNTOLD.outcome(Answered::new(code, table::UNTOLD_MEANING))
        }
    }
}

/// The outcome of a row that speaks of one target.
fn because(
    row: &Row,
    answer: &Answer,
    response: &HttpResponse,
    circumstances: Circumstances,
) -> Outcome {
    let mut code = answer.vendor_code(response.status);
    code.code = row.code.to_owned();
    let verdict = verdict_of(row, circumstances);
    Decision::new(
        verdict,
        code,
        row.meaning,
        HONOR,
        response,
        circumstances.now,
    )
    .outcome()
}

/// The row that speaks, and its words.
fn decide(
    answer: Option<&Answer>,
    response: &HttpResponse,
    circumstances: Circumstances,
) -> (Rule, Decision) {
    let status = response.status;
    // A good code with a bad status is nobody's word.
    let answer = answer.filter(|answer| !is_success(&answer.code));
    let (verdict, rule, meaning) = match row_of(answer, status) {
        Some(row) => (verdict_of(row, circumstances), row.rule, row.meaning),
        None => (
            Verdict::unlisted(status, answer.is_some()),
            Rule::Plain,
            "HONOR did not take the push",
        ),
    };
    let code = match answer {
        Some(answer) => answer.vendor_code(status),
        None => status_code(status),
    };
    let now = circumstances.now;
    let decision = Decision::new(verdict, code, meaning, HONOR, response, now);
    (rule, decision)
}

fn verdict_of(row: &Row, circumstances: Circumstances) -> Verdict {
    let mut verdict = row.verdict;
    if row.rule == Rule::RetryOnce && circumstances.attempt > 1 {
        verdict.retry = RetryClass::Never;
    }
    verdict
}

/// The row of the evidence that says most: the code, then the status.
fn row_of(answer: Option<&Answer>, status: StatusCode) -> Option<&'static Row> {
    if is_gateways(status) {
        return None;
    }
    let row = answer.and_then(|answer| table::find(&answer.code));
    row.or_else(|| table::of_status(status.as_str()))
}
