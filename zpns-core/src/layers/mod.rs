//! What wraps a provider, in a fixed order.
//!
//! A layer is a [`PushProvider`] around a [`PushProvider`]. Their order is not the host's to
//! choose, because most orders are wrong; [`Delivery`] builds it, outermost first:
//!
//! 1. a layer of the host's own (`outer`);
//! 2. [`deadline`]: what is late already is not sent;
//! 3. [`retry`]: failures that waiting mends are tried again, within the deadline;
//! 4. [`breaker`]: a provider whose credentials failed is not called;
//! 5. [`rate`]: requests per second;
//! 6. [`concurrency`]: requests in flight;
//! 7. [`attempt`]: a time-out for each attempt;
//! 8. a layer of the host's own (`inner`).
//!
//! The capability check comes before all of them, when a
//! [`Variant`](crate::Variant) is made.

pub mod attempt;
pub mod breaker;
pub mod concurrency;
pub mod deadline;
pub mod rate;
pub mod retry;
mod watch;
mod wrapped;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

pub use self::attempt::AttemptTimeout;
pub use self::breaker::Breaker;
pub use self::concurrency::Concurrency;
pub use self::deadline::Deadline;
pub use self::rate::Rate;
pub use self::retry::Retries;
use self::watch::Watch;
pub use self::wrapped::{Around, Wrapped};
use crate::observer::Observers;
use crate::preflight::Preflight;
use crate::provider::PushProvider;
use crate::resources::Resources;
use crate::router::GuardSettings;

/// Wraps a provider in another one.
pub trait Layer: Debug + Send + Sync + 'static {
    /// The provider with this layer around it.
    fn wrap(&self, inner: Arc<dyn PushProvider>, context: &LayerContext) -> Arc<dyn PushProvider>;
}

/// What a layer needs from its surroundings.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LayerContext {
    /// Clock and randomness.
    pub resources: Resources,
    /// Who is told of events.
    pub observers: Observers,
}

impl LayerContext {
    /// With these resources, telling these observers.
    pub fn new(resources: Resources, observers: Observers) -> Self {
        Self {
            resources,
            observers,
        }
    }
}

/// How pushes of one provider are delivered. The defaults need no tuning.
///
/// In a config file it is the table `[providers.X.delivery]`, with a table for each part:
/// `guard.share = 0.5`, `preflight.call_without_ttl = "error"`.
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
    #[serde(skip)]
    pub retries: Retries,
    /// How long a provider with failed credentials is left alone.
    #[serde(skip)]
    pub breaker: Breaker,
    /// Requests per second at the most. Unlimited unless set.
    #[serde(skip)]
    pub rate_per_second: Option<std::num::NonZeroU32>,
    /// Requests in flight at the most. As many as the provider's capability suggests unless set.
    #[serde(skip)]
    pub max_in_flight: Option<std::num::NonZeroUsize>,
    /// When so many tokens die at once that none is dropped any more.
    pub guard: GuardSettings,
    /// What happens where a preflight rule holds, by the rule's name.
    pub preflight: Preflight,
    /// One attempt at the most. Thirty seconds unless set; adapters have their own, shorter one.
    #[serde(skip)]
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
        let in_flight = self
            .max_in_flight
            .map_or(provider.capability().in_flight, usize::from);
        let innermost_first: [Option<Arc<dyn Layer>>; 9] = [
            self.inner.clone(),
            (!context.observers.is_empty()).then(|| Arc::new(Watch) as Arc<dyn Layer>),
            Some(Arc::new(AttemptTimeout::new(self.attempt_timeout))),
            Some(Arc::new(Concurrency::new(in_flight))),
            self.rate_per_second
                .map(|rate| Arc::new(Rate::new(rate)) as Arc<dyn Layer>),
            Some(Arc::new(self.breaker.clone())),
            Some(Arc::new(self.retries.clone())),
            Some(Arc::new(Deadline)),
            self.outer.clone(),
        ];
        innermost_first
            .into_iter()
            .flatten()
            .fold(provider, |inner, layer| layer.wrap(inner, context))
    }
}
