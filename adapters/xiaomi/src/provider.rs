//! Xiaomi Push as a [`PushProvider`].

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use zpns_core::config::ConfigError;
use zpns_core::resources::{HttpClient, HttpRequest, HttpResponse, Origin, Transport};
use zpns_core::{
    Batch, Capability, Check, Clock, Error, ErrorKind, Fields, Kinds, Outcome, ProviderInfo,
    PushProvider, Rejection, Report, Setup, Target, Vendor,
};
use zpns_kit::http_error;

use crate::config::XiaomiConfig;
use crate::message::{Encoded, MAX_TTL, encode};
use crate::response::{Circumstances, Judged, judge, judge_call};
use crate::{auth, target};

const SEND: &str = "/v3/message/regid";
/// Tells the day's quota: the cheapest call that the secret has to be right for.
const QUOTA: &str = "/v1/trace/quota/get";

/// Targets of one request.
pub(crate) const TARGETS: usize = 1_000;
/// Requests at once: the smallest app may make 500 a second.
const IN_FLIGHT: usize = 16;

/// Codes of the quota call that come after the secret was found right (`reference/xiaomi.md` §5).
const SECRET_WAS_RIGHT: [&str; 3] = ["10027", "10038", "10039"];

/// One app at Xiaomi, in one region.
///
/// Built by [`XiaomiConfig`]; as its own type it can [recall](Self::recall) what it sent.
#[derive(Debug)]
pub struct XiaomiProvider {
    info: ProviderInfo,
    pub(crate) package: String,
    pub(crate) origin: Origin,
    send_uri: Uri,
    headers: HeaderMap,
    http: Arc<dyn HttpClient>,
    pub(crate) clock: Arc<dyn Clock>,
    timeout: Duration,
}

impl XiaomiProvider {
    pub(crate) fn new(config: XiaomiConfig, setup: Setup) -> Result<Self, ConfigError> {
        let Setup {
            id,
            connection,
            resources,
            ..
        } = setup;
        check_package(&config.package)?;
        let origin = connection.origin(config.region.endpoint())?;
        let send_uri = uri(&origin, SEND)?;
        let http = resources
            .http
            .open(&connection.http_options(Transport::General))
            .map_err(|error| ConfigError::section(error.to_string()))?;
        Ok(Self {
            info: ProviderInfo::new(id, Vendor::new(crate::VENDOR)),
            package: config.package,
            send_uri,
            origin,
            headers: auth::headers(&config.app_secret)?,
            http,
            clock: resources.clock,
            timeout: connection.timeout,
        })
    }

    /// One outcome for each of these targets, in their order.
    ///
    /// Where Xiaomi says of many that none is valid, they are asked about in ever smaller groups:
    /// nothing is dropped for what was said of another one. That ends with the attempt's time;
    /// those that it does not reach keep their tokens.
    async fn push(&self, batch: &Batch, encoded: &Encoded, targets: &[&str]) -> Vec<Outcome> {
        let now = self.clock.monotonic();
        let end = now.saturating_add(batch.time_left(now, self.timeout));
        let mut outcomes = Vec::with_capacity(targets.len());
        // What was said of a group beside it, once something was.
        let mut groups: Vec<(&[&str], Option<Outcome>)> = vec![(targets, None)];
        while let Some((group, said)) = groups.pop() {
            let left = end.saturating_sub(self.clock.monotonic());
            let judged = match &said {
                Some(said) if left.is_zero() => Judged::Each(vec![said.clone(); group.len()]),
                _ => match self.post(encoded.template.body(group), left).await {
                    Ok(response) => judge(&response, group, self.circumstances(batch)),
                    Err(error) => {
                        let outcome = said.unwrap_or_else(|| error.into());
                        Judged::Each(vec![outcome; group.len()])
                    }
                },
            };
            match judged {
                Judged::Each(of_group) => outcomes.extend(of_group),
                Judged::Together(said) => {
                    let (first, second) = group.split_at(group.len() / 2);
                    groups.push((second, Some(said.clone())));
                    groups.push((first, Some(said)));
                }
            }
        }
        outcomes
    }

    fn circumstances(&self, batch: &Batch) -> Circumstances {
        Circumstances {
            now: self.clock.now(),
            attempt: batch.attempt(),
        }
    }

