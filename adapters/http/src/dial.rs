//! One connection: name, TCP, proxy, TLS.

use std::sync::Arc;
use std::time::Duration;

use http::uri::Authority;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use zpns_core::resources::{HttpError, HttpOptions};

use crate::errors::connect;
use crate::proxy::Proxy;
use crate::{time, tls};

const HTTPS_PORT: u16 = 443;

/// Knows how to reach origins.
#[derive(Clone)]
pub(crate) struct Dialer {
    tls: Arc<ClientConfig>,
    proxy: Option<Proxy>,
    timeout: Duration,
}

impl std::fmt::Debug for Dialer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dialer")
            .field("proxy", &self.proxy)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl Dialer {
    /// For HTTP/2 connections.
    pub(crate) fn new(options: &HttpOptions) -> Result<Self, HttpError> {
        Ok(Self {
            tls: Arc::new(tls::client_config(options, tls::ALPN_H2)?),
            proxy: options.proxy.as_ref().map(Proxy::parse).transpose()?,
            timeout: options.connect_timeout,
        })
    }

    /// A TLS connection on which both sides agreed to speak HTTP/2.
    pub(crate) async fn dial(&self, origin: &Authority) -> Result<TlsStream<TcpStream>, HttpError> {
        time::within(self.timeout, self.connect(origin))
            .await
            .unwrap_or_else(|| {
                Err(connect(format!(
                    "{origin}: not connected within {} ms",
                    self.timeout.as_millis()
                )))
            })
    }

    async fn connect(&self, origin: &Authority) -> Result<TlsStream<TcpStream>, HttpError> {
        let target = format!(
            "{}:{}",
            origin.host(),
            origin.port_u16().unwrap_or(HTTPS_PORT)
        );
        let stream = match &self.proxy {
            None => self.connect_tcp(&target).await?,
            Some(proxy) => {
                let mut stream = self.connect_tcp(&proxy.address).await?;
                proxy.tunnel(&mut stream, &target).await?;
                stream
            }
        };
        self.secure(stream, origin).await
    }

    /// Asks for the addresses anew each time: Apple wants no cached names (`reference/apns.md` §5.1).
    async fn connect_tcp(&self, target: &str) -> Result<TcpStream, HttpError> {
        let addresses: Vec<_> = tokio::net::lookup_host(target)
            .await
            .map_err(|error| {
                connect(format!("{target}: the name cannot be resolved")).with_source(error)
            })?
            .collect();
        let mut last = None;
        for (position, address) in addresses.iter().enumerate() {
            // An address that never answers must leave time for the others.
            let left = u32::try_from(addresses.len() - position).unwrap_or(u32::MAX);
            match time::within(self.timeout / left, TcpStream::connect(address)).await {
                Some(Ok(stream)) => {
                    stream.set_nodelay(true).map_err(|error| {
                        connect(format!("{target}: TCP_NODELAY is refused")).with_source(error)
                    })?;
                    return Ok(stream);
                }
                Some(Err(error)) => last = Some(error),
                None => last = Some(std::io::ErrorKind::TimedOut.into()),
            }
        }
        Err(match last {
            Some(error) => connect(format!("{target}: {error}")).with_source(error),
            None => connect(format!("{target}: the name has no address")),
        })
    }

    async fn secure(
        &self,
        stream: TcpStream,
        origin: &Authority,
    ) -> Result<TlsStream<TcpStream>, HttpError> {
        let host = origin.host().trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| connect(format!("{origin}: not a server name")).with_source(error))?;
        let stream = TlsConnector::from(Arc::clone(&self.tls))
            .connect(name, stream)
            .await
            .map_err(|error| connect(format!("{origin}: TLS: {error}")).with_source(error))?;
        if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err(connect(format!(
                "{origin}: the server does not speak HTTP/2"
            )));
        }
        Ok(stream)
    }
}
