//! The fields of a notification, and what each of them may hold by itself.

use serde_json::{Map, Value};

use super::error::{OppoError, error};
use crate::form::Form;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Is {
    /// A text that is not blank, of so many characters at the most.
    Text(usize),
    /// An http or https address of so many characters at the most.
    Web(usize),
    Bool,
    /// A whole number from here to there.
    Within(i64, i64),
    /// One of these numbers.
    OneOf(&'static [i64]),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A text that holds a JSON object, of so many characters at the most.
    Object(usize),
    /// An object of texts.
    Pairs,
    /// Any JSON.
    Json,
}

/// Who may use a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    All,
    /// Messages to single targets.
    Unicast,
    /// Messages that are saved and broadcast.
    Broadcast,
    /// Apps that pay, which the simulated ones do not.
    Paid,
}

const ANY: usize = usize::MAX;
const INT32: i64 = i32::MAX as i64;
/// The furthest time, in milliseconds: they have 13 digits.
const LAST: i64 = 9_999_999_999_999;
/// A day, in seconds.
const DAY: i64 = 86_400;

/// Classes that anybody may use.
pub(super) const PUBLIC: &[&str] = &["NEWS", "CONTENT", "MARKETING", "SOCIAL"];
/// These, and the private ones, which the console approves. All of them are approved here.
const CATEGORIES: &[&str] = &[
    "NEWS",
    "CONTENT",
    "MARKETING",
    "SOCIAL",
    "IM",
    "ACCOUNT",
    "DEVICE_REMINDER",
    "ORDER",
    "TODO",
    "SUBSCRIPTION",
];

/// Field names, what they hold, for whom they are, and the code of one that does not hold it. Every
/// character counts one, whatever its script.
#[rustfmt::skip]
const NOTIFICATION: &[(&str, Is, For, i64)] = &[
    ("title", Is::Text(50), For::All, 41),
    // 128 with the long style, and no other.
    ("content", Is::Text(128), For::All, 41),
    ("sub_title", Is::Text(10), For::All, 41),
    ("style", Is::OneOf(&[1, 2, 3, 4]), For::All, 41),
    ("big_picture_id", Is::Text(ANY), For::Broadcast, 51),
    ("small_picture_id", Is::Text(ANY), For::Broadcast, 51),
    ("small_picture_url", Is::Web(300), For::Paid, 41),
    ("medium_picture_url", Is::Web(300), For::Paid, 41),
    ("big_picture_url", Is::Web(300), For::Paid, 41),
    ("buttons", Is::Json, For::Paid, 41),
    ("option", Is::Json, For::Paid, 41),
    ("app_message_id", Is::Text(ANY), For::All, 41),
    ("click_action_type", Is::OneOf(&[0, 1, 2, 4, 5]), For::All, 41),
    ("click_action_activity", Is::Text(500), For::All, 41),
    ("click_action_url", Is::Text(2000), For::All, 41),
    ("action_parameters", Is::Object(4000), For::All, 41),
    ("show_time_type", Is::OneOf(&[0, 1]), For::All, 41),
    ("show_start_time", Is::Within(0, LAST), For::All, 41),
    ("show_end_time", Is::Within(0, LAST), For::All, 41),
    ("off_line", Is::Bool, For::All, 41),
    // More than ten days count as ten.
    ("off_line_ttl", Is::Within(1, INT32), For::All, 41),
    ("push_time_type", Is::OneOf(&[0, 1]), For::Broadcast, 41),
    ("push_start_time", Is::Within(0, LAST), For::Broadcast, 41),
    ("time_zone", Is::Text(ANY), For::All, 41),
    ("fix_speed", Is::Bool, For::Broadcast, 41),
    ("fix_speed_rate", Is::Within(1_000, 10_000), For::Broadcast, 41),
    ("network_type", Is::OneOf(&[0, 1]), For::All, 41),
    ("call_back_url", Is::Web(200), For::All, 41),
    ("call_back_parameter", Is::Text(100), For::All, 41),
    ("channel_id", Is::Text(ANY), For::All, 41),
    ("show_ttl", Is::Within(0, DAY), For::All, 41),
    ("notify_id", Is::Within(-INT32 - 1, INT32), For::All, 41),
    ("category", Is::Word(CATEGORIES), For::All, 67),
    ("notify_level", Is::OneOf(&[1, 2, 16]), For::All, 67),
    ("private_msg_template_id", Is::Text(ANY), For::Unicast, 41),
    ("private_title_parameters", Is::Pairs, For::Unicast, 41),
    ("private_content_parameters", Is::Pairs, For::Unicast, 41),
    ("auditResponse", Is::Json, For::All, 41),
    // Names that no copy of the page confirms.
    ("intelligent_intent", Is::Json, For::All, 41),
    ("delete_intent_data", Is::Json, For::All, 41),
    ("intent_env", Is::OneOf(&[0, 1]), For::All, 41),
    ("badge_operation_type", Is::OneOf(&[0, 1]), For::All, 41),
    ("badge_message_count", Is::Within(0, INT32), For::All, 41),
];

/// Every field by itself. One that is not listed is refused.
pub(super) fn check(notification: &Map<String, Value>, used_by: For) -> Result<(), OppoError> {
    for (name, value) in notification {
        let (is, allowed, code) = row(name)?;
        if allowed != For::All && allowed != used_by {
            return Err(error(27, format!("`{name}` is not permitted here")));
        }
        if !holds(value, is) {
            return Err(error(code, format!("`{name}` is {value}")));
        }
    }
    Ok(())
}

/// The fields of a form, as they would be in JSON: numbers and booleans are sent as text there.
pub(super) fn typed(form: &Form, others: &[&str]) -> Result<Map<String, Value>, OppoError> {
    let mut notification = Map::new();
    for (name, text) in form.pairs().filter(|(name, _)| !others.contains(name)) {
        let parsed = match row(name)?.0 {
            Is::Text(_) | Is::Web(_) | Is::Word(_) | Is::Object(_) => Some(Value::from(text)),
            _ => serde_json::from_str(text).ok(),
        };
        let value = parsed.unwrap_or_else(|| Value::from(text));
        notification.insert(name.to_owned(), value);
    }
    Ok(notification)
}

fn row(name: &str) -> Result<(Is, For, i64), OppoError> {
    let row = NOTIFICATION.iter().find(|row| row.0 == name);
    let row = row.ok_or_else(|| error(41, format!("no field is called `{name}`")))?;
    Ok((row.1, row.2, row.3))
}

fn holds(value: &Value, is: Is) -> bool {
    let text = value.as_str();
    let short = |most| text.filter(|text| text.chars().count() <= most);
    match is {
        Is::Text(most) => short(most).is_some_and(|text| !text.trim().is_empty()),
        Is::Web(most) => short(most).is_some_and(is_web),
        Is::Bool => value.is_boolean(),
        Is::Within(least, most) => value
            .as_i64()
            .is_some_and(|number| (least..=most).contains(&number)),
        Is::OneOf(numbers) => value
            .as_i64()
            .is_some_and(|number| numbers.contains(&number)),
        Is::Word(words) => text.is_some_and(|text| words.contains(&text)),
        Is::Object(most) => {
            let object = short(most).map(serde_json::from_str::<Map<String, Value>>);
            object.is_some_and(|object| object.is_ok())
        }
        Is::Pairs => value
            .as_object()
            .is_some_and(|pairs| pairs.values().all(Value::is_string)),
        Is::Json => !value.is_null(),
    }
}

/// An http or https address.
pub(super) fn is_web(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| ["http", "https"].contains(&url.scheme()))
}
