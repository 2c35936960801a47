//! The push types: topic suffix, priorities, limit and shape of each.

use serde::{Deserialize, Serialize};

/// Bytes of a payload at the most, for most push types.
pub(crate) const PAYLOAD_LIMIT: usize = 4096;
/// The same for VoIP.
pub(crate) const VOIP_PAYLOAD_LIMIT: usize = 5120;

/// A value of `apns-push-type`, by its name in JSON.
///
/// ```
/// use zpns_apns::PushType;
///
/// assert_eq!(PushType::from("voip".to_owned()), PushType::Voip);
/// assert_eq!(PushType::Voip.topic("com.example.chat"), "com.example.chat.voip");
/// assert_eq!(PushType::from("new".to_owned()), PushType::Other("new".into()));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum PushType {
    /// Shows, sounds or counts something.
    Alert,
    /// Wakes the app in the background.
    Background,
    /// An incoming call (PushKit).
    Voip,
    /// Updates a watchOS complication.
    Complication,
    /// Changes of a File Provider extension.
    FileProvider,
    /// Makes a managed device contact its MDM server.
    Mdm,
    /// Starts, updates or ends a Live Activity.
    LiveActivity,
    /// Asks for the user's location.
    Location,
    /// Push to Talk.
    PushToTalk,
    /// Reloads widgets.
    Widgets,
    /// Reloads controls.
    Controls,
    /// One that this version does not know: sent as named, without a topic suffix.
    Other(String),
}

/// What the payload of a push type looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// `aps` with an alert, a badge or a sound.
    Alert,
    /// `aps` with `content-available` and nothing to see or hear.
    Background,
    /// The app's own; `aps` may stand in it.
    Free,
    /// The app's own, without `aps`.
    NoAps,
    /// `aps` with `content-changed`.
    Changed,
    /// `aps` of a Live Activity.
    LiveActivity,
}

/// What is to know of a push type (`reference/apns.md` §2.2).
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) push_type: PushType,
    pub(crate) name: &'static str,
    /// What follows the bundle id in the topic.
    pub(crate) suffix: &'static str,
    /// Legal priorities, ascending.
    pub(crate) priorities: &'static [u8],
    /// Sent where the message does not say; none leaves it to Apple.
    pub(crate) priority: Option<u8>,
    /// Sent where the message does not say: 0 is one attempt, none leaves it to Apple (30 days
    /// at the most).
    pub(crate) expiration: Option<u64>,
    pub(crate) limit: usize,
    pub(crate) shape: Shape,
}

const ANY: &[u8] = &[1, 5, 10];

#[rustfmt::skip]
pub(crate) static ROWS: [Row; 11] = [
    Row::new(PushType::Alert, "alert", "", ANY, Some(10), Shape::Alert),
    Row::new(PushType::Background, "background", "", &[5], Some(5), Shape::Background),
    // A call that rings late is worse than none.
    Row::new(PushType::Voip, "voip", ".voip", ANY, Some(10), Shape::Free).at_once().up_to(VOIP_PAYLOAD_LIMIT),
    Row::new(PushType::Complication, "complication", ".complication", ANY, None, Shape::Free),
    Row::new(PushType::FileProvider, "fileprovider", ".pushkit.fileprovider", ANY, None, Shape::NoAps),
    Row::new(PushType::Mdm, "mdm", "", ANY, None, Shape::NoAps),
    Row::new(PushType::LiveActivity, "liveactivity", ".push-type.liveactivity", &[5, 10], Some(10), Shape::LiveActivity),
    Row::new(PushType::Location, "location", ".location-query", &[5, 10], Some(10), Shape::Free),
    Row::new(PushType::PushToTalk, "pushtotalk", ".voip-ptt", &[10], Some(10), Shape::Free).at_once(),
    Row::new(PushType::Widgets, "widgets", ".push-type.widgets", ANY, None, Shape::Changed),
    Row::new(PushType::Controls, "controls", ".push-type.controls", ANY, Some(10), Shape::Changed),
];

/// What is assumed of a push type that is not in the table.
static UNKNOWN: Row = Row::new(PushType::Alert, "", "", ANY, None, Shape::Free);

impl Row {
    const fn new(
        push_type: PushType,
        name: &'static str,
        suffix: &'static str,
        priorities: &'static [u8],
        priority: Option<u8>,
        shape: Shape,
    ) -> Self {
        Self {
            push_type,
            name,
            suffix,
            priorities,
            priority,
            expiration: None,
            limit: PAYLOAD_LIMIT,
            shape,
        }
    }

    const fn at_once(mut self) -> Self {
        self.expiration = Some(0);
        self
    }

    const fn up_to(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }
}

impl PushType {
    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(name) => name,
            known => known.row().name,
        }
    }

    /// The topic of an app's pushes of this type: the bundle id with the type's suffix. For MDM
    /// it is the UID of the push certificate, and not a bundle id, that must be given.
    pub fn topic(&self, bundle_id: &str) -> String {
        format!("{bundle_id}{}", self.row().suffix)
    }

    pub(crate) fn row(&self) -> &'static Row {
        let known = ROWS.iter().find(|row| row.push_type == *self);
        known.unwrap_or(&UNKNOWN)
    }
}

impl From<String> for PushType {
    fn from(name: String) -> Self {
        let known = ROWS.iter().find(|row| row.name == name);
        known.map_or_else(|| Self::Other(name), |row| row.push_type.clone())
    }
}

impl From<PushType> for String {
    fn from(push_type: PushType) -> Self {
        push_type.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_push_type_has_its_name_suffix_and_priorities() {
        // As in Apple's table, by hand.
        let apple: [(&str, &str, &[u8], Option<u8>); 11] = [
            ("alert", "", &[1, 5, 10], Some(10)),
            ("background", "", &[5], Some(5)),
            ("voip", ".voip", &[1, 5, 10], Some(10)),
            ("complication", ".complication", &[1, 5, 10], None),
            ("fileprovider", ".pushkit.fileprovider", &[1, 5, 10], None),
            ("mdm", "", &[1, 5, 10], None),
            (
                "liveactivity",
                ".push-type.liveactivity",
                &[5, 10],
                Some(10),
            ),
            ("location", ".location-query", &[5, 10], Some(10)),
            ("pushtotalk", ".voip-ptt", &[10], Some(10)),
            ("widgets", ".push-type.widgets", &[1, 5, 10], None),
            ("controls", ".push-type.controls", &[1, 5, 10], Some(10)),
        ];
        assert_eq!(apple.len(), ROWS.len());
        for (name, suffix, priorities, priority) in apple {
            let push_type = PushType::from(name.to_owned());
            let row = push_type.row();
            assert_eq!((row.name, push_type.as_str()), (name, name));
            assert_eq!(
                push_type.topic("com.example"),
                format!("com.example{suffix}")
            );
            assert_eq!(
                (row.priorities, row.priority),
                (priorities, priority),
                "{name}"
            );
            let json = serde_json::to_string(&push_type).unwrap();
            assert_eq!(json, format!("\"{name}\""));
            assert_eq!(serde_json::from_str::<PushType>(&json).unwrap(), push_type);
            assert_ne!(push_type, PushType::Other(name.to_owned()));
        }
    }

    #[test]
    fn every_default_priority_is_legal_and_only_voip_has_the_larger_limit() {
        for row in &ROWS {
            assert!(
                row.priority
                    .is_none_or(|priority| row.priorities.contains(&priority))
            );
            assert_eq!(row.limit == VOIP_PAYLOAD_LIMIT, row.name == "voip");
        }
    }
}
