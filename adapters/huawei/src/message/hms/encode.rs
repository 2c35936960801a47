//! A notification → the body of a v1/v2 request, once for all of its targets.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Map, Value};
use zpns_core::{CallEvent, Kind, LimitPolicy, Notes, Notification, Priority, Rejection, Sound};
use zpns_kit::rules::{https, invalid, json_object, needed};
use zpns_kit::{ListTemplate, fit, merge_patch};

use super::{
    AndroidConfig, AndroidNotification, BadgeNotification, Importance, Options, Urgency, check,
    click,
};
use crate::message::block::{Wire as _, put};
use crate::message::template::template;
use crate::message::{
    BODY_LIMIT, both, check_silence, class, data, fill, has_text, icon_number, ids, is_call, noted,
    options_of, sound_name,
};

/// How long a call rings whose invitation does not say so.
const RINGS: Duration = Duration::from_secs(60);
/// Where the targets are named.
const HOLDER: &str = "message";
const RAW: &str = "vendor.huawei.raw";

/// Encodes a notification.
///
/// # Errors
/// What Huawei would refuse, by field; `payload_too_large` if it does not fit.
pub(crate) fn encode(
    message: &Notification,
    limits: LimitPolicy,
) -> Result<(ListTemplate, Notes), Rejection> {
    let options: Options = options_of(message)?;
    check::options(&options)?;
    let mut notes = Notes::default();
    let push = Push::new(message, &options, limits, &mut notes)?;
    let (template, cut) = fit(message, limits, BODY_LIMIT, |title, body| {
        let mut request = Value::Object(push.request(title, body));
        if let Some(patch) = message.vendor.raw(crate::HUAWEI) {
            merge_patch(&mut request, patch);
        }
        match request {
            Value::Object(request) => template(request, HOLDER, RAW),
            _ => Err(invalid(RAW, "is not an object")),
        }
    })?;
    Ok((template, noted(&notes, &cut)))
}

/// A notification with all but its two texts worked out.
struct Push<'a> {
    options: &'a Options,
    android: AndroidConfig,
    /// None for a data message.
    look: Option<AndroidNotification>,
    data: Option<String>,
}

impl<'a> Push<'a> {
    fn new(
        message: &Notification,
        options: &'a Options,
        limits: LimitPolicy,
        notes: &mut Notes,
    ) -> Result<Self, Rejection> {
        let mut android = options.android.clone().unwrap_or_default();
        let own_look = android.notification.take();
        let shown = match message.kind {
            Kind::Silent => false,
            Kind::Call(_) => has_text(message) || own_look.is_some(),
            _ => true,
        };
        fill(&mut android.ttl, ttl(message)?);
        fill(&mut android.bi_tag, Some(message.id.to_string()));
        let own = data::of(message)?;
        let mut data = options.data.clone();
        let look = if shown {
            if !own.is_empty() {
                fill(&mut data, Some(Value::Object(own).to_string()));
            }
            check_data(data.as_deref(), android.data.as_deref())?;
            let category = message.category.or(call_category(message));
            let category = category.map(|category| class::class(category).to_owned());
            fill(&mut android.category, category);
            let group = message.collapse_key.as_deref().and_then(ids::group);
            fill(&mut android.collapse_key, group);
            Some(look(message, own_look.unwrap_or_default(), limits, notes)?)
        } else {
            let basic = options.notification.is_some();
            check_silence(
                message,
                &[
                    ("vendor.huawei.android.notification", own_look.is_some()),
                    ("vendor.huawei.notification", basic),
                ],
            )?;
            // A data message is one that has data.
            fill(&mut data, Some(Value::Object(own).to_string()));
            quiet(message, &mut android)?;
            notes.dropped.extend(hints_of_a_look(message));
            None
        };
        let push = Self {
            options,
            android,
            look,
            data,
        };
        push.check_texts(message)?;
        Ok(push)
    }

