//! One provider token for everybody, refreshed once.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use futures_util::FutureExt as _;
use futures_util::future::{Shared, WeakShared};
use zpns_core::{Clock, Error, Timestamp};

/// What a fetch is: a future of its own, so that whoever waits can drive it.
pub type LeaseFuture<T> = Pin<Box<dyn Future<Output = Result<Lease<T>, Error>> + Send + 'static>>;

/// A fresh token, and how long it may be used. `Debug` shows nothing of the token.
#[derive(Clone)]
#[non_exhaustive]
pub struct Lease<T> {
    /// The token.
    pub value: T,
    /// From the start of the fetch to the end of the token's life.
    pub lifetime: Duration,
}

impl<T> Lease<T> {
    /// A token that may be used for `lifetime`.
    pub const fn new(value: T, lifetime: Duration) -> Self {
        Self { value, lifetime }
    }
}

/// A token out of the cache. `Debug` shows nothing of the token.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cached<T> {
    /// The token.
    pub value: T,
    /// Which one it is; for [`TokenCache::invalidate`].
    pub generation: u64,
}

impl<T> fmt::Debug for Lease<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Cached<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached")
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// When a token is refreshed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CachePolicy {
    /// How long before its end a token is refreshed; at most half its life. Five minutes unless
    /// set.
    pub refresh_before_expiry: Duration,
    /// The shortest time between two refreshes that the vendor's "expired" forces. Zero unless
    /// set.
    pub min_age: Duration,
    /// How long a failed fetch is answered from memory. One second unless set.
    pub failure_memory: Duration,
}

impl Default for CachePolicy {
    fn default() -> Self {
        Self {
            refresh_before_expiry: Duration::from_secs(5 * 60),
            min_age: Duration::ZERO,
            failure_memory: Duration::from_secs(1),
        }
    }
}

impl CachePolicy {
    /// With another head start for the refresh.
    #[must_use]
    pub const fn with_refresh_before_expiry(mut self, before: Duration) -> Self {
        self.refresh_before_expiry = before;
        self
    }

    /// With a shortest time between two forced refreshes.
    #[must_use]
    pub const fn with_min_age(mut self, age: Duration) -> Self {
        self.min_age = age;
        self
    }

    /// With another memory of failures.
    #[must_use]
    pub const fn with_failure_memory(mut self, memory: Duration) -> Self {
        self.failure_memory = memory;
        self
    }
}

/// What came of [`TokenCache::invalidate`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Invalidated {
    /// The token was dropped just now, by this call: the next [`get`](TokenCache::get) fetches.
    Now,
    /// Another call was faster: the next `get` brings a newer token.
    Before,
    /// The token came from a forced refresh less than [`CachePolicy::min_age`] ago and stays:
    /// fetching yet another one is not going to help.
    TooYoung,
}

impl Invalidated {
    /// Whether the next [`get`](TokenCache::get) brings another token.
    pub const fn brings_another(self) -> bool {
        !matches!(self, Self::TooYoung)
    }
}

/// Keeps one token for everybody who asks, and has it fetched once however many ask.
///
/// * Whoever waits drives the fetch, so that one who gives up strands nobody; if all give up, it
///   is dropped. No lock is held while it runs.
/// * Shortly before the end of a token's life one caller refreshes it; all others go on with the
///   old one, and so does that one if the refresh fails.
/// * A failure is remembered for a moment, so that a vendor out of order is not stormed.
/// * Ages are counted by the monotonic clock, and by the wall clock where that says more: a
///   machine that slept, or whose clock was set, holds no token for good that the vendor does not.
///
/// Cheap to clone; clones share the token.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use zpns_core::resources::{ManualClock, SystemClock};
/// use zpns_kit::{CachePolicy, Lease, TokenCache};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), zpns_core::Error> {
/// let cache = TokenCache::new(CachePolicy::default(), Arc::new(SystemClock::new()));
/// let fetch = || async { Ok(Lease::new("token", Duration::from_secs(3600))) };
/// assert_eq!(cache.get(|| Box::pin(fetch())).await?.value, "token");
/// # Ok(()) }
/// ```
pub struct TokenCache<T: Clone + Send + Sync + 'static>(Arc<Inner<T>>);

