//! Which calls ring where, so that nothing rings once they are over.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::model::{MessageId, Timestamp};
use crate::service::{Call, PushId, UserId};

/// How long a call is remembered after the last ring.
const KEPT: Duration = Duration::from_secs(3_600);

/// The calls of the last hour.
#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<HashMap<String, Arc<Ringing>>>);

impl Calls {
    /// The call, known or begun now.
    pub(super) fn begin(&self, call: &Call, now: Timestamp) -> Arc<Ringing> {
        let mut calls = lock(&self.0);
        calls.retain(|_, ringing| ringing.until + KEPT > now);
        let begun = || Arc::new(Ringing::new(call.clone(), now));
        Arc::clone(calls.entry(call.id.clone()).or_insert_with(begun))
    }

    pub(super) fn get(&self, id: &str) -> Option<Arc<Ringing>> {
        lock(&self.0).get(id).cloned()
    }
}

/// One call.
#[derive(Debug)]
pub(super) struct Ringing {
    pub(super) call: Call,
    /// The invitation's id: the same for all, so that nothing rings twice for it.
    pub(super) id: MessageId,
    /// No phone rings after that.
    until: Timestamp,
    state: Mutex<State>,
    /// Something ended it, for somebody.
    ends: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    /// Where it rings, and whose device that is. In the order of their ids, so that what follows
    /// goes out in a known order.
    rings: BTreeMap<PushId, Option<UserId>>,
    /// Who answered or declined.
    settled: HashSet<UserId>,
    over: bool,
}

impl Ringing {
    fn new(call: Call, now: Timestamp) -> Self {
        Self {
            id: MessageId::new(),
            until: now + call.ring,
            call,
            state: Mutex::default(),
            ends: watch::Sender::new(()),
        }
    }

    /// How long it still rings.
    pub(super) fn left(&self, now: Timestamp) -> Duration {
        self.until.since(now)
    }

    /// Whether a device may ring (again, on another channel). From the first time on, it hears of
    /// the end.
    pub(super) fn ring(&self, device: PushId, user: Option<&UserId>, now: Timestamp) -> bool {
        let mut state = lock(&self.state);
        let settled = user.is_some_and(|user| state.settled.contains(user));
        let rings = !state.over && !settled && now < self.until;
        if rings {
            state.rings.insert(device, user.cloned());
        }
        rings
    }

    /// Whether it has ended for this user, so that what is under way is not worth waiting for.
    pub(super) fn has_ended_for(&self, user: Option<&UserId>) -> bool {
        lock(&self.state).over || self.has_settled(user)
    }

    /// Whether this user answered or declined.
    pub(super) fn has_settled(&self, user: Option<&UserId>) -> bool {
        let state = lock(&self.state);
        user.is_some_and(|user| state.settled.contains(user))
    }

    /// Waits until it has ended for this user.
    pub(super) async fn ended_for(&self, user: Option<&UserId>) {
        let mut ends = self.ends.subscribe();
        while !self.has_ended_for(user) {
            // The sender is a part of this call: there is no other reason to go on.
            if ends.changed().await.is_err() {
                return;
            }
        }
    }

    /// Whose a device on which it rang is.
    pub(super) fn owner(&self, device: PushId) -> Option<UserId> {
        lock(&self.state).rings.get(&device).cloned().flatten()
    }

    /// Ends it for everybody; where it rang.
    pub(super) fn end(&self) -> Vec<PushId> {
        let mut state = lock(&self.state);
        state.over = true;
        let rang = std::mem::take(&mut state.rings);
        drop(state);
        self.ends.send_replace(());
        rang.into_keys().collect()
    }

    /// Ends it for one user, who settled it on this device; where else it rang for that user.
    pub(super) fn settle(&self, user: UserId, on: PushId) -> Vec<PushId> {
        let mut state = lock(&self.state);
        let rings = std::mem::take(&mut state.rings).into_iter();
        let (rang, rings) =
            rings.partition::<BTreeMap<_, _>, _>(|(_, owner)| owner.as_ref() == Some(&user));
        state.rings = rings;
        state.settled.insert(user);
        drop(state);
        self.ends.send_replace(());
        rang.into_keys().filter(|device| *device != on).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
