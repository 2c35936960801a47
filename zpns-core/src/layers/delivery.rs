//! How pushes of one provider are delivered: all layers, in their order.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::attempt::AroundAttempt;
use super::breaker::AroundBreaker;
use super::concurrency::AroundConcurrency;
use super::deadline::AroundDeadline;
use super::gate::AroundGate;
use super::quota::AroundQuota;
use super::rate::AroundRate;
use super::retry::AroundRetries;
use super::settings;
use super::watch::AroundWatch;
use super::{
    AttemptTimeout, Breaker, Concurrency, Layer, LayerContext, LayersStatus, Next, Quota, Rate,
    Retries, Wrapped,
};
use crate::model::Report;
use crate::preflight::Preflight;
use crate::provider::{Batch, PushProvider};
use crate::router::GuardSettings;

/// How pushes of one provider are delivered. The defaults need no tuning.
///
/// In a config file it is the table `[providers.X.delivery]`, with a table for each part:
/// `retries.attempts = 3`, `breaker.pause_ms = 60000`, `rate.unit = "targets"`,
/// `quota.marketing_per_device = 2`, `attempt_timeout_ms`.
///
/// ```
/// use zpns_core::layers::Delivery;
///
/// let mut delivery = Delivery::default();
/// delivery.rate_per_second = std::num::NonZeroU32::new(500);
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Delivery {
    /// When and how often a failed push is tried again.
    pub retries: Retries,
    /// When a provider that fails is left alone, and for how long.
    pub breaker: Breaker,
    /// Requests (or what else [`rate`](Self::rate) counts) per second at the most. Unlimited
    /// unless set.
    #[serde(skip)]
    pub rate_per_second: Option<NonZeroU32>,
    /// What is counted, and whether it gives way to the vendor. Its own
    /// [`per_second`](Rate::per_second) counts where [`rate_per_second`](Self::rate_per_second)
    /// is not set.
    pub rate: Rate,
    /// Whether the vendor's daily quotas are kept to.
    pub quota: Quota,
    /// Requests in flight at the most. As many as the provider's capability suggests unless set.
    #[serde(skip)]
    pub max_in_flight: Option<NonZeroUsize>,
    /// When so many tokens die at once that none is dropped any more.
    pub guard: GuardSettings,
    /// What happens where a preflight rule holds, by the rule's name.
    pub preflight: Preflight,
    /// One attempt at the most. Thirty seconds unless set, in a config file three times the
    /// provider's `timeout_ms` if that is longer; adapters have their own, shorter one.
    #[serde(rename = "attempt_timeout_ms", deserialize_with = "settings::millis")]
    pub attempt_timeout: Duration,
    /// A layer of the host's own around all others.
    #[serde(skip)]
    pub outer: Option<Arc<dyn Layer>>,
    /// A layer of the host's own within all others.
    #[serde(skip)]
    pub inner: Option<Arc<dyn Layer>>,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            retries: Retries::default(),
            breaker: Breaker::default(),
            rate_per_second: None,
            rate: Rate::default(),
            quota: Quota::default(),
            max_in_flight: None,
            guard: GuardSettings::default(),
            preflight: Preflight::default(),
            attempt_timeout: Duration::from_secs(30),
            outer: None,
            inner: None,
        }
    }
}

impl Delivery {
    /// The provider with all layers around it, in their order.
    pub fn wrap(
        &self,
        provider: Arc<dyn PushProvider>,
        context: &LayerContext,
    ) -> Arc<dyn PushProvider> {
        self.layered(provider, context).provider()
    }

    /// The same, for a caller that can do without an allocation for each push.
    pub(crate) fn layered(
        &self,
        provider: Arc<dyn PushProvider>,
        context: &LayerContext,
    ) -> Layered {
        let innermost = match &self.inner {
            Some(layer) => layer.wrap(provider, context),
            None => provider,
        };
        let stack = Arc::new(self.stack(innermost, context));
        let outermost = self.outer.as_ref().map(|layer| {
            let stack = Arc::clone(&stack) as Arc<dyn PushProvider>;
            layer.wrap(stack, context)
        });
        Layered { stack, outermost }
    }

