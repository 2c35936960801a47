//! How the layers of one provider stand at the moment.

use super::breaker::BreakerState;
use super::quota::UsedUp;
use super::rate::RateUnit;
use super::urgency::Urgency;

/// How the layers of one provider stand at the moment: a part of
/// [`ProviderStatus`](crate::router::ProviderStatus).
///
/// ```
/// use zpns_core::layers::{BreakerState, Urgency};
///
/// # fn example(router: &zpns_core::Router) {
/// for status in router.status() {
///     let layers = &status.layers;
///     if layers.breaker != BreakerState::Closed {
///         println!("{} is not called", status.provider.id);
///     }
///     for (urgency, waiting) in Urgency::ALL.iter().zip(layers.waiting_for_slot) {
///         println!("{waiting} batches of {} wait", urgency.as_str());
///     }
/// }
/// # }
/// ```
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct LayersStatus {
    /// Whether pushes go out.
    pub breaker: BreakerState,
    /// Which daily quotas are used up.
    pub used_up: Vec<UsedUp>,
    /// So many a second at the most; none if nothing is bounded at present.
    pub per_second: Option<f64>,
    /// What [`per_second`](Self::per_second) counts.
    pub rate_unit: RateUnit,
    /// Batches that wait for the rate, by [urgency](Urgency::ALL).
    pub waiting_for_rate: [usize; Urgency::ALL.len()],
    /// Batches that wait for a request slot, by [urgency](Urgency::ALL).
    pub waiting_for_slot: [usize; Urgency::ALL.len()],
}
