//! The layers, each alone around a provider that does as it is told, and all of them in order.

mod common;

#[path = "layers/attempt.rs"]
mod attempt;
#[path = "layers/breaker.rs"]
mod breaker;
#[path = "layers/concurrency.rs"]
mod concurrency;
#[path = "layers/deadline.rs"]
mod deadline;
#[path = "layers/order.rs"]
mod order;
#[path = "layers/quota.rs"]
mod quota;
#[path = "layers/rate.rs"]
mod rate;
#[path = "layers/retry.rs"]
mod retry;

use std::sync::Arc;
use std::time::Duration;

use common::{Scripted, alert, paused, targets};
use zpns_core::layers::{Layer, LayerContext};
use zpns_core::observer::Observers;
use zpns_core::{Batch, LimitPolicy, Notification, Observer, PushProvider, Resources, Variant};

/// The provider within one layer, and the clock both live by.
fn wrap(layer: &impl Layer, provider: &Arc<Scripted>) -> Arc<dyn PushProvider> {
    wrap_with(layer, provider, paused(), Vec::new())
}

fn wrap_with(
    layer: &impl Layer,
    provider: &Arc<Scripted>,
    resources: Resources,
    observers: Vec<Arc<dyn Observer>>,
) -> Arc<dyn PushProvider> {
    let context = LayerContext::new(resources, Observers::new(observers));
    layer.wrap(Arc::clone(provider) as Arc<dyn PushProvider>, &context)
}

/// So many targets of one plain notification, to be over by `deadline`.
fn batch(provider: &Scripted, count: usize, deadline: Option<Duration>) -> Batch {
    batch_of(&alert(), provider, count, deadline)
}

fn batch_of(
    message: &Notification,
    provider: &Scripted,
    count: usize,
    deadline: Option<Duration>,
) -> Batch {
    variant_batch(message, provider, count, false).with_deadline(deadline)
}

#[allow(clippy::unwrap_used, reason = "only tests come by here")]
fn variant_batch(
    message: &Notification,
    provider: &Scripted,
    count: usize,
    at_least_once: bool,
) -> Batch {
    let limits = LimitPolicy::default();
    let variant = Variant::new(message, &provider.capability(), None, limits)
        .unwrap()
        .with_at_least_once(at_least_once);
    Batch::new(Arc::new(variant), targets("a", count).into())
}
