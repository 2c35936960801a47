//! What a message is about → vivo's `category`, and with it the `classification`.

use std::borrow::Cow;

use zpns_core::{Category, Kind, Notification, Rejection};
use zpns_kit::rules::invalid;

use super::{Options, PushMode};

/// `classification` of what lures: silent, two a device and day, from 7 to 23 o'clock in China.
pub(crate) const OPERATIONAL: u8 = 0;
/// `classification` of what a user awaits: it rings, at any time.
pub(crate) const SYSTEM: u8 = 1;

/// vivo's categories, and the classification that each has to go with (`reference/vivo.md` §5).
#[rustfmt::skip]
pub(crate) const CATEGORIES: [(&str, u8); 10] = [
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

/// Which of them a category is. Careful on purpose: marketing that is sent as a system message
/// gets an app banned.
#[rustfmt::skip]
pub(crate) const CLASSES: [(Category, &str); 13] = [
    (Category::InstantMessage, "IM"),
    (Category::Call, "IM"),
    (Category::Account, "ACCOUNT"),
    (Category::Order, "ORDER"),
    // vivo's account is "account and assets".
    (Category::Finance, "ACCOUNT"),
    (Category::Travel, "TODO"),
    (Category::Health, "TODO"),
    (Category::Work, "TODO"),
    (Category::DeviceReminder, "DEVICE_REMINDER"),
    (Category::Mail, "IM"),
    (Category::Social, "SOCIAL"),
    (Category::News, "NEWS"),
    (Category::Marketing, "MARKETING"),
];

/// Both of vivo's classes. They never contradict each other, and the classification is always
/// there: what vivo takes a message for that has none depends on the age of its documents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Class {
    pub(crate) classification: u8,
    pub(crate) category: Option<String>,
}

impl Class {
    /// What the options say, else what the category of the notification means; a message without
    /// either is operational.
    ///
    /// # Errors
    /// A category and a classification that do not go together, or a new category of vivo's
    /// without a classification.
    pub(crate) fn new(category: Option<Category>, options: &Options) -> Result<Self, Rejection> {
        let own = options.category.clone();
        let category = own.or_else(|| category.and_then(of_category).map(str::to_owned));
        let known = category.as_deref().map(classification_of);
        let classification = match (options.classification, known) {
            (Some(said), Some(Some(meant))) if said != meant => {
                let name = category.unwrap_or_default();
                let why = format!("is {said}, and the category `{name}` goes with {meant}");
                return Err(invalid("vendor.vivo.classification", why));
            }
            (Some(said), _) => said,
            (None, Some(Some(meant))) => meant,
            (None, Some(None)) => {
                let why = "is none that we know; say its `classification` as well";
                return Err(invalid("vendor.vivo.category", why));
            }
            (None, None) => OPERATIONAL,
        };
        Ok(Self {
            classification,
            category,
        })
    }
}

/// What vivo counts together: operational and system messages apart, and tests apart from both.
pub(crate) fn quota_class(message: &Notification, mode: PushMode) -> Cow<'static, str> {
    let options: Options = message.vendor.get().unwrap_or_default();
    let is_call = matches!(message.kind, Kind::Call(_));
    let category = message.category.or(is_call.then_some(Category::Call));
    let class = Class::new(category, &options);
    let is_system = class.is_ok_and(|class| class.classification == SYSTEM);
    let is_test = match options.push_mode {
        Some(said) => said == 1,
        None => mode == PushMode::Test,
    };
    match (is_system, is_test) {
        (true, false) => "system",
        (false, false) => "operational",
        (true, true) => "test of system",
        (false, true) => "test of operational",
    }
    .into()
}

fn of_category(category: Category) -> Option<&'static str> {
    let row = CLASSES.iter().find(|(known, _)| *known == category);
    row.map(|(_, name)| *name)
}

fn classification_of(category: &str) -> Option<u8> {
    let row = CATEGORIES.iter().find(|(name, _)| *name == category);
    row.map(|(_, classification)| *classification)
}

