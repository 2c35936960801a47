//! What the notification says to Apple devices.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};
use zpns_core::{Badge, Category, Priority, Rejection, Sound};
use zpns_kit::merge_patch;

use super::super::check::invalid;
use super::super::{ApnsConfig, Options};
use super::form::{Form, Push};
use super::unless_empty;

/// What APNs takes as a number only; FCM refuses `true` and even 0 (`reference/fcm.md` §2.3).
const FLAGS: [&str; 2] = ["content-available", "mutable-content"];

/// How much a category may interrupt, as over APNs directly. Those that are not here are Apple's
/// default, `active`: a Focus is broken only by what is worthless when late, and nobody is called
/// to the phone by advertising.
const INTERRUPTION: [(Category, &str); 4] = [
    (Category::Call, "time-sensitive"),
    (Category::DeviceReminder, "time-sensitive"),
    (Category::News, "passive"),
    (Category::Marketing, "passive"),
];

/// `message.apns`: the host's own options, with the rest filled in.
pub(super) fn half(push: &Push<'_>, options: &Options) -> Result<Option<ApnsConfig>, Rejection> {
    let mut half = options.apns.clone().unwrap_or_default();
    let own = half.headers.take().unwrap_or_default();
    half.headers = unless_empty(headers(own, push));
    if push.form == Form::Hidden {
        check_background(half.headers.as_ref())?;
    }
    let own = half.payload.take().unwrap_or_default();
    half.payload = unless_empty(payload(own, push));
    Ok(unless_empty(half))
}

fn headers(mut headers: BTreeMap<String, String>, push: &Push<'_>) -> BTreeMap<String, String> {
    let collapse = push.message.collapse_key.as_ref();
    let ours = [
        ("apns-push-type", push_type(push.form).map(str::to_owned)),
        ("apns-priority", priority(push).map(str::to_owned)),
        ("apns-expiration", push.ttl.map(|ttl| expiration(push, ttl))),
        (
            "apns-collapse-id",
            collapse
                .filter(|_| push.form != Form::LiveActivity)
                .cloned(),
        ),
    ];
    for (name, value) in ours {
        let Some(value) = value else { continue };
        if header(&headers, name).is_none() {
            headers.insert(name.to_owned(), value);
        }
    }
    headers
}

fn header<'h>(headers: &'h BTreeMap<String, String>, name: &str) -> Option<&'h str> {
    let own = headers
        .iter()
        .find(|(own, _)| own.eq_ignore_ascii_case(name));
    own.map(|(_, value)| value.as_str())
}

/// FCM itself knows the type of what it sends to a live activity.
fn push_type(form: Form) -> Option<&'static str> {
    match form {
        Form::Shown => Some("alert"),
        Form::Hidden => Some("background"),
        Form::LiveActivity => None,
    }
}

