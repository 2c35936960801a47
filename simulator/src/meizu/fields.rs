//! The fields of a message, and what each of them may hold by itself.

use serde_json::{Map, Value};

use super::error::{MeizuError, error};

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Is {
    Text,
    /// So many characters.
    Characters(usize, usize),
    /// So many bytes at the most.
    Bytes(usize),
    /// 0 or 1; true and false are as good, for the vendor's SDK sends those.
    Flag,
    /// A whole number from here to there.
    Within(i64, i64),
    /// One of these numbers.
    OneOf(&'static [i64]),
    /// One of these words.
    Word(&'static [&'static str]),
    /// What a function of the text accepts.
    Form(fn(&str) -> bool),
    /// A number, or its text, from 1 to 3.
    Receipt,
    Object(Schema),
    /// Any JSON object.
    Struct,
}

/// Field names, and what they hold.
pub(super) type Schema = &'static [(&'static str, Is)];

/// A notification to devices or aliases.
pub(super) const NOTIFICATION: Schema = &[
    ("noticeBarInfo", Is::Object(BAR)),
    ("noticeExpandInfo", Is::Object(EXPANDED)),
    ("clickTypeInfo", Is::Object(CLICK)),
    ("pushTimeInfo", Is::Object(TIME)),
    ("advanceInfo", Is::Object(ADVANCED)),
    ("vipInfo", Is::Object(VIP)),
    ("extra", Is::Object(EXTRA)),
];

/// A pass-through message.
pub(super) const PASS_THROUGH: Schema = &[
    ("title", Is::Characters(1, 32)),
    ("content", Is::Bytes(2000)),
    ("pushTimeInfo", Is::Object(TIME)),
    ("advanceInfo", Is::Object(SPEED)),
];

const BAR: Schema = &[
    ("noticeMsgType", Is::OneOf(&[0, 1])),
    // 1 was switched off.
    ("noticeBarType", Is::OneOf(&[0, 2])),
    ("title", Is::Characters(1, 32)),
    ("content", Is::Characters(1, 100)),
    ("noticeBarImgUrl", Is::Text),
];

const EXPANDED: Schema = &[
    ("noticeExpandType", Is::OneOf(&[0, 1, 2])),
    ("noticeExpandContent", Is::Text),
    ("noticeExpandImgUrl", Is::Form(is_web)),
];

const CLICK: Schema = &[
    // 3 was stopped.
    ("clickType", Is::OneOf(&[0, 1, 2])),
    ("url", Is::Form(is_click_uri)),
    ("parameters", Is::Struct),
    ("activity", Is::Form(is_activity)),
    ("customAttribute", Is::Bytes(1000)),
];

/// Scheduling is for whole apps and tags.
const TIME: Schema = &[("offLine", Is::Flag), ("validTime", Is::Within(1, 72))];

const SPEED: Schema = &[
    ("fixSpeed", Is::Flag),
    ("fixSpeedRate", Is::Within(0, i32::MAX as i64)),
];

const ADVANCED: Schema = &[
    ("suspend", Is::Flag),
    ("clearNoticeBar", Is::Flag),
    ("fixDisplay", Is::Flag),
    ("fixStartDisplayTime", Is::Form(is_time)),
    ("fixEndDisplayTime", Is::Form(is_time)),
    ("fixSpeed", Is::Flag),
    ("fixSpeedRate", Is::Within(0, i32::MAX as i64)),
    (
        "notificationType",
        Is::Object(&[
            ("vibrate", Is::Flag),
            ("lights", Is::Flag),
            ("sound", Is::Flag),
        ]),
    ),
    ("notifyKey", Is::Form(is_notify_key)),
];

const VIP: Schema = &[
    ("subtitle", Is::Characters(0, 16)),
    ("pullDownTop", Is::Flag),
    ("timeTop", Is::Within(1800, 7200)),
    ("notGroup", Is::Flag),
    ("titleColor", Is::Word(&["#206CFF", "#E42D22"])),
    ("backgroundImgUrl", Is::Form(is_web)),
    ("smallIconUrl", Is::Form(is_web)),
    ("bigIconUrl", Is::Form(is_web)),
];

const EXTRA: Schema = &[
    ("callback", Is::Form(is_callback)),
    ("callback.param", Is::Bytes(64)),
    ("callback.type", Is::Receipt),
];

/// An object of this schema. A name that is not in it is refused.
pub(super) fn check<'a>(
    value: &'a Value,
    schema: Schema,
    path: &str,
) -> Result<&'a Map<String, Value>, MeizuError> {
    let wrong = |why: String| error("1005", format!("{path} {why}"));
    let object = value.as_object();
    let object = object.ok_or_else(|| wrong("is not an object".to_owned()))?;
    for (name, value) in object {
        let row = schema.iter().find(|(known, _)| known == name);
        let (_, is) = row.ok_or_else(|| wrong(format!("has no field {name}")))?;
        if let Is::Object(schema) = is {
            check(value, schema, name)?;
        } else if !holds(value, *is) {
            return Err(wrong(format!("holds {name} {value}")));
        }
    }
    Ok(object)
}

fn holds(value: &Value, is: Is) -> bool {
    let text = value.as_str();
    let number = value.as_i64();
    match is {
        Is::Text => text.is_some(),
        Is::Characters(least, most) => {
            text.is_some_and(|text| (least..=most).contains(&text.chars().count()))
        }
        Is::Bytes(most) => text.is_some_and(|text| text.len() <= most),
        Is::Flag => value.is_boolean() || number.is_some_and(|number| [0, 1].contains(&number)),
        Is::Within(least, most) => number.is_some_and(|number| (least..=most).contains(&number)),
        Is::OneOf(numbers) => number.is_some_and(|number| numbers.contains(&number)),
        Is::Word(words) => text.is_some_and(|text| words.contains(&text)),
        Is::Form(accepts) => text.is_some_and(accepts),
        Is::Receipt => {
            let number = number.or_else(|| text?.parse().ok());
            number.is_some_and(|number| (1..=3).contains(&number))
        }
        Is::Object(_) | Is::Struct => value.is_object(),
    }
}

fn is_web(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| ["http", "https"].contains(&url.scheme()))
}

fn is_callback(text: &str) -> bool {
    text.len() <= 128 && is_web(text)
}

fn is_click_uri(text: &str) -> bool {
    text.len() <= 1000 && url::Url::parse(text).is_ok()
}

/// The full name of a class, package included.
fn is_activity(text: &str) -> bool {
    let is_word = |word: &str| {
        let first = word.chars().next();
        first.is_some_and(|first| !first.is_numeric())
            && word
                .chars()
                .all(|letter| letter.is_alphanumeric() || "_$".contains(letter))
    };
    text.len() <= 1000 && text.contains('.') && text.split('.').all(is_word)
}

fn is_notify_key(text: &str) -> bool {
    (1..=8).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// `yyyy-MM-dd HH:mm:ss`.
fn is_time(text: &str) -> bool {
    const PATTERN: &[u8] = b"0000-00-00 00:00:00";
    text.len() == PATTERN.len()
        && text
            .bytes()
            .zip(PATTERN)
            .all(|(byte, pattern)| match pattern {
                b'0' => byte.is_ascii_digit(),
                other => byte == *other,
            })
}