    /// Whether title and text stand somewhere that beats the notification's own.
    fn own_texts(&self, look: &AndroidNotification) -> (bool, bool) {
        let basic = self.options.notification.as_ref();
        let title = basic.is_some_and(|basic| basic.title.is_some());
        let body = basic.is_some_and(|basic| basic.body.is_some());
        (
            title || look.title.is_some() || look.title_loc_key.is_some(),
            body || look.body.is_some() || look.body_loc_key.is_some(),
        )
    }

    /// Title and text have to be there, on one of the levels that Huawei looks at.
    fn check_texts(&self, message: &Notification) -> Result<(), Rejection> {
        let Some(look) = &self.look else {
            return Ok(());
        };
        let (own_title, own_body) = self.own_texts(look);
        let (title, body) = (message.display_title(), message.body.as_deref());
        let (title, body) = match (own_title, own_body) {
            (false, false) => both(title, body),
            _ => (title.map(Cow::from), body.map(Cow::from)),
        };
        needed("title", own_title || title.is_some())?;
        needed("body", own_body || body.is_some())
    }

    fn request(&self, title: Option<&str>, body: Option<&str>) -> Map<String, Value> {
        let options = self.options;
        let mut android = self.android.clone();
        android.notification = self.look.clone().map(|mut look| {
            let (own_title, own_body) = self.own_texts(&look);
            let (title, body) = match (own_title, own_body) {
                (false, false) => both(title, body),
                _ => (title.map(Cow::from), body.map(Cow::from)),
            };
            fill(&mut look.title, title.map(Cow::into_owned));
            fill(&mut look.body, body.map(Cow::into_owned));
            look
        });
        let mut message = Map::new();
        put(&mut message, "data", self.data.as_ref());
        put(&mut message, "notification", options.notification.as_ref());
        message.insert("android".to_owned(), android.wire());
        put(&mut message, "apns", options.apns.as_ref());
        put(&mut message, "webpush", options.webpush.as_ref());
        let mut request = Map::new();
        put(
            &mut request,
            "validate_only",
            options.validate_only.as_ref(),
        );
        put(&mut request, "review", options.review.as_ref());
        request.insert(HOLDER.to_owned(), Value::Object(message));
        request
    }
}

/// Hints that a data message has no place for.
fn hints_of_a_look(message: &Notification) -> impl Iterator<Item = String> {
    let rows = [
        ("category", message.category.is_some() && !is_call(message)),
        ("channel", message.channel.is_some()),
        ("thread", message.thread.is_some()),
    ];
    let given = rows.into_iter().filter(|(_, given)| *given);
    given.map(|(name, _)| name.to_owned())
}

fn call_category(message: &Notification) -> Option<zpns_core::Category> {
    is_call(message).then_some(zpns_core::Category::Call)
}

/// `3600s`, or `1.5s`; one second where there is no time at all, which Huawei calls expired.
fn ttl(message: &Notification) -> Result<Option<String>, Rejection> {
    let rings = matches!(message.kind, Kind::Call(CallEvent::Invite)).then_some(RINGS);
    let Some(ttl) = message.ttl.or(rings) else {
        return Ok(None);
    };
    check::ttl("ttl_ms", ttl)?;
    if ttl.is_zero() {
        return Ok(Some("1s".to_owned()));
    }
    let (secs, millis) = (ttl.as_secs(), ttl.subsec_millis());
    Ok(Some(match millis {
        0 => format!("{secs}s"),
        millis => format!("{secs}.{millis:03}s"),
    }))
}

/// Beside a text, data have to be a JSON object.
fn check_data(data: Option<&str>, android: Option<&str>) -> Result<(), Rejection> {
    let rows = [
        ("vendor.huawei.data", data),
        ("vendor.huawei.android.data", android),
    ];
    for (field, data) in rows {
        data.map_or(Ok(()), |data| json_object(field, data))?;
    }
    Ok(())
}

