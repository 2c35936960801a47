//! A notification → the body of a request, once for all of its targets.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Map, Value};
use zpns_core::{
    Badge, CallEvent, ErrorKind, Kind, LimitPolicy, Notes, Notification, OnClick, Rejection, Sound,
};
use zpns_kit::rules::{https, invalid, needed};
use zpns_kit::{ListTemplate, fit, merge_patch, positive_number, truncate_chars};

use super::check;
use super::wire::{unwritable, wire};
use super::{
    AndroidConfig, AndroidNotification, BasicNotification, Importance, Options, class, click,
};

/// Bytes of a body at the most, without its tokens: Huawei's limit, because HONOR's own is not
/// known (`reference/honor.md` §3.1).
pub(crate) const BODY_LIMIT: usize = 4096;

/// How long a call rings whose invitation does not say so.
const RINGS: Duration = Duration::from_secs(60);
/// Highest number on an icon.
const BADGE_LIMIT: u32 = 99;
/// Characters of a title that stands in for a missing one.
const STAND_IN: usize = 40;

/// Where the targets are named.
const TOKENS: &str = "token";
const RAW: &str = "vendor.honor.raw";

/// The keys under which the app finds what the notification said.
const PAYLOAD: &str = "payload";
const CALL: &str = "call";

/// Encodes a notification for an app whose launcher activity is `badge_class`, if that is known.
///
/// # Errors
/// What HONOR would refuse, by field; `payload_too_large` if it does not fit; `unsupported` for
/// what a data message cannot do.
pub(crate) fn encode(
    message: &Notification,
    limits: LimitPolicy,
    badge_class: Option<&str>,
) -> Result<(ListTemplate, Notes), Rejection> {
    let options = message.vendor.get::<Options>();
    let options = options.map_err(|error| Rejection::new(error.kind(), error.reason()))?;
    check::options(&options)?;
    let mut notes = Notes::default();
    let push = Push::new(message, options, limits, badge_class, &mut notes)?;
    let (template, cut) = fit(&push.spoken(message), limits, BODY_LIMIT, |title, body| {
        let mut request = Value::Object(push.request(title, body)?);
        if let Some(patch) = message.vendor.raw(crate::VENDOR) {
            merge_patch(&mut request, patch);
        }
        let Value::Object(request) = request else {
            return Err(invalid(RAW, "leaves no object"));
        };
        let why = "names a `token`; whom it goes to, the targets say";
        ListTemplate::new(&request, TOKENS).ok_or_else(|| invalid(RAW, why))
    })?;
    Ok((template, notes.merged(&cut)))
}

/// A notification with all but its two texts worked out.
struct Push {
    basic: BasicNotification,
    android: AndroidConfig,
    /// None for a data message.
    look: Option<AndroidNotification>,
    data: Option<String>,
}

impl Push {
    fn new(
        message: &Notification,
        options: Options,
        limits: LimitPolicy,
        badge_class: Option<&str>,
        notes: &mut Notes,
    ) -> Result<Self, Rejection> {
        let mut android = options.android.unwrap_or_default();
        let own_look = android.notification.take();
        let has_look = own_look.is_some() || options.notification.is_some();
        let shown = match message.kind {
            Kind::Silent => false,
            // A call without a text only tells the app.
            Kind::Call(_) => {
                has_look || message.display_title().is_some() || message.body.is_some()
            }
            _ => true,
        };
        fill(&mut android.ttl, ttl(message)?);
        fill(&mut android.bi_tag, Some(message.id.to_string()));
        let app_data = app_data(message)?;
        let mut data = options.data;
        let look = if shown {
            let said = !app_data.is_empty();
            fill(&mut data, said.then(|| Value::Object(app_data).to_string()));
            check::json("vendor.honor.data", data.as_deref())?;
            check::json("vendor.honor.android.data", android.data.as_deref())?;
            Some(look(
                message,
                own_look.unwrap_or_default(),
                limits,
                badge_class,
                notes,
            )?)
        } else {
            check_silence(message, has_look)?;
            // A data message is one that has data.
            fill(&mut data, Some(Value::Object(app_data).to_string()));
            let category = message.category.filter(|_| message.kind == Kind::Silent);
            let hints = [
                ("category", category.is_some()),
                ("thread", message.thread.is_some()),
            ];
            let given = hints.into_iter().filter(|(_, given)| *given);
            notes.dropped.extend(given.map(|(name, _)| name.to_owned()));
            None
        };
        let push = Self {
            basic: options.notification.unwrap_or_default(),
            android,
            look,
            data,
        };
        if let Some(look) = &push.look {
            let (title, body) = push.texts(look, message.display_title(), message.body.as_deref());
            needed("title", title.is_some())?;
            needed("body", body.is_some())?;
        }
        Ok(push)
    }

