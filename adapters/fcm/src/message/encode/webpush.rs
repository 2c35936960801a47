//! What the notification says to browsers.

use std::collections::BTreeMap;

use zpns_core::{OnClick, Priority, Sound};

use super::super::{Options, WebpushConfig};
use super::form::{Form, Push};
use super::{fill, unless_empty};

/// Characters of a `Topic` header at the most (RFC 8030 §5.4).
const TOPIC_LENGTH: usize = 32;

/// `message.webpush`: the host's own options, with the rest filled in.
pub(super) fn half(push: &Push<'_>, options: &Options) -> Option<WebpushConfig> {
    let mut half = options.webpush.clone().unwrap_or_default();
    let own = half.headers.take().unwrap_or_default();
    half.headers = unless_empty(headers(own, push));
    if push.form == Form::Shown {
        let mut look = half.notification.take().unwrap_or_default();
        if let Some(key) = &push.message.collapse_key {
            look.entry("tag").or_insert(key.as_str().into());
        }
        if push.message.sound == Sound::None {
            look.entry("silent").or_insert(true.into());
        }
        half.notification = unless_empty(look);
        let mut web = half.fcm_options.take().unwrap_or_default();
        fill(&mut web.link, link(push));
        half.fcm_options = unless_empty(web);
    }
    unless_empty(half)
}

fn headers(mut headers: BTreeMap<String, String>, push: &Push<'_>) -> BTreeMap<String, String> {
    let topic = push
        .message
        .collapse_key
        .as_ref()
        .filter(|key| is_topic(key));
    let ours = [
        ("TTL", push.ttl.map(|ttl| ttl.as_secs().to_string())),
        (
            "Urgency",
            push.priority.map(|priority| urgency(priority).to_owned()),
        ),
        ("Topic", topic.cloned()),
    ];
    for (name, value) in ours {
        let Some(value) = value else { continue };
        if !headers.keys().any(|own| own.eq_ignore_ascii_case(name)) {
            headers.insert(name.to_owned(), value);
        }
    }
    headers
}

fn urgency(priority: Priority) -> &'static str {
    match priority {
        Priority::High => "high",
        Priority::Low => "low",
        _ => "normal",
    }
}

/// A key that may stand in a `Topic` header. Any other still replaces what is shown, by its tag.
fn is_topic(key: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=TOPIC_LENGTH).contains(&key.len()) && key.bytes().all(legal)
}

/// FCM opens https links only; the app finds every other one in its data.
fn link(push: &Push<'_>) -> Option<String> {
    match &*push.on_click {
        OnClick::Url(url) if url.starts_with("https://") => Some(url.clone()),
        _ => None,
    }
}
