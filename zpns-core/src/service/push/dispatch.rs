//! Which devices of a page get a push, the pushes, and what they teach the registry.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use futures_util::future::join_all;

use super::audience::Missing;
use super::{DeviceReport, Fate, Inner, MUTE, Message, ServiceError, Skip};
use crate::model::{
    Error, ErrorKind, Kind, MessageId, Notification, Outcome, Priority, Sent, Target, Timestamp,
    Vendor,
};
use crate::provider::Fields;
use crate::router::{Recipient, Step, goes_on_after};
use crate::service::{
    ChannelState, Device, PresencePolicy, PresenceState, PushId, RegistryError, TokenChange,
    TokenVerdict, UserId, find_strategy,
};

/// What a message is to each vendor, made once.
#[derive(Debug)]
pub(super) struct Plan {
    id: MessageId,
    policy: PresencePolicy,
    /// Why nobody gets it as a push.
    withheld: Option<Skip>,
    /// For vendors without a part of the strategy.
    all: Notification,
    /// For vendors with one.
    vendors: BTreeMap<Vendor, Notification>,
}

impl Plan {
    pub(super) fn new(inner: &Inner, message: Message) -> Result<Self, ServiceError> {
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
            id: message.notification.id,
            policy: message.policy.unwrap_or(inner.policy),
            withheld: withheld(&message),
            all,
            vendors,
        })
    }

    /// The message as a vendor with this part of the strategy, or with none, gets it.
    fn form(&self, vendor: Option<&Vendor>) -> &Notification {
        let own = vendor.and_then(|vendor| self.vendors.get(vendor));
        own.unwrap_or(&self.all)
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

/// A page, sorted into those who get a push and those who do not.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    pub(super) reports: Vec<DeviceReport>,
    pub(super) pushes: Vec<Push>,
}

/// One device that gets a push.
#[derive(Debug)]
pub(super) struct Push {
    device: PushId,
    user: Option<UserId>,
    /// Channels that were not used, the preferred one first.
    left: VecDeque<Target>,
    steps: Vec<Step>,
    silent: Silent,
}

/// What a device's budget says of a silent push.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Silent {
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
        let left: VecDeque<Target> = device
            .usable(now)
            .map(|channel| Target::new(channel.provider.clone(), channel.token.clone()))
            .collect();
        match no_push(
            inner,
            plan,
            &device,
            state.unwrap_or_default(),
            left.is_empty(),
        ) {
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
    unreachable: bool,
) -> Option<Fate> {
    let dead = |state| matches!(state, ChannelState::Dead { .. });
    let skip = if !plan.policy.pushes(state) {
        return Some(Fate::InApp(state));
    } else if let Some(why) = plan.withheld {
        why
    } else if device.channels.iter().all(|channel| dead(channel.state)) {
        Skip::Dead
    } else if unreachable {
        Skip::Muted
    } else if inner.recent.contains(plan.id, device.id) {
        Skip::Duplicate
    } else {
        return None;
    };
    Some(Fate::Skipped(skip))
}

/// Pushes, and writes down what the vendors say of tokens.
pub(super) async fn push(
    inner: &Inner,
    plan: &Plan,
    sorted: Sorted,
) -> Vec<Result<DeviceReport, RegistryError>> {
    let Sorted {
        mut reports,
        mut pushes,
    } = sorted;
    pushes.retain(|push| {
        // Another page, or another call at the same time, may have been faster.
        let first = inner.recent.insert(plan.id, push.device);
        if !first {
            reports.push(DeviceReport {
                user: push.user.clone(),
                device: Some(push.device),
                fate: Fate::Skipped(Skip::Duplicate),
            });
        }
        first
    });
    let (done, changes) = rounds(inner, plan, pushes).await;
    // Whatever provably reached nobody may be sent again under the same id.
    for push in done.iter().filter(|push| !push.went_out()) {
        inner.recent.remove(plan.id, push.device);
    }
    let written = if changes.is_empty() {
        Ok(())
    } else {
        inner.registry.apply(&changes).await.map(drop)
    };
    reports.extend(done.into_iter().map(|mut push| DeviceReport {
        fate: push.fate(),
        user: push.user,
        device: Some(push.device),
    }));
    let mut results: Vec<_> = reports.into_iter().map(Ok).collect();
    results.extend(written.err().map(Err));
    results
}

impl Push {
    /// Whether the message may go in this form: a silent one takes from the device's budget,
    /// once however many channels are tried.
    fn may_go(&mut self, inner: &Inner, notification: &Notification) -> bool {
        if notification.kind == Kind::Silent && self.silent == Silent::NotAsked {
            let left = inner.silent.take(self.device, inner.clock.now());
            self.silent = if left {
                Silent::Granted
            } else {
                Silent::Refused
            };
        }
        self.silent != Silent::Refused
    }

