//! What goes to stdout and stderr.

use std::fmt;
use std::io::Write;
use std::time::Duration;

use serde::Serialize;
use zpns::model::Notes;
use zpns::{Attempt, Delivery, Outcome, Retry, Sent, Step, Target, TokenAction};

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
    #[serde(skip_serializing_if = "<[Attempt]>::is_empty")]
    attempts: &'a [Attempt],
}

impl<'a> From<&'a Delivery> for SendLine<'a> {
    fn from(delivery: &'a Delivery) -> Self {
        let notes = delivery.notes.as_deref();
        Self::of(&delivery.target, &delivery.outcome, notes)
    }
}

impl<'a> From<&'a Step> for SendLine<'a> {
    fn from(step: &'a Step) -> Self {
        Self::of(&step.target, &step.outcome, step.notes.as_deref())
    }
}

impl<'a> SendLine<'a> {
    fn of(target: &'a Target, outcome: &'a Outcome, notes: Option<&'a Notes>) -> Self {
        let mut line = Self {
            provider: target.provider.as_str(),
            token: target.token.as_str(),
            outcome: "",
            vendor_id: None,
            kind: outcome.kind().map(|kind| kind.as_str()),
            token_action: None,
            since_ms: None,
            replace_with: None,
            until_ms: None,
            vendor_code: outcome.vendor().map(|vendor| &*vendor.code),
            reason: None,
            retry_after_ms: None,
            sent: None,
            dropped: &[],
            truncated: &[],
            warnings: &[],
            attempts: &[],
        };
        if let Some(notes) = notes {
            line.dropped = &notes.dropped;
            line.truncated = &notes.truncated;
            line.attempts = &notes.attempts;
        }
        match outcome {
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

    /// The word for its outcome.
    pub(crate) fn outcome(&self) -> &'static str {
        self.outcome
    }

    /// With what preflight rules warn of.
    pub(crate) fn warn_of(&mut self, delivery: &'a Delivery) {
        if let Some(notes) = &delivery.notes {
            self.warnings = &notes.warnings;
        }
    }
}

/// The same for humans: what came of the target, and below it what there is to say of that.
impl fmt::Display for SendLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.provider, self.token, self.outcome)?;
        if let Some(id) = self.vendor_id {
            write!(f, " as {id}")?;
        }
        let words: Vec<&str> = [self.kind, self.vendor_code]
            .into_iter()
            .flatten()
            .collect();
        if !words.is_empty() {
            write!(f, " ({})", words.join(", "))?;
        }
        if let Some(reason) = &self.reason {
            write!(f, ": {reason}")?;
        }
        if let Some(action) = self.token_action {
            write!(f, "\n    token: {action}")?;
            if let Some(token) = self.replace_with {
                write!(f, " with {token}")?;
            }
        }
        if self.sent == Some(Sent::Maybe) {
            f.write_str("\n    the vendor may have acted on it all the same")?;
        }
        if let Some(millis) = self.retry_after_ms {
            write!(f, "\n    worth another try after {}", seconds(millis))?;
        }
        self.tell_of_attempts(f)?;
        let lists = [
            ("left out", self.dropped),
            ("cut", self.truncated),
            ("warning", self.warnings),
        ];
        for (title, entries) in lists {
            for entry in entries {
                write!(f, "\n    {title}: {entry}")?;
            }
        }
        f.write_str("\n")
    }
}

impl SendLine<'_> {
    /// The attempts before the last one, with the time between them.
    fn tell_of_attempts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = None;
        for (number, attempt) in (1..).zip(self.attempts) {
            write!(f, "\n    attempt {number}: {}", attempt.kind.as_str())?;
            if attempt.sent == Sent::Maybe {
                f.write_str(", may have been sent")?;
            }
            if let Some(before) = before.replace(attempt.at) {
                let later = millis(attempt.at.since(before));
                write!(f, ", {} after the one before", seconds(later))?;
            }
        }
        Ok(())
    }
}

fn seconds(millis: u64) -> String {
    format!("{}.{} s", millis / 1_000, millis % 1_000 / 100)
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
