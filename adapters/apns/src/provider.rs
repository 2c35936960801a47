//! [`PushProvider`]: one request per device.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, Method};
use uuid::Uuid;
use uuid::fmt::Hyphenated;
use zpns_core::config::ConfigError;
use zpns_core::preflight::Rule;
use zpns_core::resources::{
    HttpClient, HttpError, HttpErrorKind, HttpOptions, HttpRequest, Origin,
};
use zpns_core::{
    Batch, Capability, Check, Clock, Environment, Error, ErrorKind, Expiry, Fields, Kinds,
    LimitPolicy, MessageId, Notes, Notification, Outcome, ProviderInfo, PushProvider, Rejection,
    Report, Sent, Setup, Vendor,
};
use zpns_kit::{error_of, http_error};

use crate::ApnsConfig;
use crate::auth::Auth;
use crate::certificate;
use crate::message::{Encoded, PAYLOAD_LIMIT, VOIP_PAYLOAD_LIMIT, encode};
use crate::preflight;
use crate::response::{Circumstances, Judged, judge};

const PRODUCTION: &str = "https://api.push.apple.com";
const SANDBOX: &str = "https://api.sandbox.push.apple.com";

/// What comes before the token.
const PATH: &str = "/3/device/";

const APNS_ID: HeaderName = HeaderName::from_static("apns-id");

/// Digits of a device token. Apple promises no length; none under 64 has been seen.
const TOKEN_LENGTHS: std::ops::RangeInclusive<usize> = 32..=512;

/// The longest that APNs keeps a push.
const MAX_TTL: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A well-formed token that no device has: Apple's are random. A simulator that takes every token
/// takes those that begin with `dead` for gone.
const NOBODY: &str = "dead000000000000000000000000000000000000000000000000000000000000";

/// One app in one environment. Built by [`ApnsConfig::provider`].
#[derive(Debug)]
pub struct ApnsProvider {
    info: ProviderInfo,
    topic: String,
    drop_foreign: bool,
    auth: Auth,
    /// When the certificate ends, where there is one.
    expiry: Option<Expiry>,
    origin: Origin,
    timeout: Duration,
    client: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
}

impl ApnsProvider {
    pub(crate) fn new(
        topic: String,
        config: &ApnsConfig,
        auth: Auth,
        options: &HttpOptions,
        setup: Setup,
    ) -> Result<Self, ConfigError> {
        let host = match config.environment {
            Environment::Production => PRODUCTION,
            Environment::Sandbox => SANDBOX,
        };
        let client = setup
            .resources
            .http
            .open(options)
            .map_err(|error| match auth {
                Auth::Certificate => {
                    ConfigError::key("cert_path", format!("cannot be used: {error}"))
                }
                Auth::Key(_) => ConfigError::section(error.to_string()),
            })?;
        Ok(Self {
            info: ProviderInfo::new(setup.id, Vendor::new(crate::VENDOR))
                .with_environment(config.environment),
            topic,
            drop_foreign: config.drop_bad_device_token,
            auth,
            expiry: (options.identity.as_ref())
                .and_then(|identity| certificate::expiry(&identity.certificate_pem)),
            origin: setup.connection.origin(host)?,
            timeout: setup.connection.timeout,
            client,
            clock: setup.resources.clock,
        })
    }

    fn encode(
        &self,
        message: &Notification,
        limits: LimitPolicy,
    ) -> Result<(Encoded, Notes), Rejection> {
        let (mut encoded, notes) = encode(message, limits, &self.topic, self.clock.now())?;
        // Places for what comes per push: a clone of the map has no room to grow.
        let place = HeaderValue::from_static("");
        encoded.headers.insert(APNS_ID, place.clone());
        if matches!(self.auth, Auth::Key(_)) {
            encoded.headers.insert(AUTHORIZATION, place);
        }
        Ok((encoded, notes))
    }

