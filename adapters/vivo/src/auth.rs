//! How a request proves who it is (`reference/vivo.md` §2): a token, for which a signed request is
//! exchanged. An app may hold many tokens at once; we hold one per provider.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use md5::{Digest as _, Md5};
use serde::Serialize;
use zpns_core::{Error, ErrorKind, Secret, Sent, Timestamp};
use zpns_kit::{CachePolicy, Lease, Login, TokenCache, Wire, with_clock_skew};

use crate::response;

/// Half of it is when the token is refreshed: vivo asks for one to two hours. The second half is
/// for a refresh that fails; vivo itself takes the token for a day.
const LIFETIME: Duration = Duration::from_secs(2 * 60 * 60);
const HEAD_START: Duration = Duration::from_secs(60 * 60);
/// Between two exchanges, whatever forces them: vivo counts ten a second and app.
const PAUSE: Duration = Duration::from_secs(1);

/// The header that carries the token.
const AUTH_TOKEN: HeaderName = HeaderName::from_static("authtoken");
/// The body's type, with and without a token.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An app, as its console shows it.
pub(crate) struct App {
    pub(crate) id: u64,
    pub(crate) key: Secret,
    pub(crate) secret: Secret,
}

impl App {
    /// Lower-case hex MD5 of id, key, time and secret, one after the other.
    pub(crate) fn sign(&self, at: Timestamp) -> String {
        let mut digest = Md5::new();
        digest.update(self.id.to_string());
        digest.update(self.key.expose());
        digest.update(at.as_millis().to_string());
        digest.update(self.secret.expose());
        let mut hex = String::with_capacity(32);
        for byte in digest.finalize() {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }
}

/// Where an app's signature is exchanged for a token.
pub(crate) struct Exchange {
    pub(crate) app: App,
    pub(crate) uri: Uri,
    pub(crate) wire: Wire,
}

/// What is exchanged.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Claim<'a> {
    app_id: u64,
    app_key: &'a str,
    timestamp: u64,
    sign: &'a str,
}

impl Exchange {
    async fn run(&self) -> Result<Lease<HeaderMap>, Error> {
        let claim = self.claim()?;
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, JSON)]);
        // Whatever becomes of the exchange, the push itself has not left.
        let response = self.wire.post(&self.uri, headers, claim.into(), None).await;
        let response = response.map_err(|error| {
            error
                .with_sent(Sent::No)
                .with_context("while", "asking for a token")
        })?;
        let now = self.wire.clock.now();
        let granted = response::granted(&response, now).and_then(|token| headers_with(&token));
        // The signature holds the time, and vivo tolerates ten minutes.
        let headers = granted.map_err(|error| with_clock_skew(error, &response, now))?;
        Ok(Lease::new(headers, LIFETIME))
    }

    fn claim(&self) -> Result<Vec<u8>, Error> {
        let now = self.wire.clock.now();
        let claim = Claim {
            app_id: self.app.id,
            app_key: self.app.key.expose(),
            timestamp: now.as_millis(),
            sign: &self.app.sign(now),
        };
        serde_json::to_vec(&claim).map_err(|error| {
            let message = "the request for a token cannot be written";
            Error::new(ErrorKind::CredentialInvalid, message).with_source(error)
        })
    }
}

/// All that a request sends beside its body.
fn headers_with(token: &Secret) -> Result<HeaderMap, Error> {
    let mut value = HeaderValue::from_str(token.expose()).map_err(|_| {
        let message = "the token that vivo granted cannot stand in a header";
        Error::new(ErrorKind::Protocol, message)
    })?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([
        (CONTENT_TYPE, JSON),
        (AUTH_TOKEN, value),
    ]))
}

/// The headers of every request, with the token of the moment.
pub(crate) fn login(exchange: &Arc<Exchange>) -> Login {
    let exchange = Arc::clone(exchange);
    let clock = Arc::clone(&exchange.wire.clock);
    let policy = policy().with_refresh_before_expiry(HEAD_START);
    Login::new("vivo", policy, clock, move || {
        let exchange = Arc::clone(&exchange);
        Box::pin(async move { exchange.run().await })
    })
}

fn policy() -> CachePolicy {
    CachePolicy::default()
        .with_min_age(PAUSE)
        .with_failure_memory(PAUSE)
}

/// The proof of an app's id, key and secret.
#[derive(Debug)]
pub(crate) struct Proof(TokenCache<()>);

impl Proof {
    pub(crate) fn new(exchange: &Exchange) -> Self {
        let policy = policy().with_refresh_before_expiry(Duration::ZERO);
        Self(TokenCache::new(policy, Arc::clone(&exchange.wire.clock)))
    }

    /// Exchanges once more; checks within the same second share it. vivo lets an app have many
    /// tokens, so that pushes go on with theirs.
    pub(crate) async fn check(&self, exchange: &Arc<Exchange>) -> Result<(), Error> {
        let exchange = Arc::clone(exchange);
        let fetch = || {
            Box::pin(async move {
                exchange.run().await?;
                Ok(Lease::new((), PAUSE))
            }) as _
        };
        self.0.get(fetch).await.map(drop)
    }
}

impl std::fmt::Debug for Exchange {
    /// Shows neither key nor secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange")
            .field("app_id", &self.app.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `reference/vivo.md` §2.
    #[test]
    fn the_sign_is_that_of_the_worked_example() {
        let app = App {
            id: 100_000_001,
            key: Secret::new("appkey-demo"),
            secret: Secret::new("appsecret-demo"),
        };
        let sign = app.sign(Timestamp::from_millis(1_700_000_000_000));
        assert_eq!(sign, "c04a8a2ae52cbc534df7e3fb473abe54");
    }
}