struct Inner<T: Clone + Send + Sync + 'static> {
    policy: CachePolicy,
    clock: Arc<dyn Clock>,
    /// The token, readable without a lock. Written under the lock of `state` only.
    current: ArcSwapOption<Held<T>>,
    state: Mutex<State<T>>,
}

struct Held<T> {
    token: Cached<T>,
    since: Moment,
    lifetime: Duration,
    /// Whether it replaced one that the vendor had called expired.
    forced: bool,
}

struct State<T: Clone> {
    /// The newest token's number.
    generation: u64,
    /// The newest fetch's number.
    flights: u64,
    /// Whether the next token replaces one that the vendor had called expired.
    forced: bool,
    flight: Option<Flight<T>>,
    failure: Option<Failure>,
}

/// A fetch that lives as long as somebody waits for it.
struct Flight<T: Clone> {
    number: u64,
    fetch: WeakShared<SharedFetch<T>>,
}

type SharedFetch<T> = Pin<Box<dyn Future<Output = Result<Cached<T>, Error>> + Send>>;

struct Failure {
    error: Error,
    until: Duration,
}

#[derive(Clone, Copy)]
struct Moment {
    monotonic: Duration,
    wall: Timestamp,
}

impl Moment {
    fn now(clock: &dyn Clock) -> Self {
        Self {
            monotonic: clock.monotonic(),
            wall: clock.now(),
        }
    }

    fn since(self, earlier: Self) -> Duration {
        let monotonic = self.monotonic.saturating_sub(earlier.monotonic);
        monotonic.max(self.wall.since(earlier.wall))
    }
}

/// What a caller does.
enum Step<T: Clone> {
    Done(Result<Cached<T>, Error>),
    Wait(Shared<SharedFetch<T>>),
}

impl<T: Clone + Send + Sync + 'static> TokenCache<T> {
    /// Without a token yet.
    pub fn new(policy: CachePolicy, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            policy,
            clock,
            current: ArcSwapOption::empty(),
            state: Mutex::new(State {
                generation: 0,
                flights: 0,
                forced: false,
                flight: None,
                failure: None,
            }),
        }))
    }

    /// The token; `fetch` is called only if one is needed and nobody else is fetching it, and its
    /// future may be dropped unpolled if somebody is faster.
    ///
    /// # Errors
    /// The fetch's own, also for those who come within [`CachePolicy::failure_memory`] of it.
    pub async fn get(&self, fetch: impl FnOnce() -> LeaseFuture<T>) -> Result<Cached<T>, Error> {
        let inner = &self.0;
        let step = match inner.look() {
            Some(step) => step,
            // Made outside the lock, because it is not our code.
            None => Inner::join(inner, fetch()),
        };
        match step {
            Step::Done(result) => result,
            Step::Wait(fetch) => match fetch.await {
                Ok(token) => Ok(token),
                Err(error) => inner.living(inner.now()).ok_or(error),
            },
        }
    }

    /// Takes the vendor's word that the token of this generation has expired.
    ///
    /// Of any number of calls about one token exactly one gets [`Invalidated::Now`].
    pub fn invalidate(&self, generation: u64) -> Invalidated {
        self.invalidate_and(generation, || {})
    }

    /// [`invalidate`](Self::invalidate) that calls `dropped` where it drops the token, before
    /// anybody can get the next one: for what must not meet it, such as connections bound to the
    /// old one. `dropped` runs under the cache's lock and must not come back to the cache.
    pub fn invalidate_and(&self, generation: u64, dropped: impl FnOnce()) -> Invalidated {
        let inner = &self.0;
        let mut state = inner.lock();
        let current = inner.current.load_full();
        let Some(held) = current.filter(|held| held.token.generation == generation) else {
            return Invalidated::Before;
        };
        if held.forced && inner.now().since(held.since) < inner.policy.min_age {
            return Invalidated::TooYoung;
        }
        inner.current.store(None);
        state.forced = true;
        dropped();
        Invalidated::Now
    }
}

