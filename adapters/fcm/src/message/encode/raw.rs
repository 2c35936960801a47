//! The raw merge into the body of a request.

use serde_json::{Map, Value, json};
use zpns_core::Rejection;
use zpns_kit::merge_patch;

use super::super::check::invalid;
use super::super::splice::Template;
use super::{Message, template, unwritable};

/// What names a target; the token's text alone does.
const TARGETS: [&str; 4] = ["token", "fid", "topic", "condition"];

/// The request's body with `merge` merged into it (RFC 7396).
pub(super) fn merged(
    message: &Message<'_>,
    validate_only: bool,
    merge: &Value,
) -> Result<Template, Rejection> {
    let mut body = json!({ "message": serde_json::to_value(message).map_err(unwritable)? });
    if validate_only {
        body["validate_only"] = true.into();
    }
    merge_patch(&mut body, merge);
    let Value::Object(mut body) = body else {
        return Err(invalid("vendor.fcm.raw", "is not an object"));
    };
    let Some(Value::Object(message)) = body.remove("message") else {
        return Err(invalid("vendor.fcm.raw", "leaves no `message`"));
    };
    if let Some(target) = TARGETS.iter().find(|target| message.contains_key(**target)) {
        return Err(invalid(
            "vendor.fcm.raw",
            format!("names a `{target}`; the target is the token's to name"),
        ));
    }
    template(&to_json(&message)?, &members(&body)?)
}

/// `,"key":value` for every member.
fn members(object: &Map<String, Value>) -> Result<Vec<u8>, Rejection> {
    if object.is_empty() {
        return Ok(Vec::new());
    }
    let mut json = to_json(object)?;
    // The opening brace becomes the comma after what stands before; the template closes.
    if let Some(open) = json.first_mut() {
        *open = b',';
    }
    json.pop();
    Ok(json)
}

fn to_json(object: &Map<String, Value>) -> Result<Vec<u8>, Rejection> {
    serde_json::to_vec(object).map_err(unwritable)
}
