//! The message as vivo keeps it: saved once for all batches of a notification, and once more if
//! vivo has lost it. vivo counts how often an app saves in a day (`reference/vivo.md` §3.2).

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use zpns_core::{Clock, Error, ErrorKind, MessageId, Sent};
use zpns_kit::{CachePolicy, Cached, Lease, TokenCache};

use super::api::Api;
use crate::message::{Encoded, save_id};
use crate::response;

/// vivo does not say how long it keeps a message, but says when it has none any more.
const UNTIL_LOST: Duration = Duration::MAX;
/// How long a refusal to save is believed: every batch of a large audience would meet it anew.
const REFUSAL_MEMORY: Duration = Duration::from_secs(60);
/// A message that is lost again so soon is not saved once more: that does not help.
const PAUSE: Duration = Duration::from_secs(60);

/// One message's place at vivo.
#[derive(Debug)]
pub(super) struct Saved {
    /// vivo's id of it, or its refusal.
    tasks: TokenCache<Result<Arc<str>, Error>>,
    losses: AtomicU32,
}

impl Saved {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let policy = CachePolicy::default()
            .with_refresh_before_expiry(Duration::ZERO)
            .with_min_age(PAUSE)
            // Failures are the router's to retry.
            .with_failure_memory(Duration::ZERO);
        Self {
            tasks: TokenCache::new(policy, clock),
            losses: AtomicU32::new(0),
        }
    }

    /// vivo's id of the message, which is saved now if it was not yet. Nothing is pushed by that.
    pub(super) async fn task(
        &self,
        api: &Arc<Api>,
        encoded: &Encoded,
        message: MessageId,
    ) -> Result<Cached<Result<Arc<str>, Error>>, Error> {
        let save = || {
            let losses = self.losses.load(Ordering::Relaxed);
            let body = encoded.saved(save_id(message, losses));
            let api = Arc::clone(api);
            Box::pin(async move {
                match save(&api, body).await {
                    Ok(task) => Ok(Lease::new(Ok(task), UNTIL_LOST)),
                    Err(error) if is_of_the_message(error.kind()) => {
                        Ok(Lease::new(Err(error), REFUSAL_MEMORY))
                    }
                    Err(error) => Err(error),
                }
            }) as _
        };
        self.tasks.get(save).await
    }

    /// Takes vivo's word that it has lost the message of this generation; whether the next
    /// [`task`](Self::task) is another one.
    pub(super) fn lost(&self, generation: u64) -> bool {
        let count = || {
            self.losses.fetch_add(1, Ordering::Relaxed);
        };
        self.tasks
            .invalidate_and(generation, count)
            .brings_another()
    }
}

/// Whether it is a verdict on the message. What is wrong with the credentials may be mended in the
/// meantime, and the router's breaker stops the other batches anyway.
const fn is_of_the_message(kind: ErrorKind) -> bool {
    let of_the_app = matches!(
        kind,
        ErrorKind::CredentialInvalid | ErrorKind::PermissionDenied
    );
    kind.is_verdict() && !of_the_app
}

async fn save(api: &Api, body: bytes::Bytes) -> Result<Arc<str>, Error> {
    let response = api.call(&api.uris.save, body, None).await;
    let task = response.and_then(|response| response::saved(&response, api.wire.clock.now()));
    match task {
        Ok(task) => Ok(task.into()),
        Err(error) => Err(error
            .with_sent(Sent::No)
            .with_context("while", "saving the message")),
    }
}
