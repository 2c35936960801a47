//! The connector: options in, a client of the right transport out.

use std::sync::Arc;

use zpns_core::resources::{
    HttpClient, HttpConnector, HttpError, HttpOptions, Random, SystemRandom, Transport,
};

use crate::errors::invalid;
use crate::general::General;
use crate::names::{Names, Resolver, SystemResolver};
use crate::pool::{Pool, PoolOptions};

/// Opens the real HTTP clients.
///
/// ```
/// use std::time::Duration;
/// use zpns_http::{Connector, PoolOptions};
///
/// let mut pool = PoolOptions::default();
/// pool.ping_timeout = Duration::from_secs(5);
/// let connector = Connector::new().with_pool_options(pool);
/// # let _ = connector;
/// ```
#[derive(Clone, Debug)]
pub struct Connector {
    pool: PoolOptions,
    random: Arc<dyn Random>,
    resolver: Arc<dyn Resolver>,
}

impl Connector {
    /// With the default pool options, and the system's randomness and names.
    pub fn new() -> Self {
        Self {
            pool: PoolOptions::default(),
            random: Arc::new(SystemRandom::new()),
            resolver: Arc::new(SystemResolver),
        }
    }

    /// With other options for the pooled transport.
    #[must_use]
    pub fn with_pool_options(mut self, pool: PoolOptions) -> Self {
        self.pool = pool;
        self
    }

    /// With other randomness, which spreads the pauses between dials.
    #[must_use]
    pub fn with_random(mut self, random: Arc<dyn Random>) -> Self {
        self.random = random;
        self
    }

    /// With another way to resolve names.
    #[must_use]
    pub fn with_resolver(mut self, resolver: Arc<dyn Resolver>) -> Self {
        self.resolver = resolver;
        self
    }
}

impl Default for Connector {
    fn default() -> Self {
        Self::new()
    }
}

impl HttpConnector for Connector {
    fn open(&self, options: &HttpOptions) -> Result<Arc<dyn HttpClient>, HttpError> {
        if options.max_connections == 0 {
            return Err(invalid("a client needs at least one connection"));
        }
        let names = Names::new(Arc::clone(&self.resolver), options);
        match options.transport {
            Transport::PooledHttp2 => Ok(Arc::new(Pool::new(
                options,
                names,
                self.pool.clone(),
                Arc::clone(&self.random),
            )?)),
            Transport::General => Ok(Arc::new(General::new(options, names)?)),
            _ => Err(invalid("this connector does not know the transport")),
        }
    }
}
