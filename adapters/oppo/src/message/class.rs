//! What a message is about → OPPO's category, and with it the class.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use zpns_core::{Category, Kind, Notification};

use super::Options;

/// OPPO's categories (`reference/oppo.md` §5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum OppoCategory {
    /// News.
    News,
    /// Content that the user may like.
    Content,
    /// Advertising.
    Marketing,
    /// Likes, comments, followers.
    Social,
    /// Messages and calls between people.
    Im,
    /// The user's account and assets.
    Account,
    /// A device of the user's.
    DeviceReminder,
    /// An order and its delivery.
    Order,
    /// The user's schedule and tasks.
    Todo,
    /// What the user subscribed to.
    Subscription,
}

/// OPPO's two classes of message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Class {
    /// Content and marketing ("public"): a few a day and device, quietly; broadcasts allowed.
    Content,
    /// Communication and service ("private"): unlimited, but approved per category, often with a
    /// template; one by one only.
    Service,
}

/// The class and the name of each category.
pub(crate) const CLASSES: [(OppoCategory, &str, Class); 10] = [
    (OppoCategory::News, "NEWS", Class::Content),
    (OppoCategory::Content, "CONTENT", Class::Content),
    (OppoCategory::Marketing, "MARKETING", Class::Content),
    (OppoCategory::Social, "SOCIAL", Class::Content),
    (OppoCategory::Im, "IM", Class::Service),
    (OppoCategory::Account, "ACCOUNT", Class::Service),
    (
        OppoCategory::DeviceReminder,
        "DEVICE_REMINDER",
        Class::Service,
    ),
    (OppoCategory::Order, "ORDER", Class::Service),
    (OppoCategory::Todo, "TODO", Class::Service),
    (OppoCategory::Subscription, "SUBSCRIPTION", Class::Service),
];

/// What becomes of each category of ours. Careful on purpose: OPPO refuses a category that the app
/// is not approved for, and none of its own is about health or mail.
pub(crate) const CATEGORIES: [(Category, Option<OppoCategory>); 13] = [
    (Category::InstantMessage, Some(OppoCategory::Im)),
    (Category::Call, Some(OppoCategory::Im)),
    (Category::Account, Some(OppoCategory::Account)),
    (Category::Order, Some(OppoCategory::Order)),
    (Category::Finance, Some(OppoCategory::Account)),
    (Category::Travel, Some(OppoCategory::Todo)),
    (Category::Health, None),
    (Category::Work, Some(OppoCategory::Todo)),
    (Category::DeviceReminder, Some(OppoCategory::DeviceReminder)),
    (Category::Mail, None),
    (Category::Social, Some(OppoCategory::Social)),
    (Category::News, Some(OppoCategory::News)),
    (Category::Marketing, Some(OppoCategory::Marketing)),
];

impl OppoCategory {
    /// What it is called on the wire.
    pub fn name(self) -> &'static str {
        let row = CLASSES.iter().find(|(category, ..)| *category == self);
        row.map_or("", |(_, name, _)| name)
    }
}

/// What becomes of a category of ours.
pub(super) fn category(category: Category) -> Option<OppoCategory> {
    let row = CATEGORIES.iter().find(|(known, _)| *known == category);
    row.and_then(|(_, category)| *category)
}

/// The word for what the service class counts together.
pub(crate) const SERVICE: &str = "service";

/// What OPPO counts together: content and service apart. A message without a category is content,
/// unless its channel is an old one for service messages, which the console alone knows.
pub(crate) fn quota_class(message: &Notification) -> Cow<'static, str> {
    let options: Options = message.vendor.get().unwrap_or_default();
    let is_call = matches!(message.kind, Kind::Call(_));
    let ours = message.category.or(is_call.then_some(Category::Call));
    let theirs = options.category.or(ours.and_then(category));
    let class = theirs.and_then(|theirs| class_of(theirs.name()));
    let channel = options.channel_id.or(message.channel.clone());
    match (class, channel) {
        (Some(Class::Service), _) => SERVICE.into(),
        (None, Some(id)) => format!("channel {id}").into(),
        (Some(Class::Content), _) | (None, None) => "content".into(),
    }
}

/// The class of a category, by its name on the wire; none for one that is not known.
pub(super) fn class_of(name: &str) -> Option<Class> {
    let row = CLASSES.iter().find(|(_, known, _)| *known == name);
    row.map(|(.., class)| *class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_has_a_quota_together_whatever_its_categories_and_options() {
        let of =
            |message: serde_json::Value| quota_class(&serde_json::from_value(message).unwrap());
        let rows = [
            (serde_json::json!({"category": "news"}), "content"),
            (
                serde_json::json!({"category": "marketing", "channel": "c",
                    "vendor": {"oppo": {"call_back_parameter": "m1"}}}),
                "content",
            ),
            (serde_json::json!({"body": "b"}), "content"),
            (serde_json::json!({"category": "order"}), "service"),
            (serde_json::json!({"kind": {"call": "invite"}}), "service"),
            (
                serde_json::json!({"vendor": {"oppo": {"category": "IM"}}}),
                "service",
            ),
            (serde_json::json!({"channel": "old"}), "channel old"),
        ];
        for (message, wanted) in rows {
            assert_eq!(of(message.clone()), wanted, "{message}");
        }
    }

    #[test]
    fn every_category_has_a_row() {
        let rows: Vec<Category> = CATEGORIES.iter().map(|(category, _)| *category).collect();
        assert_eq!(rows, Category::ALL);
    }

    #[test]
    fn every_category_of_oppos_is_named_as_on_the_wire() {
        for (category, name, class) in CLASSES {
            assert_eq!(serde_json::to_value(category).unwrap(), name);
            assert_eq!(category.name(), name);
            assert_eq!(class_of(name), Some(class));
        }
        assert_eq!(class_of("im"), None);
    }

    #[test]
    fn advertising_is_never_a_service_and_a_message_from_a_person_is_no_content() {
        let class = |ours| category(ours).and_then(|theirs| class_of(theirs.name()));
        for content in [Category::Social, Category::News, Category::Marketing] {
            assert_eq!(class(content), Some(Class::Content));
        }
        for service in [Category::InstantMessage, Category::Call, Category::Order] {
            assert_eq!(class(service), Some(Class::Service));
        }
    }
}
