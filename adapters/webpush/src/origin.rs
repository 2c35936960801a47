//! What is remembered of a push service: its tokens, and whether it accepts our keys.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::auth::VapidToken;

/// Origins that are remembered. Browsers have a handful; the rest are strangers' own, and however
/// many of those there are, they take no more room.
const REMEMBERED: usize = 512;

/// For how long an accepted push says that the service accepts our key.
const PROOF: Duration = Duration::from_secs(10 * 60);
/// Over how long mismatches are counted.
const WINDOW: Duration = Duration::from_secs(60 * 60);
/// Mismatches in a window that need no comparison with other answers: single ones are what a
/// change of the key leaves behind.
const FEW: u32 = 3;
/// Beyond those, one in so many answers may be a mismatch.
const ONE_IN: u32 = 20;

/// The origins pushed to, by their `host[:port]`.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    known: ArcSwap<HashMap<String, Arc<Origin>>>,
}

/// One push service.
#[derive(Debug)]
pub(crate) struct Origin {
    /// One token per key, in the order of the keys.
    pub(crate) tokens: Vec<VapidToken>,
    /// When it last accepted a push, in the clock's monotonic milliseconds; 0 is never.
    accepted_at: AtomicU64,
    counts: Mutex<Counts>,
}

/// Answers in the present window.
#[derive(Debug, Default)]
struct Counts {
    since: Duration,
    answers: u32,
    mismatches: u32,
}

impl Origins {
    /// The origin of this name, made by `make` if it is not known.
    pub(crate) fn get(&self, authority: &str, make: impl Fn() -> Vec<VapidToken>) -> Arc<Origin> {
        if let Some(origin) = self.known.load().get(authority) {
            return Arc::clone(origin);
        }
        let made = Arc::new(Origin::new(make()));
        self.known.rcu(|known| {
            let mut known = HashMap::clone(known);
            if known.len() >= REMEMBERED {
                forget_some(&mut known);
            }
            known
                .entry(authority.to_owned())
                .or_insert_with(|| Arc::clone(&made));
            known
        });
        // Another push may have been first; what stands there counts.
        let known = self.known.load();
        known.get(authority).cloned().unwrap_or(made)
    }
}

/// Makes room: at least half of the origins go, those that accepted nothing for longest.
fn forget_some(known: &mut HashMap<String, Arc<Origin>>) {
    let mut ages: Vec<u64> = known
        .values()
        .map(|origin| origin.accepted_at.load(Ordering::Relaxed))
        .collect();
    ages.sort_unstable();
    let middle = ages.get(ages.len() / 2).copied().unwrap_or_default();
    known.retain(|_, origin| origin.accepted_at.load(Ordering::Relaxed) > middle);
}

impl Origin {
    fn new(tokens: Vec<VapidToken>) -> Self {
        Self {
            tokens,
            accepted_at: AtomicU64::new(0),
            counts: Mutex::default(),
        }
    }

    /// It accepted a push.
    pub(crate) fn accepted(&self, now: Duration) {
        let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        self.accepted_at.store(millis.max(1), Ordering::Relaxed);
        self.count(now, false);
    }

    /// Whether it accepted one a moment ago: then what it refuses for its key is a matter of the
    /// subscription.
    pub(crate) fn accepts_us(&self, now: Duration) -> bool {
        match self.accepted_at.load(Ordering::Relaxed) {
            0 => false,
            at => now.saturating_sub(Duration::from_millis(at)) < PROOF,
        }
    }

    /// It said that a subscription was made with another key. Whether that may be believed: if it
    /// says so of more than a few, it is ours that is wrong.
    pub(crate) fn mismatched(&self, now: Duration) -> bool {
        let (answers, mismatches) = self.count(now, true);
        mismatches <= FEW.max(answers / ONE_IN)
    }

    fn count(&self, now: Duration, mismatch: bool) -> (u32, u32) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(counts.since) >= WINDOW {
            *counts = Counts {
                since: now,
                ..Counts::default()
            };
        }
        counts.answers = counts.answers.saturating_add(1);
        counts.mismatches = counts.mismatches.saturating_add(u32::from(mismatch));
        (counts.answers, counts.mismatches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000_000);

    #[test]
    fn a_few_mismatches_are_believed_and_a_wrong_key_is_not() {
        let origin = Origin::new(Vec::new());
        let believed: Vec<bool> = (0..6).map(|_| origin.mismatched(NOW)).collect();
        assert_eq!(believed, [true, true, true, false, false, false]);
        assert!(origin.mismatched(NOW + WINDOW), "a new window begins anew");
    }

    #[test]
    fn among_many_accepted_pushes_mismatches_in_proportion_are_believed() {
        let origin = Origin::new(Vec::new());
        for round in 0..10 {
            for _ in 0..30 {
                origin.accepted(NOW);
            }
            assert!(origin.mismatched(NOW), "{round}");
        }
        for _ in 0..5 {
            origin.mismatched(NOW);
        }
        assert!(!origin.mismatched(NOW));
    }

    #[test]
    fn a_proof_lasts_for_a_while() {
        let origin = Origin::new(Vec::new());
        assert!(!origin.accepts_us(NOW));
        origin.accepted(NOW);
        assert!(origin.accepts_us(NOW + PROOF / 2));
        assert!(!origin.accepts_us(NOW + PROOF));
    }

    #[test]
    fn strangers_origins_take_no_room_and_the_browsers_stay() {
        let origins = Origins::default();
        let browsers = origins.get("fcm.googleapis.com", Vec::new);
        browsers.accepted(NOW);
        for number in 0..REMEMBERED * 3 {
            origins.get(&format!("{number}.example"), Vec::new);
        }
        assert!(origins.known.load().len() <= REMEMBERED);
        assert!(Arc::ptr_eq(
            &browsers,
            &origins.get("fcm.googleapis.com", Vec::new)
        ));
    }
}
