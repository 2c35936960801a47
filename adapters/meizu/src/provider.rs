//! Meizu Push as a [`PushProvider`].

use std::time::Duration;

use async_trait::async_trait;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Uri};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::{format_description, offset};
use zpns_core::config::ConfigError;
use zpns_core::preflight::Rule;
use zpns_core::{
    Batch, Capability, Check, Error, ErrorKind, Fields, Kinds, Outcome, ProviderInfo, PushProvider,
    Report, Setup, Timestamp, Vendor,
};
use zpns_kit::{Halving, Sorted, Wire};

use crate::auth::Credentials;
use crate::config::{ENDPOINT, MeizuConfig};
use crate::message::{MAX_TTL, Template, encode, query};
use crate::preflight;
use crate::response::{Circumstances, Judged, judge, judge_call};
use crate::target::{Unique, unfit};

const SEND: &str = "/garcia/api/server/push/varnished/pushByPushId";
/// A day's figures (the name is spelt so): the cheapest call that the secret has to be right for.
const STATISTICS: &str = "/garcia/api/server/push/statistics/dailyPushStatics";

const FORM: HeaderValue =
    HeaderValue::from_static("application/x-www-form-urlencoded;charset=UTF-8");

/// Targets of one request, since 2023-08-21.
pub(crate) const TARGETS: usize = 100;
/// Requests at once: an app may make 200 a second.
const IN_FLIGHT: usize = 16;

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]");

/// One app at Meizu. Built by [`MeizuConfig`].
#[derive(Debug)]
pub struct MeizuProvider {
    info: ProviderInfo,
    credentials: Credentials,
    wire: Wire,
    send_uri: Uri,
}

impl MeizuProvider {
    pub(crate) fn new(config: MeizuConfig, setup: &Setup) -> Result<Self, ConfigError> {
        let credentials = Credentials::new(config)?;
        let wire = Wire::open(setup, ENDPOINT)?;
        Ok(Self {
            info: ProviderInfo::new(setup.id.clone(), Vendor::new(crate::VENDOR)),
            credentials,
            send_uri: wire.uri(SEND)?,
            wire,
        })
    }

    /// One outcome for each of these targets, in their order; a hundred at the most.
    ///
    /// Where Meizu says of many that they are not registered, they are asked about in ever smaller
    /// groups: nothing is dropped for what was said of another one. That ends with the attempt's
    /// time; those that it does not reach keep their tokens.
    async fn push(&self, batch: &Batch, template: &Template, targets: &[&str]) -> Vec<Outcome> {
        let wire = &self.wire;
        let now = wire.clock.monotonic();
        let end = Some(now.saturating_add(wire.time_for_one_call(batch.deadline())));
        let circumstances = Circumstances {
            now: wire.clock.now(),
            attempt: batch.attempt(),
        };
        let mut halving = Halving::new(targets);
        while let Some(group) = halving.group() {
            let body = template.body(group, &self.credentials);
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, FORM)]);
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
}

/// What Meizu can do.
pub(crate) fn capability() -> Capability {
    let mut capability = Capability::batched(TARGETS, IN_FLIGHT);
    // No silent push: Meizu has discontinued pass-through.
    capability.kinds = Kinds::ALERT | Kinds::CALL;
    // No image and no subtitle: they are for apps with VIP rights, by the options.
    capability.fields = Fields::TITLE
        | Fields::BODY
        | Fields::PAYLOAD
        | Fields::DATA
        | Fields::ON_CLICK
        | Fields::CATEGORY
        | Fields::TTL
        | Fields::COLLAPSE_KEY;
    capability.max_ttl = Some(MAX_TTL);
    // A repeat takes the place of the first one, but alerts and counts again.
    capability.collapse_replaces = true;
    capability.quota_day = Some(Capability::CHINA);
    capability.receipts = true;
    capability
}

#[async_trait]
impl PushProvider for MeizuProvider {
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
        let variant = batch.variant();
        let app_id = &self.credentials.app_id;
        let encoded = variant.encoded(|message| encode(message, variant.limits(), app_id));
        let template: &Template = match encoded {
            Ok(template) => template,
            Err(rejection) => return batch.report_all(rejection),
        };
        // One that cannot be a token would spoil the list for all others.
        let sorted = Sorted::new(batch.targets(), unfit);
        let unique = Unique::new(&sorted.sound);
        let mut answered = Vec::with_capacity(unique.tokens.len());
        // A router's batch is one request.
        for targets in unique.tokens.chunks(TARGETS) {
            answered.extend(self.push(batch, template, targets).await);
        }
        sorted.report(batch, unique.fan_out(answered))
    }

    async fn check(&self) -> Result<Check, Error> {
        let now = self.wire.clock.now();
        let today = day_in_china(now)?;
        let days = [("endTime", today.as_str()), ("startTime", today.as_str())];
        let path = format!("{STATISTICS}?{}", query(&days, &self.credentials));
        let uri = self.wire.join(&path)?;
        let response = self.wire.get(&uri, HeaderMap::new()).await?;
        judge_call(&response, now)?;
        Ok(Check::new(
            "Meizu accepts what app id and app secret sign (it was asked for the day's figures); \
             whether the app may push, and whether it is the devices' app, shows at the first \
             push, because Meizu validates none without sending",
        ))
    }

    async fn shutdown(&self, grace: Duration) {
        self.wire.close(grace).await;
    }
}

/// `yyyyMMdd` where Meizu is.
fn day_in_china(now: Timestamp) -> Result<String, Error> {
    let wrong = "this machine's clock shows no day that has a name";
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let utc = OffsetDateTime::from_unix_timestamp(seconds);
    let day = utc.ok().and_then(|utc| utc.checked_to_offset(offset!(+8)));
    let day = day.and_then(|day| day.format(DAY).ok());
    day.ok_or_else(|| Error::new(ErrorKind::Protocol, wrong))
}
