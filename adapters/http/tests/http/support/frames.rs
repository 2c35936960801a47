//! HTTP/2 frames, and one connection's server side.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::server::TlsStream;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const ACK: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

pub(crate) const REFUSED_STREAM: u32 = 7;
pub(crate) const CANCEL: u32 = 8;

/// `:status: 200` by its place in HPACK's static table.
const STATUS_200: &[u8] = &[0x88];

#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Bytes,
}

/// A request that has arrived in full.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) stream: u32,
    pub(crate) body: Vec<u8>,
}

/// Writes frames, from any task.
#[derive(Clone)]
pub(crate) struct Writer(mpsc::UnboundedSender<Vec<u8>>);

/// One connection.
pub(crate) struct Link {
    /// How many connections came before.
    pub(crate) index: usize,
    /// Whether the client proved who it is.
    pub(crate) client_certificates: usize,
    pub(crate) writer: Writer,
    /// Whether PINGs are answered.
    pub(crate) answer_pings: bool,
    /// Whether DATA is acknowledged by WINDOW_UPDATE.
    pub(crate) open_windows: bool,
    /// Bytes of all bodies so far.
    pub(crate) data_received: usize,
    /// Streams that the client has reset, with the codes.
    pub(crate) resets: Vec<(u32, u32)>,
    /// PINGs received.
    pub(crate) pings: usize,
    /// Whether the client said GOAWAY.
    pub(crate) goodbye: bool,
    settings_sent: usize,
    settings_acked: usize,
    reader: ReadHalf<TlsStream<TcpStream>>,
    bodies: HashMap<u32, Vec<u8>>,
    complete: VecDeque<Request>,
}

impl Link {
    /// Reads the preface. `None` if the client went away before it.
    pub(crate) async fn accept(index: usize, stream: TlsStream<TcpStream>) -> Option<Self> {
        let client_certificates = stream.get_ref().1.peer_certificates().map_or(0, <[_]>::len);
        let (mut reader, mut half) = tokio::io::split(stream);
        let (sender, mut receiver) = mpsc::unbounded_channel::<Vec<u8>>();
        tokio::spawn(async move {
            while let Some(mut bytes) = receiver.recv().await {
                while let Ok(more) = receiver.try_recv() {
                    bytes.extend(more);
                }
                if half.write_all(&bytes).await.is_err() || half.flush().await.is_err() {
                    return;
                }
            }
            let _ = half.shutdown().await;
        });
        let mut preface = [0; PREFACE.len()];
        reader.read_exact(&mut preface).await.ok()?;
        assert_eq!(preface, PREFACE);
        Some(Self {
            index,
            client_certificates,
            writer: Writer(sender),
            answer_pings: true,
            open_windows: true,
            data_received: 0,
            resets: Vec::new(),
            pings: 0,
            goodbye: false,
            settings_sent: 0,
            settings_acked: 0,
            reader,
            bodies: HashMap::new(),
            complete: VecDeque::new(),
        })
    }

    /// The next frame, after the usual reaction to it. `None` once the client has gone.
    pub(crate) async fn frame(&mut self) -> Option<Frame> {
        let mut header = [0; 9];
        self.reader.read_exact(&mut header).await.ok()?;
        let [l0, l1, l2, kind, flags, s0, s1, s2, s3] = header;
        let mut payload = vec![0; u32::from_be_bytes([0, l0, l1, l2]) as usize];
        self.reader.read_exact(&mut payload).await.ok()?;
        let frame = Frame {
            kind,
            flags,
            stream: u32::from_be_bytes([s0 & 0x7f, s1, s2, s3]),
            payload: payload.into(),
        };
        self.react(&frame);
        Some(frame)
    }

    /// The next request that has arrived in full. `None` once the client has gone.
    pub(crate) async fn request(&mut self) -> Option<Request> {
        loop {
            if let Some(request) = self.complete.pop_front() {
                return Some(request);
            }
            self.frame().await?;
        }
    }

    /// Requests that have begun to arrive and are not yet returned by [`Link::request`].
    pub(crate) fn open_requests(&self) -> usize {
        self.bodies.len() + self.complete.len()
    }

    /// Reads until the client has taken the last SETTINGS over.
    pub(crate) async fn settings_acknowledged(&mut self) {
        while self.settings_sent > self.settings_acked {
            self.frame().await.unwrap();
        }
    }

    /// Fails if a frame arrives within `time`.
    pub(crate) async fn quiet(&mut self, time: Duration) {
        let mut byte = [0];
        let read = tokio::time::timeout(time, self.reader.read(&mut byte));
        assert!(read.await.is_err(), "there is a frame too many");
    }

    /// Reads until the client has gone.
    pub(crate) async fn drain(&mut self) {
        while self.frame().await.is_some() {}
    }

