//! vivo's limits (`reference/vivo.md` §3.1), checked before anything is sent. Every character
//! counts as one, whatever its script.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use zpns_core::{ErrorKind, LimitPolicy, Notes, Rejection, Timestamp};
use zpns_kit::rules::{Checked, chars, entries, invalid, one_of, within};
use zpns_kit::truncate_chars;

use super::class::{Class, OPERATIONAL};
use super::{Extra, LiveMessage, Options, TimedDisplay};

const TITLE_LIMIT: usize = 40;
const CONTENT_LIMIT: usize = 100;
/// `clientCustomMap`: pairs, and characters of keys and values in all.
const MAX_PAIRS: usize = 10;
const PAIRS_LIMIT: usize = 1024;
const CALLBACK_LIMIT: usize = 128;
const CALLBACK_PARAM_LIMIT: usize = 192;
const PROFILE_LIMIT: usize = 64;

/// What a saved message is kept for at the least. A single push may live for a minute, but the
/// same message goes out either way.
pub(super) const MIN_TTL: Duration = Duration::from_secs(900);
/// What vivo keeps a message for at the most.
pub(crate) const MAX_TTL: Duration = Duration::from_secs(86_400);

const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;
/// China's midnight is at 16 o'clock of the day before.
const CHINA: u64 = 8 * 60 * MINUTE;
/// When operational messages are shown.
const OPERATIONAL_HOURS: RangeInclusive<u64> = 7 * 60 * MINUTE..=23 * 60 * MINUTE;

/// Title and text as they are shown: both there, and cut to their limits if that is allowed.
///
/// vivo takes nothing without either of them: the one that is given stands in for the other.
pub(super) fn texts<'a>(
    title: Option<&'a str>,
    body: Option<&'a str>,
    policy: LimitPolicy,
    notes: &mut Notes,
) -> Result<(&'a str, &'a str), Rejection> {
    let said = |text: Option<&'a str>| text.filter(|text| !is_blank(text));
    let (title, body) = match (said(title), said(body)) {
        (Some(title), Some(body)) => (
            text("title", title, TITLE_LIMIT, policy, notes)?,
            text("body", body, CONTENT_LIMIT, policy, notes)?,
        ),
        (Some(title), None) => (
            text("title", title, TITLE_LIMIT, policy, notes)?,
            cut(title, CONTENT_LIMIT),
        ),
        (None, Some(body)) => {
            let body = text("body", body, CONTENT_LIMIT, policy, notes)?;
            // What does not fit into the title stands below it: nothing is lost.
            (cut(body, TITLE_LIMIT), body)
        }
        (None, None) => return Err(invalid("title, body", "are missing or blank")),
    };
    if is_blank(title) || is_blank(body) {
        return Err(invalid(
            "title, body",
            "one of them is blank once it is cut",
        ));
    }
    Ok((title, body))
}

fn text<'a>(
    field: &'static str,
    whole: &'a str,
    limit: usize,
    policy: LimitPolicy,
    notes: &mut Notes,
) -> Result<&'a str, Rejection> {
    if policy == LimitPolicy::Reject {
        chars(field, Some(whole), limit)?;
    }
    let cut = cut(whole, limit);
    if cut.len() < whole.len() {
        notes.truncated.push(field.to_owned());
    }
    Ok(cut)
}

fn cut(text: &str, limit: usize) -> &str {
    let length = truncate_chars(text, limit).len();
    text.get(..length).unwrap_or_default()
}

fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// What the app is handed: few and short pairs.
pub(super) fn pairs(pairs: &BTreeMap<&str, &str>) -> Checked {
    if pairs.contains_key("") {
        return Err(invalid("data", "holds an empty key"));
    }
    entries("data, with the payload", pairs.len(), MAX_PAIRS)?;
    let characters = |(key, value): (&&str, &&str)| key.chars().count() + value.chars().count();
    let length: usize = pairs.iter().map(characters).sum();
    if length > PAIRS_LIMIT {
        return Err(Rejection::new(
            ErrorKind::PayloadTooLarge,
            format!(
                "payload and data have {length} characters with their keys, {PAIRS_LIMIT} are \
                 allowed"
            ),
        ));
    }
    Ok(())
}

