//! Messages that were saved for a broadcast: each form of a message once per region, however many
//! batches it goes out in.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;
use uuid::Uuid;
use zpns_core::Clock;
use zpns_kit::{CachePolicy, TokenCache};

use crate::region::Region;

/// Messages that are remembered: more than are ever on their way at once.
const REMEMBERED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1_023);
/// How long one is relied on. OPPO does not say, and tells if it is gone (31).
pub(crate) const LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// Between two savings of one message that "gone" forces.
const FORCED_PAUSE: Duration = Duration::from_secs(1);

/// The id of a saved message; none if OPPO has it and does not say under which.
pub(crate) type SavedId = Option<Arc<str>>;

/// The saved messages of one provider. What one message is saved as is nothing to another.
pub(crate) struct SavedMessages {
    clock: Arc<dyn Clock>,
    messages: Mutex<LruCache<(Region, Uuid), TokenCache<SavedId>>>,
}

impl SavedMessages {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            messages: Mutex::new(LruCache::new(REMEMBERED)),
        }
    }

    /// The id under which this form of a message is saved in this region, for all who ask.
    pub(crate) fn of(&self, region: Region, key: Uuid) -> TokenCache<SavedId> {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            // It is never refreshed ahead of time: saving counts towards a day's quota.
            let policy = CachePolicy::default()
                .with_refresh_before_expiry(Duration::ZERO)
                .with_min_age(FORCED_PAUSE);
            TokenCache::new(policy, Arc::clone(&self.clock))
        };
        messages.get_or_insert((region, key), new).clone()
    }
}

impl std::fmt::Debug for SavedMessages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SavedMessages").finish_non_exhaustive()
    }
}
