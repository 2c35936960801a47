//! The push types: topic suffix and legal priorities of each.

/// A value of `apns-push-type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PushType {
    Alert,
    Background,
    Voip,
    Complication,
    FileProvider,
    Mdm,
    LiveActivity,
    Location,
    PushToTalk,
    Widgets,
    Controls,
}

/// Name, topic suffix, legal priorities.
const TABLE: &[(PushType, &str, &str, &[u8])] = &[
    (PushType::Alert, "alert", "", &[1, 5, 10]),
    (PushType::Background, "background", "", &[5]),
    (PushType::Voip, "voip", ".voip", &[1, 5, 10]),
    (
        PushType::Complication,
        "complication",
        ".complication",
        &[1, 5, 10],
    ),
    (
        PushType::FileProvider,
        "fileprovider",
        ".pushkit.fileprovider",
        &[1, 5, 10],
    ),
    (PushType::Mdm, "mdm", "", &[1, 5, 10]),
    (
        PushType::LiveActivity,
        "liveactivity",
        ".push-type.liveactivity",
        &[5, 10],
    ),
    (PushType::Location, "location", ".location-query", &[5, 10]),
    (PushType::PushToTalk, "pushtotalk", ".voip-ptt", &[10]),
    (
        PushType::Widgets,
        "widgets",
        ".push-type.widgets",
        &[1, 5, 10],
    ),
    (
        PushType::Controls,
        "controls",
        ".push-type.controls",
        &[1, 5, 10],
    ),
];

impl PushType {
    pub(super) fn parse(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    pub(super) fn suffix(self) -> &'static str {
        self.row().map_or("", |row| row.2)
    }

    pub(super) fn allows(self, priority: u8) -> bool {
        self.row().is_some_and(|row| row.3.contains(&priority))
    }

    /// The most bytes of a body.
    pub(super) fn payload_limit(self) -> usize {
        if self == Self::Voip { 5120 } else { 4096 }
    }

    /// The type that a topic names by its suffix, for clients that leave the header out.
    pub(super) fn of_topic(topic: &str) -> Self {
        TABLE
            .iter()
            .find(|row| !row.2.is_empty() && topic.ends_with(row.2))
            .map_or(Self::Alert, |row| row.0)
    }

    fn row(self) -> Option<&'static (Self, &'static str, &'static str, &'static [u8])> {
        TABLE.iter().find(|row| row.0 == self)
    }
}
