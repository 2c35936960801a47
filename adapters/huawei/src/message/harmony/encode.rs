//! A notification → the body of a v3 request, once for all of its targets.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Map, Value};
use zpns_core::{
    CallEvent, Category, ErrorKind, Kind, LimitPolicy, Notes, Notification, OnClick, Rejection,
    Sound,
};
use zpns_kit::rules::{https, invalid, needed};
use zpns_kit::{ListTemplate, fit, merge_patch};

use super::{BadgeNumber, ClickAction, HarmonyNotification, Options, PushOptions, PushType, check};
use crate::message::block::{Wire as _, put};
use crate::message::template::template;
use crate::message::{
    BODY_LIMIT, both, check_silence, class, data, fill, has_text, icon_number, ids, noted,
    options_of, sound_name,
};

/// How long a call rings whose invitation does not say so.
const RINGS: Duration = Duration::from_secs(60);
const HOLDER: &str = "target";
const RAW: &str = "vendor.harmony.raw";
/// The one class of a voice broadcast.
const PLAY_VOICE: &str = "PLAY_VOICE";
/// The class of a call that was missed.
const MISS_CALL: &str = "MISS_CALL";
/// Tokens of a request, and of one that is a test.
const TOKENS: usize = 1_000;
const TEST_TOKENS: usize = 10;

/// A notification as Huawei takes it, but for its targets.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) template: ListTemplate,
    pub(crate) push_type: PushType,
    /// Targets of one request at the most.
    pub(crate) targets: usize,
}

/// Encodes a notification.
///
/// # Errors
/// What Huawei would refuse, by field; `payload_too_large` if it does not fit.
pub(crate) fn encode(
    message: &Notification,
    limits: LimitPolicy,
) -> Result<(Encoded, Notes), Rejection> {
    let options: Options = options_of(message)?;
    let push_type = push_type(message, &options)?;
    check::options(&options, push_type)?;
    let mut notes = Notes::default();
    let push = Push {
        message,
        options: &options,
        push_type,
    };
    let how = push.options()?;
    push.check_unused(&mut notes)?;
    let payload = push.payload(limits, &mut notes)?;
    let (template, cut) = fit(message, limits, BODY_LIMIT, |title, body| {
        let mut request = Map::new();
        request.insert("payload".to_owned(), payload.with(title, body));
        request.insert("pushOptions".to_owned(), how.wire());
        request.insert(HOLDER.to_owned(), Value::Object(Map::new()));
        let mut request = Value::Object(request);
        if let Some(patch) = message.vendor.raw(crate::HARMONY) {
            merge_patch(&mut request, patch);
        }
        match request {
            Value::Object(request) => template(request, HOLDER, RAW),
            _ => Err(invalid(RAW, "is not an object")),
        }
    })?;
    let targets = match (push_type, how.test_message) {
        (PushType::Form, _) => 1,
        (_, Some(true)) => TEST_TOKENS,
        _ => TOKENS,
    };
    let encoded = Encoded {
        template,
        push_type,
        targets,
    };
    Ok((encoded, noted(&notes, &cut)))
}

/// `notifyId` and the push type of a notification: what a recall names.
///
/// # Errors
/// Options that cannot be read, a kind that cannot be taken back, or a number of the host's own
/// that Huawei does not take back by.
pub(crate) fn number_of(message: &Notification) -> Result<(i64, PushType), Rejection> {
    let options: Options = options_of(message)?;
    let push_type = push_type(message, &options)?;
    if !matches!(push_type, PushType::Alert | PushType::Extension) {
        let why = "only alerts and voice broadcasts can be taken back";
        return Err(Rejection::new(ErrorKind::Unsupported, why));
    }
    let own = options.notification.and_then(|look| look.notify_id);
    match own.unwrap_or_else(|| number(message)) {
        number @ 0.. => Ok((number, push_type)),
        _ => Err(invalid(
            "vendor.harmony.notification.notify_id",
            "of a notification that is taken back is not negative",
        )),
    }
}