pub(super) fn ttl(ttl: Duration) -> Checked {
    if ttl <= MAX_TTL {
        return Ok(());
    }
    let why = "is over a day, the longest that vivo keeps a message";
    Err(invalid("ttl_ms", why))
}

/// Everything about the options that does not depend on the notification.
pub(super) fn options(options: &Options, class: &Class, now: Timestamp) -> Checked {
    let wide = |number: Option<u8>| number.map(i64::from);
    let ranges = [
        (
            "classification",
            Some(i64::from(class.classification)),
            0..=1,
        ),
        ("push_mode", wide(options.push_mode), 0..=1),
        ("notify_type", wide(options.notify_type), 1..=4),
        (
            "notify_id",
            options.notify_id.map(i64::from),
            1..=0x7fff_ffff,
        ),
        (
            "time_to_live",
            options.time_to_live.map(i64::from),
            900..=86_400,
        ),
    ];
    for (name, number, range) in ranges {
        within(field(name), number, range)?;
    }
    let network = options.network_type.map(i64::from);
    one_of(field("network_type"), network, &[-1, 1])?;
    let category = class.category.as_deref().unwrap_or("IM");
    let legal = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if category.is_empty() || !category.bytes().all(legal) {
        return Err(invalid(field("category"), "is not in upper case"));
    }
    let profile = options.profile_id.as_deref();
    chars(field("profile_id"), profile, PROFILE_LIMIT)?;
    options.extra.as_ref().map_or(Ok(()), extra)?;
    let timed = options.timed_display.as_ref();
    timed.map_or(Ok(()), |display| timed_display(display, class, now))?;
    options.live_message.as_ref().map_or(Ok(()), live_message)
}

fn field(name: &str) -> String {
    format!("vendor.vivo.{name}")
}

fn extra(extra: &Extra) -> Checked {
    let url = extra.callback.as_deref();
    chars(field("extra.callback"), url, CALLBACK_LIMIT)?;
    let is_web = |url: &str| url.starts_with("https://") || url.starts_with("http://");
    if url.is_some_and(|url| !is_web(url)) {
        return Err(invalid(
            field("extra.callback"),
            "is not an http or https URL",
        ));
    }
    let param = extra.callback_param.as_deref();
    chars(field("extra.callback_param"), param, CALLBACK_PARAM_LIMIT)
}

/// Ten minutes to a day ahead, within one day of China's, for less than two hours; by day where it
/// lures.
fn timed_display(display: &TimedDisplay, class: &Class, now: Timestamp) -> Checked {
    let (start, end, now) = (
        display.show_start_time,
        display.show_end_time,
        now.as_millis(),
    );
    let day = |at: u64| at.saturating_add(CHINA) / DAY;
    let hour = |at: u64| at.saturating_add(CHINA) % DAY;
    let by_day = |at: u64| OPERATIONAL_HOURS.contains(&hour(at));
    let rows = [
        (start < now + 10 * MINUTE, "starts in less than ten minutes"),
        (end > now + DAY, "ends after more than a day"),
        (end < start, "ends before it starts"),
        (
            end.saturating_sub(start) >= 120 * MINUTE,
            "lasts for two hours or longer",
        ),
        (
            day(start) != day(end),
            "ends on another day in China than it starts",
        ),
        (
            class.classification == OPERATIONAL && !(by_day(start) && by_day(end)),
            "shows an operational message before 7 or after 23 o'clock in China",
        ),
    ];
    match rows.into_iter().find(|(wrong, _)| *wrong) {
        Some((_, why)) => Err(invalid(field("timed_display"), why)),
        None => Ok(()),
    }
}

fn live_message(live: &LiveMessage) -> Checked {
    let operation = Some(i64::from(live.operation));
    within(field("live_message.operation"), operation, 1..=2)?;
    let template = Some(i64::from(live.template_type));
    one_of(field("live_message.template_type"), template, &[1, 2, 4])?;
    if live.scene.is_empty() {
        return Err(invalid(field("live_message.scene"), "is empty"));
    }
    Ok(())
}
