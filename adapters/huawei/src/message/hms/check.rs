//! The limits of the v1/v2 message's own options (`reference/huawei.md` §2).

use std::time::Duration;

use zpns_kit::rules::{
    Checked, chars, entries, https, invalid, json_object, lines, needed, one_of, within,
};

use super::{AndroidConfig, AndroidNotification, Button, ClickAction, LightSettings, Options};

/// How long Huawei keeps a message at the most: 15 days.
pub(crate) const MAX_TTL: Duration = Duration::from_secs(1_296_000);
/// Longest of a vibration or a pause.
const MAX_VIBRATION: Duration = Duration::from_secs(60);

pub(super) fn options(options: &Options) -> Checked {
    if let Some(basic) = &options.notification {
        https("vendor.huawei.notification.image", basic.image.as_deref())?;
    }
    if let Some(apns) = options
        .apns
        .as_ref()
        .and_then(|apns| apns.hms_options.as_ref())
    {
        let field = "vendor.huawei.apns.hms_options.target_user_type";
        within(field, apns.target_user_type, 1..=3)?;
    }
    options.android.as_ref().map_or(Ok(()), android)
}

fn android(android: &AndroidConfig) -> Checked {
    const AT: &str = "vendor.huawei.android";
    within(format!("{AT}.collapse_key"), android.collapse_key, -1..=100)?;
    within(
        format!("{AT}.fast_app_target"),
        android.fast_app_target,
        1..=2,
    )?;
    within(
        format!("{AT}.target_user_type"),
        android.target_user_type,
        0..=1,
    )?;
    if let Some(ttl) = &android.ttl {
        let field = format!("{AT}.ttl");
        let time =
            seconds(ttl).ok_or_else(|| invalid(&field, "is not seconds such as `86400s`"))?;
        self::ttl(&field, time)?;
    }
    android.notification.as_ref().map_or(Ok(()), look)
}

/// Longer than Huawei keeps anything.
pub(super) fn ttl(field: &str, ttl: Duration) -> Checked {
    if ttl <= MAX_TTL {
        return Ok(());
    }
    Err(invalid(
        field,
        "is over 15 days, the longest that Huawei keeps a message",
    ))
}

fn look(look: &AndroidNotification) -> Checked {
    let at = |name: &str| format!("vendor.huawei.android.notification.{name}");
    one_of(at("style"), look.style, &[0, 1, 3])?;
    within(at("auto_clear"), look.auto_clear, 1..=i64::from(i32::MAX))?;
    within(at("notify_id"), look.notify_id, -1..=i64::from(i32::MAX))?;
    chars(at("profile_id"), look.profile_id.as_deref(), 64)?;
    lines(at("inbox_content"), look.inbox_content.as_deref(), 5, 1024)?;
    https(at("image"), look.image.as_deref())?;
    if look.color.as_ref().is_some_and(|color| !is_color(color)) {
        return Err(invalid(at("color"), "is not of the form #RRGGBB"));
    }
    if look.style == Some(1) {
        needed(at("big_title"), look.big_title.is_some())?;
        needed(at("big_body"), look.big_body.is_some())?;
    }
    if look.style == Some(3) {
        needed(at("inbox_content"), look.inbox_content.is_some())?;
    }
    if look.default_sound == Some(false) {
        needed(at("sound"), look.sound.is_some())?;
    }
    if look.title_loc_args.is_some() {
        needed(at("title_loc_key"), look.title_loc_key.is_some())?;
    }
    if look.body_loc_args.is_some() {
        needed(at("body_loc_key"), look.body_loc_key.is_some())?;
    }
    if let Some(badge) = &look.badge {
        within(at("badge.add_num"), badge.add_num, 1..=99)?;
        within(at("badge.set_num"), badge.set_num, 0..=99)?;
    }
    if let Some(texts) = &look.multi_lang_key {
        for (key, languages) in texts {
            entries(at(&format!("multi_lang_key.{key}")), languages.len(), 3)?;
        }
    }
    vibration(&at("vibrate_config"), look.vibrate_config.as_deref())?;
    let lights = &look.light_settings;
    lights
        .as_ref()
        .map_or(Ok(()), |lights| light(&at("light_settings"), lights))?;
    look.click_action
        .as_ref()
        .map_or(Ok(()), |action| click(&at("click_action"), action))?;
    let buttons = look.buttons.as_deref().unwrap_or_default();
    entries(at("buttons"), buttons.len(), 3)?;
    buttons
        .iter()
        .try_for_each(|each| button(&at("buttons"), each))
}

