//! HONOR Push as a [`PushProvider`].

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Uri};
use zpns_core::config::ConfigError;
use zpns_core::preflight::Rule;
use zpns_core::{
    Batch, Capability, Check, Error, Fields, Kinds, Outcome, ProviderInfo, PushProvider, Report,
    Setup, Vendor,
};
use zpns_kit::{ListTemplate, Login, Sorted, Wire, blank_token};

use crate::auth::{Exchange, login};
use crate::config::HonorConfig;
use crate::message::{BODY_LIMIT, MAX_TTL, encode};
use crate::preflight;
use crate::response::{Circumstances, Judged, judge};

const ENDPOINT: &str = "https://push-api.cloud.honor.com";
/// When the request was made, in milliseconds since the Unix epoch.
const TIMESTAMP: HeaderName = HeaderName::from_static("timestamp");

/// Targets of one request.
const TARGETS: usize = 1_000;
/// Requests at once: an app may reach 3,000 devices a second, and no more.
const IN_FLIGHT: usize = 4;

/// One app at HONOR Push. Built by [`HonorConfig`].
#[derive(Debug)]
pub struct HonorProvider {
    info: ProviderInfo,
    uri: Uri,
    badge_class: Option<String>,
    exchange: Arc<Exchange>,
    login: Login,
    wire: Wire,
}

impl HonorProvider {
    pub(crate) fn new(config: HonorConfig, setup: Setup) -> Result<Self, ConfigError> {
        let path = config.path()?;
        config.check_credentials()?;
        let endpoint = config.token_endpoint()?;
        let wire = Wire::open(&setup, ENDPOINT)?;
        let exchange = Arc::new(Exchange {
            client_id: config.client_id,
            client_secret: config.client_secret,
            endpoint,
            wire: wire.clone(),
        });
        Ok(Self {
            info: ProviderInfo::new(setup.id, Vendor::new(crate::VENDOR)),
            uri: wire.uri(&path)?,
            badge_class: config.badge_class,
            login: login(&exchange),
            exchange,
            wire,
        })
    }

    /// One outcome for each of these targets, in their order.
    async fn push(&self, batch: &Batch, template: &ListTemplate, targets: &[&str]) -> Vec<Outcome> {
        match self.deliver(batch, template.body(targets), targets).await {
            Ok(outcomes) => outcomes,
            Err(error) => vec![error.into(); targets.len()],
        }
    }

    async fn deliver(
        &self,
        batch: &Batch,
        body: Bytes,
        targets: &[&str],
    ) -> Result<Vec<Outcome>, Error> {
        let (deadline, clock) = (batch.deadline(), &self.wire.clock);
        let mut attempts = self.login.attempts(&self.wire, deadline);
        loop {
            let mut headers = attempts.headers().await?;
            // Of this request, and not of the push: a repeat carries a time of its own.
            headers.insert(TIMESTAMP, HeaderValue::from(clock.now().as_millis()));
            let posted = self.wire.post(&self.uri, headers, body.clone(), deadline);
            let response = posted.await?;
            let circumstances = Circumstances {
                now: clock.now(),
                attempt: batch.attempt(),
            };
            match judge(&response, targets, circumstances) {
                Judged::Each(outcomes) => return Ok(outcomes),
                Judged::Refused(code) => attempts.refused(code, &response)?,
            }
        }
    }
}

/// What HONOR can do. Without the launcher's activity no icon can get a number.
pub(crate) fn capability(knows_the_launcher: bool) -> Capability {
    let mut capability = Capability::batched(TARGETS, IN_FLIGHT);
    capability.kinds = Kinds::ALERT | Kinds::SILENT | Kinds::CALL;
    // No sound and no channel: the class decides how a message sounds, and no priority, because a
    // class that is lowered for quiet would count as advertising.
    capability.fields = Fields::TITLE
        | Fields::BODY
        | Fields::IMAGE
        | Fields::PAYLOAD
        | Fields::DATA
        | Fields::ON_CLICK
        | Fields::CATEGORY
        | Fields::TTL
        | Fields::COLLAPSE_KEY
        | Fields::THREAD;
    if knows_the_launcher {
        capability.fields |= Fields::BADGE | Fields::BADGE_ADD;
    }
    capability.payload_limit = Some(BODY_LIMIT);
    capability.max_ttl = Some(MAX_TTL);
    capability.collapse_replaces = true;
    capability.quota_day = Some(Capability::CHINA);
    capability.receipts = true;
    capability
}

#[async_trait]
impl PushProvider for HonorProvider {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        capability(self.badge_class.is_some())
    }

    fn rules(&self) -> &'static [Rule] {
        preflight::RULES
    }

    async fn send(&self, batch: &Batch) -> Report {
        let variant = batch.variant();
        let badge_class = self.badge_class.as_deref();
        let encoded = variant.encoded(|message| encode(message, variant.limits(), badge_class));
        let template: &ListTemplate = match encoded {
            Ok(template) => template,
            Err(rejection) => return batch.report_all(rejection),
        };
        // HONOR does not say what a token looks like, and judges all else itself.
        let sorted = Sorted::new(batch.targets(), blank_token);
        let mut answered = Vec::with_capacity(sorted.sound.len());
        // A router's batch is one request.
        for targets in sorted.sound.chunks(TARGETS) {
            answered.extend(self.push(batch, template, targets).await);
        }
        sorted.report(batch, answered)
    }

    /// An exchange of client id and secret: HONOR has no push that is validated only.
    async fn check(&self) -> Result<Check, Error> {
        self.exchange.run().await?;
        Ok(Check::new(
            "an access token was granted for client id and client secret; whether they may push \
             for the app id shows at the first push, because HONOR validates none without sending",
        ))
    }

    async fn shutdown(&self, grace: Duration) {
        self.wire.close(grace).await;
    }
}
