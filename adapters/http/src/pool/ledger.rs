//! Knows which requests have left: reads the frame headers of what is written.
//!
//! When a connection dies, a stream whose HEADERS never reached the socket is provably
//! unprocessed and may be sent again; without this book every loss would be ambiguous.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`, which comes before the first frame.
const PREFACE: usize = 24;
const FRAME_HEADER: usize = 9;
const TYPE_HEADERS: u8 = 1;

/// The highest stream whose HEADERS may have reached the server. Ids only grow, and `h2` writes
/// HEADERS in the order of their ids.
#[derive(Clone, Debug, Default)]
pub(super) struct LastSent(Arc<AtomicU32>);

impl LastSent {
    /// Whether any byte of this stream's request may be on its way.
    pub(super) fn covers(&self, stream: u32) -> bool {
        stream <= self.last()
    }

    /// The highest such stream, zero before the first.
    pub(super) fn last(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }
}

/// Follows the frames through arbitrary cuts of the byte stream.
#[derive(Debug)]
pub(super) struct Ledger {
    /// Bytes to pass over before the next frame header.
    skip: usize,
    header: [u8; FRAME_HEADER],
    filled: usize,
    gathered: u32,
    sent: LastSent,
}

impl Ledger {
    /// For a connection that has written nothing yet.
    pub(super) fn new(sent: LastSent) -> Self {
        Self {
            skip: PREFACE,
            header: [0; FRAME_HEADER],
            filled: 0,
            gathered: 0,
            sent,
        }
    }

    /// These bytes are about to be written, after those of the calls before.
    pub(super) fn observe(&mut self, mut bytes: &[u8]) {
        loop {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            if bytes.is_empty() {
                return;
            }
            let wanted = FRAME_HEADER - self.filled;
            let copied = wanted.min(bytes.len());
            self.header[self.filled..self.filled + copied].copy_from_slice(&bytes[..copied]);
            self.filled += copied;
            bytes = &bytes[copied..];
            if self.filled < FRAME_HEADER {
                return;
            }
            self.filled = 0;
            self.begin_frame();
        }
    }

    fn begin_frame(&mut self) {
        let [l0, l1, l2, kind, _flags, s0, s1, s2, s3] = self.header;
        self.skip = u32::from_be_bytes([0, l0, l1, l2]) as usize;
        if kind == TYPE_HEADERS {
            self.gathered = u32::from_be_bytes([s0 & 0x7f, s1, s2, s3]);
        }
    }

    /// Everything observed so far may have reached the server.
    pub(super) fn settle(&self) {
        self.sent.0.store(self.gathered, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(kind: u8, stream: u32, payload: usize) -> Vec<u8> {
        let length = u32::try_from(payload).unwrap().to_be_bytes();
        let mut bytes = vec![length[1], length[2], length[3], kind, 0];
        bytes.extend(stream.to_be_bytes());
        bytes.extend(std::iter::repeat_n(TYPE_HEADERS, payload));
        bytes
    }

    proptest! {
        #[test]
        fn the_last_headers_are_found_through_any_cut(
            frames in prop::collection::vec((0u8..10, 0usize..300), 1..20),
            cut in 1usize..50,
        ) {
            let mut bytes = vec![b'P'; PREFACE];
            let mut expected = 0;
            for (position, (kind, payload)) in frames.iter().enumerate() {
                let stream = u32::try_from(position * 2 + 1).unwrap();
                bytes.extend(frame(*kind, stream, *payload));
                if *kind == TYPE_HEADERS {
                    expected = stream;
                }
            }
            let sent = LastSent::default();
            let mut ledger = Ledger::new(sent.clone());
            for piece in bytes.chunks(cut) {
                ledger.observe(piece);
            }
            prop_assert!(!sent.covers(1), "nothing counts as sent before it is settled");
            ledger.settle();
            prop_assert!(sent.covers(expected));
            prop_assert!(!sent.covers(expected + 2));
        }
    }
}
