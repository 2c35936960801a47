//! A notification → what all requests that carry it share.

use std::time::Duration;

use serde_json::{Map, Value};
use zpns_core::{
    CallEvent, Category, ErrorKind, Kind, LimitPolicy, Notes, Notification, Rejection, Timestamp,
};
use zpns_kit::merge_patch;

use super::check::{self, invalid};
use super::class::{self, class_of};
use super::click::Click;
use super::template::Encoded;
use super::{ClickActionType, OppoCategory, Options, Route, Style, ids, parameters, text};

/// How long a call rings whose invitation does not say so.
const RINGS: Duration = Duration::from_secs(60);
/// How long OPPO keeps a message that does not say so. It is sent all the same: nothing about it
/// is left to a default that OPPO may change.
const USUAL_TTL: Duration = Duration::from_secs(3_600);

/// Members of the envelope that are the targets', and no part of the message.
const TARGET_FIELDS: [&str; 2] = ["target_type", "target_value"];

/// Encodes a notification at this time.
///
/// # Errors
/// What OPPO would refuse, by field; `payload_too_large` for payload and data that do not fit.
pub(crate) fn encode(
    message: &Notification,
    limits: LimitPolicy,
    now: Timestamp,
) -> Result<(Encoded, Notes), Rejection> {
    let options: Options = message
        .vendor
        .get()
        .map_err(|error| Rejection::new(error.kind(), error.reason()))?;
    check::options(&options)?;
    let push = Push {
        message,
        options: &options,
        now,
    };
    let mut notes = Notes::default();
    let mut notification = push.notification(limits, &mut notes)?;
    let mut envelope = Fields::default();
    envelope.set("verify_registration_id", options.verify_registration_id);
    let raw = message.vendor.raw(crate::VENDOR);

    let said = serde_json::json!([notification.0, envelope.0, raw]).to_string();
    let key = ids::content(message.id, &said);
    let own = options.app_message_id.clone();
    let id = own.unwrap_or_else(|| key.simple().to_string());
    notification.set("app_message_id", Some(id));

    let (notification, envelope) = match raw {
        Some(patch) => merged(notification.0, envelope.0, patch)?,
        None => (notification.0, envelope.0),
    };
    let route = Route::of(&notification, &envelope, &options)?;
    Ok((Encoded::new(key, route, notification, envelope), notes))
}

type Object = Map<String, Value>;

/// With the raw merge applied to the message as it stands on the wire, without its target.
fn merged(
    notification: Object,
    mut envelope: Object,
    patch: &Value,
) -> Result<(Object, Object), Rejection> {
    let field = "vendor.oppo.raw";
    let targets = |key: &&str| patch.get(*key).is_some();
    if let Some(key) = TARGET_FIELDS.iter().find(|key| targets(key)) {
        let why = format!("holds `{key}`: the targets are not part of the message");
        return Err(invalid(field, why));
    }
    envelope.insert("notification".to_owned(), Value::Object(notification));
    let mut document = Value::Object(envelope);
    merge_patch(&mut document, patch);
    let Value::Object(mut envelope) = document else {
        return Err(invalid(field, "is not an object"));
    };
    match envelope.remove("notification") {
        Some(Value::Object(notification)) => Ok((notification, envelope)),
        _ => Err(invalid(field, "leaves no `notification`")),
    }
}

/// Fields of an object; those that are not set are left out.
#[derive(Debug, Default)]
struct Fields(Object);

impl Fields {
    fn set(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
    }

    fn number(&mut self, name: &str, value: Option<impl Into<u8>>) {
        self.set(name, value.map(Into::into));
    }
}

/// One notification on its way into OPPO's form.
struct Push<'a> {
    message: &'a Notification,
    options: &'a Options,
    now: Timestamp,
}

