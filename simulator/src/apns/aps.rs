//! The `aps` dictionary. Unknown keys in it are ignored, as Apple does.

use serde_json::{Map, Value};

type Object = Map<String, Value>;
type Test = fn(&Value) -> bool;

/// Keys whose type is fixed, and what they must be.
const TYPES: &[(&str, Test, &str)] = &[
    ("badge", whole, "a whole number from 0"),
    ("thread-id", Value::is_string, "a string"),
    ("category", Value::is_string, "a string"),
    ("content-available", is_one, "the number 1"),
    ("mutable-content", is_one, "the number 1"),
    ("target-content-id", Value::is_string, "a string"),
    (
        "interruption-level",
        is_level,
        "`passive`, `active`, `time-sensitive` or `critical`",
    ),
    ("filter-criteria", Value::is_string, "a string"),
    ("content-changed", Value::is_boolean, "a boolean"),
    ("timestamp", whole, "whole seconds"),
    ("event", is_event, "`start`, `update` or `end`"),
    ("content-state", Value::is_object, "an object"),
    ("stale-date", whole, "whole seconds"),
    ("dismissal-date", whole, "whole seconds"),
    ("attributes-type", Value::is_string, "a string"),
    ("attributes", Value::is_object, "an object"),
    ("input-push-channel", Value::is_string, "a string"),
    ("input-push-token", is_one, "the number 1"),
    (
        "sound",
        is_sound,
        "a string, or an object of `critical`, `name` and `volume`",
    ),
];

const ALERT: &[(&str, Test, &str)] = &[
    ("subtitle", Value::is_string, "a string"),
    ("launch-image", Value::is_string, "a string"),
    ("title-loc-key", Value::is_string, "a string"),
    ("title-loc-args", strings, "a list of strings"),
    ("subtitle-loc-key", Value::is_string, "a string"),
    ("subtitle-loc-args", strings, "a list of strings"),
    ("loc-key", Value::is_string, "a string"),
    ("loc-args", strings, "a list of strings"),
];

/// Checks the type of every known key. Alerts of Live Activities have their own form.
pub(super) fn types(aps: &Object, live_activity: bool) -> Result<(), String> {
    known(aps, TYPES)?;
    if let Some(score) = aps.get("relevance-score") {
        let number = score.as_f64().ok_or("`relevance-score` is not a number")?;
        if !live_activity && !(0.0..=1.0).contains(&number) {
            return Err("`relevance-score` is not between 0 and 1".to_owned());
        }
    }
    match aps.get("alert") {
        None => Ok(()),
        Some(Value::String(_)) if !live_activity => Ok(()),
        Some(Value::Object(alert)) => {
            known(alert, ALERT)?;
            let text = |value: &Value| {
                value.is_string()
                    || live_activity && value.get("loc-key").is_some_and(Value::is_string)
            };
            let wrong = ["title", "body"]
                .iter()
                .find(|key| alert.get(**key).is_some_and(|v| !text(v)));
            match wrong {
                Some(key) => Err(format!("`alert.{key}` is not a text")),
                None => Ok(()),
            }
        }
        Some(_) => Err("`alert` is neither a string nor an object".to_owned()),
    }
}

/// Checks what the event of a Live Activity needs. A broadcast cannot start one.
pub(super) fn live_activity(aps: &Object, broadcast: bool) -> Result<(), String> {
    let event = aps.get("event").and_then(Value::as_str);
    let needed: &[&str] = match event {
        Some("start") if broadcast => return Err("a broadcast cannot start an activity".to_owned()),
        Some("start") => &[
            "timestamp",
            "attributes-type",
            "attributes",
            "alert",
            "content-state",
        ],
        Some(_) => &["timestamp", "content-state"],
        None => return Err("`event` is missing".to_owned()),
    };
    match needed.iter().find(|key| !aps.contains_key(**key)) {
        Some(key) => Err(format!("`{key}` is missing")),
        None => Ok(()),
    }
}

fn known(object: &Object, types: &[(&str, Test, &str)]) -> Result<(), String> {
    match types
        .iter()
        .find(|(key, test, _)| object.get(*key).is_some_and(|value| !test(value)))
    {
        Some((key, _, wanted)) => Err(format!("`{key}` is not {wanted}")),
        None => Ok(()),
    }
}

fn whole(value: &Value) -> bool {
    value.is_u64()
}

fn is_one(value: &Value) -> bool {
    value.as_u64() == Some(1)
}

fn is_level(value: &Value) -> bool {
    matches!(
        value.as_str(),
        Some("passive" | "active" | "time-sensitive" | "critical")
    )
}

fn is_event(value: &Value) -> bool {
    matches!(value.as_str(), Some("start" | "update" | "end"))
}

fn is_sound(value: &Value) -> bool {
    let Value::Object(sound) = value else {
        return value.is_string();
    };
    let fits = |key: &str, test: Test| sound.get(key).is_none_or(test);
    fits("critical", |value| matches!(value.as_u64(), Some(0 | 1)))
        && fits("volume", |value| {
            value.as_f64().is_some_and(|v| (0.0..=1.0).contains(&v))
        })
        && sound.get("name").is_some_and(Value::is_string)
}

fn strings(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|items| items.iter().all(Value::is_string))
}
