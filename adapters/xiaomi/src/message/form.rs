//! The body: a form, serialised once, to which every batch adds its targets.

use std::fmt::Display;

use bytes::Bytes;
use serde_json::{Map, Value};
use url::form_urlencoded::{Serializer, byte_serialize};
use zpns_core::Rejection;
use zpns_kit::merge_patch;

use super::check::invalid;

/// The key of the targets.
const TARGETS: &str = "registration_id";
/// Under which most options go out.
const EXTRA: &str = "extra";

/// Keys and values, in the order in which they go out.
#[derive(Clone, Debug, Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Adds a value that there is.
    pub(super) fn set(&mut self, key: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.0.push((key.to_owned(), value.to_string()));
        }
    }

    /// Adds a value that there is, under `extra.`.
    pub(super) fn extra(&mut self, key: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.0.push((format!("{EXTRA}.{key}"), value.to_string()));
        }
    }

    /// With the raw merge applied: to the keys as they stand on the wire, or to those of an object
    /// `extra`.
    pub(super) fn merged(self, patch: &Value) -> Result<Self, Rejection> {
        let Value::Object(patch) = patch else {
            return Err(invalid("vendor.xiaomi.raw", "is not an object"));
        };
        let patch = flat(patch);
        if patch.contains_key(TARGETS) {
            return Err(invalid(
                "vendor.xiaomi.raw",
                "holds `registration_id`: the targets are not part of the message",
            ));
        }
        let order: Vec<String> = self.0.iter().map(|(key, _)| key.clone()).collect();
        let pairs = self.0.into_iter();
        let mut document = Value::Object(pairs.map(|(k, v)| (k, Value::String(v))).collect());
        merge_patch(&mut document, &Value::Object(patch));
        let Value::Object(mut merged) = document else {
            return Err(invalid("vendor.xiaomi.raw", "leaves no form"));
        };
        // What was there keeps its place; what is new comes after it.
        let mut form = Self::default();
        for key in order {
            if let Some(value) = merged.remove(&key) {
                form.set(&key, Some(text(value)));
            }
        }
        for (key, value) in merged {
            form.set(&key, Some(text(value)));
        }
        Ok(form)
    }

    pub(super) fn template(&self) -> Template {
        let mut serializer = Serializer::new(String::new());
        serializer.extend_pairs(&self.0);
        Template {
            fields: serializer.finish(),
        }
    }
}

/// `extra` as an object is a shorter way of writing its keys.
fn flat(patch: &Map<String, Value>) -> Map<String, Value> {
    let mut flat = Map::new();
    for (key, value) in patch {
        match value {
            Value::Object(extras) if key == EXTRA => {
                let extras = extras.iter();
                flat.extend(extras.map(|(key, value)| (format!("{EXTRA}.{key}"), value.clone())));
            }
            _ => {
                flat.insert(key.clone(), value.clone());
            }
        }
    }
    flat
}

/// A value in a form: a text as it is, anything else as JSON (`template_param` is an object).
fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// A serialised body, but for its targets.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    fields: String,
}

impl Template {
    /// The body for these targets, in their order.
    pub(crate) fn body(&self, targets: &[&str]) -> Bytes {
        // A registration id is base64: a few of its characters take three.
        let length: usize = targets.iter().map(|target| target.len() + 12).sum();
        let mut body = String::with_capacity(self.fields.len() + TARGETS.len() + 2 + length);
        body.push_str(&self.fields);
        if !self.fields.is_empty() {
            body.push('&');
        }
        body.push_str(TARGETS);
        body.push('=');
        for (position, target) in targets.iter().enumerate() {
            if position > 0 {
                body.push_str("%2C");
            }
            body.extend(byte_serialize(target.as_bytes()));
        }
        body.into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use zpns_core::ErrorKind;

    use super::*;

    fn form() -> Form {
        let mut form = Form::default();
        form.set("title", Some("Grüße & mehr"));
        form.extra("notify_effect", Some(1));
        form.extra("badge", None::<u32>);
        form
    }

    fn text_of(form: &Form) -> String {
        let body = form.template().body(&["a+b/c="]);
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[test]
    fn everything_is_percent_encoded_once() {
        assert_eq!(
            text_of(&form()),
            "title=Gr%C3%BC%C3%9Fe+%26+mehr&extra.notify_effect=1&registration_id=a%2Bb%2Fc%3D"
        );
    }

    #[test]
    fn the_raw_merge_sets_removes_and_adds_keys_of_the_wire() {
        let patch = json!({
            "title": "new", "extra.notify_effect": null, "time_to_live": 0,
            "extra": {"template_param": {"a": "b"}, "flag": false},
        });
        let merged = form().merged(&patch).unwrap();
        let pairs: Vec<_> = merged
            .0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        let wanted = [
            ("title", "new"),
            ("extra.flag", "false"),
            ("extra.template_param", r#"{"a":"b"}"#),
            ("time_to_live", "0"),
        ];
        assert_eq!(pairs, wanted);
    }

    #[test]
    fn the_raw_merge_is_an_object_and_names_no_target() {
        for patch in [json!([]), json!("x"), json!({"registration_id": "r"})] {
            let rejection = form().merged(&patch).unwrap_err();
            assert_eq!(rejection.kind, ErrorKind::MessageInvalid, "{patch}");
        }
    }

    proptest! {
        #[test]
        fn every_form_is_read_as_it_was_written(
            pairs in prop::collection::vec((any::<String>(), any::<String>()), 0..6),
            targets in prop::collection::vec("[!-+--~]{1,40}", 1..6),
        ) {
            let form = Form(pairs.clone());
            let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
            let body = form.template().body(&targets);
            let read: Vec<(String, String)> =
                url::form_urlencoded::parse(&body).into_owned().collect();
            let mut wanted = pairs;
            wanted.push((TARGETS.to_owned(), targets.join(",")));
            prop_assert_eq!(read, wanted);
        }
    }
}
