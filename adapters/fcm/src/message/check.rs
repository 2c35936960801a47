//! The limits of FCM's own options, checked before anything is sent (`reference/fcm.md` §2).

use std::collections::BTreeMap;
use std::time::Duration;

use zpns_core::{ErrorKind, Rejection};

use super::{
    AnalyticsOptions, AndroidConfig, AndroidNotification, ApnsConfig, LightSettings, Options,
    WebpushConfig,
};

/// How long FCM stores a message at the most: 28 days.
pub(crate) const MAX_TTL: Duration = Duration::from_secs(2_419_200);
/// Characters of an analytics label at the most.
const LABEL_LENGTH: usize = 50;
/// Keys of `data` that FCM keeps for itself.
const RESERVED_KEYS: [&str; 2] = ["from", "message_type"];
/// What keys of `data` may not begin with.
const RESERVED_PREFIXES: [&str; 2] = ["google.", "gcm."];

/// A refusal of one field.
pub(super) fn invalid(field: &str, why: impl std::fmt::Display) -> Rejection {
    Rejection::new(ErrorKind::MessageInvalid, format!("{field}: {why}"))
}

pub(super) fn options(options: &Options) -> Result<(), Rejection> {
    label(
        "vendor.fcm.fcm_options",
        analytics(options.fcm_options.as_ref()),
    )?;
    options.android.as_ref().map_or(Ok(()), android)?;
    options.apns.as_ref().map_or(Ok(()), apns)?;
    options.webpush.as_ref().map_or(Ok(()), webpush)?;
    match &options.android_v2 {
        Some(_) if options.android.is_some() => Err(invalid(
            "vendor.fcm.android_v2",
            "cannot stand beside `android`",
        )),
        Some(v2) if !v2.is_object() => Err(invalid("vendor.fcm.android_v2", "is not an object")),
        _ => Ok(()),
    }
}

fn android(android: &AndroidConfig) -> Result<(), Rejection> {
    if let Some(ttl) = android.ttl {
        self::ttl("vendor.fcm.android.ttl", ttl.get())?;
    }
    label(
        "vendor.fcm.android.fcm_options",
        analytics(android.fcm_options.as_ref()),
    )?;
    data("vendor.fcm.android.data", android.data.as_ref())?;
    android
        .notification
        .as_ref()
        .map_or(Ok(()), android_notification)
}

fn android_notification(look: &AndroidNotification) -> Result<(), Rejection> {
    let field = |name: &str| format!("vendor.fcm.android.notification.{name}");
    if look.color.as_ref().is_some_and(|color| !is_color(color)) {
        return Err(invalid(&field("color"), "is not of the form #rrggbb"));
    }
    if look.title_loc_args.is_some() && look.title_loc_key.is_none() {
        return Err(invalid(&field("title_loc_args"), "needs `title_loc_key`"));
    }
    if look.body_loc_args.is_some() && look.body_loc_key.is_none() {
        return Err(invalid(&field("body_loc_args"), "needs `body_loc_key`"));
    }
    if look
        .event_time
        .as_ref()
        .is_some_and(|time| !is_utc_time(time))
    {
        return Err(invalid(
            &field("event_time"),
            "is not a UTC time such as 2026-11-23T10:00:00Z",
        ));
    }
    if look
        .notification_count
        .is_some_and(|count| i32::try_from(count).is_err())
    {
        return Err(invalid(&field("notification_count"), "is over 2147483647"));
    }
    if look
        .light_settings
        .is_some_and(|light| !is_legal_light(light))
    {
        return Err(invalid(
            &field("light_settings.color"),
            "has a part outside 0.0 to 1.0",
        ));
    }
    Ok(())
}

fn apns(apns: &ApnsConfig) -> Result<(), Rejection> {
    let own = apns
        .fcm_options
        .as_ref()
        .and_then(|options| options.analytics_label.as_deref());
    label("vendor.fcm.apns.fcm_options", own)?;
    let aps = apns.payload.as_ref().and_then(|payload| payload.get("aps"));
    if aps.is_some_and(|aps| !aps.is_object()) {
        return Err(invalid("vendor.fcm.apns.payload.aps", "is not an object"));
    }
    if apns
        .live_activity_token
        .as_ref()
        .is_some_and(|token| token.as_str().is_empty())
    {
        return Err(invalid("vendor.fcm.apns.live_activity_token", "is empty"));
    }
    Ok(())
}

fn webpush(webpush: &WebpushConfig) -> Result<(), Rejection> {
    data("vendor.fcm.webpush.data", webpush.data.as_ref())?;
    let Some(options) = &webpush.fcm_options else {
        return Ok(());
    };
    label(
        "vendor.fcm.webpush.fcm_options",
        options.analytics_label.as_deref(),
    )?;
    if options
        .link
        .as_ref()
        .is_some_and(|link| !link.starts_with("https://"))
    {
        return Err(invalid(
            "vendor.fcm.webpush.fcm_options.link",
            "is not an https URL",
        ));
    }
    Ok(())
}

/// A time to live within FCM's limit.
pub(super) fn ttl(field: &str, ttl: Duration) -> Result<(), Rejection> {
    if ttl <= MAX_TTL {
        return Ok(());
    }
    Err(invalid(
        field,
        "is over 28 days, the longest that FCM stores a message",
    ))
}

