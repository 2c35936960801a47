//! A push with a token that may have expired: a fresh one is fetched once, and the push is made
//! once more.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use zpns_core::resources::HttpResponse;
use zpns_core::{Clock, Error, ErrorKind, Secret, VendorCode};

use crate::{CachePolicy, LeaseFuture, TokenCache, Wire, with_clock_skew};

type Fetch = dyn Fn() -> LeaseFuture<HeaderMap> + Send + Sync;

/// The headers of every request, with the vendor's token of the moment; one for everybody.
///
/// ```
/// use bytes::Bytes;
/// use http::{HeaderMap, Uri};
/// use zpns_core::resources::HttpResponse;
/// use zpns_core::{Error, Outcome, VendorCode};
/// use zpns_kit::{Login, Wire};
///
/// enum Judged {
///     Each(Vec<Outcome>),
///     /// Our token was not accepted.
///     Refused(VendorCode),
/// }
///
/// async fn push(
///     wire: &Wire, login: &Login, uri: &Uri, body: Bytes,
///     judge: fn(&HttpResponse) -> Judged,
/// ) -> Result<Vec<Outcome>, Error> {
///     let mut attempts = login.attempts(wire, None);
///     loop {
///         let headers = attempts.headers().await?;
///         let response = wire.post(uri, headers, body.clone(), None).await?;
///         match judge(&response) {
///             Judged::Each(outcomes) => return Ok(outcomes),
///             Judged::Refused(code) => attempts.refused(code, &response)?,
///         }
///     }
/// }
/// ```
pub struct Login {
    vendor: &'static str,
    cache: TokenCache<HeaderMap>,
    fetch: Box<Fetch>,
}

impl Login {
    /// Headers with a token that `fetch` gets from this vendor, whose name stands in errors.
    pub fn new(
        vendor: &'static str,
        policy: CachePolicy,
        clock: Arc<dyn Clock>,
        fetch: impl Fn() -> LeaseFuture<HeaderMap> + Send + Sync + 'static,
    ) -> Self {
        Self {
            vendor,
            cache: TokenCache::new(policy, clock),
            fetch: Box::new(fetch),
        }
    }

    /// The attempts at one call: two at the most, the second one with a fresh token. Both end with
    /// the deadline.
    pub fn attempts<'a>(&'a self, wire: &'a Wire, deadline: Option<Duration>) -> Attempts<'a> {
        Attempts {
            login: self,
            wire,
            deadline,
            generation: 0,
            refusals: 0,
        }
    }
}

impl fmt::Debug for Login {
    /// Shows nothing of the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("vendor", &self.vendor)
            .finish_non_exhaustive()
    }
}

/// The attempts at one call; see [`Login::attempts`].
#[derive(Debug)]
pub struct Attempts<'a> {
    login: &'a Login,
    wire: &'a Wire,
    deadline: Option<Duration>,
    generation: u64,
    refusals: u32,
}

impl Attempts<'_> {
    /// Headers with a token that should be accepted.
    ///
    /// # Errors
    /// No token was granted, or none in time.
    pub async fn headers(&mut self) -> Result<HeaderMap, Error> {
        let login = self.login;
        let token = login.cache.get(|| (login.fetch)());
        let late = "no access token was granted in time";
        let token = self.wire.within(self.deadline, late, token).await?;
        self.generation = token.generation;
        Ok(token.value)
    }

    /// Takes the vendor's word that the token is not accepted; another attempt follows.
    ///
    /// # Errors
    /// [`ErrorKind::CredentialInvalid`] if no other token is going to help: this one was fresh, or
    /// it came of an exchange that was forced a moment ago. A clock that is off is named.
    pub fn refused(&mut self, code: VendorCode, response: &HttpResponse) -> Result<(), Error> {
        self.refusals += 1;
        let first = self.refusals == 1;
        if first
            && self
                .login
                .cache
                .invalidate(self.generation)
                .brings_another()
        {
            return Ok(());
        }
        let vendor = self.login.vendor;
        let message = match &code.reason {
            Some(said) => format!("{vendor} does not accept a fresh token either ({said})"),
            None => format!("{vendor} does not accept a fresh token either"),
        };
        let error = Error::new(ErrorKind::CredentialInvalid, message).with_vendor(code);
        Err(with_clock_skew(error, response, self.wire.clock.now()))
    }
}

