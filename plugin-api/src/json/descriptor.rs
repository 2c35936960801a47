//! `zpns.descriptor/1` and `zpns.info/1`: what a plugin, and an instance of it, is and can do.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zpns_core::{Environment, Expiry, Fields, Kinds};

use crate::abi::{ABI_MAJOR, ABI_MINOR};

/// What a plugin is: known without an instance.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Descriptor {
    /// The plugin's name in the world, written backwards like a domain (`com.example.webhook`).
    pub id: String,
    /// The vendor's name, as reports and metrics show it.
    pub provider: String,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The plugin's own version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// What it was written with, and that thing's version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sdk: String,
    /// The version of the header that it was written against.
    #[serde(default)]
    pub abi: Abi,
    /// Ids of host extensions without which it cannot work: a host that lacks one refuses it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// Ids of host extensions that it makes use of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub optional: Vec<String>,
    /// What every instance can do, unless [`Info`] says otherwise. A plugin gives one of the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<Capability>,
    /// A JSON Schema of the config.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_schema: Option<Value>,
    /// JSON pointers into the config, to what must not be seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
}

impl Descriptor {
    /// With nothing but what is needed.
    pub fn new(id: impl Into<String>, provider: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            provider: provider.into(),
            name: String::new(),
            version: String::new(),
            sdk: String::new(),
            abi: Abi::default(),
            requires: Vec::new(),
            optional: Vec::new(),
            capability: None,
            config_schema: None,
            secrets: Vec::new(),
        }
    }
}

/// A version of the ABI; this crate's unless said otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Abi {
    /// Another major is another symbol.
    pub major: u16,
    /// Grows with every field that is appended.
    pub minor: u16,
}

impl Default for Abi {
    fn default() -> Self {
        Self {
            major: ABI_MAJOR,
            minor: ABI_MINOR,
        }
    }
}

/// What one instance is and can do.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Info {
    /// Which of the vendor's environments it talks to.
    pub environment: Environment,
    /// What it can do, if that is not what the descriptor says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capability: Option<Capability>,
    /// When certificates and keys end that a human has to replace.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expiries: Vec<Expiry>,
}

/// [`zpns_core::Capability`] in JSON: kinds and fields by their names in lower case.
///
/// Left out: a batch of one, 100 in flight, no kinds, no fields, no limits. Names that this side
/// does not know are ignored: they never arrive.
///
/// ```
/// use zpns_plugin_api::json::Capability;
///
/// let json = r#"{"batch": 100, "kinds": ["alert"], "fields": ["title", "body", "data"]}"#;
/// let capability: Capability = serde_json::from_str(json).unwrap();
/// assert_eq!(zpns_core::Capability::from(&capability).batch, 100);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Capability {
    /// Targets in one batch at the most.
    pub batch: usize,
    /// The fewest targets of a batch that is not alone.
    pub batch_min: usize,
    /// Batches in flight at once by default.
    pub in_flight: usize,
    /// The kinds of push: `alert`, `silent`, `call`, `live_activity`, `other`.
    pub kinds: Vec<String>,
    /// The fields of a message that are honoured: `title`, `body`, `data`, …
    pub fields: Vec<String>,
    /// The encoded message in bytes at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_limit: Option<usize>,
    /// The same for calls, where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_payload_limit: Option<usize>,
    /// The longest time to live, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_ttl_ms: Option<u64>,
    /// Whether a repeat that carries the same id is dropped.
    pub deduplicates: bool,
    /// Whether a repeat with the same collapse key replaces the first one on the device.
    pub collapse_replaces: bool,
    /// By whose midnight the vendor's daily quotas begin anew: seconds east of UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota_day: Option<i32>,
    /// Whether calls go to tokens of their own.
    pub call_tokens: bool,
    /// Whether a notification can be taken back.
    pub recall: bool,
    /// Whether deliveries are reported.
    pub receipts: bool,
}

impl Default for Capability {
    fn default() -> Self {
        Self::from(zpns_core::Capability::batched(1, 100))
    }
}

