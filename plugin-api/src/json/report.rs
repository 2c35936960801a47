//! `zpns.report/1`: what came of a batch, on its way out of a plugin.
//!
//! An outcome is written as [`Outcome`] always is, with its target's position `i` beside it; `rest`
//! is that of every target which the list leaves out.
//!
//! ```json
//! {"rest": {"outcome": "accepted"}, "outcomes": [
//!   {"i": 17, "outcome": "rejected", "kind": "token_invalid", "token": {"drop": {"since": null}},
//!    "vendor": {"code": "410", "http_status": 410}, "reason": "gone"},
//!   {"i": 18, "outcome": "failed", "kind": "unavailable", "message": "busy",
//!    "retry": {"mode": "after", "after_ms": 1500}, "sent": "no"}]}
//! ```

use std::borrow::Cow;
use std::sync::Arc;

use serde::de::value::{self, StrDeserializer};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer};
use zpns_core::{
    Accepted, Error, ErrorKind, Notes, Outcome, Rejection, Report, Retry, Scope, Sent, TokenAction,
    VendorCode,
};

/// Writes a report for the host.
///
/// # Errors
/// None that a report can cause; those of the serialiser.
///
/// ```
/// use zpns_core::{Outcome, Report};
/// use zpns_plugin_api::json::{decode_report, encode_report};
///
/// let report = Report::uniform(Outcome::accepted(None), 1000);
/// let json = encode_report(&report).unwrap();
/// assert_eq!(json, br#"{"rest":{"outcome":"accepted"}}"#);
/// assert_eq!(decode_report(&json, 1000).unwrap().report, report);
/// ```
pub fn encode_report(report: &Report) -> serde_json::Result<Vec<u8>> {
    #[derive(Serialize)]
    struct Body<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        rest: Option<&'a Outcome>,
        #[serde(skip_serializing_if = "Exceptions::is_empty")]
        outcomes: Exceptions<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        notes: Option<&'a Notes>,
    }
    let outcomes = report.outcomes();
    // Most batches are accepted but for a few tokens, or refused as a whole.
    let plain = Outcome::accepted(None);
    let rest = outcomes.iter().find(|outcome| **outcome == plain);
    let rest = rest.or(outcomes.first());
    let mut json = Vec::with_capacity(64 + 16 * outcomes.len());
    serde_json::to_writer(
        &mut json,
        &Body {
            rest,
            outcomes: Exceptions { outcomes, rest },
            notes: report.notes(0).map(Arc::as_ref),
        },
    )?;
    Ok(json)
}

/// Every outcome that is not the rest's.
struct Exceptions<'a> {
    outcomes: &'a [Outcome],
    rest: Option<&'a Outcome>,
}

impl<'a> Exceptions<'a> {
    fn iter(&self) -> impl Iterator<Item = (usize, &'a Outcome)> {
        let rest = self.rest;
        let outcomes = self.outcomes.iter().enumerate();
        outcomes.filter(move |(_, outcome)| Some(*outcome) != rest)
    }

    fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl Serialize for Exceptions<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct One<'a> {
            i: usize,
            #[serde(flatten)]
            outcome: &'a Outcome,
        }
        let mut list = to.serialize_seq(None)?;
        for (i, outcome) in self.iter() {
            list.serialize_element(&One { i, outcome })?;
        }
        list.end()
    }
}

/// A report as it was read, and what was wrong with it.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Decoded {
    /// One outcome for each target. One that was left out, answered twice, or answered with
    /// something unreadable, is a protocol failure that may have been sent.
    pub report: Report,
    /// Outcomes that belong to no target, or to one that was answered already.
    pub strays: usize,
    /// Targets that got no outcome.
    pub missing: usize,
}

/// Reads a plugin's report on `targets` targets, trusting nothing in it.
///
/// # Errors
/// It is not JSON of this form at all: nothing is known about any target.
pub fn decode_report(json: &[u8], targets: usize) -> serde_json::Result<Decoded> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow, default)]
        rest: Option<Wire<'a>>,
        #[serde(borrow, default)]
        outcomes: Vec<Wire<'a>>,
        #[serde(default)]
        notes: Option<Notes>,
    }
    let body: Body<'_> = serde_json::from_slice(json)?;
    let mut outcomes: Vec<Option<Outcome>> = vec![None; targets];
    let mut strays = 0;
    for wire in body.outcomes {
        let place = wire.i.and_then(|i| outcomes.get_mut(i));
        match place {
            None => strays += 1,
            Some(Some(answered)) => {
                strays += 1;
                *answered = unknown("the plugin answered twice for this target");
            }
            Some(place) => *place = Some(wire.into_outcome()),
        }
    }
    let rest = body.rest.map(Wire::into_outcome);
    let mut missing = 0;
    let outcomes = outcomes.into_iter().map(|outcome| {
        outcome.or_else(|| rest.clone()).unwrap_or_else(|| {
            missing += 1;
            unknown("the plugin reported on fewer targets than it was given")
        })
    });
    let report = Report::new(outcomes.collect()).with_notes(body.notes.map(Arc::new));
    Ok(Decoded {
        report,
        strays,
        missing,
    })
}

