//! HarmonyOS push (v3) as a [`PushProvider`].

use std::borrow::Cow;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::{StreamExt as _, iter};
use http::Uri;
use zpns_core::config::ConfigError;
use zpns_core::preflight::Rule;
use zpns_core::{
    Batch, Capability, Check, Error, ErrorKind, Fields, Kinds, LimitPolicy, Notification, Outcome,
    ProviderInfo, PushProvider, Report, Retry, Sent, Setup, Vendor,
};
use zpns_kit::{Sorted, Wire, blank_token, error_of};

use super::{Api, ENDPOINT, NOBODY, Route};
use crate::auth;
use crate::config::HarmonyConfig;
use crate::message::BODY_LIMIT;
use crate::message::harmony::{self, Encoded, MAX_TTL, encode, number_of};
use crate::preflight;
use crate::recall::Recall;

/// Targets of one request.
const TARGETS: usize = 1_000;
/// Requests at once.
const IN_FLIGHT: usize = 8;
/// Requests at once of one batch that has to be split: cards, test messages.
const SPLIT_IN_FLIGHT: usize = 8;

/// One project at HarmonyOS push, reached by one service account.
///
/// Built by [`HarmonyConfig`]; as its own type it can [recall](Self::recall) what it sent.
#[derive(Debug)]
pub struct HarmonyProvider {
    info: ProviderInfo,
    project: String,
    uri: Uri,
    api: Api,
}

impl HarmonyProvider {
    pub(crate) fn new(config: HarmonyConfig, setup: Setup) -> Result<Self, ConfigError> {
        let drop_no_right = config.drop_no_right;
        let account = config.service_account()?;
        let wire = Wire::open(&setup, ENDPOINT)?;
        let project = account.project_id.clone();
        let uri = wire.uri(&format!("/v3/{project}/messages:send"))?;
        Ok(Self {
            info: ProviderInfo::new(setup.id, Vendor::new(crate::HARMONY)),
            project,
            uri,
            api: Api {
                login: auth::signed(account, wire.clock.clone()),
                wire,
                drop_no_right,
            },
        })
    }

    /// Takes an alert or a voice broadcast back from these devices: those that have not got it will
    /// not, and those that show it stop. One outcome per device, in their order.
    ///
    /// # Errors
    /// The notification cannot be taken back, there are no devices or over 1,000, or the app id is
    /// not one.
    pub async fn recall(&self, what: &Recall<'_>) -> Result<Vec<Outcome>, Error> {
        if !(1..=TARGETS).contains(&what.tokens.len()) {
            let message = format!("{} devices, 1 to {TARGETS} are allowed", what.tokens.len());
            return Err(Error::new(ErrorKind::MessageInvalid, message));
        }
        if !auth::is_id(what.app_id) {
            return Err(Error::new(
                ErrorKind::MessageInvalid,
                "the app id is not one",
            ));
        }
        let (number, push_type) = number_of(what.notification).map_err(error_of)?;
        let wire = &self.api.wire;
        let uri = wire.join(&format!("/v1/{}/messages:revoke", what.app_id))?;
        let body = serde_json::json!({"notifyId": number, "token": what.tokens});
        let route = Route {
            uri: &uri,
            push_type: Some(push_type.wire()),
            deadline: None,
            attempt: 1,
        };
        self.api
            .deliver(route, body.to_string().into(), what.tokens)
            .await
    }

    async fn request(&self, route: Route<'_>, encoded: &Encoded, targets: &[&str]) -> Vec<Outcome> {
        let body = encoded.template.body(targets);
        self.api.push(route, body, targets).await
    }
}

/// What HarmonyOS push can do.
pub(crate) fn capability() -> Capability {
    let mut capability = Capability::batched(TARGETS, IN_FLIGHT);
    capability.kinds = Kinds::all();
    capability.fields = Fields::TITLE
        | Fields::BODY
        | Fields::IMAGE
        | Fields::PAYLOAD
        | Fields::DATA
        | Fields::ON_CLICK
        | Fields::SOUND
        | Fields::BADGE
        | Fields::BADGE_ADD
        | Fields::CATEGORY
        | Fields::TTL
        | Fields::COLLAPSE_KEY;
    capability.payload_limit = Some(BODY_LIMIT);
    capability.max_ttl = Some(MAX_TTL);
    // The device shows the first message of an `appMessageId` only.
    capability.deduplicates = true;
    capability.collapse_replaces = true;
    capability.recall = true;
    capability.quota_day = Some(Capability::CHINA);
    capability.receipts = true;
    capability
}

#[async_trait]
impl PushProvider for HarmonyProvider {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        capability()
    }

    fn rules(&self) -> &'static [Rule] {
        preflight::HARMONY_RULES
    }

    /// Test messages, and all others.
    fn quota_class(&self, message: &Notification) -> Option<Cow<'static, str>> {
        let options: harmony::Options = message.vendor.get().unwrap_or_default();
        let how = options.push_options.unwrap_or_default();
        let is_test = how.test_message == Some(true);
        Some(if is_test { "test" } else { "formal" }.into())
    }

    async fn send(&self, batch: &Batch) -> Report {
        let variant = batch.variant();
        let encoded: &Encoded = match variant.encoded(|message| encode(message, variant.limits())) {
            Ok(encoded) => encoded,
            Err(rejection) => return batch.report_all(rejection),
        };
        let sorted = Sorted::new(batch.targets(), blank_token);
        let route = Route {
            uri: &self.uri,
            push_type: Some(encoded.push_type.wire()),
            deadline: batch.deadline(),
            attempt: batch.attempt(),
        };
        let mut requests = Vec::new();
        for targets in sorted.sound.chunks(encoded.targets) {
            requests.push(self.request(route, encoded, targets));
        }
        let answers: Vec<Vec<Outcome>> = iter(requests).buffered(SPLIT_IN_FLIGHT).collect().await;
        let mut answered = answers.concat();
        if !encoded.push_type.deduplicates() && !variant.at_least_once() {
            answered = answered.into_iter().map(not_repeated).collect();
        }
        sorted.report(batch, answered)
    }

    /// A push of nothing new to a token that no device has, which has to be its only fault.
    async fn check(&self) -> Result<Check, Error> {
        let message = Notification::alert("zpns", "check");
        let (encoded, _) = encode(&message, LimitPolicy::Reject).map_err(error_of)?;
        let route = Route {
            uri: &self.uri,
            push_type: Some(encoded.push_type.wire()),
            deadline: None,
            attempt: 1,
        };
        let body = encoded.template.body(&[NOBODY]);
        let outcomes = self.api.deliver(route, body, &[NOBODY]).await?;
        let about_the_token = [ErrorKind::TokenInvalid, ErrorKind::TokenMismatch];
        match outcomes.into_iter().next() {
            Some(Outcome::Failed(error)) => Err(error),
            Some(Outcome::Rejected(rejection)) if !about_the_token.contains(&rejection.kind) => {
                Err(error_of(rejection))
            }
            _ => Ok(Check::new(format!(
                "the service account's token is accepted and may push for the project `{}` (a \
                 push to a token that no device has)",
                self.project
            ))),
        }
    }

    async fn shutdown(&self, grace: Duration) {
        self.api.wire.close(grace).await;
    }
}

/// Without an `appMessageId` nothing keeps a repeat from reaching the app twice: a push that may
/// have been acted on is not sent again unless the host asked for that.
fn not_repeated(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Failed(error) if error.sent() == Sent::Maybe => {
            error.with_retry(Retry::Never).into()
        }
        outcome => outcome,
    }
}
