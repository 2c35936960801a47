//! The body of `messages:send`, checked field by field.

use serde_json::{Map, Value};

use super::error::{GoogleError, bad_field, bad_message, bad_value};
use super::target::Target;
use super::{apns, condition, fields, scalar, schema};
use crate::call::Call;

type Object = Map<String, Value>;

/// Payload bytes.
const LIMIT: usize = 4096;
/// 28 days.
const MAX_TTL: u64 = 2_419_200;

/// What is needed of a valid message.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) target: Target,
    pub(super) validate_only: bool,
}

pub(super) fn parse(call: &Call) -> Result<Message, GoogleError> {
    let json = call
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/json"));
    if !json {
        return Err(bad_message(
            "Invalid JSON payload received. Content-Type is not JSON.",
        ));
    }
    let body: Value = serde_json::from_slice(&call.body)
        .map_err(|error| bad_message(format!("Invalid JSON payload received. {error}")))?;
    let request = schema::object(&body, fields::REQUEST, "")?;
    let message = request
        .get("message")
        .and_then(Value::as_object)
        .ok_or_else(|| bad_value("message", "Message is not set."))?;
    let target = target(message)?;
    check(message)?;
    Ok(Message {
        target,
        validate_only: request.get("validate_only") == Some(&Value::Bool(true)),
    })
}

fn target(message: &Object) -> Result<Target, GoogleError> {
    let mut targets = ["token", "fid", "topic", "condition"]
        .iter()
        .filter_map(|name| Some((*name, message.get(*name)?.as_str()?)));
    let (name, text) = targets
        .next()
        .ok_or_else(|| bad_value("message", "Recipient of the message is not set."))?;
    if let Some((second, _)) = targets.next() {
        let message = format!(
            "Invalid value at 'message' (oneof), oneof field 'target' is already set. Cannot set '{second}'"
        );
        return Err(bad_field("message", message));
    }
    let owned = text.to_owned();
    match name {
        "token" => Ok(Target::Token(owned)),
        "fid" => Ok(Target::Fid(owned)),
        "topic" if scalar::is_label(text, 900) => Ok(Target::Topic(owned)),
        "topic" => Err(bad_value("message.topic", "Invalid topic name")),
        _ => match condition::check(text) {
            Ok(()) => Ok(Target::Condition(owned)),
            Err(reason) => {
                let message = format!("Invalid condition expression provided: {reason}");
                Err(bad_value("message.condition", message))
            }
        },
    }
}

fn check(message: &Object) -> Result<(), GoogleError> {
    if message.contains_key("android") && message.contains_key("android_v2") {
        let text = "Only one of android and android_v2 may be set.";
        return Err(bad_value("message.android_v2", text));
    }
    data(message, "message.data")?;
    label(message, "message")?;
    let none = Object::new();
    let part = |name: &str| message.get(name).and_then(Value::as_object);
    let android = part("android").or_else(|| part("android_v2"));
    if let Some(android) = android {
        let path = if message.contains_key("android") {
            "android"
        } else {
            "android_v2"
        };
        self::android(android, &format!("message.{path}"))?;
    }
    if let Some(webpush) = part("webpush") {
        self::webpush(webpush)?;
    }
    if let Some(apns) = part("apns") {
        label(apns, "message.apns")?;
        apns::check(apns, message)?;
    }
    let notification = part("notification").unwrap_or(&none);
    let android = android.unwrap_or(&none);
    let data = android.get("data").or_else(|| message.get("data"));
    let bytes = data.map_or(0, size)
        + texts(notification)
        + android
            .get("notification")
            .and_then(Value::as_object)
            .map_or(0, texts);
    if bytes > LIMIT {
        return Err(bad_message("Android message is too big"));
    }
    Ok(())
}

fn android(android: &Object, path: &str) -> Result<(), GoogleError> {
    data(android, &format!("{path}.data"))?;
    label(android, path)?;
    if let Some(ttl) = android
        .get("ttl")
        .and_then(Value::as_str)
        .and_then(scalar::duration)
        && ttl.as_secs() > MAX_TTL
    {
        let message = "Invalid Time To Live. Time to Live duration must be between 0 and 2419200 seconds, inclusive.";
        return Err(bad_value(&format!("{path}.ttl"), message));
    }
    let (notification, path) = match android.get("remote_notification") {
        Some(remote) => (
            remote.get("notification"),
            format!("{path}.remote_notification.notification"),
        ),
        None => (android.get("notification"), format!("{path}.notification")),
    };
    match notification.and_then(Value::as_object) {
        Some(notification) => self::notification(notification, &path),
        None => Ok(()),
    }
}

fn notification(notification: &Object, path: &str) -> Result<(), GoogleError> {
    if let Some(colour) = notification.get("color").and_then(Value::as_str)
        && !scalar::is_colour(colour)
    {
        let message = "Invalid color value, color must be in #rrggbb format";
        return Err(bad_value(&format!("{path}.color"), message));
    }
    for (arguments, key) in [
        ("title_loc_args", "title_loc_key"),
        ("body_loc_args", "body_loc_key"),
    ] {
        if notification.contains_key(arguments) && !notification.contains_key(key) {
            let message = format!("{arguments} is set without {key}");
            return Err(bad_value(&format!("{path}.{arguments}"), message));
        }
    }
    if let Some(light) = notification
        .get("light_settings")
        .and_then(Value::as_object)
    {
        for name in ["color", "light_on_duration", "light_off_duration"] {
            if !light.contains_key(name) {
                let message = format!("light_settings.{name} is required");
                return Err(bad_value(&format!("{path}.light_settings.{name}"), message));
            }
        }
    }
    Ok(())
}

fn webpush(webpush: &Object) -> Result<(), GoogleError> {
    label(webpush, "message.webpush")?;
    let link = webpush
        .get("fcm_options")
        .and_then(|options| options.get("link"));
    if let Some(link) = link.and_then(Value::as_str)
        && !(link.starts_with("https://") && url::Url::parse(link).is_ok())
    {
        let message = "Webpush link must be a valid HTTPS URL";
        return Err(bad_value("message.webpush.fcm_options.link", message));
    }
    Ok(())
}

/// Keys that FCM keeps for itself.
fn data(holder: &Object, path: &str) -> Result<(), GoogleError> {
    let reserved = |key: &str| {
        matches!(key, "from" | "message_type")
            || key.starts_with("google.")
            || key.starts_with("gcm.")
    };
    let keys = holder.get("data").and_then(Value::as_object);
    match keys
        .into_iter()
        .flat_map(Map::keys)
        .find(|key| reserved(key))
    {
        Some(key) => Err(bad_value(path, format!("Invalid data payload key: {key}"))),
        None => Ok(()),
    }
}

fn label(holder: &Object, path: &str) -> Result<(), GoogleError> {
    let label = holder
        .get("fcm_options")
        .and_then(|options| options.get("analytics_label"));
    match label.and_then(Value::as_str) {
        Some(label) if !scalar::is_label(label, 50) => {
            let path = format!("{path}.fcm_options.analytics_label");
            Err(bad_value(&path, "Invalid analytics label"))
        }
        _ => Ok(()),
    }
}

/// Bytes of keys and values.
fn size(data: &Value) -> usize {
    let entries = data.as_object().into_iter().flatten();
    entries
        .map(|(key, value)| key.len() + value.as_str().map_or(0, str::len))
        .sum()
}

/// Bytes of the texts that a notification shows.
fn texts(notification: &Object) -> usize {
    ["title", "body"]
        .iter()
        .filter_map(|name| notification.get(*name)?.as_str())
        .map(str::len)
        .sum()
}
