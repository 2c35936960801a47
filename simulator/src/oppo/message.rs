//! Messages: their envelopes, and what the fields of a notification mean to each other.

use serde_json::{Map, Value};

use super::credentials::{App, Credentials};
use super::error::{OppoError, error};
use super::fields::{self, For, PUBLIC, is_web};
use super::target::{ALIAS, ID};

type Object = Map<String, Value>;

/// Characters of a content at the most, by the style.
const CONTENT_LIMITS: [(i64, usize); 3] = [(1, 50), (2, 128), (3, 50)];
/// How long a message of a public class may be shown, in seconds: half a day.
const PUBLIC_SHOW_TTL: i64 = 43_200;

/// One message to one target.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) kind: i64,
    pub(super) target: String,
    pub(super) notification: Object,
}

impl Envelope {
    /// An envelope, whatever is in it.
    pub(super) fn open(value: Value) -> Result<Self, OppoError> {
        const FIELDS: [&str; 4] = [
            "target_type",
            "target_value",
            "verify_registration_id",
            "notification",
        ];
        let Value::Object(mut envelope) = value else {
            return Err(error(41, "a message is no JSON object"));
        };
        let unknown = envelope.keys().find(|name| !FIELDS.contains(&&***name));
        if let Some(name) = unknown {
            return Err(error(41, format!("no field is called `{name}`")));
        }
        let verify = envelope.get("verify_registration_id");
        if verify.is_some_and(|verify| !verify.is_boolean()) {
            return Err(error(41, "`verify_registration_id` is no boolean"));
        }
        let mut take = |name: &str| {
            let value = envelope.remove(name);
            value.ok_or_else(|| error(40, format!("`{name}` is missing")))
        };
        let kind = take("target_type")?.as_i64();
        let kind = kind.filter(|kind| [ID, ALIAS].contains(kind));
        let kind = kind.ok_or_else(|| error(41, "`target_type` is neither 2 nor 5"))?;
        let Value::String(target) = take("target_value")? else {
            return Err(error(41, "`target_value` is no text"));
        };
        let Value::Object(notification) = take("notification")? else {
            return Err(error(41, "`notification` is no JSON object"));
        };
        Ok(Self {
            kind,
            target,
            notification,
        })
    }
}

/// A notification, for whom it is, and whose.
#[derive(Debug, Clone, Copy)]
pub(super) struct Check<'a> {
    pub(super) notification: &'a Object,
    pub(super) used_by: For,
    pub(super) app: &'a App,
    pub(super) known: &'a Credentials,
}

