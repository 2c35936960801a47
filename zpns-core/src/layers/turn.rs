//! Waiting in line, until the deadline.

use futures_util::future::{Either, select};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::provider::Batch;
use crate::resources::Clock;

/// The batch's turn, first come first served; none if its deadline came first.
pub(super) async fn turn<'a>(
    slots: &'a Semaphore,
    batch: &Batch,
    clock: &dyn Clock,
) -> Option<SemaphorePermit<'a>> {
    // Takes nobody's turn: a slot that becomes free goes to whoever waits, not to whoever asks.
    if let Ok(slot) = slots.try_acquire() {
        return Some(slot);
    }
    let Some(deadline) = batch.deadline() else {
        return slots.acquire().await.ok();
    };
    let left = deadline.saturating_sub(clock.monotonic());
    let waiting = std::pin::pin!(slots.acquire());
    match select(waiting, clock.sleep(left)).await {
        Either::Left((slot, _)) => slot.ok(),
        Either::Right(((), _)) => None,
    }
}
