//! The targets of one provider that wait for a batch.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::SendOptions;
use super::providers::Entry;
use super::standing::Share;
use crate::layers::Urgency;
use crate::model::{Notification, Rejection, Target};
use crate::provider::{Batch, PushProvider, Variant};

/// Variants kept although no target waits for them; beyond that, idle ones are forgotten and
/// made again when needed.
const IDLE_VARIANTS: usize = 64;

/// Targets of a unary provider that share one allocation on their way through.
const UNARY_CHUNK: usize = 64;

/// One provider's targets, grouped by what may share a batch.
#[derive(Debug)]
pub(super) struct Lane {
    entry: Arc<Entry>,
    groups: BTreeMap<GroupKey, Group>,
    /// Why the message was refused last, and for which badge: the next target with that badge is
    /// not a reason to look at the message again.
    refused: Option<(Option<u32>, Rejection)>,
    /// So many groups are a reason to look for idle ones.
    forget_at: usize,
    /// What is cut and waits for the window.
    cut: VecDeque<Chunk>,
    waiting: usize,
    in_flight: usize,
    /// What of it the router's load counts already.
    share: Share,
}

/// Targets that differ in it get batches of their own: by their badge another variant, by their
/// [partition](PushProvider::partition) another part of the vendor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct GroupKey {
    badge: Option<u32>,
    partition: u8,
}

#[derive(Debug)]
struct Group {
    variant: Arc<Variant>,
    targets: Vec<Target>,
    /// Theirs in the caller's stream, in the same order.
    positions: Vec<u64>,
}

/// Targets that are cut together: one batch, or as many as there are targets where the vendor
/// takes one per request.
#[derive(Debug)]
struct Chunk {
    targets: Batch,
    positions: Arc<[u64]>,
    /// So many of its targets went out already.
    gone: usize,
}

/// A target and its position in the caller's stream.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) position: u64,
    pub(super) target: Target,
}

/// A target to which the message does not go out.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) waiting: Waiting,
    pub(super) rejection: Rejection,
}

/// A batch, and where its targets stood in the caller's stream.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub(super) batch: Batch,
    positions: Arc<[u64]>,
    start: usize,
}

impl Cut {
    /// The position of the batch's target at `index`.
    pub(super) fn position(&self, index: usize) -> u64 {
        self.positions
            .get(self.start + index)
            .copied()
            .unwrap_or_default()
    }
}

impl Lane {
    pub(super) fn new(entry: Arc<Entry>, urgency: Urgency) -> Self {
        Self {
            share: Share::new(Arc::clone(&entry.load), urgency),
            entry,
            groups: BTreeMap::new(),
            refused: None,
            forget_at: IDLE_VARIANTS,
            cut: VecDeque::new(),
            waiting: 0,
            in_flight: 0,
        }
    }

    pub(super) fn entry(&self) -> &Arc<Entry> {
        &self.entry
    }

    /// Sends what still waits through another provider: its variants are made anew. What is in
    /// flight on the old one takes up none of the new one's window.
    pub(super) fn replace(&mut self, entry: Arc<Entry>) -> Vec<Waiting> {
        let back = self.drain();
        self.groups.clear();
        self.refused = None;
        self.in_flight = 0;
        self.entry = entry;
        back
    }

    /// Takes out everything that waits, in the order in which it came.
    pub(super) fn drain(&mut self) -> Vec<Waiting> {
        let mut back = Vec::with_capacity(self.waiting);
        for chunk in self.cut.drain(..) {
            let targets = chunk.targets.targets().iter().cloned();
            let waiting = chunk.positions.iter().zip(targets).skip(chunk.gone);
            back.extend(waiting.map(|(&position, target)| Waiting { position, target }));
        }
        for group in self.groups.values_mut() {
            let waiting = group.positions.drain(..).zip(group.targets.drain(..));
            back.extend(waiting.map(|(position, target)| Waiting { position, target }));
        }
        back.sort_unstable_by_key(|waiting| waiting.position);
        self.waiting = 0;
        back
    }

    /// Frees the place in the window of a batch that went out through this provider.
    pub(super) fn landed(&mut self, provider: &Arc<dyn PushProvider>) {
        if Arc::ptr_eq(&self.entry.provider, provider) {
            self.in_flight = self.in_flight.saturating_sub(1);
        }
    }

    /// Takes a target in, unless the message does not go out to it.
    pub(super) fn take_in(
        &mut self,
        waiting: Waiting,
        notification: &Notification,
        options: &SendOptions,
    ) -> Option<Refused> {
        let key = self.key(&waiting.target);
        let group = match self.groups.get_mut(&key) {
            Some(group) => group,
            None => match self.new_group(key.badge, notification, options) {
                Ok(group) => self.groups.entry(key).or_insert(group),
                Err(rejection) => return Some(Refused { waiting, rejection }),
            },
        };
        group.targets.push(waiting.target);
        group.positions.push(waiting.position);
        self.waiting += 1;
        let (chunk, tail) = (chunk(&self.entry), self.entry.capability.batch_min);
        // With a least batch size, so many more must be at hand that none is left over.
        let spare = if tail > 1 { tail } else { 0 };
        if group.targets.len() >= chunk.saturating_add(spare) {
            self.cut.push_back(group.cut(chunk));
        }
        None
    }

