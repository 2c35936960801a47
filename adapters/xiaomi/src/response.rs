//! Xiaomi's answer → [`Outcome`] per target: the decision table.
//!
//! Errors arrive as HTTP 200 with a code, and so do answers that are good for some targets only
//! (`reference/xiaomi.md` §0.3). A code decides before the HTTP status does, except that a gateway
//! which had no answer in time knows nothing.

mod answer;
mod table;
#[cfg(test)]
mod tests;

use http::StatusCode;
use zpns_core::resources::HttpResponse;
use zpns_core::{
    Error, ErrorKind, Outcome, Rejection, Sent, Timestamp, Token, TokenAction, VendorCode,
};
use zpns_kit::{Answered, RetryClass, TokenFate, Verdict, retry_after};

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
    let decision = decide(answer.as_ref(), response, circumstances);
    if decision.rule != Rule::Targets {
        return Judged::Each(vec![decision.outcome(); targets.len()]);
    }
    if let ([target], Some(answer)) = (targets, &answer) {
        return Judged::Each(vec![decision.outcome_of(target, answer)]);
    }
    let bad = answer.as_ref().map(Answer::bad_targets).unwrap_or_default();
    if targets.iter().all(|target| bad.contains(target)) {
        return Judged::Each(vec![decision.outcome(); targets.len()]);
    }
    let kept = decision.verdict.with_token(TokenFate::Keep);
    let mut answered = decision.answered;
    let (said, count) = (answered.reason, targets.len());
    answered.reason = format!("{said}, said of {count} tokens together").into();
    Judged::Together(kept.outcome(answered))
}

/// What came of a call that is not a push: nothing, if it went well.
pub(crate) fn judge_call(response: &HttpResponse, now: Timestamp) -> Result<(), Error> {
    let answer = Answer::read(response);
    let good = answer.as_ref().is_some_and(Answer::is_good);
    if good && response.status.is_success() {
        return Ok(());
    }
    let circumstances = Circumstances { now, attempt: 1 };
    match decide(answer.as_ref(), response, circumstances).outcome() {
        Outcome::Failed(error) => Err(error),
        Outcome::Rejected(rejection) => Err(error_of(rejection)),
        Outcome::Accepted(_) => Ok(()),
    }
}

/// A rejection, as the error of a call.
pub(crate) fn error_of(rejection: Rejection) -> Error {
    let error = Error::new(rejection.kind, rejection.reason).with_sent(Sent::No);
    match rejection.vendor {
        Some(vendor) => error.with_vendor(vendor),
        None => error,
    }
}

/// One outcome per target of an answer that is good for all of them or for some.
fn taken(answer: &Answer, response: &HttpResponse, targets: &[&str]) -> Vec<Outcome> {
    let bad = answer.bad_targets();
    let id = answer.id();
    let of = |target: &&str| {
        if !bad.contains(target) {
            return Outcome::accepted(id.clone());
        }
        let code = VendorCode::new(BAD_TARGET_CODE).with_status(response.status.as_u16());
        let answered = Answered::new(code, BAD_TARGET_MEANING);
        replaced(BAD_TARGET.outcome(answered), target, answer)
    };
    targets.iter().map(of).collect()
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

/// A row, and the words that led to it.
struct Decision {
    verdict: Verdict,
    rule: Rule,
    answered: Answered,
}

impl Decision {
    fn outcome(&self) -> Outcome {
        self.verdict.outcome(self.answered.clone())
    }

    fn outcome_of(&self, target: &str, answer: &Answer) -> Outcome {
        replaced(self.outcome(), target, answer)
    }
}

fn decide(
    answer: Option<&Answer>,
    response: &HttpResponse,
    circumstances: Circumstances,
) -> Decision {
    let status = response.status;
    // A good answer with a bad status is nobody's word.
    let answer = answer.filter(|answer| !answer.is_good());
    let row = answer
        .filter(|_| !is_gateways(status))
        .and_then(|answer| table::find(&answer.code));
    let (mut verdict, rule, meaning) = match row {
        Some(row) => (row.verdict, row.rule, row.meaning),
        None => (
            unlisted(status, answer.is_some()),
            Rule::Plain,
            "Xiaomi did not take the push",
        ),
    };
    if rule == Rule::RetryOnce && circumstances.attempt > 1 {
        verdict.retry = RetryClass::Never;
    }
    let code = match answer {
        Some(answer) => answer.vendor_code(response),
        None => VendorCode::new(status.as_str()).with_status(status.as_u16()),
    };
    let reason = match &code.reason {
        Some(said) => format!("{meaning} (Xiaomi: {said})"),
        None => format!("{meaning} (HTTP {})", status.as_str()),
    };
    let pause = retry_after(&response.headers, circumstances.now);
    Decision {
        verdict,
        rule,
        answered: Answered::new(code, reason).with_retry_after(pause),
    }
}

/// Whether something on the way speaks, whatever the body says.
fn is_gateways(status: StatusCode) -> bool {
    matches!(status.as_u16(), 502 | 504)
}

/// The verdict where no row speaks. `spoken` says whether the body is an error of Xiaomi's.
///
/// A code that nobody has documented yet, with HTTP 200 as all of them: Xiaomi did not take the
/// push, and more is not known. Trying again, or dropping anything, would be a guess.
pub(crate) fn unlisted(status: StatusCode, spoken: bool) -> Verdict {
    if spoken && status.is_success() {
        return Verdict::keep(ErrorKind::Protocol);
    }
    Verdict::of_status(status, spoken)
}
