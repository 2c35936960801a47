//! The app's own data: the notification's `data`, its payload and what became of a call, as one
//! JSON object.

use serde_json::{Map, Value};
use zpns_core::{Kind, Notification, Rejection};
use zpns_kit::rules::{invalid, unwritable};

/// The key of the notification's `payload`.
const PAYLOAD: &str = "payload";
/// The key of what happened to a call: `invite`, `cancel`, …
const CALL: &str = "call";

/// `{"payload": …, "call": …, …data}`; empty if the notification has none of them.
pub(crate) fn of(message: &Notification) -> Result<Map<String, Value>, Rejection> {
    let data = message.data.iter();
    let mut object: Map<String, Value> = data
        .map(|(key, value)| (key.clone(), value.as_str().into()))
        .collect();
    let call = match message.kind {
        Kind::Call(event) => Some(serde_json::to_value(event).map_err(unwritable)?),
        _ => None,
    };
    let payload = message.payload.as_deref().map(Value::from);
    for (key, value) in [(PAYLOAD, payload), (CALL, call)] {
        let Some(value) = value else { continue };
        if object.insert(key.to_owned(), value).is_some() {
            let why = format!("the key `{key}` is taken by what the notification says elsewhere");
            return Err(invalid("data", why));
        }
    }
    Ok(object)
}
