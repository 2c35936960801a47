//! Users, not tokens: what a chat server needs on top of the [router](crate::router).
//!
//! * [`PushService`]: sends a [`Message`] to an [`Audience`] of users and devices, and reports on
//!   each of them.
//! * [`Roster`]: an audience that is written down, and sent to page by page from a
//!   [`Checkpoint`] on.
//! * [`Registry`]: which devices there are, through which channels each is reached, and whose it
//!   is. [`MemoryRegistry`] is the one in memory.
//! * [`Expression`]: which devices are meant, by tags and attributes (`vip && !cn`).
//! * [`Presence`]: who is looking at the app on which device, and [`PresencePolicy`]: who gets a
//!   push then. [`MemoryPresence`] is the one in memory.
//! * [`Call`]: rings, on the channel for calls where there is one, until it [ends](CallEnd).
//! * [`DoNotDisturb`]: a hook that keeps users' [quiet hours](QuietHours).
//! * [`Milestones`]: how far each push came, by the vendors' receipts, and counts per campaign.
//! * [`Badges`]: one counter of unread messages per user.
//! * [`Strategy`]: a named rule, from code or the config file, that fills in what the caller left
//!   out.
//!
//! A store of one's own implements the trait and runs the suite `conformance` that every
//! implementation has to pass (feature `testing`).

mod badge;
mod call;
#[cfg(feature = "testing")]
pub mod conformance;
mod diagnose;
mod expression;
mod presence;
mod push;
mod quiet;
mod receipts;
mod recent;
pub mod registry;
mod strategy;

pub use self::badge::{Badges, MemoryBadges};
pub use self::call::{Call, CallEnd};
pub use self::diagnose::{Cause, Diagnosis, Finding};
pub use self::expression::{Comparison, Expression, ExpressionError, Property};
pub use self::presence::{MemoryPresence, PRESENCE_TTL, Presence, PresencePolicy, PresenceState};
pub use self::push::{
    Audience, Checkpoint, DeviceReport, Fate, Forecast, Hook, Message, PageReport, PushReport,
    PushService, PushServiceBuilder, Roster, ServiceError, Skip, Tally, Veto,
};
pub use self::quiet::{DoNotDisturb, MemoryQuietTimes, QuietHours, QuietHoursError, QuietTimes};
pub use self::receipts::{
    CampaignCounts, Early, Joined, JoinedReceipt, MemoryMilestones, Milestone, Milestones,
    PushRecord, ReceiptReport, Stage,
};
pub use self::registry::{
    AttributeValue, Channel, ChannelState, Device, DeviceQuery, DeviceUpdate, MemoryRegistry, Page,
    Platform, PushId, Registration, Registry, RegistryError, TokenChange, TokenVerdict, UserId,
};
pub use self::strategy::{Strategy, StrategyPart, UnknownStrategy, find_strategy};
