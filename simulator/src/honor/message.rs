//! The message: what its fields mean to each other.

use serde_json::{Map, Value};

use super::answer::{HonorError, error, illegal};
use super::fields::{self, REQUEST};
use super::schema::{self, is_https, need};
use crate::call::Call;

/// Bytes of a body at the most, without its tokens. Not published; Huawei's.
const BODY_LIMIT: usize = 4096;
/// Tokens of a request at the most.
const TOKENS: usize = 1_000;

type Object = Map<String, Value>;

/// The targets of a message that is as it should be.
pub(super) fn parse(call: &Call) -> Result<Vec<String>, HonorError> {
    let kind = call.header("content-type").unwrap_or_default();
    if !is_json(kind) {
        return Err(error(80_100_001, format!("the content type is `{kind}`")));
    }
    let body: Value = serde_json::from_slice(&call.body).map_err(|why| illegal("request", why))?;
    let message = schema::object(&body, REQUEST, "request")?;
    check_size(message)?;
    let tokens = tokens(message)?;
    check(message)?;
    Ok(tokens)
}

/// `application/json`, in UTF-8 if it says in what.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    media.eq_ignore_ascii_case("application/json")
        && parts.all(|part| part.eq_ignore_ascii_case("charset=utf-8"))
}

fn check_size(message: &Object) -> Result<(), HonorError> {
    let mut rest = message.clone();
    rest.remove("token");
    let size = Value::Object(rest).to_string().len();
    if size > BODY_LIMIT {
        return Err(error(80_300_008, format!("{size} bytes")));
    }
    Ok(())
}

fn tokens(message: &Object) -> Result<Vec<String>, HonorError> {
    let tokens = message.get("token").and_then(Value::as_array);
    let tokens = tokens.map(Vec::as_slice).unwrap_or_default();
    if !(1..=TOKENS).contains(&tokens.len()) {
        return Err(error(80_300_010, format!("{} tokens", tokens.len())));
    }
    let texts = tokens.iter().filter_map(Value::as_str);
    Ok(texts.map(str::to_owned).collect())
}

fn check(message: &Object) -> Result<(), HonorError> {
    let empty = Object::new();
    let android = object(message, "android").unwrap_or(&empty);
    if text(android, "ttl").and_then(fields::seconds) == Some(0) {
        return Err(error(80_100_004, "no time to live"));
    }
    let basic = object(message, "notification");
    let look = object(android, "notification");
    let data = [text(message, "data"), text(android, "data")];
    if basic.is_none() && look.is_none() {
        return match data.iter().flatten().count() {
            0 => Err(illegal("request", "has neither data nor a notification")),
            _ => Ok(()),
        };
    }
    // A device reads the data of a notification as JSON; those of a transparent message are any text.
    if !data.into_iter().flatten().all(is_json_object) {
        return Err(illegal("request.data", "is no JSON object in a text"));
    }
    check_look(look.unwrap_or(&empty), basic.unwrap_or(&empty))
}

fn check_look(look: &Object, basic: &Object) -> Result<(), HonorError> {
    const AT: &str = "android.notification";
    for name in ["title", "body"] {
        if !basic.contains_key(name) {
            need(look, name, AT)?;
        }
    }
    need(look, "clickAction", AT)?;
    check_click(object(look, "clickAction").unwrap_or(look))?;
    let pictured = look.contains_key("image") || basic.contains_key("image");
    if pictured && text(look, "importance") == Some("LOW") {
        return Err(illegal(AT, "has an image, which is for NORMAL messages"));
    }
    if number(look, "style") == Some(1) {
        need(look, "bigTitle", AT)?;
        need(look, "bigBody", AT)?;
    }
    if let Some(badge) = object(look, "badge") {
        need(badge, "badgeClass", "badge")?;
        if !badge.contains_key("setNum") {
            need(badge, "addNum", "badge")?;
        }
    }
    let buttons = look.get("buttons").and_then(Value::as_array);
    let buttons = buttons.into_iter().flatten().filter_map(Value::as_object);
    buttons.into_iter().try_for_each(check_button)
}

fn check_click(action: &Object) -> Result<(), HonorError> {
    const AT: &str = "clickAction";
    need(action, "type", AT)?;
    match number(action, "type") {
        Some(1) if !action.contains_key("intent") => need(action, "action", AT),
        Some(2) => need(action, "url", AT),
        _ => Ok(()),
    }
}

fn check_button(button: &Object) -> Result<(), HonorError> {
    const AT: &str = "buttons";
    need(button, "name", AT)?;
    need(button, "actionType", AT)?;
    let opens_web = match number(button, "actionType") {
        Some(1) => {
            need(button, "intentType", AT)?;
            need(button, "intent", AT)?;
            false
        }
        Some(2) => {
            need(button, "intent", AT)?;
            if !text(button, "intent").is_some_and(is_https) {
                return Err(illegal("buttons.intent", "is no https address"));
            }
            true
        }
        _ => false,
    };
    match text(button, "data") {
        Some(data) if !opens_web && !is_json_object(data) => {
            Err(illegal("buttons.data", "is no JSON object in a text"))
        }
        _ => Ok(()),
    }
}

fn is_json_object(text: &str) -> bool {
    serde_json::from_str::<Object>(text).is_ok()
}

fn object<'a>(holder: &'a Object, name: &str) -> Option<&'a Object> {
    holder.get(name).and_then(Value::as_object)
}

fn text<'a>(holder: &'a Object, name: &str) -> Option<&'a str> {
    holder.get(name).and_then(Value::as_str)
}

fn number(holder: &Object, name: &str) -> Option<i64> {
    holder.get(name).and_then(Value::as_i64)
}
