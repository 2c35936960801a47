//! `messageJson`: what its fields mean to each other.

use serde_json::{Map, Value};

use super::error::{MeizuError, error};
use super::fields::{NOTIFICATION, PASS_THROUGH, Schema, check};
use super::request::needed;
use crate::form::Form;

type Object = Map<String, Value>;

/// What a task may not hold: it has no receipts.
const RECEIPTS: &str = "extra";

/// A notification. `by_task` is one that is stored first.
pub(super) fn check_notification(form: &Form, by_task: bool) -> Result<(), MeizuError> {
    let message = read(form, NOTIFICATION)?;
    if by_task && message.contains_key(RECEIPTS) {
        return Err(error("1005", "a task has no receipts"));
    }
    let part = |name: &str| message.get(name).and_then(Value::as_object);
    let bar = part("noticeBarInfo");
    let bar = bar.ok_or_else(|| error("1005", "there is no noticeBarInfo"))?;
    need(bar, "title")?;
    need(bar, "content")?;
    let empty = Map::new();
    let expanded = part("noticeExpandInfo").unwrap_or(&empty);
    check_kind(expanded, "noticeExpandType", EXPANDED)?;
    check_kind(part("clickTypeInfo").unwrap_or(&empty), "clickType", CLICKS)?;
    check_display(part("advanceInfo").unwrap_or(&empty))?;
    check_vip(part("vipInfo").unwrap_or(&empty), expanded)
}

/// A pass-through message.
pub(super) fn check_pass_through(form: &Form, by_task: bool) -> Result<(), MeizuError> {
    let message = read(form, PASS_THROUGH)?;
    need(&message, "content")?;
    match by_task {
        true => need(&message, "title"),
        false => Ok(()),
    }
}

fn read(form: &Form, schema: Schema) -> Result<Object, MeizuError> {
    let text = needed(form, "messageJson")?;
    let message: Value =
        serde_json::from_str(text).map_err(|why| error("1005", why.to_string()))?;
    check(&message, schema, "messageJson").cloned()
}

fn need(object: &Object, name: &str) -> Result<(), MeizuError> {
    match object.get(name) {
        None => Err(error("1005", format!("`{name}` is missing"))),
        Some(Value::String(text)) if text.trim().is_empty() => {
            Err(error("1005", format!("`{name}` is blank")))
        }
        Some(_) => Ok(()),
    }
}

/// Kinds, and the field that each of them needs.
type Kinds = &'static [(i64, &'static str)];

const CLICKS: Kinds = &[(1, "activity"), (2, "url")];
const EXPANDED: Kinds = &[(1, "noticeExpandContent"), (2, "noticeExpandImgUrl")];
const BIG_PICTURE: i64 = 2;

fn check_kind(object: &Object, name: &str, kinds: Kinds) -> Result<(), MeizuError> {
    let kind = object.get(name).and_then(Value::as_i64);
    match kinds.iter().find(|row| Some(row.0) == kind) {
        Some((_, needed)) => need(object, needed),
        None => Ok(()),
    }
}

fn check_display(advanced: &Object) -> Result<(), MeizuError> {
    if !is_set(advanced, "fixDisplay") {
        return Ok(());
    }
    let (from, until) = ("fixStartDisplayTime", "fixEndDisplayTime");
    need(advanced, from)?;
    need(advanced, until)?;
    let time = |name: &str| advanced.get(name).and_then(Value::as_str);
    // In this form, times are in the order of their texts.
    match time(from) < time(until) {
        true => Ok(()),
        false => Err(error("1005", "the display ends before it starts")),
    }
}

fn check_vip(vip: &Object, expanded: &Object) -> Result<(), MeizuError> {
    let has = |name: &str| vip.contains_key(name);
    let expanded = expanded.get("noticeExpandType").and_then(Value::as_i64);
    let excluded = [
        (is_set(vip, "pullDownTop") && has("timeTop"), "pinned twice"),
        (
            has("titleColor") && has("backgroundImgUrl"),
            "a colour on a background",
        ),
        (
            has("bigIconUrl") && has("backgroundImgUrl"),
            "a big icon on a background",
        ),
        (
            expanded == Some(BIG_PICTURE) && has("backgroundImgUrl"),
            "a big picture on a background",
        ),
    ];
    match excluded.iter().find(|(excluded, _)| *excluded) {
        Some((_, why)) => Err(error("1005", *why)),
        None => Ok(()),
    }
}

fn is_set(object: &Object, name: &str) -> bool {
    let value = object.get(name);
    value.is_some_and(|value| value == &Value::Bool(true) || value.as_i64() == Some(1))
}
