//! A notification → the form of a request, once for all of its targets.

use std::borrow::Cow;
use std::time::Duration;

use zpns_core::{
    Badge, CallEvent, Category, ErrorKind, Kind, LimitPolicy, Notes, Notification, OnClick,
    Rejection, Sound, Timestamp,
};

use super::check::{self, invalid};
use super::click::Click;
use super::form::{Form, Template};
use super::{Options, class, extras, ids};

/// How long a call rings whose invitation does not say so.
const RINGS: Duration = Duration::from_secs(60);

/// The app's own pair that tells what became of a call.
const CALL: &str = "call";

/// Sound off, vibration (2) and light (4) left on.
const WITHOUT_SOUND: i32 = 6;

/// A notification as Xiaomi takes it, but for its targets.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) template: Template,
}

/// Encodes a notification for an app at this time.
///
/// # Errors
/// What Xiaomi would refuse, by field; `payload_too_large` for a payload that does not fit.
pub(crate) fn encode(
    message: &Notification,
    limits: LimitPolicy,
    package: &str,
    now: Timestamp,
) -> Result<(Encoded, Notes), Rejection> {
    let options = options_of(message)?;
    check::options(&options, now)?;
    let push = Push {
        message,
        options: &options,
        package,
        now,
    };
    let mut notes = Notes::default();
    let mut form = push.form(limits, &mut notes)?;
    if let Some(patch) = message.vendor.raw(crate::VENDOR) {
        form = form.merged(patch)?;
    }
    let template = form.template();
    Ok((Encoded { template }, notes))
}

fn options_of(message: &Notification) -> Result<Options, Rejection> {
    let options = message.vendor.get();
    options.map_err(|error| Rejection::new(error.kind(), error.reason()))
}

/// `notify_id` of a notification: what a recall names, and what a later one replaces.
///
/// # Errors
/// Options that cannot be read.
pub(crate) fn number_of(message: &Notification) -> Result<u32, Rejection> {
    Ok(number(message, &options_of(message)?))
}

fn number(message: &Notification, options: &Options) -> u32 {
    options.notify_id.unwrap_or_else(|| {
        let key = message.collapse_key.as_deref();
        key.map_or_else(|| ids::notify_id(message.id), ids::notify_id_of_key)
    })
}

/// One notification on its way into the form.
struct Push<'a> {
    message: &'a Notification,
    options: &'a Options,
    package: &'a str,
    now: Timestamp,
}

