//! The headers that are the same for every device.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use zpns_core::{Notes, Notification, Priority, Rejection, Timestamp};

use super::check::invalid;
use super::push_type::Row;
use super::{Options, PushType};

const TOPIC: HeaderName = HeaderName::from_static("apns-topic");
const PUSH_TYPE: HeaderName = HeaderName::from_static("apns-push-type");
const PRIORITY: HeaderName = HeaderName::from_static("apns-priority");
const EXPIRATION: HeaderName = HeaderName::from_static("apns-expiration");
const COLLAPSE_ID: HeaderName = HeaderName::from_static("apns-collapse-id");

/// Bytes of a collapse id at the most.
const COLLAPSE_ID_LIMIT: usize = 64;

/// All headers but `authorization` and `apns-id`.
///
/// What differs from message to message is marked sensitive: Apple advises against indexing it
/// (`reference/apns.md` §2.1), and it stays out of `Debug`.
pub(super) fn template(
    message: &Notification,
    options: &Options,
    push_type: &PushType,
    bundle_id: &str,
    now: Timestamp,
    notes: &mut Notes,
) -> Result<HeaderMap, Rejection> {
    let row = push_type.row();
    // Room for the two that come per push.
    let mut headers = HeaderMap::with_capacity(8);
    let topic = match &options.topic {
        Some(topic) => value("vendor.apns.topic", topic)?,
        None => value("the topic", &push_type.topic(bundle_id))?,
    };
    headers.insert(TOPIC, topic);
    headers.insert(
        PUSH_TYPE,
        value("vendor.apns.push_type", push_type.as_str())?,
    );
    if let Some(priority) = priority(message, options, row, notes)? {
        headers.insert(PRIORITY, HeaderValue::from(u16::from(priority)));
    }
    if let Some(expiration) = expiration(message, options, row, now) {
        headers.insert(EXPIRATION, sensitive(HeaderValue::from(expiration)));
    }
    if let Some(id) = collapse_id(message, options)? {
        headers.insert(COLLAPSE_ID, sensitive(id));
    }
    Ok(headers)
}

/// Whether the topic is another one than this.
pub(super) fn has_other_topic(headers: &HeaderMap, topic: &str) -> bool {
    headers.get(TOPIC).is_some_and(|value| value != topic)
}

/// Marks a value as not to be indexed or shown.
fn sensitive(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}

fn value(field: &str, text: &str) -> Result<HeaderValue, Rejection> {
    let visible = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    match HeaderValue::from_str(text) {
        Ok(value) if visible => Ok(value),
        _ => Err(invalid(field, "is empty or holds more than visible ASCII")),
    }
}

/// What is asked for as far as the push type allows it; noted where it does not.
fn priority(
    message: &Notification,
    options: &Options,
    row: &Row,
    notes: &mut Notes,
) -> Result<Option<u8>, Rejection> {
    if let Some(priority) = options.priority {
        if row.priorities.contains(&priority) {
            return Ok(Some(priority));
        }
        let why = format!("is {priority}; this push type allows {:?}", row.priorities);
        return Err(invalid("vendor.apns.priority", why));
    }
    let Some(wish) = message.priority else {
        return Ok(row.priority);
    };
    let asked = match wish {
        Priority::Low => 1,
        Priority::High => 10,
        _ => 5,
    };
    let not_above = row.priorities.iter().rfind(|legal| **legal <= asked);
    let nearest = not_above.or(row.priorities.first()).copied();
    // The lowest that there is, is what `Low` means.
    if nearest != Some(asked) && wish != Priority::Low {
        notes.dropped.push("priority".into());
    }
    Ok(nearest)
}

fn expiration(message: &Notification, options: &Options, row: &Row, now: Timestamp) -> Option<u64> {
    let of_ttl = message.ttl.map(|ttl| match ttl {
        // One attempt, nothing stored.
        Duration::ZERO => 0,
        ttl => (now + ttl).as_millis().div_ceil(1000),
    });
    options.expiration.or(of_ttl).or(row.expiration)
}

fn collapse_id(
    message: &Notification,
    options: &Options,
) -> Result<Option<HeaderValue>, Rejection> {
    let (field, id) = match (&options.collapse_id, &message.collapse_key) {
        (Some(id), _) => ("vendor.apns.collapse_id", id),
        (None, Some(id)) => ("collapse_key", id),
        (None, None) => return Ok(None),
    };
    if id.is_empty() || id.len() > COLLAPSE_ID_LIMIT {
        let why = format!(
            "has {} bytes; 1 to {COLLAPSE_ID_LIMIT} are allowed",
            id.len()
        );
        return Err(invalid(field, why));
    }
    match HeaderValue::from_bytes(id.as_bytes()) {
        Ok(value) => Ok(Some(value)),
        Err(_) => Err(invalid(field, "holds control characters")),
    }
}
