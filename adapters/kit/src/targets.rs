//! Targets of one request: which of them may stand in it, and what came of each.

use std::collections::HashMap;

use serde_json::Value;
use zpns_core::{Batch, Error, ErrorKind, Outcome, Rejection, Report, Sent, Target};

/// Targets that may stand in a request, and the refusal of each other one.
///
/// A vendor that takes many targets at once may refuse them all for one that cannot be a token:
/// such a one is refused here, and the others go out without it.
///
/// ```
/// use zpns_core::{Batch, Outcome, Report};
/// use zpns_kit::Sorted;
///
/// fn send(batch: &Batch) -> Report {
///     let blank = |token: &str| token.trim().is_empty().then_some("the token is empty");
///     let sorted = Sorted::new(batch.targets(), blank);
///     let answered = sorted.sound.iter().map(|_| Outcome::accepted(None)).collect();
///     sorted.report(batch, answered)
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Sorted<'a> {
    /// The tokens that may stand in a request, in the order of the targets.
    pub sound: Vec<&'a str>,
    /// For each target why it was refused, if it was.
    refusals: Vec<Option<Rejection>>,
}

impl<'a> Sorted<'a> {
    /// Sorts targets by `unfit`, which says why a text cannot be a token.
    pub fn new(targets: &'a [Target], unfit: impl Fn(&str) -> Option<&'static str>) -> Self {
        let mut sound = Vec::with_capacity(targets.len());
        let refusals = targets.iter().map(|target| {
            let token = target.token.as_str();
            let refusal = unfit(token).map(|why| Rejection::new(ErrorKind::TokenInvalid, why));
            if refusal.is_none() {
                sound.push(token);
            }
            refusal
        });
        Self {
            refusals: refusals.collect(),
            sound,
        }
    }

    /// The outcomes of the sound ones, in their order, among the refusals of the others. One that
    /// is missing is an unreadable answer: no target goes without an outcome.
    pub fn report(self, batch: &Batch, answered: Vec<Outcome>) -> Report {
        let mut answered = answered.into_iter();
        let mut next = || answered.next().unwrap_or_else(unanswered);
        let refusals = self.refusals.into_iter();
        let outcomes = refusals.map(|refusal| refusal.map_or_else(&mut next, Outcome::from));
        batch.report(outcomes.collect())
    }
}

pub(crate) fn unanswered() -> Outcome {
    Error::new(ErrorKind::Protocol, "nothing was answered for this target")
        .with_sent(Sent::Maybe)
        .into()
}

/// Why a text cannot be a token of any vendor: it is empty, or holds blanks or what cannot be
/// seen.
///
/// ```
/// assert_eq!(zpns_kit::blank_token("a-b:c"), None);
/// assert!(zpns_kit::blank_token("a b").is_some());
/// ```
#[must_use]
pub fn blank_token(token: &str) -> Option<&'static str> {
    let is_visible = |letter: char| !letter.is_whitespace() && !letter.is_control();
    if token.is_empty() || !token.chars().all(is_visible) {
        return Some("the token is empty or holds blanks");
    }
    None
}

/// Tokens that an answer lists, each with what it says about it.
///
/// `R` is the vendor's reason: a code, or `()` where the list itself is the reason. A token that
/// is listed twice keeps what was said last.
///
/// ```
/// use serde_json::json;
/// use zpns_core::Outcome;
/// use zpns_kit::Listed;
///
/// let mut listed = Listed::default();
/// listed.add(&json!(["b"]), "10000");
/// let outcomes = listed.fan_out(&["a", "b", "a"], |token, reason| match reason {
///     Some(code) => Outcome::accepted(Some(format!("{token} {code}"))),
///     None => Outcome::accepted(None),
/// });
/// assert_eq!(outcomes[1], Outcome::accepted(Some("b 10000".to_owned())));
/// assert_eq!(outcomes[0], outcomes[2]);
/// ```
#[derive(Clone, Debug)]
pub struct Listed<R>(HashMap<String, R>);

