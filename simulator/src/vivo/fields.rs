//! The fields of every body, and what each of them may hold by itself.

use http::StatusCode;
use serde_json::{Map, Value};

use super::error::{VivoError, error, http, malformed};
use crate::call::Call;

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Is {
    Text,
    /// So many characters at the most.
    Short(usize),
    /// A text that is not blank, of so many characters at the most, and the codes of one that is
    /// blank and of one that is too long.
    Filled(usize, i64, i64),
    Bool,
    /// A whole number from here to there.
    Within(i64, i64),
    /// One of these numbers.
    OneOf(&'static [i64]),
    /// An object of texts.
    Pairs,
    /// A list of texts.
    Texts,
    /// A list of objects.
    Objects,
    /// An object whose fields are looked at elsewhere.
    Object,
}

/// Field names, what they hold, and the code of one that does not; vivo documents none for some.
pub(super) type Fields = &'static [(&'static str, Is, Option<i64>)];

/// What every body but that of the auth call has.
const COMMON: Fields = &[("appId", Is::Within(1, i64::MAX), None)];

const REQUEST: Fields = &[
    ("requestId", Is::Filled(64, 10352, 10353), None),
    ("pushMode", Is::OneOf(&[0, 1]), None),
];

/// What is shown, and how. Every character counts one, whatever its script.
#[rustfmt::skip]
const MESSAGE: Fields = &[
    ("title", Is::Filled(40, 10055, 10056), None),
    ("content", Is::Filled(100, 10057, 10058), None),
    ("notifyType", Is::OneOf(&[1, 2, 3, 4]), Some(10054)),
    // More than a day counts as a day; more than a week was never allowed.
    ("timeToLive", Is::Within(60, 604_800), Some(10059)),
    // 3 was taken off the list.
    ("skipType", Is::OneOf(&[1, 2, 4]), Some(10060)),
    ("skipContent", Is::Text, None),
    ("networkType", Is::OneOf(&[-1, 1]), Some(10065)),
    ("classification", Is::OneOf(&[0, 1]), Some(11000)),
    ("category", Is::Text, Some(10096)),
    ("clientCustomMap", Is::Pairs, Some(10067)),
    ("extra", Is::Pairs, None),
    ("notifyId", Is::Within(1, i32::MAX as i64), Some(10095)),
    ("sendOnline", Is::Bool, None),
    ("foregroundShow", Is::Bool, None),
    ("timedDisplay", Is::Object, None),
    ("addBadge", Is::Bool, None),
    ("auditReview", Is::Objects, None),
    ("notificationChannel", Is::Text, None),
];

const ONE_TARGET: Fields = &[
    ("regId", Is::Text, None),
    ("alias", Is::Text, None),
    ("profileId", Is::Short(64), None),
];

const MANY_TARGETS: Fields = &[
    ("regIds", Is::Texts, None),
    ("aliases", Is::Texts, None),
    ("taskId", Is::Text, Some(10152)),
];

const RECYCLE: Fields = &[
    ("taskId", Is::Text, Some(10152)),
    ("userIds", Is::Texts, None),
    ("userType", Is::OneOf(&[1, 2]), None),
];

/// The body of `/message/send`.
pub(super) const SEND: &[Fields] = &[COMMON, REQUEST, MESSAGE, ONE_TARGET];
/// The body of `/message/saveListPayload`.
pub(super) const SAVE: &[Fields] = &[COMMON, REQUEST, MESSAGE];
/// The body of `/message/pushToList`.
pub(super) const LIST: &[Fields] = &[COMMON, REQUEST, MANY_TARGETS];
/// The body of `/message/recycle`.
pub(super) const RECALL: &[Fields] = &[COMMON, RECYCLE];

/// A JSON object that says that it is JSON.
pub(super) fn object(call: &Call) -> Result<Map<String, Value>, VivoError> {
    let kind = call.header("content-type").unwrap_or_default();
    let media = kind.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("application/json") {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(http(status, format!("the content type is `{kind}`")));
    }
    serde_json::from_slice(&call.body).map_err(|why| malformed(why.to_string()))
}

/// Every field of a body by itself. One that is not listed is refused.
pub(super) fn check(body: &Map<String, Value>, lists: &[Fields]) -> Result<(), VivoError> {
    for (name, value) in body {
        let mut rows = lists.iter().copied().flatten();
        let row = rows.find(|(known, ..)| known == name);
        let (_, is, code) = row.ok_or_else(|| malformed(format!("no field is called `{name}`")))?;
        if !holds(value, *is)? {
            let detail = format!("`{name}` is {value}");
            return Err(match code {
                Some(code) => error(*code, detail),
                None => malformed(detail),
            });
        }
    }
    Ok(())
}

fn holds(value: &Value, is: Is) -> Result<bool, VivoError> {
    let number = value.as_i64();
    let members = || value.as_array().into_iter().flatten();
    Ok(match is {
        Is::Text => value.is_string(),
        Is::Short(most) => length(value).is_some_and(|length| length <= most),
        Is::Filled(most, blank, long) => match value.as_str() {
            Some(text) if text.trim().is_empty() => return Err(error(blank, "a blank text")),
            Some(text) if text.chars().count() > most => {
                return Err(error(long, format!("more than {most} characters")));
            }
            text => text.is_some(),
        },
        Is::Bool => value.is_boolean(),
        Is::Within(least, most) => number.is_some_and(|number| (least..=most).contains(&number)),
        Is::OneOf(numbers) => number.is_some_and(|number| numbers.contains(&number)),
        Is::Pairs => value
            .as_object()
            .is_some_and(|pairs| pairs.values().all(Value::is_string)),
        Is::Texts => value.is_array() && members().all(Value::is_string),
        Is::Objects => value.is_array() && members().all(Value::is_object),
        Is::Object => value.is_object(),
    })
}

fn length(value: &Value) -> Option<usize> {
    value.as_str().map(|text| text.chars().count())
}

/// What has to be there, and the code if it is not.
pub(super) fn need(body: &Map<String, Value>, name: &str, code: i64) -> Result<(), VivoError> {
    match body.contains_key(name) {
        true => Ok(()),
        false => Err(error(code, format!("`{name}` is missing"))),
    }
}

/// The text of a field; empty if it has none.
pub(super) fn text<'a>(body: &'a Map<String, Value>, name: &str) -> &'a str {
    body.get(name).and_then(Value::as_str).unwrap_or_default()
}
