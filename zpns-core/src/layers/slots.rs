//! A semaphore whose waiters stand in lanes: calls before chat before campaigns.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;

use super::Urgency;

/// So many slots, of which campaigns leave a few alone.
#[derive(Debug)]
pub(super) struct Slots {
    free: AtomicUsize,
    /// Never taken by a campaign, so that a call finds one free even while a campaign has taken
    /// all others.
    kept: usize,
    /// How many stand in the lanes. Who finds none there need not look.
    waiting: AtomicUsize,
    lanes: Mutex<Lanes>,
}

/// Those that wait, one lane for each urgency, most urgent first.
type Lanes = [VecDeque<Arc<Waiter>>; Urgency::ALL.len()];

#[derive(Debug, Default)]
struct Waiter {
    granted: AtomicBool,
    waker: AtomicWaker,
}

/// One slot, free again once it is dropped.
#[derive(Debug)]
pub(super) struct Slot<'a>(&'a Slots);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.release();
    }
}

impl Slots {
    pub(super) fn new(most: usize) -> Self {
        Self {
            free: AtomicUsize::new(most),
            kept: if most > 1 { (most / 8).max(1) } else { 0 },
            waiting: AtomicUsize::new(0),
            lanes: Mutex::default(),
        }
    }

    /// A slot at once, unless others wait or none is free.
    pub(super) fn try_acquire(&self, urgency: Urgency) -> Option<Slot<'_>> {
        let nobody_waits = self.waiting.load(Ordering::SeqCst) == 0;
        (nobody_waits && self.take(urgency)).then(|| Slot(self))
    }

    /// A slot, in the order of urgency and, within it, of coming.
    pub(super) fn acquire(&self, urgency: Urgency) -> Acquire<'_> {
        let waiter = Arc::<Waiter>::default();
        let mut lanes = self.lock();
        self.waiting.fetch_add(1, Ordering::SeqCst);
        lanes[urgency as usize].push_back(Arc::clone(&waiter));
        // One may have come free since it was looked for.
        self.serve(&mut lanes);
        Acquire {
            slots: self,
            urgency,
            waiter: Some(waiter),
        }
    }

    /// How many stand in each lane, most urgent first.
    pub(super) fn waiting(&self) -> [usize; Urgency::ALL.len()] {
        if self.waiting.load(Ordering::SeqCst) == 0 {
            return Default::default();
        }
        self.lock().each_ref().map(VecDeque::len)
    }

    fn take(&self, urgency: Urgency) -> bool {
        let left_alone = match urgency {
            Urgency::Campaign => self.kept,
            Urgency::Call | Urgency::Chat => 0,
        };
        let less_one = |free: usize| free.checked_sub(1).filter(|left| *left >= left_alone);
        self.free
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less_one)
            .is_ok()
    }

    fn release(&self) {
        self.free.fetch_add(1, Ordering::SeqCst);
        // Read after the slot is free, as whoever comes to wait looks for a slot after it is
        // counted: one of both sees the other.
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.serve(&mut self.lock());
        }
    }

    /// Hands free slots to those that wait.
    fn serve(&self, lanes: &mut Lanes) {
        for (urgency, lane) in Urgency::ALL.into_iter().zip(lanes) {
            while !lane.is_empty() {
                if !self.take(urgency) {
                    return;
                }
                if let Some(waiter) = lane.pop_front() {
                    self.waiting.fetch_sub(1, Ordering::SeqCst);
                    waiter.granted.store(true, Ordering::SeqCst);
                    waiter.waker.wake();
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for a slot. Dropped, it gives up its place, or the slot that it was about to get.
#[derive(Debug)]
pub(super) struct Acquire<'a> {
    slots: &'a Slots,
    urgency: Urgency,
    /// None once the slot was handed out.
    waiter: Option<Arc<Waiter>>,
}

impl<'a> Future for Acquire<'a> {
    type Output = Slot<'a>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Slot<'a>> {
        let Some(waiter) = &self.waiter else {
            return Poll::Pending;
        };
        waiter.waker.register(context.waker());
        if !waiter.granted.load(Ordering::SeqCst) {
            return Poll::Pending;
        }
        self.waiter = None;
        Poll::Ready(Slot(self.slots))
    }
}

impl Drop for Acquire<'_> {
    fn drop(&mut self) {
        let Some(waiter) = self.waiter.take() else {
            return;
        };
        let mut lanes = self.slots.lock();
        let lane = &mut lanes[self.urgency as usize];
        match lane.iter().position(|other| Arc::ptr_eq(other, &waiter)) {
            Some(place) => {
                lane.remove(place);
                self.slots.waiting.fetch_sub(1, Ordering::SeqCst);
            }
            // Not in its lane any more: the slot is its own.
            None => {
                drop(lanes);
                self.slots.release();
            }
        }
    }
}
