//! The pushes of a page, and what they teach the registry.

use std::collections::{BTreeMap, HashMap};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};

use super::plan::Plan;
use super::ringing::Ringing;
use super::route::Form;
use super::sort::{Push, Silent, Sorted};
use super::{DeviceReport, Fate, Inner, MUTE, Skip};
use crate::model::{Badge, Error, ErrorKind, Kind, Notification, Outcome, Sent, Target, Timestamp};
use crate::provider::Fields;
use crate::router::{Recipient, Step};
use crate::service::{RegistryError, TokenChange, TokenVerdict, UserId};

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
        let first = inner.recent.insert((plan.id, push.device));
        if !first {
            reports.push(DeviceReport {
                user: push.user.clone(),
                device: Some(push.device),
                fate: Fate::Skipped(Skip::Duplicate),
            });
        }
        first
    });
    let counted = count(inner, plan, &mut pushes).await;
    let (done, changes) = rounds(inner, plan, pushes).await;
    // Whatever provably reached nobody may be sent again under the same id.
    for push in done.iter().filter(|push| !push.went_out()) {
        inner.recent.remove((plan.id, push.device));
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
    results.extend(
        [counted.err(), written.err()]
            .into_iter()
            .flatten()
            .map(Err),
    );
    results
}

impl Push {
    /// Whether the message may go in this form: a silent one takes from the device's budget,
    /// once however many channels are tried, and a call may be over.
    fn may_go(&mut self, inner: &Inner, plan: &Plan, form: &Form) -> bool {
        let now = inner.clock.now();
        let rings = |ringing: &Arc<Ringing>| ringing.ring(self.device, self.user.as_ref(), now);
        if !plan.ringing.as_ref().is_none_or(rings) {
            self.over = true;
            return false;
        }
        let notification = form.message(plan);
        if notification.kind == Kind::Silent && self.silent == Silent::NotAsked {
            let left = inner.silent.take(self.device, now);
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
        if self.steps.is_empty() && self.over {
            return Fate::Skipped(Skip::CallOver);
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

/// Brings the counters of the users up to date, and the numbers to their devices.
async fn count(inner: &Inner, plan: &Plan, pushes: &mut [Push]) -> Result<(), RegistryError> {
    if plan.badge == Badge::Unchanged {
        return Ok(());
    }
    let mut numbers: HashMap<UserId, u32> = HashMap::new();
    for push in pushes {
        let Some(user) = &push.user else { continue };
        if !numbers.contains_key(user) {
            let number = number(inner, plan, user).await?;
            numbers.insert(user.clone(), number);
        }
        push.badge = numbers.get(user).copied();
    }
    Ok(())
}

async fn number(inner: &Inner, plan: &Plan, user: &UserId) -> Result<u32, RegistryError> {
    let number = match plan.badge {
        Badge::Add(by) => return inner.badges.add(user, plan.id, by).await,
        Badge::Set(number) => number,
        _ => 0,
    };
    inner.badges.set(user, number).await?;
    Ok(number)
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
        let mut groups: BTreeMap<Form, Vec<(Push, Recipient)>> = BTreeMap::new();
        for mut push in std::mem::take(&mut pushes) {
            match next_channels(inner, plan, &mut push) {
                Some((form, recipient)) if push.may_go(inner, plan, &form) => {
                    groups.entry(form).or_default().push((push, recipient));
                }
                _ => done.push(push),
            }
        }
        let sent = inner.clock.now();
        let mute_until = sent + MUTE;
        let groups = groups
            .into_iter()
            .map(|(form, group)| send(inner, plan, form, elapsed, group));
        for (push, before) in join_all(groups).await.into_iter().flatten() {
            let learnt = push.steps.iter().skip(before);
            changes.extend(learnt.filter_map(|step| change(step, sent, mute_until)));
            let last = push.steps.last();
            let goes_on = last.is_some_and(|step| step.goes_on(inner.options.at_least_once));
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
fn next_channels(inner: &Inner, plan: &Plan, push: &mut Push) -> Option<(Form, Recipient)> {
    let first = push.left.pop_front()?;
    let this = Form::of(inner, plan, &first.provider);
    let counts = matches!(this.message(plan).badge, Badge::Add(_));
    let badge = push.badge.filter(|_| counts);
    let mut recipient = Recipient::new(numbered(inner, first, badge));
    while (push.left.front()).is_some_and(|next| Form::of(inner, plan, &next.provider) == this)
        && let Some(next) = push.left.pop_front()
    {
        recipient = recipient.or(numbered(inner, next, badge));
    }
    Some((this, recipient))
}

/// With the user's counter as its badge, where the vendor can set a number. Where it can only
/// add, the message's own [`Badge::Add`] stays.
fn numbered(inner: &Inner, mut target: Target, badge: Option<u32>) -> Target {
    let provider = inner.router.provider(&target.provider);
    if provider.is_some_and(|provider| provider.capability().fields.contains(Fields::BADGE)) {
        target.badge = badge;
    }
    target
}

/// Sends, and says of each device how many steps it had before.
async fn send(
    inner: &Inner,
    plan: &Plan,
    form: Form,
    elapsed: Duration,
    group: Vec<(Push, Recipient)>,
) -> Vec<(Push, usize)> {
    let (pushes, recipients): (Vec<Push>, Vec<Recipient>) = group.into_iter().unzip();
    let mut notification = form.message(plan).into_owned();
    notification.ttl = notification.ttl.map(|ttl| rest_of_life(ttl, elapsed));
    let steps = match &plan.ringing {
        Some(ringing) => ring(inner, ringing, &notification, &pushes, recipients).await,
        None => deliver(inner, &notification, recipients).await,
    };
    let done = pushes.into_iter().zip(steps);
    done.map(|(mut push, steps)| {
        let before = push.steps.len();
        push.steps.extend(steps);
        (push, before)
    })
    .collect()
}

async fn deliver(
    inner: &Inner,
    notification: &Notification,
    recipients: Vec<Recipient>,
) -> Vec<Vec<Step>> {
    let passages = (inner.router)
        .send_to_with(notification, recipients, &inner.options)
        .await;
    passages.into_iter().map(|passage| passage.steps).collect()
}

/// Delivers, each device by itself so that none waits for another, and gives up on those for whom
/// the call ends meanwhile.
async fn ring(
    inner: &Inner,
    ringing: &Ringing,
    notification: &Notification,
    pushes: &[Push],
    recipients: Vec<Recipient>,
) -> Vec<Vec<Step>> {
    let each = pushes
        .iter()
        .zip(recipients)
        .map(async |(push, recipient)| {
            let first = recipient.channels().first().cloned();
            let delivered = pin!(deliver(inner, notification, vec![recipient]));
            let ended = pin!(ringing.ended_for(push.user.as_ref()));
            match select(delivered, ended).await {
                Either::Left((steps, _)) => steps.into_iter().flatten().collect(),
                Either::Right(((), _)) => first.map(given_up).into_iter().collect(),
            }
        });
    join_all(each).await
}

/// What is known of a channel that was tried when the call ended.
fn given_up(target: Target) -> Step {
    let message = "the call ended while it was on its way";
    let error = Error::new(ErrorKind::Cancelled, message).with_sent(Sent::Maybe);
    Step {
        target,
        outcome: error.into(),
        notes: None,
    }
}

/// What earlier channels have used of a message's life is gone. Zero is no life that is over but
/// "now or never", so that what is over keeps a moment, in which nothing is sent any more.
fn rest_of_life(ttl: Duration, elapsed: Duration) -> Duration {
    match ttl {
        Duration::ZERO => Duration::ZERO,
        ttl => ttl.saturating_sub(elapsed).max(Duration::from_nanos(1)),
    }
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
