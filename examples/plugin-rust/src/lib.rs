//! A signed JSON webhook as a channel of zpns: a small plugin that does a real job.
//!
//! Whoever has a server of their own between the phones and the world (a car maker, an SMS gateway)
//! gets every batch as one POST, and says for each token what came of it:
//!
//! ```text
//! POST <url>
//! content-type: application/json
//! x-signature: sha256=<HMAC-SHA256 of the body under the secret, in hexadecimal digits>
//!
//! {"idempotency_key": "0190…", "attempt": 1, "message": {"title": "Hi", …},
//!  "targets": [{"token": "17"}, {"token": "18"}]}
//!
//! 200 {"verdicts": ["ok", "gone"]}
//! ```
//!
//! The body is `zpns.send/1` as it came across the boundary; the words are those of [`VERDICTS`].
//! `examples/plugin-c` and `examples/plugin-go` speak to the same server.
//!
//! ```toml
//! [providers.cars]
//! vendor = "plugin"
//! path = "/opt/push/libzpns_webhook_plugin.so"
//!
//! [providers.cars.config]
//! url = "https://push.cars.example/hook"
//! secret = "${HOOK_SECRET}"
//! ```
#![forbid(unsafe_code)]

mod answer;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use serde::Deserialize;
use sha2::Sha256;
use zpns_plugin_api::json::encode_send;
use zpns_plugin_api::zpns_core::config::{ConfigError, VendorConfig};
use zpns_plugin_api::zpns_core::resources::{HttpRequest, Transport};
use zpns_plugin_api::zpns_core::{
    Batch, Capability, Check, Error, ErrorKind, Fields, HttpClient, Kinds, ProviderInfo,
    PushProvider, Report, Secret, Setup, Vendor,
};
use zpns_plugin_api::{Manifest, Runtime, export_provider};

pub use answer::{VERDICTS, Verdict};

export_provider!(
    WebhookConfig,
    Manifest::new("com.example.webhook")
        .with_secrets(&["/secret"])
        .with_config_schema(include_str!("config.schema.json"))
        // It asks the host for everything that takes time.
        .with_runtime(Runtime::Host)
);

/// What the table `config` of the plugin's section holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Where batches are posted to.
    pub url: String,
    /// What they are signed with.
    pub secret: Secret,
}

impl VendorConfig for WebhookConfig {
    const VENDOR: &'static str = "webhook";

    fn build(self, setup: Setup) -> Result<Arc<dyn PushProvider>, ConfigError> {
        let url: Uri = self
            .url
            .parse()
            .map_err(|error| ConfigError::key("url", format!("is not a URL: {error}")))?;
        if url.scheme_str() != Some("https") {
            return Err(ConfigError::key("url", "must start with https://"));
        }
        if self.secret.expose().is_empty() {
            return Err(ConfigError::key("secret", "is empty"));
        }
        let key = Hmac::new_from_slice(self.secret.expose().as_bytes())
            .map_err(|error| ConfigError::key("secret", error.to_string()))?;
        let options = setup.connection.http_options(Transport::General);
        let http = setup
            .resources
            .http
            .open(&options)
            .map_err(|error| ConfigError::section(error.message))?;
        Ok(Arc::new(Webhook {
            info: ProviderInfo::new(setup.id, Vendor::new(Self::VENDOR)),
            timeout: setup.connection.timeout,
            http,
            url,
            key,
        }))
    }
}

struct Webhook {
    info: ProviderInfo,
    timeout: Duration,
    http: Arc<dyn HttpClient>,
    url: Uri,
    key: Hmac<Sha256>,
}

impl Webhook {
    async fn try_send(&self, batch: &Batch) -> Result<Report, Error> {
        let body = encode_send(batch, batch.notification())
            .map_err(|error| Error::new(ErrorKind::MessageInvalid, error.to_string()))?;
        let answer = self.http.send(self.request(body)?).await;
        answer::read(batch, answer.map_err(answer::lost)?)
    }

    fn request(&self, body: Vec<u8>) -> Result<HttpRequest, Error> {
        let digest = self.key.clone().chain_update(&body).finalize();
        let hex: String = digest
            .into_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let mut signature = HeaderValue::from_str(&format!("sha256={hex}"))
            .map_err(|error| Error::new(ErrorKind::Protocol, error.to_string()))?;
        signature.set_sensitive(true);
        let json = HeaderValue::from_static("application/json");
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, json);
        headers.insert("x-signature", signature);
        Ok(HttpRequest {
            method: Method::POST,
            uri: self.url.clone(),
            headers,
            body: body.into(),
            timeout: self.timeout,
        })
    }
}

#[async_trait]
impl PushProvider for Webhook {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        let mut capability = Capability::batched(100, 8);
        capability.kinds = Kinds::ALERT | Kinds::SILENT;
        capability.fields = Fields::TITLE | Fields::BODY | Fields::PAYLOAD | Fields::DATA;
        // The server is asked to heed `idempotency_key`.
        capability.deduplicates = true;
        capability
    }

    async fn send(&self, batch: &Batch) -> Report {
        match self.try_send(batch).await {
            Ok(report) => report,
            Err(error) => batch.report_all(error),
        }
    }

    /// Posts a batch without targets: the signature is looked at, and nobody is reached.
    async fn check(&self) -> Result<Check, Error> {
        let body = br#"{"attempt":1,"message":{},"targets":[]}"#.to_vec();
        let answer = self.http.send(self.request(body)?).await;
        answer::verdicts(&answer.map_err(answer::lost)?)?;
        Ok(Check::new("the server takes our signature"))
    }

    async fn shutdown(&self, grace: Duration) {
        self.http.close(grace).await;
    }
}

impl std::fmt::Debug for Webhook {
    /// Leaves out the key, and the path of the URL, which is often a secret too.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook")
            .field("info", &self.info)
            .field("host", &self.url.host())
            .finish_non_exhaustive()
    }
}
