//! What a message is to each vendor.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ringing::Ringing;
use super::{Inner, Message, ServiceError, Skip};
use crate::model::{Badge, Error, ErrorKind, Kind, MessageId, Notification, Priority, Vendor};
use crate::provider::Fields;
use crate::service::{PresencePolicy, find_strategy};

/// What a message is to each vendor, made once.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) id: MessageId,
    pub(super) campaign: Option<Arc<str>>,
    pub(super) policy: PresencePolicy,
    pub(super) badge: Badge,
    /// Why nobody gets it as a push.
    pub(super) withheld: Option<Skip>,
    /// For vendors without a part of the strategy.
    pub(super) all: Notification,
    /// For vendors with one.
    pub(super) vendors: BTreeMap<Vendor, Notification>,
    /// The call that it invites to.
    pub(super) ringing: Option<Arc<Ringing>>,
}

impl Plan {
    pub(super) fn new(inner: &Inner, mut message: Message) -> Result<Self, ServiceError> {
        let id = message.notification.id;
        let mut hooks = inner.hooks.iter();
        let veto = hooks.find_map(|hook| hook.message(&mut message).err());
        // A hook may change everything but which message it is.
        message.notification.id = id;
        let mut all = message.notification.clone();
        let mut vendors = BTreeMap::new();
        if let Some(id) = &message.strategy {
            let strategy = find_strategy(&inner.strategies, id)?;
            for vendor in strategy.vendors.keys() {
                let vendor = Vendor::from(vendor.clone());
                let notification = strategy.applied(&message.notification, &vendor)?;
                vendors.insert(vendor, notification);
            }
            strategy.apply(&mut all);
        }
        for form in vendors.values_mut().chain([&mut all]) {
            silent_form(form)?;
        }
        Ok(Self {
            id,
            campaign: message.campaign.as_deref().map(Arc::from),
            policy: message.policy.unwrap_or(inner.policy),
            badge: message.notification.badge,
            withheld: veto.map(Skip::Vetoed).or_else(|| withheld(&message)),
            all,
            vendors,
            ringing: None,
        })
    }
}

/// A silent push shows nothing, and is sent whenever the device is awake anyway.
fn silent_form(notification: &mut Notification) -> Result<(), Error> {
    if notification.kind != Kind::Silent {
        return Ok(());
    }
    let seen = Fields::TITLE
        | Fields::SUBTITLE
        | Fields::BODY
        | Fields::IMAGE
        | Fields::LOCALIZATION
        | Fields::SUBTITLE_LOCALIZATION
        | Fields::SOUND
        | Fields::BADGE
        | Fields::BADGE_ADD;
    if Fields::used_by(notification).intersects(seen) {
        let message = "a silent push has no title, text, picture, sound or badge";
        return Err(Error::new(ErrorKind::MessageInvalid, message));
    }
    notification.priority.get_or_insert(Priority::Low);
    Ok(())
}

fn withheld(message: &Message) -> Option<Skip> {
    let described = (message.notification.body.as_deref()).is_some_and(|body| !body.is_empty())
        || message.notification.body_loc_key.is_some();
    if message.no_push {
        Some(Skip::NoPush)
    } else if message.custom && !described {
        Some(Skip::NoDescription)
    } else {
        None
    }
}
