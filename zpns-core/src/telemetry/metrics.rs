//! Counters, histograms and gauges of the `metrics` crate.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};

use super::push_word;
use crate::layers::{BreakerState, RateUnit, Urgency};
use crate::model::{ErrorKind, Notification, ProviderId};
use crate::observer::{Event, Observer};
use crate::provider::ProviderInfo;
use crate::router::Router;

/// What came of targets.
const OUTCOMES: &str = "zpns_outcomes_total";
/// How long attempts took.
const ATTEMPT_SECONDS: &str = "zpns_attempt_seconds";
/// Attempts under way.
const REQUESTS: &str = "zpns_requests_in_flight";
const RETRIES: &str = "zpns_retries_total";
const FALLBACKS: &str = "zpns_fallbacks_total";
const DROPPED: &str = "zpns_tokens_dropped_total";
const REPLACED: &str = "zpns_tokens_replaced_total";
const QUOTAS: &str = "zpns_quotas_used_up_total";
const OPENED: &str = "zpns_breaker_opened_total";
const PROBES: &str = "zpns_breaker_probes_total";
const BREAKER: &str = "zpns_breaker_open";
const GUARD: &str = "zpns_guard_closed";
const WAITING: &str = "zpns_targets_waiting";
const HELD: &str = "zpns_batches_waiting";
const IN_FLIGHT: &str = "zpns_batches_in_flight";
const USED_UP: &str = "zpns_quotas_latched";
const RATE: &str = "zpns_rate_limit_per_second";
const EXPIRES: &str = "zpns_credential_expires_at_seconds";

/// Counts what happens with the recorder that the host installed for the `metrics` crate
/// (Prometheus, StatsD, OpenTelemetry …). Install that first.
///
/// | name | is | labels beside `provider` and `vendor` |
/// | --- | --- | --- |
/// | `zpns_outcomes_total` | targets by what came of them | `outcome`, `kind` (of the error, or `none`), `push`, `class` |
/// | `zpns_attempt_seconds` | how long attempts took | `result` (`answered`, `given_up`), `push`, `class` |
/// | `zpns_requests_in_flight` | attempts under way | |
/// | `zpns_retries_total` | targets that were tried again | `kind` |
/// | `zpns_fallbacks_total` | devices whose next channel was used | `from`, `to` and `kind`; neither `provider` nor `vendor` |
/// | `zpns_tokens_dropped_total`, `zpns_tokens_replaced_total` | tokens by advice | |
/// | `zpns_quotas_used_up_total` | daily quotas of a class or a provider that were used up | |
/// | `zpns_breaker_opened_total` | times that a provider was not called any more | `kind` |
/// | `zpns_breaker_probes_total` | batches that went out to find out whether all is well again | |
/// | `zpns_breaker_open`, `zpns_guard_closed` | 0 or 1; a breaker that is half open is not closed | |
/// | `zpns_rate_limit_per_second` | requests or targets a second at the most; infinite where nothing is bounded | `unit` (`requests`, `targets`) |
/// | `zpns_quotas_latched` | daily quotas that are used up at present, when [sampled](Self::sample) | |
/// | `zpns_targets_waiting` | targets that wait for a batch or for the window, when sampled | `lane` (as `class`) |
/// | `zpns_batches_waiting` | batches that wait for the rate or for a request slot, when sampled | `lane`, `for` (`rate`, `slot`) |
/// | `zpns_batches_in_flight` | batches under way, pauses and what waits in layers included, when sampled | |
/// | `zpns_credential_expires_at_seconds` | Unix time at which a certificate or key ends, when sampled | `what` |
///
/// What is sampled is set from [`Router::status`], the breaker, the guard and the rate too: a
/// gauge that missed an event is right again at the next scrape.
///
/// Targets of a provider that there is not are counted with `provider` and `vendor` `unknown`.
///
/// `push` is the kind of push (`alert`, `silent`, `call`, …), `class` what vendors make of it and
/// in which lane it waits (`call`, `chat`, `marketing`: [`Urgency`]). No label holds a token or anything that a message says.
///
/// ```
/// use std::sync::Arc;
/// use zpns_core::telemetry::Metrics;
/// # use zpns_core::{Resources, Router};
/// # fn example(resources: Resources) {
/// let metrics = Arc::new(Metrics::new());
/// let router = Router::builder(resources).observer(metrics.clone()).build();
/// // Before each scrape:
/// metrics.sample(&router);
/// # }
/// ```
pub struct Metrics {
    outcomes: Handles<(ProviderId, Message, Option<ErrorKind>), Counter>,
    attempts: Handles<(ProviderId, Message, bool), Histogram>,
    requests: Handles<ProviderId, Gauge>,
}

