//! Choosing how a simulator runs.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::ca::Authority;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::faults::{Fault, FaultScript, Faults, Rule, Target};
use crate::random::Random;
use crate::record::Record;
use crate::simulator::{Server, Simulator};
use crate::vendor::{Options, Setup, Start, VENDORS};
use crate::{Error, listener};

/// Settings of a [`Simulator`] that is not started yet.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is started"]
pub struct SimulatorBuilder {
    listen: SocketAddr,
    vendors: Option<Vec<String>>,
    faults: FaultScript,
    latency: Duration,
    seed: u64,
    keep: usize,
    options: Options,
}

impl Default for SimulatorBuilder {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            vendors: None,
            faults: FaultScript::new(),
            latency: Duration::ZERO,
            seed: 1,
            keep: 10_000,
            options: Options {
                sandbox: false,
                stream_limit: 500,
                limit_until_auth: false,
                limit_after_error: false,
            },
        }
    }
}

impl SimulatorBuilder {
    /// The address to listen on, `127.0.0.1:0` by default. With a port other than zero, vendors
    /// get that port and the ones after it.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Only these vendors, by name. All of them by default.
    pub fn vendors<I: IntoIterator<Item = S>, S: Into<String>>(mut self, names: I) -> Self {
        self.vendors = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// The faults to start with.
    pub fn faults(mut self, script: FaultScript) -> Self {
        self.faults = script;
        self
    }

    /// Be the sandbox of the vendors that have one, instead of production.
    pub fn sandbox(mut self, sandbox: bool) -> Self {
        self.options.sandbox = sandbox;
        self
    }

    /// `SETTINGS_MAX_CONCURRENT_STREAMS` of every HTTP/2 connection; 500 by default. A stream
    /// beyond it is refused with `REFUSED_STREAM`.
    pub fn stream_limit(mut self, limit: u32) -> Self {
        self.options.stream_limit = limit;
        self
    }

    /// APNs: allow one stream until the first request with a valid token, as Apple documents.
    /// Off by default.
    pub fn stream_limit_until_auth(mut self, on: bool) -> Self {
        self.options.limit_until_auth = on;
        self
    }

    /// Lower the stream limit to one after a refused push (not after 410), and restore it after
    /// a good one, as APNs was seen to do. Off by default.
    pub fn stream_limit_after_error(mut self, on: bool) -> Self {
        self.options.limit_after_error = on;
        self
    }

    /// How long every answer takes, at least. Zero by default.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// The seed of tokens and of faults that hit a share. The same seed gives the same tokens.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many of the newest requests each vendor keeps for [`Simulator::received`]; 10,000 by
    /// default. Zero keeps none, which is cheapest.
    pub fn keep_received(mut self, requests: usize) -> Self {
        self.keep = requests;
        self
    }

    /// Makes the authority and the credentials, and starts listening.
    ///
    /// # Errors
    /// A vendor name that does not exist, a wrong fault script, an address that cannot be bound.
    pub async fn start(self) -> Result<Simulator, Error> {
        self.faults.validate()?;
        let chosen = self.chosen()?;
        let clock = Arc::new(Clock::default());
        let authority = Arc::new(Authority::new()?);
        let faults = Arc::new(Faults::new(self.seed));
        faults.set(with_latency(self.faults.clone(), self.latency));

        let mut servers = Vec::new();
        for (index, (name, start)) in chosen.into_iter().enumerate() {
            let mut address = self.listen;
            if address.port() != 0 {
                address.set_port(
                    address
                        .port()
                        .saturating_add(u16::try_from(index).unwrap_or(0)),
                );
            }
            let socket = TcpListener::bind(address)
                .await
                .map_err(Error::io(format!("cannot listen on {address} for {name}")))?;
            let origin = origin(socket.local_addr()?);
            let vendor = start(&Setup {
                origin: &origin,
                authority: &authority,
                clock: &clock,
                random: Random::new(self.seed ^ hash(name)),
                options: &self.options,
            })?;
            let tls = authority.server(address.ip(), vendor.protocols())?;
            let engine = Arc::new(Engine {
                name,
                vendor,
                record: Record::new(self.keep),
                faults: faults.clone(),
                clock: clock.clone(),
                options: self.options.clone(),
            });
            let serving = listener::serve(socket, tls, engine.clone(), authority.clone());
            servers.push(Server {
                origin,
                engine,
                task: tokio::spawn(serving),
            });
        }
        Ok(Simulator::new(
            servers,
            authority,
            clock,
            faults,
            self.latency,
        ))
    }

    fn chosen(&self) -> Result<Vec<(&'static str, Start)>, Error> {
        let Some(names) = &self.vendors else {
            return Ok(VENDORS.to_vec());
        };
        for name in names {
            known(name)?;
        }
        Ok(VENDORS
            .iter()
            .filter(|(name, _)| names.iter().any(|n| n == name))
            .copied()
            .collect())
    }
}

/// Puts the general latency in front of a script.
pub(crate) fn with_latency(mut script: FaultScript, latency: Duration) -> FaultScript {
    if !latency.is_zero() {
        script
            .rules
            .insert(0, Rule::new(Fault::delay(latency)).target(Target::Any));
    }
    script
}

fn known(name: &str) -> Result<(), Error> {
    if VENDORS.iter().any(|(known, _)| *known == name) {
        return Ok(());
    }
    let known = VENDORS
        .iter()
        .map(|(name, _)| *name)
        .collect::<Vec<_>>()
        .join(", ");
    Err(Error::UnknownVendor {
        name: name.to_owned(),
        known,
    })
}

/// The origin that reaches `address`. A server on every interface is reached through loopback.
fn origin(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    format!("https://{address}")
}

/// FNV-1a, so that vendors do not share tokens.
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}
