//! `tracing` spans and log lines.

use std::borrow::Cow;

use tracing::field::Empty;
use tracing::{Span, debug, debug_span, warn};

use super::push_word;
use crate::model::{Notification, Target, mask};
use crate::observer::{Event, Observer};
use crate::provider::{Batch, ProviderInfo};

/// One span per send (`zpns.send`) and one per attempt within it (`zpns.attempt`), at the level
/// `DEBUG`; what an operator should know of at `WARN`, what came of each target at `DEBUG`.
///
/// Tokens are masked, also where a vendor's own words quote them. What a message says, and every
/// secret, is left out; a refusal is told in the vendor's own words, which may quote a field.
///
/// | span | fields |
/// | --- | --- |
/// | `zpns.send` | `id` of the message, `push` (`alert`, `silent`, `call`, …) |
/// | `zpns.attempt` | `provider`, `vendor`, `id`, `attempt` (from 1), `targets`; at its end `took_ms`, and `accepted`, `rejected` and `failed` targets, or `given_up` if its time was over or nobody wanted its outcome any more |
///
/// ```
/// use std::sync::Arc;
/// use zpns_core::telemetry::Spans;
/// # use zpns_core::{Resources, Router};
/// # fn example(resources: Resources) {
/// let router = Router::builder(resources).observer(Arc::new(Spans)).build();
/// # }
/// ```
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
                masked(&rejection.reason, target)
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
                masked(&error.reason(), target)
            ),
            Event::AttemptEnded { report, took, .. } => {
                let span = Span::current();
                // Where ours is filtered out, this is a span of the host's own.
                if span
                    .metadata()
                    .is_none_or(|span| span.name() != "zpns.attempt")
                {
                    return;
                }
                let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                span.record("took_ms", millis);
                match report {
                    Some(report) => {
                        span.record("accepted", report.accepted());
                        span.record("rejected", report.rejected());
                        span.record("failed", report.failed());
                    }
                    None => drop(span.record("given_up", true)),
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
            Event::BreakerHalfOpened { provider } => {
                debug!(provider = %provider.id, "one batch goes out to find out");
            }
            Event::BreakerClosed { provider } => warn!(provider = %provider.id, "called again"),
            Event::RateAdapted {
                provider,
                per_second,
                unit,
            } => debug!(
                provider = %provider.id,
                per_second,
                unit = unit.as_str(),
                "another rate"
            ),
            Event::QuotaLatched {
                provider,
                category,
                until,
                ..
            } => warn!(
                provider = %provider.id,
                ?category,
                until_ms = until.as_millis(),
                "a daily quota is used up"
            ),
            Event::QuotaReleased { provider, category } => {
                warn!(provider = %provider.id, ?category, "a daily quota begins anew");
            }
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
            given_up = Empty,
            took_ms = Empty
        ))
    }
}

/// A vendor's words without the token, which some of them quote.
fn masked<'a>(words: &'a str, target: &Target) -> Cow<'a, str> {
    let token = target.token.as_str();
    if token.is_empty() || !words.contains(token) {
        return Cow::Borrowed(words);
    }
    Cow::Owned(words.replace(token, &mask(token)))
}
