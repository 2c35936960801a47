//! The connector: options in, a client of the right transport out.

use std::sync::Arc;

use zpns_core::resources::{
    HttpClient, HttpConnector, HttpError, HttpOptions, Random, SystemRandom, Transport,
};

use crate::errors::invalid;
use crate::general::General;
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
}

impl Connector {
    /// With the default pool options and the system's randomness.
    pub fn new() -> Self {
        Self {
            pool: PoolOptions::default(),
            random: Arc::new(SystemRandom::new()),
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
        match options.transport {
            Transport::PooledHttp2 => Ok(Arc::new(Pool::new(
                options,
                self.pool.clone(),
                Arc::clone(&self.random),
            )?)),
            Transport::General => Ok(Arc::new(General::new(options)?)),
            _ => Err(invalid("this connector does not know the transport")),
        }
    }
}