    /// Sends to one device, and once more if our token had expired.
    async fn push(&self, push: Push<'_>) -> Outcome {
        match self.attempt(&push).await {
            Err(outcome) | Ok((Judged::Outcome(outcome), _)) => outcome,
            Ok((Judged::Expired(outcome), generation)) if !self.renew(generation) => outcome,
            Ok((Judged::Expired(_), _)) => match self.attempt(&push).await {
                Err(outcome) | Ok((Judged::Outcome(outcome) | Judged::Expired(outcome), _)) => {
                    outcome
                }
            },
        }
    }

    /// One request, and the generation of the provider token that it went with.
    async fn attempt(&self, push: &Push<'_>) -> Result<(Judged, Option<u64>), Outcome> {
        check_token(push.token)?;
        let token = match &self.auth {
            Auth::Certificate => None,
            Auth::Key(token) => Some(token.header().await?),
        };
        let timeout = push.time_left(self);
        if timeout.is_zero() {
            let late = Error::new(ErrorKind::Timeout, "the deadline has passed");
            return Err(late.into());
        }
        let authorization = token.as_ref().map(|token| &token.value);
        let response = self
            .client
            .send_made(&|| self.request(push, authorization, timeout))
            .await
            .map_err(http_error)?;
        let circumstances = Circumstances {
            drop_foreign: self.drop_foreign,
            has_own_topic: push.encoded.has_own_topic,
        };
        let judged = judge(&response, || self.clock.now(), circumstances);
        Ok((judged, token.map(|token| token.generation)))
    }

    fn request(
        &self,
        push: &Push<'_>,
        authorization: Option<&HeaderValue>,
        timeout: Duration,
    ) -> Result<HttpRequest, HttpError> {
        let token = push.token;
        let mut path = String::with_capacity(PATH.len() + token.len());
        path.push_str(PATH);
        path.push_str(token);
        path.make_ascii_lowercase();
        let lower = path.get(PATH.len()..).unwrap_or_default();
        let id = push
            .encoded
            .apns_id
            .unwrap_or_else(|| push.id.derive(lower));
        let mut headers = push.encoded.headers.clone();
        headers.insert(APNS_ID, uuid_header(id)?);
        if let Some(authorization) = authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        Ok(HttpRequest {
            method: Method::POST,
            uri: self.origin.join(path).map_err(not_sendable)?,
            headers,
            body: push.encoded.body.clone(),
            timeout,
        })
    }

    /// Whether another provider token can be had. A connection that has seen an expired one
    /// stays wedged (`reference/apns.md` §5.1), so none is used with the next token.
    fn renew(&self, generation: Option<u64>) -> bool {
        match (&self.auth, generation) {
            (Auth::Key(token), Some(generation)) => {
                token.expired(generation, || self.client.renew_connections())
            }
            _ => false,
        }
    }
}

/// One push to one device.
#[derive(Clone, Copy, Debug)]
struct Push<'a> {
    encoded: &'a Encoded,
    id: MessageId,
    token: &'a str,
    batch: Option<&'a Batch>,
}

impl Push<'_> {
    fn time_left(&self, provider: &ApnsProvider) -> Duration {
        match self.batch {
            Some(batch) => batch.time_left(provider.clock.monotonic(), provider.timeout),
            None => provider.timeout,
        }
    }
}

/// A text that is no token is refused, and kept: it may be damaged on our side only.
fn check_token(token: &str) -> Result<(), Rejection> {
    if TOKEN_LENGTHS.contains(&token.len())
        && token.len().is_multiple_of(2)
        && token.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        return Ok(());
    }
    Err(Rejection::new(
        ErrorKind::TokenInvalid,
        "not an APNs device token, which is an even number of hexadecimal digits, usually 64",
    ))
}

