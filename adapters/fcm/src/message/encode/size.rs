//! The limit on a whole message, and how one that is over it is made to fit.

use std::borrow::Cow;
use std::collections::BTreeMap;

use zpns_core::{ErrorKind, LimitPolicy, Notes, Rejection};
use zpns_kit::truncate;

use super::super::{AndroidNotification, Options};
use super::Message;
use super::form::Push;

/// Bytes of a message at the most, whatever it holds (`reference/fcm.md` §2.5).
pub(crate) const PAYLOAD_LIMIT: usize = 4096;

/// The message and its JSON, with title and body cut where it is too long and may be cut.
pub(super) fn fitted<'a>(
    push: &mut Push<'a>,
    options: &'a Options,
    limits: LimitPolicy,
    notes: &mut Notes,
) -> Result<(Message<'a>, Vec<u8>), Rejection> {
    loop {
        let message = Message::new(push, options)?;
        let json = message.to_json()?;
        // Every text stands in the JSON at least once: if that is short enough, all else is.
        let size = if json.len() <= PAYLOAD_LIMIT {
            0
        } else {
            size(&message)?
        };
        if size <= PAYLOAD_LIMIT {
            return Ok((message, json));
        }
        if limits == LimitPolicy::Reject || !cut_longest(push, size - PAYLOAD_LIMIT, notes) {
            return Err(Rejection::new(
                ErrorKind::PayloadTooLarge,
                format!("the message has {size} bytes, {PAYLOAD_LIMIT} are allowed"),
            ));
        }
    }
}

/// Takes at least `excess` bytes off the longer one of title and body, or all of it. Whether
/// there was anything to take.
fn cut_longest(push: &mut Push<'_>, excess: usize, notes: &mut Notes) -> bool {
    let length = |text: &Option<Cow<'_, str>>| text.as_ref().map_or(0, |text| text.len());
    let (text, name) = if length(&push.body) >= length(&push.title) {
        (&mut push.body, "body")
    } else {
        (&mut push.title, "title")
    };
    let Some(text) = text.as_mut().filter(|text| !text.is_empty()) else {
        return false;
    };
    let kept = text.len().saturating_sub(excess);
    *text = Cow::Owned(truncate(text, kept).into_owned());
    if !notes.truncated.iter().any(|cut| cut == name) {
        notes.truncated.push(name.to_owned());
    }
    true
}

/// The size as each platform gets it; the largest counts.
///
/// Google does not say what it counts (`reference/fcm.md` §2.5): we count what certainly does,
/// keys and values of the data and the texts of the notification, and for Apple devices the
/// payload's JSON, which APNs limits to as much. What passes here and is still too much is the
/// server's to refuse.
fn size(message: &Message<'_>) -> Result<usize, Rejection> {
    let data: usize = message
        .data
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    let content = &message.notification;
    let text = |text: &Option<Cow<'_, str>>| text.as_ref().map_or(0, |text| text.len());
    let texts = text(&content.title) + text(&content.body);
    let image = content.image.map_or(0, str::len);

    let android = message.android.as_ref();
    let android = android
        .and_then(|half| half.data.as_ref())
        .map_or(data, size_of)
        + android
            .and_then(|half| half.notification.as_ref())
            .map_or(texts, |look| look_size(look, texts))
        + image;
    let web = message
        .webpush
        .as_ref()
        .and_then(|half| half.data.as_ref())
        .map_or(data, size_of)
        + texts
        + image;
    let apple = match message.apns.as_ref().and_then(|half| half.payload.as_ref()) {
        Some(payload) => {
            let has_alert = payload
                .get("aps")
                .is_some_and(|aps| aps.get("alert").is_some());
            let json = serde_json::to_vec(payload)
                .map_err(super::unwritable)?
                .len();
            data + json + if has_alert { 0 } else { texts }
        }
        None => data + texts,
    };
    Ok(android.max(web).max(apple))
}

fn size_of(data: &BTreeMap<String, String>) -> usize {
    data.iter()
        .map(|(key, value)| key.len() + value.len())
        .sum()
}

/// The texts of Android's own notification, which replace title and body.
fn look_size(look: &AndroidNotification, texts: usize) -> usize {
    let own = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let args = |args: &Option<Vec<String>>| args.iter().flatten().map(String::len).sum::<usize>();
    let replaced = own(&look.title) + own(&look.body);
    let shown = if look.title.is_some() && look.body.is_some() {
        replaced
    } else {
        replaced.max(texts)
    };
    shown
        + own(&look.title_loc_key)
        + args(&look.title_loc_args)
        + own(&look.body_loc_key)
        + args(&look.body_loc_args)
}
