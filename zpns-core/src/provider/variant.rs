//! One notification as one provider sends it.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Capability, FieldRule, Fields, Kinds, Missing};
use crate::model::{Badge, ErrorKind, Notes, Notification, Rejection};

/// What happens to a text that is too long for the vendor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitPolicy {
    /// Title and body are cut between graphemes and the cut is noted in the report; everything
    /// else that is too long is refused.
    #[default]
    Truncate,
    /// Everything that is too long is refused.
    Reject,
}

/// One notification as one provider sends it: checked against its capability, what the vendor
/// lacks taken out and noted, and with room for the encoded form, so that it is encoded once
/// however many batches it goes out in.
pub struct Variant {
    notification: Notification,
    limits: LimitPolicy,
    at_least_once: bool,
    ttl: Option<Duration>,
    dropped: Notes,
    encoded: OnceLock<Result<Encoded, Rejection>>,
}

struct Encoded {
    form: Box<dyn Any + Send + Sync>,
    notes: Option<Arc<Notes>>,
}

impl Variant {
    /// Checks a notification against a capability.
    ///
    /// A target's own badge, if given, replaces the notification's.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`], naming the kind or the fields that the provider lacks and that
    /// cannot be left out.
    pub fn new(
        notification: &Notification,
        capability: &Capability,
        badge: Option<u32>,
        limits: LimitPolicy,
    ) -> Result<Self, Rejection> {
        let kind = Kinds::from(&notification.kind);
        if !capability.kinds.contains(kind) {
            let name = serde_json::to_string(&notification.kind).unwrap_or_default();
            return Err(Rejection::new(
                ErrorKind::Unsupported,
                format!("this vendor has no push of the kind {name}"),
            ));
        }
        let ttl = notification.ttl;
        let mut notification = notification.clone();
        if let Some(badge) = badge {
            notification.badge = Badge::Set(badge);
        }
        let missing = Fields::used_by(&notification) - capability.fields;
        let dropped = Self::drop_missing(&mut notification, missing)?;
        Ok(Self {
            ttl,
            notification,
            limits,
            at_least_once: false,
            dropped,
            encoded: OnceLock::new(),
        })
    }

    fn drop_missing(message: &mut Notification, missing: Fields) -> Result<Notes, Rejection> {
        let names = |what: Missing| -> Vec<String> {
            FieldRule::ALL
                .iter()
                .filter(|rule| rule.missing == what && missing.contains(rule.field))
                .map(|rule| rule.name.to_owned())
                .collect()
        };
        let refused = names(Missing::Refuse);
        if !refused.is_empty() {
            return Err(Rejection::new(
                ErrorKind::Unsupported,
                format!("this vendor has no {}", refused.join(", ")),
            ));
        }
        missing.remove_from(message);
        Ok(Notes {
            dropped: names(Missing::Drop),
            ..Notes::default()
        })
    }

    /// Whether the caller accepts a repeat rather than a loss.
    #[must_use]
    pub fn with_at_least_once(mut self, at_least_once: bool) -> Self {
        self.at_least_once = at_least_once;
        self
    }

