//! Huawei's scenarios of a push (`reference/huawei.md` §3.1).

/// What a push is for: the header `push-type`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum PushType {
    /// A notification: 0.
    Alert,
    /// The number on the icon alone, as an alert without a text: 0. Needs the right to IM.
    Badge,
    /// The content of a card: 1. One device per request.
    Form,
    /// A voice broadcast: 2. Needs a right of its own.
    Extension,
    /// Data for the app in the background: 6.
    Background,
    /// A live view: 7. Needs a right per event.
    LiveView,
    /// A call inside the app: 10. Needs a right of its own.
    VoipCall,
}

/// The names under which [`Kind::Other`](zpns_core::Kind::Other) asks for them.
pub(crate) const NAMES: [(&str, PushType, &str); 7] = [
    ("alert", PushType::Alert, "0"),
    ("badge", PushType::Badge, "0"),
    ("form", PushType::Form, "1"),
    ("extension", PushType::Extension, "2"),
    ("background", PushType::Background, "6"),
    ("live_view", PushType::LiveView, "7"),
    ("voip", PushType::VoipCall, "10"),
];

impl PushType {
    /// By its name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let row = NAMES.iter().find(|(known, ..)| *known == name);
        row.map(|(_, push_type, _)| *push_type)
    }

    /// The value of the header `push-type`.
    pub fn wire(self) -> &'static str {
        let row = NAMES.iter().find(|(_, push_type, _)| *push_type == self);
        row.map_or("0", |(_, _, number)| number)
    }

    /// Whether the device shows the first message of an `appMessageId` only, so that a repeat
    /// does no harm. Nothing else has such an id.
    pub(crate) const fn deduplicates(self) -> bool {
        matches!(self, Self::Alert | Self::Extension)
    }
}