#[cfg(test)]
mod tests {
    use zpns_core::ErrorKind;

    use super::*;

    #[test]
    fn operational_messages_have_a_quota_together_whatever_their_categories_and_options() {
        let of = |mode, message: serde_json::Value| {
            quota_class(&serde_json::from_value(message).unwrap(), mode)
        };
        let formal = |message| of(PushMode::Formal, message);
        let news = || serde_json::json!({"category": "news"});
        let rows = [
            (formal(news()), "operational"),
            (
                formal(serde_json::json!({"category": "marketing",
                "vendor": {"vivo": {"notify_id": 7}}})),
                "operational",
            ),
            (formal(serde_json::json!({"body": "b"})), "operational"),
            (formal(serde_json::json!({"category": "order"})), "system"),
            (
                formal(serde_json::json!({"kind": {"call": "invite"}})),
                "system",
            ),
            (
                formal(serde_json::json!({"vendor": {"vivo": {"classification": 1}}})),
                "system",
            ),
            (of(PushMode::Test, news()), "test of operational"),
            (
                formal(serde_json::json!({"category": "order",
                "vendor": {"vivo": {"push_mode": 1}}})),
                "test of system",
            ),
        ];
        for (position, (word, wanted)) in rows.into_iter().enumerate() {
            assert_eq!(word, wanted, "{position}");
        }
    }

    fn options(category: Option<&str>, classification: Option<u8>) -> Options {
        Options {
            category: category.map(str::to_owned),
            classification,
            ..Options::default()
        }
    }

    #[test]
    fn every_category_has_a_row_and_a_classification_that_goes_with_it() {
        let rows: Vec<Category> = CLASSES.iter().map(|(category, _)| *category).collect();
        assert_eq!(rows, Category::ALL);
        for (category, name) in CLASSES {
            let class = Class::new(Some(category), &Options::default()).unwrap();
            assert_eq!(class.category.as_deref(), Some(name));
            let meant = CATEGORIES.iter().find(|(known, _)| *known == name).unwrap();
            assert_eq!(class.classification, meant.1, "{category:?}");
        }
    }

    #[test]
    fn what_lures_is_never_a_system_message() {
        for category in [Category::Social, Category::News, Category::Marketing] {
            let class = Class::new(Some(category), &Options::default()).unwrap();
            assert_eq!(class.classification, OPERATIONAL);
        }
    }

    #[test]
    fn a_message_without_a_category_is_operational_and_says_so() {
        let class = Class::new(None, &Options::default()).unwrap();
        assert_eq!(class.classification, OPERATIONAL);
        assert_eq!(class.category, None);
    }

    #[test]
    fn the_options_beat_the_notification() {
        let news = Some(Category::News);
        let order = Class::new(news, &options(Some("ORDER"), None)).unwrap();
        assert_eq!(
            (order.classification, &*order.category.unwrap()),
            (1, "ORDER")
        );
        let system = Class::new(None, &options(None, Some(1))).unwrap();
        assert_eq!((system.classification, system.category), (1, None));
        let new = Class::new(news, &options(Some("HEALTH"), Some(1))).unwrap();
        assert_eq!((new.classification, &*new.category.unwrap()), (1, "HEALTH"));
    }

    #[test]
    fn category_and_classification_that_disagree_are_refused() {
        for (name, meant) in CATEGORIES {
            let both = options(Some(name), Some(1 - meant));
            let rejection = Class::new(None, &both).unwrap_err();
            assert_eq!(rejection.kind, ErrorKind::MessageInvalid, "{name}");
            assert!(rejection.reason.contains(name), "{}", rejection.reason);
            let both = options(Some(name), Some(meant));
            assert_eq!(Class::new(None, &both).unwrap().classification, meant);
        }
        let only = options(None, Some(1));
        assert!(Class::new(Some(Category::News), &only).is_err());
        assert!(Class::new(None, &options(Some("HEALTH"), None)).is_err());
    }
}
