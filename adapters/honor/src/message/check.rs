//! HONOR's limits (`reference/honor.md` §3), checked before anything is sent.

use std::time::Duration;

use zpns_kit::rules::{Checked, chars, entries, https, invalid, json_object, needed, within};

use super::{AndroidConfig, AndroidNotification, Badge, Button, ClickAction, Importance, Options};

/// How long HONOR keeps a message at the most: 15 days.
pub(crate) const MAX_TTL: Duration = Duration::from_secs(1_296_000);

const MAX_BUTTONS: usize = 3;
const MAX_CAPTION: usize = 40;
const MAX_BUTTON_DATA: usize = 1_024;
const MAX_NUMBER: i64 = i32::MAX as i64;
const APP: i64 = 0;
const PAGE: i64 = 1;
const WEB: i64 = 2;

/// The host's own options.
pub(super) fn options(options: &Options) -> Checked {
    if let Some(basic) = &options.notification {
        https("vendor.honor.notification.image", basic.image.as_deref())?;
    }
    options.android.as_ref().map_or(Ok(()), android)
}

fn android(android: &AndroidConfig) -> Checked {
    let at = |name: &str| format!("vendor.honor.android.{name}");
    within(at("target_user_type"), android.target_user_type, 0..=1)?;
    if let Some(ttl) = &android.ttl {
        let time = seconds(ttl);
        let time = time.ok_or_else(|| invalid(at("ttl"), "is not seconds such as `86400s`"))?;
        self::ttl(&at("ttl"), time)?;
    }
    android.notification.as_ref().map_or(Ok(()), look)
}

/// Longer than HONOR keeps anything.
pub(super) fn ttl(field: &str, ttl: Duration) -> Checked {
    if ttl <= MAX_TTL {
        return Ok(());
    }
    let why = "is over 15 days, the longest that HONOR keeps a message";
    Err(invalid(field, why))
}

/// `86400s`: whole seconds, and at least one, because HONOR calls a message without time expired.
fn seconds(text: &str) -> Option<Duration> {
    let number = text.strip_suffix('s')?;
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = number.parse().ok().filter(|_| digits)?;
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

fn look(look: &AndroidNotification) -> Checked {
    let at = |name: &str| format!("vendor.honor.android.notification.{name}");
    within(at("style"), look.style, 0..=1)?;
    within(at("notify_id"), look.notify_id, -1..=MAX_NUMBER)?;
    https(at("image"), look.image.as_deref())?;
    if look.image.is_some() && look.importance == Some(Importance::Low) {
        let why = "needs the importance `normal`: HONOR has pictures in service messages only";
        return Err(invalid(at("image"), why));
    }
    if look.style == Some(1) {
        needed(at("big_title"), look.big_title.is_some())?;
        needed(at("big_body"), look.big_body.is_some())?;
    }
    if look.when.as_ref().is_some_and(|when| !is_utc(when)) {
        let why = "is not a time in UTC such as `2014-10-02T15:01:23.045123456Z`";
        return Err(invalid(at("when"), why));
    }
    let badge = look.badge.as_ref();
    badge.map_or(Ok(()), |number| self::badge(&at("badge"), number))?;
    let action = look.click_action.as_ref();
    action.map_or(Ok(()), |action| click(&at("click_action"), action))?;
    let buttons = look.buttons.as_deref().unwrap_or_default();
    entries(at("buttons"), buttons.len(), MAX_BUTTONS)?;
    buttons
        .iter()
        .try_for_each(|each| button(&at("buttons"), each))
}

fn badge(field: &str, badge: &Badge) -> Checked {
    within(format!("{field}.add_num"), badge.add_num, 1..=99)?;
    within(format!("{field}.set_num"), badge.set_num, 0..=99)
}

fn click(field: &str, action: &ClickAction) -> Checked {
    let at = |name: &str| format!("{field}.{name}");
    needed(at("type"), action.kind.is_some())?;
    within(at("type"), action.kind, 1..=3)?;
    https(at("url"), action.url.as_deref())?;
    match action.kind {
        Some(1) => needed(
            at("intent"),
            action.intent.is_some() || action.action.is_some(),
        ),
        Some(2) => needed(at("url"), action.url.is_some()),
        _ => Ok(()),
    }
}

fn button(field: &str, button: &Button) -> Checked {
    let at = |name: &str| format!("{field}.{name}");
    needed(at("name"), button.name.is_some())?;
    chars(at("name"), button.name.as_deref(), MAX_CAPTION)?;
    needed(at("action_type"), button.action_type.is_some())?;
    within(at("action_type"), button.action_type, APP..=WEB)?;
    within(at("intent_type"), button.intent_type, 0..=1)?;
    chars(at("data"), button.data.as_deref(), MAX_BUTTON_DATA)?;
    match button.action_type {
        Some(PAGE) => {
            needed(at("intent_type"), button.intent_type.is_some())?;
            needed(at("intent"), button.intent.is_some())?;
        }
        Some(WEB) => {
            needed(at("intent"), button.intent.is_some())?;
            return https(at("intent"), button.intent.as_deref());
        }
        _ => {}
    }
    let data = button.data.as_deref();
    data.map_or(Ok(()), |data| json_object(at("data"), data))
}

/// Beside a text, the app's data have to be JSON.
pub(super) fn json(field: &str, text: Option<&str>) -> Checked {
    let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    match text.is_none_or(is_json) {
        true => Ok(()),
        false => Err(invalid(
            field,
            "is not JSON, which it has to be beside a text",
        )),
    }
}

/// `2014-10-02T15:01:23Z`, with or without a fraction of up to nine digits.
fn is_utc(text: &str) -> bool {
    const FORM: &str = "dddd-dd-ddTdd:dd:dd";
    let fits = |(letter, form): (u8, u8)| match form {
        b'd' => letter.is_ascii_digit(),
        form => letter == form,
    };
    let Some((time, fraction)) = text
        .strip_suffix('Z')
        .and_then(|text| text.split_at_checked(FORM.len()))
    else {
        return false;
    };
    let decimals = fraction.strip_prefix('.').unwrap_or(fraction);
    let whole = fraction.is_empty() || (fraction.starts_with('.') && !decimals.is_empty());
    let decimal = |byte: u8| byte.is_ascii_digit();
    time.bytes().zip(FORM.bytes()).all(fits)
        && whole
        && decimals.len() <= 9
        && decimals.bytes().all(decimal)
}
