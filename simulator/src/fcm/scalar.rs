//! The text forms of small values.

use std::time::Duration;

use serde_json::Value;

/// A number of 32 bits, which proto3 JSON also allows as a string.
pub(super) fn int32(value: &Value) -> bool {
    match value {
        Value::String(text) => text.parse::<i32>().is_ok(),
        number => number
            .as_i64()
            .is_some_and(|number| i32::try_from(number).is_ok()),
    }
}

/// Seconds with at most nine decimals and an `s`. Negative ones exist in proto, and nowhere here.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let number = text.strip_suffix('s')?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    Some(Duration::new(whole.parse().ok()?, nanos))
}

/// `2026-11-25T04:08:16.123Z`, with `Z` or an offset.
pub(super) fn is_timestamp(text: &str) -> bool {
    let shape = |text: &str, pattern: &str| {
        text.len() == pattern.len()
            && text
                .bytes()
                .zip(pattern.bytes())
                .all(|(byte, wanted)| match wanted {
                    b'0' => byte.is_ascii_digit(),
                    _ => byte == wanted,
                })
    };
    let Some((moment, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let zone = match rest.strip_prefix('.') {
        Some(rest) => {
            let zone = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            if (1..=9).contains(&(rest.len() - zone.len())) {
                zone
            } else {
                return false;
            }
        }
        None => rest,
    };
    shape(moment, "0000-00-00T00:00:00")
        && (zone == "Z" || shape(zone, "+00:00") || shape(zone, "-00:00"))
}

/// `#rrggbb`.
pub(super) fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// `[a-zA-Z0-9-_.~%]`, this many of them at most: a topic or an analytics label.
pub(super) fn is_label(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds_with_an_s() {
        assert_eq!(duration("3.5s"), Some(Duration::from_millis(3500)));
        assert_eq!(duration("0s"), Some(Duration::ZERO));
        for wrong in ["3", "s", "-1s", "1.s", ".5s", "1m", "1.1234567890s", ""] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn timestamps_are_rfc_3339() {
        for right in [
            "2026-11-25T04:08:16Z",
            "2026-11-25T04:08:16.123Z",
            "2026-11-25T04:08:16+08:00",
        ] {
            assert!(is_timestamp(right), "{right}");
        }
        for wrong in [
            "2026-11-25",
            "2026-11-25T04:08:16",
            "2026-11-25 04:08:16Z",
            "2026-11-25T04:08:16.Z",
            "",
        ] {
            assert!(!is_timestamp(wrong), "{wrong}");
        }
    }
}
