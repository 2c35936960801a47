//! How a request proves who it is (`reference/huawei.md` §1): on v1/v2 an access token that the app
//! secret is exchanged for, on v3 a token that the service account's key signs, and nothing else.

mod account;
mod exchange;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use zpns_core::{Clock, Error, Secret};
use zpns_kit::{CachePolicy, Cached, Invalidated, Lease, TokenCache};

pub(crate) use self::account::{ServiceAccount, is_id};
#[cfg(test)]
pub(crate) use self::exchange::DENIALS;
pub(crate) use self::exchange::{ENDPOINT, Exchange};

/// How long a signed token is valid, as Huawei recommends.
const SIGNED_LIFETIME: Duration = Duration::from_secs(3_600);
/// How long before its end it is signed anew.
const SIGNED_HEAD_START: Duration = Duration::from_secs(600);
/// Between two refreshes that "expired" forces: Huawei counts 1,000 exchanges in five minutes.
const FORCED_PAUSE: Duration = Duration::from_secs(1);

/// The headers of every push, with the bearer of the moment; one for everybody.
pub(crate) struct Auth {
    cache: TokenCache<HeaderMap>,
    source: Source,
}

/// Where a bearer comes from.
#[derive(Clone)]
enum Source {
    Exchange(Arc<Exchange>),
    Signed(Arc<Signed>),
}

struct Signed {
    account: ServiceAccount,
    clock: Arc<dyn Clock>,
}

impl Auth {
    /// An access token, exchanged for the app secret.
    pub(crate) fn exchanged(exchange: Exchange) -> Self {
        let policy = CachePolicy::default().with_min_age(FORCED_PAUSE);
        Self {
            cache: TokenCache::new(policy, Arc::clone(&exchange.clock)),
            source: Source::Exchange(Arc::new(exchange)),
        }
    }

    /// A token that the service account signs.
    pub(crate) fn signed(account: ServiceAccount, clock: Arc<dyn Clock>) -> Self {
        let policy = CachePolicy::default()
            .with_refresh_before_expiry(SIGNED_HEAD_START)
            .with_min_age(FORCED_PAUSE);
        Self {
            cache: TokenCache::new(policy, Arc::clone(&clock)),
            source: Source::Signed(Arc::new(Signed { account, clock })),
        }
    }

    /// Headers with a bearer that should be accepted.
    pub(crate) async fn headers(&self) -> Result<Cached<HeaderMap>, Error> {
        let source = self.source.clone();
        self.cache.get(|| Box::pin(source.lease())).await
    }

    /// Takes Huawei's word that the bearer of this generation is not accepted.
    pub(crate) fn refused(&self, generation: u64) -> Invalidated {
        self.cache.invalidate(generation)
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.source {
            Source::Exchange(_) => "app secret",
            Source::Signed(_) => "service account",
        };
        f.debug_struct("Auth")
            .field("source", &source)
            .finish_non_exhaustive()
    }
}

impl Source {
    async fn lease(self) -> Result<Lease<HeaderMap>, Error> {
        match self {
            Self::Exchange(exchange) => exchange.run().await,
            Self::Signed(signed) => {
                let now = signed.clock.now().as_secs();
                let token = signed.account.token(now, SIGNED_LIFETIME)?;
                let headers = headers(&token, "application/json").ok_or_else(|| {
                    let message = "the signed token cannot stand in a header";
                    Error::new(zpns_core::ErrorKind::CredentialInvalid, message)
                })?;
                Ok(Lease::new(headers, SIGNED_LIFETIME))
            }
        }
    }
}

/// All that a push sends beside its body. None if the token cannot stand in a header.
fn headers(token: &Secret, content_type: &'static str) -> Option<HeaderMap> {
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose())).ok()?;
    bearer.set_sensitive(true);
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(AUTHORIZATION, bearer);
    Some(headers)
}
