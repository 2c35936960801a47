//! The connections to one origin: who gets a slot, when to dial, what happens at the end of one.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use http::uri::Authority;
use tokio::runtime::Handle;
use tokio::sync::watch;
use zpns_core::Sent;
use zpns_core::resources::{HttpError, HttpErrorKind, Random};

use super::PoolOptions;
use super::backoff::Backoff;
use super::connection::{Connection, State};
use super::lease::{Lease, Place, Waiter};
use super::slots::Slots;
use super::tasks::{self, DialAttempt, End, Opened};
use crate::dial::Dialer;
use crate::{errors, time};

/// Shared by a pool's origins.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) dialer: Dialer,
    pub(super) options: PoolOptions,
    pub(super) random: Arc<dyn Random>,
    pub(super) max_connections: usize,
    pub(super) max_body: usize,
}

/// One origin's connections.
#[derive(Debug)]
pub(super) struct Origin {
    authority: Authority,
    settings: Arc<Settings>,
    table: Mutex<Table>,
    /// How many connections have not ended.
    live: watch::Sender<usize>,
    me: Weak<Self>,
}

#[derive(Debug)]
struct Table {
    slots: Slots<Arc<Connection>, Waiter>,
    /// Every connection that has not ended, out of use or not.
    live: Vec<(u64, Arc<State>)>,
    dialing: bool,
    backoff: Backoff,
    next_id: u64,
    closed: bool,
}

impl Table {
    fn fail_waiting(&mut self, error: &HttpError) {
        while let Some(waiter) = self.slots.pop_waiting() {
            // Who has gone needs no answer.
            let _ = waiter.send(Err(error.clone()));
        }
    }
}

