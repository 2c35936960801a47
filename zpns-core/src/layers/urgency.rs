//! Who goes first where pushes wait for each other.

use crate::model::{Category, Kind, Notification};

/// Who goes first where pushes of one provider wait for each other: by kind and category, most
/// urgent first.
///
/// ```
/// use zpns_core::layers::Urgency;
/// use zpns_core::{CallEvent, Category, Notification};
///
/// let offer = Notification::alert("Sale", "Now!").with_category(Category::Marketing);
/// assert_eq!(Urgency::of(&offer), Urgency::Campaign);
/// assert!(Urgency::of(&Notification::call(CallEvent::Invite)) < Urgency::of(&offer));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Urgency {
    /// A call: it rings now or never.
    Call,
    /// Everything that is neither a call nor a campaign.
    Chat,
    /// News and advertising, which go to many and can wait.
    Campaign,
}

impl Urgency {
    /// All of them, most urgent first.
    pub const ALL: [Self; 3] = [Self::Call, Self::Chat, Self::Campaign];

    /// The word for logs and labels: `call`, `chat` or `marketing`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Chat => "chat",
            Self::Campaign => "marketing",
        }
    }

    /// How urgent a message is.
    pub fn of(message: &Notification) -> Self {
        match (&message.kind, message.category) {
            (Kind::Call(_), _) | (_, Some(Category::Call)) => Self::Call,
            (_, Some(Category::Marketing | Category::News)) => Self::Campaign,
            _ => Self::Chat,
        }
    }
}
