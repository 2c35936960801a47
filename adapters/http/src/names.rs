//! Names: how they are resolved, and which of their addresses may be connected to.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use zpns_core::resources::{AddressFilter, HttpError, HttpOptions};

use crate::errors::{connect, forbidden};

/// Resolves names to addresses.
///
/// ```
/// use std::net::IpAddr;
///
/// #[derive(Debug)]
/// struct Pinned(IpAddr);
///
/// #[async_trait::async_trait]
/// impl zpns_http::Resolver for Pinned {
///     async fn resolve(&self, _host: &str) -> std::io::Result<Vec<IpAddr>> {
///         Ok(vec![self.0])
///     }
/// }
/// let pinned = Pinned([127, 0, 0, 1].into());
/// let connector = zpns_http::Connector::new().with_resolver(std::sync::Arc::new(pinned));
/// # let _ = connector;
/// ```
#[async_trait]
pub trait Resolver: fmt::Debug + Send + Sync + 'static {
    /// The addresses of a host, in the order in which they are tried.
    ///
    /// # Errors
    /// The name cannot be resolved.
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// Asks the machine, and anew each time: Apple wants no cached names (`reference/apns.md` §5.1).
#[derive(Debug)]
pub(crate) struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        let addresses = tokio::net::lookup_host((host, 0)).await?;
        Ok(addresses.map(|address| address.ip()).collect())
    }
}

/// A resolver, and what may be connected to. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    resolver: Arc<dyn Resolver>,
    filter: Option<Arc<dyn AddressFilter>>,
    /// Whether a proxy resolves the names of the origins, in the place of the resolver.
    proxied: bool,
}

impl Names {
    pub(crate) fn new(resolver: Arc<dyn Resolver>, options: &HttpOptions) -> Self {
        Self {
            resolver,
            filter: options.address_filter.clone(),
            proxied: options.proxy.is_some(),
        }
    }

    /// Refuses a literal address that may not be connected to: the only check that can be made
    /// before a proxy, and one that no resolver is asked for. The forms of an address that a
    /// browser reads (`0x7f.1`, `2130706433`) are such literals too.
    pub(crate) fn check_literal(&self, host: &str) -> Result<(), HttpError> {
        let Some(filter) = &self.filter else {
            return Ok(());
        };
        let address = match url::Host::parse(host) {
            Ok(url::Host::Ipv4(address)) => IpAddr::V4(address),
            Ok(url::Host::Ipv6(address)) => IpAddr::V6(address),
            _ => return Ok(()),
        };
        match filter.allows(without_brackets(host), address) {
            true => Ok(()),
            false => Err(forbidden(host)),
        }
    }

    /// The addresses of an origin that may be connected to: at least one.
    pub(crate) async fn of_origin(&self, host: &str) -> Result<Vec<IpAddr>, HttpError> {
        let host = without_brackets(host);
        let mut addresses = self.look_up(host).await?;
        if let Some(filter) = &self.filter {
            addresses.retain(|address| filter.allows(host, *address));
            if addresses.is_empty() {
                return Err(forbidden(host));
            }
        }
        Ok(addresses)
    }

    /// The addresses of a proxy, which the operator chose: at least one.
    pub(crate) async fn of_proxy(&self, host: &str) -> Result<Vec<IpAddr>, HttpError> {
        self.look_up(without_brackets(host)).await
    }

    /// A literal address is itself; no resolver is asked for it.
    async fn look_up(&self, host: &str) -> Result<Vec<IpAddr>, HttpError> {
        if let Ok(literal) = host.parse() {
            return Ok(vec![literal]);
        }
        let resolved = self.resolver.resolve(host).await;
        let addresses = resolved.map_err(|error| {
            connect(format!("{host}: the name cannot be resolved")).with_source(error)
        })?;
        match addresses.is_empty() {
            true => Err(connect(format!("{host}: the name has no address"))),
            false => Ok(addresses),
        }
    }
}

impl Resolve for Names {
    /// For `reqwest`, which resolves nothing but the proxy where there is one, and takes literal
    /// addresses as they are.
    fn resolve(&self, name: Name) -> Resolving {
        let names = self.clone();
        Box::pin(async move {
            let addresses = match names.proxied {
                true => names.of_proxy(name.as_str()).await?,
                false => names.of_origin(name.as_str()).await?,
            };
            // The port comes from the URL.
            let addresses = addresses.into_iter();
            let sockets = addresses.map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(sockets) as Addrs)
        })
    }
}

fn without_brackets(host: &str) -> &str {
    let inner = host.strip_prefix('[');
    let inner = inner.and_then(|inner| inner.strip_suffix(']'));
    inner.unwrap_or(host)
}
