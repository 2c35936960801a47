//! How a request proves who it is (`reference/huawei.md` §1): on v1/v2 an access token that the app
//! secret is exchanged for, on v3 a token that the service account's key signs, and nothing else.

mod account;
mod exchange;

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use zpns_core::{Clock, Error, ErrorKind};
use zpns_kit::{CachePolicy, Lease, Login, bearer_headers};

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

/// Huawei, where errors name it.
const VENDOR: &str = "Huawei";

/// An access token, exchanged for the app secret.
pub(crate) fn exchanged(exchange: Exchange) -> Login {
    let policy = CachePolicy::default().with_min_age(FORCED_PAUSE);
    let clock = Arc::clone(&exchange.wire.clock);
    let exchange = Arc::new(exchange);
    Login::new(VENDOR, policy, clock, move || {
        let exchange = Arc::clone(&exchange);
        Box::pin(async move { exchange.run().await })
    })
}

/// A token that the service account signs.
pub(crate) fn signed(account: ServiceAccount, clock: Arc<dyn Clock>) -> Login {
    let policy = CachePolicy::default()
        .with_refresh_before_expiry(SIGNED_HEAD_START)
        .with_min_age(FORCED_PAUSE);
    let account = Arc::new(account);
    Login::new(VENDOR, policy, Arc::clone(&clock), move || {
        let (account, clock) = (Arc::clone(&account), Arc::clone(&clock));
        Box::pin(async move { sign(&account, &*clock) })
    })
}

fn sign(account: &ServiceAccount, clock: &dyn Clock) -> Result<Lease<HeaderMap>, Error> {
    let token = account.token(clock.now().as_secs(), SIGNED_LIFETIME)?;
    let headers = bearer_headers(&token, "application/json").ok_or_else(|| {
        let message = "the signed token cannot stand in a header";
        Error::new(ErrorKind::CredentialInvalid, message)
    })?;
    Ok(Lease::new(headers, SIGNED_LIFETIME))
}
