//! vivo Push as a [`PushProvider`].

mod api;
mod saved;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use zpns_core::config::ConfigError;
use zpns_core::preflight::Rule;
use zpns_core::{
    Batch, Capability, Check, Error, ErrorKind, Fields, Kinds, LimitPolicy, MessageId, Notes,
    Notification, Outcome, ProviderInfo, PushProvider, Rejection, Report, Setup, Vendor,
};
use zpns_kit::{Sorted, Wire, blank_token, error_of};

use self::api::Api;
use self::saved::Saved;
use crate::config::VivoConfig;
use crate::message::class::quota_class;
use crate::message::{Encoded, MAX_TTL, PushMode, Route, encode, request_id};
use crate::preflight;
use crate::response::{Circumstances, Judged, judge};

const ENDPOINT: &str = "https://api-push.vivo.com.cn";

/// Targets of one list.
pub(crate) const TARGETS: usize = 1_000;
/// A list of fewer is refused.
const LEAST: usize = 2;
/// Requests at once; how many a second an app may make, vivo does not say.
const IN_FLIGHT: usize = 8;
/// Requests at once of a batch whose targets each need one of their own.
const ALONE_IN_FLIGHT: usize = 16;

/// One app at vivo.
///
/// Built by [`VivoConfig`]; as its own type it can [recall](Self::recall) what it sent.
#[derive(Debug)]
pub struct VivoProvider {
    info: ProviderInfo,
    mode: PushMode,
    pub(crate) api: Arc<Api>,
}

/// A notification on its way to one app's targets.
#[derive(Debug)]
struct Prepared {
    encoded: Encoded,
    saved: Saved,
    /// Whose it is.
    api: Arc<Api>,
}

/// One batch of it.
#[derive(Clone, Copy)]
struct Delivery<'a> {
    prepared: &'a Prepared,
    message: MessageId,
    deadline: Option<Duration>,
}

impl VivoProvider {
    pub(crate) fn new(config: VivoConfig, setup: Setup) -> Result<Self, ConfigError> {
        let app = config.app()?;
        let mode = config.mode()?;
        let wire = Wire::open(&setup, ENDPOINT)?;
        Ok(Self {
            info: ProviderInfo::new(setup.id, Vendor::new(crate::VENDOR)),
            mode,
            api: Arc::new(Api::new(app, wire)?),
        })
    }

    fn prepare(
        &self,
        message: &Notification,
        limits: LimitPolicy,
    ) -> Result<(Prepared, Notes), Rejection> {
        let (app_id, clock) = (self.api.app_id, &self.api.wire.clock);
        let (encoded, notes) = encode(message, limits, app_id, self.mode, clock.now())?;
        let prepared = Prepared {
            encoded,
            saved: Saved::new(Arc::clone(clock)),
            api: Arc::clone(&self.api),
        };
        Ok((prepared, notes))
    }
}

impl Delivery<'_> {
    /// One outcome for each of these targets, in their order.
    async fn to(self, targets: &[&str]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(targets.len());
        if self.prepared.encoded.route == Route::Any {
            // A router's batch is one request.
            for targets in portions(targets) {
                let of_list = match targets {
                    [target] => vec![self.to_one(target).await],
                    targets => self.to_list(targets).await,
                };
                outcomes.extend(of_list);
            }
        } else {
            let mut each = stream::iter(self.each(targets)).buffered(ALONE_IN_FLIGHT);
            while let Some(outcome) = each.next().await {
                outcomes.push(outcome);
            }
        }
        outcomes
    }

    /// What is to be done for each target, begun as it is polled.
    fn each<'t>(self, targets: &'t [&'t str]) -> impl Iterator<Item = BoxFuture<'t, Outcome>>
    where
        Self: 't,
    {
        targets
            .iter()
            .map(move |target| self.to_one(target).boxed())
    }

    async fn to_one(self, target: &str) -> Outcome {
        let Prepared { encoded, api, .. } = self.prepared;
        let targets = [target];
        let body = encoded.single(request_id(self.message, &targets), target);
        let uri = match encoded.route {
            Route::Live => &api.uris.live,
            _ => &api.uris.single,
        };
        let response = match api.call(uri, body, self.deadline).await {
            Ok(response) => response,
            Err(error) => return error.into(),
        };
        match judge(&response, &targets, self.circumstances(None)) {
            Judged::Each(outcomes) => outcomes.into_iter().next(),
            Judged::Lost(outcome) => Some(outcome),
        }
        .unwrap_or_else(|| Error::new(ErrorKind::Protocol, "vivo gave no verdict").into())
    }

    async fn to_list(self, targets: &[&str]) -> Vec<Outcome> {
        let listed = self.list(targets).await;
        listed.unwrap_or_else(|error| vec![error.into(); targets.len()])
    }

    async fn list(self, targets: &[&str]) -> Result<Vec<Outcome>, Error> {
        let Prepared {
            encoded,
            saved,
            api,
        } = self.prepared;
        let request_id = request_id(self.message, targets);
        let mut is_repeat = false;
        loop {
            let late = "vivo did not save the message in time";
            let saving = saved.task(api, encoded, self.message);
            let cached = api.wire.within(self.deadline, late, saving).await?;
            let task = cached.value?;
            let body = encoded.list(&task, request_id, targets).map_err(error_of)?;
            let response = api.call(&api.uris.list, body, self.deadline).await?;
            match judge(&response, targets, self.circumstances(Some(&task))) {
                Judged::Each(outcomes) => return Ok(outcomes),
                Judged::Lost(outcome) => {
                    if !saved.lost(cached.generation) || is_repeat {
                        return Ok(vec![outcome; targets.len()]);
                    }
                    is_repeat = true;
                }
            }
        }
    }

    fn circumstances(self, task: Option<&str>) -> Circumstances<'_> {
        Circumstances {
            now: self.prepared.api.wire.clock.now(),
            mode: self.prepared.encoded.mode,
            task,
        }
    }
}

