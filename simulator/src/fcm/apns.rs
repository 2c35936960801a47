//! The `apns` block of a message: what FCM itself refuses before it asks APNs.

use serde_json::{Map, Value};

use super::error::{GoogleError, bad_message, bad_value};

type Object = Map<String, Value>;

const PAYLOAD: &str = "message.apns.payload";
const LIMIT: usize = 4096;

pub(super) fn check(apns: &Object, message: &Object) -> Result<(), GoogleError> {
    let headers = apns.get("headers").and_then(Value::as_object);
    let header = |name: &str| {
        headers
            .into_iter()
            .flatten()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .and_then(|(_, value)| value.as_str())
    };
    values(header)?;
    let payload = apns.get("payload").and_then(Value::as_object);
    let aps = match payload.and_then(|payload| payload.get("aps")) {
        None => None,
        Some(Value::Object(aps)) => Some(aps),
        Some(_) => return Err(bad_value(PAYLOAD, "`aps` is not an object")),
    };
    if let Some(payload) = apns.get("payload")
        && payload.to_string().len() > LIMIT
    {
        return Err(bad_message("APNs message is too big"));
    }
    // The wire form of these two is the integer 1 or nothing: not 0, not true, not false.
    for name in ["content-available", "mutable-content"] {
        if let Some(value) = aps.and_then(|aps| aps.get(name))
            && value.as_i64() != Some(1)
        {
            return Err(bad_value(
                PAYLOAD,
                format!("Invalid value for `aps.{name}`: {value}"),
            ));
        }
    }
    let shown = message.contains_key("notification")
        || aps.is_some_and(|aps| {
            ["alert", "badge", "sound"]
                .iter()
                .any(|key| aps.contains_key(*key))
        });
    let other =
        header("apns-push-type").is_some_and(|kind| !matches!(kind, "background" | "alert"));
    if header("apns-push-type") == Some("background") && shown {
        return Err(bad_value(PAYLOAD, "a background push shows nothing"));
    }
    // The default priority is 10, which a data-only message must not have.
    if !shown && !other && header("apns-priority") != Some("5") {
        let text = "apns-priority must be 5 for a data-only message";
        return Err(bad_value("message.apns.headers", text));
    }
    Ok(())
}

fn values<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Result<(), GoogleError> {
    let wrong = |name: &str| {
        Err(bad_value(
            "message.apns.headers",
            format!("Invalid value for the header {name}"),
        ))
    };
    if header("apns-priority").is_some_and(|value| !matches!(value, "1" | "5" | "10")) {
        return wrong("apns-priority");
    }
    if header("apns-expiration").is_some_and(|value| value.parse::<u64>().is_err()) {
        return wrong("apns-expiration");
    }
    if header("apns-collapse-id").is_some_and(|value| value.is_empty() || value.len() > 64) {
        return wrong("apns-collapse-id");
    }
    const PUSH_TYPES: [&str; 11] = [
        "alert",
        "background",
        "voip",
        "complication",
        "fileprovider",
        "mdm",
        "liveactivity",
        "location",
        "pushtotalk",
        "widgets",
        "controls",
    ];
    if header("apns-push-type").is_some_and(|value| !PUSH_TYPES.contains(&value)) {
        return wrong("apns-push-type");
    }
    Ok(())
}
