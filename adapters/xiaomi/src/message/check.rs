//! Xiaomi's limits (`reference/xiaomi.md` §2), checked before anything is sent.

use std::collections::BTreeMap;
use std::time::Duration;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};
use zpns_core::{ErrorKind, LimitPolicy, Notes, Rejection, Timestamp};
use zpns_kit::truncate_chars;

use super::click::{intent, web};
use super::options::{Button, Callback, Style};
use super::{NotifyEffect, Options, extras};

/// Fewer than 50 characters, of any script.
const TITLE_LIMIT: usize = 49;
/// Fewer than 128 characters, of any script.
const DESCRIPTION_LIMIT: usize = 127;
/// `payload` in bytes.
const PAYLOAD_LIMIT: usize = 4096;
/// What the private class gets; the public one gets a day.
pub(crate) const MAX_TTL: Duration = Duration::from_secs(10 * 24 * 60 * 60);
const FARTHEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

const MAX_PAIRS: usize = 10;
const MAX_PAIR_CHARACTERS: usize = 1024;
const MAX_TEMPLATE_VARIABLES: usize = 9;
const MAX_TEMPLATE_VALUE: usize = 128;
const MAX_JOBKEY: usize = 20;
const MAX_CALLBACK: usize = 128;
/// Newer texts allow 256; Xiaomi's servers may be older.
const MAX_CALLBACK_PARAM: usize = 64;
const MAX_INT: u32 = i32::MAX as u32;

pub(super) fn invalid(field: &str, what: impl std::fmt::Display) -> Rejection {
    Rejection::new(ErrorKind::MessageInvalid, format!("`{field}` {what}"))
}

/// Title and text as they are shown: both there, and cut to their limits if that is allowed.
///
/// Xiaomi shows nothing without either of them: the one that is given stands in for the other.
pub(super) fn texts<'a>(
    title: Option<&'a str>,
    body: Option<&'a str>,
    policy: LimitPolicy,
    notes: &mut Notes,
) -> Result<(&'a str, &'a str), Rejection> {
    let said = |text: Option<&'a str>| text.filter(|text| !is_blank(text));
    match (said(title), said(body)) {
        (Some(title), Some(body)) => Ok((
            text("title", title, TITLE_LIMIT, policy, notes)?,
            text("body", body, DESCRIPTION_LIMIT, policy, notes)?,
        )),
        (Some(title), None) => Ok((
            text("title", title, TITLE_LIMIT, policy, notes)?,
            cut(title, DESCRIPTION_LIMIT),
        )),
        (None, Some(body)) => {
            let body = text("body", body, DESCRIPTION_LIMIT, policy, notes)?;
            // What does not fit into the title stands below it: nothing is lost.
            Ok((cut(body, TITLE_LIMIT), body))
        }
        (None, None) => Err(invalid("title` and `body", "are missing or blank")),
    }
    .and_then(
        |(title, body)| match [title, body].into_iter().any(is_blank) {
            true => Err(invalid("title` or `body", "is blank once it is cut")),
            false => Ok((title, body)),
        },
    )
}

fn text<'a>(
    field: &'static str,
    whole: &'a str,
    limit: usize,
    policy: LimitPolicy,
    notes: &mut Notes,
) -> Result<&'a str, Rejection> {
    let length = whole.chars().count();
    if length <= limit {
        return Ok(whole);
    }
    if policy == LimitPolicy::Reject {
        return Err(invalid(
            field,
            format!("has {length} characters, {limit} are allowed"),
        ));
    }
    notes.truncated.push(field.to_owned());
    Ok(cut(whole, limit))
}

fn cut(text: &str, limit: usize) -> &str {
    let length = truncate_chars(text, limit).len();
    text.get(..length).unwrap_or_default()
}

fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// What the app is handed.
pub(super) fn payload(payload: &str) -> Result<(), Rejection> {
    if payload.len() <= PAYLOAD_LIMIT {
        return Ok(());
    }
    Err(Rejection::new(
        ErrorKind::PayloadTooLarge,
        format!(
            "the payload has {} bytes, {PAYLOAD_LIMIT} are allowed",
            payload.len()
        ),
    ))
}

/// Pairs of the app's own: few and short, and none that Xiaomi would take for an order.
pub(super) fn data(data: &BTreeMap<String, String>) -> Result<(), Rejection> {
    if let Some(key) = data.keys().find(|key| extras::is_reserved(key)) {
        return Err(invalid(
            "data",
            format!("`{key}` means something to Xiaomi, and would not reach the app alone"),
        ));
    }
    if data.keys().any(String::is_empty) {
        return Err(invalid("data", "holds an empty key"));
    }
    if data.len() > MAX_PAIRS {
        return Err(invalid(
            "data",
            format!("has {} pairs, {MAX_PAIRS} are allowed", data.len()),
        ));
    }
    let pairs = data.iter();
    let length: usize = pairs
        .map(|(key, value)| key.chars().count() + value.chars().count())
        .sum();
    if length > MAX_PAIR_CHARACTERS {
        return Err(invalid(
            "data",
            format!("has {length} characters in all, {MAX_PAIR_CHARACTERS} are allowed"),
        ));
    }
    Ok(())
}

pub(super) fn ttl(field: &str, ttl: Duration) -> Result<(), Rejection> {
    if ttl <= MAX_TTL {
        return Ok(());
    }
    Err(invalid(
        field,
        "is over 10 days, the longest that Xiaomi keeps a message",
    ))
}

pub(super) fn time_to_send(field: &str, at: Timestamp, now: Timestamp) -> Result<(), Rejection> {
    if at <= now + FARTHEST {
        return Ok(());
    }
    Err(Rejection::new(
        ErrorKind::Unsupported,
        format!("`{field}` is over 7 days ahead, the farthest that Xiaomi plans"),
    ))
}

