use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;
use zpns_core::ErrorKind;
use zpns_core::resources::ManualClock;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

/// A vendor that hands out numbered tokens, when it is let to.
struct Issuer {
    fetches: AtomicUsize,
    /// One permit per answer.
    gate: Semaphore,
    broken: std::sync::atomic::AtomicBool,
}

impl Issuer {
    fn new(permits: usize) -> Arc<Self> {
        Arc::new(Self {
            fetches: AtomicUsize::new(0),
            gate: Semaphore::new(permits),
            broken: false.into(),
        })
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    fn fetch(self: &Arc<Self>) -> LeaseFuture<usize> {
        let issuer = Arc::clone(self);
        Box::pin(async move {
            let number = issuer.fetches.fetch_add(1, Ordering::SeqCst) + 1;
            issuer.gate.acquire().await.unwrap().forget();
            if issuer.broken.load(Ordering::SeqCst) {
                return Err(Error::new(ErrorKind::Unavailable, format!("no {number}")));
            }
            Ok(Lease::new(number, HOUR))
        })
    }
}

fn cache(policy: CachePolicy) -> (TokenCache<usize>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_000_000)));
    (TokenCache::new(policy, clock.clone()), clock)
}

async fn get(cache: &TokenCache<usize>, issuer: &Arc<Issuer>) -> Result<usize, Error> {
    cache.get(|| issuer.fetch()).await.map(|token| token.value)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_callers_share_one_fetch() {
    let (cache, _) = cache(CachePolicy::default());
    let issuer = Issuer::new(0);
    let callers: Vec<_> = (0..1_000)
        .map(|_| {
            let (cache, issuer) = (cache.clone(), issuer.clone());
            tokio::spawn(async move { get(&cache, &issuer).await.unwrap() })
        })
        .collect();
    while issuer.fetches() == 0 {
        tokio::task::yield_now().await;
    }
    issuer.gate.add_permits(1_000);
    for caller in callers {
        assert_eq!(caller.await.unwrap(), 1);
    }
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn a_leader_that_gives_up_strands_nobody() {
    let (cache, _) = cache(CachePolicy::default());
    let issuer = Issuer::new(0);
    let mut leader = Box::pin(get(&cache, &issuer));
    let mut other = Box::pin(get(&cache, &issuer));
    assert!(futures_util::poll!(leader.as_mut()).is_pending());
    assert!(futures_util::poll!(other.as_mut()).is_pending());
    drop(leader);
    issuer.gate.add_permits(1);
    assert_eq!(other.await.unwrap(), 1);
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn a_fetch_that_everybody_gave_up_on_is_begun_anew() {
    let (cache, _) = cache(CachePolicy::default());
    let issuer = Issuer::new(0);
    let mut only = Box::pin(get(&cache, &issuer));
    assert!(futures_util::poll!(only.as_mut()).is_pending());
    drop(only);
    issuer.gate.add_permits(1);
    assert_eq!(get(&cache, &issuer).await.unwrap(), 2);
}

#[tokio::test]
async fn a_token_is_fetched_again_shortly_before_its_end() {
    let (cache, clock) = cache(CachePolicy::default());
    let issuer = Issuer::new(9);
    assert_eq!(get(&cache, &issuer).await.unwrap(), 1);
    clock.advance(55 * MINUTE - Duration::from_millis(1));
    assert_eq!(get(&cache, &issuer).await.unwrap(), 1);
    clock.advance(Duration::from_millis(1));
    assert_eq!(get(&cache, &issuer).await.unwrap(), 2);
}

#[tokio::test]
async fn while_one_refreshes_early_all_others_go_on_with_the_old_token() {
    let (cache, clock) = cache(CachePolicy::default());
    let issuer = Issuer::new(1);
    get(&cache, &issuer).await.unwrap();
    clock.advance(56 * MINUTE);
    let mut refreshing = Box::pin(get(&cache, &issuer));
    assert!(futures_util::poll!(refreshing.as_mut()).is_pending());
    assert_eq!(get(&cache, &issuer).await.unwrap(), 1);
    assert_eq!(issuer.fetches(), 2);
    issuer.gate.add_permits(1);
    assert_eq!(refreshing.await.unwrap(), 2);
    assert_eq!(get(&cache, &issuer).await.unwrap(), 2);
}

#[tokio::test]
async fn a_failed_early_refresh_leaves_the_old_token_until_its_end() {
    let (cache, clock) = cache(CachePolicy::default());
    let issuer = Issuer::new(9);
    get(&cache, &issuer).await.unwrap();
    issuer.broken.store(true, Ordering::SeqCst);
    clock.advance(56 * MINUTE);
    assert_eq!(get(&cache, &issuer).await.unwrap(), 1);
    // Not tried again within the memory of the failure.
    assert_eq!(get(&cache, &issuer).await.unwrap(), 1);
    assert_eq!(issuer.fetches(), 2);
    clock.advance(4 * MINUTE);
    let error = get(&cache, &issuer).await.unwrap_err();
    assert_eq!(error.message(), "no 3");
}

#[tokio::test]
async fn a_token_dies_by_the_wall_clock_where_that_says_more() {
    /// A machine whose monotonic clock stands still while it sleeps.
    #[derive(Debug)]
    struct Sleeper(std::sync::atomic::AtomicU64);
    impl Clock for Sleeper {
        fn now(&self) -> Timestamp {
            Timestamp::from_secs(self.0.load(Ordering::SeqCst))
        }
        fn monotonic(&self) -> Duration {
            Duration::ZERO
        }
        fn sleep(&self, _: Duration) -> zpns_core::resources::Sleep {
            Box::pin(std::future::pending())
        }
    }
    let clock = Arc::new(Sleeper(1_000_000.into()));
    let cache = TokenCache::new(CachePolicy::default(), clock.clone());
    let issuer = Issuer::new(9);
    assert_eq!(get(&cache, &issuer).await.unwrap(), 1);
    // Set back, the token is as old as the monotonic clock says: not older than it is.
    clock.0.store(900_000, Ordering::SeqCst);
    assert_eq!(get(&cache, &issuer).await.unwrap(), 1);
    clock.0.store(1_003_601, Ordering::SeqCst);
    assert_eq!(get(&cache, &issuer).await.unwrap(), 2);
}

#[tokio::test]
async fn a_failure_is_answered_from_memory_for_a_moment() {
    let (cache, clock) = cache(CachePolicy::default());
    let issuer = Issuer::new(9);
    issuer.broken.store(true, Ordering::SeqCst);
    let first = get(&cache, &issuer).await.unwrap_err();
    clock.advance(Duration::from_millis(999));
    assert_eq!(get(&cache, &issuer).await.unwrap_err(), first);
    assert_eq!(issuer.fetches(), 1);
    clock.advance(Duration::from_millis(1));
    issuer.broken.store(false, Ordering::SeqCst);
    assert_eq!(get(&cache, &issuer).await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_words_of_expiry_bring_one_refresh() {
    let (cache, _) = cache(CachePolicy::default().with_min_age(20 * MINUTE));
    let issuer = Issuer::new(9_999);
    let old = cache.get(|| issuer.fetch()).await.unwrap();
    let callers: Vec<_> = (0..1_000)
        .map(|_| {
            let (cache, issuer, old) = (cache.clone(), issuer.clone(), old.clone());
            tokio::spawn(async move {
                let came = cache.invalidate(old.generation);
                (came, get(&cache, &issuer).await.unwrap())
            })
        })
        .collect();
    let mut dropped = 0;
    for caller in callers {
        let (came, token) = caller.await.unwrap();
        assert!(came.brings_another());
        assert_eq!(token, 2);
        dropped += usize::from(came == Invalidated::Now);
    }
    assert_eq!((dropped, issuer.fetches()), (1, 2));
}

#[tokio::test]
async fn a_token_from_a_forced_refresh_stays_until_it_is_old_enough() {
    let (cache, clock) = cache(CachePolicy::default().with_min_age(20 * MINUTE));
    let issuer = Issuer::new(9);
    let first = cache.get(|| issuer.fetch()).await.unwrap();
    assert_eq!(cache.invalidate(first.generation), Invalidated::Now);
    let second = cache.get(|| issuer.fetch()).await.unwrap();
    assert_eq!(cache.invalidate(second.generation), Invalidated::TooYoung);
    assert_eq!(get(&cache, &issuer).await.unwrap(), 2);
    clock.advance(20 * MINUTE);
    assert_eq!(cache.invalidate(second.generation), Invalidated::Now);
    assert_eq!(get(&cache, &issuer).await.unwrap(), 3);
    assert_eq!(cache.invalidate(first.generation), Invalidated::Before);
}

#[tokio::test]
async fn a_token_with_a_short_life_is_not_refreshed_all_the_time() {
    let (cache, clock) = cache(CachePolicy::default());
    let fetches = AtomicUsize::new(0);
    let fetch = || -> LeaseFuture<usize> {
        let number = fetches.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move { Ok(Lease::new(number, MINUTE)) })
    };
    cache.get(fetch).await.unwrap();
    clock.advance(Duration::from_secs(29));
    cache.get(fetch).await.unwrap();
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
    clock.advance(Duration::from_secs(1));
    cache.get(fetch).await.unwrap();
    assert_eq!(fetches.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn nothing_of_a_token_is_shown() {
    let clock = Arc::new(ManualClock::at(Timestamp::default()));
    let cache = TokenCache::new(CachePolicy::default(), clock);
    let lease = Lease::new("swordfish", HOUR);
    let shown = format!("{lease:?}");
    let token = cache.get(|| Box::pin(async { Ok(lease) })).await.unwrap();
    let shown = format!("{shown} {token:?} {cache:?}");
    assert!(!shown.contains("swordfish"), "{shown}");
}
