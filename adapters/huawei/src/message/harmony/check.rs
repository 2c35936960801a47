//! The limits of the v3 message's own options (`reference/huawei.md` §3).

use std::time::Duration;

use serde_json::Value;
use zpns_kit::rules::{
    Checked, bytes, chars, entries, https, invalid, lines, needed, one_of, within,
};

use super::{
    BadgeNumber, ClickAction, FormUpdatePayload, HarmonyNotification, LiveViewPayload, Options,
    PushOptions, PushType,
};

/// How long Huawei keeps a message at the most: 15 days.
pub(crate) const MAX_TTL: Duration = Duration::from_secs(1_296_000);
const MAX_TTL_SECS: i64 = 1_296_000;
/// The largest whole number that a script keeps exact: 2^53-1.
const MAX_EXACT: f64 = 9_007_199_254_740_991.0;
/// Events that may be created by a push.
const CREATABLE: [&str; 3] = ["FLIGHT", "TAXI", "TRAIN"];
const EVENTS: [&str; 11] = [
    "TAXI",
    "DELIVERY",
    "FLIGHT",
    "TRAIN",
    "QUEUE",
    "PICK_UP",
    "SCORE",
    "RENT",
    "TIMER",
    "WORKOUT",
    "NAVIGATION",
];

/// What the host's own options say, for a push of this type.
pub(super) fn options(options: &Options, push_type: PushType) -> Checked {
    fits(options, push_type)?;
    options.notification.as_ref().map_or(Ok(()), look)?;
    options.form.as_ref().map_or(Ok(()), form)?;
    options.live_view.as_ref().map_or(Ok(()), live_view)?;
    let how = options.push_options.as_ref();
    how.map_or(Ok(()), |how| push_options(how, push_type))
}

/// A payload of another type would be left out in silence.
fn fits(options: &Options, push_type: PushType) -> Checked {
    use PushType::{Alert, Background, Badge, Extension, Form, LiveView, VoipCall};
    let rows: [(&str, bool, &[PushType]); 6] = [
        (
            "notification",
            options.notification.is_some(),
            &[Alert, Badge, Extension],
        ),
        ("form", options.form.is_some(), &[Form]),
        ("extension", options.extension.is_some(), &[Extension]),
        ("background", options.background.is_some(), &[Background]),
        ("live_view", options.live_view.is_some(), &[LiveView]),
        ("voip", options.voip.is_some(), &[VoipCall]),
    ];
    match rows
        .into_iter()
        .find(|(_, given, types)| *given && !types.contains(&push_type))
    {
        Some((name, ..)) => Err(invalid(
            format!("vendor.harmony.{name}"),
            "does not belong to a push of this kind",
        )),
        None => Ok(()),
    }
}

fn look(look: &HarmonyNotification) -> Checked {
    let at = |name: &str| format!("vendor.harmony.notification.{name}");
    one_of(at("style"), look.style, &[0, 1, 3])?;
    if look.style == Some(1) {
        needed(at("big_title"), look.big_title.is_some())?;
        needed(at("big_body"), look.big_body.is_some())?;
    }
    if look.style == Some(3) {
        needed(at("inbox_content"), look.inbox_content.is_some())?;
    }
    lines(at("inbox_content"), look.inbox_content.as_deref(), 3, 1024)?;
    https(at("image"), look.image.as_deref())?;
    within(at("notify_id"), look.notify_id, -1..=i64::from(i32::MAX))?;
    chars(at("profile_id"), look.profile_id.as_deref(), 64)?;
    within(at("sound_duration"), look.sound_duration, 1..=60)?;
    if look
        .app_message_id
        .as_deref()
        .is_some_and(|id| !is_message_id(id))
    {
        let why = "is not 1 to 64 of letters, digits, `+/=-_` and blanks";
        return Err(invalid(at("app_message_id"), why));
    }
    look.badge
        .as_ref()
        .map_or(Ok(()), |number| badge(&at("badge"), number))?;
    let action = look.click_action.as_ref();
    action.map_or(Ok(()), |action| click(&at("click_action"), action))
}

fn is_message_id(id: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-_ ".contains(&byte);
    (1..=64).contains(&id.len()) && id.bytes().all(legal)
}

fn badge(field: &str, badge: &BadgeNumber) -> Checked {
    within(format!("{field}.add_num"), badge.add_num, 1..=99)?;
    within(format!("{field}.set_num"), badge.set_num, 0..=99)
}

