//! Cutting a byte stream into frames, in whatever pieces it comes.

use bytes::{BufMut, BytesMut};

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const GOAWAY: u8 = 7;

const HEADER: usize = 9;

/// The head of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) length: usize,
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
}

impl Head {
    fn parse(bytes: &[u8; HEADER]) -> Self {
        Self {
            length: u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]) as usize,
            kind: bytes[3],
            flags: bytes[4],
            stream: u32::from_be_bytes([bytes[5], bytes[6], bytes[7], bytes[8]]) & 0x7fff_ffff,
        }
    }

    /// Whether a DATA or HEADERS frame ends its side of the stream.
    pub(crate) fn ends_stream(self) -> bool {
        matches!(self.kind, DATA | HEADERS) && self.flags & 1 != 0
    }

    pub(crate) fn is_ack(self) -> bool {
        self.kind == SETTINGS && self.flags & 1 != 0
    }
}

/// A whole frame, as bytes.
pub(crate) fn frame(kind: u8, stream: u32, payload: &[u8]) -> BytesMut {
    let mut bytes = BytesMut::with_capacity(HEADER + payload.len());
    bytes.put_uint(payload.len() as u64, 3);
    bytes.put_u8(kind);
    bytes.put_u8(0);
    bytes.put_u32(stream);
    bytes.put_slice(payload);
    bytes
}

/// What becomes of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    Keep,
    Drop,
}

/// The state of one direction.
#[derive(Debug)]
pub(crate) struct Scanner {
    /// Bytes of the connection preface still to come.
    preface: usize,
    header: [u8; HEADER],
    have: usize,
    payload: usize,
    keep: bool,
}

impl Scanner {
    /// `preface` bytes are passed on before the first frame.
    pub(crate) fn new(preface: usize) -> Self {
        Self {
            preface,
            header: [0; HEADER],
            have: 0,
            payload: 0,
            keep: true,
        }
    }

    /// Whether the next byte starts a frame.
    pub(crate) fn at_boundary(&self) -> bool {
        self.preface == 0 && self.have == 0 && self.payload == 0
    }

    /// Takes bytes up to the end of the current frame, copies what is kept to `out`, and returns
    /// how many bytes it took. `judge` sees the head of every frame once.
    pub(crate) fn step(
        &mut self,
        input: &[u8],
        out: &mut BytesMut,
        judge: impl FnOnce(Head) -> Pass,
    ) -> usize {
        if self.preface > 0 {
            let taken = self.preface.min(input.len());
            self.preface -= taken;
            out.extend_from_slice(&input[..taken]);
            return taken;
        }
        let mut taken = 0;
        if self.payload == 0 {
            taken = (HEADER - self.have).min(input.len());
            self.header[self.have..self.have + taken].copy_from_slice(&input[..taken]);
            self.have += taken;
            if self.have < HEADER {
                return taken;
            }
            let head = Head::parse(&self.header);
            self.have = 0;
            self.payload = head.length;
            self.keep = judge(head) == Pass::Keep;
            if self.keep {
                out.extend_from_slice(&self.header);
            }
        }
        let payload = self.payload.min(input.len() - taken);
        if self.keep {
            out.extend_from_slice(&input[taken..taken + payload]);
        }
        self.payload -= payload;
        taken + payload
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(pieces: usize, input: &[u8], preface: usize) -> (Vec<Head>, BytesMut) {
        let (mut heads, mut out) = (Vec::new(), BytesMut::new());
        let mut scanner = Scanner::new(preface);
        for chunk in input.chunks(pieces) {
            let mut chunk = chunk;
            while !chunk.is_empty() {
                let taken = scanner.step(chunk, &mut out, |head| {
                    heads.push(head);
                    if head.kind == GOAWAY {
                        Pass::Drop
                    } else {
                        Pass::Keep
                    }
                });
                chunk = &chunk[taken..];
            }
        }
        assert!(scanner.at_boundary());
        (heads, out)
    }

    #[test]
    fn frames_are_found_in_pieces_of_any_size() {
        let settings = frame(SETTINGS, 0, &[0, 3, 0, 0, 0, 1]);
        let away = frame(GOAWAY, 0, b"12345678debug");
        let data = frame(DATA, 7, b"hello");
        let input = [b"PRI".as_slice(), &settings, &away, &data].concat();
        let kept = [b"PRI".as_slice(), &settings, &data].concat();
        for pieces in 1..input.len() {
            let (heads, out) = scan(pieces, &input, 3);
            assert_eq!(
                heads.iter().map(|h| h.kind).collect::<Vec<_>>(),
                [SETTINGS, GOAWAY, DATA]
            );
            assert_eq!(
                heads[2],
                Head {
                    length: 5,
                    kind: DATA,
                    flags: 0,
                    stream: 7
                }
            );
            assert_eq!(&out[..], &kept[..]);
        }
    }
}
