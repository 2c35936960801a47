//! OPPO's limits (`reference/oppo.md` §3.3), checked before anything is sent.

use std::time::Duration;

use zpns_core::{ErrorKind, Rejection};

use super::click::web;
use super::text::SUB_TITLE_LIMIT;
use super::{Class, Options, Style};

/// OPPO shortens what is longer, and does not say so.
pub(crate) const MAX_TTL: Duration = Duration::from_secs(864_000);
/// Of a standard text, as OPPO's older documents have it.
const MAX_CONTENT_LIMIT: u16 = 200;
const PICTURE_URL_LIMIT: usize = 300;
const CALL_BACK_URL_LIMIT: usize = 200;
const CALL_BACK_PARAMETER_LIMIT: usize = 100;
const SPEED: std::ops::RangeInclusive<u32> = 1_000..=10_000;
const CONTENT_SHOW_TTL: u32 = 12 * 60 * 60;
const SHOW_TTL: u32 = 24 * 60 * 60;
const MAX_INT: u32 = i32::MAX as u32;

pub(super) fn invalid(field: &str, what: impl std::fmt::Display) -> Rejection {
    Rejection::new(ErrorKind::MessageInvalid, format!("`{field}` {what}"))
}

fn field(name: &str) -> String {
    format!("vendor.oppo.{name}")
}

/// Refuses an option of more characters.
pub(super) fn at_most(name: &str, text: Option<&str>, limit: usize) -> Result<(), Rejection> {
    let length = text.map_or(0, |text| text.chars().count());
    match length > limit {
        true => Err(invalid(
            &field(name),
            format!("has {length} characters, {limit} are allowed"),
        )),
        false => Ok(()),
    }
}

pub(super) fn ttl(name: &str, ttl: Duration) -> Result<(), Rejection> {
    match ttl <= MAX_TTL {
        true => Ok(()),
        false => Err(invalid(
            name,
            "is over 10 days, the longest that OPPO keeps a message",
        )),
    }
}

/// Everything about the options that does not depend on the notification.
pub(super) fn options(options: &Options) -> Result<(), Rejection> {
    at_most("sub_title", options.sub_title.as_deref(), SUB_TITLE_LIMIT)?;
    content_limit(options)?;
    pictures(options)?;
    window(options)?;
    pace(options)?;
    call_back(options)?;
    if options.notify_id.is_some_and(|id| id > MAX_INT) {
        return Err(invalid(&field("notify_id"), "is over 2147483647"));
    }
    if options.app_message_id.as_deref().is_some_and(str::is_empty) {
        return Err(invalid(&field("app_message_id"), "is empty"));
    }
    let gaps =
        options.private_title_parameters.is_some() || options.private_content_parameters.is_some();
    if gaps && options.private_msg_template_id.is_none() {
        return Err(invalid(
            &field("private_msg_template_id"),
            "is missing: there are parameters for it",
        ));
    }
    Ok(())
}

fn content_limit(options: &Options) -> Result<(), Rejection> {
    let Some(limit) = options.content_limit else {
        return Ok(());
    };
    if !(1..=MAX_CONTENT_LIMIT).contains(&limit) {
        return Err(invalid(&field("content_limit"), "is not 1 to 200"));
    }
    match options.style.unwrap_or(Style::Standard) {
        Style::Standard => Ok(()),
        _ => Err(invalid(
            &field("content_limit"),
            "is of the standard style only",
        )),
    }
}

fn pictures(options: &Options) -> Result<(), Rejection> {
    let urls = [
        ("small_picture_url", options.small_picture_url.as_deref()),
        ("medium_picture_url", options.medium_picture_url.as_deref()),
        ("big_picture_url", options.big_picture_url.as_deref()),
    ];
    for (name, url) in urls {
        at_most(name, url, PICTURE_URL_LIMIT)?;
        url.map_or(Ok(()), |url| web(&field(name), url))?;
    }
    let style = options.style.unwrap_or(Style::Standard);
    let big = options.big_picture_id.is_some() || options.big_picture_url.is_some();
    let medium = options.medium_picture_url.is_some();
    let rows = [
        (
            style == Style::BigPicture && !big,
            "style",
            "3 needs `big_picture_id` or `big_picture_url`",
        ),
        (
            style != Style::BigPicture && big,
            "style",
            "is not 3, which a big picture needs",
        ),
        (
            style == Style::MediumPicture && !medium,
            "style",
            "4 needs `medium_picture_url`",
        ),
        (
            style != Style::MediumPicture && medium,
            "style",
            "is not 4, which a medium picture needs",
        ),
    ];
    first_fault(&rows)
}

/// The window in which it is shown.
fn window(options: &Options) -> Result<(), Rejection> {
    let (start, end) = (options.show_start_time, options.show_end_time);
    let rows = [
        (
            start.is_some() != end.is_some(),
            "show_start_time",
            "and `show_end_time` go together",
        ),
        (
            start.is_some() && start >= end,
            "show_start_time",
            "is not before `show_end_time`",
        ),
    ];
    first_fault(&rows)?;
    let seconds = options.off_line_ttl.unwrap_or_default();
    ttl(&field("off_line_ttl"), Duration::from_secs(seconds.into()))
}

fn pace(options: &Options) -> Result<(), Rejection> {
    let paced = options.fix_speed == Some(true);
    let rate = options.fix_speed_rate;
    let rows = [
        (
            rate.is_some_and(|rate| !SPEED.contains(&rate)),
            "fix_speed_rate",
            "is not 1000 to 10000",
        ),
        (
            rate.is_some() && !paced,
            "fix_speed_rate",
            "needs `fix_speed`",
        ),
        (
            paced && options.style == Some(Style::BigPicture),
            "fix_speed",
            "and a big picture exclude each other",
        ),
    ];
    first_fault(&rows)
}

fn call_back(options: &Options) -> Result<(), Rejection> {
    let url = options.call_back_url.as_deref();
    let parameter = options.call_back_parameter.as_deref();
    at_most("call_back_url", url, CALL_BACK_URL_LIMIT)?;
    at_most("call_back_parameter", parameter, CALL_BACK_PARAMETER_LIMIT)?;
    url.map_or(Ok(()), |url| web(&field("call_back_url"), url))?;
    match parameter.is_some() && url.is_none() {
        true => Err(invalid(
            &field("call_back_parameter"),
            "needs `call_back_url`",
        )),
        false => Ok(()),
    }
}

fn first_fault(rows: &[(bool, &str, &str)]) -> Result<(), Rejection> {
    match rows.iter().find(|(fault, ..)| *fault) {
        Some((_, name, why)) => Err(invalid(&field(name), why)),
        None => Ok(()),
    }
}

/// What a class may.
pub(super) fn of_class(options: &Options, class: Option<Class>) -> Result<(), Rejection> {
    let level = options.notify_level.map(u8::from);
    let longest = match class {
        Some(Class::Content) => CONTENT_SHOW_TTL,
        _ => SHOW_TTL,
    };
    let rows = [
        (
            level.is_some() && class.is_none(),
            "notify_level",
            "needs a category",
        ),
        (
            level.is_some_and(|level| level > 1) && class == Some(Class::Content),
            "notify_level",
            "is 1 at the most for content and marketing",
        ),
        (
            options.show_ttl.is_some_and(|ttl| ttl > longest),
            "show_ttl",
            "is over 43200 (content and marketing) or 86400 seconds (all else)",
        ),
    ];
    first_fault(&rows)
}
