//! What only one vendor has.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Error, ErrorKind};

/// The typed options of one vendor, as its adapter defines them.
///
/// Implementors deny unknown fields, so that a misspelt option is an error and not a silence.
pub trait VendorSection: Serialize + DeserializeOwned + Default {
    /// The vendor's name, the key under which the options stand.
    const VENDOR: &'static str;
}

/// Per vendor, the options that only that vendor has, and a raw JSON merge.
///
/// In JSON: `{"apns": {"interruption_level": "passive", "raw": {"aps": {…}}}}`. Everything but
/// `raw` is the adapter's typed options; `raw` is merged last into the body on the wire
/// (RFC 7396: an object merges, `null` removes), so that a feature not modelled yet is in reach.
///
/// ```
/// use zpns_core::VendorOptions;
///
/// let mut options = VendorOptions::default();
/// options.set_raw("apns", serde_json::json!({"aps": {"url-args": ["a"]}}));
/// assert!(options.raw("apns").is_some());
/// assert!(options.raw("fcm").is_none());
/// ```
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VendorOptions(BTreeMap<String, Map<String, Value>>);

/// The reserved key of the raw merge.
const RAW: &str = "raw";

impl VendorOptions {
    /// Whether no vendor has any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The vendors that have some.
    pub fn vendors(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Sets one vendor's typed options, keeping its raw merge.
    ///
    /// # Errors
    /// [`ErrorKind::MessageInvalid`] if the options do not serialise to a JSON object.
    pub fn set<S: VendorSection>(&mut self, options: &S) -> Result<(), Error> {
        let value = serde_json::to_value(options).map_err(|error| {
            Error::new(
                ErrorKind::MessageInvalid,
                format!("vendor.{}: {error}", S::VENDOR),
            )
        })?;
        let Value::Object(mut section) = value else {
            return Err(Error::new(
                ErrorKind::MessageInvalid,
                format!("vendor.{} is not a JSON object", S::VENDOR),
            ));
        };
        if let Some(raw) = self.raw(S::VENDOR) {
            section.insert(RAW.into(), raw.clone());
        }
        self.0.insert(S::VENDOR.into(), section);
        Ok(())
    }

    /// One vendor's typed options; their defaults if none are given.
    ///
    /// # Errors
    /// [`ErrorKind::MessageInvalid`] naming the field that the vendor's options do not have, or
    /// that has the wrong type.
    pub fn get<S: VendorSection>(&self) -> Result<S, Error> {
        let Some(section) = self.0.get(S::VENDOR) else {
            return Ok(S::default());
        };
        let mut section = section.clone();
        section.remove(RAW);
        serde_json::from_value(Value::Object(section)).map_err(|error| {
            Error::new(
                ErrorKind::MessageInvalid,
                format!("vendor.{}: {error}", S::VENDOR),
            )
        })
    }

    /// Sets what is merged last into one vendor's body.
    pub fn set_raw(&mut self, vendor: &str, merge: Value) {
        let section = self.0.entry(vendor.to_owned()).or_default();
        section.insert(RAW.into(), merge);
    }

    /// What is merged last into one vendor's body.
    pub fn raw(&self, vendor: &str) -> Option<&Value> {
        self.0.get(vendor)?.get(RAW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Options {
        level: Option<u8>,
    }

    impl VendorSection for Options {
        const VENDOR: &'static str = "test";
    }

    #[test]
    fn typed_options_and_the_raw_merge_live_side_by_side() {
        let mut all = VendorOptions::default();
        all.set_raw("test", serde_json::json!({"x": 1}));
        all.set(&Options { level: Some(3) }).unwrap();
        assert_eq!(all.get::<Options>().unwrap(), Options { level: Some(3) });
        assert_eq!(all.raw("test"), Some(&serde_json::json!({"x": 1})));
    }

    #[test]
    fn a_misspelt_option_is_an_error_that_names_it() {
        let all: VendorOptions = serde_json::from_str(r#"{"test": {"levle": 3}}"#).unwrap();
        let error = all.get::<Options>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MessageInvalid);
        assert!(error.message().contains("levle"), "{error}");
    }
}