/// Targets in lists of at most a thousand, and never one left over.
fn portions<'a, 't>(mut targets: &'a [&'t str]) -> impl Iterator<Item = &'a [&'t str]> {
    std::iter::from_fn(move || {
        let left = targets.len().saturating_sub(TARGETS);
        // What the last list lacks, the one before it gives.
        let given = if left == 0 {
            0
        } else {
            LEAST.saturating_sub(left)
        };
        let length = targets.len().min(TARGETS - given);
        let (portion, rest) = targets.split_at_checked(length)?;
        targets = rest;
        (!portion.is_empty()).then_some(portion)
    })
}

/// What vivo can do.
pub(crate) fn capability() -> Capability {
    let mut capability = Capability::batched(TARGETS, IN_FLIGHT);
    capability.batch_min = LEAST;
    // Whatever it sends is shown, and sounds as the device says.
    capability.kinds = Kinds::ALERT | Kinds::CALL | Kinds::LIVE_ACTIVITY;
    capability.fields = Fields::TITLE
        | Fields::BODY
        | Fields::PAYLOAD
        | Fields::DATA
        | Fields::ON_CLICK
        | Fields::BADGE_ADD
        | Fields::CATEGORY
        | Fields::TTL
        | Fields::COLLAPSE_KEY;
    capability.max_ttl = Some(MAX_TTL);
    // Each request has an id; that vivo drops a repeat by it, it does not say.
    capability.deduplicates = false;
    capability.collapse_replaces = true;
    capability.recall = true;
    capability.quota_day = Some(Capability::CHINA);
    capability.receipts = true;
    capability
}

#[async_trait]
impl PushProvider for VivoProvider {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        capability()
    }

    fn rules(&self) -> &'static [Rule] {
        preflight::rules(self.mode)
    }

    fn quota_class(&self, message: &Notification) -> Option<Cow<'static, str>> {
        Some(quota_class(message, self.mode))
    }

    async fn send(&self, batch: &Batch) -> Report {
        let variant = batch.variant();
        let limits = variant.limits();
        let prepared = variant.encoded(|message| self.prepare(message, limits));
        let own: Prepared;
        let prepared: &Prepared = match prepared {
            // What another app saved is nothing to this one.
            Ok(prepared) if Arc::ptr_eq(&prepared.api, &self.api) => prepared,
            Ok(_) => match self.prepare(batch.notification(), limits) {
                Ok((prepared, _)) => {
                    own = prepared;
                    &own
                }
                Err(rejection) => return batch.report_all(rejection),
            },
            Err(rejection) => return batch.report_all(rejection),
        };
        let sorted = Sorted::new(batch.targets(), blank_token);
        let delivery = Delivery {
            prepared,
            message: batch.notification().id,
            deadline: batch.deadline(),
        };
        let answered = delivery.to(&sorted.sound).await;
        sorted.report(batch, answered)
    }

    async fn check(&self) -> Result<Check, Error> {
        self.api.prove().await?;
        Ok(Check::new(
            "vivo grants a token for app id, key and secret; whether the app may push yet, and to \
             whom, shows at the first push",
        ))
    }

    async fn shutdown(&self, grace: Duration) {
        self.api.wire.close(grace).await;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_list_is_too_long_and_none_has_one_target_unless_that_is_all(count in 0usize..5_000) {
            let targets = vec!["r"; count];
            let lengths: Vec<usize> = portions(&targets).map(<[&str]>::len).collect();
            prop_assert_eq!(lengths.iter().sum::<usize>(), count);
            prop_assert_eq!(lengths.len(), count.div_ceil(TARGETS));
            let fits = |length: &usize| (LEAST..=TARGETS).contains(length);
            prop_assert!(count == 1 || lengths.iter().all(fits), "{:?}", lengths);
        }
    }
}
