//! FCM as a [`PushProvider`].

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::{Either, join_all, poll_immediate, select};
use http::{HeaderMap, Method, Uri};
use zpns_core::config::ConfigError;
use zpns_core::resources::{HttpClient, HttpRequest, HttpResponse, Transport};
use zpns_core::{
    Batch, Capability, Check, Clock, Error, ErrorKind, Fields, Kinds, LimitPolicy, Notification,
    Outcome, ProviderInfo, PushProvider, Rejection, Report, Retry, Sent, Setup, Token, Vendor,
    VendorCode,
};
use zpns_kit::{Cached, clock_skew, http_error};

use crate::auth::{Auth, ServiceAccount};
use crate::message::encode::{Encoded, MAX_TTL, PAYLOAD_LIMIT, encode};
use crate::message::target::TargetRef;
use crate::response::{Circumstances, Judged, judge};

const ENDPOINT: &str = "https://fcm.googleapis.com";
/// Whom a credential check is addressed to; it is validated only, so that nobody gets it.
const CHECK_TOPIC: &str = "topic:zpns-check";

/// One Firebase project, reached by one service account. Built by
/// [`FcmConfig::provider`](crate::FcmConfig::provider).
#[derive(Debug)]
pub struct FcmProvider {
    info: ProviderInfo,
    project: String,
    send_uri: Uri,
    http: Arc<dyn HttpClient>,
    auth: Auth,
    clock: Arc<dyn Clock>,
    timeout: Duration,
    drop_sender_id_mismatch: bool,
}

impl FcmProvider {
    pub(crate) fn new(
        setup: Setup,
        account: ServiceAccount,
        project: &str,
        token_endpoint: Uri,
        drop_sender_id_mismatch: bool,
    ) -> Result<Self, ConfigError> {
        let Setup {
            id,
            connection,
            resources,
            ..
        } = setup;
        let send_uri = connection
            .origin(ENDPOINT)?
            .join(&format!("/v1/projects/{project}/messages:send"))
            .map_err(|error| ConfigError::key("project_id", error.to_string()))?;
        let open = |transport| {
            resources
                .http
                .open(&connection.http_options(transport))
                .map_err(|error| ConfigError::section(error.to_string()))
        };
        let clock = resources.clock.clone();
        let login = open(Transport::General)?;
        Ok(Self {
            info: ProviderInfo::new(id, Vendor::new(crate::VENDOR)),
            project: project.to_owned(),
            send_uri,
            http: open(Transport::PooledHttp2)?,
            auth: Auth::new(
                account,
                token_endpoint,
                login,
                clock.clone(),
                connection.timeout,
            ),
            clock,
            timeout: connection.timeout,
            drop_sender_id_mismatch,
        })
    }

    async fn push(&self, batch: &Batch, token: &Token) -> Outcome {
        let target = match TargetRef::parse(token.as_str()) {
            Ok(target) => target,
            Err(reason) => return Rejection::new(ErrorKind::TokenInvalid, reason).into(),
        };
        let variant = batch.variant();
        let encoded: &Encoded =
            match variant.encoded(|message| encode(message, variant.limits(), self.clock.now())) {
                Ok(encoded) => encoded,
                Err(rejection) => return rejection.into(),
            };
        let circumstances = Circumstances {
            now: self.clock.now(),
            is_device: target.sort.is_device(),
            live_activity: encoded.live_activity,
            drop_sender_id_mismatch: self.drop_sender_id_mismatch,
        };
        let body = || encoded.template.body(target);
        self.deliver(&body, circumstances, batch.deadline())
            .await
            .unwrap_or_else(Outcome::from)
    }

    /// One push; a second one with a fresh access token if the first one's was not accepted.
    async fn deliver(
        &self,
        body: &(dyn Fn() -> Bytes + Send + Sync),
        circumstances: Circumstances,
        deadline: Option<Duration>,
    ) -> Result<Outcome, Error> {
        let token = self.access(deadline).await?;
        let generation = token.generation;
        let response = self.post(body, &token.value, deadline).await?;
        let vendor = match judge(&response, circumstances) {
            Judged::Outcome(outcome) => return Ok(outcome),
            Judged::Unauthenticated(vendor) => vendor,
        };
        if !self.auth.refused(generation).brings_another() {
            return Err(self.unauthenticated(vendor, &response));
        }
        let token = self.access(deadline).await?;
        let response = self.post(body, &token.value, deadline).await?;
        match judge(&response, circumstances) {
            Judged::Outcome(outcome) => Ok(outcome),
            Judged::Unauthenticated(vendor) => Err(self.unauthenticated(vendor, &response)),
        }
    }

