//! Web Push as a [`PushProvider`]: one request per browser.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::join_all;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Uri};
use zpns_core::config::ConfigError;
use zpns_core::preflight::Rule;
use zpns_core::resources::{HttpResponse, Transport};
use zpns_core::{
    Batch, Capability, Check, Error, ErrorKind, Fields, Kinds, Outcome, ProviderInfo, PushProvider,
    Rejection, Report, Scope, Setup, Token, Vendor,
};
use zpns_kit::{Decision, Wire, error_of, with_clock_skew};

use crate::auth::{VapidKey, VapidToken};
use crate::ece::{PLAINTEXT_LIMIT, Receiver, SealError, seal};
use crate::endpoint::{Endpoint, Hosts, Service};
use crate::message::{Encoded, MAX_TTL, encode};
use crate::origin::{Origin, Origins};
use crate::preflight;
use crate::response::{Judged, judge, of_the_subscription};
use crate::subscription::{Subscription, invalid};

/// An answer's body in bytes at the most: strangers' servers answer too.
const MAX_ANSWER: usize = 64 * 1024;
/// TCP and TLS together, which a stranger's server may draw out.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Stands where other vendors have a host; nothing is sent to it.
const NO_HOST: &str = "https://subscription.invalid";

/// One site with its VAPID keys. Built by
/// [`WebPushConfig::provider`](crate::WebPushConfig::provider).
#[derive(Debug)]
pub struct WebPushProvider {
    info: ProviderInfo,
    wire: Wire,
    /// The push service that `endpoint` of the config names.
    service: Option<Uri>,
    hosts: Arc<Hosts>,
    /// The present one, then previous ones.
    keys: Vec<Arc<VapidKey>>,
    subject: Arc<str>,
    origins: Origins,
}

/// What one target is sent, whatever it is signed with.
struct Push<'a> {
    endpoint: &'a Endpoint,
    origin: &'a Origin,
    headers: HeaderMap,
    body: Bytes,
    deadline: Option<Duration>,
}

/// What came of a push with one key.
enum Tried {
    Done(Outcome),
    /// The subscription was made with another one.
    Mismatched(Decision),
}

impl WebPushProvider {
    pub(crate) fn new(
        keys: Vec<Arc<VapidKey>>,
        subject: &str,
        hosts: Hosts,
        setup: Setup,
    ) -> Result<Self, ConfigError> {
        let hosts = Arc::new(hosts);
        let mut options = setup.connection.http_options(Transport::General);
        options.address_filter = Some(Arc::clone(&hosts) as _);
        options.max_response_body = MAX_ANSWER;
        options.connect_timeout = CONNECT_TIMEOUT;
        let wire = Wire::open_with(&setup, NO_HOST, &options)?;
        let is_named = setup.connection.endpoint.is_some();
        Ok(Self {
            service: is_named.then(|| wire.uri("/")).transpose()?,
            wire,
            info: ProviderInfo::new(setup.id, Vendor::new(crate::VENDOR)),
            hosts,
            keys,
            subject: subject.into(),
            origins: Origins::default(),
        })
    }

    /// The public key that pages subscribe with: `applicationServerKey`, in base64url.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use zpns_core::{Resources, Secret, Setup};
    ///
    /// # fn show(resources: Resources) -> Result<(), zpns_core::config::ConfigError> {
    /// let key = Secret::new("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
    /// let config = zpns_webpush::WebPushConfig::new(key, "mailto:push@example.com");
    /// let provider = config.provider(Setup::new("web", resources))?;
    /// assert_eq!(provider.application_server_key().len(), 87);
    /// # Ok(()) }
    /// ```
    pub fn application_server_key(&self) -> &str {
        self.keys.first().map_or("", |key| key.encoded())
    }

    /// Checks a subscription as a push to it would be checked, without sending anything: for when
    /// a browser hands it in.
    ///
    /// # Errors
    /// [`ErrorKind::TokenInvalid`] for what no browser hands out; [`ErrorKind::Suppressed`] for a
    /// host that may not be pushed to; [`ErrorKind::TokenMismatch`] for one that says it was made
    /// with a key that is not ours. To which addresses the host leads is seen only as they are
    /// connected to.
    pub fn validate_subscription(&self, subscription: &str) -> Result<(), Rejection> {
        let subscription = Subscription::parse(subscription)?;
        self.hosts.check(&subscription.endpoint)?;
        self.own_key(&subscription)?;
        Ok(())
    }