    async fn post(&self, body: Bytes, timeout: Duration) -> Result<HttpResponse, Error> {
        if timeout.is_zero() {
            return Err(Error::new(ErrorKind::Timeout, "the deadline has passed"));
        }
        let request = HttpRequest {
            method: Method::POST,
            uri: self.send_uri.clone(),
            headers: self.headers.clone(),
            body,
            timeout,
        };
        self.http.send(request).await.map_err(http_error)
    }

    /// A call that is not a push.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<HttpResponse, Error> {
        let uri = self
            .origin
            .join(path)
            .map_err(|error| Error::new(ErrorKind::MessageInvalid, error.to_string()))?;
        let request = HttpRequest {
            method,
            uri,
            headers: self.headers.clone(),
            body,
            timeout: self.timeout,
        };
        self.http.send(request).await.map_err(http_error)
    }
}

fn uri(origin: &Origin, path: &str) -> Result<Uri, ConfigError> {
    let uri = origin.join(path);
    uri.map_err(|error| ConfigError::key("endpoint", error.to_string()))
}

fn check_package(package: &str) -> Result<(), ConfigError> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._".contains(&byte);
    if package.is_empty() || !package.bytes().all(legal) {
        return Err(ConfigError::key("package", "is not a package name"));
    }
    Ok(())
}

/// What Xiaomi can do.
pub(crate) fn capability() -> Capability {
    let mut capability = Capability::batched(TARGETS, IN_FLIGHT);
    capability.kinds = Kinds::ALERT | Kinds::SILENT | Kinds::CALL;
    capability.fields = Fields::TITLE
        | Fields::BODY
        | Fields::PAYLOAD
        | Fields::DATA
        | Fields::ON_CLICK
        | Fields::SOUND
        | Fields::BADGE
        | Fields::CATEGORY
        | Fields::CHANNEL
        | Fields::TTL
        | Fields::COLLAPSE_KEY
        | Fields::NOT_BEFORE;
    capability.max_ttl = Some(MAX_TTL);
    // The device shows the first message of a jobkey only.
    capability.deduplicates = true;
    capability.collapse_replaces = true;
    capability.recall = true;
    capability.receipts = true;
    capability
}

#[async_trait]
impl PushProvider for XiaomiProvider {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        capability()
    }

    async fn send(&self, batch: &Batch) -> Report {
        let variant = batch.variant();
        let encoded = variant
            .encoded(|message| encode(message, variant.limits(), &self.package, self.clock.now()));
        let encoded: &Encoded = match encoded {
            Ok(encoded) => encoded,
            Err(rejection) => return batch.report_all(rejection),
        };
        // One that cannot be a token would spoil the list for all others.
        let refusals: Vec<Option<Rejection>> = batch.targets().iter().map(refusal).collect();
        let sound = batch.targets().iter().zip(&refusals);
        let sound: Vec<&str> = sound
            .filter(|(_, refusal)| refusal.is_none())
            .map(|(target, _)| target.token.as_str())
            .collect();
        let answered = match sound.as_slice() {
            [] => Vec::new(),
            targets => self.push(batch, encoded, targets).await,
        };
        let mut answered = answered.into_iter();
        let outcomes = refusals.into_iter().filter_map(|refusal| match refusal {
            Some(refusal) => Some(refusal.into()),
            None => answered.next(),
        });
        batch.report(outcomes.collect())
    }

    async fn check(&self) -> Result<Check, Error> {
        let response = self.call(Method::GET, QUOTA, Bytes::new()).await?;
        let proved = "Xiaomi accepts the app secret (it was asked for the day's quota); whether \
                      the package belongs to it shows at the first push";
        match judge_call(&response, self.clock.now()) {
            Ok(()) => Ok(Check::new(proved)),
            Err(error) => {
                let code = error.vendor().map(|vendor| vendor.code.as_str());
                if code.is_some_and(|code| SECRET_WAS_RIGHT.contains(&code)) {
                    return Ok(Check::new(format!("{proved} ({})", error.message())));
                }
                Err(error)
            }
        }
    }

    async fn shutdown(&self, grace: Duration) {
        self.http.close(grace).await;
    }
}

fn refusal(target: &Target) -> Option<Rejection> {
    let reason = target::unfit(target.token.as_str())?;
    Some(Rejection::new(ErrorKind::TokenInvalid, reason))
}
