//! A call, from the first ring to whatever ends it.

use std::time::Duration;

use super::PushId;
use crate::model::{CallEvent, Category, Kind, Notification, Priority, Sender};

/// The longest id: a collapse key holds it, and Apple's has 64 bytes.
const LONGEST_ID: usize = 56;

/// An invitation to a call, and what is to be said once it is over.
///
/// Phones ring through [`PushService::invite`](super::PushService::invite); what happens then is
/// told by [`PushService::end_call`](super::PushService::end_call).
///
/// ```
/// use std::time::Duration;
/// use zpns_core::Sender;
/// use zpns_core::service::Call;
///
/// let caller = Sender::new("bob").with_nickname("Bob");
/// let call = Call::new("room-7", caller).ringing_for(Duration::from_secs(40));
/// assert_eq!(call.ring, Duration::from_secs(40));
/// ```
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Call {
    /// The host's name for it: 1 to 56 bytes. The app gets it as `call_id` in the data.
    pub id: String,
    /// How long it rings: no invitation arrives later. Half a minute unless set.
    pub ring: Duration,
    /// What the phone shows while it rings where it cannot ring like a call, with payload, sound,
    /// channel and vendors' options. Its title is the caller unless set, its text "Incoming call".
    pub notification: Notification,
    /// The text of the alert for those who missed it. "Missed call" unless set.
    pub missed: String,
}

impl Call {
    /// A call of this id from this caller.
    pub fn new(id: impl Into<String>, caller: Sender) -> Self {
        Self {
            id: id.into(),
            ring: Duration::from_secs(30),
            notification: Notification {
                sender: Some(caller),
                ..Notification::alert("", "Incoming call")
            },
            missed: "Missed call".to_owned(),
        }
    }

    /// Which rings this long.
    #[must_use]
    pub fn ringing_for(mut self, ring: Duration) -> Self {
        self.ring = ring;
        self
    }

    /// With another text while it rings.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.notification.body = Some(text.into());
        self
    }

    /// With another text for those who missed it.
    #[must_use]
    pub fn with_missed_text(mut self, text: impl Into<String>) -> Self {
        self.missed = text.into();
        self
    }

    /// With a payload for the app.
    #[must_use]
    pub fn with_payload(mut self, payload: impl Into<String>) -> Self {
        self.notification.payload = Some(payload.into());
        self
    }

    /// What is wrong with it, if anything is.
    pub(super) fn fault(&self) -> Option<String> {
        if self.id.is_empty() || self.id.len() > LONGEST_ID {
            let length = self.id.len();
            Some(format!(
                "a call's id has 1 to {LONGEST_ID} bytes, and this one {length}"
            ))
        } else if self.ring < Duration::from_secs(1) {
            Some("a call rings for at least one second".to_owned())
        } else {
            None
        }
    }

    /// What goes out when this happens, as long as there is something left of the ring.
    pub(super) fn told(&self, event: CallEvent, ring_left: Duration) -> Notification {
        let mut message = self.notification.clone();
        message.kind = Kind::Call(event);
        message.category.get_or_insert(Category::Call);
        message.priority.get_or_insert(Priority::High);
        // Whatever comes later replaces the ringing on the screen.
        let key = || format!("call-{}", self.id);
        message.collapse_key.get_or_insert_with(key);
        let id = message.data.entry("call_id".to_owned());
        id.or_insert_with(|| self.id.clone());
        match event {
            CallEvent::Invite => message.ttl = Some(ring_left),
            // Who missed it is told, whenever the phone is on again.
            CallEvent::Cancel | CallEvent::Missed => message.body = Some(self.missed.clone()),
            // The other devices only stop ringing, and have stopped by themselves after that.
            _ => {
                message.silence(Kind::Call(event));
                message.ttl = Some(ring_left.max(Duration::from_secs(1)));
            }
        }
        message
    }
}