    /// A group for targets with this badge, if the message goes out to them.
    fn new_group(
        &mut self,
        badge: Option<u32>,
        notification: &Notification,
        options: &SendOptions,
    ) -> Result<Group, Rejection> {
        let variant = match (self.variant(badge), &self.refused) {
            (Some(variant), _) => variant,
            (None, Some((other, refused))) if *other == badge => return Err(refused.clone()),
            (None, _) => match self.examine(badge, notification, options) {
                Ok(variant) => Arc::new(variant),
                Err(refused) => {
                    self.refused = Some((badge, refused.clone()));
                    return Err(refused);
                }
            },
        };
        self.forget_idle_variants();
        Ok(Group {
            variant,
            targets: Vec::new(),
            positions: Vec::new(),
        })
    }

    /// The message as this provider sends it to targets with this badge, if it does.
    fn examine(
        &self,
        badge: Option<u32>,
        notification: &Notification,
        options: &SendOptions,
    ) -> Result<Variant, Rejection> {
        let capability = &self.entry.capability;
        let variant = Variant::new(notification, capability, badge, options.limits)?;
        let provider = self.entry.provider.info();
        let warnings = self.entry.checks.ask(notification, provider)?;
        let variant = variant.with_at_least_once(options.at_least_once);
        Ok(variant.with_warnings(warnings))
    }

    fn key(&self, target: &Target) -> GroupKey {
        let partition = match self.entry.capability.batch {
            // Targets that share no request are in nobody's way.
            0 | 1 => 0,
            _ => self.entry.provider.partition(&target.token),
        };
        GroupKey {
            badge: target.badge,
            partition,
        }
    }

    /// The variant for this badge, if another partition has it: it is encoded once for all.
    fn variant(&self, badge: Option<u32>) -> Option<Arc<Variant>> {
        let of_badge = |partition| GroupKey { badge, partition };
        let mut groups = self.groups.range(of_badge(u8::MIN)..=of_badge(u8::MAX));
        groups.next().map(|(_, group)| Arc::clone(&group.variant))
    }

    /// Whether it holds as many targets as it may.
    pub(super) fn is_full(&self) -> bool {
        self.waiting >= chunk(&self.entry).max(256).saturating_mul(4)
    }

    /// How many targets wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Makes known to the router how much waits and is in flight here.
    pub(super) fn publish(&mut self) {
        self.share.publish(self.waiting, self.in_flight);
    }

    /// Whether nothing waits.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting == 0
    }

    /// Cuts what waits into batches, full or not: nothing more is at hand for now.
    pub(super) fn flush(&mut self) {
        for group in self.groups.values_mut() {
            while !group.targets.is_empty() {
                let take = take(group.targets.len(), &self.entry);
                self.cut.push_back(group.cut(take));
            }
        }
    }

    /// Cuts what waits if the window has room and no batch is cut for it.
    pub(super) fn flush_if_starving(&mut self) {
        if self.cut.is_empty() && self.in_flight < self.entry.window {
            self.flush();
        }
    }

    /// The next batch, if the window has room.
    pub(super) fn next(&mut self) -> Option<Cut> {
        if self.in_flight >= self.entry.window {
            return None;
        }
        let chunk = self.cut.front_mut()?;
        let cut = chunk.next(self.entry.capability.batch);
        if chunk.is_gone() {
            self.cut.pop_front();
        }
        self.waiting = self.waiting.saturating_sub(cut.batch.targets().len());
        self.in_flight += 1;
        Some(cut)
    }

    fn forget_idle_variants(&mut self) {
        if self.groups.len() >= self.forget_at {
            self.groups.retain(|_, group| !group.targets.is_empty());
            // Twice what is left, so that looking costs a constant per variant.
            self.forget_at = IDLE_VARIANTS.max(2 * self.groups.len());
        }
    }
}

impl Group {
    /// Cuts off the first so many targets.
    fn cut(&mut self, targets: usize) -> Chunk {
        let targets = targets.min(self.targets.len());
        Chunk {
            positions: self.positions.drain(..targets).collect(),
            targets: Batch::new(
                Arc::clone(&self.variant),
                self.targets.drain(..targets).collect(),
            ),
            gone: 0,
        }
    }
}

impl Chunk {
    /// The next batch of it, of up to so many targets.
    fn next(&mut self, most: usize) -> Cut {
        let batch = self.targets.slice(self.gone, most.max(1));
        let start = self.gone;
        self.gone += batch.targets().len();
        Cut {
            batch,
            positions: Arc::clone(&self.positions),
            start,
        }
    }

    /// Whether all of it went out.
    fn is_gone(&self) -> bool {
        self.gone >= self.positions.len()
    }
}

/// How many targets are cut together.
fn chunk(entry: &Entry) -> usize {
    match entry.capability.batch {
        0 | 1 => UNARY_CHUNK,
        batch => batch,
    }
}

/// How many of `waiting` are cut together so that what is left is not too little for a batch.
fn take(waiting: usize, entry: &Entry) -> usize {
    let chunk = chunk(entry);
    let shortfall = match waiting.saturating_sub(chunk) {
        0 => 0,
        rest => entry.capability.batch_min.saturating_sub(rest),
    };
    waiting.min(chunk).saturating_sub(shortfall).max(1)
}