pub(super) fn number(field: &str, number: u32) -> Result<(), Rejection> {
    if number <= MAX_INT {
        return Ok(());
    }
    Err(invalid(field, "is over 2147483647"))
}

/// Everything about the options that does not depend on the notification.
pub(super) fn options(options: &Options, now: Timestamp) -> Result<(), Rejection> {
    template(options)?;
    let numbers = [("notify_id", options.notify_id), ("badge", options.badge)];
    for (name, value) in numbers {
        number(&field(name), value.unwrap_or_default())?;
    }
    if options
        .notify_type
        .is_some_and(|bits| !(-1..=7).contains(&bits))
    {
        return Err(invalid(&field("notify_type"), "is not from -1 to 7"));
    }
    if options.flow_control == Some(0) {
        return Err(invalid(
            &field("flow_control"),
            "is 0: nothing would be sent",
        ));
    }
    if let Some(millis) = options.time_to_live {
        ttl(&field("time_to_live"), Duration::from_millis(millis))?;
    }
    if let Some(millis) = options.time_to_send {
        time_to_send(&field("time_to_send"), Timestamp::from_millis(millis), now)?;
    }
    if options.jobkey.as_deref().is_some_and(|key| !is_jobkey(key)) {
        return Err(invalid(
            &field("jobkey"),
            "is not 1 to 20 of `[0-9A-Za-z_-]` that do not start with `_`",
        ));
    }
    options.callback.as_ref().map_or(Ok(()), callback)?;
    options.style.as_ref().map_or(Ok(()), style)?;
    lists(options)
}

fn field(name: &str) -> String {
    format!("vendor.xiaomi.{name}")
}

pub(super) fn is_jobkey(key: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    (1..=MAX_JOBKEY).contains(&key.len()) && !key.starts_with('_') && key.bytes().all(legal)
}

fn template(options: &Options) -> Result<(), Rejection> {
    let Some(variables) = &options.template_param else {
        return Ok(());
    };
    let field = field("template_param");
    if options.template_id.is_none() {
        return Err(invalid(&field, "needs `template_id`"));
    }
    if variables.len() > MAX_TEMPLATE_VARIABLES {
        return Err(invalid(
            &field,
            format!(
                "has {} variables, {MAX_TEMPLATE_VARIABLES} are allowed",
                variables.len()
            ),
        ));
    }
    for (name, value) in variables {
        if is_blank(value) || value.chars().count() > MAX_TEMPLATE_VALUE {
            return Err(invalid(
                &field,
                format!("`{name}` is not 1 to {MAX_TEMPLATE_VALUE} characters, not all blank"),
            ));
        }
        if value.chars().any(is_symbol) {
            return Err(invalid(
                &field,
                format!("`{name}` holds an emoji or another symbol"),
            ));
        }
    }
    Ok(())
}

/// `\p{So}`, and what no version of Unicode has assigned.
fn is_symbol(letter: char) -> bool {
    matches!(
        letter.general_category(),
        GeneralCategory::OtherSymbol | GeneralCategory::Unassigned
    )
}

fn callback(callback: &Callback) -> Result<(), Rejection> {
    let url = field("callback.url");
    web(&url, &callback.url)?;
    if callback.url.len() > MAX_CALLBACK {
        return Err(invalid(&url, "is over 128 bytes"));
    }
    let param = callback.param.as_deref().unwrap_or_default();
    if param.len() > MAX_CALLBACK_PARAM {
        return Err(invalid(&field("callback.param"), "is over 64 bytes"));
    }
    Ok(())
}

fn style(style: &Style) -> Result<(), Rejection> {
    let buttons = [
        ("left", &style.left),
        ("mid", &style.mid),
        ("right", &style.right),
    ];
    for (name, given) in buttons {
        if let Some(given) = given {
            button(&field(&format!("style.{name}")), given)?;
        }
    }
    Ok(())
}

fn button(field: &str, button: &Button) -> Result<(), Rejection> {
    if let Some(uri) = &button.intent_uri {
        intent(&format!("{field}.intent_uri"), uri)?;
    }
    if let Some(url) = &button.web_uri {
        web(&format!("{field}.web_uri"), url)?;
    }
    let has_activity = button.intent_uri.is_some() || button.intent_class.is_some();
    let missing = match button.notify_effect {
        Some(NotifyEffect::Activity) if !has_activity => "needs `intent_uri` or `intent_class`",
        Some(NotifyEffect::Web) if button.web_uri.is_none() => "needs `web_uri`",
        _ => return Ok(()),
    };
    Err(invalid(&format!("{field}.notify_effect"), missing))
}

/// What goes out as a list with commas between its members.
fn lists(options: &Options) -> Result<(), Rejection> {
    let packages = options.restricted_package_name.as_ref();
    if packages.is_some_and(Vec::is_empty) {
        return Err(invalid(&field("restricted_package_name"), "is empty"));
    }
    let lists = [
        ("restricted_package_name", packages),
        ("locale", Some(&options.locale)),
        ("locale_not_in", Some(&options.locale_not_in)),
        ("app_version", Some(&options.app_version)),
        ("app_version_not_in", Some(&options.app_version_not_in)),
        ("model", Some(&options.model)),
        ("model_not_in", Some(&options.model_not_in)),
    ];
    for (name, list) in lists {
        let unfit = |member: &String| member.is_empty() || member.contains(',');
        if list.into_iter().flatten().any(unfit) {
            return Err(invalid(
                &field(name),
                "holds a member that is empty or has a comma",
            ));
        }
    }
    Ok(())
}