fn click(field: &str, action: &ClickAction) -> Checked {
    needed(format!("{field}.action_type"), action.action_type.is_some())?;
    // The other two exist in live views only, whose content is not typed here.
    one_of(format!("{field}.action_type"), action.action_type, &[0, 1])?;
    if action.action_type == Some(1) {
        let given = action.action.is_some() || action.uri.is_some();
        needed(format!("{field}.action or uri"), given)?;
    }
    match action.data.as_ref().is_none_or(Value::is_object) {
        true => Ok(()),
        false => Err(invalid(format!("{field}.data"), "is not an object")),
    }
}

fn push_options(options: &PushOptions, push_type: PushType) -> Checked {
    let at = |name: &str| format!("vendor.harmony.push_options.{name}");
    within(at("ttl"), options.ttl, 1..=MAX_TTL_SECS)?;
    bytes(at("bi_tag"), options.bi_tag.as_deref(), 64)?;
    within(at("collapse_key"), options.collapse_key, -1..=100)?;
    within(at("background_mode"), options.background_mode, 0..=1)?;
    let collapses = matches!(push_type, PushType::Alert | PushType::Extension);
    if options.collapse_key.is_some() && !collapses {
        return Err(invalid(
            at("collapse_key"),
            "is for alerts and voice broadcasts only",
        ));
    }
    if options.background_mode.is_some() && push_type != PushType::Background {
        return Err(invalid(
            at("background_mode"),
            "is for background data only",
        ));
    }
    Ok(())
}

fn form(form: &FormUpdatePayload) -> Checked {
    let at = |name: &str| format!("vendor.harmony.form.{name}");
    needed(at("form_id"), form.form_id.is_some())?;
    needed(at("version"), form.version.is_some())?;
    within(at("version"), form.version, 0..=i64::MAX)?;
    needed(at("module_name"), form.module_name.is_some())?;
    needed(at("form_name"), form.form_name.is_some())?;
    needed(at("ability_name"), form.ability_name.is_some())?;
    match &form.form_data {
        None => needed(at("form_data"), false)?,
        Some(Value::Object(content)) if content.values().all(is_card_value) => {}
        Some(_) => {
            let why = "is not an object without nulls and with numbers up to 2^53-1";
            return Err(invalid(at("form_data"), why));
        }
    }
    let images = form.images.as_deref().unwrap_or_default();
    entries(at("images"), images.len(), 1)?;
    images.iter().try_for_each(|image| {
        needed(at("images.key_name"), image.key_name.is_some())?;
        needed(at("images.url"), image.url.is_some())?;
        https(at("images.url"), image.url.as_deref())?;
        within(at("images.require"), image.require, 0..=1)
    })
}

fn is_card_value(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Number(number) => number
            .as_f64()
            .is_some_and(|number| number.abs() <= MAX_EXACT),
        Value::Array(values) => values.iter().all(is_card_value),
        Value::Object(values) => values.values().all(is_card_value),
        Value::Bool(_) | Value::String(_) => true,
    }
}

fn live_view(view: &LiveViewPayload) -> Checked {
    let at = |name: &str| format!("vendor.harmony.live_view.{name}");
    needed(at("activity_id"), view.activity_id.is_some())?;
    let int32 = i64::from(i32::MIN)..=i64::from(i32::MAX);
    within(at("activity_id"), view.activity_id, int32)?;
    needed(at("operation"), view.operation.is_some())?;
    within(at("operation"), view.operation, 0..=2)?;
    needed(at("event"), view.event.is_some())?;
    let event = view.event.as_deref().unwrap_or_default();
    if !EVENTS.contains(&event) {
        let why = format!("is not one of {}", EVENTS.join(", "));
        return Err(invalid(at("event"), why));
    }
    if view.operation == Some(0) && !CREATABLE.contains(&event) {
        let why = format!("can be created by a push for {} only", CREATABLE.join(", "));
        return Err(invalid(at("event"), why));
    }
    needed(at("activity_data"), view.activity_data.is_some())?;
    match view.activity_data.as_ref().is_some_and(Value::is_object) {
        true => Ok(()),
        false => Err(invalid(at("activity_data"), "is not an object")),
    }
}

/// Longer than Huawei keeps anything.
pub(super) fn ttl(ttl: Duration) -> Checked {
    if ttl <= MAX_TTL {
        return Ok(());
    }
    Err(invalid(
        "ttl_ms",
        "is over 15 days, the longest that Huawei keeps a message",
    ))
}