    /// The notification as far as its texts are shown: what the options say instead is not there
    /// to be cut.
    fn spoken<'a>(&self, message: &'a Notification) -> Cow<'a, Notification> {
        let mut message = Cow::Borrowed(message);
        let Some(look) = &self.look else {
            return message;
        };
        let (own_title, own_body) = self.own_texts(look);
        if own_title.is_some() {
            let message = message.to_mut();
            (message.title, message.sender) = (None, None);
        }
        if own_body.is_some() {
            message.to_mut().body = None;
        }
        message
    }

    /// What the options say instead of the notification's texts.
    fn own_texts<'a>(
        &'a self,
        look: &'a AndroidNotification,
    ) -> (Option<&'a str>, Option<&'a str>) {
        let own = |texts: [&'a Option<String>; 2]| {
            let mut texts = texts.into_iter().filter_map(Option::as_deref);
            texts.find(|text| !text.is_empty())
        };
        (
            own([&look.title, &self.basic.title]),
            own([&look.body, &self.basic.body]),
        )
    }

    /// Title and text as they are shown: the options' own, else the notification's; the one that
    /// there is stands in for the other, because HONOR wants both.
    fn texts<'a>(
        &'a self,
        look: &'a AndroidNotification,
        title: Option<&'a str>,
        body: Option<&'a str>,
    ) -> (Option<Cow<'a, str>>, Option<Cow<'a, str>>) {
        let (own_title, own_body) = self.own_texts(look);
        let said = |text: &&str| !text.is_empty();
        let title = own_title.or(title.filter(said));
        let body = own_body.or(body.filter(said));
        match (title, body) {
            // All of it stands below its start: nothing is lost.
            (None, Some(body)) => (Some(truncate_chars(body, STAND_IN)), Some(body.into())),
            (Some(title), None) => (Some(title.into()), Some(title.into())),
            (title, body) => (title.map(Cow::from), body.map(Cow::from)),
        }
    }

    fn request(
        &self,
        title: Option<&str>,
        body: Option<&str>,
    ) -> Result<Map<String, Value>, Rejection> {
        let mut request = Map::new();
        let mut android = wire(&self.android)?;
        if let Some(look) = &self.look {
            let (title, body) = self.texts(look, title, body);
            let (title, body) = (title.map(Cow::into_owned), body.map(Cow::into_owned));
            let mut basic = self.basic.clone();
            fill(&mut basic.title, title.clone());
            fill(&mut basic.body, body.clone());
            let mut look = look.clone();
            let importance = look.importance.take();
            (look.title, look.body) = (title, body);
            let mut look = wire(&look)?;
            if let Some(importance) = importance {
                look.insert("importance".to_owned(), importance.wire().into());
            }
            android.insert("notification".to_owned(), Value::Object(look));
            request.insert("notification".to_owned(), Value::Object(wire(&basic)?));
        }
        request.insert("android".to_owned(), Value::Object(android));
        if let Some(data) = &self.data {
            request.insert("data".to_owned(), data.as_str().into());
        }
        Ok(request)
    }
}

/// Fills in what the host's own options leave out.
fn fill<T>(slot: &mut Option<T>, value: Option<T>) {
    if slot.is_none() {
        *slot = value;
    }
}

/// Whole seconds such as `3600s`, rounded up, and one where there is no time at all, which HONOR
/// calls expired.
fn ttl(message: &Notification) -> Result<Option<String>, Rejection> {
    let rings = matches!(message.kind, Kind::Call(CallEvent::Invite)).then_some(RINGS);
    let Some(ttl) = message.ttl.or(rings) else {
        return Ok(None);
    };
    check::ttl("ttl_ms", ttl)?;
    let seconds = ttl.as_secs() + u64::from(ttl.subsec_nanos() > 0);
    Ok(Some(format!("{}s", seconds.max(1))))
}

/// `{"payload": …, "call": …, …data}`; empty if the notification has none of them.
fn app_data(message: &Notification) -> Result<Map<String, Value>, Rejection> {
    let data = message.data.iter();
    let mut object: Map<String, Value> = data
        .map(|(key, value)| (key.clone(), value.as_str().into()))
        .collect();
    let call = match message.kind {
        Kind::Call(event) => Some(serde_json::to_value(event).map_err(unwritable)?),
        _ => None,
    };
    let payload = message.payload.as_deref().map(Value::from);
    for (key, value) in [(PAYLOAD, payload), (CALL, call)] {
        let Some(value) = value else { continue };
        if object.insert(key.to_owned(), value).is_some() {
            let why = format!("the key `{key}` is taken by what the notification says elsewhere");
            return Err(invalid("data", why));
        }
    }
    Ok(object)
}