    fn react(&mut self, frame: &Frame) {
        match frame.kind {
            SETTINGS if frame.flags & ACK != 0 => self.settings_acked += 1,
            SETTINGS if frame.flags & ACK == 0 => self.writer.frame(SETTINGS, ACK, 0, &[]),
            PING if frame.flags & ACK == 0 => {
                self.pings += 1;
                if self.answer_pings {
                    self.writer.frame(PING, ACK, 0, &frame.payload);
                }
            }
            HEADERS => {
                self.bodies.insert(frame.stream, Vec::new());
            }
            DATA => {
                self.data_received += frame.payload.len();
                if let Some(body) = self.bodies.get_mut(&frame.stream) {
                    body.extend(&frame.payload);
                }
                if self.open_windows && !frame.payload.is_empty() {
                    let increment = u32::try_from(frame.payload.len()).unwrap().to_be_bytes();
                    self.writer.frame(WINDOW_UPDATE, 0, 0, &increment);
                    if frame.flags & END_STREAM == 0 {
                        self.writer
                            .frame(WINDOW_UPDATE, 0, frame.stream, &increment);
                    }
                }
            }
            RST_STREAM => {
                let code = u32::from_be_bytes(frame.payload[..4].try_into().unwrap());
                self.bodies.remove(&frame.stream);
                self.resets.push((frame.stream, code));
            }
            GOAWAY => self.goodbye = true,
            _ => {}
        }
        let ends = matches!(frame.kind, HEADERS | DATA) && frame.flags & END_STREAM != 0;
        if ends && let Some(body) = self.bodies.remove(&frame.stream) {
            let stream = frame.stream;
            self.complete.push_back(Request { stream, body });
        }
    }

    /// SETTINGS with MAX_CONCURRENT_STREAMS.
    pub(crate) fn settings(&mut self, max_streams: u32) {
        self.settings_sent += 1;
        self.writer.settings(max_streams);
    }

    /// 200 without a body.
    pub(crate) fn answer(&self, stream: u32) {
        self.writer.answer(stream);
    }

    /// 200 with a body.
    pub(crate) fn answer_with(&self, stream: u32, body: &[u8]) {
        self.writer.answer_with(stream, body);
    }
}

impl Writer {
    pub(crate) fn frame(&self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut bytes = vec![length[1], length[2], length[3], kind, flags];
        bytes.extend(stream.to_be_bytes());
        bytes.extend(payload);
        // A connection that is gone needs no more frames.
        let _ = self.0.send(bytes);
    }

    pub(crate) fn settings(&self, max_streams: u32) {
        let mut payload = vec![0, 3];
        payload.extend(max_streams.to_be_bytes());
        self.frame(SETTINGS, 0, 0, &payload);
    }

    pub(crate) fn answer(&self, stream: u32) {
        self.frame(HEADERS, END_HEADERS | END_STREAM, stream, STATUS_200);
    }

    /// The beginning of an answer.
    pub(crate) fn answer_head(&self, stream: u32) {
        self.frame(HEADERS, END_HEADERS, stream, STATUS_200);
    }

    pub(crate) fn answer_with(&self, stream: u32, body: &[u8]) {
        self.answer_head(stream);
        let mut chunks = body.chunks(16_384).peekable();
        while let Some(chunk) = chunks.next() {
            let flags = if chunks.peek().is_none() {
                END_STREAM
            } else {
                0
            };
            self.frame(DATA, flags, stream, chunk);
        }
    }

    /// WINDOW_UPDATE for the connection and a stream.
    pub(crate) fn open_windows(&self, stream: u32, increment: u32) {
        self.frame(WINDOW_UPDATE, 0, 0, &increment.to_be_bytes());
        self.frame(WINDOW_UPDATE, 0, stream, &increment.to_be_bytes());
    }

    /// Windows that no test fills, for every stream to come.
    pub(crate) fn open_all_windows(&self) {
        let most = 0x7fff_ffff_u32;
        self.frame(WINDOW_UPDATE, 0, 0, &(most - 65_535).to_be_bytes());
        let mut payload = vec![0, 4];
        payload.extend(most.to_be_bytes());
        self.frame(SETTINGS, 0, 0, &payload);
    }

    pub(crate) fn reset(&self, stream: u32, code: u32) {
        self.frame(RST_STREAM, 0, stream, &code.to_be_bytes());
    }

    pub(crate) fn go_away(&self, last: u32, code: u32, debug: &str) {
        let mut payload = last.to_be_bytes().to_vec();
        payload.extend(code.to_be_bytes());
        payload.extend(debug.as_bytes());
        self.frame(GOAWAY, 0, 0, &payload);
    }
}