fn number(message: &Notification) -> i64 {
    let key = message.collapse_key.as_deref();
    let number = key.map_or_else(|| ids::notify_id(message.id), ids::notify_id_of_key);
    number.into()
}

/// What kind of push a notification is at Huawei. A call is an alert of its class, unless the host
/// asks for VoIP; one without a text only tells the app.
fn push_type(message: &Notification, options: &Options) -> Result<PushType, Rejection> {
    match &message.kind {
        Kind::Alert => Ok(PushType::Alert),
        Kind::Silent => Ok(PushType::Background),
        Kind::Call(_) if options.voip.is_some() => Ok(PushType::VoipCall),
        Kind::Call(_) if has_text(message) || options.notification.is_some() => Ok(PushType::Alert),
        Kind::Call(_) => Ok(PushType::Background),
        Kind::LiveActivity => Ok(PushType::LiveView),
        Kind::Other(name) => PushType::named(name)
            .ok_or_else(|| unsupported(format!("HarmonyOS has no push of the kind `{name}`"))),
        _ => Err(unsupported("HarmonyOS has no push of this kind".to_owned())),
    }
}

fn unsupported(why: String) -> Rejection {
    Rejection::new(ErrorKind::Unsupported, why)
}

/// One notification on its way into a request.
struct Push<'a> {
    message: &'a Notification,
    options: &'a Options,
    push_type: PushType,
}

/// A payload with room for the two texts.
struct Payload {
    object: Map<String, Value>,
    /// The path to the object that holds them, and their keys; none if none are shown.
    texts: Option<(Option<&'static str>, [&'static str; 2])>,
}

impl Payload {
    fn plain(object: Map<String, Value>) -> Self {
        Self {
            object,
            texts: None,
        }
    }

    fn with(&self, title: Option<&str>, body: Option<&str>) -> Value {
        let mut object = self.object.clone();
        if let Some((holder, [title_key, body_key])) = self.texts {
            let inner = match holder {
                Some(holder) => object.get_mut(holder).and_then(Value::as_object_mut),
                None => Some(&mut object),
            };
            if let Some(inner) = inner {
                let own = inner.contains_key(title_key) || inner.contains_key(body_key);
                let (title, body) = match own || holder.is_none() {
                    true => (title.map(Cow::from), body.map(Cow::from)),
                    false => both(title, body),
                };
                for (key, text) in [(title_key, title), (body_key, body)] {
                    // What the host's own options say beats it.
                    if let Some(text) = text
                        && !inner.contains_key(key)
                    {
                        inner.insert(key.to_owned(), text.into_owned().into());
                    }
                }
            }
        }
        Value::Object(object)
    }
}

