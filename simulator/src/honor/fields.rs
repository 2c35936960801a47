//! The fields of a message. Names that clients in the wild send but no copy of the page has
//! (`channelId`, `category`, `sound` …) are unknown here.

use super::schema::Kind::{Filled, Form, Https, Int, List, Object, OneOf, Short, Text, Word};
use super::schema::Schema;

const INT32: i64 = i32::MAX as i64;
const ANY: usize = usize::MAX;

/// The body of `sendMessage`.
pub(super) const REQUEST: Schema = &[
    ("data", Text),
    (
        "notification",
        Object(&[("title", Filled), ("body", Filled), ("image", Https)]),
    ),
    ("android", Object(ANDROID)),
    ("token", List(&Text, ANY)),
];

const ANDROID: Schema = &[
    ("ttl", Form(is_ttl)),
    ("biTag", Text),
    ("data", Text),
    ("targetUserType", OneOf(&[0, 1])),
    ("notification", Object(NOTIFICATION)),
];

const NOTIFICATION: Schema = &[
    ("title", Filled),
    ("body", Filled),
    ("clickAction", Object(CLICK_ACTION)),
    ("importance", Word(&["LOW", "NORMAL"])),
    ("image", Https),
    ("style", OneOf(&[0, 1])),
    ("bigTitle", Filled),
    ("bigBody", Filled),
    ("when", Form(is_utc)),
    ("buttons", List(&Object(BUTTON), 3)),
    ("badge", Object(BADGE)),
    ("notifyId", Int(-1, INT32)),
    ("tag", Filled),
    ("group", Filled),
];

const CLICK_ACTION: Schema = &[
    ("type", OneOf(&[1, 2, 3])),
    ("intent", Filled),
    ("action", Filled),
    ("url", Https),
];

const BUTTON: Schema = &[
    ("name", Short(40)),
    ("actionType", OneOf(&[0, 1, 2])),
    ("intentType", OneOf(&[0, 1])),
    ("intent", Filled),
    ("data", Short(1024)),
];

const BADGE: Schema = &[
    ("addNum", Int(1, 99)),
    ("setNum", Int(0, 99)),
    ("badgeClass", Filled),
];

/// Fifteen days.
const MAX_TTL: u64 = 1_296_000;

/// `86400s`, and nothing but that.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let digits = text.strip_suffix('s')?;
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| digits.parse().ok()).flatten()
}

fn is_ttl(text: &str) -> bool {
    seconds(text).is_some_and(|seconds| seconds <= MAX_TTL)
}

/// `2014-10-02T15:01:23.045123456Z`.
fn is_utc(text: &str) -> bool {
    const MODEL: &[u8] = b"0000-00-00T00:00:00";
    let Some(text) = text.strip_suffix('Z') else {
        return false;
    };
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let fits = |(byte, model): (u8, &u8)| match model {
        b'0' => byte.is_ascii_digit(),
        sign => byte == *sign,
    };
    whole.len() == MODEL.len()
        && whole.bytes().zip(MODEL).all(fits)
        && (1..=9).contains(&decimals.len())
        && decimals.bytes().all(|byte| byte.is_ascii_digit())
}
