//! `extra.*`: what Xiaomi reads of it, and what the options put there.

use super::Options;
use super::form::Form;
use super::options::{Button, Callback, Style};

/// Keys that mean something to Xiaomi (`reference/xiaomi.md` §2.2).
#[rustfmt::skip]
pub(crate) const RESERVED: [&str; 28] = [
    "channel_id", "channel_name", "channel_description", "template_id", "template_param",
    "notify_effect", "intent_uri", "web_uri", "class_name", "intent_flag",
    "notify_foreground", "sound_uri", "ticker", "badge",
    "flow_control", "jobkey", "callback", "callback.param", "callback.type",
    "locale", "locale_not_in", "app_version", "app_version_not_in", "model", "model_not_in",
    "connpt", "only_send_once", "instant_notify",
];

/// Keys of the notification's style (`reference/xiaomi.md` §2.3).
const RESERVED_PREFIX: &str = "notification_";

/// Whether Xiaomi would take a pair of the app's for an order of its own.
pub(super) fn is_reserved(key: &str) -> bool {
    RESERVED.contains(&key) || key.starts_with(RESERVED_PREFIX) || key.starts_with("callback.")
}

/// Whom it may reach, and how it is sent.
pub(super) fn delivery(form: &mut Form, options: &Options) {
    form.extra("flow_control", options.flow_control);
    form.extra("only_send_once", options.only_send_once.map(flag));
    form.extra("instant_notify", options.instant_notify.map(flag));
    let lists = [
        ("locale", &options.locale),
        ("locale_not_in", &options.locale_not_in),
        ("app_version", &options.app_version),
        ("app_version_not_in", &options.app_version_not_in),
        ("model", &options.model),
        ("model_not_in", &options.model_not_in),
    ];
    for (key, members) in lists {
        form.extra(key, (!members.is_empty()).then(|| members.join(",")));
    }
    form.extra("connpt", options.connpt.map(|_| "wifi"));
    if let Some(callback) = &options.callback {
        receipts(form, callback);
    }
}

fn receipts(form: &mut Form, callback: &Callback) {
    form.extra("callback", Some(&callback.url));
    form.extra("callback.param", callback.param.as_ref());
    // A set of bits, in which none counts twice: 243, and never 246.
    let kinds = callback.kinds.iter();
    let bits = kinds.fold(0, |bits, kind| bits | kind.bit());
    form.extra("callback.type", (bits != 0).then_some(bits));
}

/// How it looks.
pub(super) fn appearance(form: &mut Form, options: &Options) {
    form.extra("channel_name", options.channel_name.as_ref());
    form.extra("channel_description", options.channel_description.as_ref());
    form.extra("notify_foreground", options.notify_foreground.map(flag));
    form.extra("ticker", options.ticker.as_ref());
    if let Some(style) = &options.style {
        self::style(form, style);
    }
}

fn style(form: &mut Form, style: &Style) {
    let kind = style.kind.map(|kind| kind.wire());
    form.extra("notification_style_type", kind);
    let pictures = [
        ("notification_large_icon_uri", &style.large_icon_uri),
        ("notification_bigPic_uri", &style.big_picture_uri),
        ("notification_small_icon_uri", &style.small_icon_uri),
        ("notification_small_icon_color", &style.small_icon_color),
    ];
    for (key, value) in pictures {
        form.extra(key, value.as_ref());
    }
    let buttons = [
        ("left", &style.left),
        ("mid", &style.mid),
        ("right", &style.right),
    ];
    for (place, button) in buttons {
        if let Some(button) = button {
            self::button(form, place, button);
        }
    }
}

fn button(form: &mut Form, place: &str, button: &Button) {
    let effect = button.notify_effect.map(|effect| effect.wire().to_owned());
    let values = [
        ("name", button.name.clone()),
        ("notify_effect", effect),
        ("intent_uri", button.intent_uri.clone()),
        ("intent_class", button.intent_class.clone()),
        ("web_uri", button.web_uri.clone()),
    ];
    for (key, value) in values {
        form.extra(
            &format!("notification_style_button_{place}_{key}"),
            value.as_ref(),
        );
    }
}

/// Xiaomi's booleans.
fn flag(yes: bool) -> &'static str {
    if yes { "1" } else { "0" }
}