    fn stack(&self, provider: Arc<dyn PushProvider>, context: &LayerContext) -> Stack {
        let capability = provider.capability();
        let in_flight = self.max_in_flight.map_or(capability.in_flight, usize::from);
        let rate = Rate {
            per_second: self.rate_per_second.or(self.rate.per_second),
            ..self.rate
        };
        let attempt = AroundAttempt::new(AttemptTimeout::new(self.attempt_timeout), context);
        let concurrency = AroundConcurrency::new(Concurrency::new(in_flight), context);
        let quota = AroundQuota::new(self.quota, &*provider, context).map(Arc::new);
        let rate = AroundRate::new(rate, &capability, context);
        let breaker = Arc::new(AroundBreaker::new(&self.breaker, context));
        let gate = AroundGate::new(&breaker, &quota);
        let retries = AroundRetries::new(&self.retries, capability, context);
        let deadline = AroundDeadline::new(context);

        let innermost = Wrapped::new(AroundWatch::new(context), provider);
        let innermost = Wrapped::new(attempt, innermost);
        let innermost = Wrapped::new(gate, innermost);
        let innermost = Wrapped::new(concurrency, innermost);
        let innermost = Wrapped::new(quota, innermost);
        let innermost = Wrapped::new(rate, innermost);
        let innermost = Wrapped::new(breaker, innermost);
        let innermost = Wrapped::new(retries, innermost);
        Wrapped::new(deadline, innermost)
    }
}

/// All layers in one type, so that their futures are one.
type Stack = Wrapped<
    AroundDeadline,
    Wrapped<
        AroundRetries,
        Wrapped<
            Arc<AroundBreaker>,
            Wrapped<
                Option<AroundRate>,
                Wrapped<
                    Option<Arc<AroundQuota>>,
                    Wrapped<
                        AroundConcurrency,
                        Wrapped<AroundGate, Wrapped<AroundAttempt, Wrapped<Option<AroundWatch>>>>,
                    >,
                >,
            >,
        >,
    >,
>;

/// A provider with its layers.
#[derive(Clone, Debug)]
pub(crate) struct Layered {
    stack: Arc<Stack>,
    /// With a layer of the host's own around all others, of which we know no type.
    outermost: Option<Arc<dyn PushProvider>>,
}

impl Layered {
    pub(crate) fn provider(&self) -> Arc<dyn PushProvider> {
        match &self.outermost {
            Some(provider) => Arc::clone(provider),
            None => Arc::clone(&self.stack) as Arc<dyn PushProvider>,
        }
    }

    /// Sends a batch. The future of the layers is a part of this one.
    pub(crate) async fn send(&self, batch: &Batch) -> Report {
        match &self.outermost {
            Some(provider) => provider.send(batch).await,
            None => self.stack.pass(batch).await,
        }
    }

    /// How the layers stand.
    pub(crate) fn status(&self) -> LayersStatus {
        let parts = self.parts();
        let rate = parts.rate.as_ref();
        LayersStatus {
            breaker: parts.breaker.state(),
            used_up: parts
                .quota
                .as_ref()
                .map(|quota| quota.used_up())
                .unwrap_or_default(),
            per_second: rate.and_then(AroundRate::per_second),
            rate_unit: rate.map(AroundRate::unit).unwrap_or_default(),
            waiting_for_rate: rate.map(AroundRate::waiting).unwrap_or_default(),
            waiting_for_slot: parts.concurrency.waiting(),
        }
    }

    /// Another provider takes this one's place: what observers were told of these layers does
    /// not hold for that one's, and what late batches find out is no news any more.
    pub(crate) fn retire(&self) {
        let parts = self.parts();
        let provider = self.stack.provider().info();
        parts.breaker.retire(provider);
        if let Some(rate) = parts.rate {
            rate.retire(provider);
        }
        if let Some(quota) = parts.quota {
            quota.retire(provider);
        }
    }

    /// The layers that have a state of their own.
    fn parts(&self) -> Parts<'_> {
        let breaker = self.stack.within().within();
        let rate = breaker.within();
        let quota = rate.within();
        let concurrency = quota.within();
        Parts {
            breaker: breaker.layer(),
            rate: rate.layer(),
            quota: quota.layer(),
            concurrency: concurrency.layer(),
        }
    }
}

struct Parts<'a> {
    breaker: &'a AroundBreaker,
    rate: &'a Option<AroundRate>,
    quota: &'a Option<Arc<AroundQuota>>,
    concurrency: &'a AroundConcurrency,
}