impl Origin {
    pub(super) fn new(authority: Authority, settings: Arc<Settings>) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            authority,
            settings,
            table: Mutex::new(Table {
                slots: Slots::new(),
                live: Vec::new(),
                dialing: false,
                backoff: Backoff::default(),
                next_id: 0,
                closed: false,
            }),
            live: watch::Sender::new(0),
            me: Weak::clone(me),
        })
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(super) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// A slot on a connection that has one now. Most requests need no more than this.
    pub(super) fn take(self: &Arc<Self>) -> Option<Lease> {
        let (_, connection) = self.lock().slots.take()?;
        Some(Lease::new(Arc::clone(self), connection))
    }

    /// A slot on a connection, in the order of asking.
    pub(super) async fn acquire(self: &Arc<Self>) -> Result<Lease, HttpError> {
        let mut place = {
            let mut table = self.lock();
            if table.closed {
                return Err(errors::closed(Sent::No));
            }
            if let Some(error) = self.refusal(&table) {
                return Err(error);
            }
            Place::take(self, &mut table.slots)
        };
        // Serves it at once if a slot has become free meanwhile.
        self.update(|_| ());
        place.granted().await
    }

    /// Takes all connections out of use.
    pub(super) fn renew(&self) {
        drop(self.update(|table| table.slots.remove_all()));
    }

    /// Gives up whoever waits or is in flight, closes, and waits until every connection has said
    /// goodbye, but not longer than `farewell`.
    pub(super) async fn close(&self, farewell: Duration) {
        let mut live = self.live.subscribe();
        drop(self.update(|table| {
            table.closed = true;
            table.fail_waiting(&errors::closed(Sent::No));
            for (_, state) in &table.live {
                state.closed.store(true, Ordering::Release);
                if state.active.load(Ordering::Acquire) > 0 {
                    state.kill();
                }
            }
            table.slots.remove_all()
        }));
        let all_ended = live.wait_for(|live| *live == 0);
        if time::within(farewell, all_ended).await.is_none() {
            for (_, state) in &self.lock().live {
                state.kill();
            }
        }
    }

    /// What a dial came to.
    pub(super) fn dialled(&self, result: Result<Opened, HttpError>) {
        let opened = result.and_then(|(connection, driver)| {
            let runtime = Handle::try_current().map_err(|_| errors::connect("no runtime"))?;
            Ok((runtime, Arc::new(connection), driver))
        });
        match opened {
            Ok((runtime, connection, driver)) => {
                let end = End::new(&connection, Weak::clone(&self.me));
                if self.admit(connection) {
                    runtime.spawn(tasks::drive(driver, end));
                }
            }
            Err(error) => {
                tracing::debug!(origin = %self.authority, %error, "dial failed");
                self.update(|table| {
                    table.dialing = false;
                    if !table.slots.has_connections() {
                        table.fail_waiting(&error);
                    }
                    let settings = &self.settings;
                    let pauses = settings.options.pauses();
                    table.backoff.fail(error, pauses, settings.random.as_ref());
                });
            }
        }
    }

    /// Whether the connection is in use from now on.
    fn admit(&self, connection: Arc<Connection>) -> bool {
        tracing::debug!(origin = %self.authority, connection = connection.id, "connected");
        self.update(|table| {
            table.dialing = false;
            if table.closed {
                return false;
            }
            table
                .live
                .push((connection.id, Arc::clone(&connection.state)));
            self.live.send_replace(table.live.len());
            table.slots.add(connection.id, connection);
            true
        })
    }

    /// Takes a slot back. Most often nobody waits for it.
    pub(super) fn give_back(&self, id: u64) {
        {
            let mut table = self.lock();
            table.slots.give_back(id);
            if !table.slots.has_waiting() {
                return;
            }
        }
        self.update(|_| ());
    }

    /// The server allows another number of streams.
    pub(super) fn limit_changed(&self, id: u64, limit: usize) {
        let limit = limit.min(self.settings.options.max_streams.unwrap_or(usize::MAX));
        tracing::debug!(origin = %self.authority, connection = id, limit, "stream limit");
        self.update(|table| table.slots.set_limit(id, limit));
    }

    /// A request on the connection was answered.
    pub(super) fn note_answer(&self, connection: &Connection) {
        self.update(|table| {
            connection.state.answered.store(true, Ordering::Relaxed);
            table.backoff.succeed();
            if !table.slots.note_answer(connection.id) {
                connection.state.settled.store(true, Ordering::Relaxed);
            }
        });
    }

    /// The connection takes no more requests, because of an error if there is one.
    pub(super) fn retire(&self, id: u64, error: Option<&HttpError>) {
        let retired = self.update(|table| {
            let retired = table.slots.remove(id);
            if let (Some(connection), Some(error)) = (&retired, error)
                && !connection.state.answered.load(Ordering::Relaxed)
            {
                let settings = &self.settings;
                let pauses = settings.options.pauses();
                table
                    .backoff
                    .fail_early(error.clone(), pauses, settings.random.as_ref());
            }
            retired
        });
        drop(retired);
    }

    /// Takes the connection out of use if it was not heard since it had been `heard` so often.
    pub(super) fn retire_if_silent(&self, id: u64, heard: u64) {
        let silent = self
            .lock()
            .live
            .iter()
            .any(|(live, state)| *live == id && state.heard.load(Ordering::Relaxed) == heard);
        if silent {
            tracing::debug!(origin = %self.authority, connection = id, "silent: out of use");
            self.retire(id, None);
        }
    }

    /// The connection is over.
    pub(super) fn ended(&self, id: u64, reason: &str) {
        tracing::debug!(origin = %self.authority, connection = id, reason, "connection ended");
        let error = errors::connect(format!("{}: {reason}", self.authority));
        self.retire(id, Some(&error));
        let mut table = self.lock();
        table.live.retain(|(live, _)| *live != id);
        self.live.send_replace(table.live.len());
    }

    /// Leaves the queue.
    pub(super) fn leave(&self, ticket: u64) {
        drop(self.lock().slots.leave(ticket));
    }

    /// Changes the table, then hands out what has become free and dials if that is not enough.
    fn update<R>(&self, change: impl FnOnce(&mut Table) -> R) -> R {
        let (result, dial) = {
            let mut table = self.lock();
            let result = change(&mut table);
            self.serve(&mut table);
            let dial = self.plan_dial(&mut table);
            (result, dial)
        };
        // Not under the lock: a runtime that is shutting down drops the task right here, which
        // comes back to the table.
        if let Some((runtime, id)) = dial {
            let attempt = DialAttempt::new(Weak::clone(&self.me));
            let settings = Arc::clone(&self.settings);
            runtime.spawn(tasks::dial(id, self.authority.clone(), settings, attempt));
        }
        result
    }

    /// Hands free slots to those who wait.
    fn serve(&self, table: &mut Table) {
        while table.slots.has_waiting() {
            let Some(me) = self.me.upgrade() else { return };
            let Some((id, connection)) = table.slots.take_for_first() else {
                return;
            };
            let Some(waiter) = table.slots.pop_waiting() else {
                return;
            };
            if let Err(Ok(lease)) = waiter.send(Ok(Lease::new(me, connection))) {
                // It has gone meanwhile. Its lease must not lock the table again.
                lease.disarm();
                table.slots.give_back(id);
            }
        }
    }

    /// Whether to dial now: one more connection is needed and none is being made.
    fn plan_dial(&self, table: &mut Table) -> Option<(Handle, u64)> {
        let wanted = table.slots.wants_connection(self.settings.max_connections);
        if !wanted || table.dialing || table.closed {
            return None;
        }
        if let Some(error) = self.refusal(table) {
            table.fail_waiting(&error);
            return None;
        }
        if table.backoff.pause().is_some() {
            return None;
        }
        let Ok(runtime) = Handle::try_current() else {
            table.fail_waiting(&errors::connect("there is no tokio runtime to dial in"));
            return None;
        };
        table.dialing = true;
        table.next_id += 1;
        Some((runtime, table.next_id))
    }

    /// Why nobody may wait here now: there is no connection, and a pause before the next dial.
    fn refusal(&self, table: &Table) -> Option<HttpError> {
        if table.dialing || table.slots.has_connections() {
            return None;
        }
        let (left, last) = table.backoff.pause()?;
        let mut error = errors::connect(format!(
            "{}: not dialled again for {} ms after {} failures in a row; the last: {}",
            self.authority,
            left.as_millis().max(1),
            table.backoff.failures(),
            last.message
        ));
        if last.kind == HttpErrorKind::Forbidden {
            // No further dial changes that.
            error.kind = last.kind;
        }
        error.source = last.source.clone();
        Some(error)
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