impl Push<'_> {
    fn options(&self) -> Result<PushOptions, Rejection> {
        let message = self.message;
        let mut how = self.options.push_options.clone().unwrap_or_default();
        let rings = matches!(message.kind, Kind::Call(CallEvent::Invite)).then_some(RINGS);
        if let Some(ttl) = message.ttl.or(rings)
            && how.ttl.is_none()
        {
            check::ttl(ttl)?;
            // Whole seconds, and at least one: nothing else is kept shorter than asked for.
            let secs = ttl.as_secs() + u64::from(ttl.subsec_nanos() > 0);
            how.ttl = i64::try_from(secs.max(1)).ok();
        }
        fill(&mut how.bi_tag, Some(message.id.to_string()));
        if matches!(self.push_type, PushType::Alert | PushType::Extension) {
            let group = message.collapse_key.as_deref().and_then(ids::group);
            fill(&mut how.collapse_key, group);
        } else if message.collapse_key.is_some() {
            let why = "is for alerts and voice broadcasts only";
            return Err(invalid("collapse_key", why));
        }
        Ok(how)
    }

    fn payload(&self, limits: LimitPolicy, notes: &mut Notes) -> Result<Payload, Rejection> {
        match self.push_type {
            PushType::Alert => self.alert(limits, notes),
            PushType::Badge => self.badge(limits, notes),
            PushType::Extension => self.extension(limits, notes),
            PushType::Form => self.form(),
            PushType::LiveView => self.live_view(),
            PushType::Background => {
                self.check_silence()?;
                let own = self.options.background.as_ref();
                let extra = own.and_then(|own| own.extra_data.as_ref());
                let mut object = self.extra_data(extra)?;
                let proxy = own.and_then(|own| own.proxy_data.as_ref());
                put(&mut object, "proxyData", proxy);
                Ok(Payload::plain(object))
            }
            PushType::VoipCall => {
                let own = self.options.voip.as_ref();
                let extra = own.and_then(|own| own.extra_data.as_ref());
                self.check_silence()?;
                Ok(Payload::plain(self.extra_data(extra)?))
            }
        }
    }

    fn check_silence(&self) -> Result<(), Rejection> {
        check_silence(self.message, &[])
    }

    /// What a push of this type has no place for: content is refused, a hint is noted.
    fn check_unused(&self, notes: &mut Notes) -> Result<(), Rejection> {
        use PushType::{Alert, Badge, Extension, Form, LiveView};
        let message = self.message;
        if matches!(self.push_type, Alert | Extension) {
            return Ok(());
        }
        if message.category.is_some() {
            notes.dropped.push("category".to_owned());
        }
        let without_data = matches!(self.push_type, Form | Badge | LiveView);
        let view = self.push_type == LiveView;
        let rows = [
            ("payload", without_data && message.payload.is_some()),
            ("data", without_data && !message.data.is_empty()),
            ("image", view && message.image.is_some()),
            (
                "badge",
                view && message.badge != zpns_core::Badge::Unchanged,
            ),
            (
                "sound",
                view && !matches!(message.sound, Sound::Default | Sound::None),
            ),
            ("on_click", view && message.on_click != OnClick::OpenApp),
        ];
        match rows.into_iter().find(|(_, given)| *given) {
            Some((field, _)) => Err(invalid(field, "has no place in a push of this kind")),
            None => Ok(()),
        }
    }

    /// `extraData`: the host's own, or what the notification tells the app.
    fn extra_data(&self, own: Option<&String>) -> Result<Map<String, Value>, Rejection> {
        let text = match own {
            Some(own) => own.clone(),
            None => Value::Object(data::of(self.message)?).to_string(),
        };
        let mut object = Map::new();
        put(&mut object, "extraData", Some(&text));
        Ok(object)
    }

    fn alert(&self, limits: LimitPolicy, notes: &mut Notes) -> Result<Payload, Rejection> {
        let look = self.look(limits, notes)?;
        let mut object = Map::new();
        put(&mut object, "notification", Some(&look));
        Ok(Payload {
            object,
            texts: Some((Some("notification"), ["title", "body"])),
        })
    }

    fn extension(&self, limits: LimitPolicy, notes: &mut Notes) -> Result<Payload, Rejection> {
        let mut payload = self.alert(limits, notes)?;
        let own = self.options.extension.as_ref();
        let extra = own.and_then(|own| own.extra_data.as_ref());
        payload.object.extend(self.extra_data(extra)?);
        Ok(payload)
    }

    /// The number on the icon alone.
    fn badge(&self, limits: LimitPolicy, notes: &mut Notes) -> Result<Payload, Rejection> {
        let mut unread = self.message.clone();
        unread.badge = zpns_core::Badge::Unchanged;
        check_silence(&unread, &[])?;
        let own = self
            .options
            .notification
            .as_ref()
            .and_then(|look| look.badge.clone());
        let number = match own {
            Some(own) => own,
            None => badge_of(icon_number(self.message.badge, limits, notes)?).unwrap_or_default(),
        };
        needed("badge (set to a number)", number.set_num.is_some())?;
        let look = HarmonyNotification {
            badge: Some(number),
            ..HarmonyNotification::default()
        };
        let mut object = Map::new();
        put(&mut object, "notification", Some(&look));
        Ok(Payload::plain(object))
    }

    fn form(&self) -> Result<Payload, Rejection> {
        self.check_silence()?;
        let form = self.options.form.as_ref();
        let form = form.ok_or_else(|| invalid("vendor.harmony.form", "is missing"))?;
        match form.wire() {
            Value::Object(object) => Ok(Payload::plain(object)),
            _ => Err(invalid("vendor.harmony.form", "is not an object")),
        }
    }

    fn live_view(&self) -> Result<Payload, Rejection> {
        let view = self.options.live_view.as_ref();
        let view = view.ok_or_else(|| invalid("vendor.harmony.live_view", "is missing"))?;
        match view.wire() {
            Value::Object(object) => Ok(Payload {
                object,
                texts: Some((None, ["title", "content"])),
            }),
            _ => Err(invalid("vendor.harmony.live_view", "is not an object")),
        }
    }

    fn look(
        &self,
        limits: LimitPolicy,
        notes: &mut Notes,
    ) -> Result<HarmonyNotification, Rejection> {
        let message = self.message;
        let mut look = self.options.notification.clone().unwrap_or_default();
        let (title, body) = (message.display_title(), message.body.as_deref());
        let (title, body) = match look.title.is_some() || look.body.is_some() {
            true => (title.map(Cow::from), body.map(Cow::from)),
            false => both(title, body),
        };
        needed("title", title.is_some() || look.title.is_some())?;
        needed("body", body.is_some() || look.body.is_some())?;
        https("image", message.image.as_deref())?;
        fill(&mut look.image, message.image.clone());
        fill(&mut look.category, Some(self.category().to_owned()));
        if look.click_action.is_none() {
            look.click_action = Some(click_action(message)?);
        }
        fill(&mut look.notify_id, Some(number(message)));
        fill(&mut look.app_message_id, Some(message.id.to_string()));
        fill(
            &mut look.sound,
            sound_name(&message.sound, notes).map(Into::into),
        );
        if message.sound == Sound::None {
            // A HarmonyOS alert cannot be told to be quiet.
            notes.dropped.push("sound".to_owned());
        }
        fill(
            &mut look.badge,
            badge_of(icon_number(message.badge, limits, notes)?),
        );
        Ok(look)
    }

    fn category(&self) -> &'static str {
        if self.push_type == PushType::Extension {
            return PLAY_VOICE;
        }
        match (&self.message.kind, self.message.category) {
            (_, Some(category)) => class::class(category),
            (Kind::Call(CallEvent::Missed), None) => MISS_CALL,
            (Kind::Call(_), None) => class::class(Category::Call),
            _ => class::MARKETING,
        }
    }
}

