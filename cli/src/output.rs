//! What goes to stdout and stderr.

use std::io::Write;
use std::time::Duration;

use serde::Serialize;
use zpns::{Delivery, Outcome, Retry, Sent, TokenAction};

/// One line of `zpns send`: what came of one target. Absent keys are left out.
#[derive(Serialize, Debug)]
pub(crate) struct SendLine<'a> {
    provider: &'a str,
    token: &'a str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replace_with: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<Sent>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    dropped: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    truncated: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'a [String],
}

impl<'a> From<&'a Delivery> for SendLine<'a> {
    fn from(delivery: &'a Delivery) -> Self {
        let mut line = Self {
            provider: delivery.target.provider.as_str(),
            token: delivery.target.token.as_str(),
            outcome: "",
            vendor_id: None,
            kind: delivery.outcome.kind().map(|kind| kind.as_str()),
            token_action: None,
            since_ms: None,
            replace_with: None,
            until_ms: None,
            vendor_code: delivery.outcome.vendor().map(|vendor| &*vendor.code),
            reason: None,
            retry_after_ms: None,
            sent: None,
            dropped: &[],
            truncated: &[],
            warnings: &[],
        };
        if let Some(notes) = &delivery.notes {
            line.dropped = &notes.dropped;
            line.truncated = &notes.truncated;
        }
        match &delivery.outcome {
            Outcome::Accepted(accepted) => {
                line.outcome = "accepted";
                line.vendor_id = accepted.vendor_id.as_deref();
            }
            Outcome::Rejected(rejection) => {
                line.outcome = "rejected";
                line.reason = Some(rejection.reason.to_string());
                line.token_action = Some(rejection.token.as_str());
                match &rejection.token {
                    TokenAction::Drop { since } => line.since_ms = since.map(|at| at.as_millis()),
                    TokenAction::Replace(token) => line.replace_with = Some(token.as_str()),
                    TokenAction::Mute { until } => line.until_ms = until.map(|at| at.as_millis()),
                    _ => {}
                }
            }
            Outcome::Failed(error) => {
                line.outcome = "failed";
                line.reason = Some(error.reason());
                line.sent = Some(error.sent());
                if let Retry::After(delay) = error.retry() {
                    line.retry_after_ms = Some(millis(delay));
                }
            }
        }
        line
    }
}

impl<'a> SendLine<'a> {
    /// With what preflight rules warn of.
    pub(crate) fn warn_of(&mut self, delivery: &'a Delivery) {
        if let Some(notes) = &delivery.notes {
            self.warnings = &notes.warnings;
        }
    }
}

/// Writes one JSON line.
pub(crate) fn json_line(to: &mut impl Write, line: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *to, line)?;
    to.write_all(b"\n")
}

/// A line on stderr. There is nowhere left to report that stderr is closed.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
