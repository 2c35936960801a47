//! Huawei's Android push (v1/v2) as a [`PushProvider`].

use std::borrow::Cow;
use std::time::Duration;

use async_trait::async_trait;
use http::Uri;
use zpns_core::config::ConfigError;
use zpns_core::preflight::Rule;
use zpns_core::{
    Batch, Capability, Check, Error, ErrorKind, Fields, Kinds, LimitPolicy, Notification, Outcome,
    ProviderInfo, PushProvider, Report, Setup, Vendor,
};
use zpns_kit::{ListTemplate, Sorted, Wire, blank_token, error_of};

use super::{Api, ENDPOINT, NOBODY, Route};
use crate::auth::{self, Exchange};
use crate::config::HuaweiConfig;
use crate::message::BODY_LIMIT;
use crate::message::hms::{self, MAX_TTL, Options};
use crate::preflight;

/// Targets of one request.
const TARGETS: usize = 1_000;
/// Requests at once: the smallest app may reach 6,000 devices a second.
const IN_FLIGHT: usize = 8;

/// One app at Huawei's Android push. Built by [`HuaweiConfig`].
#[derive(Debug)]
pub struct HuaweiProvider {
    info: ProviderInfo,
    uri: Uri,
    api: Api,
}

impl HuaweiProvider {
    pub(crate) fn new(config: HuaweiConfig, setup: Setup) -> Result<Self, ConfigError> {
        let path = config.path()?;
        let endpoint = config.token_endpoint()?;
        let wire = Wire::open(&setup, ENDPOINT)?;
        let uri = wire.uri(&path)?;
        let login = auth::exchanged(Exchange {
            app_id: config.app_id,
            app_secret: config.app_secret,
            endpoint,
            wire: wire.clone(),
        });
        Ok(Self {
            info: ProviderInfo::new(setup.id, Vendor::new(crate::HUAWEI)),
            uri,
            api: Api {
                wire,
                login,
                drop_no_right: false,
            },
        })
    }
}

/// What Huawei's Android push can do.
pub(crate) fn capability() -> Capability {
    let mut capability = Capability::batched(TARGETS, IN_FLIGHT);
    capability.kinds = Kinds::ALERT | Kinds::SILENT | Kinds::CALL;
    // It has no second title, and holds nothing back.
    capability.fields =
        Fields::all() - Fields::SUBTITLE - Fields::SUBTITLE_LOCALIZATION - Fields::NOT_BEFORE;
    capability.payload_limit = Some(BODY_LIMIT);
    capability.max_ttl = Some(MAX_TTL);
    capability.collapse_replaces = true;
    capability.quota_day = Some(Capability::CHINA);
    capability.receipts = true;
    capability
}

#[async_trait]
impl PushProvider for HuaweiProvider {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        capability()
    }

    fn rules(&self) -> &'static [Rule] {
        preflight::HUAWEI_RULES
    }

    /// Test messages, and all others.
    fn quota_class(&self, message: &Notification) -> Option<Cow<'static, str>> {
        let options: Options = message.vendor.get().unwrap_or_default();
        let android = options.android.unwrap_or_default();
        let is_test = android.target_user_type == Some(1);
        Some(if is_test { "test" } else { "formal" }.into())
    }

    async fn send(&self, batch: &Batch) -> Report {
        let variant = batch.variant();
        let encoded = variant.encoded(|message| hms::encode(message, variant.limits()));
        let template: &ListTemplate = match encoded {
            Ok(template) => template,
            Err(rejection) => return batch.report_all(rejection),
        };
        let sorted = Sorted::new(batch.targets(), blank_token);
        let route = Route {
            uri: &self.uri,
            push_type: None,
            deadline: batch.deadline(),
            attempt: batch.attempt(),
        };
        let mut answered = Vec::with_capacity(sorted.sound.len());
        // A router's batch is one request.
        for targets in sorted.sound.chunks(TARGETS) {
            let body = template.body(targets);
            answered.extend(self.api.push(route, body, targets).await);
        }
        sorted.report(batch, answered)
    }

    /// A push that is validated only, to a token that no device has: it takes an exchange of the
    /// app secret, and the right to push.
    async fn check(&self) -> Result<Check, Error> {
        let mut message = Notification::alert("zpns", "check");
        let options = Options {
            validate_only: Some(true),
            ..Options::default()
        };
        message.vendor.set(&options)?;
        let encoded = hms::encode(&message, LimitPolicy::Reject);
        let (template, _) = encoded.map_err(error_of)?;
        let route = Route {
            uri: &self.uri,
            push_type: None,
            deadline: None,
            attempt: 1,
        };
        let body = template.body(&[NOBODY]);
        let outcomes = self.api.deliver(route, body, &[NOBODY]).await?;
        match outcomes.into_iter().next() {
            Some(Outcome::Failed(error)) => Err(error),
            Some(Outcome::Rejected(rejection)) if rejection.kind != ErrorKind::TokenInvalid => {
                Err(error_of(rejection))
            }
            _ => Ok(Check::new(
                "an access token was granted for the app secret, and the app may push (a push to \
                 nobody, validated only)",
            )),
        }
    }

    async fn shutdown(&self, grace: Duration) {
        self.api.wire.close(grace).await;
    }
}
