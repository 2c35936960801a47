//! A notification → plaintext and headers, once for all of its targets.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use zpns_core::{
    Badge, ErrorKind, Kind, LimitPolicy, Notes, Notification, OnClick, Priority, Rejection,
};
use zpns_kit::rules::unwritable;
use zpns_kit::{fit, merge_patch};

use super::check;
use super::wire::{Body, Data, Shown};
use super::{NotificationOptions, Options, Urgency};
use crate::ece::PLAINTEXT_LIMIT;

/// What every service keeps a message for: four weeks, Google's limit. Others keep it longer.
pub(crate) const MAX_TTL: Duration = Duration::from_secs(28 * 24 * 60 * 60);
/// How long a call rings whose invitation does not say so.
const RINGS: Duration = Duration::from_secs(60);

const TTL: HeaderName = HeaderName::from_static("ttl");
const URGENCY: HeaderName = HeaderName::from_static("urgency");
const TOPIC: HeaderName = HeaderName::from_static("topic");
/// Microsoft's service alone knows it, and refuses a push with another time to live than it says.
const CACHE_POLICY: HeaderName = HeaderName::from_static("x-wns-cache-policy");

/// How urgent a push with a priority is.
pub(crate) const URGENCIES: [(Priority, Urgency); 3] = [
    (Priority::Low, Urgency::Low),
    (Priority::Normal, Urgency::Normal),
    (Priority::High, Urgency::High),
];

/// A notification, ready to be encrypted for one browser after the other.
#[derive(Debug)]
pub(crate) struct Encoded {
    /// Empty for a push that says nothing.
    pub(crate) plaintext: Bytes,
    /// Zeros that follow it.
    pub(crate) padding: usize,
    /// Whether nothing is shown.
    pub(crate) is_silent: bool,
    /// Every header that is the same for all.
    headers: HeaderMap,
    has_no_life: bool,
}

impl Encoded {
    /// The headers for one target.
    pub(crate) fn headers(&self, service: crate::endpoint::Service) -> HeaderMap {
        use crate::endpoint::Service;
        let mut headers = self.headers.clone();
        match service {
            // Takes no time to live that is not positive.
            Service::Apple if self.has_no_life => {
                headers.insert(TTL, HeaderValue::from_static("1"));
            }
            Service::Windows => {
                let policy = if self.has_no_life {
                    "no-cache"
                } else {
                    "cache"
                };
                headers.insert(CACHE_POLICY, HeaderValue::from_static(policy));
            }
            _ => {}
        }
        headers
    }
}

/// Encodes a notification.
///
/// # Errors
/// What a service or browser would refuse, by field; `payload_too_large` if it does not fit;
/// `unsupported` for what browsers do not have.
pub(crate) fn encode(
    message: &Notification,
    limits: LimitPolicy,
) -> Result<(Encoded, Notes), Rejection> {
    let options = message.vendor.get::<Options>();
    let options = options.map_err(|error| Rejection::new(error.kind(), error.reason()))?;
    check::message(message, &options)?;
    let (plaintext, notes) = match options.empty {
        Some(true) => (Vec::new(), Notes::default()),
        _ => plaintext(message, &options, limits)?,
    };
    let seconds = ttl(message).as_millis().div_ceil(1000);
    let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
    let encoded = Encoded {
        padding: padding(plaintext.len(), options.pad_to),
        headers: headers(message, &options, seconds, !plaintext.is_empty())?,
        is_silent: message.kind == Kind::Silent,
        has_no_life: seconds == 0,
        plaintext: plaintext.into(),
    };
    Ok((encoded, notes))
}

fn ttl(message: &Notification) -> Duration {
    match (message.ttl, &message.kind) {
        (Some(ttl), _) => ttl,
        (None, Kind::Call(zpns_core::CallEvent::Invite)) => RINGS,
        (None, _) => MAX_TTL,
    }
}

fn padding(length: usize, pad_to: Option<u16>) -> usize {
    let step = usize::from(pad_to.unwrap_or(1)).max(1);
    length.next_multiple_of(step).min(PLAINTEXT_LIMIT) - length
}

fn headers(
    message: &Notification,
    options: &Options,
    seconds: u64,
    has_body: bool,
) -> Result<HeaderMap, Rejection> {
    // Room for the two that come per target.
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(TTL, HeaderValue::from(seconds));
    let urgency = urgency(message, options);
    headers.insert(URGENCY, HeaderValue::from_static(urgency.as_str()));
    if let Some(topic) = topic(message, options) {
        let mut topic = HeaderValue::try_from(topic).map_err(unwritable)?;
        topic.set_sensitive(true);
        headers.insert(TOPIC, topic);
    }
    if has_body {
        let coding = HeaderValue::from_static("aes128gcm");
        headers.insert(CONTENT_ENCODING, coding);
        let opaque = HeaderValue::from_static("application/octet-stream");
        headers.insert(CONTENT_TYPE, opaque);
    }
    Ok(headers)
}

