//! What Apple would refuse, or worse, take and not deliver: refused before it is sent.

use std::borrow::Cow;

use zpns_core::{Badge, ErrorKind, Notification, OnClick, Rejection, Sound};

use super::push_type::{Row, Shape};
use super::{LiveActivityEvent, Options, SoundOption};

/// A refusal of one field, by its name in the message's JSON.
pub(super) fn invalid(field: &str, why: impl Into<Cow<'static, str>>) -> Rejection {
    Rejection::new(ErrorKind::MessageInvalid, format!("{field} {}", why.into()))
}

/// Checks everything but the headers and the size.
pub(super) fn message(
    message: &Notification,
    options: &Options,
    row: &Row,
) -> Result<(), Rejection> {
    data(message)?;
    numbers(message, options, row.shape)?;
    match row.shape {
        Shape::Alert if says_nothing(message, options) => Err(invalid(
            "an alert",
            "needs a title, a body, a badge or a sound",
        )),
        Shape::Background | Shape::NoAps | Shape::Changed => shows_nothing(message, options, row),
        Shape::LiveActivity => live_activity(message, options),
        Shape::Alert | Shape::Free => Ok(()),
    }
}

/// The fields that a push of this shape has no place for and can do without.
pub(super) fn left_out(message: &Notification, shape: Shape) -> Vec<String> {
    let activity = shape == Shape::LiveActivity;
    let bare = matches!(shape, Shape::Background | Shape::NoAps | Shape::Changed);
    let rows = [
        (
            "subtitle",
            activity && (message.subtitle.is_some() || message.subtitle_loc_key.is_some()),
        ),
        ("image", activity && message.image.is_some()),
        ("badge", activity && message.badge != Badge::Unchanged),
        (
            "category",
            shape != Shape::Alert && message.category.is_some(),
        ),
        ("thread", bare && message.thread.is_some()),
    ];
    let left = rows.into_iter().filter(|(_, left)| *left);
    left.map(|(name, _)| name.to_owned()).collect()
}

/// Data stands beside `aps`, and so beside what else we put there.
fn data(message: &Notification) -> Result<(), Rejection> {
    let taken = [
        ("aps", true),
        ("call", matches!(message.kind, zpns_core::Kind::Call(_))),
        ("payload", message.payload.is_some()),
        ("image", message.image.is_some()),
        ("on_click", message.on_click != OnClick::OpenApp),
    ];
    match taken
        .iter()
        .find(|(key, taken)| *taken && message.data.contains_key(*key))
    {
        Some((key, _)) => Err(invalid(
            &format!("data.{key}"),
            "takes the place of what APNs or this library puts there; choose another key",
        )),
        None => Ok(()),
    }
}

fn numbers(message: &Notification, options: &Options, shape: Shape) -> Result<(), Rejection> {
    let fraction = |number: f64| (0.0..=1.0).contains(&number);
    if let Sound::Critical { volume, .. } = &message.sound
        && !fraction(*volume)
    {
        return Err(invalid("sound.critical.volume", "is not from 0.0 to 1.0"));
    }
    if let Some(SoundOption::Dictionary(sound)) = &options.sound
        && sound.volume.is_some_and(|volume| !fraction(volume))
    {
        return Err(invalid(
            "vendor.apns.sound.volume",
            "is not from 0.0 to 1.0",
        ));
    }
    if let Some(score) = options.relevance_score
        && !(score.is_finite() && (shape == Shape::LiveActivity || fraction(score)))
    {
        return Err(invalid(
            "vendor.apns.relevance_score",
            "is not from 0.0 to 1.0",
        ));
    }
    Ok(())
}

fn has_text(message: &Notification) -> bool {
    let said = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    message
        .display_title()
        .is_some_and(|title| !title.is_empty())
        || [&message.body, &message.subtitle].into_iter().any(said)
        || message.title_loc_key.is_some()
        || message.subtitle_loc_key.is_some()
        || message.body_loc_key.is_some()
}

fn has_badge(message: &Notification, options: &Options) -> bool {
    options.badge.is_some() || matches!(message.badge, Badge::Set(_) | Badge::Clear)
}

fn has_sound(message: &Notification, options: &Options) -> bool {
    options.sound.is_some() || !matches!(message.sound, Sound::Default | Sound::None)
}

/// Whether an alert would have nothing to show, sound or count. The raw merge may still add it.
fn says_nothing(message: &Notification, options: &Options) -> bool {
    !(has_text(message)
        || has_badge(message, options)
        || has_sound(message, options)
        || options.alert.is_some()
        || message.vendor.raw(crate::VENDOR).is_some())
}

/// With anything to see or hear beside `content-available`, such a push is not delivered as one.
fn shows_nothing(message: &Notification, options: &Options, row: &Row) -> Result<(), Rejection> {
    let shown = [
        ("title or body", has_text(message)),
        ("vendor.apns.alert", options.alert.is_some()),
        ("image", message.image.is_some()),
        ("sound", has_sound(message, options)),
        ("badge", has_badge(message, options)),
    ];
    match shown.iter().find(|(_, shown)| *shown) {
        Some((field, _)) => Err(invalid(
            field,
            format!(
                "does not go with a push of the type `{}`, which shows nothing",
                row.name
            ),
        )),
        None => Ok(()),
    }
}

/// `reference/apns.md` §2.5. The raw merge may still add what is missing.
fn live_activity(message: &Notification, options: &Options) -> Result<(), Rejection> {
    if message.vendor.raw(crate::VENDOR).is_some() {
        return Ok(());
    }
    let Some(event) = options.event else {
        return Err(invalid(
            "vendor.apns.event",
            "is missing: `start`, `update` or `end`",
        ));
    };
    let starts = event == LiveActivityEvent::Start;
    let needed = [
        (
            "vendor.apns.content_state",
            true,
            options.content_state.is_some(),
        ),
        (
            "vendor.apns.attributes_type",
            starts,
            options.attributes_type.is_some(),
        ),
        (
            "vendor.apns.attributes",
            starts,
            options.attributes.is_some(),
        ),
        ("title or body", starts, has_text(message)),
    ];
    match needed.iter().find(|(_, needed, there)| *needed && !there) {
        Some((field, ..)) => Err(invalid(field, "is missing, which a Live Activity needs")),
        None => Ok(()),
    }
}
