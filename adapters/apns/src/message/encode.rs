//! A notification, made into what is sent for it.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;
use uuid::Uuid;
use zpns_core::{ErrorKind, Kind, LimitPolicy, Notes, Notification, OnClick, Rejection, Timestamp};
use zpns_kit::{fit, merge_patch};

use super::aps::Content;
use super::check::{self, invalid};
use super::push_type::{Row, Shape};
use super::wire::Payload;
use super::{Options, PushType, headers};

/// All that is the same for every device.
#[derive(Clone, Debug)]
pub(crate) struct Encoded {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the topic is another one than the bundle id: a push type's, or the message's.
    pub(crate) has_own_topic: bool,
    /// Instead of the id derived from message and token.
    pub(crate) apns_id: Option<Uuid>,
}

/// Encodes a notification for the app `bundle_id`.
pub(crate) fn encode(
    notification: &Notification,
    limits: LimitPolicy,
    bundle_id: &str,
    now: Timestamp,
) -> Result<(Encoded, Notes), Rejection> {
    let options: Options = notification
        .vendor
        .get()
        .map_err(|error| Rejection::new(error.kind(), error.reason()))?;
    let push_type = options
        .push_type
        .clone()
        .unwrap_or_else(|| push_type_of(&notification.kind));
    let mut notes = Notes::default();
    let headers = headers::template(
        notification,
        &options,
        &push_type,
        bundle_id,
        now,
        &mut notes,
    )?;
    let message = with_texts(notification, &options);
    let (body, cut) = match &options.payload {
        Some(payload) => (
            whole(payload.clone(), notification, push_type.row())?,
            Notes::default(),
        ),
        None => built(
            &message,
            &options,
            push_type.row(),
            limits,
            bundle_id,
            now,
            &mut notes,
        )?,
    };
    let encoded = Encoded {
        has_own_topic: headers::has_other_topic(&headers, bundle_id),
        headers,
        body: body.into(),
        apns_id: options.apns_id,
    };
    Ok((encoded, notes.merged(&cut)))
}

/// The host's own payload.
fn whole(mut payload: Value, notification: &Notification, row: &Row) -> Result<Vec<u8>, Rejection> {
    merge(&mut payload, notification)?;
    let json = serde_json::to_vec(&payload).map_err(unwritable)?;
    if json.len() > row.limit {
        return Err(Rejection::new(
            ErrorKind::PayloadTooLarge,
            format!(
                "the payload has {} bytes, {} are allowed",
                json.len(),
                row.limit
            ),
        ));
    }
    Ok(json)
}

/// The payload of a notification, title and body cut where it is too long and may be cut.
fn built(
    message: &Notification,
    options: &Options,
    row: &Row,
    limits: LimitPolicy,
    bundle_id: &str,
    now: Timestamp,
    notes: &mut Notes,
) -> Result<(Vec<u8>, Notes), Rejection> {
    check::message(message, options, row)?;
    notes.dropped.extend(check::left_out(message, row.shape));
    let content = Content {
        message,
        options,
        shape: row.shape,
        now,
    };
    let on_click = message.on_click.substituted(bundle_id);
    let on_click = Some(&on_click).filter(|click| **click != OnClick::OpenApp);
    let image = message.image.as_deref();
    let image = image.filter(|_| row.shape != Shape::LiveActivity);
    fit(message, limits, row.limit, |title, body| {
        let payload = Payload {
            aps: content.aps(title, body),
            call: match message.kind {
                Kind::Call(event) => Some(event),
                _ => None,
            },
            payload: message.payload.as_deref(),
            image,
            on_click,
            data: &message.data,
        };
        if message.vendor.raw(crate::VENDOR).is_none() {
            return serde_json::to_vec(&payload).map_err(unwritable);
        }
        let mut payload = serde_json::to_value(&payload).map_err(unwritable)?;
        merge(&mut payload, message)?;
        serde_json::to_vec(&payload).map_err(unwritable)
    })
}

/// The raw merge, which comes last.
fn merge(payload: &mut Value, notification: &Notification) -> Result<(), Rejection> {
    if let Some(raw) = notification.vendor.raw(crate::VENDOR) {
        merge_patch(payload, raw);
    }
    if payload.is_object() {
        return Ok(());
    }
    Err(invalid(
        "vendor.apns",
        "leaves a payload that is no JSON object",
    ))
}

fn unwritable(error: serde_json::Error) -> Rejection {
    invalid("the payload", format!("cannot be written as JSON: {error}"))
}

pub(crate) fn push_type_of(kind: &Kind) -> PushType {
    match kind {
        Kind::Silent => PushType::Background,
        Kind::Call(_) => PushType::Voip,
        Kind::LiveActivity => PushType::LiveActivity,
        Kind::Other(name) => PushType::from(name.clone()),
        // Whatever else the core may come to know is shown.
        _ => PushType::Alert,
    }
}

/// The notification with the texts that the options set in the place of its own.
fn with_texts<'a>(notification: &'a Notification, options: &Options) -> Cow<'a, Notification> {
    let Some(alert) = &options.alert else {
        return Cow::Borrowed(notification);
    };
    let mut message = notification.clone();
    let texts = [
        (&mut message.title, &alert.title),
        (&mut message.subtitle, &alert.subtitle),
        (&mut message.body, &alert.body),
        (&mut message.title_loc_key, &alert.title_loc_key),
        (&mut message.subtitle_loc_key, &alert.subtitle_loc_key),
        (&mut message.body_loc_key, &alert.loc_key),
    ];
    for (text, own) in texts {
        if own.is_some() {
            text.clone_from(own);
        }
    }
    let lists = [
        (&mut message.title_loc_args, &alert.title_loc_args),
        (&mut message.subtitle_loc_args, &alert.subtitle_loc_args),
        (&mut message.body_loc_args, &alert.loc_args),
    ];
    for (list, own) in lists {
        if let Some(own) = own {
            list.clone_from(own);
        }
    }
    Cow::Owned(message)
}
