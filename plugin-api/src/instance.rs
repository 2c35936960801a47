//! One configured provider behind the boundary.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Abortable, Either, select};
use serde_json::Value;
use zpns_core::config::{ConfigError, VendorConfig};
use zpns_core::{
    Error, ErrorKind, Outcome, PushProvider, Report, Resources, Retry, Sent, Setup, Token,
};

use crate::abi::{self, Slice, Status};
use crate::bridge::clock::HostClock;
use crate::bridge::current::on_behalf_of;
use crate::bridge::http::HostConnector;
use crate::bridge::turns;
use crate::calls::Calls;
use crate::host::Host;
use crate::json::{self, Create, Info};
use crate::runtime::Executor;
use crate::{Manifest, Runtime};

/// One configured provider. What `create` makes and `destroy` ends.
#[derive(Debug)]
pub(crate) struct Instance {
    shared: Arc<Shared>,
    // Last: its threads are joined once nothing new can reach them.
    executor: Executor,
}

/// What the instance's futures hold on to.
#[derive(Debug)]
struct Shared {
    provider: Arc<dyn PushProvider>,
    resources: Resources,
    host: Host,
    calls: Arc<Calls>,
}

/// What comes of a call: a status, and the result in JSON.
type Answer = (Status, Vec<u8>);

impl Instance {
    /// Builds the provider. Makes no connection.
    ///
    /// # Errors
    /// What is wrong with the config; the key stands in the context under `key`.
    pub(crate) fn create<C: VendorConfig>(
        manifest: &Manifest,
        create_json: &[u8],
        host: Host,
    ) -> Result<Self, Error> {
        if manifest.runtime == Runtime::Host && host.timer().is_none() {
            let message = "this plugin has no threads of its own and needs zpns.host.timer/1";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        let create: Create = serde_json::from_slice(create_json)
            .map_err(|error| Error::new(ErrorKind::Protocol, format!("zpns.create/1: {error}")))?;
        let table = match create.config {
            Value::Null => Value::Object(serde_json::Map::new()),
            table => table,
        };
        let config: C = serde_json::from_value(table)
            .map_err(|error| config_error(&ConfigError::section(error.to_string())))?;

        let mut resources = Resources::new(Arc::new(HostConnector::new(host.clone())));
        resources.clock = Arc::new(HostClock::new(host.clone()));
        let setup =
            Setup::new(create.id, resources.clone()).with_connection(create.connection.into());
        let provider = config.build(setup).map_err(|error| config_error(&error))?;
        let executor = Executor::start(manifest.runtime, C::VENDOR, turns::of(host.clone()))
            .map_err(|error| {
                let message = "the system gives the plugin no thread";
                Error::new(ErrorKind::Unavailable, message).with_source(error)
            })?;
        let calls = Calls::new(host.clone());
        Ok(Self {
            shared: Arc::new(Shared {
                provider,
                resources,
                host,
                calls,
            }),
            executor,
        })
    }

    /// Takes a batch.
    ///
    /// # Safety
    /// The call's body is readable until the host was told the end of the call.
    pub(crate) unsafe fn send(&self, call: &abi::Call) -> Status {
        let body = Body(call.body);
        let timeout = timeout(call.timeout_ms);
        self.start(call.call_id, move |shared| async move {
            // SAFETY: the guard of this call is completed or dropped after this future only, and
            // the reference does not live past this statement.
            let sending = match unsafe { body.lent() } {
                Some(json) => shared.read(json, timeout),
                None => return failed(&Error::new(ErrorKind::Protocol, "the body is null")),
            };
            match sending {
                Ok(batch) => shared.send(batch).await,
                Err(answer) => answer,
            }
        })
    }

    /// Starts a check of the credentials.
    pub(crate) fn check(&self, call_id: u64, timeout_ms: u64) -> Status {
        let within = timeout(timeout_ms);
        self.start(call_id, move |shared| async move {
            let check = shared.provider.check();
            let checked = match within {
                None => Some(check.await),
                Some(within) => match select(check, shared.resources.clock.sleep(within)).await {
                    Either::Left((checked, _)) => Some(checked),
                    Either::Right(_) => None,
                },
            };
            match checked {
                Some(Ok(check)) => written(serde_json::to_vec(&check)),
                Some(Err(error)) => failed(&error),
                None => failed(
                    &Error::new(ErrorKind::Timeout, "the check took too long")
                        .with_retry(Retry::Backoff),
                ),
            }
        })
    }

    /// Gives a call up.
    pub(crate) fn cancel(&self, call_id: u64) {
        self.shared.calls.cancel(call_id);
    }

    /// Takes no more calls, lets those in flight finish for up to `grace`, gives up the rest, and
    /// then completes `call_id`.
    pub(crate) fn shutdown(&self, call_id: u64, grace: Duration) -> Status {
        // Not among the calls that are waited for: this is the one that waits.
        let closing = Calls::new(self.shared.host.clone());
        let taken = closing.take(call_id);
        let (guard, _) = match taken {
            Ok(taken) => taken,
            Err(refused) => return refused,
        };
        self.shared.calls.close();
        let shared = Arc::clone(&self.shared);
        self.run(async move {
            let deadline = shared.resources.clock.sleep(grace);
            let draining = async {
                shared.provider.shutdown(grace).await;
                shared.calls.drained().await;
            };
            let drained = select(Box::pin(draining), deadline).await;
            if let Either::Right((_, draining)) = drained {
                shared.calls.cancel_all();
                drop(draining);
                shared.calls.drained().await;
            }
            guard.complete(Status::OK, &[]);
        });
        Status::OK
    }

    /// What this instance is and can do.
    pub(crate) fn info(&self) -> Info {
        Info {
            environment: self.shared.provider.info().environment,
            capability: Some(self.shared.provider.capability().into()),
            expiries: self.shared.provider.expiries(),
        }
    }

    /// Which of the vendor's parts a token belongs to.
    pub(crate) fn partition(&self, token: &str) -> u8 {
        self.shared.provider.partition(&Token::from(token))
    }

    /// Takes a call and runs its future to the one end that the host is told.
    fn start<F>(&self, call_id: u64, work: impl FnOnce(Arc<Shared>) -> F) -> Status
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let (guard, registration) = match self.shared.calls.take(call_id) {
            Ok(taken) => taken,
            Err(refused) => return refused,
        };
        let work = work(Arc::clone(&self.shared));
        self.run(async move {
            let ended = {
                // Gone before the guard speaks: it may hold what the host lent.
                let work = pin!(Abortable::new(work, registration));
                work.await
            };
            if let Ok((status, result)) = ended {
                guard.complete(status, &result);
            }
        });
        Status::OK
    }

