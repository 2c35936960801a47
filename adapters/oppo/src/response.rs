//! OPPO's answer → [`Outcome`] per target: the decision table.
//!
//! A code decides before the HTTP status does, except that a gateway which had no answer in time
//! knows nothing. Of a partial success, `unicast_batch` lists every target and `broadcast` those
//! that failed, by code (`reference/oppo.md` §4).

mod answer;
mod table;
#[cfg(test)]
mod tests;

use zpns_core::resources::HttpResponse;
use zpns_core::{Error, ErrorKind, Outcome, Timestamp, VendorCode};
use zpns_kit::{Answered, Decision, Verdict, error_of, is_gateways, status_code};

pub(crate) use self::answer::Answer;
use self::answer::{Item, names_target, vendor_code};
#[cfg(test)]
pub(crate) use self::table::{BUSINESS, BUSINESS_CODES, BUSINESS_MEANING, ROWS, Row};
pub(crate) use self::table::{NAMED, Rule};
use self::table::{PERSISTENT, SUCCESS};

/// From this attempt on, calling too often is calling too much.
const QUOTA_ATTEMPT: u32 = 3;

/// What an answer is judged by beside itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    pub(crate) now: Timestamp,
    /// The number of the attempt, from 1.
    pub(crate) attempt: u32,
}

impl Circumstances {
    /// Of a call that is not repeated.
    pub(crate) const fn first(now: Timestamp) -> Self {
        Self { now, attempt: 1 }
    }
}

/// Which call an answer is to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Call {
    Unicast,
    UnicastBatch,
    Broadcast,
}

/// An answer to a push, judged.
#[derive(Debug)]
pub(crate) enum Judged {
    /// This came of the targets, in their order.
    Each(Vec<Outcome>),
    /// It speaks of several targets as one; so much is true of each of them until it was asked
    /// about alone.
    Together(Outcome),
    /// The saved message is not there any more; so much is true if it was saved just now.
    Stale(Outcome),
}

/// OPPO's word that our auth token is not accepted, if that is what it says.
pub(crate) fn refusal(response: &HttpResponse) -> Option<VendorCode> {
    let answer = Answer::read(response).filter(|_| !is_gateways(response.status))?;
    table::find(&answer.code).filter(|row| row.rule == Rule::Refresh)?;
    let sentence = answer.message.as_deref();
    Some(vendor_code(&answer.code, sentence, response.status, &[]))
}

/// What came of a push to these targets, by the answer to it.
pub(crate) fn judge(
    response: &HttpResponse,
    call: Call,
    targets: &[&str],
    circumstances: Circumstances,
) -> Judged {
    let judge = Judge {
        response,
        targets,
        circumstances,
    };
    let answer = Answer::read(response);
    let good = answer
        .as_ref()
        .filter(|answer| answer.is_good(response.status));
    match (good, call) {
        (Some(answer), Call::Unicast) => {
            Judged::Each(vec![Outcome::accepted(answer.id()); targets.len()])
        }
        (Some(answer), Call::UnicastBatch) => Judged::Each(judge.listed(answer)),
        (Some(answer), Call::Broadcast) => Judged::Each(judge.taken(answer)),
        (None, _) => judge.refused(answer.as_ref(), call),
    }
}

/// Why a call that is not a push did not go well.
pub(crate) fn error_of_call(response: &HttpResponse, circumstances: Circumstances) -> Error {
    let judge = Judge {
        response,
        targets: &[],
        circumstances,
    };
    let decided = judge.decide(Answer::read(response).as_ref());
    match decided.decision.outcome() {
        Outcome::Failed(error) => error,
        Outcome::Rejected(rejection) => error_of(rejection),
        Outcome::Accepted(_) => Error::new(ErrorKind::Protocol, "OPPO gave no verdict"),
    }
}

/// Whether OPPO has already what a call was to give it.
pub(crate) fn is_repeat(answer: &Answer) -> bool {
    table::find(&answer.code).is_some_and(|row| row.rule == Rule::Repeat)
}

/// An answer, and what it is judged by.
struct Judge<'a> {
    response: &'a HttpResponse,
    targets: &'a [&'a str],
    circumstances: Circumstances,
}

/// A row, and the words that led to it.
struct Decided {
    decision: Decision,
    rule: Rule,
}