impl Push<'_> {
    fn form(&self, limits: LimitPolicy, notes: &mut Notes) -> Result<Form, Rejection> {
        let mut form = Form::default();
        let packages = self.options.restricted_package_name.as_ref();
        let packages = packages.map_or_else(|| self.package.to_owned(), |all| all.join(","));
        form.set("restricted_package_name", Some(packages));
        let payload = self.message.payload.as_deref().unwrap_or_default();
        check::payload(payload)?;
        if self.is_shown() {
            // Xiaomi marks `payload` as required, so that it is there even if it says nothing.
            form.set("payload", Some(payload));
            self.notification(&mut form, limits, notes)?;
        } else {
            self.check_silence()?;
            form.set("payload", Some(payload));
            form.set("pass_through", Some(1));
        }
        self.times(&mut form)?;
        let jobkey = self.options.jobkey.clone();
        let jobkey = jobkey.unwrap_or_else(|| ids::jobkey(self.message.id));
        form.extra("jobkey", Some(jobkey));
        self.channel(&mut form);
        extras::delivery(&mut form, self.options);
        self.data(&mut form)?;
        Ok(form)
    }

    /// A call without a text only tells the app.
    fn is_shown(&self) -> bool {
        match self.message.kind {
            Kind::Silent => false,
            Kind::Call(_) => self.message.display_title().is_some() || self.message.body.is_some(),
            _ => true,
        }
    }

    fn notification(
        &self,
        form: &mut Form,
        limits: LimitPolicy,
        notes: &mut Notes,
    ) -> Result<(), Rejection> {
        let message = self.message;
        let (title, body) = (message.display_title(), message.body.as_deref());
        let (title, description) = check::texts(title, body, limits, notes)?;
        form.set("title", Some(title));
        form.set("description", Some(description));
        let silenced = (message.sound == Sound::None).then_some(WITHOUT_SOUND);
        form.set("notify_type", self.options.notify_type.or(silenced));
        form.set("notify_id", Some(number(message, self.options)));
        let click = Click::new(&message.on_click, self.options, self.package)?;
        form.extra("notify_effect", Some(click.effect.wire()));
        for (key, value) in click.extras {
            form.extra(key, Some(value));
        }
        form.extra("sound_uri", self.sound(notes)?);
        form.extra("badge", self.badge()?);
        extras::appearance(form, self.options);
        Ok(())
    }

    /// A file of the app's `res/raw`, which has no ending there.
    fn sound(&self, notes: &mut Notes) -> Result<Option<Cow<'_, str>>, Rejection> {
        if let Some(uri) = &self.options.sound_uri {
            return Ok(Some(uri.as_str().into()));
        }
        let name = match &self.message.sound {
            Sound::Named(name) => name,
            Sound::Critical { name, .. } => {
                // It sounds as the channel allows, and not louder.
                notes.dropped.push("sound".to_owned());
                match name.as_str() {
                    "default" => return Ok(None),
                    _ => name,
                }
            }
            _ => return Ok(None),
        };
        if name.contains("://") {
            return Ok(Some(name.as_str().into()));
        }
        let stem = name
            .rsplit_once('.')
            .map_or(name.as_str(), |(stem, _)| stem);
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        if stem.is_empty() || !stem.bytes().all(legal) {
            return Err(invalid("sound", "is not the name of a file in `res/raw`"));
        }
        let uri = format!("android.resource://{}/raw/{stem}", self.package);
        Ok(Some(uri.into()))
    }

    fn badge(&self) -> Result<Option<u32>, Rejection> {
        let said = match self.message.badge {
            Badge::Set(number) => Some(number),
            Badge::Clear => Some(0),
            _ => None,
        };
        check::number("badge", said.unwrap_or_default())?;
        Ok(self.options.badge.or(said))
    }

    /// A pass-through shows nothing: what would be shown contradicts it.
    fn check_silence(&self) -> Result<(), Rejection> {
        let message = self.message;
        let options = self.options;
        let rows = [
            ("title", message.display_title().is_some()),
            ("body", message.body.is_some()),
            (
                "sound",
                !matches!(message.sound, Sound::Default | Sound::None),
            ),
            ("badge", message.badge != Badge::Unchanged),
            ("on_click", message.on_click != OnClick::OpenApp),
            (
                "vendor.xiaomi",
                options.notify_effect.is_some()
                    || options.intent_uri.is_some()
                    || options.web_uri.is_some()
                    || options.class_name.is_some()
                    || options.notify_type.is_some()
                    || options.notify_id.is_some()
                    || options.sound_uri.is_some()
                    || options.ticker.is_some()
                    || options.badge.is_some()
                    || options.style.is_some(),
            ),
        ];
        match rows.into_iter().find(|(_, shown)| *shown) {
            Some((field, _)) => Err(invalid(field, "would be shown, and a silent push is not")),
            None => Ok(()),
        }
    }

    fn times(&self, form: &mut Form) -> Result<(), Rejection> {
        let message = self.message;
        let own = self.options.time_to_live.map(Duration::from_millis);
        let rings = matches!(message.kind, Kind::Call(CallEvent::Invite)).then_some(RINGS);
        let ttl = own.or(message.ttl).or(rings);
        if let Some(ttl) = ttl {
            check::ttl("ttl_ms", ttl)?;
        }
        form.set("time_to_live", ttl.map(|ttl| ttl.as_millis()));
        // "Now or never" has an order of its own.
        if ttl.is_some_and(|ttl| ttl.is_zero()) && self.options.only_send_once.is_none() {
            form.extra("only_send_once", Some("1"));
        }
        let own = self.options.time_to_send.map(Timestamp::from_millis);
        // What is due already is sent at once.
        let later = own.or(message.not_before).filter(|at| *at > self.now);
        if let Some(at) = later {
            check::time_to_send("not_before_ms", at, self.now)?;
        }
        form.set("time_to_send", later.map(Timestamp::as_millis));
        form.set("collapse_key", self.options.collapse_key.as_ref());
        Ok(())
    }

    fn channel(&self, form: &mut Form) {
        let is_call = matches!(self.message.kind, Kind::Call(_));
        let category = self.message.category.or(is_call.then_some(Category::Call));
        let channel = class::channel(self.message, category, self.options);
        form.extra("channel_id", channel);
        if let Some(template) = &self.options.template_id {
            form.extra("template_id", Some(template));
            // A template without variables wants an empty object.
            let variables = self.options.template_param.iter().flatten();
            let variables = variables.map(|(name, value)| (name.clone(), value.as_str().into()));
            let variables = serde_json::Value::Object(variables.collect());
            form.extra("template_param", Some(variables));
        }
    }

    fn data(&self, form: &mut Form) -> Result<(), Rejection> {
        let mut data = Cow::Borrowed(&self.message.data);
        if let Kind::Call(event) = self.message.kind
            && data
                .to_mut()
                .insert(CALL.to_owned(), name_of(event)?)
                .is_some()
        {
            return Err(invalid(
                "data",
                "`call` is taken by what became of the call",
            ));
        }
        check::data(&data)?;
        for (key, value) in data.iter() {
            form.extra(key, Some(value));
        }
        Ok(())
    }
}

/// `invite`, `cancel`, …: as in the message's JSON.
fn name_of(event: CallEvent) -> Result<String, Rejection> {
    match serde_json::to_value(event) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        _ => Err(Rejection::new(
            ErrorKind::Unsupported,
            "this event of a call has no name",
        )),
    }
}
