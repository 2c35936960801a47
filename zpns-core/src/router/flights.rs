//! Batches under way.
//!
//! What [`FuturesUnordered`](futures_util::stream::FuturesUnordered) does, without an allocation
//! for each future: a flight that has landed leaves its place, memory and all, to the next one.
//! For a vendor that takes one target per request these were nearly all of the router's allocations,
//! one of them of over a kilobyte.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// Futures made by `F` that run at once; the output of whichever is done first.
pub(super) trait Flights<D, L>: Send {
    /// Begins another one; what came of it if it is done at once.
    fn launch(&mut self, departure: D) -> Option<L>;

    /// What came of one that is done; none if there are none.
    fn poll_landed(&mut self, context: &mut Context<'_>) -> Poll<Option<L>>;

    /// How many there are.
    fn len(&self) -> usize;
}

/// Flights that `fly` makes. In a box, because the type of a future of an `async fn` has no name.
pub(super) fn flights<D, F>(fly: fn(D) -> F) -> Box<dyn Flights<D, F::Output>>
where
    D: 'static,
    F: Future + Send + 'static,
{
    Box::new(Places::new(fly))
}

struct Places<D, F> {
    fly: fn(D) -> F,
    places: Vec<Place<F>>,
    /// Places without a future.
    free: Vec<usize>,
    /// Places that are to be polled, in the order in which they were called.
    turn: VecDeque<usize>,
    woken: Arc<Woken>,
}

struct Place<F> {
    future: Pin<Box<Option<F>>>,
    call: Arc<Call>,
    /// The same, as futures want to see it.
    waker: Waker,
}

/// Wakes one place.
struct Call {
    place: usize,
    /// Whether the place is to be polled already.
    called: AtomicBool,
    woken: Arc<Woken>,
}

/// Places that were woken since they were looked at.
#[derive(Default)]
struct Woken {
    places: Mutex<VecDeque<usize>>,
    task: AtomicWaker,
}

impl Woken {
    fn places(&self) -> MutexGuard<'_, VecDeque<usize>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.called.swap(true, Ordering::AcqRel) {
            self.woken.places().push_back(self.place);
            self.woken.task.wake();
        }
    }
}

impl<D, F> Places<D, F> {
    fn new(fly: fn(D) -> F) -> Self {
        Self {
            fly,
            places: Vec::new(),
            free: Vec::new(),
            turn: VecDeque::new(),
            woken: Arc::default(),
        }
    }

    /// The place of a flight that has landed, or a new one.
    fn free_place(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            let place = self.places.len();
            let call = Arc::new(Call {
                place,
                called: AtomicBool::new(false),
                woken: Arc::clone(&self.woken),
            });
            self.places.push(Place {
                future: Box::pin(None),
                waker: Waker::from(Arc::clone(&call)),
                call,
            });
            place
        })
    }
}

impl<D, F: Future> Places<D, F> {
    /// Polls the flight in a place, if there is one still; what came of it if it is done.
    fn poll(&mut self, number: usize) -> Option<F::Output> {
        let place = self.places.get_mut(number)?;
        // Before polling: who calls from here on has news.
        place.call.called.swap(false, Ordering::AcqRel);
        let mut context = Context::from_waker(&place.waker);
        match place.future.as_mut().as_pin_mut()?.poll(&mut context) {
            Poll::Ready(landed) => {
                place.future.set(None);
                self.free.push(number);
                Some(landed)
            }
            Poll::Pending => None,
        }
    }
}

impl<D, F> Flights<D, F::Output> for Places<D, F>
where
    F: Future + Send,
{
    fn launch(&mut self, departure: D) -> Option<F::Output> {
        let number = self.free_place();
        let place = self.places.get_mut(number)?;
        place.future.set(Some((self.fly)(departure)));
        // At once, while it is in the processor's cache.
        self.poll(number)
    }

    fn poll_landed(&mut self, context: &mut Context<'_>) -> Poll<Option<F::Output>> {
        if self.len() == 0 {
            return Poll::Ready(None);
        }
        // Before looking: who is woken from here on wakes the task.
        self.woken.task.register(context.waker());
        self.turn.append(&mut self.woken.places());
        while let Some(number) = self.turn.pop_front() {
            if let Some(landed) = self.poll(number) {
                return Poll::Ready(Some(landed));
            }
        }
        Poll::Pending
    }

    fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::sync::{mpsc, oneshot};

    use super::*;

    type Answers = oneshot::Receiver<u32>;

    async fn fly(answers: Answers) -> u32 {
        answers.await.unwrap_or_default()
    }

    async fn land(flights: &mut dyn Flights<Answers, u32>) -> Option<u32> {
        poll_fn(|context| flights.poll_landed(context)).await
    }

    fn poll(flights: &mut dyn Flights<Answers, u32>) -> Poll<Option<u32>> {
        flights.poll_landed(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn whichever_is_done_first_lands_first() {
        let mut flights = flights(fly);
        let (first, answers) = oneshot::channel();
        flights.launch(answers);
        let (second, answers) = oneshot::channel();
        flights.launch(answers);
        assert_eq!(poll(&mut *flights), Poll::Pending);
        second.send(2).unwrap();
        assert_eq!(land(&mut *flights).await, Some(2));
        first.send(1).unwrap();
        assert_eq!(land(&mut *flights).await, Some(1));
        assert_eq!(land(&mut *flights).await, None);
    }

    #[tokio::test]
    async fn those_that_are_done_land_in_the_order_in_which_they_were_woken() {
        let mut flights = flights(fly);
        let answers: Vec<_> = (0..4)
            .map(|number| {
                let (answer, answers) = oneshot::channel();
                assert_eq!(flights.launch(answers), None);
                (number, answer)
            })
            .collect();
        for (number, answer) in answers.into_iter().rev() {
            answer.send(number).unwrap();
        }
        for number in (0..4).rev() {
            assert_eq!(land(&mut *flights).await, Some(number));
        }
    }

    #[test]
    fn what_is_done_at_once_lands_at_once() {
        let mut flights = flights(fly);
        let (answer, answers) = oneshot::channel();
        answer.send(7).unwrap();
        assert_eq!(flights.launch(answers), Some(7));
        assert_eq!(flights.len(), 0);
    }

    #[tokio::test]
    async fn a_flight_that_has_landed_leaves_its_place_to_the_next() {
        async fn fly(kept: mpsc::UnboundedSender<Waker>) {
            let waker = poll_fn(|context| Poll::Ready(context.waker().clone())).await;
            kept.send(waker).unwrap();
            tokio::task::yield_now().await;
        }
        let (keep, mut kept) = mpsc::unbounded_channel();
        let mut places = Places::new(fly);
        for _ in 0..3 {
            assert_eq!(places.launch(keep.clone()), None);
            let landed = poll_fn(|context| places.poll_landed(context)).await;
            assert_eq!(landed, Some(()));
            assert_eq!((places.places.len(), places.len()), (1, 0));
            // A waker that outlives its flight calls a place that is another one's by then.
            kept.recv().await.unwrap().wake();
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn whoever_is_woken_from_another_thread_lands() {
        let mut flights = flights(fly);
        let mut sum = 0;
        for round in 0..200 {
            for number in 0..10 {
                let (answer, answers) = oneshot::channel();
                flights.launch(answers);
                tokio::spawn(async move { answer.send(round + number) });
            }
            while let Some(number) = land(&mut *flights).await {
                sum += number;
            }
        }
        let all: u32 = (0..200).map(|round| round * 10 + 45).sum();
        assert_eq!(sum, all);
    }
}