    fn run(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.executor
            .spawn(Box::pin(on_behalf_of(self.shared.host.clone(), future)));
    }
}

impl Drop for Instance {
    /// Nothing is left to run for by now, unless the host did not shut it down before.
    fn drop(&mut self) {
        self.shared.calls.close();
        self.shared.calls.cancel_all();
    }
}

impl Shared {
    fn read(&self, json: &[u8], timeout: Option<Duration>) -> Result<zpns_core::Batch, Answer> {
        let send: json::Send<'_> = serde_json::from_slice(json).map_err(|error| {
            let message = format!("the plugin cannot read the batch: {error}");
            failed(&Error::new(ErrorKind::MessageInvalid, message))
        })?;
        let targets = send.targets.len();
        let batch = send
            .into_batch(&self.provider.info().id, &self.provider.capability())
            .map_err(|rejection| {
                written(json::encode_report(&Report::uniform(rejection, targets)))
            })?;
        let now = self.resources.clock.monotonic();
        Ok(batch.with_deadline(timeout.map(|timeout| now.saturating_add(timeout))))
    }

    async fn send(&self, batch: zpns_core::Batch) -> Answer {
        let report = self.provider.send(&batch).await;
        written(json::encode_report(&of_length(
            report,
            batch.targets().len(),
        )))
    }
}

/// One outcome for each target, although the provider broke its word: the short form of a report
/// would speak for those it left out.
fn of_length(report: Report, targets: usize) -> Report {
    if report.len() == targets {
        return report;
    }
    let notes = report.notes(0).cloned();
    let mut outcomes = report.into_outcomes();
    outcomes.resize_with(targets, || -> Outcome {
        let message = "the provider reported on fewer targets than it was given";
        Error::new(ErrorKind::Protocol, message)
            .with_sent(Sent::Maybe)
            .into()
    });
    Report::new(outcomes).with_notes(notes)
}

fn written(json: serde_json::Result<Vec<u8>>) -> Answer {
    match json {
        Ok(json) => (Status::OK, json),
        Err(_) => (Status::INTERNAL, Vec::new()),
    }
}

/// A failure of the call as a whole.
fn failed(error: &Error) -> Answer {
    (
        Status::FAILED,
        serde_json::to_vec(error).unwrap_or_default(),
    )
}

fn config_error(error: &ConfigError) -> Error {
    let wrong = Error::new(ErrorKind::MessageInvalid, error.message.clone());
    match &error.key {
        Some(key) => wrong.with_context("key", key.clone()),
        None => wrong,
    }
}

fn timeout(millis: u64) -> Option<Duration> {
    (millis > 0).then(|| Duration::from_millis(millis))
}

/// The body of a call, on its way to the thread that reads it.
struct Body(Slice);

// SAFETY: borrowed bytes that nobody writes to while they are lent.
unsafe impl Send for Body {}

impl Body {
    /// # Safety
    /// The host was not told the end of the call yet, and is not before the reference is gone.
    unsafe fn lent<'a>(&self) -> Option<&'a [u8]> {
        // SAFETY: a call's body stays valid until `complete` has returned, by the header.
        unsafe { self.0.bytes() }
    }
}
