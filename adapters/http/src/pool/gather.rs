//! A writer that gathers what `h2` writes and passes it on in large pieces.
//!
//! `h2` writes every larger DATA frame by itself and flushes after it; over TLS each of these
//! writes is a record and a system call, which cost more than everything else in a push together.
//! Here writes only fill a buffer and flushing does nothing: the connection's task calls
//! [`Gather::poll_send`] once it has polled the whole connection.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::ledger::Ledger;

/// What one TLS record holds.
const CAPACITY: usize = 16 * 1024;

/// After so much, no further read begins before those whom it answers have had their turn: that is
/// some hundred answers. With all that
/// is there read at once, every slot would come free in the same moment, all next requests would
/// wait for the last of them to be made, and the connection would go empty meanwhile.
const READ_AT_ONCE: usize = 4 * 1024;

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
    /// Counts the reads that brought something.
    heard: Arc<AtomicU64>,
    /// What may still be read in this turn.
    readable: usize,
}

impl<S> Clone for Gather<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> Gather<S> {
    pub(super) fn new(stream: S, ledger: Ledger, heard: Arc<AtomicU64>) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            stream,
            buffer: Vec::with_capacity(CAPACITY),
            taken: 0,
            unflushed: false,
            ledger,
            heard,
            readable: READ_AT_ONCE,
        })))
    }

    /// Begins a turn of the connection: so much may be read in it, before it yields.
    pub(super) fn begin_turn(&self) {
        self.lock().readable = READ_AT_ONCE;
    }

    /// Whether this turn has left nothing unread that it knows of: what it waits for may stand in
    /// what the next turn reads.
    pub(super) fn has_read_all(&self) -> bool {
        self.lock().readable > 0
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
        let mut inner = self.lock();
        if inner.readable == 0 {
            // The next turn reads on.
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut inner.stream).poll_read(context, buffer))?;
        let read = buffer.filled().len() - before;
        inner.readable = inner.readable.saturating_sub(read);
        if read > 0 {
            inner.heard.fetch_add(1, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::future::poll_fn;

    use proptest::prelude::*;
    use tokio::io::AsyncWriteExt;

    use super::super::ledger::LastSent;
    use super::*;

    /// Always has more to read.
    #[derive(Debug)]
    struct Endless;

    impl AsyncRead for Endless {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            buffer.initialize_unfilled();
            buffer.advance(buffer.remaining());
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn a_turn_reads_so_much_and_asks_for_another_one() {
        #[derive(Default)]
        struct Woken(AtomicU64);
        impl std::task::Wake for Woken {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let heard = Arc::new(AtomicU64::new(0));
        let ledger = Ledger::new(LastSent::default());
        let mut gather = Gather::new(Endless, ledger, Arc::clone(&heard));
        let woken = Arc::new(Woken::default());
        let waker = Arc::clone(&woken).into();
        let mut context = Context::from_waker(&waker);
        let mut turn = || {
            gather.begin_turn();
            let mut read = 0;
            let mut room = [0; 1_000];
            loop {
                let mut buffer = ReadBuf::new(&mut room);
                match Pin::new(&mut gather).poll_read(&mut context, &mut buffer) {
                    Poll::Ready(result) => result.unwrap(),
                    Poll::Pending => return read,
                }
                read += buffer.filled().len();
            }
        };
        assert_eq!(turn(), 5_000, "no read is cut, and none begins beyond 4096");
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert_eq!(turn(), 5_000);
        assert_eq!(heard.load(Ordering::Relaxed), 10);
    }

    /// What the stream below does with one write.
    #[derive(Clone, Debug)]
    enum Step {
        Take(usize),
        Wait,
        Fail,
    }

    /// Follows its steps, and takes everything after the last one.
    #[derive(Debug, Default)]
    struct Below {
        steps: VecDeque<Step>,
        written: Vec<u8>,
        writes: usize,
        flushes: usize,
        shut: bool,
    }

    impl AsyncWrite for Below {
        fn poll_write(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            let count = match self.steps.pop_front() {
                Some(Step::Wait) => {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Some(Step::Fail) => {
                    return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
                }
                Some(Step::Take(count)) => count.min(bytes.len()),
                None => bytes.len(),
            };
            self.writes += 1;
            self.written.extend_from_slice(&bytes[..count]);
            Poll::Ready(Ok(count))
        }

        fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.flushes += 1;
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.shut = true;
            Poll::Ready(Ok(()))
        }
    }

    fn gather(steps: impl IntoIterator<Item = Step>) -> Gather<Below> {
        let below = Below {
            steps: steps.into_iter().collect(),
            ..Below::default()
        };
        Gather::new(below, Ledger::new(LastSent::default()), Arc::default())
    }

    async fn send(gather: &Gather<Below>) -> io::Result<()> {
        poll_fn(|context| gather.poll_send(context)).await
    }

    #[tokio::test]
    async fn many_writes_and_flushes_become_one() {
        let mut writer = gather([]);
        for _ in 0..100 {
            writer.write_all(&[7; 100]).await.unwrap();
            writer.flush().await.unwrap();
        }
        assert_eq!(writer.lock().stream.writes, 0);
        send(&writer).await.unwrap();
        let below = &writer.lock().stream;
        assert_eq!((below.writes, below.flushes), (1, 1));
        assert_eq!(below.written, [7; 10_000]);
    }

    #[tokio::test]
    async fn what_exceeds_the_buffer_goes_on_in_full_buffers() {
        let mut writer = gather([]);
        writer.write_all(&vec![7; CAPACITY * 2 + 1]).await.unwrap();
        assert_eq!(writer.lock().stream.written.len(), CAPACITY * 2);
        assert_eq!(writer.lock().stream.writes, 2);
        send(&writer).await.unwrap();
        assert_eq!(writer.lock().stream.written.len(), CAPACITY * 2 + 1);
    }

    #[tokio::test]
    async fn a_full_buffer_before_a_stuck_stream_holds_the_writer_back() {
        let mut writer = gather([Step::Wait]);
        writer.write_all(&vec![7; CAPACITY]).await.unwrap();
        let mut context = Context::from_waker(std::task::Waker::noop());
        assert!(
            Pin::new(&mut writer)
                .poll_write(&mut context, b"more")
                .is_pending()
        );
        writer.write_all(b"more").await.unwrap();
        send(&writer).await.unwrap();
        assert!(writer.lock().stream.written.ends_with(b"\x07more"));
    }

    #[tokio::test]
    async fn sending_nothing_touches_nothing() {
        let writer = gather([]);
        send(&writer).await.unwrap();
        let below = &writer.lock().stream;
        assert_eq!((below.writes, below.flushes), (0, 0));
    }

    #[tokio::test]
    async fn shutdown_passes_the_rest_on_first() {
        let mut writer = gather([Step::Take(3), Step::Wait]);
        writer.write_all(b"goodbye").await.unwrap();
        writer.shutdown().await.unwrap();
        let below = &writer.lock().stream;
        assert_eq!(below.written, b"goodbye");
        assert!(below.shut);
    }

    #[tokio::test]
    async fn errors_come_through() {
        let mut writer = gather([Step::Fail]);
        writer.write_all(b"lost").await.unwrap();
        let error = send(&writer).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        let mut writer = gather([Step::Take(0)]);
        writer.write_all(b"stuck").await.unwrap();
        let error = send(&writer).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WriteZero);
    }

    proptest! {
        #[test]
        fn every_byte_arrives_once_and_in_order(
            pieces in prop::collection::vec((0usize..40_000, any::<bool>()), 1..12),
            steps in prop::collection::vec(
                prop_oneof![Just(Step::Wait), (1usize..20_000).prop_map(Step::Take)],
                0..40,
            ),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (expected, written) = runtime.block_on(async {
                let mut writer = gather(steps);
                let mut expected = Vec::new();
                for (length, sent) in pieces {
                    let at = expected.len();
                    let piece: Vec<u8> = (at..at + length).map(|n| (n % 251) as u8).collect();
                    writer.write_all(&piece).await.unwrap();
                    expected.extend(piece);
                    if sent {
                        send(&writer).await.unwrap();
                    }
                }
                writer.shutdown().await.unwrap();
                let written = std::mem::take(&mut writer.lock().stream.written);
                (expected, written)
            });
            prop_assert_eq!(expected, written);
        }
    }
}
