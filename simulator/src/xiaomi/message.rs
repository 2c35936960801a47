//! A message, parameter by parameter (the API's table of parameters).

use super::Xiaomi;
use super::error::{MiError, error};
use super::extras;
use crate::form::Form;

/// Every parameter but the targets and `extra.*`.
const PARAMETERS: [&str; 11] = [
    "registration_id",
    "restricted_package_name",
    "payload",
    "title",
    "description",
    "pass_through",
    "notify_type",
    "notify_id",
    "time_to_live",
    "time_to_send",
    "collapse_key",
];

const PAYLOAD_LIMIT: usize = 4096;
const TITLE_LIMIT: usize = 49;
const DESCRIPTION_LIMIT: usize = 127;
const TEN_DAYS_MS: i64 = 10 * 24 * 60 * 60 * 1000;
const SEVEN_DAYS_MS: i64 = 7 * 24 * 60 * 60 * 1000;

impl Xiaomi {
    /// Checks everything but whom it is for.
    pub(super) fn check_message(&self, form: &Form) -> Result<(), MiError> {
        let unknown = |key: &&str| !PARAMETERS.contains(key) && !key.starts_with("extra.");
        if let Some(key) = form.pairs().map(|(key, _)| key).find(unknown) {
            return Err(error(10008, format!("no parameter is called `{key}`")));
        }
        let payload = form.get("payload").unwrap_or_default();
        if payload.len() > PAYLOAD_LIMIT {
            return Err(error(65009, format!("payload of {} bytes", payload.len())));
        }
        number(form, "notify_id", 0, i64::from(i32::MAX))?;
        number(form, "notify_type", -1, 7)?;
        number(form, "time_to_live", 0, TEN_DAYS_MS)?;
        let now = i64::try_from(self.clock.now_ms()).unwrap_or(i64::MAX);
        // A minute for a client whose clock is a little ahead.
        number(form, "time_to_send", 0, now + SEVEN_DAYS_MS + 60_000)?;
        let pass_through = number(form, "pass_through", 0, 1)?.unwrap_or(0) == 1;
        if pass_through {
            if form.get("payload").is_none() {
                return Err(error(10016, "a pass-through without `payload`"));
            }
        } else {
            text(form, "title", TITLE_LIMIT)?;
            text(form, "description", DESCRIPTION_LIMIT)?;
            extras::check_click(form)?;
        }
        extras::check(form)?;
        self.check_channel(form)
    }

    /// The channel's approval, and the template that a private one needs.
    fn check_channel(&self, form: &Form) -> Result<(), MiError> {
        let known = &self.credentials;
        let channel = form.get("extra.channel_id");
        if channel == Some(&known.unapproved_channel) {
            return Err(error(27001, "no such channel, or not approved"));
        }
        let template = form.get("extra.template_id");
        if channel != Some(&known.private_channel) {
            // Other channels and their templates are nobody's: all that is checked is their form.
            return match (template, channel) {
                (Some(_), None) => Err(error(10041, "a template without a channel")),
                (Some(_), Some(_)) => extras::variables(form).map(drop),
                (None, _) => Ok(()),
            };
        }
        if template != Some(&known.template_id) {
            return Err(error(10041, "the private channel needs its template"));
        }
        let variables = extras::variables(form)?;
        let mut wanted = known.template_variables.clone();
        wanted.sort();
        if variables != wanted {
            return Err(error(10041, format!("variables {variables:?}")));
        }
        Ok(())
    }
}

/// A whole number within bounds, where there is one.
pub(super) fn number(
    form: &Form,
    key: &str,
    least: i64,
    most: i64,
) -> Result<Option<i64>, MiError> {
    let Some(text) = form.get(key) else {
        return Ok(None);
    };
    match text.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(Some(number)),
        _ => Err(error(
            10017,
            format!("`{key}` is `{text}`, and not from {least} to {most}"),
        )),
    }
}

/// A text that is shown: there, not blank, short enough. Every character counts one.
fn text(form: &Form, key: &str, limit: usize) -> Result<(), MiError> {
    let Some(text) = form.get(key) else {
        return Err(error(10016, format!("`{key}` is missing")));
    };
    if text.trim().is_empty() {
        return Err(error(10017, format!("`{key}` is blank")));
    }
    let length = text.chars().count();
    if length > limit {
        return Err(error(
            10017,
            format!("`{key}` has {length} characters, {limit} are allowed"),
        ));
    }
    Ok(())
}