impl<R> Default for Listed<R> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<R: Clone> Listed<R> {
    /// Adds the tokens of an array, or one that stands alone. What is no text is passed over.
    pub fn add(&mut self, tokens: &Value, reason: R) {
        match tokens {
            Value::Array(tokens) => {
                for token in tokens.iter().filter_map(Value::as_str) {
                    self.add_one(token, reason.clone());
                }
            }
            Value::String(token) => self.add_one(token, reason),
            _ => {}
        }
    }

    /// Adds the tokens of a text in which a comma stands between them.
    pub fn add_text(&mut self, tokens: &str, reason: R) {
        for token in tokens.split(',') {
            self.add_one(token, reason.clone());
        }
    }

    /// Adds one token; blanks around it are not part of it.
    pub fn add_one(&mut self, token: &str, reason: R) {
        let token = token.trim();
        if !token.is_empty() {
            self.0.insert(token.to_owned(), reason);
        }
    }
}

impl<R> Listed<R> {
    /// What is said about this token; none if it is not listed.
    pub fn reason(&self, token: &str) -> Option<&R> {
        self.0.get(token)
    }

    /// How many different tokens are listed.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is listed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every one of these is listed.
    pub fn has_all(&self, tokens: &[&str]) -> bool {
        tokens.iter().all(|token| self.0.contains_key(*token))
    }

    /// One outcome per target, in their order, by what the list says about it. A target that
    /// stands there twice gets the same outcome twice.
    pub fn fan_out(
        &self,
        targets: &[&str],
        outcome: impl Fn(&str, Option<&R>) -> Outcome,
    ) -> Vec<Outcome> {
        let of = |token: &&str| outcome(token, self.reason(token));
        targets.iter().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zpns_core::{Capability, Fields, Kinds, Notification};

    use super::*;
    use crate::testing;

    fn batch(tokens: &[&str]) -> Batch {
        let mut capability = Capability::batched(10, 1);
        capability.kinds = Kinds::ALERT;
        capability.fields = Fields::TITLE | Fields::BODY;
        testing::batch(&Notification::alert("t", "b"), &capability, tokens).unwrap()
    }

    #[test]
    fn what_cannot_be_a_token_is_refused_and_the_order_kept() {
        let batch = batch(&["a", "", "b", "x y", "a"]);
        let sorted = Sorted::new(batch.targets(), blank_token);
        assert_eq!(sorted.sound, ["a", "b", "a"]);
        let answered = ["1", "2", "3"].map(|id| Outcome::accepted(Some(id.to_owned())));
        let report = sorted.report(&batch, answered.to_vec());
        let texts: Vec<String> = report
            .outcomes()
            .iter()
            .map(|outcome| match outcome {
                Outcome::Accepted(accepted) => accepted.vendor_id.clone().unwrap(),
                Outcome::Rejected(rejection) => rejection.kind.to_string(),
                Outcome::Failed(_) => "failed".to_owned(),
            })
            .collect();
        assert_eq!(texts, ["1", "token_invalid", "2", "token_invalid", "3"]);
    }

    #[test]
    fn a_target_without_an_answer_may_have_been_sent_to() {
        let batch = batch(&["a", "b"]);
        let sorted = Sorted::new(batch.targets(), blank_token);
        let report = sorted.report(&batch, vec![Outcome::accepted(None)]);
        let Outcome::Failed(error) = &report.outcomes()[1] else {
            panic!("{report:?}")
        };
        assert_eq!(
            (error.kind(), error.sent()),
            (ErrorKind::Protocol, Sent::Maybe)
        );
    }

    #[test]
    fn every_form_of_a_list_is_read() {
        let mut listed = Listed::default();
        listed.add(&json!(["a", " b ", 7, "", null]), 1);
        listed.add(&json!("c"), 2);
        listed.add(&json!({"d": 1}), 3);
        listed.add_text("e, f,,a", 4);
        let told = ["a", "b", "c", "d", "e", "f"].map(|token| listed.reason(token).copied());
        assert_eq!(told, [Some(4), Some(1), Some(2), None, Some(4), Some(4)]);
        assert_eq!(listed.len(), 5);
        assert!(listed.has_all(&["a", "c"]) && !listed.has_all(&["a", "d"]));
        assert!(!listed.is_empty() && Listed::<()>::default().is_empty());
    }
}
