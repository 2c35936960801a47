//! Meizu's limits (`reference/meizu.md` §3), checked before anything is sent.

use std::time::Duration;

use time::PrimitiveDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use zpns_core::{LimitPolicy, Notes, Rejection};
use zpns_kit::rules::{Checked, bytes, chars, https, invalid, needed, within};
use zpns_kit::truncate_chars;

use super::ids::is_notify_key;
use super::{AdvanceInfo, Extra, FixDisplay, NoticeExpandInfo, NoticeExpandType, Options, VipInfo};

/// Characters, of any script.
const TITLE_LIMIT: usize = 32;
/// Characters, of any script.
const CONTENT_LIMIT: usize = 100;
const SUBTITLE_LIMIT: usize = 16;
const CALLBACK_LIMIT: usize = 128;
const CALLBACK_PARAM_LIMIT: usize = 64;
/// How long Meizu keeps a message at the most.
pub(crate) const MAX_TTL: Duration = Duration::from_secs(72 * 60 * 60);

const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");

/// Title and text as they are shown: both there, and cut to their limits if that is allowed.
///
/// Meizu takes nothing without either of them: the one that is given stands in for the other.
pub(super) fn texts<'a>(
    title: Option<&'a str>,
    body: Option<&'a str>,
    policy: LimitPolicy,
    notes: &mut Notes,
) -> Result<(&'a str, &'a str), Rejection> {
    let said = |text: Option<&'a str>| text.filter(|text| !is_blank(text));
    let (title, content) = match (said(title), said(body)) {
        (Some(title), Some(body)) => (
            text("title", title, TITLE_LIMIT, policy, notes)?,
            text("body", body, CONTENT_LIMIT, policy, notes)?,
        ),
        (Some(title), None) => {
            let shown = text("title", title, TITLE_LIMIT, policy, notes)?;
            (shown, cut(title, CONTENT_LIMIT))
        }
        (None, Some(body)) => {
            let body = text("body", body, CONTENT_LIMIT, policy, notes)?;
            // What does not fit into the title stands below it: nothing is lost.
            (cut(body, TITLE_LIMIT), body)
        }
        (None, None) => return Err(invalid("title, body", "are missing or blank")),
    };
    match is_blank(title) || is_blank(content) {
        true => Err(invalid("title, body", "one is blank once it is cut")),
        false => Ok((title, content)),
    }
}

fn text<'a>(
    field: &'static str,
    whole: &'a str,
    limit: usize,
    policy: LimitPolicy,
    notes: &mut Notes,
) -> Result<&'a str, Rejection> {
    match chars(field, Some(whole), limit) {
        Ok(()) => Ok(whole),
        Err(refusal) if policy == LimitPolicy::Reject => Err(refusal),
        Err(_) => {
            notes.truncated.push(field.to_owned());
            Ok(cut(whole, limit))
        }
    }
}

fn cut(text: &str, limit: usize) -> &str {
    let length = truncate_chars(text, limit).len();
    text.get(..length).unwrap_or_default()
}

fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// How long it is kept, in hours: rounded up, because Meizu keeps nothing for less than one.
pub(super) fn valid_time(ttl: Duration) -> Result<u64, Rejection> {
    const HOUR: u64 = 60 * 60;
    if ttl > MAX_TTL {
        let why = "is over 72 hours, the longest that Meizu keeps a message";
        return Err(invalid("ttl_ms", why));
    }
    let seconds = ttl.as_secs() + u64::from(ttl.subsec_nanos() > 0);
    Ok(seconds.div_ceil(HOUR).max(1))
}

/// Everything about the options that does not depend on the notification.
pub(super) fn options(options: &Options) -> Checked {
    let hours = options.push_time_info.valid_time;
    within("vendor.meizu.push_time_info.valid_time", hours, 1..=72)?;
    advance(&options.advance_info)?;
    let expand = options.notice_expand_info.as_ref();
    expand.map_or(Ok(()), self::expand)?;
    options.vip_info.as_ref().map_or(Ok(()), |vip| {
        self::vip(vip, options.notice_expand_info.as_ref())
    })?;
    options.extra.as_ref().map_or(Ok(()), extra)?;
    let unfit = |package: &String| package.is_empty() || package.contains(',');
    match &options.restricted_package_names {
        Some(packages) if packages.is_empty() || packages.iter().any(unfit) => Err(invalid(
            "vendor.meizu.restricted_package_names",
            "is empty, or holds a name that is empty or has a comma",
        )),
        _ => Ok(()),
    }
}