    /// Which of our keys the subscription says that it was made with.
    fn own_key(&self, subscription: &Subscription<'_>) -> Result<Option<usize>, Rejection> {
        let Some(named) = &subscription.server_key else {
            return Ok(None);
        };
        let position = self.keys.iter().position(|key| key.public() == named);
        match position {
            Some(position) => Ok(Some(position)),
            None => {
                let why = "the subscription names an `applicationServerKey` that is not ours";
                Err(Rejection::new(ErrorKind::TokenMismatch, why))
            }
        }
    }

    async fn push(&self, batch: &Batch, token: &Token) -> Outcome {
        self.try_push(batch, token)
            .await
            .unwrap_or_else(Outcome::from)
    }

    async fn try_push(&self, batch: &Batch, token: &Token) -> Result<Outcome, Rejection> {
        let subscription = Subscription::parse(token.as_str())?;
        let endpoint = self.hosts.check(&subscription.endpoint)?;
        let own_key = self.own_key(&subscription)?;
        let variant = batch.variant();
        let encoded: &Encoded = variant.encoded(|message| encode(message, variant.limits()))?;
        if encoded.is_silent && endpoint.service == Service::Apple {
            let why = "Apple withdraws the permission of a site that pushes and shows nothing";
            return Err(Rejection::new(ErrorKind::Unsupported, why));
        }
        let body = body(encoded, subscription.receiver.as_ref())?;
        let origin = self
            .origins
            .get(&endpoint.authority, || self.tokens(&endpoint));
        let push = Push {
            headers: encoded.headers(endpoint.service),
            endpoint: &endpoint,
            origin: &origin,
            body,
            deadline: batch.deadline(),
        };
        let keys = match own_key {
            Some(position) => position..position + 1,
            None => 0..self.keys.len(),
        };
        let outcome = self.with_keys(&push, keys).await;
        Ok(match endpoint.is_trusted {
            true => outcome,
            false => of_this_target(outcome),
        })
    }

    fn tokens(&self, endpoint: &Endpoint) -> Vec<VapidToken> {
        let token = |key: &Arc<VapidKey>| {
            let clock = Arc::clone(&self.wire.clock);
            let subject = Arc::clone(&self.subject);
            VapidToken::new(Arc::clone(key), &endpoint.authority, subject, clock)
        };
        self.keys.iter().map(token).collect()
    }

    /// Pushes with one key after the other, as long as the service says that the subscription was
    /// made with another one.
    async fn with_keys(&self, push: &Push<'_>, keys: std::ops::Range<usize>) -> Outcome {
        let mut mismatched = None;
        for token in push.origin.tokens.get(keys).unwrap_or_default() {
            match self.deliver(push, token).await {
                Ok(Tried::Done(outcome)) => return outcome,
                Ok(Tried::Mismatched(decision)) => mismatched = Some(decision),
                Err(error) => return error.into(),
            }
        }
        match mismatched {
            Some(decision) => self.mismatched(push, decision),
            None => Rejection::new(ErrorKind::CredentialInvalid, "there is no VAPID key").into(),
        }
    }

    /// None of our keys is the subscription's; unless too many are told the same.
    fn mismatched(&self, push: &Push<'_>, mut decision: Decision) -> Outcome {
        let believed = push.origin.mismatched(self.wire.clock.monotonic());
        if believed || !push.endpoint.is_trusted {
            return decision.outcome();
        }
        decision.verdict = crate::response::REFUSED;
        decision.answered.reason = format!(
            "{}; of too many subscriptions to be true of each: the wrong key is in use",
            decision.answered.reason
        )
        .into();
        decision.outcome()
    }