/// What a data message says beside its data.
fn quiet(message: &Notification, android: &mut AndroidConfig) -> Result<(), Rejection> {
    let invites = matches!(message.kind, Kind::Call(CallEvent::Invite));
    if invites || message.priority == Some(Priority::High) {
        fill(&mut android.urgency, Some(Urgency::High));
    }
    if invites {
        fill(&mut android.category, Some(class::CALL.to_owned()));
    }
    if android.collapse_key.is_none()
        && let Some(key) = &message.collapse_key
    {
        let group = ids::group(key);
        let why = "of a data message is a number from 1 to 100 at Huawei";
        android.collapse_key = Some(group.ok_or_else(|| invalid("collapse_key", why))?);
    }
    Ok(())
}

/// How a notification looks, but for its two texts.
fn look(
    message: &Notification,
    mut look: AndroidNotification,
    limits: LimitPolicy,
    notes: &mut Notes,
) -> Result<AndroidNotification, Rejection> {
    https("image", message.image.as_deref())?;
    fill(&mut look.image, message.image.clone());
    if look.click_action.is_none() {
        look.click_action = Some(click::action(&message.on_click)?);
    }
    localize(message, &mut look)?;
    disturb(message, &mut look, notes)?;
    let number = icon_number(message.badge, limits, notes)?;
    if number.set.is_some() || number.add.is_some() {
        let badge = look.badge.get_or_insert_with(BadgeNotification::default);
        if badge.set_num.is_none() && badge.add_num.is_none() {
            (badge.set_num, badge.add_num) = (number.set, number.add);
        }
    }
    fill(&mut look.channel_id, message.channel.clone());
    fill(&mut look.group, message.thread.clone());
    fill(&mut look.tag, message.collapse_key.clone());
    if look.tag.is_none() {
        // A repeat overwrites the first one, and is not shown beside it.
        fill(&mut look.notify_id, Some(ids::notify_id(message.id).into()));
    }
    Ok(look)
}

fn localize(message: &Notification, look: &mut AndroidNotification) -> Result<(), Rejection> {
    let list = |arguments: &[String]| (!arguments.is_empty()).then(|| arguments.to_vec());
    fill(&mut look.title_loc_key, message.title_loc_key.clone());
    fill(&mut look.title_loc_args, list(&message.title_loc_args));
    fill(&mut look.body_loc_key, message.body_loc_key.clone());
    fill(&mut look.body_loc_args, list(&message.body_loc_args));
    let title = look.title_loc_args.is_none() || look.title_loc_key.is_some();
    needed("title_loc_key", title)?;
    needed(
        "body_loc_key",
        look.body_loc_args.is_none() || look.body_loc_key.is_some(),
    )
}

/// Sound and importance. `HIGH` needs a permission that most apps lack: only the host's own
/// options ask for it.
fn disturb(
    message: &Notification,
    look: &mut AndroidNotification,
    notes: &mut Notes,
) -> Result<(), Rejection> {
    let silent = message.sound == Sound::None || message.priority == Some(Priority::Low);
    fill(&mut look.importance, silent.then_some(Importance::Low));
    if message.priority.is_some() || is_call(message) {
        fill(&mut look.importance, Some(Importance::Normal));
    }
    if look.sound.is_none()
        && look.default_sound.is_none()
        && let Some(name) = sound_name(&message.sound, notes)
    {
        look.sound = Some(raw_resource(&name)?);
        look.default_sound = Some(false);
    }
    Ok(())
}

/// `/raw/ping`: a file of the app's `res/raw`, which has no ending there.
fn raw_resource(name: &str) -> Result<String, Rejection> {
    if name.starts_with('/') {
        return Ok(name.to_owned());
    }
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if stem.is_empty() || !stem.bytes().all(legal) {
        return Err(invalid("sound", "is not the name of a file in `res/raw`"));
    }
    Ok(format!("/raw/{stem}"))
}