impl From<zpns_core::Capability> for Capability {
    fn from(core: zpns_core::Capability) -> Self {
        let kinds = core.kinds.iter_names();
        let fields = core.fields.iter_names();
        Self {
            batch: core.batch,
            batch_min: core.batch_min,
            in_flight: core.in_flight,
            kinds: kinds.map(|(name, _)| name.to_lowercase()).collect(),
            fields: fields.map(|(name, _)| name.to_lowercase()).collect(),
            payload_limit: core.payload_limit,
            call_payload_limit: core.call_payload_limit,
            max_ttl_ms: core
                .max_ttl
                .map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)),
            deduplicates: core.deduplicates,
            collapse_replaces: core.collapse_replaces,
            quota_day: core.quota_day,
            call_tokens: core.call_tokens,
            recall: core.recall,
            receipts: core.receipts,
        }
    }
}

impl From<&Capability> for zpns_core::Capability {
    fn from(wire: &Capability) -> Self {
        let mut core = Self::batched(wire.batch.max(1), wire.in_flight.max(1));
        core.batch_min = wire.batch_min.clamp(1, core.batch);
        let kinds = wire.kinds.iter();
        core.kinds = kinds
            .filter_map(|name| Kinds::from_name(&name.to_uppercase()))
            .collect();
        let fields = wire.fields.iter();
        core.fields = fields
            .filter_map(|name| Fields::from_name(&name.to_uppercase()))
            .collect();
        core.payload_limit = wire.payload_limit;
        core.call_payload_limit = wire.call_payload_limit;
        core.max_ttl = wire.max_ttl_ms.map(Duration::from_millis);
        core.deduplicates = wire.deduplicates;
        core.collapse_replaces = wire.collapse_replaces;
        core.quota_day = wire.quota_day;
        core.call_tokens = wire.call_tokens;
        core.recall = wire.recall;
        core.receipts = wire.receipts;
        core
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_survives_its_json_form() {
        let mut core = zpns_core::Capability::batched(1000, 7);
        core.batch_min = 2;
        core.kinds = Kinds::all();
        core.fields = Fields::all();
        core.payload_limit = Some(4096);
        core.call_payload_limit = Some(5120);
        core.max_ttl = Some(Duration::from_secs(86_400));
        core.deduplicates = true;
        core.collapse_replaces = true;
        core.quota_day = Some(zpns_core::Capability::CHINA);
        core.call_tokens = true;
        core.recall = true;
        core.receipts = true;
        let json = serde_json::to_string(&Capability::from(core)).unwrap();
        let wire: Capability = serde_json::from_str(&json).unwrap();
        assert_eq!(zpns_core::Capability::from(&wire), core);
    }

    #[test]
    fn nothing_that_the_core_knows_of_a_capability_is_left_out() {
        let keys = |value: Value| -> Vec<String> {
            let keys = value.as_object().unwrap().keys();
            keys.map(|key| key.trim_end_matches("_ms").to_owned())
                .collect()
        };
        let mut core = zpns_core::Capability::unary();
        core.payload_limit = Some(1);
        core.call_payload_limit = Some(1);
        core.max_ttl = Some(Duration::from_secs(1));
        core.quota_day = Some(0);
        let wire = keys(serde_json::to_value(Capability::from(core)).unwrap());
        for key in keys(serde_json::to_value(core).unwrap()) {
            assert!(wire.contains(&key), "{key}");
        }
    }

    #[test]
    fn kinds_and_fields_of_a_later_version_are_ignored() {
        let json = r#"{"kinds": ["alert", "hologram"], "fields": ["title", "smell"], "x": 1}"#;
        let wire: Capability = serde_json::from_str(json).unwrap();
        let core = zpns_core::Capability::from(&wire);
        assert_eq!((core.kinds, core.fields), (Kinds::ALERT, Fields::TITLE));
        assert_eq!((core.batch, core.in_flight), (1, 100));
    }

    #[test]
    fn a_descriptor_needs_no_more_than_two_names() {
        let json = r#"{"id": "com.example.car", "provider": "car"}"#;
        let descriptor: Descriptor = serde_json::from_str(json).unwrap();
        assert_eq!(descriptor, Descriptor::new("com.example.car", "car"));
    }
}
