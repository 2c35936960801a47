//! Do not disturb: hours of the day, on the user's own clock, in which nothing rings or shows.

use std::collections::HashMap;
use std::fmt::{self, Debug};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{Device, Hook, RegistryError, UserId, Veto};
use crate::model::{Kind, Notification, Timestamp};

/// Hours in which a user is not to be disturbed, on the clock of a time zone: winter and summer
/// time alike. Written as `22:00-07:00 Europe/Berlin`, in JSON too; `… calls` at the end lets
/// calls ring all the same.
///
/// They begin with the first minute and end before the last one; over midnight, if that is
/// earlier. From a time to itself is the whole day.
///
/// ```
/// use zpns_core::Timestamp;
/// use zpns_core::service::QuietHours;
///
/// let night: QuietHours = "22:00-07:00 Europe/Berlin".parse()?;
/// // 2025-11-24 23:30 in Berlin, and eight hours later.
/// assert!(night.are_now(Timestamp::from_secs(1_764_023_400)));
/// assert!(!night.are_now(Timestamp::from_secs(1_764_052_200)));
/// # Ok::<(), zpns_core::service::QuietHoursError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QuietHours {
    from: Time,
    to: Time,
    zone: TimeZone,
    name: String,
    calls: bool,
}

/// Why a text says no quiet hours.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuietHoursError {
    /// It has another form.
    #[error("`{0}` is not of the form `22:00-07:00 Europe/Berlin`, or that and ` calls`")]
    Form(String),
    /// There is no such time.
    #[error("`{0}` is not a time of the day like `22:00`")]
    Time(String),
    /// There is no such time zone.
    #[error("`{0}` is not a time zone of the IANA database, like `Europe/Berlin`")]
    Zone(String),
}

impl QuietHours {
    /// Whether it is quiet at this moment.
    pub fn are_now(&self, now: Timestamp) -> bool {
        let millis = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        let Ok(moment) = jiff::Timestamp::from_millisecond(millis) else {
            return false;
        };
        let time = self.zone.to_datetime(moment).time();
        if self.from < self.to {
            (self.from..self.to).contains(&time)
        } else {
            time >= self.from || time < self.to
        }
    }

    /// Whether calls ring all the same.
    pub fn let_calls_ring(&self) -> bool {
        self.calls
    }
}

impl FromStr for QuietHours {
    type Err = QuietHoursError;

    fn from_str(text: &str) -> Result<Self, QuietHoursError> {
        let wrong = || QuietHoursError::Form(text.to_owned());
        let words: Vec<&str> = text.split_whitespace().collect();
        let (hours, name, calls) = match words.as_slice() {
            [hours, name] => (*hours, *name, false),
            [hours, name, "calls"] => (*hours, *name, true),
            _ => return Err(wrong()),
        };
        let (from, to) = hours.split_once('-').ok_or_else(wrong)?;
        let zone = TimeZone::get(name).map_err(|_| QuietHoursError::Zone(name.to_owned()))?;
        Ok(Self {
            from: time(from)?,
            to: time(to)?,
            zone,
            name: name.to_owned(),
            calls,
        })
    }
}

fn time(text: &str) -> Result<Time, QuietHoursError> {
    let wrong = || QuietHoursError::Time(text.to_owned());
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let number = |text: &str| text.parse::<i8>().map_err(|_| wrong());
    Time::new(number(hour)?, number(minute)?, 0, 0).map_err(|_| wrong())
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from, self.to);
        write!(
            f,
            "{:02}:{:02}-{:02}:{:02} {}",
            from.hour(),
            from.minute(),
            to.hour(),
            to.minute(),
            self.name
        )?;
        f.write_str(if self.calls { " calls" } else { "" })
    }
}

impl TryFrom<String> for QuietHours {
    type Error = QuietHoursError;

    fn try_from(text: String) -> Result<Self, QuietHoursError> {
        text.parse()
    }
}

impl From<QuietHours> for String {
    fn from(hours: QuietHours) -> Self {
        hours.to_string()
    }
}

/// Which users have quiet hours. The host's own store of settings implements it;
/// [`MemoryQuietTimes`] is the one in memory.
#[async_trait]
pub trait QuietTimes: Debug + Send + Sync + 'static {
    /// A user's, if the user has any.
    ///
    /// # Errors
    /// None but the store's own.
    async fn of(&self, user: &UserId) -> Result<Option<QuietHours>, RegistryError>;
}

/// [`QuietTimes`] in memory.
#[derive(Debug, Default)]
pub struct MemoryQuietTimes(Mutex<HashMap<UserId, QuietHours>>);

