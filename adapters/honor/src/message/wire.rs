//! How the typed options are written down: snake_case for the host, HONOR's own names on the wire.

use serde::Serialize;
use serde_json::{Map, Value};
use zpns_core::{ErrorKind, Rejection};

/// A block of the message under HONOR's names. Zero is a value; what is not set is left out.
///
/// # Errors
/// Nothing in our types can fail to serialise; should it ever, the push is refused, not lost.
pub(super) fn wire(block: &impl Serialize) -> Result<Map<String, Value>, Rejection> {
    match serde_json::to_value(block).map(renamed) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(unwritable("a block is not an object")),
        Err(error) => Err(unwritable(error)),
    }
}

pub(super) fn unwritable(why: impl std::fmt::Display) -> Rejection {
    let reason = format!("the message cannot be written: {why}");
    Rejection::new(ErrorKind::MessageInvalid, reason)
}

fn renamed(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let entries = object.into_iter();
            Value::Object(
                entries
                    .map(|(key, value)| (camel(&key), renamed(value)))
                    .collect(),
            )
        }
        Value::Array(items) => items.into_iter().map(renamed).collect(),
        value => value,
    }
}

/// `target_user_type` → `targetUserType`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        camel.push_str(&first.to_ascii_uppercase());
        camel.push_str(rest);
    }
    camel
}
