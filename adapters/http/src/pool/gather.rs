//! A writer that gathers what `h2` writes and passes it on in large pieces.
//!
//! `h2` writes every larger DATA frame by itself and flushes after it; over TLS each of these
//! writes is a record and a system call, which cost more than everything else in a push together.
//! Here writes only fill a buffer and flushing does nothing: the connection's task calls
//! [`Gather::poll_send`] once it has polled the whole connection.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::ledger::Ledger;

/// What one TLS record holds.
const CAPACITY: usize = 16 * 1024;

/// The two halves of one gathering writer: `h2` owns one clone, the connection's task the other.
///
/// Both live in the same task, so the lock is never waited for.
#[derive(Debug)]
pub(super) struct Gather<S>(Arc<Mutex<Inner<S>>>);

#[derive(Debug)]
struct Inner<S> {
    stream: S,
    buffer: Vec<u8>,
    /// How much of the buffer the stream has taken.
    taken: usize,
    /// Whether the stream holds bytes that it was not yet asked to flush.
    unflushed: bool,
    ledger: Ledger,
}

impl<S> Clone for Gather<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> Gather<S> {
    pub(super) fn new(stream: S, ledger: Ledger) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            stream,
            buffer: Vec::with_capacity(CAPACITY),
            taken: 0,
            unflushed: false,
            ledger,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Inner<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: AsyncWrite + Unpin> Gather<S> {
    /// Passes on everything gathered, and flushes the stream below.
    pub(super) fn poll_send(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.lock().poll_send(context)
    }
}

impl<S: AsyncWrite + Unpin> Inner<S> {
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(context))?;
        if self.unflushed {
            ready!(Pin::new(&mut self.stream).poll_flush(context))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Hands the buffer to the stream below. On `Pending` the rest stays for the next call.
    fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.taken < self.buffer.len() {
            let rest = &self.buffer[self.taken..];
            let count = ready!(Pin::new(&mut self.stream).poll_write(context, rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.taken += count;
            self.unflushed = true;
            // Part of the buffer is out: whatever it holds may reach the server.
            self.ledger.settle();
        }
        self.buffer.clear();
        self.taken = 0;
        Poll::Ready(Ok(()))
    }

    fn poll_gather(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.buffer.len() >= CAPACITY {
            ready!(self.poll_drain(context))?;
        }
        let room = CAPACITY - self.buffer.len();
        let accepted = &bytes[..bytes.len().min(room)];
        self.buffer.extend_from_slice(accepted);
        self.ledger.observe(accepted);
        Poll::Ready(Ok(accepted.len()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gather<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.lock().stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gather<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.lock().poll_gather(context, bytes)
    }

    // Not vectored, so that `h2` copies small bodies into its frames instead of chaining them.
    fn is_write_vectored(&self) -> bool {
        false
    }

    /// Put off until [`Gather::poll_send`].
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.lock();
        ready!(inner.poll_send(context))?;
        Pin::new(&mut inner.stream).poll_shutdown(context)
    }
}
