//! No runtime at all: a future is polled on the thread that woke it.
//!
//! A state word sees to it that one thread polls at a time and that a wake-up during a poll polls
//! again; a queue per thread, that a wake-up from within a poll waits until that has returned, so
//! that neither the stack nor a lock of the waker is met twice.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use super::Job;

/// Waits to be woken.
const IDLE: u8 = 0;
/// Is in some thread's queue.
const SCHEDULED: u8 = 1;
/// Is being polled.
const RUNNING: u8 = 2;
/// Is being polled, and was woken meanwhile.
const NOTIFIED: u8 = 3;
/// Is over.
const DONE: u8 = 4;

struct Task {
    state: AtomicU8,
    job: Mutex<Option<Job>>,
}

thread_local! {
    static QUEUE: RefCell<VecDeque<Arc<Task>>> = const { RefCell::new(VecDeque::new()) };
    static DRAINS: Cell<bool> = const { Cell::new(false) };
}

/// Polls a future at once, and whenever it is woken.
pub(super) fn spawn(job: Job) {
    schedule(Arc::new(Task {
        state: AtomicU8::new(SCHEDULED),
        job: Mutex::new(Some(job)),
    }));
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        let woken =
            self.state
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, |state| match state {
                    IDLE => Some(SCHEDULED),
                    RUNNING => Some(NOTIFIED),
                    DONE => None,
                    // Written all the same: whoever polls next must see what the waker did before.
                    state => Some(state),
                });
        if woken == Ok(IDLE) {
            schedule(self);
        }
    }
}

/// Runs a task on this thread: now, or after the one that runs on it.
fn schedule(task: Arc<Task>) {
    let queued = QUEUE.try_with(|queue| queue.borrow_mut().push_back(Arc::clone(&task)));
    if queued.is_err() {
        // The thread is ending and has no queue any more.
        while run(&task) {}
        return;
    }
    if DRAINS.replace(true) {
        return;
    }
    while let Some(task) = QUEUE.with(|queue| queue.borrow_mut().pop_front()) {
        if run(&task) {
            QUEUE.with(|queue| queue.borrow_mut().push_back(task));
        }
    }
    DRAINS.set(false);
}

/// Polls a task once. Whether it was woken meanwhile, and is to be polled again.
fn run(task: &Arc<Task>) -> bool {
    task.state.swap(RUNNING, Ordering::AcqRel);
    let waker = Waker::from(Arc::clone(task));
    let mut job = task.job.lock().unwrap_or_else(PoisonError::into_inner);
    let polled = catch_unwind(AssertUnwindSafe(|| {
        let mut context = Context::from_waker(&waker);
        job.as_mut()
            .map_or(Poll::Ready(()), |job| job.as_mut().poll(&mut context))
    }));
    if matches!(polled, Ok(Poll::Pending)) {
        let idle = task
            .state
            .compare_exchange(RUNNING, IDLE, Ordering::AcqRel, Ordering::Acquire);
        if idle.is_err() {
            task.state.swap(SCHEDULED, Ordering::AcqRel);
        }
        return idle.is_err();
    }
    // Over, perhaps by a panic, of which the call's guard has told the host already.
    task.state.store(DONE, Ordering::Release);
    let over = job.take();
    drop(job);
    let _ = catch_unwind(AssertUnwindSafe(|| drop(over)));
    false
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures_util::future::poll_fn;
    use tokio::sync::{Notify, oneshot};

    use super::*;

    #[test]
    fn a_future_that_needs_no_waiting_ends_within_spawn() {
        let (done, mut ended) = oneshot::channel();
        spawn(Box::pin(async move { done.send(7).unwrap() }));
        assert_eq!(ended.try_recv(), Ok(7));
    }

    #[test]
    fn a_wake_up_during_a_poll_polls_again() {
        let polls = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&polls);
        spawn(Box::pin(poll_fn(move |context| {
            if polls.fetch_add(1, Ordering::Relaxed) == 2 {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            context.waker().wake_by_ref();
            Poll::Pending
        })));
        assert_eq!(seen.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn a_long_chain_of_wake_ups_does_not_grow_the_stack() {
        const LENGTH: usize = if cfg!(miri) { 50 } else { 100_000 };
        let (first, mut before) = oneshot::channel::<()>();
        let (last, mut ended) = oneshot::channel();
        let mut last = Some(last);
        for position in 0..LENGTH {
            let (tell, next) = oneshot::channel();
            let woken = std::mem::replace(&mut before, next);
            let last = (position + 1 == LENGTH).then(|| last.take()).flatten();
            spawn(Box::pin(async move {
                woken.await.unwrap();
                if let Some(last) = last {
                    last.send(()).unwrap();
                }
                let _ = tell.send(());
            }));
        }
        assert!(ended.try_recv().is_err());
        first.send(()).unwrap();
        assert_eq!(ended.try_recv(), Ok(()));
    }

    #[test]
    fn a_panic_ends_its_own_task_only() {
        let notify = Arc::new(Notify::new());
        let ended = Arc::new(AtomicUsize::new(0));
        for position in 0..3 {
            let (notify, ended) = (Arc::clone(&notify), Arc::clone(&ended));
            spawn(Box::pin(async move {
                notify.notified().await;
                assert_ne!(position, 1, "one of three");
                ended.fetch_add(1, Ordering::Relaxed);
            }));
        }
        notify.notify_waiters();
        assert_eq!(ended.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_task_that_many_threads_wake_is_polled_by_one_at_a_time_and_to_the_end() {
        let rounds = if cfg!(miri) { 3 } else { 2_000 };
        for _ in 0..rounds {
            let wakers = Arc::new(Mutex::new(Vec::<Waker>::new()));
            let woken = Arc::new(AtomicUsize::new(0));
            let (done, ended) = oneshot::channel();
            let mut done = Some(done);
            let (all, count) = (Arc::clone(&wakers), Arc::clone(&woken));
            spawn(Box::pin(poll_fn(move |context| {
                if count.load(Ordering::Acquire) == 4 {
                    let _ = done.take().map(|done| done.send(()));
                    return Poll::Ready(());
                }
                all.lock().unwrap().push(context.waker().clone());
                Poll::Pending
            })));
            let waker = wakers.lock().unwrap()[0].clone();
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        woken.fetch_add(1, Ordering::AcqRel);
                        waker.wake_by_ref();
                    });
                }
            });
            ended.blocking_recv().unwrap();
        }
    }
}
