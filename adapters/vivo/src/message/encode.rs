//! A notification → the body of a request, once for all of its targets.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use zpns_core::{
    Badge, CallEvent, Category, ErrorKind, Kind, LimitPolicy, Notes, Notification, Rejection,
    Timestamp,
};
use zpns_kit::merge_patch;
use zpns_kit::rules::invalid;

use super::check::{self, MIN_TTL};
use super::class::Class;
use super::click::Click;
use super::template::{self, Template};
use super::{Options, ids};

/// How long a call rings whose invitation does not say so.
const RINGS: Duration = Duration::from_secs(60);
/// Sound and vibration.
const ALERTS_BY_BOTH: u8 = 4;

/// Pairs of the app's own that hold the payload, and what became of a call.
const PAYLOAD: &str = "payload";
const CALL: &str = "call";

/// Whom a provider's pushes reach.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum PushMode {
    /// Everybody.
    #[default]
    Formal,
    /// The devices that the console lists.
    Test,
}

/// The way that a message takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Route {
    /// Alone to one target, saved and listed to many.
    Any,
    /// Alone to each target: it says something that no saved message may.
    Alone,
    /// To a live card, alone to each target.
    Live,
}

/// A notification as vivo takes it, but for its targets.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) app_id: u64,
    pub(crate) mode: PushMode,
    pub(crate) route: Route,
    template: Template,
}

impl Encoded {
    /// The body of a push to this target alone.
    pub(crate) fn single(&self, request_id: Uuid, token: &str) -> Bytes {
        self.template.single(request_id, token)
    }

    /// The body that is saved.
    pub(crate) fn saved(&self, request_id: Uuid) -> Bytes {
        self.template.saved(request_id)
    }

    /// The body of a push to these targets of what was saved as `task`.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn list(
        &self,
        task: &str,
        request_id: Uuid,
        tokens: &[&str],
    ) -> Result<Bytes, Rejection> {
        let is_test = self.mode == PushMode::Test;
        template::list(self.app_id, task, request_id, is_test, tokens)
    }
}

/// Encodes a notification for an app at this time.
///
/// # Errors
/// What vivo would refuse, by field; `payload_too_large` for payload and data that do not fit.
pub(crate) fn encode(
    message: &Notification,
    limits: LimitPolicy,
    app_id: u64,
    mode: PushMode,
    now: Timestamp,
) -> Result<(Encoded, Notes), Rejection> {
    let options: Options = message
        .vendor
        .get()
        .map_err(|error| Rejection::new(error.kind(), error.reason()))?;
    let push = Push {
        message,
        options: &options,
    };
    let mut notes = Notes::default();
    let mut body = Value::Object(push.body(limits, mode, now, &mut notes)?);
    if let Some(patch) = message.vendor.raw(crate::VENDOR) {
        merge_patch(&mut body, patch);
    }
    let Value::Object(body) = body else {
        return Err(invalid("vendor.vivo.raw", "leaves no object"));
    };
    let template = Template::new(app_id, &body)?;
    let encoded = Encoded {
        app_id,
        mode: match body.get("pushMode") {
            Some(mode) if *mode == json!(1) => PushMode::Test,
            _ => PushMode::Formal,
        },
        route: push.route(&body),
        template,
    };
    Ok((encoded, notes))
}

/// One notification on its way into the body.
struct Push<'a> {
    message: &'a Notification,
    options: &'a Options,
}

