//! What wraps a provider, in a fixed order.
//!
//! A layer is a [`PushProvider`] around a [`PushProvider`]. Their order is not the host's to
//! choose, because most orders are wrong; [`Delivery`] builds it, outermost first:
//!
//! 1. a layer of the host's own (`outer`);
//! 2. [`deadline`]: what is late already is not sent;
//! 3. [`retry`]: failures that waiting mends are tried again, within deadline and budget;
//! 4. [`breaker`]: a provider that fails throughout is not called;
//! 5. [`rate`]: requests or targets per second, fewer when the vendor complains;
//! 6. [`quota`]: a quota that is used up is not asked for again before the vendor's midnight;
//! 7. [`concurrency`]: requests in flight, calls before chat before campaigns; what waited is
//!    asked once more whether breaker and quota let it go;
//! 8. [`attempt`]: a time-out for each attempt;
//! 9. a layer of the host's own (`inner`).
//!
//! What waited for the rate or for a slot is asked once more, right before its attempt, whether
//! breaker and quota still let it go, and whether its message is still alive.
//!
//! The capability check comes before all of them, when a
//! [`Variant`](crate::Variant) is made.
//!
//! Each of them works alone, as a [`Layer`]. Together they are one future: a push pays for a
//! layer with the work that it does, not with an allocation.

pub mod attempt;
pub mod breaker;
mod budget;
pub mod concurrency;
pub mod deadline;
mod delivery;
mod gate;
pub mod quota;
pub mod rate;
pub mod retry;
mod settings;
mod slots;
mod standing;
mod urgency;
mod watch;
mod within;
mod wrapped;

use std::fmt::Debug;
use std::sync::Arc;

pub use self::attempt::AttemptTimeout;
pub use self::breaker::{Breaker, BreakerState};
pub use self::budget::RetryBudget;
pub use self::concurrency::Concurrency;
pub use self::deadline::Deadline;
pub use self::delivery::Delivery;
pub(crate) use self::delivery::Layered;
pub use self::quota::{Quota, UsedUp};
pub use self::rate::{Rate, RateUnit};
pub use self::retry::Retries;
pub use self::standing::LayersStatus;
pub use self::urgency::Urgency;
pub use self::wrapped::{Around, Next, Wrapped};
use crate::observer::Observers;
use crate::provider::PushProvider;
use crate::resources::Resources;

/// Wraps a provider in another one.
///
/// A host's own layer goes into one of the two slots of [`Delivery`], `outer` or `inner`. What it
/// does is an [`Around`], which has no need to delegate everything else:
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use zpns_core::layers::{Around, Delivery, Layer, LayerContext, Next, Wrapped};
/// use zpns_core::{Batch, PushProvider, Report};
///
/// #[derive(Clone, Debug, Default)]
/// struct CountTargets(Arc<AtomicUsize>);
///
/// impl Around for CountTargets {
///     async fn send<'a, N: Next>(&'a self, next: &'a N, batch: &'a Batch) -> Report {
///         self.0.fetch_add(batch.targets().len(), Ordering::Relaxed);
///         next.pass(batch).await
///     }
/// }
///
/// impl Layer for CountTargets {
///     fn wrap(&self, inner: Arc<dyn PushProvider>, _: &LayerContext) -> Arc<dyn PushProvider> {
///         Wrapped::around(inner, self.clone())
///     }
/// }
///
/// let mut delivery = Delivery::default();
/// delivery.outer = Some(Arc::new(CountTargets::default()));
/// ```
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
