//! `tracing` spans and log lines.

use tracing::field::Empty;
use tracing::{Span, debug, debug_span, warn};

use super::push_word;
use crate::model::{Notification, mask};
use crate::observer::{Event, Observer};
use crate::provider::{Batch, ProviderInfo};

/// One span per send (`zpns.send`) and one per attempt within it (`zpns.attempt`), at the level
/// `DEBUG`; what an operator should know of at `WARN`, what came of each target at `DEBUG`.
///
/// Tokens are masked. What a message says, and every secret, is left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spans;

impl Observer for Spans {
    fn observe(&self, event: &Event<'_>) {
        match event {
            Event::Accepted {
                provider, target, ..
            } => {
                debug!(provider = %provider.id, token = mask(target.token.as_str()), "accepted");
            }
            Event::Rejected {
                provider,
                target,
                rejection,
                ..
            } => debug!(
                provider = %provider.id,
                token = mask(target.token.as_str()),
                kind = rejection.kind.as_str(),
                action = rejection.token.as_str(),
                "rejected: {}",
                rejection.reason
            ),
            Event::Failed {
                provider,
                target,
                error,
                ..
            } => debug!(
                provider = %provider.id,
                token = mask(target.token.as_str()),
                kind = error.kind().as_str(),
                sent = ?error.sent(),
                "failed: {}",
                error.reason()
            ),
            Event::AttemptEnded { report, took, .. } => {
                let span = Span::current();
                let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                span.record("took_ms", millis);
                if let Some(report) = report {
                    span.record("accepted", report.accepted());
                    span.record("rejected", report.rejected());
                    span.record("failed", report.failed());
                }
            }
            Event::Retried {
                provider,
                targets,
                attempt,
                delay,
                kind,
            } => debug!(
                provider = %provider.id,
                targets,
                attempt,
                ?delay,
                kind = kind.as_str(),
                "tried again"
            ),
            Event::FellBack { from, to, kind } => debug!(
                from = %from.provider,
                to = %to.provider,
                token = mask(from.token.as_str()),
                kind = kind.as_str(),
                "the next channel is used"
            ),
            Event::BreakerOpened { provider, kind } => {
                warn!(provider = %provider.id, kind = kind.as_str(), "not called any more");
            }
            Event::BreakerClosed { provider } => warn!(provider = %provider.id, "called again"),
            Event::GuardReleased { provider, .. } => {
                warn!(provider = %provider.id, "tokens are dropped again");
            }
            // The router warns of the guard and of expiries itself, whoever listens; the rest is
            // in the spans or in the verdicts.
            _ => {}
        }
    }

    fn send_span(&self, notification: &Notification) -> Option<Span> {
        Some(debug_span!(
            "zpns.send",
            id = %notification.id,
            push = push_word(notification)
        ))
    }

    fn attempt_span(&self, provider: &ProviderInfo, batch: &Batch) -> Option<Span> {
        Some(debug_span!(
            "zpns.attempt",
            provider = %provider.id,
            vendor = %provider.vendor,
            id = %batch.notification().id,
            attempt = batch.attempt(),
            targets = batch.targets().len(),
            accepted = Empty,
            rejected = Empty,
            failed = Empty,
            took_ms = Empty
        ))
    }
}
