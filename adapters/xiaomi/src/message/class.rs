//! What a message is about → Xiaomi's class, and with it the channel.

use std::borrow::Cow;

use zpns_core::{Category, Kind, Notification};

use super::Options;

/// Xiaomi's class of a channel (`reference/xiaomi.md` §5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// 私信: about the user; no limit, but an approved channel and a template.
    Private,
    /// 公信: content and advertising; twice the base a day, five a device.
    Public,
}

/// The class of each category. Careful on purpose: what is not about the user alone is public,
/// since content in a private channel costs the app its quota.
pub(crate) const CLASSES: [(Category, Class); 13] = [
    (Category::InstantMessage, Class::Private),
    (Category::Call, Class::Private),
    (Category::Account, Class::Private),
    (Category::Order, Class::Private),
    (Category::Finance, Class::Private),
    (Category::Travel, Class::Private),
    (Category::Health, Class::Private),
    (Category::Work, Class::Private),
    (Category::DeviceReminder, Class::Private),
    (Category::Mail, Class::Private),
    (Category::Social, Class::Public),
    (Category::News, Class::Public),
    (Category::Marketing, Class::Public),
];

pub(crate) fn class(category: Category) -> Option<Class> {
    let row = CLASSES.iter().find(|(known, _)| *known == category);
    row.map(|(_, class)| *class)
}

/// The channel: the one that is named, or the one for the category's class.
///
/// Channel ids are issued per app, so that no table of ours can hold them.
pub(crate) fn channel<'a>(
    message: &'a Notification,
    category: Option<Category>,
    options: &'a Options,
) -> Option<&'a str> {
    let of_class = match category.and_then(class) {
        Some(Class::Private) => &options.private_channel_id,
        Some(Class::Public) => &options.public_channel_id,
        None => &None,
    };
    let named = options.channel_id.as_ref().or(message.channel.as_ref());
    named.or(of_class.as_ref()).map(String::as_str)
}

/// What Xiaomi counts together: the day is that of the channel's class, and which class a channel
/// is of is known to the console alone.
pub(crate) fn quota_class(message: &Notification) -> Cow<'static, str> {
    let options: Options = message.vendor.get().unwrap_or_default();
    let is_call = matches!(message.kind, Kind::Call(_));
    let category = message.category.or(is_call.then_some(Category::Call));
    match channel(message, category, &options) {
        Some(id) => format!("channel {id}").into(),
        None => "without a channel".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_a_row() {
        let rows: Vec<Category> = CLASSES.iter().map(|(category, _)| *category).collect();
        assert_eq!(rows, Category::ALL);
    }

    #[test]
    fn messages_of_one_channel_have_a_quota_together_whatever_else_their_options_say() {
        let of =
            |message: serde_json::Value| quota_class(&serde_json::from_value(message).unwrap());
        let with = |options: serde_json::Value| {
            of(serde_json::json!({"category": "news", "vendor": {"xiaomi": options}}))
        };
        let public = || serde_json::json!({"public_channel_id": "7", "private_channel_id": "8"});
        let mut of_its_own = public();
        of_its_own["ticker"] = "42 new offers".into();
        assert_eq!(with(of_its_own), with(public()));
        assert_eq!(with(public()), of(serde_json::json!({"channel": "7"})));
        let chat = of(serde_json::json!({"category": "order", "vendor": {"xiaomi": public()}}));
        assert_ne!(chat, with(public()));
        assert_eq!(
            chat,
            of(serde_json::json!({"kind": {"call": "invite"},
            "vendor": {"xiaomi": public()}}))
        );
        assert_eq!(of(serde_json::json!({"body": "b"})), "without a channel");
    }

    #[test]
    fn a_named_channel_beats_the_one_of_the_class() {
        let mut options = Options {
            private_channel_id: Some("private".into()),
            public_channel_id: Some("public".into()),
            ..Options::default()
        };
        let mut message = Notification::alert("t", "b");
        assert_eq!(channel(&message, None, &options), None);
        for (category, class) in CLASSES {
            let wanted = match class {
                Class::Private => "private",
                Class::Public => "public",
            };
            assert_eq!(channel(&message, Some(category), &options), Some(wanted));
        }
        message.channel = Some("named".into());
        let news = Some(Category::News);
        assert_eq!(channel(&message, news, &options), Some("named"));
        options.channel_id = Some("own".into());
        assert_eq!(channel(&message, news, &options), Some("own"));
    }
}
