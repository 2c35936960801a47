//! The fields of a message, as the discovery document of `fcm.v1` names them.

use super::schema::Kind::{
    Bool, Duration, Enum, Int32, List, Object, Struct, Text, TextMap, Timestamp, Unit,
};
use super::schema::Schema;

/// The body of `messages:send`.
pub(super) const REQUEST: Schema = &[("message", Object(MESSAGE)), ("validate_only", Bool)];

const MESSAGE: Schema = &[
    ("name", Text),
    ("data", TextMap),
    (
        "notification",
        Object(&[("title", Text), ("body", Text), ("image", Text)]),
    ),
    ("android", Object(ANDROID)),
    ("android_v2", Object(ANDROID_V2)),
    ("apns", Object(APNS)),
    ("webpush", Object(WEBPUSH)),
    ("fcm_options", LABEL),
    ("fid", Text),
    ("token", Text),
    ("topic", Text),
    ("condition", Text),
];

const LABEL: super::schema::Kind = Object(&[("analytics_label", Text)]);

const ANDROID: Schema = &[
    ("collapse_key", Text),
    ("priority", Enum(&["NORMAL", "HIGH"], true)),
    ("ttl", Duration),
    ("restricted_package_name", Text),
    ("data", TextMap),
    ("notification", Object(NOTIFICATION)),
    ("fcm_options", LABEL),
    ("direct_boot_ok", Bool),
    ("bandwidth_constrained_ok", Bool),
    ("restricted_satellite_ok", Bool),
];

const ANDROID_V2: Schema = &[
    (
        "remote_notification",
        Object(&[
            ("notification", Object(NOTIFICATION_V2)),
            ("mutable_content", Bool),
            ("use_as_v1_data_message", Bool),
        ]),
    ),
    ("background_sync", Struct),
    ("collapse_key", Text),
    ("ttl", Duration),
    ("restricted_package_name", Text),
    ("data", TextMap),
    ("fcm_options", LABEL),
    ("direct_boot_ok", Bool),
    ("bandwidth_constrained_ok", Bool),
    ("restricted_satellite_ok", Bool),
];

const NOTIFICATION_PRIORITY: &[&str] = &[
    "PRIORITY_UNSPECIFIED",
    "PRIORITY_MIN",
    "PRIORITY_LOW",
    "PRIORITY_DEFAULT",
    "PRIORITY_HIGH",
    "PRIORITY_MAX",
];
const VISIBILITY: &[&str] = &["VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"];
const PROXY: &[&str] = &["PROXY_UNSPECIFIED", "ALLOW", "DENY", "IF_PRIORITY_LOWERED"];
const LIGHT: Schema = &[
    (
        "color",
        Object(&[
            ("red", Unit),
            ("green", Unit),
            ("blue", Unit),
            ("alpha", Unit),
        ]),
    ),
    ("light_on_duration", Duration),
    ("light_off_duration", Duration),
];

const NOTIFICATION: Schema = &[
    ("title", Text),
    ("body", Text),
    ("icon", Text),
    ("color", Text),
    ("sound", Text),
    ("tag", Text),
    ("click_action", Text),
    ("body_loc_key", Text),
    ("body_loc_args", List(&Text)),
    ("title_loc_key", Text),
    ("title_loc_args", List(&Text)),
    ("channel_id", Text),
    ("ticker", Text),
    ("sticky", Bool),
    ("event_time", Timestamp),
    ("local_only", Bool),
    ("notification_priority", Enum(NOTIFICATION_PRIORITY, false)),
    ("default_sound", Bool),
    ("default_vibrate_timings", Bool),
    ("vibrate_timings", List(&Duration)),
    ("default_light_settings", Bool),
    ("light_settings", Object(LIGHT)),
    ("visibility", Enum(VISIBILITY, false)),
    ("notification_count", Int32),
    ("image", Text),
    ("proxy", Enum(PROXY, false)),
    ("bypass_proxy_notification", Bool),
];

/// As the first version, without the proxy and with an id.
const NOTIFICATION_V2: Schema = &[
    ("id", Int32),
    ("title", Text),
    ("body", Text),
    ("icon", Text),
    ("color", Text),
    ("sound", Text),
    ("tag", Text),
    ("click_action", Text),
    ("body_loc_key", Text),
    ("body_loc_args", List(&Text)),
    ("title_loc_key", Text),
    ("title_loc_args", List(&Text)),
    ("channel_id", Text),
    ("ticker", Text),
    ("sticky", Bool),
    ("event_time", Timestamp),
    ("local_only", Bool),
    ("notification_priority", Enum(NOTIFICATION_PRIORITY, false)),
    ("default_sound", Bool),
    ("default_vibrate_timings", Bool),
    ("vibrate_timings", List(&Duration)),
    ("default_light_settings", Bool),
    ("light_settings", Object(LIGHT)),
    ("visibility", Enum(VISIBILITY, false)),
    ("notification_count", Int32),
    ("image", Text),
];

const APNS: Schema = &[
    ("headers", TextMap),
    ("payload", Struct),
    (
        "fcm_options",
        Object(&[("analytics_label", Text), ("image", Text)]),
    ),
    ("live_activity_token", Text),
];

const WEBPUSH: Schema = &[
    ("headers", TextMap),
    ("data", TextMap),
    ("notification", Struct),
    (
        "fcm_options",
        Object(&[("analytics_label", Text), ("link", Text)]),
    ),
];