/// How a call ends, for all or for one of those who were called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CallEnd {
    /// The caller gave up. Whoever has not answered missed it.
    Cancelled,
    /// It rang as long as it rings. Whoever has not answered missed it.
    Unanswered,
    /// Taken on this device: the same user's other devices stop ringing.
    Answered(PushId),
    /// Declined on this device: the same user's other devices stop ringing.
    Declined(PushId),
}

impl CallEnd {
    /// What the devices are told.
    pub(super) const fn event(self) -> CallEvent {
        match self {
            Self::Cancelled => CallEvent::Cancel,
            Self::Unanswered => CallEvent::Missed,
            Self::Answered(_) => CallEvent::Answered,
            Self::Declined(_) => CallEvent::Declined,
        }
    }

    /// Where it was settled for one user.
    pub(super) const fn on(self) -> Option<PushId> {
        match self {
            Self::Answered(device) | Self::Declined(device) => Some(device),
            Self::Cancelled | Self::Unanswered => None,
        }
    }
}

/// A call's news for tokens that no call may go to: of a vendor that has tokens of their own for
/// calls. What has a text is an alert; what has none wakes the app, as well as the vendor can.
pub(super) fn without_call_token(mut message: Notification) -> Notification {
    let Kind::Call(event) = message.kind else {
        return message;
    };
    let name = match event {
        CallEvent::Invite => "invite",
        CallEvent::Cancel => "cancel",
        CallEvent::Answered => "answered",
        CallEvent::Declined => "declined",
        CallEvent::Missed => "missed",
    };
    let told = message.data.entry("call_event".to_owned());
    told.or_insert_with(|| name.to_owned());
    match event {
        CallEvent::Invite | CallEvent::Cancel | CallEvent::Missed => message.kind = Kind::Alert,
        CallEvent::Answered | CallEvent::Declined => {
            message.silence(Kind::Silent);
            // What only wakes an app is never urgent.
            message.priority = Some(Priority::Low);
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_lives_as_long_as_it_rings_and_is_replaced_by_what_follows() {
        let call = Call::new("room-7", Sender::new("bob"));
        let invite = call.told(CallEvent::Invite, Duration::from_secs(12));
        assert_eq!(invite.ttl, Some(Duration::from_secs(12)));
        assert_eq!(invite.display_title(), Some("bob"));
        assert_eq!(
            invite.data.get("call_id").map(String::as_str),
            Some("room-7")
        );
        let missed = call.told(CallEvent::Missed, Duration::ZERO);
        assert_eq!(missed.body.as_deref(), Some("Missed call"));
        assert_eq!((missed.ttl, missed.display_title()), (None, Some("bob")));
        assert_eq!(invite.collapse_key, missed.collapse_key);
        let answered = call.told(CallEvent::Answered, Duration::ZERO);
        assert_eq!((answered.body, answered.title), (None, None));
    }

    #[test]
    fn an_id_that_fits_no_collapse_key_is_refused() {
        let call = |id: String| Call::new(id, Sender::new("bob"));
        assert_eq!(call("x".repeat(56)).fault(), None);
        for id in [String::new(), "x".repeat(57)] {
            assert!(call(id).fault().is_some_and(|why| why.contains("56")));
        }
        let at_once = call("1".into()).ringing_for(Duration::ZERO);
        assert!(at_once.fault().is_some());
    }

    #[test]
    fn only_what_has_a_text_is_an_alert_on_a_token_that_takes_no_calls() {
        let call = Call::new("room-7", Sender::new("bob"));
        let rows = [
            (CallEvent::Invite, Kind::Alert, "invite"),
            (CallEvent::Cancel, Kind::Alert, "cancel"),
            (CallEvent::Missed, Kind::Alert, "missed"),
            (CallEvent::Answered, Kind::Silent, "answered"),
            (CallEvent::Declined, Kind::Silent, "declined"),
        ];
        for (event, kind, name) in rows {
            let told = without_call_token(call.told(event, Duration::from_secs(9)));
            assert_eq!((told.kind, told.data["call_event"].as_str()), (kind, name));
        }
        let alert = Notification::alert("Bob", "Lunch?");
        assert_eq!(without_call_token(alert.clone()), alert);
    }
}