/// Keys that FCM does not keep for itself.
pub(super) fn data(field: &str, data: Option<&BTreeMap<String, String>>) -> Result<(), Rejection> {
    let reserved = |key: &&String| {
        RESERVED_KEYS.contains(&key.as_str())
            || RESERVED_PREFIXES
                .iter()
                .any(|prefix| key.starts_with(prefix))
    };
    match data.and_then(|data| data.keys().find(reserved)) {
        Some(key) => Err(invalid(
            field,
            format!("FCM keeps the key `{key}` for itself"),
        )),
        None => Ok(()),
    }
}

fn analytics(options: Option<&AnalyticsOptions>) -> Option<&str> {
    options?.analytics_label.as_deref()
}

/// `^[a-zA-Z0-9-_.~%]{1,50}$`
fn label(block: &str, label: Option<&str>) -> Result<(), Rejection> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte);
    match label {
        Some(label) if !((1..=LABEL_LENGTH).contains(&label.len()) && label.bytes().all(legal)) => {
            Err(invalid(
                &format!("{block}.analytics_label"),
                format!("is not 1 to {LABEL_LENGTH} characters of A-Z a-z 0-9 - _ . ~ %"),
            ))
        }
        _ => Ok(()),
    }
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_legal_light(light: LightSettings) -> bool {
    let color = light.color;
    [color.red, color.green, color.blue, color.alpha]
        .into_iter()
        .all(|part| (0.0..=1.0).contains(&part))
}

/// The shape of an RFC 3339 time in UTC, with or without decimals; the server checks the calendar.
fn is_utc_time(text: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let Some(time) = text.strip_suffix('Z') else {
        return false;
    };
    let (whole, decimals) = time.split_once('.').unwrap_or((time, "0"));
    let like = |(byte, shape): (u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        other => byte == *other,
    };
    whole.len() == SHAPE.len()
        && whole.bytes().zip(SHAPE).all(like)
        && (1..=9).contains(&decimals.len())
        && decimals.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn refusal(json: Value) -> Option<String> {
        let parsed: Options = serde_json::from_value(json).unwrap();
        options(&parsed).err().map(|rejection| {
            assert_eq!(rejection.kind, ErrorKind::MessageInvalid);
            rejection.reason.into_owned()
        })
    }

    #[test]
    fn every_limit_of_the_options_is_checked_and_named() {
        let light = |red: f64| {
            json!({"android": {"notification": {"light_settings": {
                "color": {"red": red}, "light_on_duration": "1s", "light_off_duration": "1s"}}}})
        };
        let look = |field: &str, value: Value| json!({"android": {"notification": {field: value}}});
        let rows = [
            (json!({"android": {"ttl": "2419200.5s"}}), "android.ttl"),
            (json!({"android": {"data": {"from": "x"}}}), "android.data"),
            (
                json!({"android": {"data": {"google.x": "x"}}}),
                "android.data",
            ),
            (
                json!({"android": {"fcm_options": {"analytics_label": "a b"}}}),
                "analytics_label",
            ),
            (
                json!({"fcm_options": {"analytics_label": ""}}),
                "analytics_label",
            ),
            (
                json!({"fcm_options": {"analytics_label": "a".repeat(51)}}),
                "analytics_label",
            ),
            (look("color", json!("red")), "color"),
            (look("color", json!("#12345g")), "color"),
            (look("title_loc_args", json!(["a"])), "title_loc_args"),
            (look("body_loc_args", json!(["a"])), "body_loc_args"),
            (
                look("event_time", json!("2026-11-23 10:00:00")),
                "event_time",
            ),
            (
                look("event_time", json!("2026-11-23T10:00:00+01:00")),
                "event_time",
            ),
            (
                look("notification_count", json!(2_147_483_648_u32)),
                "notification_count",
            ),
            (light(1.5), "light_settings"),
            (json!({"apns": {"payload": {"aps": 1}}}), "apns.payload.aps"),
            (
                json!({"apns": {"live_activity_token": ""}}),
                "live_activity_token",
            ),
            (
                json!({"apns": {"fcm_options": {"analytics_label": "ä"}}}),
                "analytics_label",
            ),
            (
                json!({"webpush": {"data": {"gcm.notification.x": "x"}}}),
                "webpush.data",
            ),
            (
                json!({"webpush": {"fcm_options": {"link": "http://example.com"}}}),
                "link",
            ),
            (
                json!({"webpush": {"fcm_options": {"analytics_label": "/"}}}),
                "analytics_label",
            ),
            (json!({"android_v2": {}, "android": {}}), "android_v2"),
            (json!({"android_v2": []}), "android_v2"),
        ];
        for (json, field) in rows {
            let reason = refusal(json.clone());
            assert!(
                reason.as_ref().is_some_and(|why| why.contains(field)),
                "{json}: {reason:?}"
            );
        }
    }

    #[test]
    fn what_is_just_within_the_limits_passes() {
        let options = json!({
            "android": {"ttl": "2419200s", "data": {"collapse_key": "c", "from_me": "x"},
                "notification": {"color": "#A0b1C2", "event_time": "2026-11-23T10:00:00.123Z",
                    "notification_count": 2_147_483_647,
                    "light_settings": {"color": {"red": 1.0, "alpha": 0.0},
                        "light_on_duration": "1s", "light_off_duration": "0s"}}},
            "fcm_options": {"analytics_label": "a".repeat(50)},
            "webpush": {"fcm_options": {"link": "https://example.com"}},
        });
        assert_eq!(refusal(options), None);
    }

    #[test]
    fn lights_need_all_of_their_fields() {
        let half = json!({"android": {"notification": {"light_settings": {
            "color": {}, "light_on_duration": "1s"}}}});
        let error = serde_json::from_value::<Options>(half).unwrap_err();
        assert!(error.to_string().contains("light_off_duration"), "{error}");
    }
}
