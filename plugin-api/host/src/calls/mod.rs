//! The call table: which calls a plugin holds, and what came of them.
//!
//! A call is named by an integer in both directions. A plugin that completes one twice, late, or
//! one that never was, names an entry that is gone: that is counted, and nothing else happens.
//!
//! ```text
//! open ──▶ Queued ──begin──▶ Running ──complete──▶ Done ──poll──▶ (gone)
//!            │                 │ ▲                   │
//!          abandon          abandon └ refuse: Done   abandon
//!            ▼                 ▼                     ▼
//!          (gone)           Detached ──complete──▶ (gone)
//! ```
//!
//! Each step is made under the lock of one shard, and nothing is called from within.

#[cfg(test)]
mod model;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use zpns_plugin_api::abi::Status;

const SHARDS: usize = 16;

/// How a plugin ended a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    /// It was taken and completed.
    Completed(Status, Result<Bytes, Unreadable>),
    /// It was not taken.
    Refused(Status),
}

/// Why there is no result to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unreadable {
    /// Its pointer is null although it has a length.
    Null,
    /// It is longer than the limit.
    TooLarge(usize),
}

/// Whether a completion named a call that was waiting for one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Completion {
    /// Somebody waits for it.
    Delivered,
    /// Nobody waits any more.
    Late,
    /// There is no such call: it never was, or is over.
    Stray,
}

/// What has to be done for a call that nobody waits for any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Abandoned {
    /// The plugin never heard of it.
    NeverSent,
    /// The plugin works on it: it is told to stop.
    Cancel,
    /// It was over.
    Over,
}

/// How far a call has come.
enum State {
    /// It waits for the instance's thread.
    Queued(Option<Waker>),
    /// The plugin has it.
    Running(Option<Waker>),
    /// The plugin has it, and nobody waits for it.
    Detached,
    /// The plugin has ended it.
    Done(Ending),
}

struct Entry {
    state: State,
    /// What the plugin may read until it has completed the call.
    body: Bytes,
}

/// The calls of one instance.
pub(crate) struct CallTable {
    shards: [Mutex<Shard>; SHARDS],
    next: AtomicU64,
    /// Calls that the plugin has not ended, waited for or not.
    unfinished: AtomicUsize,
    limit: usize,
}

type Shard = HashMap<u64, Entry, BuildHasherDefault<IdHasher>>;

