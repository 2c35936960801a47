//! `message.data`: what the app gets untouched.

use std::borrow::Cow;
use std::collections::BTreeMap;

use zpns_core::{Kind, OnClick, Rejection};

use super::super::check::invalid;
use super::form::Push;

/// The key of the notification's `payload`.
const PAYLOAD: &str = "payload";
/// The key of what opens on a tap, in the JSON form of `on_click`.
const ON_CLICK: &str = "on_click";
/// The key of what happened to a call: `invite`, `cancel`, …
const CALL: &str = "call";

/// The notification's own data and, under keys of ours, its payload, click action and call.
pub(super) fn of<'a>(push: &Push<'a>) -> Result<BTreeMap<&'a str, Cow<'a, str>>, Rejection> {
    let message = push.message;
    let ours = [
        (PAYLOAD, message.payload.as_deref().map(Cow::Borrowed)),
        (ON_CLICK, on_click(&push.on_click)?.map(Cow::Owned)),
        (CALL, call(&message.kind)?.map(Cow::Owned)),
    ];
    let mut data: BTreeMap<&str, Cow<'_, str>> = message
        .data
        .iter()
        .map(|(key, value)| (key.as_str(), Cow::Borrowed(value.as_str())))
        .collect();
    for (key, value) in ours {
        let Some(value) = value else { continue };
        if data.insert(key, value).is_some() {
            return Err(invalid(
                "data",
                format!("the key `{key}` is taken by what the notification says elsewhere"),
            ));
        }
    }
    Ok(data)
}

fn on_click(action: &OnClick) -> Result<Option<String>, Rejection> {
    match action {
        OnClick::OpenApp => Ok(None),
        action => serde_json::to_string(action)
            .map(Some)
            .map_err(super::unwritable),
    }
}

/// The event by the name that the core gives it.
fn call(kind: &Kind) -> Result<Option<String>, Rejection> {
    let Kind::Call(event) = kind else {
        return Ok(None);
    };
    let name = serde_json::to_value(event).map_err(super::unwritable)?;
    Ok(name.as_str().map(str::to_owned))
}
