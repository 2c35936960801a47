//! A duration as it stands in Google's JSON.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A duration in Google's JSON form: seconds with up to nine decimals and an `s`, as in `"3.5s"`.
///
/// ```
/// use std::time::Duration;
/// use zpns_fcm::message::ProtoDuration;
///
/// let timing = ProtoDuration::from(Duration::from_millis(3_500));
/// assert_eq!(timing.to_string(), "3.5s");
/// assert_eq!("3.5s".parse(), Ok(timing));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ProtoDuration(Duration);

impl ProtoDuration {
    /// The duration itself.
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl From<Duration> for ProtoDuration {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl fmt::Display for ProtoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.as_secs())?;
        if self.0.subsec_nanos() != 0 {
            let decimals = format!("{:09}", self.0.subsec_nanos());
            write!(f, ".{}", decimals.trim_end_matches('0'))?;
        }
        f.write_str("s")
    }
}

impl FromStr for ProtoDuration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse(text)
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not a duration such as `3s` or `3.5s`"))
    }
}

fn parse(text: &str) -> Option<Duration> {
    let number = text.strip_suffix('s')?;
    let (seconds, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(seconds) || !all_digits(decimals) || !(1..=9).contains(&decimals.len()) {
        return None;
    }
    let nanos: u32 = format!("{decimals:0<9}").parse().ok()?;
    Some(Duration::new(seconds.parse().ok()?, nanos))
}

impl Serialize for ProtoDuration {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ProtoDuration {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_google_writes_them() {
        let rows = [
            (Duration::ZERO, "0s"),
            (Duration::from_secs(3), "3s"),
            (Duration::from_millis(3_500), "3.5s"),
            (Duration::from_nanos(1), "0.000000001s"),
            (Duration::from_secs(2_419_200), "2419200s"),
        ];
        for (duration, text) in rows {
            assert_eq!(ProtoDuration::from(duration).to_string(), text);
            assert_eq!(text.parse(), Ok(ProtoDuration::from(duration)));
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "s",
            "3",
            "-3s",
            "3.s",
            ".5s",
            "3.0000000001s",
            "3,5s",
            "1e3s",
        ] {
            assert!(text.parse::<ProtoDuration>().is_err(), "{text}");
        }
    }
}