impl Check<'_> {
    pub(super) fn run(self) -> Result<(), OppoError> {
        fields::check(self.notification, self.used_by)?;
        self.need("title")?;
        self.need("content")?;
        self.style()?;
        self.pictures()?;
        self.click()?;
        self.times()?;
        self.class()?;
        self.template()
    }

    fn style(self) -> Result<(), OppoError> {
        let style = self.number("style").unwrap_or(1);
        match (style, self.used_by) {
            (3, For::Broadcast) => self.need("big_picture_id")?,
            (3 | 4, _) => return Err(error(27, format!("style {style} is not permitted here"))),
            _ => {}
        }
        if style == 3 && self.notification.get("fix_speed") == Some(&Value::Bool(true)) {
            return Err(error(41, "a big picture has no fixed speed"));
        }
        let limit = CONTENT_LIMITS.iter().find(|row| row.0 == style);
        let limit = limit.map_or(usize::MAX, |row| row.1);
        let length = self.text("content").unwrap_or_default().chars().count();
        match length > limit {
            true => Err(error(41, format!("`content` has {length} characters"))),
            false => Ok(()),
        }
    }

    fn pictures(self) -> Result<(), OppoError> {
        let pictures = [
            ("big_picture_id", &self.known.big_picture_id),
            ("small_picture_id", &self.known.small_picture_id),
        ];
        for (name, uploaded) in pictures {
            if self.text(name).is_some_and(|id| id != uploaded) {
                return Err(error(51, format!("`{name}` was never uploaded")));
            }
        }
        Ok(())
    }

    fn click(self) -> Result<(), OppoError> {
        let kind = self.number("click_action_type").unwrap_or(0);
        match kind {
            1 | 4 => self.need("click_action_activity"),
            2 | 5 => {
                self.need("click_action_url")?;
                let url = self.text("click_action_url").unwrap_or_default();
                let good = match kind {
                    2 => is_web(url),
                    _ => url::Url::parse(url).is_ok(),
                };
                match good {
                    true => Ok(()),
                    false => Err(error(41, "`click_action_url` is no address")),
                }
            }
            _ => Ok(()),
        }
    }

    fn times(self) -> Result<(), OppoError> {
        if self.number("push_time_type") == Some(1) {
            self.need("push_start_time")?;
        }
        if self.number("show_time_type") != Some(1) {
            return Ok(());
        }
        self.need("show_start_time")?;
        self.need("show_end_time")?;
        match self.number("show_start_time") < self.number("show_end_time") {
            true => Ok(()),
            false => Err(error(41, "`show_end_time` is not after the start")),
        }
    }

    fn class(self) -> Result<(), OppoError> {
        let level = self.number("notify_level");
        let Some(category) = self.text("category") else {
            return match level {
                Some(_) => Err(error(67, "`notify_level` without a category")),
                None => Ok(()),
            };
        };
        if !PUBLIC.contains(&category) {
            return match self.used_by {
                For::Broadcast => Err(error(67, "a private class is not broadcast")),
                _ => Ok(()),
            };
        }
        if level.is_some_and(|level| level != 1) {
            return Err(error(67, "a strong alert of a public class"));
        }
        match self.number("show_ttl") {
            Some(seconds) if seconds > PUBLIC_SHOW_TTL => {
                Err(error(41, "`show_ttl` is more than twelve hours"))
            }
            _ => Ok(()),
        }
    }

    fn template(self) -> Result<(), OppoError> {
        const PARAMETERS: [&str; 2] = ["private_title_parameters", "private_content_parameters"];
        let known = self.known;
        let template = self.text("private_msg_template_id");
        if template.is_none() {
            let mut given = PARAMETERS.iter();
            if let Some(name) = given.find(|name| self.notification.contains_key(**name)) {
                return Err(error(41, format!("`{name}` without a template")));
            }
        }
        // Templates of the other apps are nobody's: all that is checked of them is their form.
        if self.app.key != known.templated.key {
            return Ok(());
        }
        let category = self.text("category");
        if template.is_none() {
            return match category.is_some_and(|category| !PUBLIC.contains(&category)) {
                true => Err(error(54, "the private class needs its template")),
                false => Ok(()),
            };
        }
        if template != Some(&known.template_id) {
            return Err(error(41, "`private_msg_template_id` is not approved"));
        }
        let wanted = [&known.title_parameters, &known.content_parameters];
        for (name, wanted) in PARAMETERS.into_iter().zip(wanted) {
            let given = self.notification.get(name).and_then(Value::as_object);
            let mut given: Vec<&String> = given.into_iter().flat_map(Object::keys).collect();
            let mut wanted: Vec<&String> = wanted.iter().collect();
            given.sort();
            wanted.sort();
            if given != wanted {
                return Err(error(41, format!("`{name}` are not the template's")));
            }
        }
        Ok(())
    }

    fn need(self, name: &str) -> Result<(), OppoError> {
        match self.notification.contains_key(name) {
            true => Ok(()),
            false => Err(error(40, format!("`{name}` is missing"))),
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.notification.get(name).and_then(Value::as_str)
    }

    fn number(self, name: &str) -> Option<i64> {
        self.notification.get(name).and_then(Value::as_i64)
    }
}