/// Nobody knows what came of a target.
fn unknown(message: &'static str) -> Outcome {
    Error::new(ErrorKind::Protocol, message)
        .with_sent(Sent::Maybe)
        .into()
}

/// Every field that any of the outcomes has.
///
/// Read as one flat struct: serde would copy every field of a tagged enum once to find the tag.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(default)]
    i: Option<usize>,
    #[serde(borrow)]
    outcome: Cow<'a, str>,
    #[serde(default)]
    vendor_id: Option<String>,
    #[serde(default)]
    log_id: Option<String>,
    #[serde(borrow, default)]
    kind: Cow<'a, str>,
    #[serde(default)]
    token: Option<TokenAction>,
    #[serde(borrow, default)]
    scope: Option<Cow<'a, str>>,
    #[serde(default)]
    vendor: Option<VendorCode>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    retry: Retry,
    #[serde(default)]
    sent: Option<Sent>,
    #[serde(default)]
    context: Vec<(String, String)>,
}

impl Wire<'_> {
    fn into_outcome(self) -> Outcome {
        match &*self.outcome {
            "accepted" => Outcome::Accepted(Accepted::new(self.vendor_id).with_log_id(self.log_id)),
            "rejected" => self.into_rejected(),
            "failed" => self.into_failed(),
            _ => unknown("the plugin answered with an outcome of another version"),
        }
    }

    /// A rejection of a kind that is no verdict, or unknown, is a failure: no token dies of it.
    fn into_rejected(mut self) -> Outcome {
        match self.known_kind() {
            Some(kind) if kind.is_verdict() => {
                let scope = self.known_scope();
                let mut rejection = Rejection::new(kind, self.reason.unwrap_or_default());
                rejection.token = self.token.unwrap_or_default();
                rejection.scope = scope;
                rejection.vendor = self.vendor;
                rejection.into()
            }
            _ => {
                self.message = self.message.or(self.reason.take());
                self.into_failed()
            }
        }
    }

    fn into_failed(mut self) -> Outcome {
        let kind = self.known_kind().unwrap_or_else(|| {
            let name: String = self.kind.chars().take(40).collect();
            self.context.push(("kind".into(), name));
            ErrorKind::Protocol
        });
        let scope = self.known_scope();
        let mut error = Error::new(kind, self.message.unwrap_or_default())
            .with_retry(self.retry)
            .with_sent(self.sent.unwrap_or(Sent::Maybe));
        if let Some(scope) = scope {
            error = error.with_scope(scope);
        }
        if let Some(vendor) = self.vendor {
            error = error.with_vendor(vendor);
        }
        for (key, value) in self.context {
            error = error.with_context(key, value);
        }
        error.into()
    }

    /// One of another version is left out: then it concerns whom its kind does.
    fn known_scope(&self) -> Option<Scope> {
        let scope = StrDeserializer::<value::Error>::new(self.scope.as_deref()?);
        Scope::deserialize(scope).ok()
    }

    fn known_kind(&self) -> Option<ErrorKind> {
        let mut kinds = ErrorKind::ALL.into_iter();
        kinds.find(|kind| kind.as_str() == self.kind)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use zpns_core::Timestamp;

    use super::*;

    fn every_outcome() -> Vec<Outcome> {
        let gone = || Rejection::new(ErrorKind::TokenInvalid, "gone");
        let code = || {
            VendorCode::new("410")
                .with_reason("\"no\"")
                .with_status(410)
        };
        vec![
            Outcome::accepted(None),
            Outcome::accepted("m1".to_owned()),
            Accepted::new("m2".to_owned())
                .with_log_id("l".to_owned())
                .into_outcome(),
            gone().into(),
            gone().with_vendor(code()).into(),
            gone().with_scope(Scope::Provider).into(),
            Error::new(ErrorKind::RateLimited, "slow")
                .with_scope(Scope::Target)
                .into(),
            gone().with_token(TokenAction::Drop { since: None }).into(),
            gone()
                .with_token(TokenAction::Drop {
                    since: Some(Timestamp::from_millis(5)),
                })
                .into(),
            gone().with_token(TokenAction::Replace("new".into())).into(),
            gone().with_token(TokenAction::Mute { until: None }).into(),
            Error::new(ErrorKind::Timeout, "late")
                .with_sent(Sent::Maybe)
                .into(),
            Error::new(ErrorKind::Unavailable, "busy")
                .with_retry(Retry::After(Duration::from_millis(1500)))
                .with_vendor(code())
                .with_context("endpoint", "x")
                .into(),
            Error::new(ErrorKind::RateLimited, "fast")
                .with_retry(Retry::Backoff)
                .into(),
            Outcome::accepted(None),
        ]
    }

    trait IntoOutcome {
        fn into_outcome(self) -> Outcome;
    }

    impl IntoOutcome for Accepted {
        fn into_outcome(self) -> Outcome {
            Outcome::Accepted(self)
        }
    }

    #[test]
    fn every_outcome_survives_the_way_out_of_a_plugin() {
        let notes: Notes =
            serde_json::from_str(r#"{"dropped": ["sound"], "truncated": ["body"]}"#).unwrap();
        let report = Report::new(every_outcome()).with_notes(Some(Arc::new(notes)));
        let json = encode_report(&report).unwrap();
        let decoded = decode_report(&json, report.len()).unwrap();
        assert_eq!(decoded.report, report);
        assert_eq!((decoded.strays, decoded.missing), (0, 0));
    }

    #[test]
    fn only_exceptions_are_listed() {
        let mut outcomes = vec![Outcome::accepted(None); 100];
        outcomes[17] = Rejection::new(ErrorKind::Muted, "m").into();
        let json = encode_report(&Report::new(outcomes)).unwrap();
        assert_eq!(
            String::from_utf8(json).unwrap(),
            r#"{"rest":{"outcome":"accepted"},"outcomes":[{"i":17,"outcome":"rejected","kind":"muted","token":"keep","reason":"m"}]}"#
        );
    }

    fn kinds(json: &str, targets: usize) -> (Vec<Option<ErrorKind>>, usize, usize) {
        let decoded = decode_report(json.as_bytes(), targets).unwrap();
        let outcomes = decoded.report.outcomes();
        for outcome in outcomes {
            if let Outcome::Failed(error) = outcome {
                assert_eq!(error.sent(), Sent::Maybe, "{error}");
            }
        }
        let kinds = outcomes.iter().map(Outcome::kind).collect();
        (kinds, decoded.strays, decoded.missing)
    }

    #[test]
    fn a_target_without_an_outcome_may_have_been_sent() {
        let json = r#"{"outcomes": [{"i": 0, "outcome": "accepted"}]}"#;
        let expected = (vec![None, Some(ErrorKind::Protocol)], 0, 1);
        assert_eq!(kinds(json, 2), expected);
        assert_eq!(kinds("{}", 1), (vec![Some(ErrorKind::Protocol)], 0, 1));
    }

    #[test]
    fn a_target_that_was_answered_twice_is_not_believed() {
        let json = r#"{"rest": {"outcome": "accepted"}, "outcomes": [
            {"i": 0, "outcome": "accepted"},
            {"i": 0, "outcome": "rejected", "kind": "token_invalid", "token": {"drop": {}}}]}"#;
        let expected = (vec![Some(ErrorKind::Protocol), None], 1, 0);
        assert_eq!(kinds(json, 2), expected);
    }

    #[test]
    fn an_outcome_of_no_target_is_counted_and_left_out() {
        let json = r#"{"rest": {"outcome": "accepted"}, "outcomes": [
            {"i": 1, "outcome": "rejected", "kind": "token_invalid"},
            {"outcome": "accepted"}]}"#;
        assert_eq!(kinds(json, 1), (vec![None], 2, 0));
    }

    #[test]
    fn a_rejection_that_is_no_verdict_is_a_failure() {
        for kind in ["timeout", "invented_later"] {
            let json = format!(
                r#"{{"rest": {{"outcome": "rejected", "kind": "{kind}", "token": {{"drop": {{}}}}}}}}"#
            );
            let decoded = decode_report(json.as_bytes(), 1).unwrap();
            assert!(matches!(decoded.report.outcomes(), [Outcome::Failed(_)]));
        }
        let json = r#"{"rest": {"outcome": "rejected"}}"#;
        assert_eq!(kinds(json, 1), (vec![Some(ErrorKind::Protocol)], 0, 0));
    }

    #[test]
    fn an_outcome_of_another_version_is_a_failure() {
        let json = r#"{"rest": {"outcome": "teleported", "to": "mars"}}"#;
        assert_eq!(kinds(json, 1), (vec![Some(ErrorKind::Protocol)], 0, 0));
    }

    #[test]
    fn a_scope_of_another_version_is_left_out() {
        let json = r#"{"rest": {"outcome": "rejected", "kind": "muted", "scope": "galaxy"}}"#;
        assert_eq!(kinds(json, 1), (vec![Some(ErrorKind::Muted)], 0, 0));
    }

    #[test]
    fn what_is_no_report_is_an_error() {
        let shallow = ["", "1", "null", "{\"outcomes\": 1}", "{\"rest\": {}}", "{"];
        let deep = format!(
            "{{\"x\": {}",
            "[".repeat(if cfg!(miri) { 1_000 } else { 100_000 })
        );
        for json in shallow.into_iter().chain([&*deep]) {
            assert!(decode_report(json.as_bytes(), 1).is_err());
        }
    }
}
