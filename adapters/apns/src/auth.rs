//! How a request proves who it is: a signed provider token, or the connection's certificate.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use serde::Serialize;
use zpns_core::{Clock, Error, ErrorKind};
use zpns_kit::jwt::SigningKey;
use zpns_kit::{CachePolicy, Cached, Invalidated, Lease, TokenCache};

/// Apple takes a token for 60 minutes; a minute is left for the way.
const LIFETIME: Duration = Duration::from_secs(59 * 60);
/// Signed anew at 48 minutes: Apple asks for once in 20 to 60 (`reference/apns.md` §1.2).
const REFRESH_BEFORE_EXPIRY: Duration = Duration::from_secs(11 * 60);
/// A token that Apple made us replace is not replaced again before: `TooManyProviderTokenUpdates`.
const SHORTEST_REFRESH: Duration = Duration::from_secs(20 * 60);

/// How a provider proves who it is.
#[derive(Debug)]
pub(crate) enum Auth {
    /// By a token in every request, one for all connections.
    Key(ProviderToken),
    /// By the client certificate of the connection; a token beside it would be ignored.
    Certificate,
}

/// Signs provider tokens and keeps the present one.
pub(crate) struct ProviderToken {
    signer: Arc<Signer>,
    cache: TokenCache<HeaderValue>,
}

struct Signer {
    key: SigningKey,
    team_id: String,
    key_id: String,
    clock: Arc<dyn Clock>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    iat: u64,
}

impl ProviderToken {
    pub(crate) fn new(
        key: SigningKey,
        team_id: String,
        key_id: String,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let policy = CachePolicy::default()
            .with_refresh_before_expiry(REFRESH_BEFORE_EXPIRY)
            .with_min_age(SHORTEST_REFRESH);
        Self {
            cache: TokenCache::new(policy, Arc::clone(&clock)),
            signer: Arc::new(Signer {
                key,
                team_id,
                key_id,
                clock,
            }),
        }
    }

    /// The value of `authorization`.
    pub(crate) async fn header(&self) -> Result<Cached<HeaderValue>, Error> {
        self.cache
            .get(|| {
                let signer = Arc::clone(&self.signer);
                Box::pin(async move { signer.sign() })
            })
            .await
    }

    /// Takes Apple's word that the token of this generation has expired. Whether there is, or is
    /// about to be, another one; `dropped` runs before that can be had.
    pub(crate) fn expired(&self, generation: u64, dropped: impl FnOnce()) -> bool {
        self.cache.invalidate_and(generation, dropped) != Invalidated::TooYoung
    }
}

impl Signer {
    fn sign(&self) -> Result<Lease<HeaderValue>, Error> {
        let claims = Claims {
            iss: &self.team_id,
            iat: self.clock.now().as_secs(),
        };
        let token = self.key.sign(Some(&self.key_id), &claims)?;
        let mut header = HeaderValue::try_from(format!("bearer {}", token.expose()))
            .map_err(|_| Error::new(ErrorKind::CredentialInvalid, "the token is no header"))?;
        header.set_sensitive(true);
        Ok(Lease::new(header, LIFETIME))
    }
}

impl fmt::Debug for ProviderToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderToken")
            .field("team_id", &self.signer.team_id)
            .field("key_id", &self.signer.key_id)
            .finish_non_exhaustive()
    }
}
