//! Which devices of a page get a push.

use std::collections::{HashMap, VecDeque};

use super::audience::Missing;
use super::plan::Plan;
use super::{DeviceReport, Fate, Inner, Skip, route};
use crate::model::{Target, Timestamp};
use crate::router::Step;
use crate::service::{ChannelState, Device, PresenceState, PushId, RegistryError, UserId};

/// A page, sorted into those who get a push and those who do not.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    pub(super) reports: Vec<DeviceReport>,
    pub(super) pushes: Vec<Push>,
}

/// One device that gets a push.
#[derive(Debug)]
pub(super) struct Push {
    pub(super) device: PushId,
    pub(super) user: Option<UserId>,
    /// Channels that were not used, the preferred one first.
    pub(super) left: VecDeque<Target>,
    pub(super) steps: Vec<Step>,
    pub(super) silent: Silent,
    /// Whether the call that it is about ended before a channel was tried.
    pub(super) over: bool,
    /// The user's counter.
    pub(super) badge: Option<u32>,
}

/// What a device's budget says of a silent push.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Silent {
    NotAsked,
    Granted,
    Refused,
}

pub(super) async fn sort(
    inner: &Inner,
    plan: &Plan,
    devices: Vec<Device>,
    without: Vec<Missing>,
) -> Result<Sorted, RegistryError> {
    let now = inner.clock.now();
    let online = online(inner, &devices, now).await?;
    let mut sorted = Sorted::default();
    for missing in without {
        let (user, device) = match missing {
            Missing::User(user) => (Some(user), None),
            Missing::Device(device) => (None, Some(device)),
        };
        let fate = Fate::Skipped(Skip::NoDevice);
        sorted.reports.push(DeviceReport { user, device, fate });
    }
    for device in devices {
        let state = device.user.as_ref().and_then(|user| {
            let states = online.get(user)?;
            let found = states.iter().find(|(id, _)| *id == device.id);
            found.map(|(_, state)| *state)
        });
        let left = route::channels(inner, plan, &device, now);
        let state = state.unwrap_or_default();
        let fate = match no_push(inner, plan, &device, state, &left, now) {
            None => veto(inner, plan, &device, now).await?,
            fate => fate,
        };
        match fate {
            Some(fate) => sorted.reports.push(DeviceReport {
                user: device.user,
                device: Some(device.id),
                fate,
            }),
            None => sorted.pushes.push(Push {
                device: device.id,
                user: device.user,
                left,
                steps: Vec::new(),
                silent: Silent::NotAsked,
                over: false,
                badge: None,
            }),
        }
    }
    Ok(sorted)
}

async fn online(
    inner: &Inner,
    devices: &[Device],
    now: Timestamp,
) -> Result<HashMap<UserId, Vec<(PushId, PresenceState)>>, RegistryError> {
    let mut online = HashMap::new();
    for user in devices.iter().filter_map(|device| device.user.as_ref()) {
        if !online.contains_key(user) {
            let states = inner.presence.online(user, now).await?;
            online.insert(user.clone(), states);
        }
    }
    Ok(online)
}

/// What comes of a device that gets no push; none if it gets one.
fn no_push(
    inner: &Inner,
    plan: &Plan,
    device: &Device,
    state: PresenceState,
    left: &VecDeque<Target>,
    now: Timestamp,
) -> Option<Fate> {
    let dead = |state| matches!(state, ChannelState::Dead { .. });
    let skip = if !plan.policy.pushes(state) {
        return Some(Fate::InApp(state));
    } else if let Some(why) = &plan.withheld {
        why.clone()
    } else if device.channels.iter().all(|channel| dead(channel.state)) {
        Skip::Dead
    } else if left.is_empty() && device.usable(now).next().is_some() {
        Skip::CallsOnly
    } else if left.is_empty() {
        Skip::Muted
    } else if inner.recent.contains((plan.id, device.id)) {
        Skip::Duplicate
    } else {
        return None;
    };
    Some(Fate::Skipped(skip))
}

/// What a hook makes of a device that would get a push.
async fn veto(
    inner: &Inner,
    plan: &Plan,
    device: &Device,
    now: Timestamp,
) -> Result<Option<Fate>, RegistryError> {
    for hook in &inner.hooks {
        if let Some(why) = hook.device(&plan.all, device, now).await? {
            return Ok(Some(Fate::Skipped(Skip::Vetoed(why))));
        }
    }
    Ok(None)
}
