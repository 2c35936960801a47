//! The v3 message: what its fields mean to each other.

use serde_json::{Map, Value};

use super::fields::{CREATABLE, PUSH_OPTIONS, PUSH_TYPES, PushType, TARGET};
use crate::call::Call;
use crate::huawei::answer::{HuaweiError, error, illegal};
use crate::huawei::message::{check_size, json, listed};
use crate::huawei::schema::{self, need};

/// Tokens of a test message at the most.
const TEST_TOKENS: usize = 10;

/// The tokens of a message that is as it should be.
pub(super) fn parse(call: &Call) -> Result<Vec<String>, HuaweiError> {
    let push_type = push_type(call)?;
    let mut body = json(call)?;
    check_size(&mut body, "target")?;
    let request = body
        .as_object()
        .ok_or_else(|| illegal("request", "is not an object"))?;
    let known = ["payload", "pushOptions", "target"];
    if let Some(name) = request.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(illegal("request", format!("has no field {name}")));
    }
    let target = request
        .get("target")
        .ok_or_else(|| error("80300010", "no target"))?;
    let target = schema::object(target, TARGET, "target")?;
    let tokens = listed(target.get("token").unwrap_or(&Value::Null))?;
    need(request, "payload", "request")?;
    let payload = schema::object(&request["payload"], push_type.payload, "payload")?;
    let needed = push_type.needs.iter();
    needed
        .clone()
        .try_for_each(|name| need(payload, name, "payload"))?;
    let empty = Value::Object(Map::new());
    let how = request.get("pushOptions").unwrap_or(&empty);
    let how = schema::object(how, PUSH_OPTIONS, "pushOptions")?;
    check_options(how, push_type, &tokens)?;
    match push_type.number {
        "0" | "2" => check_notification(payload, push_type)?,
        "7" => check_live_view(payload)?,
        _ => {}
    }
    Ok(tokens)
}

fn push_type(call: &Call) -> Result<PushType, HuaweiError> {
    let number = call.header("push-type").unwrap_or_default();
    let mut known = PUSH_TYPES.iter().filter(|row| row.number == number);
    let row = known.next().copied();
    row.ok_or_else(|| error("80100001", format!("the push type is `{number}`")))
}

fn check_options(
    how: &Map<String, Value>,
    push_type: PushType,
    tokens: &[String],
) -> Result<(), HuaweiError> {
    if tokens.len() > push_type.tokens {
        return Err(error("80300010", format!("{} tokens", tokens.len())));
    }
    let is_test = how.get("testMessage") == Some(&Value::Bool(true));
    if is_test && tokens.len() > TEST_TOKENS {
        return Err(error("80300030", format!("{} tokens", tokens.len())));
    }
    if how.contains_key("collapseKey") && !matches!(push_type.number, "0" | "2") {
        return Err(illegal(
            "pushOptions.collapseKey",
            "is for push types 0 and 2",
        ));
    }
    if how.contains_key("backgroundMode") && push_type.number != "6" {
        return Err(illegal("pushOptions.backgroundMode", "is for push type 6"));
    }
    Ok(())
}

fn check_notification(
    payload: &Map<String, Value>,
    push_type: PushType,
) -> Result<(), HuaweiError> {
    const AT: &str = "payload.notification";
    let Some(look) = payload.get("notification").and_then(Value::as_object) else {
        return Ok(());
    };
    // The number on the icon alone.
    let badge = look.get("badge");
    let alone = look.len() == 1 && badge.is_some_and(|badge| badge.get("setNum").is_some());
    if push_type.number == "0" && alone {
        return Ok(());
    }
    for name in ["category", "title", "body", "clickAction"] {
        need(look, name, AT)?;
    }
    let voice = look.get("category").and_then(Value::as_str) == Some("PLAY_VOICE");
    if voice != (push_type.number == "2") {
        return Err(illegal(AT, "PLAY_VOICE belongs to push type 2"));
    }
    if let Some(action) = look.get("clickAction").and_then(Value::as_object) {
        need(action, "actionType", AT)?;
        let page = action.get("actionType").and_then(Value::as_i64) == Some(1);
        if page && !action.contains_key("uri") {
            need(action, "action", AT)?;
        }
    }
    match look.get("style").and_then(Value::as_i64) {
        Some(1) => ["bigTitle", "bigBody"]
            .iter()
            .try_for_each(|name| need(look, name, AT)),
        Some(3) => need(look, "inboxContent", AT),
        _ => Ok(()),
    }
}

fn check_live_view(payload: &Map<String, Value>) -> Result<(), HuaweiError> {
    let creates = payload.get("operation").and_then(Value::as_i64) == Some(0);
    let event = payload
        .get("event")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if creates && !CREATABLE.contains(&event) {
        return Err(illegal("payload.event", "cannot be created by a push"));
    }
    Ok(())
}
