//! Tasks: messages that were stored to be sent, and what became of them.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::error::{MeizuError, error};
use crate::form::Form;
use crate::sync::lock;

const FIRST: u64 = 20_457;

/// How many targets a task was sent to, and how many it was taken for.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    targets: u64,
    taken: u64,
}

#[derive(Debug, Default)]
pub(super) struct Tasks(Mutex<HashMap<u64, Counts>>);

impl Tasks {
    /// A new task.
    pub(super) fn create(&self) -> u64 {
        let mut tasks = lock(&self.0);
        let id = FIRST + tasks.len() as u64;
        tasks.insert(id, Counts::default());
        id
    }

    /// The task that a form names.
    pub(super) fn named(&self, form: &Form) -> Result<u64, MeizuError> {
        let text = super::request::needed(form, "taskId")?;
        let id = text.parse().ok();
        id.filter(|id| lock(&self.0).contains_key(id))
            .ok_or_else(|| error("110032", format!("there is no task `{text}`")))
    }

    pub(super) fn count(&self, id: u64, targets: usize, taken: usize) {
        if let Some(counts) = lock(&self.0).get_mut(&id) {
            counts.targets += targets as u64;
            counts.taken += taken as u64;
        }
    }

    /// What became of a task. What was taken has arrived and was shown.
    pub(super) fn statistics(&self, id: u64) -> Value {
        let counts = lock(&self.0).get(&id).copied().unwrap_or_default();
        json!({
            "taskId": id, "targetNo": counts.targets, "validNo": counts.taken,
            "pushedNo": counts.taken, "acceptNo": counts.taken, "displayNo": counts.taken,
            "clickNo": 0,
        })
    }
}

const SPAN: i64 = 30;

/// Whether the days of a form can be asked for together.
pub(super) fn check_days(form: &Form) -> Result<(), MeizuError> {
    let day = |key: &str| {
        let text = super::request::needed(form, key)?;
        day(text).ok_or_else(|| error("1005", format!("`{key}` is `{text}`")))
    };
    match day("endTime")? - day("startTime")? {
        0..=SPAN => Ok(()),
        span => Err(error("500", format!("a span of {span} days"))),
    }
}

/// The number of a day in the calendar, from `yyyyMMdd`.
fn day(text: &str) -> Option<i64> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = text.parse().ok()?;
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // A year that starts in March ends with its leap day.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leaps = year / 4 - year / 100 + year / 400;
    Some(365 * year + leaps + (153 * month + 2) / 5 + day)
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_are_counted_over_months_and_leap_days() {
        for (from, to, span) in [
            ("20261125", "20261225", 30),
            ("20240228", "20240301", 2),
            ("20260228", "20260301", 1),
            ("20251231", "20260101", 1),
            ("20260301", "20260228", -1),
        ] {
            assert_eq!(day(to).unwrap() - day(from).unwrap(), span, "{from} {to}");
        }
        for wrong in ["2026-11-25", "20261301", "20261132", "x", ""] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }
}