/// What labels say of a message.
type Message = (&'static str, &'static str);

fn labels_of(notification: &Notification) -> Message {
    (push_word(notification), Urgency::of(notification).as_str())
}

impl Metrics {
    /// Describes the metrics to the recorder that is installed.
    pub fn new() -> Self {
        describe_counter!(OUTCOMES, "targets by what came of them");
        describe_counter!(RETRIES, "targets that were tried again");
        describe_counter!(FALLBACKS, "devices whose next channel was used");
        describe_counter!(DROPPED, "tokens that vendors called dead");
        describe_counter!(REPLACED, "tokens that vendors replaced");
        describe_counter!(QUOTAS, "daily quotas that were used up");
        describe_histogram!(
            ATTEMPT_SECONDS,
            metrics::Unit::Seconds,
            "how long attempts took"
        );
        describe_gauge!(REQUESTS, "attempts under way");
        describe_counter!(OPENED, "times that a provider was not called any more");
        describe_counter!(PROBES, "batches sent to see if a provider is well again");
        describe_gauge!(BREAKER, "1 while the provider is not called");
        describe_gauge!(RATE, "the most that goes out in a second");
        describe_gauge!(USED_UP, "daily quotas that are used up at present");
        describe_gauge!(HELD, "batches that wait for the rate or for a slot");
        describe_gauge!(GUARD, "1 while no token of the provider is dropped");
        describe_gauge!(WAITING, "targets that wait for a batch or for the window");
        describe_gauge!(
            IN_FLIGHT,
            "batches under way, pauses between attempts included"
        );
        describe_gauge!(
            EXPIRES,
            metrics::Unit::Seconds,
            "Unix time at which a credential ends"
        );
        Self {
            outcomes: Handles::default(),
            attempts: Handles::default(),
            requests: Handles::default(),
        }
    }

    /// Sets the gauges of what is not told by events: call it before each scrape.
    pub fn sample(&self, router: &Router) {
        for status in router.status() {
            let provider = &status.provider;
            let layers = &status.layers;
            of_provider(IN_FLIGHT, provider).set(status.in_flight as f64);
            of_provider(GUARD, provider).set(switch(status.guard.is_some()));
            of_provider(BREAKER, provider).set(switch(layers.breaker != BreakerState::Closed));
            of_provider(USED_UP, provider).set(layers.used_up.len() as f64);
            rate(provider, layers.rate_unit).set(layers.per_second.unwrap_or(f64::INFINITY));
            lanes(WAITING, provider, None, &status.lanes);
            lanes(HELD, provider, Some("rate"), &layers.waiting_for_rate);
            lanes(HELD, provider, Some("slot"), &layers.waiting_for_slot);
            for expiry in status.expiries {
                let (id, vendor) = names(provider);
                gauge!(EXPIRES, "provider" => id, "vendor" => vendor, "what" => expiry.what)
                    .set(expiry.at.as_secs() as f64);
            }
        }
    }

    fn count(
        &self,
        provider: &ProviderInfo,
        notification: &Notification,
        outcome: &'static str,
        kind: Option<ErrorKind>,
    ) {
        let (push, class) = labels_of(notification);
        // Names that are wrong may be any number: they share one label.
        let nobody = provider
            .is_unknown()
            .then(|| ProviderInfo::unknown("unknown".into()));
        let provider = nobody.as_ref().unwrap_or(provider);
        let key = (provider.id.clone(), (push, class), kind);
        let counter = self.outcomes.get(key, || {
            let (id, vendor) = names(provider);
            counter!(
                OUTCOMES,
                "provider" => id,
                "vendor" => vendor,
                "outcome" => outcome,
                "kind" => kind.map_or("none", ErrorKind::as_str),
                "push" => push,
                "class" => class
            )
        });
        counter.increment(1);
    }

    fn requests(&self, provider: &ProviderInfo) -> Gauge {
        self.requests
            .get(provider.id.clone(), || of_provider(REQUESTS, provider))
    }

