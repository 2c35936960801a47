//! What a message is about → HONOR's class (`reference/honor.md` §5).

use zpns_core::{Category, Kind, Notification};

use super::Importance;

/// The class of each category. HONOR has no field for the category itself.
///
/// Careful on purpose: news and what happens in a social network are information, because an app
/// that calls them service loses the right to classify itself. Who knows better sets
/// `vendor.honor.android.notification.importance`.
#[rustfmt::skip]
pub(crate) const CLASSES: [(Category, Importance); 13] = [
    (Category::InstantMessage, Importance::Normal),
    (Category::Call, Importance::Normal),
    (Category::Account, Importance::Normal),
    (Category::Order, Importance::Normal),
    (Category::Finance, Importance::Normal),
    (Category::Travel, Importance::Normal),
    (Category::Health, Importance::Normal),
    (Category::Work, Importance::Normal),
    (Category::DeviceReminder, Importance::Normal),
    (Category::Mail, Importance::Normal),
    (Category::Social, Importance::Low),
    (Category::News, Importance::Low),
    (Category::Marketing, Importance::Low),
];

/// The class of a message. A call is one whatever else it says nothing about; a message without
/// any category leaves it to HONOR.
pub(super) fn importance(message: &Notification) -> Option<Importance> {
    let is_call = matches!(message.kind, Kind::Call(_));
    let category = message.category.or(is_call.then_some(Category::Call))?;
    let row = CLASSES.iter().find(|(known, _)| *known == category);
    // A category that the table does not know yet has no right to disturb.
    Some(row.map_or(Importance::Low, |(_, importance)| *importance))
}
