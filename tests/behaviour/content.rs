//! Looking for what was said in whatever form a vendor got it.

use serde_json::Value;
use zpns_simulator::Received;

/// Every text in a body: of its JSON, and of JSON that stands in its texts.
pub(crate) fn texts(received: &Received) -> Vec<String> {
    let mut found = Vec::new();
    collect(
        &received.fields().expect("a body of JSON or a form"),
        &mut found,
    );
    found
}

/// Whether the body holds exactly this text somewhere.
pub(crate) fn holds(received: &Received, text: &str) -> bool {
    texts(received).iter().any(|found| found == text)
}

/// Whether the body holds this JSON, as a value of its own or as a text.
pub(crate) fn holds_json(received: &Received, wanted: &Value) -> bool {
    fn within(value: &Value, wanted: &Value) -> bool {
        value == wanted
            || match value {
                Value::Array(items) => items.iter().any(|item| within(item, wanted)),
                Value::Object(fields) => fields.values().any(|field| within(field, wanted)),
                Value::String(text) => serde_json::from_str(text)
                    .is_ok_and(|inner: Value| !inner.is_string() && within(&inner, wanted)),
                _ => false,
            }
    }
    within(
        &received.fields().expect("a body of JSON or a form"),
        wanted,
    )
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            found.push(text.clone());
            if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
                collect(&inner, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, found)),
        _ => {}
    }
}
