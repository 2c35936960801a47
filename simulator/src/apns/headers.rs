//! The `apns-` headers of a push.

use super::auth::Sender;
use super::push_type::PushType;
use super::reason::{Refused, refuse};
use crate::call::Call;

/// Headers that may come once.
const SINGLE: &[&str] = &[
    "authorization",
    "apns-channel-id",
    "apns-collapse-id",
    "apns-expiration",
    "apns-id",
    "apns-priority",
    "apns-push-type",
    "apns-request-id",
    "apns-topic",
    "content-type",
];

/// No priority header means this one.
const DEFAULT_PRIORITY: u8 = 10;

pub(super) fn no_duplicates(call: &Call) -> Result<(), Refused> {
    // As many names as values: nothing is repeated, which is the rule.
    if call.headers.keys_len() == call.headers.len() {
        return Ok(());
    }
    match SINGLE
        .iter()
        .find(|name| call.headers.get_all(**name).iter().count() > 1)
    {
        Some(name) => Err(refuse("DuplicateHeaders", format!("`{name}` is repeated"))),
        None => Ok(()),
    }
}

/// Whether this is an `apns-id`: a UUID of lower-case hexadecimal digits, 8-4-4-4-12.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// Checks id, expiration, priority and collapse id.
pub(super) fn values(call: &Call, push_type: PushType) -> Result<(), Refused> {
    id(call)?;
    expiration(call)?;
    priority(call, push_type)?;
    if let Some(id) = call.headers.get("apns-collapse-id")
        && (id.is_empty() || id.len() > 64)
    {
        return Err(refuse("BadCollapseId", "a collapse id has 1 to 64 bytes"));
    }
    Ok(())
}

pub(super) fn id(call: &Call) -> Result<(), Refused> {
    match call.headers.get("apns-id") {
        Some(id) if !id.to_str().is_ok_and(is_id) => Err(refuse(
            "BadMessageId",
            "`apns-id` is not a lower-case UUID 8-4-4-4-12",
        )),
        _ => Ok(()),
    }
}

/// Seconds since the epoch, if the header is there.
pub(super) fn expiration(call: &Call) -> Result<Option<u64>, Refused> {
    let Some(value) = call.headers.get("apns-expiration") else {
        return Ok(None);
    };
    value
        .to_str()
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .map(Some)
        .ok_or_else(|| refuse("BadExpirationDate", "not a whole number of seconds"))
}

pub(super) fn priority(call: &Call, push_type: PushType) -> Result<(), Refused> {
    let priority = match call.headers.get("apns-priority") {
        None => DEFAULT_PRIORITY,
        Some(value) => match value.as_bytes() {
            b"10" => 10,
            b"5" => 5,
            b"1" => 1,
            _ => return Err(refuse("BadPriority", "`apns-priority` is not 10, 5 or 1")),
        },
    };
    if push_type.allows(priority) {
        return Ok(());
    }
    let detail = format!("{push_type:?} does not allow the priority {priority}");
    Err(refuse("BadPriority", detail))
}

/// Checks topic and push type against each other and against the sender, and returns the push
/// type and the bundle id.
pub(super) fn topic<'a>(
    call: &'a Call,
    sender: &'a Sender,
) -> Result<(PushType, &'a str), Refused> {
    let declared = match call.headers.get("apns-push-type") {
        None => None,
        Some(value) => Some(
            value
                .to_str()
                .ok()
                .and_then(PushType::parse)
                .ok_or_else(|| refuse("InvalidPushType", "no such `apns-push-type`"))?,
        ),
    };
    let topic = match call.headers.get("apns-topic") {
        Some(topic) => topic.to_str().unwrap_or_default(),
        // With a certificate for one app, the topic is that app's.
        None if sender.certificate && sender.topics.len() == 1 => {
            let push_type = declared.unwrap_or(PushType::Alert);
            if push_type.suffix().is_empty() {
                return Ok((push_type, &sender.topics[0]));
            }
            return Err(refuse(
                "MissingTopic",
                "this push type needs its topic spelled out",
            ));
        }
        None => return Err(refuse("MissingTopic", "no `apns-topic`")),
    };
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if topic.is_empty() || topic.len() > 255 || !topic.bytes().all(legal) {
        return Err(refuse("BadTopic", "`apns-topic` is not a bundle id"));
    }
    let push_type = declared.unwrap_or_else(|| PushType::of_topic(topic));
    if sender.certificate && push_type == PushType::Location {
        return Err(refuse(
            "TopicDisallowed",
            "`location` works with tokens only",
        ));
    }
    topic
        .strip_suffix(push_type.suffix())
        .filter(|bundle| sender.topics.iter().any(|known| known == bundle))
        .map(|bundle| (push_type, bundle))
        .ok_or_else(|| {
            let suffix = push_type.suffix();
            let detail =
                format!("`{topic}` is not a bundle id of the sender followed by `{suffix}`");
            refuse("TopicDisallowed", detail)
        })
}
