//! A request body that tells when it leaves.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// Gives its bytes in one frame. `hyper` asks for them once there is a connection, so that a
/// request whose body was never asked for is provably incomplete at the server.
#[derive(Debug)]
pub(super) struct TellingBody {
    bytes: Option<Bytes>,
    left: Arc<AtomicBool>,
}

impl TellingBody {
    pub(super) fn new(bytes: Bytes, left: Arc<AtomicBool>) -> Self {
        Self {
            bytes: Some(bytes),
            left,
        }
    }
}

impl Body for TellingBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.left.store(true, Ordering::Release);
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.bytes.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(length as u64)
    }
}
