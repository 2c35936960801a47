//! What came of a message, per user and device.

use super::Tally;
use crate::model::Outcome;
use crate::router::Step;
use crate::service::{PresenceState, PushId, RegistryError, UnknownStrategy, UserId};

/// What came of one device, or of a user who has none.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct DeviceReport {
    /// Whose device it is.
    pub user: Option<UserId>,
    /// Which device; none for a user without any.
    pub device: Option<PushId>,
    /// What came of it.
    pub fate: Fate,
}

/// What came of a message for one device.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum Fate {
    /// It was pushed: one step for each channel that was used, at least one.
    Pushed(Vec<Step>),
    /// The device is online: the host delivers within the app.
    InApp(PresenceState),
    /// It was not pushed.
    Skipped(Skip),
}

/// Why a device got no push.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Skip {
    /// There is no such device, or the user has none.
    NoDevice,
    /// All its channels are dead.
    Dead,
    /// All its channels that are alive are muted.
    Muted,
    /// The message says that it is not to be pushed.
    NoPush,
    /// The message is of the host's own type and nothing describes it.
    NoDescription,
    /// A message of this id was pushed to this device already.
    Duplicate,
    /// Its channels take nothing but calls.
    CallsOnly,
    /// The call had ended before it could ring there.
    CallOver,
    /// The device has had its silent pushes of the hour.
    SilentBudget,
    /// A [`Hook`](crate::service::Hook) forbade it, and says why.
    Vetoed(std::borrow::Cow<'static, str>),
}

impl DeviceReport {
    /// Whether a vendor took it.
    pub fn is_accepted(&self) -> bool {
        match &self.fate {
            Fate::Pushed(steps) => steps.last().is_some_and(|step| step.outcome.is_accepted()),
            _ => false,
        }
    }
}

/// What came of a message.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
#[must_use = "a report may hold rejections and failures"]
pub struct PushReport {
    /// Of each device, and of each user who has none; in no order.
    pub devices: Vec<DeviceReport>,
    /// Why the audience was not read to its end, or not every verdict was written down.
    pub error: Option<RegistryError>,
}

impl PushReport {
    /// How many devices a vendor took it for.
    pub fn accepted(&self) -> usize {
        self.count(DeviceReport::is_accepted)
    }

    /// How many devices were pushed to, with any outcome.
    pub fn pushed(&self) -> usize {
        self.count(|device| matches!(device.fate, Fate::Pushed(_)))
    }

    /// The devices that are online, for the host to deliver within the app.
    pub fn in_app(&self) -> impl Iterator<Item = &DeviceReport> {
        let devices = self.devices.iter();
        devices.filter(|device| matches!(device.fate, Fate::InApp(_)))
    }

    /// How many were skipped for this reason.
    pub fn skipped(&self, why: Skip) -> usize {
        let fate = Fate::Skipped(why);
        self.count(|device| device.fate == fate)
    }

    /// How many came to what end.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for device in &self.devices {
            let count = match &device.fate {
                Fate::InApp(_) => &mut tally.in_app,
                Fate::Skipped(_) => &mut tally.skipped,
                Fate::Pushed(steps) => match steps.last().map(|step| &step.outcome) {
                    Some(Outcome::Accepted(_)) => &mut tally.accepted,
                    Some(Outcome::Rejected(_)) => &mut tally.rejected,
                    Some(Outcome::Failed(_)) | None => &mut tally.failed,
                },
            };
            *count += 1;
        }
        tally
    }

    /// What came of one user's devices.
    pub fn of_user<'a>(&'a self, user: &'a UserId) -> impl Iterator<Item = &'a DeviceReport> {
        let devices = self.devices.iter();
        devices.filter(move |device| device.user.as_ref() == Some(user))
    }

    fn count(&self, which: impl Fn(&DeviceReport) -> bool) -> usize {
        self.devices.iter().filter(|device| which(device)).count()
    }
}

/// What would come of a message: a dry run. Budgets of silent pushes are not looked at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Forecast {
    /// Devices that would be pushed to.
    pub pushes: u64,
    /// Devices that are online.
    pub in_app: u64,
    /// Devices, and users without any, that would be skipped.
    pub skipped: u64,
}

/// Why nothing was sent.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// No such resource id.
    #[error(transparent)]
    Strategy(#[from] UnknownStrategy),
    /// What the strategy makes of the message is not possible.
    #[error(transparent)]
    Message(#[from] crate::model::Error),
    /// The registry or the presence failed.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The audience is everybody, and nobody confirmed that.
    #[error("the audience is everyone; ask for it with `Audience::everyone_confirmed`")]
    Everyone,
}
