//! Xiaomi's answer → [`Outcome`] per target: the decision table.
//!
//! Errors arrive as HTTP 200 with a code, and so do answers that are good for some targets only
//! (`reference/xiaomi.md` §0.3). A code decides before the HTTP status does, except that a gateway
//! which had no answer in time knows nothing.

mod answer;
mod table;
#[cfg(test)]
mod tests;

use zpns_core::resources::HttpResponse;
use zpns_core::{Error, Outcome, Timestamp, Token, TokenAction, VendorCode};
use zpns_kit::{Answered, Decision, RetryClass, Verdict, is_gateways, result_of, status_code};

use self::answer::Answer;
#[cfg(test)]
pub(crate) use self::table::ROWS;
use self::table::Rule;
pub(crate) use self::table::{BAD_TARGET, BAD_TARGET_CODE, BAD_TARGET_MEANING};

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
    let good = answer.as_ref().is_some_and(Answer::is_good);
    if let Some(answer) = answer
        .as_ref()
        .filter(|_| good && response.status.is_success())
    {
        return Judged::Each(taken(answer, response, targets));
    }
    let (decision, rule) = decide(answer.as_ref(), response, circumstances);
    if rule != Rule::Targets {
        return Judged::Each(vec![decision.outcome(); targets.len()]);
    }
    if let ([target], Some(answer)) = (targets, &answer) {
        return Judged::Each(vec![replaced(decision.outcome(), target, answer)]);
    }
    let bad = answer.as_ref().map(Answer::bad_targets).unwrap_or_default();
    if bad.has_all(targets) {
        return Judged::Each(vec![decision.outcome(); targets.len()]);
    }
    Judged::Together(decision.outcome_together(targets.len()))
}

/// What came of a call that is not a push: nothing, if it went well.
pub(crate) fn judge_call(response: &HttpResponse, now: Timestamp) -> Result<(), Error> {
    let answer = Answer::read(response);
    let good = answer.as_ref().is_some_and(Answer::is_good);
    if good && response.status.is_success() {
        return Ok(());
    }
    let circumstances = Circumstances { now, attempt: 1 };
    let (decision, _) = decide(answer.as_ref(), response, circumstances);
    result_of(decision.outcome())
}

/// One outcome per target of an answer that is good for all of them or for some.
fn taken(answer: &Answer, response: &HttpResponse, targets: &[&str]) -> Vec<Outcome> {
    let id = answer.id();
    answer.bad_targets().fan_out(targets, |target, bad| {
        if bad.is_none() {
            return Outcome::accepted(id.clone());
        }
        let code = VendorCode::new(BAD_TARGET_CODE).with_status(response.status.as_u16());
        let answered = Answered::new(code, BAD_TARGET_MEANING);
        replaced(BAD_TARGET.outcome(answered), target, answer)
    })
}

/// A dead token that has a successor is replaced by it, and not dropped.
fn replaced(outcome: Outcome, target: &str, answer: &Answer) -> Outcome {
    match (outcome, answer.replacement(target)) {
        (Outcome::Rejected(rejection), Some(new)) => rejection
            .with_token(TokenAction::Replace(Token::from(new)))
            .into(),
        (outcome, _) => outcome,
    }
}

/// The row of an answer that is not good, with the words that led to it.
fn decide(
    answer: Option<&Answer>,
    response: &HttpResponse,
    circumstances: Circumstances,
) -> (Decision, Rule) {
    let status = response.status;
    // A good answer with a bad status is nobody's word.
    let answer = answer.filter(|answer| !answer.is_good());
    let row = answer
        .filter(|_| !is_gateways(status))
        .and_then(|answer| table::find(&answer.code));
    let (mut verdict, rule, meaning) = match row {
        Some(row) => (row.verdict, row.rule, row.meaning),
        None => (
            Verdict::unlisted(status, answer.is_some()),
            Rule::Plain,
            "Xiaomi did not take the push",
        ),
    };
    if rule == Rule::RetryOnce && circumstances.attempt > 1 {
        verdict.retry = RetryClass::Never;
    }
    let code = answer.map_or_else(
        || status_code(status),
        |answer| answer.vendor_code(response),
    );
    let now = circumstances.now;
    let decision = Decision::new(verdict, code, meaning, "Xiaomi", response, now);
    (decision, rule)
}
