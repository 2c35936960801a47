//! One connection: reads what is there, answers what is due, writes once.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};
use tokio_rustls::server::TlsStream;

use super::frames::{self, Frame};
use super::{Behaviour, Counters};

/// As whom the server answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Vendor {
    /// 200 with `apns-id`, no body.
    Apns,
    /// 200 with `{"name": …}`.
    Fcm,
}

/// The window that HTTP/2 begins with, for each direction.
const INITIAL_WINDOW: u32 = 65_535;
/// How far the client's window for the connection is opened at once.
const WINDOW: u32 = 64 << 20;
/// After how much body the client's window is opened again.
const REFILL: usize = 16 << 20;

pub(super) struct Connection {
    stream: TlsStream<TcpStream>,
    behaviour: Behaviour,
    counters: Arc<Counters>,
    block: Vec<u8>,
    body: Vec<u8>,
    output: Vec<u8>,
    /// Streams that are neither answered nor reset.
    open: usize,
    /// Requests that are there whole, and when they are answered.
    due: VecDeque<(Instant, u32)>,
    /// Body bytes received since the client's window was opened last.
    received: usize,
    /// Body bytes that the client still takes.
    window: u64,
}

impl Connection {
    pub(super) fn new(
        stream: TlsStream<TcpStream>,
        vendor: Vendor,
        behaviour: Behaviour,
        counters: Arc<Counters>,
    ) -> Self {
        let (block, body) = match vendor {
            Vendor::Apns => {
                let id = ("apns-id", "eabeae54-14a8-11e5-b60b-1697f925ec7b");
                (frames::header_block(&[id]), Vec::new())
            }
            Vendor::Fcm => {
                let content_type = ("content-type", "application/json; charset=UTF-8");
                let name =
                    r#"{"name":"projects/zpns/messages/0:1500415314455276%31bd1c9631bd1c96"}"#;
                (frames::header_block(&[content_type]), name.into())
            }
        };
        Self {
            stream,
            behaviour,
            counters,
            block,
            body,
            output: Vec::new(),
            open: 0,
            due: VecDeque::new(),
            received: 0,
            window: INITIAL_WINDOW.into(),
        }
    }

    pub(super) async fn run(mut self) -> std::io::Result<()> {
        let mut input = BytesMut::with_capacity(256 << 10);
        while input.len() < frames::PREFACE.len() {
            if self.stream.read_buf(&mut input).await? == 0 {
                return Ok(());
            }
        }
        input.advance(frames::PREFACE.len());
        frames::write_settings(&mut self.output, self.behaviour.stream_limit);
        frames::write_window(&mut self.output, WINDOW - INITIAL_WINDOW);
        loop {
            while let Some((frame, length)) = frames::parse(&input) {
                input.advance(length);
                self.take(frame);
            }
            self.answer();
            if !self.output.is_empty() {
                self.stream.write_all(&self.output).await?;
                self.stream.flush().await?;
                self.output.clear();
            }
            input.reserve(64 << 10);
            let next = self.next_answer();
            tokio::select! {
                read = self.stream.read_buf(&mut input) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    self.counters.reads.fetch_add(1, Ordering::Relaxed);
                }
                () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {}
            }
        }
    }

    fn take(&mut self, frame: Frame) {
        match frame {
            Frame::Begin { stream, last } => {
                if self.open >= self.behaviour.stream_limit as usize {
                    self.counters.refused.fetch_add(1, Ordering::Relaxed);
                    frames::write_refusal(&mut self.output, stream);
                    return;
                }
                self.open += 1;
                self.finish_if(last, stream);
            }
            Frame::Body {
                stream,
                length,
                last,
            } => {
                self.received += length;
                if self.received >= REFILL {
                    // Nothing close to 4 GiB arrives between two refills.
                    let more = u32::try_from(self.received).unwrap_or(WINDOW);
                    frames::write_window(&mut self.output, more);
                    self.received = 0;
                }
                self.finish_if(last, stream);
            }
            Frame::Reset { stream } => {
                let before = self.due.len();
                self.due.retain(|(_, due)| *due != stream);
                self.open = self.open.saturating_sub(before - self.due.len());
            }
            Frame::Settings => frames::write_settings_ack(&mut self.output),
            Frame::Ping(data) => frames::write_pong(&mut self.output, data),
            Frame::Window(more) => self.window += u64::from(more),
            Frame::Other => {}
        }
    }

    fn finish_if(&mut self, last: bool, stream: u32) {
        if last {
            self.due
                .push_back((Instant::now() + self.behaviour.latency, stream));
        }
    }

    /// Answers what is due, as far as the client's window allows.
    fn answer(&mut self) {
        let now = Instant::now();
        let length = self.body.len() as u64;
        while let Some(&(due, stream)) = self.due.front()
            && due <= now
            && length <= self.window
        {
            self.due.pop_front();
            self.window -= length;
            self.open = self.open.saturating_sub(1);
            frames::write_answer(&mut self.output, stream, &self.block, &self.body);
            self.counters.pushes.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// When there is something to do although nothing arrives.
    fn next_answer(&self) -> Option<Instant> {
        let &(due, _) = self.due.front()?;
        // Without window, only a frame of the client can help.
        (self.body.len() as u64 <= self.window).then_some(due)
    }
}
