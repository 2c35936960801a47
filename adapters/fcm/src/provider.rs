//! FCM as a [`PushProvider`].

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::{join, join_all};
use http::Uri;
use zpns_core::config::ConfigError;
use zpns_core::preflight::Rule;
use zpns_core::resources::Transport;
use zpns_core::{
    Batch, Capability, Check, Error, ErrorKind, Fields, Kinds, LimitPolicy, Notification, Outcome,
    ProviderInfo, PushProvider, Rejection, Report, Setup, Token, Vendor,
};
use zpns_kit::{Login, MakeBody, Wire, error_of, result_of};

use crate::auth::{self, ServiceAccount};
use crate::message::encode::{Encoded, MAX_TTL, PAYLOAD_LIMIT, encode};
use crate::message::target::TargetRef;
use crate::preflight;
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
    wire: Wire,
    /// To the token endpoint, which knows no pooled HTTP/2.
    login_wire: Wire,
    login: Login,
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
        let pooled = setup.connection.http_options(Transport::PooledHttp2);
        let wire = Wire::open_with(&setup, ENDPOINT, &pooled)?;
        let login_wire = Wire::open(&setup, ENDPOINT)?;
        Ok(Self {
            info: ProviderInfo::new(setup.id, Vendor::new(crate::VENDOR)),
            project: project.to_owned(),
            send_uri: wire.uri(&format!("/v1/projects/{project}/messages:send"))?,
            login: auth::login(account, token_endpoint, login_wire.clone()),
            wire,
            login_wire,
            drop_sender_id_mismatch,
        })
    }

    async fn push(&self, batch: &Batch, token: &Token) -> Outcome {
        let target = match TargetRef::parse(token.as_str()) {
            Ok(target) => target,
            Err(reason) => return Rejection::new(ErrorKind::TokenInvalid, reason).into(),
        };
        let variant = batch.variant();
        let now = self.wire.clock.now();
        let encoded = variant.encoded(|message| encode(message, variant.limits(), now));
        let encoded: &Encoded = match encoded {
            Ok(encoded) => encoded,
            Err(rejection) => return rejection.into(),
        };
        let circumstances = Circumstances {
            now,
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
        body: MakeBody<'_>,
        circumstances: Circumstances,
        deadline: Option<Duration>,
    ) -> Result<Outcome, Error> {
        let mut attempts = self.login.attempts(&self.wire, deadline);
        loop {
            let headers = attempts.headers().await?;
            let response = self
                .wire
                .post_made(&self.send_uri, &headers, body, deadline);
            let response = response.await?;
            match judge(&response, circumstances) {
                Judged::Outcome(outcome) => return Ok(outcome),
                Judged::Unauthenticated(code) => attempts.refused(code, &response)?,
            }
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
        let now = self.wire.clock.now();
        let body = check_body(now)?;
        let circumstances = Circumstances {
            now,
            is_device: false,
            live_activity: false,
            drop_sender_id_mismatch: false,
        };
        result_of(self.deliver(&|| body.clone(), circumstances, None).await?)?;
        Ok(Check::new(format!(
            "the service account was granted an access token and may send for the project `{}` \
             (a push to a topic, validated only)",
            self.project
        )))
    }

    async fn shutdown(&self, grace: Duration) {
        join(self.wire.close(grace), self.login_wire.close(grace)).await;
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
