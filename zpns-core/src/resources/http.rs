//! HTTP as the core sees it: a trait, with its requests, answers and errors.
//!
//! The implementations live in `zpns-http`; this crate pulls no HTTP client.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};

use crate::config::Secret;
use crate::model::Sent;

/// Opens HTTP clients: the place where a test or a host puts its own transport.
pub trait HttpConnector: fmt::Debug + Send + Sync + 'static {
    /// A client made to these options. Opens no connection yet.
    ///
    /// # Errors
    /// Options that cannot work: unreadable roots or client certificate, an unusable proxy.
    fn open(&self, options: &HttpOptions) -> Result<Arc<dyn HttpClient>, HttpError>;
}

/// Sends requests over connections that it keeps.
#[async_trait]
pub trait HttpClient: fmt::Debug + Send + Sync + 'static {
    /// Sends one request and reads the whole answer, within [`HttpRequest::timeout`].
    ///
    /// Dropping the future cancels the request (over HTTP/2 by resetting its stream).
    ///
    /// # Errors
    /// No complete answer came; [`HttpError::sent`] says whether the server may have acted.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError>;

    /// Sends a request that can be made anew, always as the same one.
    ///
    /// For vendors that take many pushes a second: a transport that sends a request again, because
    /// the server provably left it alone, makes it once more then instead of keeping a copy of
    /// every one. Others see no difference to [`HttpClient::send`].
    ///
    /// # Errors
    /// Those of [`HttpClient::send`], and that of `make`.
    async fn send_made(&self, make: MakeRequest<'_>) -> Result<HttpResponse, HttpError> {
        self.send(make()?).await
    }

    /// Takes the present connections out of use: requests under way finish on them, later ones
    /// go over new connections. For vendors that bind credentials to a connection.
    fn renew_connections(&self) {}

    /// Refuses new requests, lets those under way finish for up to `grace`, then closes.
    async fn close(&self, grace: Duration);
}

/// Makes a request, and makes the same one whenever it is called again.
pub type MakeRequest<'a> = &'a (dyn Fn() -> Result<HttpRequest, HttpError> + Send + Sync);

/// Which of the two transports a client is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Transport {
    /// Pooled HTTP/2 to one origin, for vendors that take one push per request at a high rate.
    PooledHttp2,
    /// HTTP/1.1 or HTTP/2 by ALPN, for everything else.
    #[default]
    General,
}

/// Says which addresses a client may connect to, for vendors whose URLs come from strangers.
///
/// ```
/// use std::net::IpAddr;
/// use zpns_core::resources::AddressFilter;
///
/// #[derive(Debug)]
/// struct NoLoopback;
///
/// impl AddressFilter for NoLoopback {
///     fn allows(&self, _host: &str, address: IpAddr) -> bool {
///         !address.to_canonical().is_loopback()
///     }
/// }
/// assert!(!NoLoopback.allows("localhost", "::ffff:127.0.0.1".parse().unwrap()));
/// ```
pub trait AddressFilter: fmt::Debug + Send + Sync + 'static {
    /// Whether a request to this host may go to this address. `host` is as in the request's URI,
    /// without port and brackets.
    fn allows(&self, host: &str, address: IpAddr) -> bool;
}

/// How a client connects.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HttpOptions {
    /// Which transport.
    pub transport: Transport,
    /// Trusted beside the public roots: PEM certificates.
    pub extra_roots_pem: Option<Bytes>,
    /// An `http://[user:password@]host:port` proxy, reached by CONNECT.
    pub proxy: Option<Secret>,
    /// Asked about every address before it is connected to, after names were resolved: a name
    /// that changes its answer changes nothing. Any address unless set. Behind a proxy it is the
    /// proxy that resolves names and connects, and only literal addresses can be asked about.
    pub address_filter: Option<Arc<dyn AddressFilter>>,
    /// A TLS client certificate.
    pub identity: Option<ClientIdentity>,
    /// Connections at the most, per origin. Ten unless set.
    pub max_connections: usize,
    /// TCP, proxy and TLS together. Ten seconds unless set.
    pub connect_timeout: Duration,
    /// An answer's body in bytes at the most; a longer one is an error. 1 MiB unless set.
    pub max_response_body: usize,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            transport: Transport::default(),
            extra_roots_pem: None,
            proxy: None,
            address_filter: None,
            identity: None,
            max_connections: 10,
            connect_timeout: Duration::from_secs(10),
            max_response_body: 1 << 20,
        }
    }
}