fn uuid_header(id: Uuid) -> Result<HeaderValue, HttpError> {
    let mut text = [0; Hyphenated::LENGTH];
    let text = id.hyphenated().encode_lower(&mut text);
    let mut value = HeaderValue::from_str(text).map_err(not_sendable)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Does not happen to a token of hexadecimal digits.
fn not_sendable(error: impl Into<http::Error>) -> HttpError {
    let message = "the device token or the apns-id cannot stand in a request";
    HttpError::new(HttpErrorKind::Invalid, Sent::No, message).with_source(error.into())
}

/// What APNs can do.
pub(crate) fn capability() -> Capability {
    let mut capability = Capability::unary();
    capability.kinds = Kinds::all();
    capability.fields = Fields::TITLE
        | Fields::SUBTITLE
        | Fields::BODY
        | Fields::IMAGE
        | Fields::LOCALIZATION
        | Fields::SUBTITLE_LOCALIZATION
        | Fields::PAYLOAD
        | Fields::DATA
        | Fields::ON_CLICK
        | Fields::SOUND
        | Fields::BADGE
        | Fields::CATEGORY
        | Fields::PRIORITY
        | Fields::TTL
        | Fields::COLLAPSE_KEY
        | Fields::THREAD;
    capability.payload_limit = Some(PAYLOAD_LIMIT);
    capability.call_payload_limit = Some(VOIP_PAYLOAD_LIMIT);
    capability.max_ttl = Some(MAX_TTL);
    // Apple does not say that it drops a repeat with the same apns-id: we assume that it does not.
    capability.deduplicates = false;
    capability.collapse_replaces = true;
    // PushKit's, which the topic ending in `.voip` takes and no other.
    capability.call_tokens = true;
    capability
}

#[async_trait]
impl PushProvider for ApnsProvider {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        capability()
    }

    fn rules(&self) -> &'static [Rule] {
        preflight::rules(&self.auth)
    }

    fn expiries(&self) -> Vec<Expiry> {
        self.expiry.iter().cloned().collect()
    }

    async fn send(&self, batch: &Batch) -> Report {
        let variant = batch.variant();
        let encoded = variant.encoded(|message| self.encode(message, variant.limits()));
        let encoded = match encoded {
            Ok(encoded) => encoded,
            Err(rejection) => return batch.report_all(rejection),
        };
        let push = |token| Push {
            encoded,
            id: batch.notification().id,
            token,
            batch: Some(batch),
        };
        let outcomes = match batch.targets() {
            [target] => vec![self.push(push(target.token.as_str())).await],
            targets => {
                let pushes = targets
                    .iter()
                    .map(|target| self.push(push(target.token.as_str())));
                join_all(pushes).await
            }
        };
        batch.report(outcomes)
    }

    async fn check(&self) -> Result<Check, Error> {
        let message = Notification::silent().with_ttl(Duration::ZERO);
        let (encoded, _) = self
            .encode(&message, LimitPolicy::Reject)
            .map_err(error_of)?;
        let outcome = self
            .push(Push {
                encoded: &encoded,
                id: message.id,
                token: NOBODY,
                batch: None,
            })
            .await;
        let answer = match outcome {
            Outcome::Accepted(_) => "200".to_owned(),
            Outcome::Failed(error) => return Err(error),
            Outcome::Rejected(rejection) => {
                let code = rejection.vendor.as_ref().map(|vendor| vendor.code.clone());
                match (rejection.kind, code) {
                    // Apple looked at the token, and so was content with all that comes before.
                    (ErrorKind::TokenMismatch | ErrorKind::TokenInvalid, Some(code)) => code,
                    _ => return Err(error_of(rejection)),
                }
            }
        };
        let way = match self.auth {
            Auth::Key(_) => "the key",
            Auth::Certificate => "the certificate",
        };
        Ok(Check::new(format!(
            "APNs accepts {way} for `{}`: a push to a token that cannot exist was answered \
             `{answer}`; whether the devices' tokens are of this app and environment cannot be \
             proved",
            self.topic
        )))
    }

    async fn shutdown(&self, grace: Duration) {
        self.client.close(grace).await;
    }
}

#[cfg(test)]
mod tests;
