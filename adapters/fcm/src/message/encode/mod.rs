//! A notification → the body of a request, once for all of its targets.

mod android;
mod apns;
mod data;
mod form;
mod raw;
mod size;
#[cfg(test)]
mod tests;
mod webpush;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use zpns_core::{ErrorKind, LimitPolicy, Notes, Notification, Rejection, Timestamp};

use self::form::{Form, Push};
use super::splice::Template;
use super::{AnalyticsOptions, AndroidConfig, ApnsConfig, Options, WebpushConfig, check};

pub(crate) use self::size::PAYLOAD_LIMIT;
pub(crate) use super::check::MAX_TTL;

/// A notification as FCM takes it, but for the target.
pub(crate) struct Encoded {
    pub(crate) template: Template,
    /// Whether it goes to a live activity beside the device: a dead APNs token may be either's.
    pub(crate) live_activity: bool,
}

/// Encodes a notification at this time.
///
/// # Errors
/// What FCM would refuse, by field; `payload_too_large` if it does not fit.
pub(crate) fn encode(
    notification: &Notification,
    limits: LimitPolicy,
    now: Timestamp,
) -> Result<(Encoded, Notes), Rejection> {
    let options: Options = notification
        .vendor
        .get()
        .map_err(|error| Rejection::new(error.kind(), error.reason()))?;
    check::options(&options)?;
    let mut push = Push::new(notification, &options, now)?;
    let mut notes = push.notes(&options);
    let (message, json) = size::fitted(&mut push, &options, limits, &mut notes)?;
    let validate_only = options.validate_only.unwrap_or_default();
    let template = match notification.vendor.raw(crate::VENDOR) {
        Some(merge) => raw::merged(&message, validate_only, merge)?,
        None => template(
            &json,
            if validate_only {
                br#","validate_only":true"#
            } else {
                b""
            },
        )?,
    };
    let encoded = Encoded {
        template,
        live_activity: message.is_for_a_live_activity(),
    };
    Ok((encoded, notes))
}

fn template(message: &[u8], beside: &[u8]) -> Result<Template, Rejection> {
    Template::new(message, beside).ok_or_else(|| unwritable("it is not a JSON object"))
}

/// Nothing in our types can fail to serialise; should it ever, the push is refused, not lost.
fn unwritable(why: impl std::fmt::Display) -> Rejection {
    Rejection::new(
        ErrorKind::MessageInvalid,
        format!("the message cannot be written: {why}"),
    )
}

/// `message`, without its target.
#[derive(Serialize)]
struct Message<'a> {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    data: BTreeMap<&'a str, Cow<'a, str>>,
    #[serde(skip_serializing_if = "Content::is_empty")]
    notification: Content<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    android: Option<AndroidConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    android_v2: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    apns: Option<ApnsConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webpush: Option<WebpushConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fcm_options: Option<&'a AnalyticsOptions>,
}

/// `message.notification`: what every platform shows.
#[derive(Clone, PartialEq, Default, Serialize)]
struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
}

impl Content<'_> {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl<'a> Message<'a> {
    fn new(push: &Push<'a>, options: &'a Options) -> Result<Self, Rejection> {
        let content = match push.form {
            Form::Shown => Content {
                title: push.title.clone(),
                body: push.body.clone(),
                image: push.message.image.as_deref(),
            },
            // What stands here would be shown; a live activity has its texts in its payload.
            Form::Hidden | Form::LiveActivity => Content::default(),
        };
        Ok(Self {
            data: data::of(push)?,
            notification: content,
            android: android::half(push, options),
            android_v2: android::second_version(push, options),
            apns: apns::half(push, options)?,
            webpush: webpush::half(push, options),
            fcm_options: options.fcm_options.as_ref(),
        })
    }

    fn is_for_a_live_activity(&self) -> bool {
        self.apns
            .as_ref()
            .is_some_and(|apns| apns.live_activity_token.is_some())
    }

    fn to_json(&self) -> Result<Vec<u8>, Rejection> {
        serde_json::to_vec(self).map_err(unwritable)
    }
}

/// Fills in what the host's own options leave out.
fn fill<T>(slot: &mut Option<T>, value: Option<T>) {
    if slot.is_none() {
        *slot = value;
    }
}

/// A block, unless it says nothing.
fn unless_empty<T: Default + PartialEq>(block: T) -> Option<T> {
    (block != T::default()).then_some(block)
}
