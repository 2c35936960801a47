//! Title and text, by OPPO's count: every character is one, of whatever script.

use zpns_core::{LimitPolicy, Notes, Notification, Rejection};
use zpns_kit::truncate_chars;

use super::check::invalid;
use super::{Options, Style};

const TITLE_LIMIT: usize = 50;
pub(super) const SUB_TITLE_LIMIT: usize = 10;

/// Characters of text by style; those of a standard text may be another number.
pub(super) const CONTENT_LIMITS: [(Style, usize); 4] = [
    (Style::Standard, 50),
    (Style::LongText, 128),
    (Style::BigPicture, 50),
    (Style::MediumPicture, 50),
];

/// Title and text as they are shown: both there, and cut to their limits if that is allowed.
///
/// OPPO takes nothing without either of them: the one that is given stands in for the other.
pub(super) fn texts<'a>(
    message: &'a Notification,
    options: &Options,
    policy: LimitPolicy,
    notes: &mut Notes,
) -> Result<(&'a str, &'a str), Rejection> {
    let said = |text: Option<&'a str>| text.filter(|text| !is_blank(text));
    let limit = content_limit(options);
    let (title, content) = match (said(message.display_title()), said(message.body.as_deref())) {
        (Some(title), Some(body)) => (
            fitted("title", title, TITLE_LIMIT, policy, notes)?,
            fitted("body", body, limit, policy, notes)?,
        ),
        (Some(title), None) => {
            let title = fitted("title", title, TITLE_LIMIT, policy, notes)?;
            (title, cut(title, limit))
        }
        (None, Some(body)) => {
            let body = fitted("body", body, limit, policy, notes)?;
            // What does not fit into the title stands below it: nothing is lost.
            (cut(body, TITLE_LIMIT), body)
        }
        (None, None) => return Err(invalid("title` and `body", "are missing or blank")),
    };
    match is_blank(title) || is_blank(content) {
        true => Err(invalid("title` or `body", "is blank once it is cut")),
        false => Ok((title, content)),
    }
}

fn content_limit(options: &Options) -> usize {
    let style = options.style.unwrap_or(Style::Standard);
    let row = CONTENT_LIMITS.iter().find(|(known, _)| *known == style);
    let limit = row.map_or(CONTENT_LIMITS[0].1, |(_, limit)| *limit);
    match options.content_limit {
        Some(own) if style == Style::Standard => usize::from(own),
        _ => limit,
    }
}

/// The line under the title: the options', else the notification's where it fits. It says what the
/// text says too: one that is too long for OPPO is left out, and noted.
pub(super) fn sub_title<'a>(
    message: &'a Notification,
    options: &'a Options,
    notes: &mut Notes,
) -> Option<&'a str> {
    if options.sub_title.is_some() {
        return options.sub_title.as_deref();
    }
    let said = message.subtitle.as_deref();
    let said = said.filter(|text| !is_blank(text))?;
    if said.chars().count() > SUB_TITLE_LIMIT {
        notes.dropped.push("subtitle".to_owned());
        return None;
    }
    Some(said)
}

fn fitted<'a>(
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
