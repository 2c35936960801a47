//! `aps`, by the shape that the push type asks for.

use zpns_core::{Badge, Notification, Sound, Timestamp};

use super::category::level;
use super::push_type::Shape;
use super::wire::{self, Alert, Aps, One, Text};
use super::{Options, SoundOption};

/// What `aps` is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Content<'a> {
    pub(super) message: &'a Notification,
    pub(super) options: &'a Options,
    pub(super) shape: Shape,
    pub(super) now: Timestamp,
}

impl<'a> Content<'a> {
    /// `aps` with these texts; none where it would be empty or may not be.
    pub(super) fn aps(self, title: Option<&'a str>, body: Option<&'a str>) -> Option<Aps<'a>> {
        let alert = self.alert(title, body);
        let sound = self.sound(alert.is_some());
        let base = self.options_only();
        let aps = match self.shape {
            Shape::NoAps => return None,
            Shape::Background => Aps {
                content_available: Some(One),
                ..base
            },
            Shape::Changed => Aps {
                content_changed: self.options.content_changed.or(Some(true)),
                ..base
            },
            Shape::Alert => Aps {
                alert,
                sound,
                badge: self.badge(),
                interruption_level: self
                    .options
                    .interruption_level
                    .or_else(|| self.message.category.and_then(level)),
                // The picture is fetched by the app's service extension.
                mutable_content: self
                    .message
                    .image
                    .as_ref()
                    .map_or(base.mutable_content, |_| Some(One)),
                ..base
            },
            Shape::Free => Aps {
                alert,
                sound,
                badge: self.badge(),
                ..base
            },
            Shape::LiveActivity => Aps {
                // Its sound stands in its alert.
                alert: alert.map(|alert| Alert { sound, ..alert }),
                timestamp: self.options.timestamp.or(Some(self.now.as_secs())),
                ..base
            },
        };
        Some(aps)
    }

    /// What the options and the thread say, whatever the shape.
    fn options_only(self) -> Aps<'a> {
        let options = self.options;
        let thread = match self.shape {
            Shape::Alert | Shape::Free | Shape::LiveActivity => self.message.thread.as_deref(),
            Shape::Background | Shape::NoAps | Shape::Changed => None,
        };
        Aps {
            thread_id: options.thread_id.as_deref().or(thread),
            category: options.category.as_deref(),
            content_available: One::when(options.content_available),
            mutable_content: One::when(options.mutable_content),
            target_content_id: options.target_content_id.as_deref(),
            interruption_level: options.interruption_level,
            relevance_score: options.relevance_score,
            filter_criteria: options.filter_criteria.as_deref(),
            content_changed: options.content_changed,
            timestamp: options.timestamp,
            event: options.event,
            content_state: options.content_state.as_ref(),
            stale_date: options.stale_date,
            dismissal_date: options.dismissal_date,
            attributes_type: options.attributes_type.as_deref(),
            attributes: options.attributes.as_ref(),
            input_push_channel: options.input_push_channel.as_deref(),
            input_push_token: One::when(options.input_push_token),
            url_args: options.url_args.as_deref(),
            ..Aps::default()
        }
    }

    /// The alert; none if it says nothing. An empty text is left out.
    fn alert(self, title: Option<&'a str>, body: Option<&'a str>) -> Option<Alert<'a>> {
        let message = self.message;
        let said = |text: Option<&'a str>| text.filter(|text| !text.is_empty());
        let more = self.options.alert.as_ref();
        let mut alert = Alert {
            title: said(title).map(Text::Plain),
            subtitle: said(message.subtitle.as_deref()),
            body: said(body).map(Text::Plain),
            launch_image: more.and_then(|more| more.launch_image.as_deref()),
            action: more.and_then(|more| more.action.as_deref()),
            ..Alert::default()
        };
        if self.shape == Shape::LiveActivity {
            // Its texts are keys in place of texts, and there is no line between them.
            let localized = |key: &'a Option<String>, args: &'a [String]| {
                key.as_deref().map(|key| Text::Localized { key, args })
            };
            alert.subtitle = None;
            alert.title =
                localized(&message.title_loc_key, &message.title_loc_args).or(alert.title);
            alert.body = localized(&message.body_loc_key, &message.body_loc_args).or(alert.body);
        } else {
            alert.title_loc_key = message.title_loc_key.as_deref();
            alert.title_loc_args = &message.title_loc_args;
            alert.subtitle_loc_key = message.subtitle_loc_key.as_deref();
            alert.subtitle_loc_args = &message.subtitle_loc_args;
            alert.loc_key = message.body_loc_key.as_deref();
            alert.loc_args = &message.body_loc_args;
        }
        (alert != Alert::default()).then_some(alert)
    }

    /// The sound. The system's own goes with an alert only: a bare badge makes no noise, and a
    /// call rings by itself.
    fn sound(self, has_alert: bool) -> Option<wire::Sound<'a>> {
        if let Some(sound) = &self.options.sound {
            return Some(match sound {
                SoundOption::Name(name) => wire::Sound::Name(name),
                SoundOption::Dictionary(sound) => wire::Sound::Dictionary {
                    critical: One::when(Some(sound.critical)),
                    name: &sound.name,
                    volume: sound.volume,
                },
            });
        }
        match &self.message.sound {
            Sound::Named(name) => Some(wire::Sound::Name(name)),
            Sound::Critical { name, volume } => Some(wire::Sound::Dictionary {
                critical: Some(One),
                name,
                volume: Some(*volume),
            }),
            Sound::None => None,
            _ if self.shape == Shape::Free => None,
            _ => has_alert.then_some(wire::Sound::Name("default")),
        }
    }

    fn badge(self) -> Option<u32> {
        self.options.badge.or(match self.message.badge {
            Badge::Set(number) => Some(number),
            Badge::Clear => Some(0),
            // The device cannot count up; the capability does not claim that it can.
            _ => None,
        })
    }
}