    /// One push; a second one with a fresh token if the first one's was not accepted.
    async fn deliver(&self, push: &Push<'_>, token: &VapidToken) -> Result<Tried, Error> {
        let mut resent = false;
        loop {
            let signed = token.get().await?;
            let mut headers = push.headers.clone();
            headers.insert(AUTHORIZATION, signed.value.header.clone());
            let uri = &push.endpoint.uri;
            let sent = self
                .wire
                .post(uri, headers, push.body.clone(), push.deadline);
            let response = sent.await?;
            let now = self.wire.clock.monotonic();
            match judge(&response, self.wire.clock.now()) {
                Judged::Accepted(outcome) => {
                    push.origin.accepted(now);
                    return Ok(Tried::Done(outcome));
                }
                Judged::Outcome(outcome) => return Ok(Tried::Done(outcome)),
                Judged::Mismatched(decision) => return Ok(Tried::Mismatched(decision)),
                Judged::Refused(decision, expired) => {
                    if !resent && token.refused(&signed, expired) {
                        resent = true;
                        continue;
                    }
                    return Ok(Tried::Done(self.refused(push, decision, &response)));
                }
            }
        }
    }

    /// Our token is not accepted, and no other one is going to help. What that says of our
    /// credentials depends on who says it: else one stranger's subscription, at a server of his own
    /// or made with a key of his own, would stop the pushes to everybody.
    fn refused(&self, push: &Push<'_>, decision: Decision, response: &HttpResponse) -> Outcome {
        if !push.endpoint.is_trusted {
            let why = "no browser's service nor one of `allow_hosts`: its word is about this \
                       subscription alone";
            return of_the_subscription(decision, why);
        }
        if push.origin.accepts_us(self.wire.clock.monotonic()) {
            let why = "the service accepts the key for other subscriptions";
            return of_the_subscription(decision, why);
        }
        let answered = decision.answered;
        let error = Error::new(decision.verdict.kind, answered.reason).with_vendor(answered.code);
        with_clock_skew(error, response, self.wire.clock.now()).into()
    }
}

/// What strangers' servers say, or do not, opens no breaker and slows nothing down.
fn of_this_target(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Accepted(_) => outcome,
        Outcome::Rejected(rejection) => rejection.with_scope(Scope::Target).into(),
        Outcome::Failed(error) => error.with_scope(Scope::Target).into(),
    }
}

fn body(encoded: &Encoded, receiver: Option<&Receiver>) -> Result<Bytes, Rejection> {
    if encoded.plaintext.is_empty() {
        return Ok(Bytes::new());
    }
    let receiver = receiver.ok_or_else(|| invalid("the subscription has no `keys`"))?;
    seal(receiver, &encoded.plaintext, encoded.padding).map_err(|error| match error {
        SealError::Receiver => invalid("`p256dh` is not a point on the curve"),
        SealError::Sender => Rejection::new(
            ErrorKind::MessageInvalid,
            "the message could not be encrypted",
        ),
    })
}

/// What Web Push can do.
pub(crate) fn capability() -> Capability {
    let mut capability = Capability::unary();
    capability.kinds = Kinds::ALERT | Kinds::SILENT | Kinds::CALL;
    capability.fields = Fields::TITLE
        | Fields::BODY
        | Fields::IMAGE
        | Fields::PAYLOAD
        | Fields::DATA
        | Fields::ON_CLICK
        | Fields::BADGE
        | Fields::PRIORITY
        | Fields::TTL
        | Fields::COLLAPSE_KEY;
    capability.payload_limit = Some(PLAINTEXT_LIMIT);
    capability.max_ttl = Some(MAX_TTL);
    capability
}

#[async_trait]
impl PushProvider for WebPushProvider {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        capability()
    }

    fn rules(&self) -> &'static [Rule] {
        preflight::RULES
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
        // Whether the key signs at all.
        let authority = NO_HOST.trim_start_matches("https://");
        for key in &self.keys {
            let clock = Arc::clone(&self.wire.clock);
            let subject = Arc::clone(&self.subject);
            VapidToken::new(Arc::clone(key), authority, subject, clock)
                .get()
                .await?;
        }
        let mut reached = "";
        if let Some(service) = &self.service {
            self.hosts.check(&service.to_string()).map_err(error_of)?;
            // Whatever it answers, it is there.
            self.wire.get(service, HeaderMap::new()).await?;
            reached = ", and the push service of `endpoint` can be reached";
        }
        Ok(Check::new(format!(
            "the VAPID key signs{reached}; nothing more can be proved without a subscription, because no \
             push service knows the key before one was made with it (applicationServerKey: {})",
            self.application_server_key()
        )))
    }

    async fn shutdown(&self, grace: Duration) {
        self.wire.close(grace).await;
    }
}
