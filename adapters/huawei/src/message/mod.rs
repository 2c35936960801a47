//! [`Notification`](zpns_core::Notification) → the body of `messages:send`: of v1/v2 in `hms`, of
//! v3 in `harmony`.

pub(crate) mod block;
pub(crate) mod class;
pub(crate) mod data;
pub mod harmony;
pub mod hms;
pub(crate) mod ids;
pub(crate) mod template;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use zpns_core::{Badge, Kind, LimitPolicy, Notes, Notification, Rejection, Sound};
use zpns_kit::{rules, truncate_chars};

/// Bytes of a body at the most, without its tokens (`reference/huawei.md` §2.1, §3.1).
pub(crate) const BODY_LIMIT: usize = 4096;
/// Highest number on an icon.
const BADGE_LIMIT: u32 = 99;

/// Fills in what the host's own options leave out.
fn fill<T>(slot: &mut Option<T>, value: Option<T>) {
    if slot.is_none() {
        *slot = value;
    }
}

/// Whether a call is something to show: without a text it only tells the app.
fn has_text(message: &Notification) -> bool {
    message.display_title().is_some()
        || message.body.is_some()
        || message.title_loc_key.is_some()
        || message.body_loc_key.is_some()
}

/// Characters of a title that stands in for a missing one.
const STAND_IN: usize = 40;

/// Both texts, where Huawei wants both: the one that there is stands in for the other. A long one
/// loses nothing, because all of it stands below its start.
fn both<'a>(
    title: Option<&'a str>,
    body: Option<&'a str>,
) -> (Option<Cow<'a, str>>, Option<Cow<'a, str>>) {
    let said = |text: Option<&'a str>| text.filter(|text| !text.is_empty());
    match (said(title), said(body)) {
        (None, Some(body)) => (Some(truncate_chars(body, STAND_IN)), Some(body.into())),
        (Some(title), None) => (Some(title.into()), Some(title.into())),
        (title, body) => (title.map(Cow::from), body.map(Cow::from)),
    }
}

/// What is set on the icon, and what is added to it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct IconNumber {
    set: Option<i64>,
    add: Option<i64>,
}

/// The number on the icon. One that Huawei cannot show is left out and noted, because a chat is
/// not to be lost for its hundredth unread message; or refused, if the caller wants no cuts.
fn icon_number(
    badge: Badge,
    limits: LimitPolicy,
    notes: &mut Notes,
) -> Result<IconNumber, Rejection> {
    let (number, set) = match badge {
        Badge::Set(number) => (number, true),
        Badge::Clear => (0, true),
        // Nothing to add is nothing to say.
        Badge::Add(number) if number > 0 => (number, false),
        _ => return Ok(IconNumber::default()),
    };
    if number > BADGE_LIMIT {
        if limits == LimitPolicy::Reject {
            let why = format!("is {number}, {BADGE_LIMIT} is the highest number on an icon");
            return Err(rules::invalid("badge", why));
        }
        notes.dropped.push("badge".to_owned());
        return Ok(IconNumber::default());
    }
    let number = Some(i64::from(number));
    Ok(match set {
        true => IconNumber {
            set: number,
            add: None,
        },
        false => IconNumber {
            set: None,
            add: number,
        },
    })
}

/// The name of a sound file, if it is not the default one. A critical one is as loud as any other.
fn sound_name<'a>(sound: &'a Sound, notes: &mut Notes) -> Option<Cow<'a, str>> {
    match sound {
        Sound::Named(name) => Some(name.as_str().into()),
        Sound::Critical { name, .. } => {
            notes.dropped.push("sound".to_owned());
            (name != "default").then(|| name.as_str().into())
        }
        _ => None,
    }
}

/// What a push that shows nothing must not say, by field.
fn check_silence(message: &Notification, own: &[(&str, bool)]) -> rules::Checked {
    let rows = [
        ("title", message.display_title().is_some()),
        ("body", message.body.is_some()),
        ("title_loc_key", message.title_loc_key.is_some()),
        ("body_loc_key", message.body_loc_key.is_some()),
        ("image", message.image.is_some()),
        (
            "sound",
            !matches!(message.sound, Sound::Default | Sound::None),
        ),
        ("badge", message.badge != Badge::Unchanged),
        ("on_click", message.on_click != zpns_core::OnClick::OpenApp),
    ];
    match rows.iter().chain(own).find(|(_, shown)| *shown) {
        Some((field, _)) => Err(rules::invalid(
            field,
            "would be shown, and this push shows nothing",
        )),
        None => Ok(()),
    }
}

/// Notes of the encoding beside those of the cut, each name once.
fn noted(notes: &Notes, cut: &Notes) -> Notes {
    notes.clone().merged(cut)
}

/// The options of one of the two vendors.
fn options_of<S: zpns_core::model::VendorSection>(message: &Notification) -> Result<S, Rejection> {
    let options = message.vendor.get();
    options.map_err(|error| Rejection::new(error.kind(), error.reason()))
}

/// Whether this is a call.
fn is_call(message: &Notification) -> bool {
    matches!(message.kind, Kind::Call(_))
}