    fn fate(&mut self) -> Fate {
        if self.steps.is_empty() && self.silent == Silent::Refused {
            return Fate::Skipped(Skip::SilentBudget);
        }
        Fate::Pushed(std::mem::take(&mut self.steps))
    }

    /// Whether a vendor took it or may have.
    fn went_out(&self) -> bool {
        self.steps.iter().any(|step| match &step.outcome {
            Outcome::Accepted(_) => true,
            Outcome::Rejected(_) => false,
            Outcome::Failed(error) => error.sent() == Sent::Maybe,
        })
    }
}

/// Sends until no device has a channel left that is to be tried. A round is one send for each
/// form that the message has: to vendors with a part of the strategy, to all others.
async fn rounds(
    inner: &Inner,
    plan: &Plan,
    mut pushes: Vec<Push>,
) -> (Vec<Push>, Vec<TokenChange>) {
    let start = inner.clock.monotonic();
    let mut done = Vec::new();
    let mut changes = Vec::new();
    while !pushes.is_empty() {
        let elapsed = inner.clock.monotonic().saturating_sub(start);
        let mut groups: BTreeMap<Option<Vendor>, Vec<(Push, Recipient)>> = BTreeMap::new();
        for mut push in std::mem::take(&mut pushes) {
            match next_channels(inner, plan, &mut push.left) {
                Some((form, recipient)) if push.may_go(inner, plan.form(form.as_ref())) => {
                    groups.entry(form).or_default().push((push, recipient));
                }
                _ => done.push(push),
            }
        }
        let sent = inner.clock.now();
        let mute_until = sent + MUTE;
        let groups = groups
            .into_iter()
            .map(|(form, group)| send(inner, plan.form(form.as_ref()), elapsed, group));
        for (push, before) in join_all(groups).await.into_iter().flatten() {
            let learnt = push.steps.iter().skip(before);
            changes.extend(learnt.filter_map(|step| change(step, sent, mute_until)));
            let last = push.steps.last();
            let goes_on =
                last.is_some_and(|step| goes_on_after(&step.outcome, inner.options.at_least_once));
            let alive = plan
                .all
                .ttl
                .is_none_or(|ttl| inner.clock.monotonic().saturating_sub(start) < ttl);
            if goes_on && alive && !push.left.is_empty() {
                pushes.push(push);
            } else {
                done.push(push);
            }
        }
    }
    (done, changes)
}

/// The next channels that get the message in the same form.
fn next_channels(
    inner: &Inner,
    plan: &Plan,
    left: &mut VecDeque<Target>,
) -> Option<(Option<Vendor>, Recipient)> {
    let form = |target: &Target| {
        let provider = inner.router.provider(&target.provider)?;
        let vendor = &provider.info().vendor;
        plan.vendors.contains_key(vendor).then(|| vendor.clone())
    };
    let first = left.pop_front()?;
    let this = form(&first);
    let mut recipient = Recipient::new(first);
    while left.front().is_some_and(|next| form(next) == this)
        && let Some(next) = left.pop_front()
    {
        recipient = recipient.or(next);
    }
    Some((this, recipient))
}

/// Sends, and says of each device how many steps it had before.
async fn send(
    inner: &Inner,
    notification: &Notification,
    elapsed: Duration,
    group: Vec<(Push, Recipient)>,
) -> Vec<(Push, usize)> {
    let (pushes, recipients): (Vec<Push>, Vec<Recipient>) = group.into_iter().unzip();
    let mut notification = notification.clone();
    // What earlier channels have used of its life is gone.
    notification.ttl = notification.ttl.map(|ttl| ttl.saturating_sub(elapsed));
    let passages = (inner.router)
        .send_to_with(&notification, recipients, &inner.options)
        .await;
    let done = pushes.into_iter().zip(passages);
    done.map(|(mut push, passage)| {
        let before = push.steps.len();
        push.steps.extend(passage.steps);
        (push, before)
    })
    .collect()
}

/// What a step teaches the registry.
fn change(step: &Step, sent: Timestamp, mute_until: Timestamp) -> Option<TokenChange> {
    let Outcome::Rejected(rejection) = &step.outcome else {
        return None;
    };
    let verdict = TokenVerdict::from_action(&rejection.token, sent, mute_until)?;
    let target = &step.target;
    Some(TokenChange::new(
        target.provider.clone(),
        target.token.clone(),
        verdict,
    ))
}