impl CallTable {
    /// A table that holds up to `limit` calls that are not ended.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            shards: Default::default(),
            next: AtomicU64::new(1),
            unfinished: AtomicUsize::new(0),
            limit,
        }
    }

    /// Names a new call. None if the plugin has as many as it may have: those that nobody waits
    /// for count for as long as the plugin does not end them.
    pub(crate) fn open(&self, body: Bytes) -> Option<u64> {
        let counted =
            self.unfinished
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, |unfinished| {
                    (unfinished < self.limit).then_some(unfinished + 1)
                });
        counted.ok()?;
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let state = State::Queued(None);
        self.shard(id).insert(id, Entry { state, body });
        Some(id)
    }

    /// The plugin is about to be given the call; its body. None if nobody waits for it any more.
    pub(crate) fn begin(&self, id: u64) -> Option<Bytes> {
        let mut shard = self.shard(id);
        let entry = shard.get_mut(&id)?;
        let State::Queued(waker) = &mut entry.state else {
            return None;
        };
        entry.state = State::Running(waker.take());
        Some(entry.body.clone())
    }

    /// The plugin did not take the call. One that it has completed nevertheless stays completed:
    /// the first word counts.
    pub(crate) fn refuse(&self, id: u64, status: Status) {
        self.end(id, Ending::Refused(status));
    }

    /// The plugin ends the call. What it may read until this returns is returned with it.
    pub(crate) fn complete(
        &self,
        id: u64,
        status: Status,
        result: Result<Bytes, Unreadable>,
    ) -> (Completion, Option<Bytes>) {
        self.end(id, Ending::Completed(status, result))
    }

    fn end(&self, id: u64, ending: Ending) -> (Completion, Option<Bytes>) {
        let mut shard = self.shard(id);
        let Some(entry) = shard.get_mut(&id) else {
            return (Completion::Stray, None);
        };
        let waker = match &mut entry.state {
            State::Queued(_) | State::Done(_) => return (Completion::Stray, None),
            State::Detached => {
                let body = shard.remove(&id).map(|entry| entry.body);
                drop(shard);
                self.unfinished.fetch_sub(1, Ordering::AcqRel);
                return (Completion::Late, body);
            }
            State::Running(waker) => waker.take(),
        };
        entry.state = State::Done(ending);
        let body = std::mem::take(&mut entry.body);
        drop(shard);
        self.unfinished.fetch_sub(1, Ordering::AcqRel);
        if let Some(waker) = waker {
            waker.wake();
        }
        (Completion::Delivered, Some(body))
    }

    /// The ending of a call, once. A call that is not in the table never ends.
    pub(crate) fn poll(&self, id: u64, context: &Context<'_>) -> Poll<Ending> {
        let mut shard = self.shard(id);
        let Some(entry) = shard.get_mut(&id) else {
            return Poll::Pending;
        };
        match &mut entry.state {
            State::Queued(waker) | State::Running(waker) => {
                match waker {
                    Some(waker) => waker.clone_from(context.waker()),
                    None => *waker = Some(context.waker().clone()),
                }
                return Poll::Pending;
            }
            State::Detached => return Poll::Pending,
            State::Done(_) => {}
        }
        match shard.remove(&id) {
            Some(Entry {
                state: State::Done(ending),
                ..
            }) => Poll::Ready(ending),
            _ => Poll::Pending,
        }
    }

    /// Nobody waits for the call any more.
    pub(crate) fn abandon(&self, id: u64) -> Abandoned {
        let mut shard = self.shard(id);
        let Some(entry) = shard.get_mut(&id) else {
            return Abandoned::Over;
        };
        match entry.state {
            State::Running(_) => {
                entry.state = State::Detached;
                Abandoned::Cancel
            }
            State::Queued(_) => {
                shard.remove(&id);
                drop(shard);
                self.unfinished.fetch_sub(1, Ordering::AcqRel);
                Abandoned::NeverSent
            }
            State::Done(_) => {
                shard.remove(&id);
                Abandoned::Over
            }
            State::Detached => Abandoned::Over,
        }
    }

    /// Whether the plugin still works on a call that nobody waits for.
    pub(crate) fn is_detached(&self, id: u64) -> bool {
        let shard = self.shard(id);
        let state = shard.get(&id).map(|entry| &entry.state);
        matches!(state, Some(State::Detached))
    }

    /// Calls that the plugin has not ended.
    pub(crate) fn unfinished(&self) -> usize {
        self.unfinished.load(Ordering::Acquire)
    }

    /// Ends a call, because the plugin is gone: one that it has may have been acted on.
    pub(crate) fn close(&self, id: u64) {
        if self.begin(id).is_some() {
            self.refuse(id, Status::CLOSED);
        } else {
            self.complete(id, Status::CANCELLED, Ok(Bytes::new()));
        }
    }

    /// Ends every call, because the plugin is gone.
    pub(crate) fn end_all(&self) {
        for shard in &self.shards {
            let open: Vec<u64> = {
                let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
                shard.keys().copied().collect()
            };
            open.into_iter().for_each(|id| self.close(id));
        }
    }

    fn shard(&self, id: u64) -> MutexGuard<'_, Shard> {
        // Ids are consecutive, so that neighbours are in different shards.
        let shard = &self.shards[id as usize % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for CallTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallTable")
            .field("unfinished", &self.unfinished())
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// Ids are given out by us, one after the other: they are their own hash.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, id: u64) {
        // Spread over the high bits too, by which the map tells entries apart.
        self.0 = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