/// `Authorization: Bearer …` and the type of the body: all that a push sends beside its body. None
/// if the token cannot stand in a header.
///
/// ```
/// use zpns_core::Secret;
///
/// let headers = zpns_kit::bearer_headers(&Secret::new("t"), "application/json").unwrap();
/// assert_eq!(headers["authorization"], "Bearer t");
/// assert!(headers["authorization"].is_sensitive());
/// ```
#[must_use]
pub fn bearer_headers(token: &Secret, content_type: &'static str) -> Option<HeaderMap> {
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose())).ok()?;
    bearer.set_sensitive(true);
    let mut headers = HeaderMap::with_capacity(2);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(AUTHORIZATION, bearer);
    Some(headers)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::Lease;
    use crate::testing::{FakeVendor, NOW, answer};

    /// Grants `token-1`, `token-2`, ….
    fn login(vendor: &FakeVendor) -> Login {
        let granted = Arc::new(AtomicUsize::new(0));
        let policy = CachePolicy::default().with_min_age(Duration::from_secs(1));
        Login::new("ACME", policy, vendor.clock.clone(), move || {
            let number = granted.fetch_add(1, Ordering::Relaxed) + 1;
            let token = Secret::new(format!("token-{number}"));
            let headers = bearer_headers(&token, "application/json").unwrap();
            Box::pin(async move { Ok(Lease::new(headers, Duration::from_secs(3_600))) })
        })
    }

    fn fixture() -> (Wire, Login) {
        let vendor = FakeVendor::new(|_, _| Ok(answer(200, "{}")));
        let wire = Wire::open(&vendor.setup("phones"), "https://push.example.com").unwrap();
        (wire, login(&vendor))
    }

    #[tokio::test]
    async fn a_refused_token_is_refreshed_once_and_no_more() {
        let (wire, login) = fixture();
        let mut attempts = login.attempts(&wire, None);
        let mut refusal = answer(401, "");
        let date = httpdate::fmt_http_date(
            std::time::UNIX_EPOCH + Duration::from_secs(NOW.as_secs() + 3_600),
        );
        refusal.headers.insert("date", date.parse().unwrap());
        assert_eq!(
            attempts.headers().await.unwrap()["authorization"],
            "Bearer token-1"
        );
        attempts.refused(VendorCode::new("9"), &refusal).unwrap();
        assert_eq!(
            attempts.headers().await.unwrap()["authorization"],
            "Bearer token-2"
        );
        let code = VendorCode::new("9").with_reason("expired");
        let error = attempts.refused(code, &refusal).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CredentialInvalid);
        assert_eq!(error.vendor().unwrap().code, "9");
        let reason = error.reason();
        assert!(
            reason.contains("ACME does not accept a fresh token either (expired)"),
            "{reason}"
        );
        assert!(reason.contains("3600 s behind"), "{reason}");
    }

    #[tokio::test]
    async fn a_token_that_was_forced_a_moment_ago_is_not_fetched_again() {
        let (wire, login) = fixture();
        let refusal = answer(401, "");
        let mut first = login.attempts(&wire, None);
        first.headers().await.unwrap();
        first.refused(VendorCode::new("9"), &refusal).unwrap();
        first.headers().await.unwrap();
        let mut second = login.attempts(&wire, None);
        assert_eq!(
            second.headers().await.unwrap()["authorization"],
            "Bearer token-2"
        );
        assert!(second.refused(VendorCode::new("9"), &refusal).is_err());
    }

    #[tokio::test]
    async fn a_token_is_not_waited_for_beyond_the_deadline() {
        let vendor = FakeVendor::new(|_, _| Ok(answer(200, "{}")));
        let wire = Wire::open(&vendor.setup("phones"), "https://push.example.com").unwrap();
        let policy = CachePolicy::default();
        let login = Login::new("ACME", policy, vendor.clock.clone(), || {
            Box::pin(std::future::pending())
        });
        let mut attempts = login.attempts(&wire, Some(Duration::ZERO));
        let error = attempts.headers().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
    }

    #[test]
    fn a_token_that_no_header_can_hold_is_none() {
        assert!(bearer_headers(&Secret::new("a\nb"), "application/json").is_none());
    }
}
