//! Measurements, told to the host of the instance at work.

use serde_json::{Map, Value};

use crate::abi::metric_kind;
use crate::bridge::current;

/// Adds to a counter of the host's.
///
/// ```
/// // In a plugin's provider; without a host it does nothing.
/// zpns_plugin_api::metric::counter("webhook_redirects_total", &[("code", "307")], 1.0);
/// ```
pub fn counter(name: &str, labels: &[(&str, &str)], add: f64) {
    tell(metric_kind::COUNTER, name, labels, add);
}

/// Sets a gauge of the host's.
pub fn gauge(name: &str, labels: &[(&str, &str)], value: f64) {
    tell(metric_kind::GAUGE, name, labels, value);
}

/// Adds a value to a histogram of the host's.
pub fn histogram(name: &str, labels: &[(&str, &str)], value: f64) {
    tell(metric_kind::HISTOGRAM, name, labels, value);
}

fn tell(kind: i32, name: &str, labels: &[(&str, &str)], value: f64) {
    if let Some(host) = current::host() {
        let labels: Map<String, Value> = labels
            .iter()
            .map(|(key, value)| ((*key).to_owned(), Value::from(*value)))
            .collect();
        host.metric(kind, name, &Value::Object(labels).to_string(), value);
    }
}
