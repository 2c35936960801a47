//! Xiaomi Push as a [`PushProvider`].

use std::borrow::Cow;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Uri};
use zpns_core::config::ConfigError;
use zpns_core::preflight::Rule;
use zpns_core::resources::HttpResponse;
use zpns_core::{
    Batch, Capability, Check, Error, Fields, Kinds, Notification, Outcome, ProviderInfo,
    PushProvider, Report, Setup, Vendor,
};
use zpns_kit::config::is_made_of;
use zpns_kit::{Halving, Sorted, Wire};

use crate::config::{Region, XiaomiConfig};
use crate::message::{Encoded, MAX_TTL, encode, quota_class};
use crate::preflight;
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
    region: Region,
    send_uri: Uri,
    headers: HeaderMap,
    pub(crate) wire: Wire,
}

impl XiaomiProvider {
    pub(crate) fn new(config: XiaomiConfig, setup: Setup) -> Result<Self, ConfigError> {
        if !is_made_of(&config.package, b"._") {
            return Err(ConfigError::key("package", "is not a package name"));
        }
        let wire = Wire::open(&setup, config.region.endpoint())?;
        Ok(Self {
            info: ProviderInfo::new(setup.id, Vendor::new(crate::VENDOR)),
            package: config.package,
            region: config.region,
            send_uri: wire.uri(SEND)?,
            headers: auth::headers(&config.app_secret)?,
            wire,
        })
    }

    /// One outcome for each of these targets, in their order.
    ///
    /// Where Xiaomi says of many that none is valid, they are asked about in ever smaller groups:
    /// nothing is dropped for what was said of another one. That ends with the attempt's time;
    /// those that it does not reach keep their tokens.
    async fn push(&self, batch: &Batch, encoded: &Encoded, targets: &[&str]) -> Vec<Outcome> {
        let wire = &self.wire;
        let now = wire.clock.monotonic();
        let end = Some(now.saturating_add(wire.time_for_one_call(batch.deadline())));
        let circumstances = Circumstances {
            now: wire.clock.now(),
            attempt: batch.attempt(),
        };
        let mut halving = Halving::new(targets);
        while let Some(group) = halving.group() {
            let body = encoded.template.body(group);
            let headers = self.headers.clone();
            match wire.post(&self.send_uri, headers, body, end).await {
                Err(error) => halving.failed(error),
                Ok(response) => match judge(&response, group, circumstances) {
                    Judged::Each(outcomes) => halving.each(outcomes),
                    Judged::Together(said) => halving.together(said),
                },
            }
        }
        halving.outcomes()
    }

    /// Posts what is not a push.
    pub(crate) async fn post(&self, path: &str, body: Bytes) -> Result<HttpResponse, Error> {
        let uri = self.wire.join(path)?;
        self.wire.post(&uri, self.headers.clone(), body, None).await
    }
}

/// What Xiaomi can do in a region.
pub(crate) fn capability(region: Region) -> Capability {
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
    // By whose midnight the other regions count, Xiaomi does not say.
    capability.quota_day = (region == Region::China).then_some(Capability::CHINA);
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
        capability(self.region)
    }

    fn rules(&self) -> &'static [Rule] {
        preflight::RULES
    }

    fn quota_class(&self, message: &Notification) -> Option<Cow<'static, str>> {
        Some(quota_class(message))
    }

    async fn send(&self, batch: &Batch) -> Report {
        let variant = batch.variant();
        let now = self.wire.clock.now();
        let encoded =
            variant.encoded(|message| encode(message, variant.limits(), &self.package, now));
        let encoded: &Encoded = match encoded {
            Ok(encoded) => encoded,
            Err(rejection) => return batch.report_all(rejection),
        };
        // One that cannot be a token would spoil the list for all others.
        let sorted = Sorted::new(batch.targets(), target::unfit);
        let answered = self.push(batch, encoded, &sorted.sound).await;
        sorted.report(batch, answered)
    }

    async fn check(&self) -> Result<Check, Error> {
        let uri = self.wire.join(QUOTA)?;
        let response = self.wire.get(&uri, self.headers.clone()).await?;
        let proved = "Xiaomi accepts the app secret (it was asked for the day's quota); whether \
                      the package belongs to it shows at the first push";
        match judge_call(&response, self.wire.clock.now()) {
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
        self.wire.close(grace).await;
    }
}
