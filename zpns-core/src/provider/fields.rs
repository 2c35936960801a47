//! The fields of a notification as a set, and what happens where a vendor lacks one.

use serde::{Deserialize, Serialize};

use crate::model::{Badge, Notification, OnClick, Sound};

bitflags::bitflags! {
    /// Fields of a [`Notification`], as a set. Those that every vendor has (`id`, `kind`,
    /// `vendor`) are not part of it.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
    pub struct Fields: u32 {
        /// `title`, `sender`.
        const TITLE = 1;
        /// `subtitle`.
        const SUBTITLE = 1 << 1;
        /// `body`.
        const BODY = 1 << 2;
        /// `image`.
        const IMAGE = 1 << 3;
        /// `title_loc_key`, `title_loc_args`, `body_loc_key`, `body_loc_args`.
        const LOCALIZATION = 1 << 4;
        /// `subtitle_loc_key`, `subtitle_loc_args`.
        const SUBTITLE_LOCALIZATION = 1 << 5;
        /// `payload`.
        const PAYLOAD = 1 << 6;
        /// `data`.
        const DATA = 1 << 7;
        /// `on_click`, other than opening the app.
        const ON_CLICK = 1 << 8;
        /// `sound`, other than the default.
        const SOUND = 1 << 9;
        /// `badge` set to a number or cleared.
        const BADGE = 1 << 10;
        /// `badge` increased by a number.
        const BADGE_ADD = 1 << 11;
        /// `category`.
        const CATEGORY = 1 << 12;
        /// `channel`.
        const CHANNEL = 1 << 13;
        /// `priority`.
        const PRIORITY = 1 << 14;
        /// `ttl`.
        const TTL = 1 << 15;
        /// `collapse_key`.
        const COLLAPSE_KEY = 1 << 16;
        /// `thread`.
        const THREAD = 1 << 17;
        /// `not_before`.
        const NOT_BEFORE = 1 << 18;
    }
}

/// What happens to a field that a vendor lacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    /// It is left out and listed in the report: the message still says what it should.
    Drop,
    /// The push is refused: without the field it would be another message.
    Refuse,
}

/// One field: its flag, its name in JSON, and what happens where a vendor lacks it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FieldRule {
    /// The flag.
    pub field: Fields,
    /// The name in the message's JSON.
    pub name: &'static str,
    /// What happens where a vendor lacks it.
    pub missing: Missing,
}

impl FieldRule {
    /// Every field. Dropped are those that decorate or hint; refused those that carry content,
    /// decide where a tap leads, or decide whether and when the message is shown.
    #[rustfmt::skip]
    pub const ALL: [Self; 19] = [
        Self::row(Fields::TITLE, "title", Missing::Refuse),
        Self::row(Fields::SUBTITLE, "subtitle", Missing::Drop),
        Self::row(Fields::BODY, "body", Missing::Refuse),
        Self::row(Fields::IMAGE, "image", Missing::Drop),
        Self::row(Fields::LOCALIZATION, "title_loc_key/body_loc_key", Missing::Refuse),
        Self::row(Fields::SUBTITLE_LOCALIZATION, "subtitle_loc_key", Missing::Drop),
        Self::row(Fields::PAYLOAD, "payload", Missing::Refuse),
        Self::row(Fields::DATA, "data", Missing::Refuse),
        Self::row(Fields::ON_CLICK, "on_click", Missing::Refuse),
        Self::row(Fields::SOUND, "sound", Missing::Drop),
        Self::row(Fields::BADGE, "badge", Missing::Drop),
        Self::row(Fields::BADGE_ADD, "badge", Missing::Drop),
        Self::row(Fields::CATEGORY, "category", Missing::Drop),
        Self::row(Fields::CHANNEL, "channel", Missing::Drop),
        Self::row(Fields::PRIORITY, "priority", Missing::Drop),
        Self::row(Fields::TTL, "ttl_ms", Missing::Drop),
        Self::row(Fields::COLLAPSE_KEY, "collapse_key", Missing::Refuse),
        Self::row(Fields::THREAD, "thread", Missing::Drop),
        Self::row(Fields::NOT_BEFORE, "not_before_ms", Missing::Refuse),
    ];

    const fn row(field: Fields, name: &'static str, missing: Missing) -> Self {
        Self {
            field,
            name,
            missing,
        }
    }
}

