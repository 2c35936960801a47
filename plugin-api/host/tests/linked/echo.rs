//! A provider that answers as its tokens say, and the network that it asks.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use zpns_core::config::{ConfigError, VendorConfig};
use zpns_core::resources::{
    HttpClient, HttpError, HttpErrorKind, HttpOptions, HttpRequest, HttpResponse, Transport,
};
use zpns_core::{
    Batch, Capability, Check, Error, ErrorKind, Expiry, Fields, HttpConnector, Kinds, Notes,
    Outcome, ProviderInfo, PushProvider, Rejection, Report, Retry, Sent, Setup, Timestamp, Token,
    TokenAction, Vendor, VendorCode,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EchoConfig {
    pub(crate) key: String,
}

impl VendorConfig for EchoConfig {
    const VENDOR: &'static str = "echo";

    fn build(self, setup: Setup) -> Result<Arc<dyn PushProvider>, ConfigError> {
        if self.key.is_empty() {
            return Err(ConfigError::key("key", "is empty"));
        }
        let options = HttpOptions::new(Transport::PooledHttp2);
        let http = setup.resources.http.open(&options);
        let http = http.map_err(|error| ConfigError::section(error.to_string()))?;
        let vendor = Vendor::new(Self::VENDOR);
        Ok(Arc::new(Echo {
            info: ProviderInfo::new(setup.id.clone(), vendor),
            setup,
            http,
        }))
    }
}

#[derive(Debug)]
struct Echo {
    info: ProviderInfo,
    setup: Setup,
    http: Arc<dyn HttpClient>,
}

impl Echo {
    async fn ask(&self, token: &str) -> Result<(), Error> {
        let request = HttpRequest {
            method: Method::POST,
            uri: "https://echo.example/send".parse().unwrap(),
            headers: HeaderMap::from_iter([("x-who".parse().unwrap(), "echo".parse().unwrap())]),
            body: token.to_owned().into(),
            timeout: Duration::from_secs(5),
        };
        match self.http.send(request).await {
            Ok(answer) => {
                assert_eq!(answer.status, StatusCode::ACCEPTED);
                assert_eq!(answer.headers["x-answer"], "yes");
                assert_eq!(answer.body, token.as_bytes());
                Ok(())
            }
            Err(error) => Err(Error::new(ErrorKind::Unavailable, error.message)
                .with_sent(error.sent)
                .with_retry(Retry::Backoff)),
        }
    }

    fn verdict(token: &str) -> Outcome {
        match token {
            "dead" => Rejection::new(ErrorKind::TokenInvalid, "gone")
                .with_token(TokenAction::Drop {
                    since: Some(Timestamp::from_millis(5)),
                })
                .with_vendor(VendorCode::new("410").with_status(410))
                .into(),
            "mute" => Rejection::new(ErrorKind::Muted, "quiet")
                .with_token(TokenAction::Replace("new".into()))
                .into(),
            "busy" => Error::new(ErrorKind::RateLimited, "slow down")
                .with_retry(Retry::After(Duration::from_millis(1_500)))
                .with_context("quota", "7")
                .into(),
            "good" => Outcome::accepted("m1".to_owned()),
            _ => Error::new(ErrorKind::Timeout, "odd")
                .with_sent(Sent::Maybe)
                .into(),
        }
    }
}

#[async_trait]
impl PushProvider for Echo {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        let mut capability = Capability::batched(10, 3);
        capability.kinds = Kinds::ALERT;
        capability.fields = Fields::TITLE | Fields::BODY;
        capability.max_ttl = Some(Duration::from_secs(60));
        capability
    }

    fn partition(&self, token: &Token) -> u8 {
        token.as_str().bytes().next().unwrap_or_default()
    }

    fn expiries(&self) -> Vec<Expiry> {
        vec![Expiry::new("certificate", Timestamp::from_secs(2_000_000))]
    }

    async fn send(&self, batch: &Batch) -> Report {
        let body = batch.notification().body.clone().unwrap_or_default();
        assert_ne!(body, "panic");
        if body == "slow" {
            self.setup
                .resources
                .clock
                .sleep(Duration::from_secs(1))
                .await;
        }
        let mut outcomes = Vec::new();
        for target in batch.targets() {
            let token = target.token.as_str();
            let asked = match &*body {
                "http" => self.ask(token).await,
                _ => Ok(()),
            };
            outcomes.push(asked.map_or_else(Outcome::from, |()| Self::verdict(token)));
        }
        let mut notes = Notes::default();
        if body.len() > 20 {
            notes.truncated.push("body".to_owned());
        }
        batch.report(outcomes).with_notes(Some(Arc::new(notes)))
    }

    async fn check(&self) -> Result<Check, Error> {
        self.ask("check").await?;
        Ok(Check::new("asked"))
    }

    async fn shutdown(&self, grace: Duration) {
        self.http.close(grace).await;
    }
}

/// Sends every body back, but for one that gets lost.
#[derive(Debug)]
pub(crate) struct Network;

impl HttpConnector for Network {
    fn open(&self, options: &HttpOptions) -> Result<Arc<dyn HttpClient>, HttpError> {
        assert_eq!(
            options.transport,
            Transport::PooledHttp2,
            "as the provider asked for"
        );
        Ok(Arc::new(Self))
    }
}

#[async_trait]
impl HttpClient for Network {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        assert_eq!(request.headers["x-who"], "echo");
        tokio::task::yield_now().await;
        if request.body == "busy" {
            let kind = HttpErrorKind::Interrupted;
            return Err(HttpError::new(kind, Sent::Maybe, "lost"));
        }
        Ok(HttpResponse {
            status: StatusCode::ACCEPTED,
            headers: HeaderMap::from_iter([("x-answer".parse().unwrap(), "yes".parse().unwrap())]),
            body: request.body,
        })
    }

    async fn close(&self, _grace: Duration) {}
}
