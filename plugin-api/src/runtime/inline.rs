//! No runtime at all: a future is polled on a thread of the host's, in a turn.
//!
//! A turn is one call of the host into the plugin ([`turn`]). What is woken in it is polled at its
//! end, and never from within `wake`: whoever wakes may hold a lock that the future wants
//! (`futures_util`'s `Shared` does), or be a future that is being polled itself. What is woken
//! outside of a turn, by a thread that the provider made, is handed to one that the host gives.
//!
//! A state word sees to it that one thread polls at a time, and that a wake-up during a poll polls
//! again.

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

/// Has a turn given to a task by the host, on some other call of it into the plugin.
pub(crate) type HandOver = Arc<dyn Fn(Scheduled) + Send + Sync>;

/// A task that waits for its turn.
pub(crate) struct Scheduled(Arc<Task>);

struct Task {
    state: AtomicU8,
    job: Mutex<Option<Job>>,
    hand_over: HandOver,
}

thread_local! {
    static QUEUE: RefCell<VecDeque<Arc<Task>>> = const { RefCell::new(VecDeque::new()) };
    static IN_TURN: Cell<bool> = const { Cell::new(false) };
}

/// Polls a future at the end of this turn, and whenever it is woken.
pub(super) fn spawn(job: Job, hand_over: HandOver) {
    schedule(Arc::new(Task {
        state: AtomicU8::new(SCHEDULED),
        job: Mutex::new(Some(job)),
        hand_over,
    }));
}

/// Does some work that does not panic, and then polls what it woke. Within another turn, the end of
/// that one is waited for.
pub(crate) fn turn<T>(work: impl FnOnce() -> T) -> T {
    let outermost = !IN_TURN.replace(true);
    let done = work();
    if outermost {
        while let Some(task) = next() {
            if run(&task) {
                schedule(task);
            }
        }
        IN_TURN.set(false);
    }
    done
}

impl Scheduled {
    /// In a turn: polls the task at its end.
    pub(crate) fn resume(self) {
        schedule(self.0);
    }
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

fn schedule(task: Arc<Task>) {
    if !IN_TURN.get() {
        let hand_over = Arc::clone(&task.hand_over);
        return hand_over(Scheduled(task));
    }
    let queued = QUEUE.try_with(|queue| queue.borrow_mut().push_back(Arc::clone(&task)));
    if queued.is_err() {
        // A thread that is ending has no queue any more.
        while run(&task) {}
    }
}

fn next() -> Option<Arc<Task>> {
    let next = QUEUE.try_with(|queue| queue.borrow_mut().pop_front());
    next.ok().flatten()
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

    use futures_util::FutureExt as _;
    use futures_util::future::poll_fn;
    use tokio::sync::{Notify, oneshot};

    use super::*;

    /// A host that gives every task that is handed over a turn on a thread of its own.
    fn threads() -> HandOver {
        Arc::new(|scheduled: Scheduled| {
            std::thread::spawn(|| turn(|| scheduled.resume()));
        })
    }

    fn start(job: impl Future<Output = ()> + Send + 'static) {
        turn(|| spawn(Box::pin(job), threads()));
    }

    #[test]
    fn a_future_that_needs_no_waiting_ends_with_its_turn() {
        let (done, mut ended) = oneshot::channel();
        turn(|| {
            spawn(Box::pin(async move { done.send(7).unwrap() }), threads());
            assert!(ended.try_recv().is_err());
        });
        assert_eq!(ended.try_recv(), Ok(7));
    }

    #[test]
    fn whoever_wakes_may_hold_a_lock_that_the_future_wants() {
        let (open, opened) = oneshot::channel::<()>();
        // Its waker wakes all who wait under the lock under which they enter themselves.
        let shared = opened.map(|_| ()).shared();
        let ended = Arc::new(AtomicUsize::new(0));
        for _ in 0..3 {
            let (shared, ended) = (shared.clone(), Arc::clone(&ended));
            start(async move {
                shared.await;
                ended.fetch_add(1, Ordering::Relaxed);
            });
        }
        turn(|| open.send(()).unwrap());
        assert_eq!(ended.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn what_is_woken_outside_of_a_turn_is_given_one() {
        let (wake, woken) = oneshot::channel::<()>();
        let (done, ended) = oneshot::channel();
        start(async move {
            woken.await.unwrap();
            done.send(std::thread::current().id()).unwrap();
        });
        wake.send(()).unwrap();
        assert_ne!(ended.blocking_recv().unwrap(), std::thread::current().id());
    }

    #[test]
    fn a_wake_up_during_a_poll_polls_again() {
        let polls = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&polls);
        start(poll_fn(move |context| {
            if polls.fetch_add(1, Ordering::Relaxed) == 2 {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            context.waker().wake_by_ref();
            Poll::Pending
        }));
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
            start(async move {
                woken.await.unwrap();
                if let Some(last) = last {
                    last.send(()).unwrap();
                }
                let _ = tell.send(());
            });
        }
        assert!(ended.try_recv().is_err());
        turn(|| first.send(()).unwrap());
        assert_eq!(ended.try_recv(), Ok(()));
    }

    #[test]
    fn a_panic_ends_its_own_task_only() {
        let notify = Arc::new(Notify::new());
        let ended = Arc::new(AtomicUsize::new(0));
        for position in 0..3 {
            let (notify, ended) = (Arc::clone(&notify), Arc::clone(&ended));
            start(async move {
                notify.notified().await;
                assert_ne!(position, 1, "one of three");
                ended.fetch_add(1, Ordering::Relaxed);
            });
        }
        turn(|| notify.notify_waiters());
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
            start(poll_fn(move |context| {
                if count.load(Ordering::Acquire) == 4 {
                    let _ = done.take().map(|done| done.send(()));
                    return Poll::Ready(());
                }
                all.lock().unwrap().push(context.waker().clone());
                Poll::Pending
            }));
            let waker = wakers.lock().unwrap()[0].clone();
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        woken.fetch_add(1, Ordering::AcqRel);
                        turn(|| waker.wake_by_ref());
                    });
                }
            });
            ended.blocking_recv().unwrap();
        }
    }
}