impl Judge<'_> {
    /// A batch lists what came of each; what it leaves out is not known.
    fn listed(&self, answer: &Answer) -> Vec<Outcome> {
        let mut items = answer.items().unwrap_or_default();
        let of = |target: &&str| {
            let said = items.get_mut(*target)?;
            // One word on a target that was given twice is true of it both times.
            let item = match said.len() {
                1 => said.first().cloned()?,
                _ => said.remove(0),
            };
            Some(self.of_item(&item, target))
        };
        let outcomes = self.targets.iter().map(of);
        let outcomes: Vec<Option<Outcome>> = outcomes.collect();
        let unclear = |outcome: Option<Outcome>| outcome.unwrap_or_else(|| self.unlisted());
        outcomes.into_iter().map(unclear).collect()
    }

    fn of_item(&self, item: &Item, target: &str) -> Outcome {
        if item.code == SUCCESS {
            return Outcome::accepted(item.id.clone());
        }
        self.alone(
            &item.code,
            item.message.as_deref(),
            item.id.as_ref(),
            target,
        )
    }

    /// A broadcast lists those that it does not reach.
    fn taken(&self, answer: &Answer) -> Vec<Outcome> {
        let failing = answer.failing();
        let id = answer.id();
        let of = |target: &&str| match failing.get(target) {
            Some(code) => self.alone(code, None, id.as_ref(), target),
            None => Outcome::accepted(id.clone()),
        };
        self.targets.iter().map(of).collect()
    }

    /// The call as a whole was not taken.
    fn refused(&self, answer: Option<&Answer>, call: Call) -> Judged {
        if let Some(outcomes) = answer.and_then(|answer| self.named(answer)) {
            return Judged::Each(outcomes);
        }
        let Decided { decision, rule } = self.decide(answer);
        let count = self.targets.len();
        match rule {
            Rule::Repeat => {
                let id = answer.and_then(Answer::id);
                Judged::Each(vec![Outcome::accepted(id); count])
            }
            Rule::Stale if call == Call::Broadcast => Judged::Stale(decision.outcome()),
            Rule::Target if count > 1 => Judged::Together(decision.outcome_together(count)),
            _ => Judged::Each(vec![decision.outcome(); count]),
        }
    }

    /// What came of each, if the answer to a call that was not taken tells it of all of them.
    fn named(&self, answer: &Answer) -> Option<Vec<Outcome>> {
        if is_gateways(self.response.status) {
            return None;
        }
        let items = answer.items().unwrap_or_default();
        let failing = answer.failing();
        let of = |target: &&str| {
            let item = items.get(target).and_then(|said| said.first());
            match (item, failing.get(target)) {
                (Some(item), _) => Some(self.of_item(item, target)),
                (None, Some(code)) => Some(self.alone(code, None, None, target)),
                (None, None) => None,
            }
        };
        self.targets.iter().map(of).collect()
    }

    /// What a code says of one target.
    fn alone(
        &self,
        code: &str,
        sentence: Option<&str>,
        id: Option<&String>,
        target: &str,
    ) -> Outcome {
        let of_target = Judge {
            targets: &[target],
            ..*self
        };
        let decided = of_target.of_code(code, sentence);
        match decided.rule {
            Rule::Repeat => Outcome::accepted(id.cloned()),
            _ => decided.decision.outcome(),
        }
    }

    fn decide(&self, answer: Option<&Answer>) -> Decided {
        let status = self.response.status;
        let answer = answer.filter(|answer| answer.code != SUCCESS && !is_gateways(status));
        match answer {
            Some(answer) => self.of_code(&answer.code, answer.message.as_deref()),
            None => Decided {
                decision: self.decision(
                    Verdict::unlisted(status, false),
                    status_code(status),
                    "OPPO did not take the push",
                ),
                rule: Rule::Plain,
            },
        }
    }

    fn of_code(&self, code: &str, sentence: Option<&str>) -> Decided {
        let status = self.response.status;
        let row = table::find(code);
        let (mut verdict, mut rule, meaning) = match row {
            Some(row) => (row.verdict, row.rule, row.meaning),
            None => (
                Verdict::unlisted(status, true),
                Rule::Plain,
                "OPPO did not take the push",
            ),
        };
        match rule {
            Rule::TargetIfNamed if names_target(sentence, self.targets) => {
                (verdict, rule) = (NAMED, Rule::Target);
            }
            Rule::LaterThenQuota if self.circumstances.attempt >= QUOTA_ATTEMPT => {
                verdict = PERSISTENT
            }
            _ => {}
        }
        let code = vendor_code(code, sentence, status, self.targets);
        Decided {
            decision: self.decision(verdict, code, meaning),
            rule,
        }
    }

    fn decision(&self, verdict: Verdict, code: VendorCode, meaning: &str) -> Decision {
        let now = self.circumstances.now;
        Decision::new(verdict, code, meaning, "OPPO", self.response, now)
    }

    /// The batch was taken, and what became of this one it does not say.
    fn unlisted(&self) -> Outcome {
        let code = status_code(self.response.status);
        let reason = "OPPO's answer says nothing of this target";
        Verdict::unclear(ErrorKind::Protocol).outcome(Answered::new(code, reason))
    }
}