/// APNs takes nothing but 5 for a background push; a live activity has no 1.
fn priority(push: &Push<'_>) -> Option<&'static str> {
    match (push.form, push.priority?) {
        (Form::Shown | Form::LiveActivity, Priority::High) => Some("10"),
        (Form::Shown, Priority::Low) => Some("1"),
        _ => Some("5"),
    }
}

/// A point in time; zero is one attempt, now.
fn expiration(push: &Push<'_>, ttl: Duration) -> String {
    if ttl.is_zero() {
        return "0".to_owned();
    }
    (push.now + ttl).as_secs().to_string()
}

/// FCM refuses a message of data only with another priority (`reference/fcm.md` §6).
fn check_background(headers: Option<&BTreeMap<String, String>>) -> Result<(), Rejection> {
    let priority = headers.and_then(|headers| header(headers, "apns-priority"));
    if priority.is_none_or(|priority| priority == "5") {
        return Ok(());
    }
    Err(invalid(
        "vendor.fcm.apns.headers",
        "apns-priority is 5 where nothing is shown",
    ))
}

/// Our payload with the host's own merged over it: a `null` there takes out what we say.
fn payload(own: Map<String, Value>, push: &Push<'_>) -> Map<String, Value> {
    let aps = match push.form {
        Form::Shown => shown(push),
        Form::Hidden => Map::from_iter([("content-available".to_owned(), json!(1))]),
        Form::LiveActivity => activity(push),
    };
    let mut payload = json!({ "aps": aps });
    merge_patch(&mut payload, &Value::Object(own));
    if let Some(Value::Object(aps)) = payload.get_mut("aps") {
        write_flags_as_numbers(aps);
    }
    match payload {
        Value::Object(mut payload) => {
            payload.retain(|_, value| value.as_object().is_none_or(|object| !object.is_empty()));
            payload
        }
        _ => Map::new(),
    }
}

fn shown(push: &Push<'_>) -> Map<String, Value> {
    let message = push.message;
    let level = message
        .category
        .and_then(|category| INTERRUPTION.iter().find(|row| row.0 == category))
        .map(|row| row.1.into());
    let rows = [
        ("alert", alert(push)),
        ("badge", badge(message.badge)),
        ("interruption-level", level),
        // The app's extension loads the picture.
        ("mutable-content", message.image.as_ref().map(|_| 1.into())),
        ("sound", sound(&message.sound)),
        ("thread-id", message.thread.as_deref().map(Value::from)),
    ];
    present(rows)
}

/// Only where it says more than title and body, which FCM puts there by itself. It replaces
/// them, so that it has to repeat them.
fn alert(push: &Push<'_>) -> Option<Value> {
    let message = push.message;
    let args = |args: &Vec<String>| (!args.is_empty()).then(|| args.clone().into());
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let more = present([
        ("subtitle", text(&message.subtitle)),
        ("title-loc-key", text(&message.title_loc_key)),
        ("title-loc-args", args(&message.title_loc_args)),
        ("subtitle-loc-key", text(&message.subtitle_loc_key)),
        ("subtitle-loc-args", args(&message.subtitle_loc_args)),
        ("loc-key", text(&message.body_loc_key)),
        ("loc-args", args(&message.body_loc_args)),
    ]);
    if more.is_empty() {
        return None;
    }
    let mut alert = texts(push);
    alert.extend(more);
    Some(alert.into())
}

fn texts(push: &Push<'_>) -> Map<String, Value> {
    present([
        ("title", push.title.as_deref().map(Value::from)),
        ("body", push.body.as_deref().map(Value::from)),
    ])
}

/// A live activity's alert holds its sound (`reference/apns.md` §2.5).
fn activity(push: &Push<'_>) -> Map<String, Value> {
    let mut alert = texts(push);
    if !alert.is_empty() {
        alert.extend(present([("sound", sound(&push.message.sound))]));
    }
    present([
        ("timestamp", Some(push.now.as_secs().into())),
        ("alert", unless_empty(alert).map(Value::Object)),
    ])
}

fn badge(badge: Badge) -> Option<Value> {
    match badge {
        Badge::Set(number) => Some(number.into()),
        Badge::Clear => Some(0.into()),
        _ => None,
    }
}

fn sound(sound: &Sound) -> Option<Value> {
    match sound {
        Sound::Default => Some("default".into()),
        Sound::Named(name) => Some(name.as_str().into()),
        Sound::Critical { name, volume } => {
            Some(json!({ "critical": 1, "name": name, "volume": volume }))
        }
        _ => None,
    }
}

fn present<const N: usize>(rows: [(&str, Option<Value>); N]) -> Map<String, Value> {
    rows.into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .collect()
}

fn write_flags_as_numbers(aps: &mut Map<String, Value>) {
    for flag in FLAGS {
        match aps.get(flag) {
            Some(Value::Bool(true)) => {
                aps.insert(flag.to_owned(), 1.into());
            }
            Some(value) if *value == json!(false) || *value == json!(0) => {
                aps.remove(flag);
            }
            _ => {}
        }
    }
}
