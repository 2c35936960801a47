//! How a request proves who it is (`reference/oppo.md` §2): a sign is exchanged for an auth token,
//! once a day and region.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Uri};
use url::form_urlencoded::Serializer;
use zpns_core::config::ConfigError;
use zpns_core::{Error, ErrorKind, Retry, Secret, Sent, Timestamp};
use zpns_kit::{CachePolicy, Lease, Login, Wire, with_clock_skew};

use crate::config::OppoConfig;
use crate::response::{Answer, Circumstances, error_of_call};

const PATH: &str = "/server/v1/auth";
const FORM: HeaderValue =
    HeaderValue::from_static("application/x-www-form-urlencoded; charset=UTF-8");
/// Under which the token waits among the headers of the [`Login`], until it goes into a form.
const TOKEN: &str = "auth_token";

/// From its creation, which is not the moment at which it was handed out: who asks again within
/// its life gets the same one again.
const LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// For ten minutes after its life the old token is accepted beside the new one; we rely on half of
/// it. Asking earlier would bring no other token, and asking at its end holds nobody up.
const OVERLAP: Duration = Duration::from_secs(5 * 60);
/// Between two exchanges that "invalid" forces.
const FORCED_PAUSE: Duration = Duration::from_secs(1);

/// An app at one of the clouds, and the way there.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    app_key: String,
    master_secret: Secret,
    uri: Uri,
    wire: Wire,
}

impl Exchange {
    pub(crate) fn new(config: &OppoConfig, wire: &Wire) -> Result<Self, ConfigError> {
        Ok(Self {
            app_key: config.app_key.clone(),
            master_secret: config.master_secret.clone(),
            uri: wire.uri(PATH)?,
            wire: wire.clone(),
        })
    }

    /// The token of the moment, for everybody.
    pub(crate) fn login(self) -> Login {
        let policy = CachePolicy::default()
            .with_refresh_before_expiry(OVERLAP)
            .with_min_age(FORCED_PAUSE);
        let clock = Arc::clone(&self.wire.clock);
        let exchange = Arc::new(self);
        Login::new("OPPO", policy, clock, move || {
            let exchange = Arc::clone(&exchange);
            Box::pin(async move { exchange.run().await })
        })
    }

    /// One exchange.
    pub(crate) async fn run(&self) -> Result<Lease<HeaderMap>, Error> {
        // Whatever becomes of the exchange, the push itself has not left.
        let lost = |error: Error| {
            error
                .with_sent(Sent::No)
                .with_context("while", "asking for an auth token")
        };
        let now = self.wire.clock.now();
        let posted = self.wire.post(&self.uri, headers(), self.form(now), None);
        let response = posted.await.map_err(lost)?;
        let Some(answer) = Answer::good(&response) else {
            let error = error_of_call(&response, Circumstances::first(now));
            let error = match error.kind() {
                ErrorKind::CredentialInvalid => with_clock_skew(error, &response, now),
                _ => error,
            };
            return Err(lost(error));
        };
        let token = answer.text("auth_token").and_then(|token| {
            let mut token = HeaderValue::from_str(&token).ok()?;
            token.set_sensitive(true);
            Some(token)
        });
        let Some(token) = token else {
            let message = "the answer holds no auth token";
            let error = Error::new(ErrorKind::Protocol, message).with_retry(Retry::Backoff);
            return Err(lost(error));
        };
        let created = answer
            .text("create_time")
            .and_then(|millis| millis.parse().ok());
        let created = created.map_or(now, Timestamp::from_millis);
        let mut headers = headers();
        headers.insert(TOKEN, token);
        Ok(Lease::new(headers, lifetime(created, now) + OVERLAP))
    }

    fn form(&self, now: Timestamp) -> Bytes {
        let timestamp = now.as_millis().to_string();
        let sign = sign(&self.app_key, &timestamp, &self.master_secret);
        Serializer::new(String::new())
            .append_pair("app_key", &self.app_key)
            .append_pair("timestamp", &timestamp)
            .append_pair("sign", &sign)
            .finish()
            .into()
    }
}

/// All that a request sends beside its form.
fn headers() -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, FORM)])
}

/// Takes the token out of the headers of a [`Login`]: OPPO's documents put it into the form.
pub(crate) fn take_token(headers: &mut HeaderMap) -> Secret {
    let token = headers.remove(TOKEN);
    let token = token.as_ref().and_then(|token| token.to_str().ok());
    Secret::new(token.unwrap_or_default())
}

/// How long a token that was created then still lives. One that our clock takes for newer than now
/// lives no longer than one that is.
fn lifetime(created: Timestamp, now: Timestamp) -> Duration {
    LIFE.saturating_sub(now.since(created))
}

/// SHA-256 of key, time and secret, one after another, in lower-case hexadecimal.
fn sign(app_key: &str, timestamp: &str, master_secret: &Secret) -> String {
    let text = format!("{app_key}{timestamp}{}", master_secret.expose());
    let mut hex = String::with_capacity(64);
    for byte in digest(&SHA256, text.as_bytes()).as_ref() {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_of_the_reference_is_reproduced() {
        let sign = sign(
            "appkey-demo",
            "1700000000000",
            &Secret::new("mastersecret-demo"),
        );
        assert_eq!(
            sign,
            "a6355eeda21d81deaa1f42df30efc341419ffc1e71ded0fb8ebdb4551cb6eabf"
        );
    }

    #[test]
    fn a_token_lives_from_its_creation_and_not_from_the_call() {
        let now = Timestamp::from_secs(1_764_000_000);
        let day = 24 * 60 * 60;
        let rows = [
            (0, day),
            (60, day - 60),
            (day, 0),
            (day + 1, 0),
            (2 * day, 0),
        ];
        for (age, left) in rows {
            let created = Timestamp::from_secs(now.as_secs() - age);
            assert_eq!(lifetime(created, now).as_secs(), left, "{age}");
        }
        let future = now + Duration::from_secs(500);
        assert_eq!(lifetime(future, now).as_secs(), day);
    }
}