impl Push<'_> {
    fn notification(&self, limits: LimitPolicy, notes: &mut Notes) -> Result<Fields, Rejection> {
        self.check_call()?;
        let (message, options) = (self.message, self.options);
        let mut fields = Fields::default();
        let (title, content) = text::texts(message, options, limits, notes)?;
        fields.set("title", Some(title));
        fields.set("content", Some(content));
        fields.set("sub_title", text::sub_title(message, options, notes));
        fields.number("style", Some(options.style.unwrap_or(Style::Standard)));
        self.pictures(&mut fields);
        self.click(&mut fields, notes)?;
        self.times(&mut fields)?;
        self.class(&mut fields, notes)?;
        self.delivery(&mut fields);
        Ok(fields)
    }

    /// OPPO shows notifications, and has nothing else.
    fn check_call(&self) -> Result<(), Rejection> {
        let message = self.message;
        let is_call = matches!(message.kind, Kind::Call(_));
        match is_call && message.display_title().is_none() && message.body.is_none() {
            true => Err(Rejection::new(
                ErrorKind::Unsupported,
                "this vendor shows notifications only, and a call without a text is none",
            )),
            false => Ok(()),
        }
    }

    fn pictures(&self, fields: &mut Fields) {
        let options = self.options;
        let texts = [
            ("big_picture_id", &options.big_picture_id),
            ("small_picture_id", &options.small_picture_id),
            ("small_picture_url", &options.small_picture_url),
            ("medium_picture_url", &options.medium_picture_url),
            ("big_picture_url", &options.big_picture_url),
        ];
        for (name, text) in texts {
            fields.set(name, text.as_deref());
        }
        for (name, list) in [("buttons", &options.buttons), ("option", &options.option)] {
            let list = (!list.is_empty()).then(|| list.iter().cloned().map(Value::Object));
            fields.set(name, list.map(|list| list.collect::<Vec<_>>()));
        }
    }

    fn click(&self, fields: &mut Fields, notes: &mut Notes) -> Result<(), Rejection> {
        let click = Click::new(&self.message.on_click, self.options)?;
        let parameters = parameters::text(self.message, self.options, click.kind, notes)?;
        fields.number("click_action_type", Some::<ClickActionType>(click.kind));
        fields.set("click_action_activity", click.activity);
        fields.set("click_action_url", click.url);
        fields.set("action_parameters", parameters);
        Ok(())
    }

    fn times(&self, fields: &mut Fields) -> Result<(), Rejection> {
        let (message, options) = (self.message, self.options);
        let own = options
            .off_line_ttl
            .map(|seconds| Duration::from_secs(seconds.into()));
        let rings = matches!(message.kind, Kind::Call(CallEvent::Invite)).then_some(RINGS);
        let ttl = own.or(message.ttl).or(rings).unwrap_or(USUAL_TTL);
        check::ttl("ttl_ms", ttl)?;
        // "Now or never" has a field of its own, and is the only thing that 0 can mean.
        let kept = options.off_line.unwrap_or(!ttl.is_zero());
        let ttl = if ttl.is_zero() { USUAL_TTL } else { ttl };
        fields.set("off_line", Some(kept));
        fields.set("off_line_ttl", Some(whole_seconds(ttl)));
        let window = match (options.show_start_time, options.show_end_time) {
            (Some(start), Some(end)) => Some((start, end)),
            _ => self.not_before(ttl)?,
        };
        if let Some((start, end)) = window {
            fields.set("show_time_type", Some(1));
            fields.set("show_start_time", Some(start));
            fields.set("show_end_time", Some(end));
        }
        fields.set("time_zone", options.time_zone.as_deref());
        fields.set("show_ttl", options.show_ttl);
        Ok(())
    }

    /// From then on, and for as long as it is kept. What is due already is shown at once.
    fn not_before(&self, ttl: Duration) -> Result<Option<(u64, u64)>, Rejection> {
        let Some(start) = self.message.not_before.filter(|at| *at > self.now) else {
            return Ok(None);
        };
        if start > self.now + check::MAX_TTL {
            return Err(Rejection::new(
                ErrorKind::Unsupported,
                "`not_before_ms` is over 10 days ahead, and OPPO keeps a message no longer",
            ));
        }
        Ok(Some((start.as_millis(), (start + ttl).as_millis())))
    }

    fn class(&self, fields: &mut Fields, notes: &mut Notes) -> Result<(), Rejection> {
        let (message, options) = (self.message, self.options);
        let is_call = matches!(message.kind, Kind::Call(_));
        let ours = message.category.or(is_call.then_some(Category::Call));
        let theirs = options.category.or(ours.and_then(class::category));
        if ours.is_some() && theirs.is_none() {
            notes.dropped.push("category".to_owned());
        }
        let name = theirs.map(OppoCategory::name);
        check::of_class(options, name.and_then(class_of))?;
        fields.set("category", name);
        fields.number("notify_level", options.notify_level);
        let channel = options.channel_id.as_deref().or(message.channel.as_deref());
        fields.set("channel_id", channel);
        let template = options.private_msg_template_id.as_deref();
        fields.set("private_msg_template_id", template);
        let gaps = [
            (
                "private_title_parameters",
                &options.private_title_parameters,
            ),
            (
                "private_content_parameters",
                &options.private_content_parameters,
            ),
        ];
        for (name, values) in gaps {
            fields.set(
                name,
                values.as_ref().map(|values| serde_json::json!(values)),
            );
        }
        fields.set("auditResponse", options.audit_response.clone());
        Ok(())
    }

    fn delivery(&self, fields: &mut Fields) {
        let (message, options) = (self.message, self.options);
        let number = options.notify_id.unwrap_or_else(|| {
            let key = message.collapse_key.as_deref();
            key.map_or_else(|| ids::notify_id(message.id), ids::notify_id_of_key)
        });
        fields.set("notify_id", Some(number));
        fields.set("fix_speed", options.fix_speed);
        fields.set("fix_speed_rate", options.fix_speed_rate);
        fields.number("network_type", options.network_type);
        fields.set("call_back_url", options.call_back_url.as_deref());
        fields.set(
            "call_back_parameter",
            options.call_back_parameter.as_deref(),
        );
        fields.set("intelligent_intent", options.intelligent_intent.clone());
        fields.set("delete_intent_data", options.delete_intent_data.clone());
        fields.number("intent_env", options.intent_env);
    }
}

/// OPPO counts whole seconds: a part of one is one.
fn whole_seconds(ttl: Duration) -> u64 {
    ttl.as_secs() + u64::from(ttl.subsec_nanos() > 0)
}