    fn attempt(&self, provider: &ProviderInfo, message: Message, answered: bool) -> Histogram {
        let (push, class) = message;
        self.attempts
            .get((provider.id.clone(), message, answered), || {
                let (id, vendor) = names(provider);
                histogram!(
                    ATTEMPT_SECONDS,
                    "provider" => id,
                    "vendor" => vendor,
                    "result" => if answered { "answered" } else { "given_up" },
                    "push" => push,
                    "class" => class
                )
            })
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Observer for Metrics {
    fn observe(&self, event: &Event<'_>) {
        match event {
            Event::Accepted {
                provider,
                notification,
                ..
            } => self.count(provider, notification, "accepted", None),
            Event::Rejected {
                provider,
                notification,
                rejection,
                ..
            } => self.count(provider, notification, "rejected", Some(rejection.kind)),
            Event::Failed {
                provider,
                notification,
                error,
                ..
            } => self.count(provider, notification, "failed", Some(error.kind())),
            Event::AttemptStarted { provider, .. } => self.requests(provider).increment(1.0),
            Event::AttemptEnded {
                provider,
                batch,
                report,
                took,
            } => {
                self.requests(provider).decrement(1.0);
                self.attempt(provider, labels_of(batch.notification()), report.is_some())
                    .record(took.as_secs_f64());
            }
            Event::Retried {
                provider,
                targets,
                kind,
                ..
            } => {
                let (id, vendor) = names(provider);
                counter!(RETRIES, "provider" => id, "vendor" => vendor, "kind" => kind.as_str())
                    .increment(*targets as u64);
            }
            Event::FellBack { from, to, kind } => counter!(
                FALLBACKS,
                "from" => from.provider.to_string(),
                "to" => to.provider.to_string(),
                "kind" => kind.as_str()
            )
            .increment(1),
            Event::TokenDropped { provider, .. } => {
                let (id, vendor) = names(provider);
                counter!(DROPPED, "provider" => id, "vendor" => vendor).increment(1);
            }
            Event::TokenReplaced { provider, .. } => {
                let (id, vendor) = names(provider);
                counter!(REPLACED, "provider" => id, "vendor" => vendor).increment(1);
            }
            Event::QuotaLatched { provider, .. } => {
                let (id, vendor) = names(provider);
                counter!(QUOTAS, "provider" => id, "vendor" => vendor).increment(1);
            }
            Event::QuotaReleased { .. } => {}
            Event::RateAdapted {
                provider,
                per_second,
                unit,
            } => rate(provider, *unit).set(per_second.unwrap_or(f64::INFINITY)),
            Event::BreakerOpened { provider, kind } => {
                let (id, vendor) = names(provider);
                counter!(OPENED, "provider" => id, "vendor" => vendor, "kind" => kind.as_str())
                    .increment(1);
                of_provider(BREAKER, provider).set(1.0);
            }
            Event::BreakerHalfOpened { provider } => {
                let (id, vendor) = names(provider);
                counter!(PROBES, "provider" => id, "vendor" => vendor).increment(1);
            }
            Event::BreakerClosed { provider } => of_provider(BREAKER, provider).set(0.0),
            Event::GuardClosed { provider, .. } => of_provider(GUARD, provider).set(1.0),
            Event::GuardReleased { provider, .. } => of_provider(GUARD, provider).set(0.0),
            Event::CredentialExpiring {
                provider, expiry, ..
            } => {
                let (id, vendor) = names(provider);
                let what = expiry.what.clone();
                gauge!(EXPIRES, "provider" => id, "vendor" => vendor, "what" => what)
                    .set(expiry.at.as_secs() as f64);
            }
        }
    }
}

fn names(provider: &ProviderInfo) -> (String, String) {
    (provider.id.to_string(), provider.vendor.to_string())
}

fn of_provider(name: &'static str, provider: &ProviderInfo) -> Gauge {
    let (id, vendor) = names(provider);
    gauge!(name, "provider" => id, "vendor" => vendor)
}

fn rate(provider: &ProviderInfo, unit: RateUnit) -> Gauge {
    let (id, vendor) = names(provider);
    gauge!(RATE, "provider" => id, "vendor" => vendor, "unit" => unit.as_str())
}

/// Sets one gauge per lane.
fn lanes(
    name: &'static str,
    provider: &ProviderInfo,
    reason: Option<&'static str>,
    waiting: &[usize],
) {
    for (urgency, waiting) in Urgency::ALL.into_iter().zip(waiting) {
        let (id, vendor) = names(provider);
        let lane = urgency.as_str();
        let gauge = match reason {
            None => gauge!(name, "provider" => id, "vendor" => vendor, "lane" => lane),
            Some(reason) => {
                gauge!(name, "provider" => id, "vendor" => vendor, "lane" => lane, "for" => reason)
            }
        };
        gauge.set(*waiting as f64);
    }
}

fn switch(on: bool) -> f64 {
    if on { 1.0 } else { 0.0 }
}

/// Handles made once: looking one up at the recorder costs several allocations.
struct Handles<K, H>(RwLock<HashMap<K, H>>);

impl<K, H> Default for Handles<K, H> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Eq + Hash, H: Clone> Handles<K, H> {
    fn get(&self, key: K, make: impl FnOnce() -> H) -> H {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = known.get(&key) {
            return handle.clone();
        }
        drop(known);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(key).or_insert_with(make).clone()
    }
}
