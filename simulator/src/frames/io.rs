//! The stream that `h2` reads and writes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::control::{Closing, Control};
use super::scan::{SETTINGS, Scanner};

/// Length of `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`.
const PREFACE: usize = 24;
const CHUNK: usize = 16 * 1024;
/// How much is staged before a writer has to wait for the socket.
const STAGED: usize = 256 * 1024;

/// Wraps the plaintext side of a TLS stream.
#[derive(Debug)]
pub(crate) struct FrameIo<S> {
    inner: S,
    control: Arc<Control>,
    inbound: Scanner,
    chunk: Box<[u8]>,
    /// Bytes for `h2` to read.
    ready: BytesMut,
    outbound: Scanner,
    /// Bytes for the socket.
    staged: BytesMut,
    /// The limit to write into the first SETTINGS of `h2`, which thinks it has a higher one so
    /// that it never enforces its own.
    first_limit: Option<u32>,
    finished: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> FrameIo<S> {
    pub(crate) fn new(inner: S, control: Arc<Control>, limit: u32) -> Self {
        Self {
            inner,
            control,
            inbound: Scanner::new(PREFACE),
            chunk: vec![0; CHUNK].into_boxed_slice(),
            ready: BytesMut::new(),
            outbound: Scanner::new(0),
            staged: BytesMut::new(),
            first_limit: Some(limit),
            finished: false,
        }
    }

    /// Puts our own frames where `h2` has finished one.
    fn inject(&mut self) {
        if self.outbound.at_boundary() && self.first_limit.is_none() {
            let frames = self.control.take_injected();
            self.staged.extend_from_slice(&frames);
        }
    }

    fn poll_write_staged(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.staged.is_empty() {
            let written = ready!(Pin::new(&mut self.inner).poll_write(cx, &self.staged))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.staged.advance(written);
        }
        Poll::Ready(Ok(()))
    }

    fn stage(&mut self, mut input: &[u8]) {
        while !input.is_empty() {
            let start = self.staged.len();
            let control = &self.control;
            let mut settings = false;
            let taken = self.outbound.step(input, &mut self.staged, |head| {
                settings = head.kind == SETTINGS && !head.is_ack();
                control.outbound(head)
            });
            if settings && let Some(limit) = self.first_limit.take() {
                // `h2` writes this first frame in one piece.
                set_limit(&mut self.staged[start..], limit);
            }
            input = &input[taken..];
            self.inject();
        }
    }

    /// Ends the connection the way TLS and TCP want it: says goodbye, then reads on until the
    /// client has read it all, because closing over unread bytes would destroy what we wrote.
    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_write_staged(cx))?;
        if !self.finished {
            ready!(Pin::new(&mut self.inner).poll_flush(cx))?;
            ready!(Pin::new(&mut self.inner).poll_shutdown(cx))?;
            self.finished = true;
        }
        loop {
            let mut buffer = ReadBuf::new(&mut self.chunk);
            ready!(Pin::new(&mut self.inner).poll_read(cx, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

/// Overwrites `SETTINGS_MAX_CONCURRENT_STREAMS` in a SETTINGS frame.
fn set_limit(frame: &mut [u8], limit: u32) {
    for entry in frame.get_mut(9..).unwrap_or_default().chunks_exact_mut(6) {
        if entry[..2] == [0, 3] {
            entry[2..].copy_from_slice(&limit.to_be_bytes());
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for FrameIo<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let (closing, pending) = this.control.poll(cx.waker());
        match closing {
            Closing::Frozen => return Poll::Pending,
            Closing::Killed => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            _ => {}
        }
        if pending {
            this.inject();
            // An error shows again when `h2` writes or flushes.
            if this.poll_write_staged(cx)?.is_ready() {
                let _ = Pin::new(&mut this.inner).poll_flush(cx)?;
            }
        }
        if closing == Closing::Now && this.outbound.at_boundary() {
            return this.poll_finish(cx);
        }
        while this.ready.is_empty() {
            let mut buffer = ReadBuf::new(&mut this.chunk);
            ready!(Pin::new(&mut this.inner).poll_read(cx, &mut buffer))?;
            let mut input = buffer.filled();
            if input.is_empty() {
                return Poll::Ready(Ok(()));
            }
            while !input.is_empty() {
                let control = &this.control;
                let taken = this
                    .inbound
                    .step(input, &mut this.ready, |head| control.inbound(head));
                input = &input[taken..];
            }
        }
        let length = this.ready.len().min(out.remaining());
        out.put_slice(&this.ready.split_to(length));
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for FrameIo<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        input: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match this.control.poll(cx.waker()).0 {
            Closing::Frozen => return Poll::Pending,
            Closing::Killed => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            _ => {}
        }
        if this.staged.len() >= STAGED {
            ready!(this.poll_write_staged(cx))?;
        }
        this.inject();
        this.stage(input);
        Poll::Ready(Ok(input.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let (closing, pending) = this.control.poll(cx.waker());
        match closing {
            Closing::Frozen => return Poll::Pending,
            Closing::Killed => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            _ => {}
        }
        if pending {
            this.inject();
        }
        ready!(this.poll_write_staged(cx))?;
        if this.finished {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_write_staged(cx))?;
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}
