//! A notification → the form of a request, once for all of its targets.

use std::time::Duration;

use serde_json::{Map, Value};
use zpns_core::{
    CallEvent, Category, Kind, LimitPolicy, MessageId, Notes, Notification, Rejection,
};
use zpns_kit::merge_patch;
use zpns_kit::rules::invalid;

use super::click::unwritable;
use super::look::Object;
use super::{Options, Template, check, class, click, ids, look};

const MESSAGE: &str = "messageJson";
/// What is not part of a message: who sends it, to whom, and the proof of it.
const NOT_OURS: [&str; 4] = ["appId", "pushIds", "alias", "sign"];
/// The least that Meizu keeps a message for.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Encodes a notification for an app.
///
/// # Errors
/// What Meizu would refuse, by field; `payload_too_large` for a payload that does not fit.
pub(crate) fn encode(
    message: &Notification,
    limits: LimitPolicy,
    app_id: &str,
) -> Result<(Template, Notes), Rejection> {
    let options: Options = message
        .vendor
        .get()
        .map_err(|error| Rejection::new(error.kind(), error.reason()))?;
    check::options(&options)?;
    let mut notes = Notes::default();
    let push = Push {
        message,
        options: &options,
    };
    let mut form = push.form(limits, &mut notes)?;
    if let Some(patch) = message.vendor.raw(crate::VENDOR) {
        form = merged(form, patch)?;
    }
    let parameters = form.into_iter().map(|(name, value)| match value {
        Value::String(text) => Ok((name, text)),
        other => Ok((name, serde_json::to_string(&other).map_err(unwritable)?)),
    });
    let parameters: Vec<(String, String)> = parameters.collect::<Result<_, Rejection>>()?;
    Ok((Template::new(app_id, &parameters), notes))
}

/// With the raw merge applied to the parameters as they stand on the wire, the message among them
/// as JSON.
fn merged(form: Map<String, Value>, patch: &Value) -> Result<Map<String, Value>, Rejection> {
    const FIELD: &str = "vendor.meizu.raw";
    let is_given = |name: &&str| patch.get(*name).is_some();
    if let Some(name) = NOT_OURS.into_iter().find(is_given) {
        return Err(invalid(
            FIELD,
            format!("holds `{name}`, which is not part of a message"),
        ));
    }
    let mut document = Value::Object(form);
    merge_patch(&mut document, patch);
    match document {
        Value::Object(form) if form.get(MESSAGE).is_some_and(Value::is_object) => Ok(form),
        _ => Err(invalid(FIELD, "leaves no object `messageJson`")),
    }
}

/// One notification on its way into the form.
struct Push<'a> {
    message: &'a Notification,
    options: &'a Options,
}

impl Push<'_> {
    /// The parameters, but for those that are not part of a message.
    fn form(
        &self,
        limits: LimitPolicy,
        notes: &mut Notes,
    ) -> Result<Map<String, Value>, Rejection> {
        let mut form = Object::default();
        form.object(MESSAGE, self.json(limits, notes)?);
        let packages = self.options.restricted_package_names.as_ref();
        form.set(
            "restrictedPackageNames",
            packages.map(|packages| packages.join(",")),
        );
        Ok(form.0)
    }

    fn json(&self, limits: LimitPolicy, notes: &mut Notes) -> Result<Object, Rejection> {
        let mut json = Object::default();
        json.object("noticeBarInfo", self.bar(limits, notes)?);
        let expand = self.options.notice_expand_info.as_ref();
        json.object(
            "noticeExpandInfo",
            expand.map(look::expand).unwrap_or_default(),
        );
        let click = click::info(self.message, &self.options.click_type_info)?;
        json.object("clickTypeInfo", Object(click));
        json.object("pushTimeInfo", self.times()?);
        let advance = look::advance(&self.options.advance_info, &self.notify_key());
        json.object("advanceInfo", advance);
        let vip = self.options.vip_info.as_ref();
        json.object("vipInfo", vip.map(look::vip).unwrap_or_default());
        let extra = self.options.extra.as_ref();
        json.object("extra", extra.map(look::extra).unwrap_or_default());
        Ok(json)
    }

    fn bar(&self, limits: LimitPolicy, notes: &mut Notes) -> Result<Object, Rejection> {
        let options = &self.options.notice_bar_info;
        let is_call = matches!(self.message.kind, Kind::Call(_));
        let category = self.message.category.or(is_call.then_some(Category::Call));
        let class = options.notice_msg_type.or(category.and_then(class::class));
        let title = self.message.display_title();
        let (title, content) = check::texts(title, self.message.body.as_deref(), limits, notes)?;
        let mut bar = Object::default();
        bar.set("noticeMsgType", class.map(|class| class.wire()));
        let style = options.notice_bar_type.map(|style| style.wire());
        bar.set("noticeBarType", style);
        bar.set("title", Some(title));
        bar.set("content", Some(content));
        Ok(bar)
    }

    /// Meizu keeps a message for whole hours. "Now or never" has an order of its own, and an
    /// invitation to a call, which nobody wants to get late, has it too.
    fn times(&self) -> Result<Object, Rejection> {
        let options = &self.options.push_time_info;
        let ttl = self.message.ttl;
        let hours = ttl.map(check::valid_time).transpose()?;
        let rings = matches!(self.message.kind, Kind::Call(CallEvent::Invite))
            && ttl.is_none_or(|ttl| ttl < HOUR);
        let at_once = rings || ttl.is_some_and(|ttl| ttl.is_zero());
        let kept = options.off_line.or(at_once.then_some(false));
        let hours = options.valid_time.map(u64::from).or(hours);
        let mut times = Object::default();
        times.flag("offLine", kept);
        times.set("validTime", hours.filter(|_| kept != Some(false)));
        Ok(times)
    }

    fn notify_key(&self) -> String {
        if let Some(own) = &self.options.advance_info.notify_key {
            return own.clone();
        }
        let id: MessageId = self.message.id;
        let key = self.message.collapse_key.as_deref();
        key.map_or_else(|| ids::of_message(id), ids::of_collapse_key)
    }
}
