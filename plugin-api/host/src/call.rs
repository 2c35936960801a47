//! One call as its caller sees it: a future, and what happens when that is dropped.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::calls::{Abandoned, Ending};
use crate::instance::Instance;
use crate::worker::Job;

/// A call that is waited for. Dropped before its end, the plugin is told to give it up.
pub(crate) struct Call {
    instance: &'static Instance,
    id: u64,
    over: bool,
}

impl Call {
    /// Names a new call. None if the plugin has as many as it may have.
    pub(crate) fn open(instance: &'static Instance, body: Bytes) -> Option<Self> {
        let id = instance.calls.open(body)?;
        Some(Self {
            instance,
            id,
            over: false,
        })
    }

    /// Its name.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// How the plugin ends it.
    pub(crate) fn ended(&mut self) -> impl Future<Output = Ending> + Unpin {
        Ended(self)
    }

    /// Stops to wait.
    pub(crate) fn give_up(&mut self) -> Abandoned {
        self.over = true;
        let abandoned = self.instance.calls.abandon(self.id);
        if abandoned == Abandoned::Cancel {
            self.instance.ask(Job::Cancel { id: self.id });
        }
        abandoned
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.over {
            self.give_up();
        }
    }
}

struct Ended<'a>(&'a mut Call);

impl Future for Ended<'_> {
    type Output = Ending;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ending> {
        let call = &mut *self.0;
        let polled = call.instance.calls.poll(call.id, context);
        call.over |= polled.is_ready();
        polled
    }
}
