//! The fields of the v1/v2 message.

use super::schema::Kind::{
    Bool, Coded, Form, Https, Int, List, Object, OneOf, Short, Struct, Table, Text, Unit, Word,
};
use super::schema::Schema;

const INT32: i64 = i32::MAX as i64;
const ANY: usize = usize::MAX;

/// The body of `messages:send`.
pub(super) const REQUEST: Schema = &[
    ("validate_only", Bool),
    ("review", List(&Object(REVIEW), ANY)),
    ("message", Object(MESSAGE)),
];

const REVIEW: Schema = &[
    ("reviewer", Text),
    ("type", Int(0, INT32)),
    ("result", Struct),
];

pub(super) const MESSAGE: Schema = &[
    ("data", Text),
    (
        "notification",
        Object(&[("title", Text), ("body", Text), ("image", Https)]),
    ),
    ("android", Object(ANDROID)),
    ("apns", Object(APNS)),
    ("webpush", Object(WEBPUSH)),
    ("token", List(&Text, ANY)),
    ("topic", Text),
    ("condition", Text),
];

const ANDROID: Schema = &[
    ("collapse_key", Coded(-1, 100, "80100013")),
    ("urgency", Word(&["HIGH", "NORMAL"])),
    ("category", Word(CATEGORIES)),
    ("ttl", Form(is_ttl)),
    ("bi_tag", Text),
    ("receipt_id", Text),
    ("fast_app_target", OneOf(&[1, 2])),
    ("target_user_type", OneOf(&[0, 1])),
    ("data", Text),
    ("notification", Object(NOTIFICATION)),
];

const CATEGORIES: &[&str] = &[
    "IM",
    "VOIP",
    "SUBSCRIPTION",
    "TRAVEL",
    "HEALTH",
    "WORK",
    "ACCOUNT",
    "EXPRESS",
    "FINANCE",
    "DEVICE_REMINDER",
    "MAIL",
    "PLAY_VOICE",
    "SYSTEM_REMINDER",
    "MARKETING",
];

const NOTIFICATION: Schema = &[
    ("title", Text),
    ("body", Text),
    ("click_action", Object(CLICK_ACTION)),
    ("icon", Text),
    ("color", Form(is_colour)),
    ("image", Https),
    ("sound", Text),
    ("default_sound", Bool),
    ("importance", Word(&["LOW", "NORMAL", "HIGH"])),
    ("channel_id", Text),
    ("style", OneOf(&[0, 1, 3])),
    ("big_title", Text),
    ("big_body", Text),
    ("inbox_content", List(&Short(1024), 5)),
    ("auto_clear", Int(1, INT32)),
    ("notify_id", Int(-1, INT32)),
    ("tag", Text),
    ("group", Text),
    (
        "badge",
        Object(&[
            ("add_num", Int(1, 99)),
            ("set_num", Int(0, 99)),
            ("class", Text),
        ]),
    ),
    ("notify_summary", Text),
    ("ticker", Text),
    ("auto_cancel", Bool),
    ("when", Form(is_utc)),
    ("use_default_vibrate", Bool),
    ("use_default_light", Bool),
    ("vibrate_config", List(&Form(is_vibration), 10)),
    (
        "light_settings",
        Object(&[
            (
                "color",
                Object(&[
                    ("alpha", Unit),
                    ("red", Unit),
                    ("green", Unit),
                    ("blue", Unit),
                ]),
            ),
            ("light_on_duration", Form(is_seconds)),
            ("light_off_duration", Form(is_seconds)),
        ]),
    ),
    (
        "visibility",
        Word(&["VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"]),
    ),
    ("foreground_show", Bool),
    ("profile_id", Short(64)),
    ("title_loc_key", Text),
    ("title_loc_args", List(&Text, ANY)),
    ("body_loc_key", Text),
    ("body_loc_args", List(&Text, ANY)),
    ("multi_lang_key", Table(&Table(&Text, 3), ANY)),
    ("buttons", List(&Object(BUTTON), 3)),
    ("local_only", Bool),
];

const CLICK_ACTION: Schema = &[
    ("type", OneOf(&[1, 2, 3, 4])),
    ("intent", Text),
    ("action", Text),
    ("url", Https),
    ("rich_resource", Https),
];

const BUTTON: Schema = &[
    ("name", Short(40)),
    ("action_type", OneOf(&[0, 1, 2, 3, 4])),
    ("intent_type", OneOf(&[0, 1])),
    ("intent", Text),
    ("data", Short(1024)),
];

const APNS: Schema = &[
    ("headers", Struct),
    ("payload", Struct),
    (
        "hms_options",
        Object(&[("target_user_type", OneOf(&[1, 2, 3]))]),
    ),
];

const WEBPUSH: Schema = &[
    (
        "headers",
        Object(&[
            ("ttl", Form(is_seconds)),
            ("topic", Text),
            ("urgency", Word(&["very-low", "low", "normal", "high"])),
        ]),
    ),
    ("notification", Struct),
    ("hms_options", Object(&[("link", Https)])),
];

/// Fifteen days.
const MAX_TTL: f64 = 1_296_000.0;

/// `86400s`, `86400` or `3.5s`.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let number = text.strip_suffix(['s', 'S']).unwrap_or(text);
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 9 {
        return None;
    }
    number.parse().ok()
}

fn is_seconds(text: &str) -> bool {
    seconds(text).is_some()
}

fn is_ttl(text: &str) -> bool {
    seconds(text).is_some_and(|seconds| seconds <= MAX_TTL)
}

fn is_vibration(text: &str) -> bool {
    seconds(text).is_some_and(|seconds| seconds > 0.0 && seconds <= 60.0)
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_utc(text: &str) -> bool {
    text.ends_with('Z') && text.len() >= 20 && text.as_bytes().get(10) == Some(&b'T')
}