/// What a push that shows nothing must not say.
fn check_silence(message: &Notification, has_look: bool) -> Result<(), Rejection> {
    let rows = [
        ("title", message.display_title().is_some()),
        ("body", message.body.is_some()),
        ("image", message.image.is_some()),
        (
            "sound",
            !matches!(message.sound, Sound::Default | Sound::None),
        ),
        ("badge", message.badge != Badge::Unchanged),
        ("on_click", message.on_click != OnClick::OpenApp),
        ("vendor.honor notification", has_look),
    ];
    if let Some((field, _)) = rows.into_iter().find(|(_, shown)| *shown) {
        let why = "would be shown, and this push shows nothing";
        return Err(invalid(field, why));
    }
    if message.collapse_key.is_some() {
        let why = "collapse_key: at HONOR only what is shown replaces what was shown";
        return Err(Rejection::new(ErrorKind::Unsupported, why));
    }
    Ok(())
}

/// How a notification looks, but for its two texts.
fn look(
    message: &Notification,
    mut look: AndroidNotification,
    limits: LimitPolicy,
    badge_class: Option<&str>,
    notes: &mut Notes,
) -> Result<AndroidNotification, Rejection> {
    fill(&mut look.importance, class::importance(message));
    picture(message, &mut look, notes)?;
    if look.click_action.is_none() {
        look.click_action = Some(click::action(&message.on_click)?);
    }
    number(message.badge, &mut look, limits, notes)?;
    if let Some(badge) = &mut look.badge {
        fill(&mut badge.badge_class, badge_class.map(str::to_owned));
        let field = "`badge_class` of the provider or of the badge";
        needed(field, badge.badge_class.is_some())?;
    }
    fill(&mut look.group, message.thread.clone());
    fill(&mut look.tag, message.collapse_key.clone());
    if look.tag.is_none() {
        // A repeat overwrites the first one, and is not shown beside it.
        fill(&mut look.notify_id, Some(notify_id(message)));
    }
    Ok(look)
}

/// By which a repeat overwrites the first one on the device: HONOR has no id by which it would drop
/// a repeat itself.
pub(super) fn notify_id(message: &Notification) -> i64 {
    positive_number(message.id.derive("notify_id")).into()
}

/// The picture, which only service messages have: any other message says as much without it.
fn picture(
    message: &Notification,
    look: &mut AndroidNotification,
    notes: &mut Notes,
) -> Result<(), Rejection> {
    https("image", message.image.as_deref())?;
    if look.importance != Some(Importance::Low) {
        fill(&mut look.image, message.image.clone());
        return Ok(());
    }
    if look.image.is_some() {
        let why = "needs a category of HONOR's service class, and not an informational one";
        return Err(invalid("vendor.honor.android.notification.image", why));
    }
    if message.image.is_some() {
        notes.dropped.push("image".to_owned());
    }
    Ok(())
}

/// The number on the icon. One that HONOR cannot show is left out and noted, because a chat is not
/// to be lost for its hundredth unread message; or refused, if the caller wants no cuts.
fn number(
    badge: Badge,
    look: &mut AndroidNotification,
    limits: LimitPolicy,
    notes: &mut Notes,
) -> Result<(), Rejection> {
    let own = look.badge.as_ref();
    if own.is_some_and(|own| own.set_num.is_some() || own.add_num.is_some()) {
        return Ok(());
    }
    let (number, set) = match badge {
        Badge::Set(number) => (number, true),
        Badge::Clear => (0, true),
        // Nothing to add is nothing to say.
        Badge::Add(number) if number > 0 => (number, false),
        _ => return Ok(()),
    };
    if number > BADGE_LIMIT {
        if limits == LimitPolicy::Reject {
            let why = format!("is {number}, {BADGE_LIMIT} is the highest number on an icon");
            return Err(invalid("badge", why));
        }
        notes.dropped.push("badge".to_owned());
        return Ok(());
    }
    let own = look.badge.get_or_insert_default();
    let slot = match set {
        true => &mut own.set_num,
        false => &mut own.add_num,
    };
    *slot = Some(number.into());
    Ok(())
}