fn advance(info: &AdvanceInfo) -> Checked {
    let key = info.notify_key.as_deref();
    if key.is_some_and(|key| !is_notify_key(key)) {
        let why = "is not 1 to 8 of `[0-9A-Za-z_-]`";
        return Err(invalid("vendor.meizu.advance_info.notify_key", why));
    }
    info.fix_display.as_ref().map_or(Ok(()), window)
}

fn window(window: &FixDisplay) -> Checked {
    const FIELD: &str = "vendor.meizu.advance_info.fix_display";
    let read = |text: &str| {
        PrimitiveDateTime::parse(text, TIME)
            .map_err(|_| invalid(FIELD, format!("`{text}` is not `yyyy-MM-dd HH:mm:ss`")))
    };
    match read(&window.start)? < read(&window.end)? {
        true => Ok(()),
        false => Err(invalid(FIELD, "ends before it starts")),
    }
}

fn expand(info: &NoticeExpandInfo) -> Checked {
    const FIELD: &str = "vendor.meizu.notice_expand_info";
    let has_content = info.notice_expand_content.is_some();
    let has_picture = info.notice_expand_img_url.is_some();
    https(
        format!("{FIELD}.notice_expand_img_url"),
        info.notice_expand_img_url.as_deref(),
    )?;
    match expand_type(info) {
        NoticeExpandType::Text => needed(format!("{FIELD}.notice_expand_content"), has_content),
        NoticeExpandType::BigPicture => {
            needed(format!("{FIELD}.notice_expand_img_url"), has_picture)
        }
        NoticeExpandType::Standard => Ok(()),
    }
}

/// What is shown, where nobody says it: the picture before the text.
pub(super) fn expand_type(info: &NoticeExpandInfo) -> NoticeExpandType {
    let has = |text: &Option<String>| text.is_some();
    let guessed = match (
        has(&info.notice_expand_img_url),
        has(&info.notice_expand_content),
    ) {
        (true, _) => NoticeExpandType::BigPicture,
        (false, true) => NoticeExpandType::Text,
        (false, false) => NoticeExpandType::Standard,
    };
    info.notice_expand_type.unwrap_or(guessed)
}

fn vip(vip: &VipInfo, expand: Option<&NoticeExpandInfo>) -> Checked {
    const FIELD: &str = "vendor.meizu.vip_info";
    chars(
        format!("{FIELD}.subtitle"),
        vip.subtitle.as_deref(),
        SUBTITLE_LIMIT,
    )?;
    within(format!("{FIELD}.time_top"), vip.time_top, 1_800..=7_200)?;
    let pictures = [
        ("background_img_url", &vip.background_img_url),
        ("small_icon_url", &vip.small_icon_url),
        ("big_icon_url", &vip.big_icon_url),
    ];
    for (name, url) in pictures {
        https(format!("{FIELD}.{name}"), url.as_deref())?;
    }
    let background = vip.background_img_url.is_some();
    let big_picture = expand.is_some_and(|info| expand_type(info) == NoticeExpandType::BigPicture);
    let excluded = [
        (
            "pull_down_top",
            "time_top",
            vip.pull_down_top == Some(true) && vip.time_top.is_some(),
        ),
        (
            "background_img_url",
            "title_color",
            background && vip.title_color.is_some(),
        ),
        (
            "background_img_url",
            "big_icon_url",
            background && vip.big_icon_url.is_some(),
        ),
        (
            "background_img_url",
            "a big picture",
            background && big_picture,
        ),
    ];
    match excluded.into_iter().find(|(.., both)| *both) {
        Some((one, other, _)) => Err(invalid(
            format!("{FIELD}.{one}"),
            format!("excludes {other}"),
        )),
        None => Ok(()),
    }
}

fn extra(extra: &Extra) -> Checked {
    const FIELD: &str = "vendor.meizu.extra.callback";
    let url = extra.callback.as_str();
    bytes(FIELD, Some(url), CALLBACK_LIMIT)?;
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    if !is_web || url.contains(char::is_whitespace) {
        return Err(invalid(FIELD, "is not an http or https URL"));
    }
    let param = extra.callback_param.as_deref();
    bytes(
        "vendor.meizu.extra.callback_param",
        param,
        CALLBACK_PARAM_LIMIT,
    )
}