fn urgency(message: &Notification, options: &Options) -> Urgency {
    let by_priority = URGENCIES
        .iter()
        .find(|(priority, _)| message.priority == Some(*priority));
    match (options.urgency, by_priority, &message.kind) {
        (Some(urgency), ..) => urgency,
        (None, Some((_, urgency)), _) => *urgency,
        (None, None, Kind::Silent) => Urgency::Normal,
        // Anything less is held back on iOS (`reference/webpush.md` §4).
        (None, None, _) => Urgency::High,
    }
}

/// The collapse key where it may stand in a header, else 192 bits of its hash.
fn topic(message: &Notification, options: &Options) -> Option<String> {
    if options.topic.is_some() {
        return options.topic.clone();
    }
    let key = message.collapse_key.as_deref()?;
    if check::is_topic(key) {
        return Some(key.to_owned());
    }
    let hash = digest(&SHA256, key.as_bytes());
    let mut topic = URL_SAFE_NO_PAD.encode(hash);
    topic.truncate(check::TOPIC_LIMIT);
    Some(topic)
}

fn plaintext(
    message: &Notification,
    options: &Options,
    limits: LimitPolicy,
) -> Result<(Vec<u8>, Notes), Rejection> {
    let raw = message.vendor.raw(crate::VENDOR);
    if let Some(own) = &options.body {
        let mut own = own.clone();
        if let Some(raw) = raw {
            merge_patch(&mut own, raw);
        }
        return whole(&own).map(|json| (json, Notes::default()));
    }
    fit(message, limits, PLAINTEXT_LIMIT, |title, text| {
        let body = body(message, options, title, text)?;
        let Some(raw) = raw else {
            return serde_json::to_vec(&body).map_err(unwritable);
        };
        let mut body = serde_json::to_value(&body).map_err(unwritable)?;
        merge_patch(&mut body, raw);
        serde_json::to_vec(&body).map_err(unwritable)
    })
}

fn whole(own: &Value) -> Result<Vec<u8>, Rejection> {
    let json = serde_json::to_vec(own).map_err(unwritable)?;
    if json.len() > PLAINTEXT_LIMIT {
        let size = json.len();
        let why = format!("the message has {size} bytes, {PLAINTEXT_LIMIT} are allowed");
        return Err(Rejection::new(ErrorKind::PayloadTooLarge, why));
    }
    Ok(json)
}

fn body<'a>(
    message: &'a Notification,
    options: &'a Options,
    title: Option<&'a str>,
    text: Option<&'a str>,
) -> Result<Body<'a>, Rejection> {
    let navigate = check::click(&message.on_click)?;
    let data = Data {
        message_id: message.id.to_string(),
        call: match message.kind {
            Kind::Call(event) => Some(event),
            _ => None,
        },
        payload: message.payload.as_deref(),
        on_click: Some(&message.on_click).filter(|click| **click != OnClick::OpenApp),
        data: &message.data,
    };
    let is_shown = match message.kind {
        Kind::Silent => false,
        // A call without a text only tells the service worker.
        Kind::Call(_) => check::has_text(message) || options.notification.is_some(),
        _ => true,
    };
    let shown = is_shown.then(|| shown(message, options, title, text, navigate, data.clone()));
    Ok(Body {
        web_push: (options.declarative == Some(true)).then_some(8030),
        data: shown.is_none().then_some(data),
        notification: shown,
        app_badge: match message.badge {
            Badge::Set(number) => Some(number),
            Badge::Clear => Some(0),
            _ => None,
        },
        mutable: options.mutable,
    })
}

fn shown<'a>(
    message: &'a Notification,
    options: &'a Options,
    title: Option<&'a str>,
    text: Option<&'a str>,
    navigate: Option<&'a str>,
    data: Data<'a>,
) -> Shown<'a> {
    const PLAIN: &NotificationOptions = &NotificationOptions {
        navigate: None,
        icon: None,
        badge: None,
        tag: None,
        renotify: None,
        silent: None,
        require_interaction: None,
        lang: None,
        dir: None,
        vibrate: None,
        timestamp: None,
        actions: None,
    };
    let look = options.notification.as_ref().unwrap_or(PLAIN);
    Shown {
        // `showNotification()` has to have one.
        title: title.unwrap_or_default(),
        body: text,
        navigate: look.navigate.as_deref().or(navigate),
        image: message.image.as_deref(),
        icon: look.icon.as_deref(),
        badge: look.badge.as_deref(),
        tag: look.tag.as_deref().or(message.collapse_key.as_deref()),
        renotify: look.renotify,
        silent: look.silent,
        require_interaction: look.require_interaction,
        lang: look.lang.as_deref(),
        dir: look.dir,
        vibrate: look.vibrate.as_deref(),
        timestamp: look.timestamp,
        actions: look.actions.as_deref(),
        data,
    }
}
