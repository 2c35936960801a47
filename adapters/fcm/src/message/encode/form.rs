//! What sort of message a kind of push becomes, and what it may hold.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;
use zpns_core::{
    Badge, CallEvent, ErrorKind, Kind, Notes, Notification, OnClick, Priority, Rejection, Sound,
    Timestamp,
};

use super::super::Options;
use super::super::check::{self, invalid};

/// How long a call rings unless the notification says so.
const RING_TIME: Duration = Duration::from_secs(60);
/// Bytes of an APNs collapse id at the most (`reference/apns.md` §2.1).
const APNS_COLLAPSE_ID: usize = 64;

/// What FCM makes of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// The system shows it.
    Shown,
    /// Only data: the app is woken, nothing is shown.
    Hidden,
    /// Goes to a live activity on an Apple device.
    LiveActivity,
}

/// A notification with what follows from its kind.
pub(super) struct Push<'a> {
    pub(super) message: &'a Notification,
    pub(super) form: Form,
    /// Title and body apart from the message, because they may be cut.
    pub(super) title: Option<Cow<'a, str>>,
    pub(super) body: Option<Cow<'a, str>>,
    /// The click action with its package filled in.
    pub(super) on_click: Cow<'a, OnClick>,
    pub(super) priority: Option<Priority>,
    pub(super) ttl: Option<Duration>,
    pub(super) now: Timestamp,
}

impl<'a> Push<'a> {
    pub(super) fn new(
        message: &'a Notification,
        options: &'a Options,
        now: Timestamp,
    ) -> Result<Self, Rejection> {
        let form = form(message, options)?;
        check_fields(message)?;
        let (priority, ttl) = match message.kind {
            // A call is urgent whatever the host says, and rings no longer than its ring time.
            Kind::Call(CallEvent::Invite) => {
                (Some(Priority::High), Some(message.ttl.unwrap_or(RING_TIME)))
            }
            Kind::Call(_) => (Some(Priority::High), message.ttl),
            // Not urgent unless the host says so: an unset priority would be FCM's own choice.
            Kind::Silent => (
                Some(message.priority.unwrap_or(Priority::Normal)),
                message.ttl,
            ),
            _ => (message.priority, message.ttl),
        };
        Ok(Self {
            message,
            form,
            title: message.display_title().map(Cow::Borrowed),
            body: message.body.as_deref().map(Cow::Borrowed),
            on_click: on_click(message, options)?,
            priority,
            ttl,
            now,
        })
    }

    /// What this form of message cannot make use of.
    pub(super) fn notes(&self, options: &Options) -> Notes {
        let message = self.message;
        let hidden = self.form != Form::Shown;
        let no_channel = hidden || options.android_v2.is_some();
        let rows = [
            ("category", hidden && message.category.is_some()),
            ("channel", no_channel && message.channel.is_some()),
            ("thread", hidden && message.thread.is_some()),
            // FCM overwrites this entry with its own (`reference/fcm.md` §2).
            (
                "data.collapse_key",
                message.data.contains_key("collapse_key"),
            ),
        ];
        let mut notes = Notes::default();
        let dropped = rows.into_iter().filter(|(_, dropped)| *dropped);
        notes
            .dropped
            .extend(dropped.map(|(name, _)| name.to_owned()));
        notes
    }
}

fn on_click<'a>(
    message: &'a Notification,
    options: &Options,
) -> Result<Cow<'a, OnClick>, Rejection> {
    let action = &message.on_click;
    let android = options.android.as_ref();
    match android.and_then(|android| android.restricted_package_name.as_deref()) {
        Some(package) => Ok(Cow::Owned(action.substituted(package))),
        None if *action == action.substituted("") => Ok(Cow::Borrowed(action)),
        None => Err(invalid(
            "on_click",
            "`${package}` needs vendor.fcm.android.restricted_package_name",
        )),
    }
}

fn form(message: &Notification, options: &Options) -> Result<Form, Rejection> {
    match &message.kind {
        Kind::Alert if has_text(message) || shows_something(options) => Ok(Form::Shown),
        Kind::Alert => Err(invalid(
            "body",
            "an alert needs a title, a body or their keys",
        )),
        Kind::Silent => refuse_visible(message, options).map(|()| Form::Hidden),
        Kind::Call(_) if has_text(message) || shows_something(options) => Ok(Form::Shown),
        // A cancelled call stops ringing; it has nothing to show of its own.
        Kind::Call(_) => Ok(Form::Hidden),
        Kind::LiveActivity => check_activity(options).map(|()| Form::LiveActivity),
        _ => Err(Rejection::new(
            ErrorKind::Unsupported,
            "FCM has no push of this kind",
        )),
    }
}

