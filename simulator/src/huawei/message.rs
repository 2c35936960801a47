//! The v1/v2 message: what its fields mean to each other.

use serde_json::{Map, Value};

use super::answer::{HuaweiError, error, illegal};
use super::fields::{self, REQUEST};
use super::schema::{self, need};
use crate::call::Call;

/// Bytes of a body at the most, without its tokens.
const BODY_LIMIT: usize = 4096;
/// Tokens of a request at the most.
const TOKENS: usize = 1_000;

/// A message that is as it should be.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) tokens: Vec<String>,
    pub(super) validate_only: bool,
}

pub(super) fn parse(call: &Call) -> Result<Message, HuaweiError> {
    let mut body = json(call)?;
    check_size(&mut body, "message")?;
    let request = schema::object(&body, REQUEST, "request")?;
    let message = request.get("message").and_then(Value::as_object);
    let message = message.ok_or_else(|| error("80300010", "there is no message"))?;
    let tokens = tokens(message)?;
    check_android(message)?;
    Ok(Message {
        tokens,
        validate_only: request.get("validate_only") == Some(&Value::Bool(true)),
    })
}

/// The body, if it is JSON and says so.
pub(crate) fn json(call: &Call) -> Result<Value, HuaweiError> {
    let kind = call.header("content-type").unwrap_or_default();
    if !kind.to_ascii_lowercase().starts_with("application/json") {
        return Err(error("80100001", format!("the content type is `{kind}`")));
    }
    serde_json::from_slice(&call.body).map_err(|why| illegal("request", why))
}

/// The size without the tokens, which are what `holder` holds.
pub(crate) fn check_size(body: &mut Value, holder: &str) -> Result<(), HuaweiError> {
    let held = body.get_mut(holder).and_then(Value::as_object_mut);
    let tokens = held.and_then(|held| held.remove("token"));
    let size = body.to_string().len();
    if let Some(tokens) = tokens
        && let Some(held) = body.get_mut(holder).and_then(Value::as_object_mut)
    {
        held.insert("token".to_owned(), tokens);
    }
    if size > BODY_LIMIT {
        return Err(error("80300008", format!("{size} bytes")));
    }
    Ok(())
}

fn tokens(message: &Map<String, Value>) -> Result<Vec<String>, HuaweiError> {
    let targets = ["token", "topic", "condition"];
    let named = targets
        .iter()
        .filter(|target| message.contains_key(**target));
    match (named.count(), message.get("token")) {
        (1, Some(tokens)) => listed(tokens),
        (1, None) => Ok(Vec::new()),
        (0, _) => Err(error("80300010", "no target")),
        _ => Err(illegal("message", "names several targets")),
    }
}

/// A list of one to a thousand tokens.
pub(crate) fn listed(tokens: &Value) -> Result<Vec<String>, HuaweiError> {
    let tokens = tokens.as_array().map(Vec::as_slice).unwrap_or_default();
    if !(1..=TOKENS).contains(&tokens.len()) {
        return Err(error("80300010", format!("{} tokens", tokens.len())));
    }
    let texts = tokens.iter().filter_map(Value::as_str);
    Ok(texts.map(str::to_owned).collect())
}

fn check_android(message: &Map<String, Value>) -> Result<(), HuaweiError> {
    let empty = Map::new();
    let object = |value: Option<&Value>| value.and_then(Value::as_object).cloned();
    let android = object(message.get("android"));
    let look = android
        .as_ref()
        .and_then(|android| object(android.get("notification")));
    let basic = object(message.get("notification"));
    let android = android.unwrap_or(empty);
    let data = [message.get("data"), android.get("data")];
    check_ttl(&android)?;
    let Some(look) = look else {
        return match (basic, data.iter().flatten().count()) {
            (Some(_), _) if !message.contains_key("apns") && !message.contains_key("webpush") => {
                Err(illegal("message.android.notification", "is missing"))
            }
            (None, 0) => Err(illegal("message", "has neither data nor a notification")),
            _ => Ok(()),
        };
    };
    for data in data.into_iter().flatten().filter_map(Value::as_str) {
        if serde_json::from_str::<Map<String, Value>>(data).is_err() {
            return Err(illegal("message.data", "is not JSON"));
        }
    }
    check_look(&look, basic.as_ref())
}

fn check_ttl(android: &Map<String, Value>) -> Result<(), HuaweiError> {
    let ttl = android.get("ttl").and_then(Value::as_str);
    match ttl.and_then(fields::seconds) {
        Some(seconds) if seconds <= 0.0 => Err(error("80100004", "no time to live")),
        _ => Ok(()),
    }
}

fn check_look(
    look: &Map<String, Value>,
    basic: Option<&Map<String, Value>>,
) -> Result<(), HuaweiError> {
    const AT: &str = "message.android.notification";
    for (text, key) in [("title", "title_loc_key"), ("body", "body_loc_key")] {
        let given = look.contains_key(text)
            || look.contains_key(key)
            || basic.is_some_and(|basic| basic.contains_key(text));
        if !given {
            return Err(illegal(AT, format!("needs {text}")));
        }
    }
    need(look, "click_action", AT)?;
    check_click(look)?;
    if look.get("importance").and_then(Value::as_str) == Some("HIGH") {
        return Err(error("80300011", "no right to high importance"));
    }
    if look.get("default_sound") == Some(&Value::Bool(false)) {
        need(look, "sound", AT)?;
    }
    let needs: &[(&str, &[&str])] = &[
        ("title_loc_args", &["title_loc_key"]),
        ("body_loc_args", &["body_loc_key"]),
    ];
    for (given, needed) in needs {
        if look.contains_key(*given) {
            needed.iter().try_for_each(|name| need(look, name, AT))?;
        }
    }
    match look.get("style").and_then(Value::as_i64) {
        Some(1) => ["big_title", "big_body"]
            .iter()
            .try_for_each(|name| need(look, name, AT))?,
        Some(3) => need(look, "inbox_content", AT)?,
        _ => {}
    }
    if let Some(light) = look.get("light_settings").and_then(Value::as_object) {
        for name in ["color", "light_on_duration", "light_off_duration"] {
            need(light, name, "light_settings")?;
        }
    }
    let buttons = look.get("buttons").and_then(Value::as_array);
    buttons.into_iter().flatten().try_for_each(check_button)
}

fn check_click(look: &Map<String, Value>) -> Result<(), HuaweiError> {
    const AT: &str = "click_action";
    let Some(action) = look.get(AT).and_then(Value::as_object) else {
        return Ok(());
    };
    need(action, "type", AT)?;
    match action.get("type").and_then(Value::as_i64) {
        Some(1) if !action.contains_key("intent") => need(action, "action", AT),
        Some(2) => need(action, "url", AT),
        Some(4) => need(action, "rich_resource", AT),
        _ => Ok(()),
    }
}

fn check_button(button: &Value) -> Result<(), HuaweiError> {
    const AT: &str = "buttons";
    let Some(button) = button.as_object() else {
        return Ok(());
    };
    need(button, "name", AT)?;
    need(button, "action_type", AT)?;
    match button.get("action_type").and_then(Value::as_i64) {
        Some(1) => ["intent_type", "intent"]
            .iter()
            .try_for_each(|name| need(button, name, AT)),
        Some(2) => need(button, "intent", AT),
        Some(4) => need(button, "data", AT),
        _ => Ok(()),
    }
}
