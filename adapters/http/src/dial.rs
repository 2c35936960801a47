//! One connection: name, TCP, proxy, TLS.

use std::io;
use std::net::IpAddr;
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
use crate::names::Names;
use crate::proxy::Proxy;
use crate::{time, tls};

const HTTPS_PORT: u16 = 443;

/// Knows how to reach origins.
#[derive(Clone)]
pub(crate) struct Dialer {
    names: Names,
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
    pub(crate) fn new(options: &HttpOptions, names: Names) -> Result<Self, HttpError> {
        Ok(Self {
            names,
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
        let host = origin.host();
        let port = origin.port_u16().unwrap_or(HTTPS_PORT);
        let stream = match &self.proxy {
            None => {
                let addresses = self.names.of_origin(host).await?;
                self.connect_tcp(&addresses, host, port).await?
            }
            Some(proxy) => {
                self.names.check_literal(host)?;
                let addresses = self.names.of_proxy(&proxy.host).await?;
                let stream = self.connect_tcp(&addresses, &proxy.host, proxy.port);
                let mut stream = stream.await?;
                proxy.tunnel(&mut stream, &format!("{host}:{port}")).await?;
                stream
            }
        };
        self.secure(stream, origin).await
    }

    /// Tries one address after the other; there is at least one.
    async fn connect_tcp(
        &self,
        addresses: &[IpAddr],
        host: &str,
        port: u16,
    ) -> Result<TcpStream, HttpError> {
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for (position, address) in addresses.iter().enumerate() {
            // An address that never answers must leave time for the others.
            let left = u32::try_from(addresses.len() - position).unwrap_or(u32::MAX);
            let connection = TcpStream::connect((*address, port));
            match time::within(self.timeout / left, connection).await {
                Some(Ok(stream)) => {
                    stream.set_nodelay(true).map_err(|error| {
                        connect(format!("{host}:{port}: TCP_NODELAY is refused")).with_source(error)
                    })?;
                    return Ok(stream);
                }
                Some(Err(error)) => last = error,
                None => last = io::ErrorKind::TimedOut.into(),
            }
        }
        Err(connect(format!("{host}:{port}: {last}")).with_source(last))
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