    /// An access token, within the deadline. Nearly always there is one already, and no timer is
    /// made.
    async fn access(&self, deadline: Option<Duration>) -> Result<Cached<Arc<HeaderMap>>, Error> {
        let mut headers = std::pin::pin!(self.auth.headers());
        if let Some(ready) = poll_immediate(headers.as_mut()).await {
            return ready;
        }
        let Some(left) = self.time_left(deadline) else {
            return headers.await;
        };
        match select(headers, self.clock.sleep(left)).await {
            Either::Left((headers, _)) => headers,
            Either::Right(((), _)) => {
                let message = "no access token was granted in time";
                Err(Error::new(ErrorKind::Timeout, message).with_retry(Retry::Backoff))
            }
        }
    }

    /// Sends the body that `body` makes, made anew where it has to be sent again.
    async fn post(
        &self,
        body: &(dyn Fn() -> Bytes + Send + Sync),
        headers: &HeaderMap,
        deadline: Option<Duration>,
    ) -> Result<HttpResponse, Error> {
        let left = self.time_left(deadline);
        let timeout = left.map_or(self.timeout, |left| left.min(self.timeout));
        if timeout.is_zero() {
            return Err(Error::new(ErrorKind::Timeout, "the deadline has passed"));
        }
        let request = || {
            Ok(HttpRequest {
                method: Method::POST,
                uri: self.send_uri.clone(),
                headers: headers.clone(),
                body: body(),
                timeout,
            })
        };
        self.http.send_made(&request).await.map_err(http_error)
    }

    fn time_left(&self, deadline: Option<Duration>) -> Option<Duration> {
        deadline.map(|deadline| deadline.saturating_sub(self.clock.monotonic()))
    }

    /// Not even a fresh access token is accepted.
    fn unauthenticated(&self, vendor: VendorCode, response: &HttpResponse) -> Error {
        let message = match &vendor.reason {
            Some(reason) => format!("FCM does not accept a fresh access token either ({reason})"),
            None => "FCM does not accept a fresh access token either".to_owned(),
        };
        let error = Error::new(ErrorKind::CredentialInvalid, message).with_vendor(vendor);
        match clock_skew(&response.headers, self.clock.now()) {
            Some(skew) => error.with_context("clock", skew),
            None => error,
        }
    }
}

/// What FCM can do.
pub(crate) fn capability() -> Capability {
    let mut capability = Capability::unary();
    capability.kinds = Kinds::ALERT | Kinds::SILENT | Kinds::CALL | Kinds::LIVE_ACTIVITY;
    // An icon's number cannot be counted up on Apple devices, and FCM holds nothing back.
    capability.fields = Fields::all() - Fields::BADGE_ADD - Fields::NOT_BEFORE;
    capability.payload_limit = Some(PAYLOAD_LIMIT);
    capability.max_ttl = Some(MAX_TTL);
    capability.collapse_replaces = true;
    capability
}

#[async_trait]
impl PushProvider for FcmProvider {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        capability()
    }

    async fn send(&self, batch: &Batch) -> Report {
        let outcomes = match batch.targets() {
            // The batch limit is one: this is every batch of a router's.
            [target] => vec![self.push(batch, &target.token).await],
            targets => join_all(targets.iter().map(|target| self.push(batch, &target.token))).await,
        };
        batch.report(outcomes)
    }

    async fn check(&self) -> Result<Check, Error> {
        let body = check_body(self.clock.now())?;
        let circumstances = Circumstances {
            now: self.clock.now(),
            is_device: false,
            live_activity: false,
            drop_sender_id_mismatch: false,
        };
        match self.deliver(&|| body.clone(), circumstances, None).await? {
            Outcome::Accepted(_) => Ok(Check::new(format!(
                "the service account was granted an access token and may send for the project \
                 `{}` (a push to a topic, validated only)",
                self.project
            ))),
            Outcome::Failed(error) => Err(error),
            Outcome::Rejected(rejection) => Err(error_of(rejection)),
        }
    }

    async fn shutdown(&self, grace: Duration) {
        futures_util::future::join(self.http.close(grace), self.auth.close(grace)).await;
    }
}

/// A push that FCM checks and delivers to nobody.
fn check_body(now: zpns_core::Timestamp) -> Result<Bytes, Error> {
    let mut message = Notification::alert("zpns", "check");
    let options = crate::Options {
        validate_only: Some(true),
        ..Default::default()
    };
    message.vendor.set(&options)?;
    let (encoded, _) = encode(&message, LimitPolicy::Reject, now).map_err(error_of)?;
    let target = TargetRef::parse(CHECK_TOPIC)
        .map_err(|reason| Error::new(ErrorKind::MessageInvalid, reason))?;
    Ok(encoded.template.body(target))
}

fn error_of(rejection: Rejection) -> Error {
    let error = Error::new(rejection.kind, rejection.reason).with_sent(Sent::No);
    match rejection.vendor {
        Some(vendor) => error.with_vendor(vendor),
        None => error,
    }
}