fn has_text(message: &Notification) -> bool {
    message.display_title().is_some()
        || message.body.is_some()
        || message.title_loc_key.is_some()
        || message.body_loc_key.is_some()
}

/// Whether the host's own options make any platform show something.
fn shows_something(options: &Options) -> bool {
    let android = options
        .android
        .as_ref()
        .is_some_and(|half| half.notification.is_some());
    let second = options
        .android_v2
        .as_ref()
        .is_some_and(|half| half.pointer("/remote_notification/notification").is_some());
    let apple = ["alert", "badge", "sound"]
        .iter()
        .any(|key| aps(options, key).is_some());
    let web = options
        .webpush
        .as_ref()
        .is_some_and(|half| half.notification.is_some());
    android || second || apple || web
}

/// One key of the host's own `aps`.
fn aps<'o>(options: &'o Options, key: &str) -> Option<&'o Value> {
    options
        .apns
        .as_ref()?
        .payload
        .as_ref()?
        .get("aps")?
        .get(key)
}

/// A silent push shows nothing on any platform (`reference/fcm.md` §6).
fn refuse_visible(message: &Notification, options: &Options) -> Result<(), Rejection> {
    let rows = [
        ("title", message.title.is_some()),
        ("subtitle", message.subtitle.is_some()),
        ("body", message.body.is_some()),
        ("image", message.image.is_some()),
        ("title_loc_key", message.title_loc_key.is_some()),
        ("subtitle_loc_key", message.subtitle_loc_key.is_some()),
        ("body_loc_key", message.body_loc_key.is_some()),
        (
            "sound",
            !matches!(message.sound, Sound::Default | Sound::None),
        ),
        ("badge", message.badge != Badge::Unchanged),
        ("vendor.fcm", shows_something(options)),
    ];
    match rows.into_iter().find(|(_, visible)| *visible) {
        Some((field, _)) => Err(invalid(field, "a silent push shows nothing")),
        None => Ok(()),
    }
}

/// What ActivityKit cannot do without (`reference/apns.md` §2.5).
fn check_activity(options: &Options) -> Result<(), Rejection> {
    let apns = options.apns.as_ref();
    if apns.is_none_or(|apns| apns.live_activity_token.is_none()) {
        return Err(invalid(
            "vendor.fcm.apns.live_activity_token",
            "a live activity needs it",
        ));
    }
    let event = aps(options, "event").and_then(Value::as_str);
    if !matches!(event, Some("start" | "update" | "end")) {
        return Err(invalid(
            "vendor.fcm.apns.payload.aps.event",
            "is not start, update or end",
        ));
    }
    if !aps(options, "content-state").is_some_and(Value::is_object) {
        return Err(invalid(
            "vendor.fcm.apns.payload.aps.content-state",
            "is not an object",
        ));
    }
    Ok(())
}

fn check_fields(message: &Notification) -> Result<(), Rejection> {
    if let Some(ttl) = message.ttl {
        check::ttl("ttl_ms", ttl)?;
    }
    check::data("data", Some(&message.data))?;
    let loc_args = [
        (
            "title_loc_args",
            &message.title_loc_args,
            &message.title_loc_key,
        ),
        (
            "subtitle_loc_args",
            &message.subtitle_loc_args,
            &message.subtitle_loc_key,
        ),
        (
            "body_loc_args",
            &message.body_loc_args,
            &message.body_loc_key,
        ),
    ];
    for (field, args, key) in loc_args {
        if !args.is_empty() && key.is_none() {
            return Err(invalid(field, "needs the key beside it"));
        }
    }
    if message
        .image
        .as_ref()
        .is_some_and(|image| !image.starts_with("https://"))
    {
        return Err(invalid("image", "is not an https URL"));
    }
    if message
        .collapse_key
        .as_ref()
        .is_some_and(|key| key.len() > APNS_COLLAPSE_ID)
    {
        return Err(invalid(
            "collapse_key",
            "is over 64 bytes, the limit on Apple devices",
        ));
    }
    if message
        .collapse_key
        .as_ref()
        .is_some_and(|key| !is_header_text(key))
    {
        return Err(invalid(
            "collapse_key",
            "holds what cannot stand in a header on Apple devices",
        ));
    }
    match (&message.sound, message.badge) {
        (Sound::Critical { volume, .. }, _) if !(0.0..=1.0).contains(volume) => {
            Err(invalid("sound", "the volume is not from 0.0 to 1.0"))
        }
        (_, Badge::Set(number)) if i32::try_from(number).is_err() => {
            Err(invalid("badge", "is over 2147483647"))
        }
        _ => Ok(()),
    }
}

fn is_header_text(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}