impl MemoryQuietTimes {
    /// Nobody has any.
    pub fn new() -> Self {
        Self::default()
    }

    /// The user has these, or none.
    pub fn set(&self, user: UserId, hours: Option<QuietHours>) {
        match hours {
            Some(hours) => drop(self.lock().insert(user, hours)),
            None => drop(self.lock().remove(&user)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, QuietHours>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl QuietTimes for MemoryQuietTimes {
    async fn of(&self, user: &UserId) -> Result<Option<QuietHours>, RegistryError> {
        Ok(self.lock().get(user).cloned())
    }
}

/// A [`Hook`] that lets nobody be disturbed in their quiet hours. Silent pushes go out, and calls
/// where the user lets them; devices of nobody have no such hours.
///
/// ```
/// use std::sync::Arc;
/// use zpns_core::service::{DoNotDisturb, MemoryQuietTimes, PushServiceBuilder};
///
/// # fn example(builder: PushServiceBuilder) -> Result<(), Box<dyn std::error::Error>> {
/// let times = Arc::new(MemoryQuietTimes::new());
/// times.set("alice".into(), Some("22:00-07:00 Europe/Berlin calls".parse()?));
/// let service = builder.hook(Arc::new(DoNotDisturb::new(times))).build();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DoNotDisturb {
    times: Arc<dyn QuietTimes>,
}

impl DoNotDisturb {
    /// With the users' hours from here.
    pub fn new(times: Arc<dyn QuietTimes>) -> Self {
        Self { times }
    }
}

#[async_trait]
impl Hook for DoNotDisturb {
    async fn device(
        &self,
        notification: &Notification,
        device: &Device,
        now: Timestamp,
    ) -> Result<Option<Veto>, RegistryError> {
        let Some(user) = &device.user else {
            return Ok(None);
        };
        if notification.kind == Kind::Silent {
            return Ok(None);
        }
        let hours = self.times.of(user).await?;
        let is_call = matches!(notification.kind, Kind::Call(_));
        let quiet = hours.filter(|hours| hours.are_now(now) && !(is_call && hours.calls));
        Ok(quiet.map(|hours| format!("do not disturb, {hours}").into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(utc: &str) -> Timestamp {
        let moment: jiff::Timestamp = utc.parse().unwrap();
        Timestamp::from_millis(u64::try_from(moment.as_millisecond()).unwrap())
    }

    #[test]
    fn quiet_hours_follow_the_users_clock_through_summer_time() {
        let night: QuietHours = "22:00-07:00 Europe/Berlin".parse().unwrap();
        let rows = [
            // In winter, an hour ahead of UTC.
            ("2026-01-10T20:59:59Z", false),
            ("2026-01-10T21:00:00Z", true),
            ("2026-01-11T05:59:59Z", true),
            ("2026-01-11T06:00:00Z", false),
            // In summer, two.
            ("2026-07-10T20:00:00Z", true),
            ("2026-07-11T04:59:59Z", true),
            ("2026-07-11T05:00:00Z", false),
        ];
        for (moment, quiet) in rows {
            assert_eq!(night.are_now(at(moment)), quiet, "{moment}");
        }
    }

    #[test]
    fn they_may_lie_within_a_day_and_be_the_whole_of_it() {
        let noon: QuietHours = "12:00-14:30 Asia/Shanghai".parse().unwrap();
        assert!(noon.are_now(at("2026-01-10T06:29:59Z")));
        assert!(!noon.are_now(at("2026-01-10T06:30:00Z")));
        let all: QuietHours = "00:00-00:00 UTC".parse().unwrap();
        assert!(all.are_now(at("2026-01-10T06:30:00Z")));
    }

    #[test]
    fn what_is_written_is_what_is_read_and_errors_say_what_to_change() {
        for text in ["22:00-07:00 Europe/Berlin", "09:05-17:00 UTC calls"] {
            let hours: QuietHours = text.parse().unwrap();
            assert_eq!(hours.to_string(), text);
            let json = serde_json::to_string(&hours).unwrap();
            assert_eq!(serde_json::from_str::<QuietHours>(&json).unwrap(), hours);
        }
        let rows = [
            ("22:00 Europe/Berlin", "is not of the form"),
            ("22:00-07:00", "is not of the form"),
            ("22:00-07:00 UTC loudly", "is not of the form"),
            ("22:00-25:00 UTC", "`25:00` is not a time"),
            ("22-7 UTC", "`22` is not a time"),
            ("22:00-07:00 Berlin", "`Berlin` is not a time zone"),
        ];
        for (text, expected) in rows {
            let error = text.parse::<QuietHours>().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
