//! The cheap local server: HTTP/2 over TLS 1.3 with framing of its own, so that it is never what
//! limits a client.
//!
//! It reads no header: whatever comes whole is answered with 200, as APNs on one port, as FCM on
//! another, and as Google's token endpoint on a third.

mod connection;
mod frames;
mod tls;
mod token_endpoint;

use std::io::{BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use self::connection::Connection;
pub use self::connection::Vendor;

/// The hidden argument that makes a bench's binary this server.
pub const ARGUMENT: &str = "--serve";

/// The core that the server runs on, if there is one; clients run on core 0.
const CORE: usize = 1;

/// How the server behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Behaviour {
    /// Streams at once on one connection, as its SETTINGS say.
    pub stream_limit: u32,
    /// Between a request's last byte and its answer.
    pub latency: Duration,
}

/// The first line that the server prints.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ready {
    /// The port that answers as APNs.
    pub apns: u16,
    /// The port that answers as FCM.
    pub fcm: u16,
    /// The port of the token endpoint, HTTP/1.1.
    pub token: u16,
    /// The certificate to trust.
    pub ca_pem: String,
}

/// What the server has seen since it started; one line for each line on its standard input.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Counts {
    /// Connections accepted, those of the token endpoint left out.
    pub connections: u64,
    /// Pushes answered.
    pub pushes: u64,
    /// Reads from a connection that brought something.
    pub reads: u64,
    /// Pushes beyond the stream limit, refused.
    pub refused: u64,
}

#[derive(Debug, Default)]
struct Counters {
    connections: AtomicU64,
    pushes: AtomicU64,
    reads: AtomicU64,
    refused: AtomicU64,
}

impl Counters {
    fn read(&self) -> Counts {
        Counts {
            connections: self.connections.load(Ordering::Relaxed),
            pushes: self.pushes.load(Ordering::Relaxed),
            reads: self.reads.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }
}

/// Serves until standard input ends, if the arguments ask for it: `--serve LIMIT LATENCY_MS`.
/// Whether they did.
///
/// # Errors
/// The arguments are not numbers, or no port can be had.
pub fn serve_if_asked() -> anyhow::Result<bool> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() != Some(ARGUMENT) {
        return Ok(false);
    }
    let mut number = |name: &'static str| -> anyhow::Result<u64> {
        Ok(arguments.next().context(name)?.parse()?)
    };
    let behaviour = Behaviour {
        stream_limit: number("the stream limit")?.try_into()?,
        latency: Duration::from_millis(number("the latency")?),
    };
    crate::usage::pin_to_core(CORE);
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(serve(behaviour))?;
    Ok(true)
}

async fn serve(behaviour: Behaviour) -> anyhow::Result<()> {
    let tls = tls::Tls::new()?;
    let counters = Arc::new(Counters::default());
    let ready = Ready {
        apns: listen(Vendor::Apns, behaviour, &tls, &counters).await?,
        fcm: listen(Vendor::Fcm, behaviour, &tls, &counters).await?,
        token: token_endpoint::listen(tls.http1()?).await?,
        ca_pem: tls.ca_pem(),
    };
    print_line(&ready)?;
    // The parent holds the other end of the pipe: it ends with the parent, whatever becomes of it.
    tokio::task::spawn_blocking(move || -> anyhow::Result<()> {
        for line in std::io::stdin().lock().lines() {
            line?;
            print_line(&counters.read())?;
        }
        Ok(())
    })
    .await?
}

fn print_line(value: &impl Serialize) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, value)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

async fn listen(
    vendor: Vendor,
    behaviour: Behaviour,
    tls: &tls::Tls,
    counters: &Arc<Counters>,
) -> anyhow::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    let acceptor = TlsAcceptor::from(tls.http2()?);
    let counters = Arc::clone(counters);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counters.connections.fetch_add(1, Ordering::Relaxed);
            let (acceptor, counters) = (acceptor.clone(), Arc::clone(&counters));
            tokio::spawn(async move {
                let _ = stream.set_nodelay(true);
                // A client that breaks off sees that itself.
                if let Ok(stream) = acceptor.accept(stream).await {
                    let connection = Connection::new(stream, vendor, behaviour, counters);
                    let _ = connection.run().await;
                }
            });
        }
    });
    Ok(port)
}