fn badge_of(number: crate::message::IconNumber) -> Option<BadgeNumber> {
    let badge = BadgeNumber {
        set_num: number.set,
        add_num: number.add,
    };
    (badge != BadgeNumber::default()).then_some(badge)
}

/// What a tap does, and what the page gets.
fn click_action(message: &Notification) -> Result<ClickAction, Rejection> {
    const PAGE: i64 = 1;
    let mut action = ClickAction::default();
    match &message.on_click {
        OnClick::OpenApp => action.action_type = Some(0),
        // A web address opens the page of the app that declares it.
        OnClick::Url(address) => {
            https("on_click", Some(address))?;
            action.action_type = Some(PAGE);
            action.uri = Some(address.clone());
        }
        OnClick::DeepLink(link) => {
            action.action_type = Some(PAGE);
            action.uri = Some(link.clone());
        }
        OnClick::Activity(name) => {
            action.action_type = Some(PAGE);
            action.action = Some(name.clone());
        }
        OnClick::Intent(_) => {
            return Err(unsupported("HarmonyOS knows no Android intents".to_owned()));
        }
        _ => return Err(invalid("on_click", "has no form on HarmonyOS")),
    }
    for text in [&action.uri, &action.action].into_iter().flatten() {
        if text.contains("${package}") {
            let why = "`${package}` is not known to this provider; write the bundle name itself";
            return Err(invalid("on_click", why));
        }
    }
    let data = data::of(message)?;
    action.data = (!data.is_empty()).then_some(Value::Object(data));
    Ok(action)
}
