//! OPPO PUSH as a [`PushProvider`].

mod cloud;

use std::borrow::Cow;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join;
use zpns_core::config::ConfigError;
use zpns_core::preflight::Rule;
use zpns_core::{
    Batch, Capability, Check, Error, ErrorKind, Fields, Kinds, Notification, Outcome, ProviderInfo,
    PushProvider, Rejection, Report, Setup, Target, Token, Vendor,
};

use self::cloud::{Cloud, Delivery};
use crate::config::OppoConfig;
use crate::message::{Encoded, MAX_TTL, encode, quota_class};
use crate::preflight;
use crate::region::{PerRegion, Region};
use crate::target;

/// Targets of one request.
pub(crate) const TARGETS: usize = 1_000;
/// Requests at once: the smallest app may make 5,000 a second.
const IN_FLIGHT: usize = 16;

/// One app at OPPO. Built by [`OppoConfig`].
#[derive(Debug)]
pub struct OppoProvider {
    info: ProviderInfo,
    region: Option<Region>,
    clouds: PerRegion<Cloud>,
}

impl OppoProvider {
    pub(crate) fn new(config: OppoConfig, setup: &Setup) -> Result<Self, ConfigError> {
        let cloud = |region| Cloud::new(&config, setup, region);
        Ok(Self {
            info: ProviderInfo::new(setup.id.clone(), Vendor::new(crate::VENDOR)),
            clouds: PerRegion {
                china: cloud(Region::China)?,
                overseas: cloud(Region::Overseas)?,
            },
            region: config.region,
        })
    }

    /// The region of a target, or why it is not sent to.
    fn region_of(&self, target: &Target) -> Result<Region, Rejection> {
        let token = target.token.as_str();
        if let Some(reason) = target::unfit(token) {
            return Err(Rejection::new(ErrorKind::TokenInvalid, reason));
        }
        let region = Region::of(token);
        match self.region {
            // The other cloud would take it for dead, and it is not.
            Some(own) if own != region => Err(Rejection::new(
                ErrorKind::TokenMismatch,
                format!(
                    "the token is of the region `{}`, and this provider serves `{}`",
                    region.name(),
                    own.name()
                ),
            )),
            _ => Ok(region),
        }
    }

    async fn push(&self, region: Region, delivery: Delivery<'_>, targets: &[&str]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(targets.len());
        // A router's batch is one request, unless the message is a very long one.
        for targets in targets.chunks(TARGETS.min(delivery.encoded.targets_at_once())) {
            outcomes.extend(self.clouds.of(region).push(delivery, targets).await);
        }
        outcomes
    }
}

/// What OPPO can do.
pub(crate) fn capability() -> Capability {
    let mut capability = Capability::batched(TARGETS, IN_FLIGHT);
    // There is nothing but notifications.
    capability.kinds = Kinds::ALERT | Kinds::CALL;
    capability.fields = Fields::TITLE
        | Fields::SUBTITLE
        | Fields::BODY
        | Fields::PAYLOAD
        | Fields::DATA
        | Fields::ON_CLICK
        | Fields::CATEGORY
        | Fields::CHANNEL
        | Fields::TTL
        | Fields::COLLAPSE_KEY
        | Fields::NOT_BEFORE;
    capability.max_ttl = Some(MAX_TTL);
    // One `app_message_id` is pushed to one target once.
    capability.deduplicates = true;
    capability.collapse_replaces = true;
    capability.quota_day = Some(Capability::CHINA);
    capability.receipts = true;
    capability
}

#[async_trait]
impl PushProvider for OppoProvider {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        capability()
    }

    /// The token's [`Region`].
    fn partition(&self, token: &Token) -> u8 {
        Region::of(token.as_str()).index()
    }

    fn rules(&self) -> &'static [Rule] {
        preflight::RULES
    }

    fn quota_class(&self, message: &Notification) -> Option<Cow<'static, str>> {
        Some(quota_class(message))
    }

    async fn send(&self, batch: &Batch) -> Report {
        let variant = batch.variant();
        let now = self.clouds.china.now();
        let encoded = variant.encoded(|message| encode(message, variant.limits(), now));
        let encoded: &Encoded = match encoded {
            Ok(encoded) => encoded,
            Err(rejection) => return batch.report_all(rejection),
        };
        let mut targets: PerRegion<Vec<&str>> = PerRegion::default();
        let mut places = Vec::with_capacity(batch.targets().len());
        for target in batch.targets() {
            let place = self.region_of(target);
            if let Ok(region) = place {
                targets.of_mut(region).push(target.token.as_str());
            }
            places.push(place);
        }
        let delivery = Delivery {
            encoded,
            attempt: batch.attempt(),
            deadline: batch.deadline(),
        };
        // A router's batch is of one region only.
        let (china, overseas) = join(
            self.push(Region::China, delivery, &targets.china),
            self.push(Region::Overseas, delivery, &targets.overseas),
        )
        .await;
        let mut answered = PerRegion {
            china: china.into_iter(),
            overseas: overseas.into_iter(),
        };
        let outcomes = places.into_iter().filter_map(|place| match place {
            Ok(region) => answered.of_mut(region).next(),
            Err(refusal) => Some(refusal.into()),
        });
        batch.report(outcomes.collect())
    }

    async fn check(&self) -> Result<Check, Error> {
        let region = self.region.unwrap_or(Region::China);
        self.clouds.of(region).prove().await?;
        Ok(Check::new(format!(
            "OPPO grants an auth token for the app key and the MasterSecret (region `{}`); whether \
             the app may push, and with which categories, shows at the first push",
            region.name()
        )))
    }

    async fn shutdown(&self, grace: Duration) {
        let PerRegion { china, overseas } = &self.clouds;
        join(china.close(grace), overseas.close(grace)).await;
    }
}
