//! The fields of the v3 message, per push type.

use crate::huawei::schema::Kind::{
    Bool, Form, Https, Int, List, Object, OneOf, Short, Struct, Text, Word,
};
use crate::huawei::schema::Schema;

const INT32: i64 = i32::MAX as i64;
const ANY: usize = usize::MAX;

/// A push type: its number, the schema of its payload, what that needs, and tokens of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct PushType {
    pub(super) number: &'static str,
    pub(super) payload: Schema,
    pub(super) needs: &'static [&'static str],
    pub(super) tokens: usize,
}

#[rustfmt::skip]
pub(super) const PUSH_TYPES: &[PushType] = &[
    PushType { number: "0", payload: ALERT, needs: &["notification"], tokens: 1_000 },
    PushType { number: "1", payload: FORM, needs: &["formId", "version", "moduleName", "formName", "abilityName", "formData"], tokens: 1 },
    PushType { number: "2", payload: EXTENSION, needs: &["notification", "extraData"], tokens: 1_000 },
    PushType { number: "6", payload: BACKGROUND, needs: &["extraData"], tokens: 1_000 },
    PushType { number: "7", payload: LIVE_VIEW, needs: &["activityId", "operation", "event", "activityData"], tokens: 1_000 },
    PushType { number: "10", payload: VOIP, needs: &["extraData"], tokens: 1_000 },
];

pub(super) const PUSH_OPTIONS: Schema = &[
    ("testMessage", Bool),
    ("ttl", Int(1, 1_296_000)),
    ("biTag", Form(is_tag)),
    ("receiptId", Text),
    ("collapseKey", Int(-1, 100)),
    ("backgroundMode", OneOf(&[0, 1])),
];

pub(super) const TARGET: Schema = &[("token", List(&Text, ANY))];

const ALERT: Schema = &[("notification", Object(NOTIFICATION))];
const EXTENSION: Schema = &[("notification", Object(NOTIFICATION)), ("extraData", Text)];
const BACKGROUND: Schema = &[("extraData", Text), ("proxyData", Word(&["ENABLE"]))];
const VOIP: Schema = &[("extraData", Text)];

const NOTIFICATION: Schema = &[
    ("category", Word(CATEGORIES)),
    ("title", Text),
    ("body", Text),
    (
        "clickAction",
        Object(&[
            ("actionType", OneOf(&[0, 1])),
            ("action", Text),
            ("uri", Text),
            ("data", Struct),
        ]),
    ),
    ("image", Https),
    ("style", OneOf(&[0, 1, 3])),
    ("bigTitle", Text),
    ("bigBody", Text),
    ("inboxContent", List(&Short(1024), 3)),
    ("notifyId", Int(-1, INT32)),
    ("appMessageId", Form(is_message_id)),
    ("profileId", Short(64)),
    (
        "badge",
        Object(&[("addNum", Int(1, 99)), ("setNum", Int(0, 99))]),
    ),
    ("sound", Text),
    ("soundDuration", Int(1, 60)),
    ("foregroundShow", Bool),
];

const CATEGORIES: &[&str] = &[
    "IM",
    "VOIP",
    "MISS_CALL",
    "SUBSCRIPTION",
    "TRAVEL",
    "HEALTH",
    "WORK",
    "ACCOUNT",
    "EXPRESS",
    "FINANCE",
    "DEVICE_REMINDER",
    "MAIL",
    "MARKETING",
    "PLAY_VOICE",
];

const FORM: Schema = &[
    ("formId", Int(i64::MIN, i64::MAX)),
    ("version", Int(0, i64::MAX)),
    ("moduleName", Text),
    ("formName", Text),
    ("abilityName", Text),
    ("formData", Struct),
    (
        "images",
        List(
            &Object(&[
                ("keyName", Text),
                ("url", Https),
                ("require", OneOf(&[0, 1])),
            ]),
            1,
        ),
    ),
];

const LIVE_VIEW: Schema = &[
    ("activityId", Int(i32::MIN as i64, INT32)),
    ("operation", OneOf(&[0, 1, 2])),
    ("event", Word(EVENTS)),
    ("status", Text),
    ("title", Text),
    ("content", Text),
    ("mute", Bool),
    ("version", Int(0, i64::MAX)),
    ("activityData", Struct),
];

const EVENTS: &[&str] = &[
    "TAXI",
    "DELIVERY",
    "FLIGHT",
    "TRAIN",
    "QUEUE",
    "PICK_UP",
    "SCORE",
    "RENT",
    "TIMER",
    "WORKOUT",
    "NAVIGATION",
];
/// Those that a push may create.
pub(super) const CREATABLE: &[&str] = &["FLIGHT", "TAXI", "TRAIN"];

fn is_tag(text: &str) -> bool {
    text.len() <= 64
}

fn is_message_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_ ".contains(&byte))
}