impl<T: Clone + Send + Sync + 'static> Inner<T> {
    fn now(&self) -> Moment {
        Moment::now(&*self.clock)
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token if its refresh is not due.
    fn fresh(&self, now: Moment) -> Option<Cached<T>> {
        self.younger(now, |held| {
            let head_start = self.policy.refresh_before_expiry.min(held.lifetime / 2);
            held.lifetime.saturating_sub(head_start)
        })
    }

    /// The token if its life is not over.
    fn living(&self, now: Moment) -> Option<Cached<T>> {
        self.younger(now, |held| held.lifetime)
    }

    fn younger(&self, now: Moment, age: impl Fn(&Held<T>) -> Duration) -> Option<Cached<T>> {
        let current = self.current.load();
        let held = current.as_deref()?;
        (now.since(held.since) < age(held)).then(|| held.token.clone())
    }

    /// What to do without a fetch of one's own; none if one is needed.
    fn look(&self) -> Option<Step<T>> {
        match self.fresh(self.now()) {
            Some(token) => Some(Step::Done(Ok(token))),
            None => self.look_closely(&self.lock()),
        }
    }

    fn look_closely(&self, state: &State<T>) -> Option<Step<T>> {
        let now = self.now();
        if let Some(token) = self.fresh(now) {
            return Some(Step::Done(Ok(token)));
        }
        let old = self.living(now);
        if let Some(failure) = &state.failure
            && now.monotonic < failure.until
        {
            return Some(Step::Done(old.ok_or_else(|| failure.error.clone())));
        }
        let fetch = state.flight.as_ref()?.fetch.upgrade()?;
        Some(match old {
            Some(old) => Step::Done(Ok(old)),
            None => Step::Wait(fetch),
        })
    }

    /// Waits for `fetch`, unless somebody was faster.
    fn join(this: &Arc<Self>, fetch: LeaseFuture<T>) -> Step<T> {
        let mut state = this.lock();
        if let Some(step) = this.look_closely(&state) {
            return step;
        }
        state.flights += 1;
        let number = state.flights;
        let started = this.now();
        let inner = Arc::clone(this);
        let fetch: SharedFetch<T> = Box::pin(async move {
            let result = fetch.await;
            inner.complete(number, started, result)
        });
        let fetch = fetch.shared();
        state.flight = fetch.downgrade().map(|fetch| Flight { number, fetch });
        Step::Wait(fetch)
    }

    fn complete(
        &self,
        number: u64,
        started: Moment,
        result: Result<Lease<T>, Error>,
    ) -> Result<Cached<T>, Error> {
        let mut state = self.lock();
        state.flight.take_if(|flight| flight.number == number);
        match result {
            Ok(lease) => {
                state.generation += 1;
                state.failure = None;
                let token = Cached {
                    value: lease.value,
                    generation: state.generation,
                };
                self.current.store(Some(Arc::new(Held {
                    token: token.clone(),
                    since: started,
                    lifetime: lease.lifetime,
                    forced: std::mem::take(&mut state.forced),
                })));
                Ok(token)
            }
            Err(error) => {
                state.failure = Some(Failure {
                    error: error.clone(),
                    until: self
                        .clock
                        .monotonic()
                        .saturating_add(self.policy.failure_memory),
                });
                Err(error)
            }
        }
    }
}

impl<T: Clone + Send + Sync + 'static> Clone for TokenCache<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Clone + Send + Sync + 'static> fmt::Debug for TokenCache<T> {
    /// Shows nothing of the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache")
            .field("policy", &self.0.policy)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
