//! `extra.*`: what has a meaning, and the app's own pairs.

use serde_json::Value;

use super::error::{MiError, error};
use super::message::number;
use crate::form::Form;

/// What a value has to be.
#[derive(Debug, Clone, Copy)]
enum Is {
    Text,
    /// `0` or `1`.
    Flag,
    /// A whole number from the first to the second.
    Number(i64, i64),
    /// One of these.
    OneOf(&'static [&'static str]),
    /// An http or https URL.
    Web,
    /// An Android intent URI.
    Intent,
    /// A URL of at most 128 bytes, with codes of its own.
    Callback,
    /// At most 64 bytes.
    CallbackParam,
    /// A sum of kinds of receipts, none of them twice.
    CallbackType,
    JobKey,
    /// A JSON object of texts.
    Variables,
    /// Members with commas between them.
    List,
}

/// Keys with a meaning, after `extra.`.
const KEYS: &[(&str, Is)] = &[
    ("channel_id", Is::Text),
    ("channel_name", Is::Text),
    ("channel_description", Is::Text),
    ("template_id", Is::Text),
    ("template_param", Is::Variables),
    ("notify_effect", Is::OneOf(&["1", "2", "3"])),
    ("intent_uri", Is::Intent),
    ("web_uri", Is::Web),
    ("class_name", Is::Text),
    ("intent_flag", Is::Text),
    ("notify_foreground", Is::Flag),
    ("sound_uri", Is::Text),
    ("ticker", Is::Text),
    ("badge", Is::Number(0, i32::MAX as i64)),
    ("flow_control", Is::Number(1, i32::MAX as i64)),
    ("jobkey", Is::JobKey),
    ("callback", Is::Callback),
    ("callback.param", Is::CallbackParam),
    ("callback.type", Is::CallbackType),
    ("locale", Is::List),
    ("locale_not_in", Is::List),
    ("app_version", Is::List),
    ("app_version_not_in", Is::List),
    ("model", Is::List),
    ("model_not_in", Is::List),
    ("connpt", Is::OneOf(&["wifi"])),
    ("only_send_once", Is::Flag),
    ("instant_notify", Is::Flag),
    ("notification_style_type", Is::OneOf(&["1", "2"])),
    ("notification_large_icon_uri", Is::Text),
    ("notification_bigPic_uri", Is::Text),
    ("notification_small_icon_uri", Is::Text),
    ("notification_small_icon_color", Is::Text),
];

/// Keys of a button, after `extra.notification_style_button_` and its place.
const BUTTON_KEYS: &[(&str, Is)] = &[
    ("_name", Is::Text),
    ("_notify_effect", Is::OneOf(&["1", "2", "3"])),
    ("_intent_uri", Is::Intent),
    ("_intent_class", Is::Text),
    ("_web_uri", Is::Web),
];

const PLACES: [&str; 3] = ["left", "mid", "right"];
const MAX_PAIRS: usize = 10;
const MAX_PAIR_CHARACTERS: usize = 1024;
const MAX_VARIABLES: usize = 9;
const MAX_VARIABLE: usize = 128;
/// 1, 2, 16, 32, 64, 128 and 1024.
const RECEIPTS: i64 = 1267;

/// A notification says what a tap does: those that do not are not shown any more.
pub(super) fn check_click(form: &Form) -> Result<(), MiError> {
    let has = |key: &str| form.get(key).is_some_and(|value| !value.is_empty());
    let complete = match form.get("extra.notify_effect") {
        None => return Err(error(10016, "`extra.notify_effect` is missing")),
        Some("2") => has("extra.intent_uri") || has("extra.class_name"),
        Some("3") => has("extra.web_uri"),
        Some(_) => true,
    };
    if complete {
        return Ok(());
    }
    Err(error(10016, "nothing for `extra.notify_effect` to open"))
}

/// Every pair under `extra.`.
pub(super) fn check(form: &Form) -> Result<(), MiError> {
    let (mut pairs, mut characters) = (0, 0);
    for (whole, value) in form.pairs() {
        let Some(key) = whole.strip_prefix("extra.") else {
            continue;
        };
        match meaning(key) {
            Some(is) => check_value(form, whole, value, is)?,
            None => {
                pairs += 1;
                characters += key.chars().count() + value.chars().count();
            }
        }
    }
    if pairs > MAX_PAIRS {
        return Err(error(65014, format!("{pairs} pairs")));
    }
    if characters > MAX_PAIR_CHARACTERS {
        return Err(error(65015, format!("{characters} characters")));
    }
    Ok(())
}

fn meaning(key: &str) -> Option<Is> {
    let button = || {
        let rest = key.strip_prefix("notification_style_button_")?;
        let rest = PLACES.iter().find_map(|place| rest.strip_prefix(place))?;
        find(BUTTON_KEYS, rest)
    };
    find(KEYS, key).or_else(button)
}

fn find(keys: &[(&str, Is)], key: &str) -> Option<Is> {
    keys.iter().find(|row| row.0 == key).map(|row| row.1)
}

fn check_value(form: &Form, key: &str, value: &str, is: Is) -> Result<(), MiError> {
    let good = match is {
        Is::Text => !value.is_empty(),
        Is::Flag => ["0", "1"].contains(&value),
        Is::Number(least, most) => return number(form, key, least, most).map(drop),
        Is::OneOf(values) => values.contains(&value),
        Is::Web => is_web(value),
        Is::Intent => value.starts_with("intent:") && value.ends_with(";end"),
        Is::Callback if value.len() > 128 => return Err(error(65037, key)),
        Is::Callback if !is_web(value) => return Err(error(65038, key)),
        Is::CallbackParam if value.len() > 64 => return Err(error(65036, key)),
        Is::Callback | Is::CallbackParam => true,
        Is::CallbackType => value
            .parse()
            .is_ok_and(|bits: i64| bits > 0 && bits & !RECEIPTS == 0),
        Is::JobKey => is_jobkey(value),
        Is::Variables => return variables(form).map(drop),
        Is::List => value.split(',').all(|member| !member.is_empty()),
    };
    if good {
        return Ok(());
    }
    Err(error(10017, format!("`{key}` is `{value}`")))
}

fn is_web(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| ["http", "https"].contains(&url.scheme()))
}

fn is_jobkey(key: &str) -> bool {
    (1..=20).contains(&key.len())
        && !key.starts_with('_')
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// The names of a template's variables, sorted.
pub(super) fn variables(form: &Form) -> Result<Vec<String>, MiError> {
    let wrong = |what: &str| error(10041, format!("`extra.template_param`: {what}"));
    let text = form.get("extra.template_param").unwrap_or_default();
    let Ok(Value::Object(variables)) = serde_json::from_str(text) else {
        return Err(wrong("not a JSON object in a text"));
    };
    if variables.len() > MAX_VARIABLES {
        return Err(wrong("more than nine"));
    }
    for value in variables.values() {
        let fits = value
            .as_str()
            .is_some_and(|value| !value.trim().is_empty() && value.chars().count() <= MAX_VARIABLE);
        if !fits {
            return Err(wrong("not a text of 1 to 128 characters"));
        }
    }
    let mut names: Vec<String> = variables.into_iter().map(|(name, _)| name).collect();
    names.sort();
    Ok(names)
}
