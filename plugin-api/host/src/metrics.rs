//! Where a plugin's measurements go.

use std::fmt::Debug;

use zpns_core::ProviderId;

/// What kind of measurement it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum MetricKind {
    /// The value is added.
    Counter,
    /// The value replaces the last one.
    Gauge,
    /// The value is one of many.
    Histogram,
}

/// One measurement by a plugin.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Metric<'a> {
    /// Whose it is.
    pub provider: &'a ProviderId,
    /// What kind it is.
    pub kind: MetricKind,
    /// Its name, as the plugin has it.
    pub name: &'a str,
    /// Its labels: a JSON object, or nothing. Not looked at.
    pub labels_json: &'a str,
    /// The value.
    pub value: f64,
}

/// Takes the measurements of plugins. Called on a plugin's thread; must not block.
pub trait Metrics: Debug + Send + Sync + 'static {
    /// Takes one.
    fn record(&self, metric: &Metric<'_>);
}