impl Fields {
    /// The fields that a notification makes use of.
    ///
    /// ```
    /// use zpns_core::{Fields, Notification};
    ///
    /// let used = Fields::used_by(&Notification::alert("T", "B"));
    /// assert_eq!(used, Fields::TITLE | Fields::BODY);
    /// ```
    pub fn used_by(message: &Notification) -> Self {
        let rows = [
            (Self::TITLE, message.display_title().is_some()),
            (Self::SUBTITLE, message.subtitle.is_some()),
            (Self::BODY, message.body.is_some()),
            (Self::IMAGE, message.image.is_some()),
            (
                Self::LOCALIZATION,
                message.title_loc_key.is_some() || message.body_loc_key.is_some(),
            ),
            (
                Self::SUBTITLE_LOCALIZATION,
                message.subtitle_loc_key.is_some(),
            ),
            (Self::PAYLOAD, message.payload.is_some()),
            (Self::DATA, !message.data.is_empty()),
            (Self::ON_CLICK, message.on_click != OnClick::OpenApp),
            (Self::SOUND, message.sound != Sound::Default),
            (
                Self::BADGE,
                matches!(message.badge, Badge::Set(_) | Badge::Clear),
            ),
            (Self::BADGE_ADD, matches!(message.badge, Badge::Add(_))),
            (Self::CATEGORY, message.category.is_some()),
            (Self::CHANNEL, message.channel.is_some()),
            (Self::PRIORITY, message.priority.is_some()),
            (Self::TTL, message.ttl.is_some()),
            (Self::COLLAPSE_KEY, message.collapse_key.is_some()),
            (Self::THREAD, message.thread.is_some()),
            (Self::NOT_BEFORE, message.not_before.is_some()),
        ];
        rows.into_iter()
            .filter_map(|(field, used)| used.then_some(field))
            .collect()
    }

    /// Takes these fields out of a notification.
    pub(crate) fn remove_from(self, message: &mut Notification) {
        for field in self.iter() {
            match field {
                Self::SUBTITLE => message.subtitle = None,
                Self::IMAGE => message.image = None,
                Self::SUBTITLE_LOCALIZATION => {
                    message.subtitle_loc_key = None;
                    message.subtitle_loc_args.clear();
                }
                Self::SOUND => message.sound = Sound::Default,
                Self::BADGE | Self::BADGE_ADD => message.badge = Badge::Unchanged,
                Self::CATEGORY => message.category = None,
                Self::CHANNEL => message.channel = None,
                Self::PRIORITY => message.priority = None,
                Self::TTL => message.ttl = None,
                Self::THREAD => message.thread = None,
                // The rest is refused, never removed.
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Category, Priority, Timestamp};

    /// A notification that uses every field (one of the two badges).
    fn full() -> Notification {
        let mut message = Notification::alert("t", "b")
            .with_payload("p")
            .with_data("k", "v")
            .with_on_click(OnClick::Url("https://example.com".into()))
            .with_sound(Sound::None)
            .with_badge(Badge::Set(1))
            .with_category(Category::News)
            .with_priority(Priority::High)
            .with_ttl(std::time::Duration::from_secs(1))
            .with_collapse_key("c");
        message.subtitle = Some("s".into());
        message.image = Some("https://example.com/a.png".into());
        message.title_loc_key = Some("k".into());
        message.subtitle_loc_key = Some("k".into());
        message.channel = Some("ch".into());
        message.thread = Some("th".into());
        message.not_before = Some(Timestamp::from_millis(1));
        message
    }

    #[test]
    fn every_field_has_exactly_one_rule() {
        let all: Fields = FieldRule::ALL.iter().map(|rule| rule.field).collect();
        assert_eq!(all, Fields::all());
        assert_eq!(FieldRule::ALL.len(), Fields::all().iter().count());
    }

    #[test]
    fn every_field_is_seen_when_it_is_used() {
        let expected = Fields::all() - Fields::BADGE_ADD;
        assert_eq!(Fields::used_by(&full()), expected);
        assert_eq!(Fields::used_by(&Notification::default()), Fields::empty());
    }

    #[test]
    fn every_droppable_field_is_truly_removed() {
        let droppable: Fields = FieldRule::ALL
            .iter()
            .filter(|rule| rule.missing == Missing::Drop)
            .map(|rule| rule.field)
            .collect();
        let mut message = full();
        droppable.remove_from(&mut message);
        assert_eq!(Fields::used_by(&message) & droppable, Fields::empty());
    }
}