impl HttpOptions {
    /// Defaults for one transport.
    pub fn new(transport: Transport) -> Self {
        Self {
            transport,
            ..Self::default()
        }
    }
}

/// A TLS client certificate with its key, both PEM.
#[derive(Clone, Debug)]
pub struct ClientIdentity {
    /// The certificate, followed by its chain.
    pub certificate_pem: Bytes,
    /// The private key.
    pub key_pem: Secret,
}

/// One request. `Debug` shows neither headers nor body, which hold secrets and tokens, nor the
/// path, which may.
#[derive(Clone)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// Absolute: scheme, authority, path and query.
    pub uri: Uri,
    /// All but `host` and `content-length`, which the transport adds.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// From now to the last byte of the answer, waiting for a connection included.
    pub timeout: Duration,
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("authority", &self.uri.authority().map(|a| a.as_str()))
            .field("headers", &self.headers.len())
            .field("body_bytes", &self.body.len())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// One whole answer.
#[derive(Clone)]
pub struct HttpResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("status", &self.status)
            .field("headers", &self.headers.len())
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// Where in its life a request broke.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum HttpErrorKind {
    /// The options or the request cannot work as they are.
    Invalid,
    /// The options allow no address of the host ([`HttpOptions::address_filter`]).
    Forbidden,
    /// No connection could be made: name, TCP, proxy or TLS.
    Connect,
    /// The time was up.
    Timeout,
    /// The connection or the stream ended before a whole answer was there.
    Interrupted,
    /// The answer broke the protocol, or its body is longer than allowed.
    Protocol,
    /// The client is closed.
    Closed,
}

/// Why there is no whole answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct HttpError {
    /// Where it broke.
    pub kind: HttpErrorKind,
    /// Whether the server may have acted on the request.
    pub sent: Sent,
    /// A sentence, without secrets, tokens or paths.
    pub message: String,
    /// What caused it.
    #[source]
    pub source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl HttpError {
    /// Without a source.
    pub fn new(kind: HttpErrorKind, sent: Sent, message: impl Into<String>) -> Self {
        Self {
            kind,
            sent,
            message: message.into(),
            source: None,
        }
    }

    /// With what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }
}

/// Scheme and authority of a base URL, prepared for cheap joining with paths.
///
/// ```
/// use zpns_core::resources::Origin;
///
/// let origin: Origin = "https://api.push.apple.com".parse().unwrap();
/// let uri = origin.join("/3/device/00aa").unwrap();
/// assert_eq!(uri.to_string(), "https://api.push.apple.com/3/device/00aa");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin {
    scheme: http::uri::Scheme,
    authority: http::uri::Authority,
    base_path: String,
}

impl Origin {
    /// The URI of a path (with query) below this origin.
    ///
    /// # Errors
    /// A character that may not stand in a path.
    pub fn join(&self, path: impl Into<String>) -> Result<Uri, http::Error> {
        let mut path = path.into();
        if !self.base_path.is_empty() {
            path.insert_str(0, &self.base_path);
        }
        let path_and_query = http::uri::PathAndQuery::try_from(path)?;
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path_and_query);
        Ok(Uri::from_parts(parts)?)
    }

    /// Host and port as written.
    pub fn authority(&self) -> &str {
        self.authority.as_str()
    }
}

impl std::str::FromStr for Origin {
    type Err = String;

    /// Accepts `https://host[:port][/base]` without query, fragment or credentials.
    fn from_str(text: &str) -> Result<Self, String> {
        let uri: Uri = text
            .parse()
            .map_err(|error| format!("is not a URL ({error})"))?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err("is not an absolute URL such as https://host:port".into());
        };
        if scheme != http::uri::Scheme::HTTPS {
            return Err("must start with https://".into());
        }
        if authority.as_str().contains('@') {
            return Err("must not carry a user name or password".into());
        }
        let path = parts.path_and_query;
        if path.as_ref().is_some_and(|path| path.query().is_some()) {
            return Err("must not carry a query".into());
        }
        let base_path = path
            .map(|path| path.path().trim_end_matches('/').to_owned())
            .unwrap_or_default();
        Ok(Self {
            scheme,
            authority,
            base_path,
        })
    }
}
