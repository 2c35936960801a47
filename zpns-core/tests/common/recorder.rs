//! An observer that writes everything down.

use std::sync::Mutex;

use zpns_core::{Event, Observer};

/// Every event, one line each.
#[derive(Debug, Default)]
pub(crate) struct Recorder(Mutex<Vec<String>>);

impl Recorder {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// The lines that begin with this word.
    pub(crate) fn of(&self, word: &str) -> Vec<String> {
        let mut lines = self.lines();
        lines.retain(|line| line.split(' ').next() == Some(word));
        lines
    }
}

impl Observer for Recorder {
    fn observe(&self, event: &Event<'_>) {
        let line = match event {
            Event::Accepted { target, .. } => format!("accepted {}", target.token.as_str()),
            Event::Rejected {
                target, rejection, ..
            } => format!("rejected {} {}", target.token.as_str(), rejection.kind),
            Event::Failed { target, error, .. } => {
                format!("failed {} {}", target.token.as_str(), error.kind())
            }
            Event::Retried {
                targets,
                attempt,
                delay,
                kind,
                ..
            } => format!("retried {targets} {attempt} {} {kind}", delay.as_millis()),
            Event::TokenDropped { target, since, .. } => {
                let since = since.map(zpns_core::Timestamp::as_millis);
                format!("dropped {} {since:?}", target.token.as_str())
            }
            Event::TokenReplaced { target, token, .. } => {
                format!("replaced {} {}", target.token.as_str(), token.as_str())
            }
            Event::BreakerOpened { kind, .. } => format!("opened {kind}"),
            Event::QuotaLatched {
                category, until, ..
            } => format!("latched {category:?} {}", until.as_millis()),
            Event::QuotaReleased { category, .. } => format!("unlatched {category:?}"),
            Event::BreakerHalfOpened { .. } => "halfopened".to_owned(),
            Event::BreakerClosed { .. } => "closed".to_owned(),
            Event::RateAdapted {
                per_second, unit, ..
            } => format!("rate {per_second:?} {}", unit.as_str()),
            Event::FellBack { from, to, kind } => {
                format!("fellback {} {} {kind}", from.provider, to.provider)
            }
            Event::GuardClosed { provider, alarm } => {
                format!("guard {} {} {}", provider.id, alarm.invalid, alarm.verdicts)
            }
            Event::GuardReleased { provider, .. } => format!("released {}", provider.id),
            Event::CredentialExpiring {
                provider,
                expiry,
                left,
            } => format!(
                "expiring {} {} {}",
                provider.id,
                expiry.what,
                left.as_secs()
            ),
            // Attempts come and go; tests that want to know of them ask the provider.
            Event::AttemptStarted { .. } | Event::AttemptEnded { .. } => return,
            other => format!("unknown {other:?}"),
        };
        self.0.lock().unwrap().push(line);
    }
}