    /// With what [preflight rules](crate::preflight) say will go wrong.
    #[must_use]
    pub(crate) fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        self.dropped.warnings = warnings;
        self
    }

    /// The notification, without what the vendor lacks.
    pub fn notification(&self) -> &Notification {
        &self.notification
    }

    /// The notification's time to live as the host said it, even where the vendor has no such
    /// field: we keep to it ourselves.
    pub fn ttl(&self) -> Option<Duration> {
        self.ttl
    }

    /// What happens to a text that is too long.
    pub fn limits(&self) -> LimitPolicy {
        self.limits
    }

    /// Whether the caller accepts a repeat rather than a loss.
    pub fn at_least_once(&self) -> bool {
        self.at_least_once
    }

    /// What was left out and, once encoded, cut.
    pub fn notes(&self) -> Option<Arc<Notes>> {
        match self.encoded.get() {
            Some(Ok(encoded)) => encoded.notes.clone(),
            _ if self.dropped.is_empty() => None,
            _ => Some(Arc::new(self.dropped.clone())),
        }
    }

    /// The encoded form: made by `encode` on the first call, the same one afterwards.
    ///
    /// `encode` returns the form and the notes of what it cut or left out.
    ///
    /// # Errors
    /// The rejection that `encode` returned on the first call, or [`ErrorKind::MessageInvalid`]
    /// if it was encoded to another type before (two adapters sharing a variant: a defect).
    pub fn encoded<T: Any + Send + Sync>(
        &self,
        encode: impl FnOnce(&Notification) -> Result<(T, Notes), Rejection>,
    ) -> Result<&T, Rejection> {
        let cell = self.encoded.get_or_init(|| {
            let (form, notes) = encode(&self.notification)?;
            let notes = self.dropped.clone().merged(&notes);
            Ok(Encoded {
                form: Box::new(form),
                notes: (!notes.is_empty()).then(|| Arc::new(notes)),
            })
        });
        let encoded = cell.as_ref().map_err(Rejection::clone)?;
        encoded.form.downcast_ref().ok_or_else(|| {
            Rejection::new(
                ErrorKind::MessageInvalid,
                "this variant was encoded by another provider",
            )
        })
    }
}

impl fmt::Debug for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variant")
            .field("id", &self.notification.id)
            .field("limits", &self.limits)
            .field("dropped", &self.dropped)
            .field("encoded", &self.encoded.get().is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Priority};

    fn capability() -> Capability {
        let mut capability = Capability::unary();
        capability.kinds = Kinds::ALERT;
        capability.fields = Fields::TITLE | Fields::BODY | Fields::BADGE;
        capability
    }

    fn variant(message: &Notification) -> Result<Variant, Rejection> {
        Variant::new(message, &capability(), None, LimitPolicy::default())
    }

    #[test]
    fn a_hint_that_the_vendor_lacks_is_left_out_and_noted() {
        let message = Notification::alert("t", "b").with_priority(Priority::High);
        let variant = variant(&message).unwrap();
        assert_eq!(variant.notification().priority, None);
        assert_eq!(variant.notes().unwrap().dropped, ["priority"]);
    }

    #[test]
    fn content_that_the_vendor_lacks_is_refused_by_name() {
        let message = Notification::alert("t", "b")
            .with_payload("p")
            .with_collapse_key("c");
        let rejection = variant(&message).unwrap_err();
        assert_eq!(rejection.kind, ErrorKind::Unsupported);
        assert_eq!(rejection.reason, "this vendor has no payload, collapse_key");
    }

    #[test]
    fn a_kind_that_the_vendor_lacks_is_refused() {
        let message = Notification {
            kind: Kind::Silent,
            ..Notification::default()
        };
        assert_eq!(variant(&message).unwrap_err().kind, ErrorKind::Unsupported);
    }

    #[test]
    fn a_badge_of_the_target_beats_that_of_the_notification() {
        let message = Notification::alert("t", "b").with_badge(Badge::Add(1));
        let variant = Variant::new(&message, &capability(), Some(7), LimitPolicy::Reject).unwrap();
        assert_eq!(variant.notification().badge, Badge::Set(7));
        assert_eq!(variant.notes(), None);
    }

    #[test]
    fn a_variant_is_encoded_once() {
        let variant = variant(&Notification::alert("t", "b")).unwrap();
        let notes = Notes {
            truncated: vec!["body".into()],
            ..Notes::default()
        };
        let first = variant.encoded(|message| Ok((message.title.clone(), notes.clone())));
        assert_eq!(first.unwrap().as_deref(), Some("t"));
        let second = variant.encoded::<Option<String>>(|_| panic!("encoded twice"));
        assert_eq!(second.unwrap().as_deref(), Some("t"));
        assert_eq!(variant.notes().unwrap().truncated, ["body"]);
    }
}
