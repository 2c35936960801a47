//! A request's slot on a connection, and its place in the queue before that.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::oneshot;
use zpns_core::Sent;
use zpns_core::resources::HttpError;

use super::connection::Connection;
use super::origin::Origin;
use super::slots::Slots;
use crate::errors;

/// Where a waiting request is told.
pub(super) type Waiter = oneshot::Sender<Result<Lease, HttpError>>;

/// One stream's slot on one connection, given back when dropped.
#[derive(Debug)]
pub(super) struct Lease {
    origin: Arc<Origin>,
    connection: Arc<Connection>,
    armed: bool,
}

impl Lease {
    /// For a slot that was just taken.
    pub(super) fn new(origin: Arc<Origin>, connection: Arc<Connection>) -> Self {
        connection.state.active.fetch_add(1, Ordering::Relaxed);
        Self {
            origin,
            connection,
            armed: true,
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The connection takes no more requests.
    pub(super) fn retire(&self, error: &HttpError) {
        self.origin.retire(self.connection.id, Some(error));
    }

    /// The request was answered. Costs something only for a connection's first answers.
    pub(super) fn note_answer(&self) {
        if !self.connection.state.settled.load(Ordering::Relaxed) {
            self.origin.note_answer(&self.connection);
        }
    }

    /// Leaves the slot to be given back by the caller.
    pub(super) fn disarm(mut self) {
        self.armed = false;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.connection.state.active.fetch_sub(1, Ordering::Relaxed);
        if self.armed {
            self.origin.give_back(self.connection.id);
        }
    }
}

/// A place in the queue, given up when dropped.
#[derive(Debug)]
pub(super) struct Place<'a> {
    origin: &'a Origin,
    ticket: Option<u64>,
    receiver: oneshot::Receiver<Result<Lease, HttpError>>,
}

impl<'a> Place<'a> {
    pub(super) fn take(origin: &'a Origin, slots: &mut Slots<Arc<Connection>, Waiter>) -> Self {
        let (sender, receiver) = oneshot::channel();
        Self {
            origin,
            ticket: Some(slots.wait(sender)),
            receiver,
        }
    }

    /// Waits for the slot.
    pub(super) async fn granted(&mut self) -> Result<Lease, HttpError> {
        let outcome = (&mut self.receiver).await;
        self.ticket = None;
        outcome.unwrap_or_else(|_| Err(errors::closed(Sent::No)))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            // A slot that was granted meanwhile lies in the receiver and is given back with it.
            self.origin.leave(ticket);
        }
    }
}
