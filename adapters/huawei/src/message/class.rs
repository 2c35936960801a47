//! Huawei's classes of messages (`reference/huawei.md` §5).

use zpns_core::Category;

/// Which class a category is. Chats and whatever a user awaits are service messages, which need
/// the right to classify oneself; all else is marketing, which needs none.
///
/// News and what happens in a social network are marketing unless the user subscribed to them,
/// which only the host knows: `vendor.huawei.android.category`,
/// `vendor.harmony.notification.category`.
#[rustfmt::skip]
pub(crate) const CLASSES: [(Category, &str); 13] = [
    (Category::InstantMessage, "IM"),
    (Category::Call, CALL),
    (Category::Account, "ACCOUNT"),
    (Category::Order, "EXPRESS"),
    (Category::Finance, "FINANCE"),
    (Category::Travel, "TRAVEL"),
    (Category::Health, "HEALTH"),
    (Category::Work, "WORK"),
    (Category::DeviceReminder, "DEVICE_REMINDER"),
    (Category::Mail, "MAIL"),
    (Category::Social, MARKETING),
    (Category::News, MARKETING),
    (Category::Marketing, MARKETING),
];

/// What needs no right, and what a message is that says nothing.
pub(crate) const MARKETING: &str = "MARKETING";
/// An invitation to a call, and what becomes of it.
pub(crate) const CALL: &str = "VOIP";

/// The class of a category; one that is not in the table needs no right.
pub(crate) fn class(category: Category) -> &'static str {
    let row = CLASSES.iter().find(|(known, _)| *known == category);
    row.map_or(MARKETING, |(_, class)| class)
}
