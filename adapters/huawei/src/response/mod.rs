//! Huawei's answer → [`Outcome`] per target: the decision table.
//!
//! A code decides before the HTTP status does, except that a gateway which had no answer in time
//! knows nothing. Of a partial success, v1/v2 lists the tokens that failed, v3 says why as well.

mod answer;
mod table;
#[cfg(test)]
mod tests;

use zpns_core::resources::HttpResponse;
use zpns_core::{ErrorKind, Outcome, Rejection, Timestamp, VendorCode};
use zpns_kit::{Answered, Decision, TokenFate, Verdict, is_gateways, status_code};

use self::answer::{Answer, Illegal};
use self::table::Rule;
pub(crate) use self::table::{GATEWAY, REASONS, ROWS, Row, STATUSES};

/// From this attempt on, credentials that cannot be checked are wrong ones.
const CREDENTIAL_ATTEMPT: u32 = 3;

/// What an answer is judged by beside itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    pub(crate) now: Timestamp,
    /// The number of the attempt, from 1.
    pub(crate) attempt: u32,
    /// Whether the host asked for tokens without a right in the project to be dropped.
    pub(crate) drop_no_right: bool,
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
    if let Some(answer) = answer.as_ref().filter(|answer| is_good(answer, response)) {
        let outcome = Outcome::accepted(answer.request_id.clone());
        return Judged::Each(vec![outcome; targets.len()]);
    }
    let (decision, rule) = decide(answer.as_ref(), response, circumstances);
    let illegal = answer.as_ref().and_then(Answer::illegal);
    match (rule, answer) {
        (Rule::Refresh, _) => Judged::Refused(decision.answered.code),
        (Rule::Some, Some(answer)) => {
            let spoken = Spoken {
                decision: &decision,
                illegal: illegal.as_ref(),
                circumstances,
            };
            Judged::Each(spoken.of_some(targets, &answer))
        }
        (Rule::All, _) => {
            let spoken = Spoken {
                decision: &decision,
                illegal: illegal.as_ref(),
                circumstances,
            };
            Judged::Each(spoken.of_all(targets))
        }
        _ => Judged::Each(vec![decision.outcome(); targets.len()]),
    }
}

fn is_good(answer: &Answer, response: &HttpResponse) -> bool {
    answer.code == table::SUCCESS && response.status.is_success()
}

/// A verdict on tokens, and the list of those that it speaks of.
struct Spoken<'a> {
    decision: &'a Decision,
    illegal: Option<&'a Illegal>,
    circumstances: Circumstances,
}

impl Spoken<'_> {
    /// The listed ones failed, and the others were sent to.
    fn of_some(&self, targets: &[&str], answer: &Answer) -> Vec<Outcome> {
        let Some(illegal) = self.illegal else {
            return vec![self.unreadable(); targets.len()];
        };
        let told = illegal.failure.is_none_or(|failure| {
            let listed = targets
                .iter()
                .filter(|target| illegal.tokens.reason(target).is_some());
            failure <= listed.count().max(illegal.tokens.len())
        });
        illegal.tokens.fan_out(targets, |_, reason| match reason {
            Some(reason) => self.because(reason.as_deref()),
            None if told => Outcome::accepted(answer.request_id.clone()),
            None => self.unreadable(),
        })
    }

    /// None was sent to. What is said of many is no proof against each: that an app, a project or
    /// an API is the wrong one looks the same. Nothing is dropped then.
    fn of_all(&self, targets: &[&str]) -> Vec<Outcome> {
        let alone = targets.windows(2).all(|pair| pair[0] == pair[1]);
        let of = |target: &&str| {
            let reason = self
                .illegal
                .and_then(|illegal| illegal.tokens.reason(target));
            let outcome = self.because(reason.and_then(Option::as_deref));
            if alone {
                return outcome;
            }
            kept(outcome, targets.len())
        };
        targets.iter().map(of).collect()
    }

    fn because(&self, reason: Option<&str>) -> Outcome {
        let Some(reason) = reason else {
            return self.decision.outcome();
        };
        let row = table::find(REASONS, reason);
        let (mut verdict, meaning) = row.map_or(
            (table::UNKNOWN_REASON, "Huawei did not send to the token"),
            |row| (row.verdict, row.meaning),
        );
        if reason == table::NO_RIGHT && self.circumstances.drop_no_right {
            verdict = verdict.with_token(TokenFate::Drop);
        }
        let mut code = VendorCode::new(reason);
        code.http_status = self.decision.answered.code.http_status;
        let reason = format!("{meaning} ({})", self.decision.answered.code.code);
        verdict.outcome(Answered::new(code, reason))
    }

    /// Some failed, and which did is not known.
    fn unreadable(&self) -> Outcome {
        let code = self.decision.answered.code.clone();
        let reason = "Huawei did not send to some of the tokens, and does not say to which";
        Verdict::unclear(ErrorKind::Protocol).outcome(Answered::new(code, reason))
    }
}

/// A verdict on many tokens together.
fn kept(outcome: Outcome, count: usize) -> Outcome {
    match outcome {
        Outcome::Rejected(rejection) => {
            let reason = format!(
                "{}; said of {count} tokens together, which looks like a wrong app, project or \
                 API: nothing is dropped",
                rejection.reason
            );
            let scope = rejection.scope();
            let vendor = rejection.vendor;
            let rejection = Rejection::new(rejection.kind, reason).with_scope(scope);
            match vendor {
                Some(vendor) => rejection.with_vendor(vendor).into(),
                None => rejection.into(),
            }
        }
        outcome => outcome,
    }
}

/// The row of an answer that is not good, with the words that led to it.
fn decide(
    answer: Option<&Answer>,
    response: &HttpResponse,
    circumstances: Circumstances,
) -> (Decision, Rule) {
    let status = response.status;
    // A good code with a bad status is nobody's word.
    let answer = answer.filter(|answer| answer.code != table::SUCCESS);
    let row = row_of(answer, response);
    let (mut verdict, mut rule, meaning) = match row {
        Some(row) => (row.verdict, row.rule, row.meaning),
        None => (
            Verdict::unlisted(status, answer.is_some()),
            Rule::Plain,
            "Huawei did not take the push",
        ),
    };
    if rule == Rule::LaterThenCredential {
        rule = Rule::Plain;
        if circumstances.attempt >= CREDENTIAL_ATTEMPT {
            verdict = Verdict::keep(ErrorKind::CredentialInvalid);
        }
    }
    let code = answer.map_or_else(|| status_code(status), |answer| answer.vendor_code(status));
    let now = circumstances.now;
    let decision = Decision::new(verdict, code, meaning, "Huawei", response, now);
    (decision, rule)
}

/// The row of the evidence that says most: code, then the gateway's header, then the status.
fn row_of(answer: Option<&Answer>, response: &HttpResponse) -> Option<&'static Row> {
    let status = response.status;
    if is_gateways(status) {
        return None;
    }
    if let Some(answer) = answer {
        let row = table::find(ROWS, &answer.code);
        // A code that nobody knows still has a status.
        return row.or_else(|| table::find(STATUSES, status.as_str()));
    }
    let gateway = response.headers.get("nsp_status");
    let gateway = gateway.and_then(|value| value.to_str().ok()).map(str::trim);
    gateway
        .filter(|_| !status.is_success())
        .and_then(|code| table::find(GATEWAY, code))
        .or_else(|| table::find(STATUSES, status.as_str()))
}
