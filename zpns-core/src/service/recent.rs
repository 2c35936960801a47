//! Which messages went where lately, so that none goes or counts twice.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use siphasher::sip128::{Hasher128, SipHasher24};
use std::hash::Hash;

/// Remembers at least the last [`REMEMBERED`] of them, and never more than twice as many.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<Generations>);

/// About 50 MB when full.
const REMEMBERED: usize = 500_000;

#[derive(Debug, Default)]
struct Generations {
    young: HashSet<u128>,
    old: HashSet<u128>,
}

impl Recent {
    /// Notes it; whether it is new.
    pub(super) fn insert(&self, what: impl Hash) -> bool {
        let key = key(what);
        let mut generations = self.lock();
        if generations.old.contains(&key) || !generations.young.insert(key) {
            return false;
        }
        if generations.young.len() >= REMEMBERED {
            generations.old = std::mem::take(&mut generations.young);
        }
        true
    }

    /// Forgets it.
    pub(super) fn remove(&self, what: impl Hash) {
        let key = key(what);
        let mut generations = self.lock();
        generations.young.remove(&key);
        generations.old.remove(&key);
    }

    pub(super) fn contains(&self, what: impl Hash) -> bool {
        let key = key(what);
        let generations = self.lock();
        generations.old.contains(&key) || generations.young.contains(&key)
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(what: impl Hash) -> u128 {
    let mut hasher = SipHasher24::new();
    what.hash(&mut hasher);
    hasher.finish128().as_u128()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MessageId;
    use crate::service::PushId;

    #[test]
    fn the_latest_are_remembered_and_memory_is_bounded() {
        let recent = Recent::default();
        let (message, device) = (MessageId::new(), PushId::new());
        assert!(recent.insert((message, device)));
        assert!(!recent.insert((message, device)));
        for _ in 0..REMEMBERED - 1 {
            recent.insert((message, PushId::new()));
        }
        assert!(recent.contains((message, device)));
        for _ in 0..REMEMBERED {
            recent.insert((message, PushId::new()));
        }
        assert!(!recent.contains((message, device)));
        let generations = recent.lock();
        assert!(generations.young.len() + generations.old.len() <= 2 * REMEMBERED);
    }
}
