//! What a push service or a browser would refuse, or drop without a word: refused before it is
//! sent.

use zpns_core::{Badge, ErrorKind, Kind, Notification, OnClick, Rejection};
use zpns_kit::rules::{Checked, invalid, needed, within};

use super::{NotificationOptions, Options};
use crate::ece::PLAINTEXT_LIMIT;

/// Characters of a topic at the most (RFC 8030 §5.4).
pub(super) const TOPIC_LIMIT: usize = 32;

/// Checks everything but the size.
pub(super) fn message(message: &Notification, options: &Options) -> Checked {
    self::options(message, options)?;
    data(message)?;
    let is_empty = options.empty == Some(true);
    if is_empty || message.kind == Kind::Silent {
        let what = match is_empty {
            true => "an empty push",
            false => "a silent push",
        };
        shows_nothing(message, options, what)?;
    }
    if is_empty {
        return says_nothing(message, options);
    }
    let calls = matches!(message.kind, Kind::Call(_));
    if message.kind == Kind::Silent || calls || options.body.is_some() {
        return Ok(());
    }
    // The raw merge may still add one.
    let raw = message.vendor.raw(crate::VENDOR).is_some();
    needed("title or body", raw || has_text(message))
}

/// Whether there is something to read.
pub(super) fn has_text(message: &Notification) -> bool {
    let said = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
    said(message.display_title()) || said(message.body.as_deref())
}

/// A topic as the header takes it.
pub(super) fn is_topic(topic: &str) -> bool {
    (1..=TOPIC_LIMIT).contains(&topic.len()) && zpns_kit::config::is_made_of(topic, b"-_")
}

fn options(message: &Notification, options: &Options) -> Checked {
    if options
        .topic
        .as_deref()
        .is_some_and(|topic| !is_topic(topic))
    {
        let why = format!("is not 1 to {TOPIC_LIMIT} characters of `A-Za-z0-9-_`");
        return Err(invalid("vendor.webpush.topic", why));
    }
    let most = i64::try_from(PLAINTEXT_LIMIT).unwrap_or(i64::MAX);
    within("vendor.webpush.pad_to", options.pad_to, 1..=most)?;
    let notification = options.notification.as_ref();
    notification.map_or(Ok(()), |shown| look(message, options, shown))?;
    match options.declarative {
        Some(true) => declarative(message, options),
        _ => match options.mutable {
            Some(_) => Err(invalid(
                "vendor.webpush.mutable",
                "speaks of a declarative message; set `declarative` too",
            )),
            None => Ok(()),
        },
    }
}

fn look(message: &Notification, options: &Options, shown: &NotificationOptions) -> Checked {
    let at = |name: &str| format!("vendor.webpush.notification.{name}");
    let has_tag = shown.tag.is_some() || message.collapse_key.is_some();
    if shown.renotify == Some(true) && !has_tag {
        // `showNotification()` throws.
        return Err(invalid(at("renotify"), "needs a tag or a `collapse_key`"));
    }
    if shown.silent == Some(true) && shown.vibrate.is_some() {
        return Err(invalid(at("vibrate"), "does not go with `silent`"));
    }
    let is_declarative = options.declarative == Some(true);
    for action in shown.actions.iter().flatten() {
        needed(at("actions.action"), !action.action.is_empty())?;
        needed(at("actions.title"), !action.title.is_empty())?;
        let navigates = action.navigate.is_some() || !is_declarative;
        needed(at("actions.navigate"), navigates)?;
    }
    Ok(())
}

/// A declarative message without a title or an address is taken for any other one, and shown by
/// nobody where there is no service worker.
fn declarative(message: &Notification, options: &Options) -> Checked {
    if options.body.is_some() || message.vendor.raw(crate::VENDOR).is_some() {
        return Ok(());
    }
    let title = message.display_title();
    needed("title", title.is_some_and(|title| !title.is_empty()))?;
    let own = options.notification.as_ref();
    let own = own.is_some_and(|shown| shown.navigate.is_some());
    let opens = matches!(message.on_click, OnClick::Url(_) | OnClick::DeepLink(_));
    if own || opens {
        return Ok(());
    }
    let why = "needs an address: `on_click` as `url` or `deep_link`, or \
               `vendor.webpush.notification.navigate`";
    Err(invalid("vendor.webpush.declarative", why))
}

/// Data stands beside what the library says of the message.
fn data(message: &Notification) -> Checked {
    let clashes = |(key, taken): &&(&str, bool)| *taken && message.data.contains_key(*key);
    let rows = [
        ("message_id", true),
        ("call", matches!(message.kind, Kind::Call(_))),
        ("payload", message.payload.is_some()),
        ("on_click", message.on_click != OnClick::OpenApp),
    ];
    match rows.iter().find(clashes) {
        Some((key, _)) => {
            let why = "takes the place of what this library puts there; choose another key";
            Err(invalid(format!("data.{key}"), why))
        }
        None => Ok(()),
    }
}

fn shows_nothing(message: &Notification, options: &Options, what: &str) -> Checked {
    let shown = [
        ("title or body", has_text(message)),
        ("image", message.image.is_some()),
        ("badge", message.badge != Badge::Unchanged),
        ("on_click", message.on_click != OnClick::OpenApp),
        (
            "vendor.webpush.notification",
            options.notification.is_some(),
        ),
        (
            "vendor.webpush.declarative",
            options.declarative == Some(true),
        ),
    ];
    match shown.iter().find(|(_, shown)| *shown) {
        Some((field, _)) => Err(invalid(field, format!("does not go with {what}"))),
        None => Ok(()),
    }
}

fn says_nothing(message: &Notification, options: &Options) -> Checked {
    let said = [
        ("payload", message.payload.is_some()),
        ("data", !message.data.is_empty()),
        ("kind", matches!(message.kind, Kind::Call(_))),
        ("vendor.webpush.body", options.body.is_some()),
        (
            "vendor.webpush.raw",
            message.vendor.raw(crate::VENDOR).is_some(),
        ),
        ("vendor.webpush.pad_to", options.pad_to.is_some()),
    ];
    match said.iter().find(|(_, said)| *said) {
        Some((field, _)) => Err(invalid(field, "does not go with an empty push")),
        None => Ok(()),
    }
}

/// Where a tap leads, as far as a browser can go there.
pub(super) fn click(on_click: &OnClick) -> Result<Option<&str>, Rejection> {
    match on_click {
        OnClick::OpenApp => Ok(None),
        OnClick::Url(address) | OnClick::DeepLink(address) => {
            let visible = |letter: char| !letter.is_whitespace() && !letter.is_control();
            match !address.is_empty() && address.chars().all(visible) {
                true => Ok(Some(address)),
                false => Err(invalid("on_click", "is not an address")),
            }
        }
        _ => {
            let why = "on_click: browsers know no activities and intents of Android";
            Err(Rejection::new(ErrorKind::Unsupported, why))
        }
    }
}
