//! A message: what its fields mean to each other.

use serde_json::{Map, Value};

use super::error::{VivoError, error, malformed};
use super::fields::{need, text};

/// Fields that every message has, and the codes of their absence.
const NEEDED: &[(&str, i64)] = &[
    ("title", 10055),
    ("content", 10057),
    ("notifyType", 10054),
    ("skipType", 10060),
    ("requestId", 10352),
];

/// Kind of click, and the codes of no content and of too much of it.
const CLICKS: &[(i64, i64, i64)] = &[(2, 10061, 10062), (4, 10068, 10069)];
const CLICK_LIMIT: usize = 2048;

const OPERATIONAL: i64 = 0;
const SYSTEM: i64 = 1;

/// Categories, and the class of each.
const CATEGORIES: &[(&str, i64)] = &[
    ("IM", SYSTEM),
    ("ACCOUNT", SYSTEM),
    ("TODO", SYSTEM),
    ("DEVICE_REMINDER", SYSTEM),
    ("ORDER", SYSTEM),
    ("SUBSCRIPTION", SYSTEM),
    ("NEWS", OPERATIONAL),
    ("CONTENT", OPERATIONAL),
    ("MARKETING", OPERATIONAL),
    ("SOCIAL", OPERATIONAL),
];

const PAIRS: usize = 10;
const PAIRS_LIMIT: usize = 1024;

/// Keys of `extra`, and their limits with the code of each.
const EXTRA: &[(&str, usize, i64)] = &[
    ("callback", 128, 10305),
    ("callback.param", 192, 10306),
    ("callback.id", usize::MAX, 10304),
];

/// Everything but the targets. `now` is in milliseconds since the epoch.
pub(super) fn check(body: &Map<String, Value>, now: u64) -> Result<(), VivoError> {
    for (name, code) in NEEDED {
        need(body, name, *code)?;
    }
    check_click(body)?;
    let class = class(body)?;
    check_pairs(body)?;
    check_extra(body)?;
    match body.get("timedDisplay").and_then(Value::as_object) {
        Some(timed) => check_timed(timed, class, now),
        None => Ok(()),
    }
}

fn check_click(body: &Map<String, Value>) -> Result<(), VivoError> {
    let kind = body.get("skipType").and_then(Value::as_i64);
    let content = text(body, "skipContent");
    match CLICKS.iter().find(|row| Some(row.0) == kind) {
        Some(row) if content.trim().is_empty() => Err(error(row.1, "nothing to open")),
        Some(row) if content.chars().count() > CLICK_LIMIT => {
            Err(error(row.2, "`skipContent` is too long"))
        }
        _ => Ok(()),
    }
}

/// The class of a message, of which its category is a part. With neither it is of the system:
/// what today's pages say.
fn class(body: &Map<String, Value>) -> Result<i64, VivoError> {
    let class = body.get("classification").and_then(Value::as_i64);
    if !body.contains_key("category") {
        return Ok(class.unwrap_or(SYSTEM));
    }
    let category = text(body, "category");
    let row = CATEGORIES.iter().find(|row| row.0 == category);
    let (_, own) = row.ok_or_else(|| error(10096, format!("`{category}`")))?;
    match class {
        Some(class) if class != *own => Err(error(
            10097,
            format!("`{category}` is not of class {class}"),
        )),
        _ => Ok(*own),
    }
}

fn check_pairs(body: &Map<String, Value>) -> Result<(), VivoError> {
    let pairs = body.get("clientCustomMap").and_then(Value::as_object);
    let Some(pairs) = pairs else {
        return Ok(());
    };
    if pairs.len() > PAIRS {
        return Err(error(10066, format!("{} pairs", pairs.len())));
    }
    let length = |text: &str| text.chars().count();
    let sizes = pairs
        .iter()
        .map(|(key, value)| length(key) + value.as_str().map_or(0, length));
    let size: usize = sizes.sum();
    if size > PAIRS_LIMIT {
        return Err(error(10067, format!("{size} characters")));
    }
    Ok(())
}

fn check_extra(body: &Map<String, Value>) -> Result<(), VivoError> {
    let extra = body.get("extra").and_then(Value::as_object);
    for (key, value) in extra.into_iter().flatten() {
        let row = EXTRA.iter().find(|row| row.0 == key);
        let (_, most, code) = row.ok_or_else(|| error(10304, format!("`{key}`")))?;
        let length = value.as_str().unwrap_or_default().chars().count();
        if length > *most {
            return Err(error(*code, format!("{length} characters of `{key}`")));
        }
    }
    Ok(())
}

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// China is so far ahead of UTC.
const CHINA: u64 = 8 * HOUR;

/// When a message is to be shown. No code is documented for any of this.
fn check_timed(timed: &Map<String, Value>, class: i64, now: u64) -> Result<(), VivoError> {
    const NAMES: [&str; 3] = ["overtimeDisplay", "showStartTime", "showEndTime"];
    let wrong = |why: &str| Err(malformed(format!("`timedDisplay`: {why}")));
    if timed.keys().any(|name| !NAMES.contains(&name.as_str())) {
        return wrong("has an unknown field");
    }
    let time = |name: &str| text(timed, name).parse::<u64>().ok();
    let times = time("showStartTime").zip(time("showEndTime"));
    let (Some((start, end)), Some(Value::Bool(_))) = (times, timed.get("overtimeDisplay")) else {
        return wrong("needs two times as texts of milliseconds, and a flag");
    };
    let hour = |time: u64| (time + CHINA) % DAY / HOUR;
    let fits = [
        (start >= now + 10 * MINUTE, "starts in less than 10 minutes"),
        (end <= now + DAY, "ends more than a day ahead"),
        (start < end, "ends before it starts"),
        (
            end.abs_diff(start) < 120 * MINUTE,
            "lasts two hours or more",
        ),
        (
            (start + CHINA) / DAY == (end + CHINA) / DAY,
            "ends another day",
        ),
        (
            class == SYSTEM || (hour(start) >= 7 && hour(end) < 23),
            "is in the night",
        ),
    ];
    match fits.iter().find(|(fits, _)| !fits) {
        Some((_, why)) => wrong(why),
        None => Ok(()),
    }
}