fn vibration(field: &str, pattern: Option<&[String]>) -> Checked {
    let pattern = pattern.unwrap_or_default();
    entries(field, pattern.len(), 10)?;
    let legal =
        |text: &String| seconds(text).is_some_and(|time| !time.is_zero() && time <= MAX_VIBRATION);
    match pattern.iter().all(legal) {
        true => Ok(()),
        false => Err(invalid(
            field,
            "has an entry that is not over 0 and up to 60 seconds",
        )),
    }
}

fn light(field: &str, light: &LightSettings) -> Checked {
    let times = [&light.light_on_duration, &light.light_off_duration];
    let timed = times
        .into_iter()
        .all(|time| time.as_deref().and_then(seconds).is_some());
    needed(
        format!("{field}.light_on_duration or light_off_duration"),
        timed,
    )?;
    let color = light.color.clone().unwrap_or_default();
    let parts = [color.alpha, color.red, color.green, color.blue];
    let legal = |part: &Option<f64>| part.is_some_and(|part| (0.0..=1.0).contains(&part));
    match parts.iter().all(legal) {
        true => Ok(()),
        false => Err(invalid(
            format!("{field}.color"),
            "needs four parts from 0 to 1",
        )),
    }
}

fn click(field: &str, action: &ClickAction) -> Checked {
    needed(format!("{field}.type"), action.kind.is_some())?;
    within(format!("{field}.type"), action.kind, 1..=4)?;
    https(format!("{field}.url"), action.url.as_deref())?;
    https(
        format!("{field}.rich_resource"),
        action.rich_resource.as_deref(),
    )?;
    match action.kind {
        Some(1) => {
            let given = action.intent.is_some() || action.action.is_some();
            needed(format!("{field}.intent"), given)
        }
        Some(2) => needed(format!("{field}.url"), action.url.is_some()),
        Some(4) => needed(
            format!("{field}.rich_resource"),
            action.rich_resource.is_some(),
        ),
        _ => Ok(()),
    }
}

fn button(field: &str, button: &Button) -> Checked {
    let at = |name: &str| format!("{field}.{name}");
    needed(at("name"), button.name.is_some())?;
    chars(at("name"), button.name.as_deref(), 40)?;
    needed(at("action_type"), button.action_type.is_some())?;
    within(at("action_type"), button.action_type, 0..=4)?;
    within(at("intent_type"), button.intent_type, 0..=1)?;
    chars(at("data"), button.data.as_deref(), 1024)?;
    match (button.action_type, &button.data) {
        (Some(1), _) => {
            needed(at("intent_type"), button.intent_type.is_some())?;
            needed(at("intent"), button.intent.is_some())?;
        }
        (Some(2), _) => {
            needed(at("intent"), button.intent.is_some())?;
            https(at("intent"), button.intent.as_deref())?;
        }
        (Some(4), data) => needed(at("data"), data.is_some())?,
        _ => {}
    }
    match (button.action_type, &button.data) {
        (Some(0 | 1), Some(data)) => json_object(at("data"), data),
        _ => Ok(()),
    }
}

/// `86400s`, `86400`, `3.5S`: digits, at most nine decimals, and perhaps an `s`.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    let number = text.strip_suffix(['s', 'S']).unwrap_or(text);
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 9 {
        return None;
    }
    let nanos = format!("{decimals:0<9}").parse().ok()?;
    Some(Duration::new(whole.parse().ok()?, nanos))
}

fn is_color(text: &str) -> bool {
    let hex = text.strip_prefix('#').unwrap_or_default();
    hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
}
