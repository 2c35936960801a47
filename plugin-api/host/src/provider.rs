//! An instance of a plugin as a provider like any other.

use std::sync::{Arc, TryLockError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{Either, select};
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::oneshot;
use zpns_core::{
    Batch, Capability, Check, Error, ErrorKind, Expiry, Notes, ProviderInfo, PushProvider,
    Rejection, Report, Retry, Sent, Token,
};
use zpns_plugin_api::abi::{self, Slice};
use zpns_plugin_api::json::encode_send;

use crate::call::Call;
use crate::calls::{Abandoned, Ending};
use crate::health::{Counter, Health};
use crate::instance::{Instance, Living, Standing};
use crate::load::{Calls, PluginOptions};
use crate::verdict;
use crate::worker::{self, Job, Plugin, Shared};

/// An instance of a plugin: one configured channel, like any other [`PushProvider`].
///
/// Whatever the plugin does, a batch ends at its deadline, with one outcome for each target. HTTP
/// and timers of the plugin run in the tokio runtime that last sent through it.
///
/// Dropped without [`shutdown`](PushProvider::shutdown), it is closed in the background.
pub struct PluginProvider {
    instance: &'static Instance,
    shared: Shared,
    extension: Option<abi::PluginProvider>,
    info: ProviderInfo,
    capability: Capability,
    expiries: Vec<Expiry>,
    options: PluginOptions,
}

/// A batch's targets at the most, whatever a plugin says: one batch is one piece of memory.
const LARGEST_BATCH: usize = 100_000;

impl PluginProvider {
    pub(crate) fn new(
        instance: &'static Instance,
        shared: Shared,
        extension: Option<abi::PluginProvider>,
        info: ProviderInfo,
        mut capability: Capability,
        expiries: Vec<Expiry>,
        options: PluginOptions,
    ) -> Self {
        capability.batch = capability.batch.clamp(1, LARGEST_BATCH);
        capability.batch_min = capability.batch_min.clamp(1, capability.batch);
        Self {
            instance,
            shared,
            extension,
            info,
            capability,
            expiries,
            options,
        }
    }

    /// How it does.
    pub fn health(&self) -> Health {
        self.instance.health()
    }

    /// What holds the instance together, if it takes calls.
    fn living(&self) -> Result<Arc<Living>, Error> {
        if self.instance.is_quarantined() {
            let message = "the plugin panicked inside a call, and is given no more";
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        let living = match self.instance.standing() {
            Standing::Open => self.instance.living(),
            _ => None,
        };
        living.ok_or_else(|| Error::new(ErrorKind::Cancelled, "the plugin is shut down"))
    }

    /// Names a call with this body.
    fn open(&self, body: Vec<u8>) -> Result<Call, Error> {
        self.instance.adopt_runtime();
        Call::open(self.instance, Bytes::from(body)).ok_or_else(|| {
            let message = format!(
                "the plugin has {} calls that it does not end",
                self.options.unfinished
            );
            Error::new(ErrorKind::Unavailable, message).with_retry(Retry::Backoff)
        })
    }

    /// Waits for the end of a call, but no longer than `allowed`.
    async fn within(
        &self,
        living: &Living,
        mut call: Call,
        allowed: Duration,
    ) -> Result<Ending, Error> {
        // Over before anybody had to wait: no timer for it.
        if let Some(ending) = call.ended().now_or_never() {
            return Ok(ending);
        }
        let timer = living.resources.clock.sleep(allowed);
        let ended = match select(call.ended(), timer).await {
            Either::Left((ending, _)) => Some(ending),
            Either::Right(_) => None,
        };
        if let Some(ending) = ended {
            return Ok(ending);
        }
        let sent = match call.give_up() {
            Abandoned::NeverSent => Sent::No,
            Abandoned::Cancel | Abandoned::Over => Sent::Maybe,
        };
        self.instance.counted.add(Counter::Overdue);
        tracing::warn!(
            provider = %self.info.id,
            unfinished = self.instance.calls.unfinished(),
            "this plugin did not end a call within {} ms", allowed.as_millis()
        );
        let message = format!("the plugin had no answer within {} ms", allowed.as_millis());
        Err(Error::new(ErrorKind::Timeout, message)
            .with_retry(Retry::Backoff)
            .with_sent(sent))
    }

    /// Calls the plugin on this thread, unless it is being destroyed.
    fn on_this_thread<T>(&self, call: impl FnOnce(Plugin) -> T, gone: impl FnOnce() -> T) -> T {
        // Held until it has returned, so that the instance is not destroyed under it. Never waited
        // for: from within a plugin's call another one may start, and a lock that waits for the
        // first to end would never get to the second.
        let shared = match self.shared.try_read() {
            Ok(shared) => shared,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return gone(),
        };
        match *shared {
            Some(plugin) => call(plugin),
            None => gone(),
        }
    }

    async fn try_send(&self, batch: &Batch) -> Result<Report, Error> {
        let living = self.living()?;
        let now = living.resources.clock.monotonic();
        let allowed = batch.time_left(now, self.options.timeout);
        if allowed.is_zero() {
            let error = Error::new(ErrorKind::Timeout, "the deadline passed before the call");
            return Err(error.with_retry(Retry::Backoff));
        }
        let message = match batch.variant().encoded(encode) {
            Ok(message) => message,
            Err(rejection) => return Ok(batch.report_all(rejection)),
        };
        let body = encode_send(batch, message).map_err(|error| unwritable(&error))?;
        let call = self.open(body)?;
        let (id, timeout_ms) = (call.id(), told(allowed));
        match self.options.calls {
            Calls::OwnThread => living.worker.ask(Job::Send { id, timeout_ms }),
            Calls::CallersThread => self.on_this_thread(
                |plugin| worker::send(self.instance, plugin, id, timeout_ms),
                || self.instance.calls.close(id),
            ),
        }
        let ending = self.within(&living, call, allowed).await?;
        Ok(verdict::report(
            self.instance,
            &living.secrets,
            batch,
            &ending,
        ))
    }
}

/// The message, serialised once for all batches that it goes out in.
fn encode(message: &zpns_core::Notification) -> Result<(Box<RawValue>, Notes), Rejection> {
    let raw = to_raw_value(message)
        .map_err(|error| Rejection::new(ErrorKind::MessageInvalid, error.to_string()))?;
    Ok((raw, Notes::default()))
}

fn unwritable(error: &serde_json::Error) -> Error {
    Error::new(ErrorKind::MessageInvalid, error.to_string())
}

/// The time that the plugin is told it has: a little less than it has, so that an answer of its
/// own, which knows more than ours would, is there first.
fn told(allowed: Duration) -> u64 {
    const HEAD_START: Duration = Duration::from_millis(100);
    let told = allowed - (allowed / 10).min(HEAD_START);
    u64::try_from(told.as_millis()).unwrap_or(u64::MAX).max(1)
}

#[async_trait]
impl PushProvider for PluginProvider {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        self.capability
    }

    fn partition(&self, token: &Token) -> u8 {
        let Some(partition) = self.extension.and_then(|extension| extension.partition) else {
            return 0;
        };
        let token = Slice::new(token.as_str().as_bytes());
        self.on_this_thread(
            // SAFETY: the instance is alive for as long as it is locked; the token lives through
            // the call.
            |plugin| unsafe { partition(plugin.instance, token) },
            || 0,
        )
    }

    fn expiries(&self) -> Vec<Expiry> {
        self.expiries.clone()
    }

    async fn send(&self, batch: &Batch) -> Report {
        match self.try_send(batch).await {
            Ok(report) => report,
            Err(error) => batch.report_all(error),
        }
    }

    async fn check(&self) -> Result<Check, Error> {
        let living = self.living()?;
        if self
            .extension
            .and_then(|extension| extension.check)
            .is_none()
        {
            return Ok(Check::new(
                "the plugin took its config; it has no check of its credentials",
            ));
        }
        let call = self.open(Vec::new())?;
        living.worker.ask(Job::Check {
            id: call.id(),
            timeout_ms: told(self.options.timeout),
        });
        let ending = self.within(&living, call, self.options.timeout).await?;
        verdict::check(self.instance, &living.secrets, &ending)
    }

    async fn shutdown(&self, grace: Duration) {
        if !self.instance.drain() {
            return;
        }
        let Some(living) = self.instance.living() else {
            return;
        };
        // Dropping this future must not leave the instance half closed.
        let mut unfinished = Unfinished(Some(self.instance));
        let limit = grace.saturating_add(self.options.margin);
        let Ok(call) = self.open(Vec::new()) else {
            return;
        };
        living.worker.ask(Job::Shutdown {
            id: call.id(),
            grace_ms: u64::try_from(grace.as_millis()).unwrap_or(u64::MAX),
        });
        let ended = self.within(&living, call, limit).await;
        let ended =
            ended.is_ok_and(|ending| matches!(ending, Ending::Completed(abi::Status::OK, _)));
        if ended {
            let (done, destroyed) = oneshot::channel();
            living.worker.ask(Job::Destroy(done));
            let timer = living.resources.clock.sleep(self.options.margin);
            if let Either::Left((Ok(()), _)) = select(destroyed, timer).await {
                unfinished.0 = None;
            }
        }
    }
}

/// Abandons an instance that does not come to its end.
struct Unfinished(Option<&'static Instance>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(instance) = self.0 {
            instance.gone(Standing::Abandoned);
        }
    }
}

impl Drop for PluginProvider {
    fn drop(&mut self) {
        if self.instance.drain() {
            self.instance.ask(Job::Close);
        }
    }
}

impl std::fmt::Debug for PluginProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PluginProvider")
            .field("info", &self.info)
            .field("capability", &self.capability)
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}