impl Push<'_> {
    fn body(
        &self,
        limits: LimitPolicy,
        mode: PushMode,
        now: Timestamp,
        notes: &mut Notes,
    ) -> Result<Map<String, Value>, Rejection> {
        let (message, options) = (self.message, self.options);
        let is_call = matches!(message.kind, Kind::Call(_));
        let category = message.category.or(is_call.then_some(Category::Call));
        let class = Class::new(category, options)?;
        check::options(options, &class, now)?;
        self.check_kind()?;
        let (title, body) = (message.display_title(), message.body.as_deref());
        let (title, content) = check::texts(title, body, limits, notes)?;
        let click = Click::new(&message.on_click, options)?;
        let life = self.life(notes)?;
        let test = (mode == PushMode::Test).then_some(1);

        let mut map = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            // Zero and false are values.
            if let Some(value) = value {
                map.insert(key.to_owned(), value);
            }
        };
        put("title", Some(title.into()));
        put("content", Some(content.into()));
        let notify_type = options.notify_type.unwrap_or(ALERTS_BY_BOTH);
        put("notifyType", Some(notify_type.into()));
        put("timeToLive", life.seconds.map(Value::from));
        put("sendOnline", life.online_only.map(Value::from));
        put("skipType", Some(click.skip_type.into()));
        put("skipContent", click.content.map(Value::from));
        put("networkType", options.network_type.map(Value::from));
        put("classification", Some(class.classification.into()));
        put("category", class.category.map(Value::from));
        put("clientCustomMap", self.pairs()?);
        put("extra", self.extra());
        put("pushMode", options.push_mode.or(test).map(Value::from));
        put("notifyId", self.notify_id().map(Value::from));
        put("profileId", options.profile_id.clone().map(Value::from));
        // Always said: a default of false would hide it while the app is in front.
        let foreground = options.foreground_show.unwrap_or(true);
        put("foregroundShow", Some(foreground.into()));
        put("timedDisplay", self.timed_display());
        put("addBadge", self.badge(notes).map(Value::from));
        put("auditReview", options.audit_review.clone().map(Value::from));
        let channel = options.notification_channel.clone();
        put("notificationChannel", channel.map(Value::from));
        put("liveMessage", self.live_message());
        Ok(map)
    }

    /// A card needs what it changes, and nothing else may have it.
    fn check_kind(&self) -> Result<(), Rejection> {
        let field = "vendor.vivo.live_message";
        match (&self.message.kind, &self.options.live_message) {
            (Kind::LiveActivity, None) => Err(invalid(field, "is missing")),
            (Kind::LiveActivity, Some(_)) if self.notify_id().is_none() => Err(invalid(
                "vendor.vivo.notify_id",
                "is missing: the card's own number",
            )),
            (Kind::LiveActivity, _) | (_, None) => self.check_call(),
            (_, Some(_)) => Err(invalid(field, "needs the kind `live_activity`")),
        }
    }

    /// vivo shows everything that it sends: a call without a text would have to be silent.
    fn check_call(&self) -> Result<(), Rejection> {
        let message = self.message;
        let is_call = matches!(message.kind, Kind::Call(_));
        if is_call && message.display_title().is_none() && message.body.is_none() {
            let why = "this vendor has no silent push, which a call without a text would be";
            return Err(Rejection::new(ErrorKind::Unsupported, why));
        }
        Ok(())
    }

    /// `notifyId` of all messages with this collapse key.
    fn notify_id(&self) -> Option<u32> {
        let key = self.message.collapse_key.as_deref();
        self.options.notify_id.or(key.map(ids::notify_id_of_key))
    }

    /// How long it lives. What lives shorter than vivo keeps anything is not kept at all: it goes
    /// to whoever is online, and is never shown late.
    fn life(&self, notes: &mut Notes) -> Result<Life, Rejection> {
        let (message, options) = (self.message, self.options);
        let rings = matches!(message.kind, Kind::Call(CallEvent::Invite)).then_some(RINGS);
        let ttl = message.ttl.or(rings);
        if let Some(seconds) = options.time_to_live {
            return Ok(Life {
                seconds: Some(seconds.into()),
                online_only: options.send_online,
            });
        }
        let Some(ttl) = ttl else {
            return Ok(Life {
                seconds: None,
                online_only: options.send_online,
            });
        };
        check::ttl(ttl)?;
        let is_short = ttl < MIN_TTL;
        if is_short && message.ttl.is_some_and(|ttl| !ttl.is_zero()) {
            notes.dropped.push("ttl_ms".to_owned());
        }
        Ok(Life {
            seconds: Some(ttl.max(MIN_TTL).as_secs()),
            online_only: options.send_online.or(is_short.then_some(true)),
        })
    }

    /// Payload, what became of a call, and data, as pairs of the app's own.
    fn pairs(&self) -> Result<Option<Value>, Rejection> {
        let message = self.message;
        let event = match message.kind {
            Kind::Call(event) => Some(name_of(event)?),
            _ => None,
        };
        let own = [
            (PAYLOAD, message.payload.as_deref()),
            (CALL, event.as_deref()),
        ];
        let data = message.data.iter();
        let data = data.map(|(key, value)| (key.as_str(), value.as_str()));
        let mut pairs: BTreeMap<&str, &str> = data.collect();
        for (key, value) in own {
            let Some(value) = value else { continue };
            if pairs.insert(key, value).is_some() {
                let why = format!("`{key}` is taken by what the notification says elsewhere");
                return Err(invalid("data", why));
            }
        }
        check::pairs(&pairs)?;
        Ok((!pairs.is_empty()).then(|| json!(pairs)))
    }

    fn extra(&self) -> Option<Value> {
        let extra = self.options.extra.as_ref()?;
        let rows = [
            ("callback", &extra.callback),
            ("callback.param", &extra.callback_param),
            ("callback.id", &extra.callback_id),
        ];
        let said = rows
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value.clone()?.into())));
        let map: Map<String, Value> = said.collect();
        (!map.is_empty()).then_some(Value::Object(map))
    }

    fn timed_display(&self) -> Option<Value> {
        let display = self.options.timed_display?;
        Some(json!({
            "overtimeDisplay": display.overtime_display,
            // As texts, as vivo has them.
            "showStartTime": display.show_start_time.to_string(),
            "showEndTime": display.show_end_time.to_string(),
        }))
    }

    /// The icon's number grows by one, or not at all.
    fn badge(&self, notes: &mut Notes) -> Option<bool> {
        let said = match self.message.badge {
            Badge::Add(1) => Some(true),
            Badge::Add(more) if more > 1 => {
                notes.dropped.push("badge".to_owned());
                None
            }
            _ => None,
        };
        self.options.add_badge.or(said)
    }

    fn live_message(&self) -> Option<Value> {
        let live = self.options.live_message.as_ref()?;
        let mut map = Map::from_iter([
            ("operation".to_owned(), live.operation.into()),
            ("scene".to_owned(), live.scene.as_str().into()),
            ("templateType".to_owned(), live.template_type.into()),
            ("templateData".to_owned(), live.template_data.clone()),
        ]);
        let further = [
            ("capsuleData", &live.capsule_data),
            ("islandData", &live.island_data),
            ("keepDuration", &live.keep_duration),
            ("changeRecord", &live.change_record),
        ];
        for (key, value) in further {
            if let Some(value) = value {
                map.insert(key.to_owned(), value.clone());
            }
        }
        Some(Value::Object(map))
    }

    /// What vivo takes of single pushes only needs one for every target.
    fn route(&self, body: &Map<String, Value>) -> Route {
        let extra = body.get("extra").and_then(Value::as_object);
        let has = |key| extra.is_some_and(|extra| extra.contains_key(key));
        let alone = ["notifyId", "profileId"]
            .iter()
            .any(|key| body.contains_key(*key));
        match self.message.kind {
            Kind::LiveActivity => Route::Live,
            _ if alone || (has("callback") && !has("callback.id")) => Route::Alone,
            _ => Route::Any,
        }
    }
}

/// `timeToLive` and `sendOnline`.
struct Life {
    seconds: Option<u64>,
    online_only: Option<bool>,
}

/// `invite`, `cancel`, …: as in the message's JSON.
fn name_of(event: CallEvent) -> Result<String, Rejection> {
    match serde_json::to_value(event) {
        Ok(Value::String(name)) => Ok(name),
        _ => Err(Rejection::new(
            ErrorKind::Unsupported,
            "this event of a call has no name",
        )),
    }
}
