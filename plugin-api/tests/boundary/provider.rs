//! A provider that does as its tokens say.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, Method};
use serde::Deserialize;
use zpns_core::config::{ConfigError, VendorConfig};
use zpns_core::resources::{HttpClient, HttpError, HttpRequest};
use zpns_core::{
    Batch, Capability, Check, Environment, Error, ErrorKind, Fields, Kinds, Outcome, ProviderInfo,
    PushProvider, Rejection, Report, Resources, Sent, Setup, Token, Vendor,
};
use zpns_plugin_api::{Manifest, Runtime, export_provider};

export_provider!(
    static_name: threaded,
    Config,
    Manifest::new("com.example.scripted").with_secrets(&["/secret"])
);
export_provider!(
    static_name: threadless,
    Config,
    Manifest::new("com.example.scripted").with_runtime(Runtime::Host)
);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    secret: String,
}

impl VendorConfig for Config {
    const VENDOR: &'static str = "scripted";

    fn build(self, setup: Setup) -> Result<Arc<dyn PushProvider>, ConfigError> {
        if self.secret == "panic" {
            panic!("told so by the config");
        }
        if self.secret.is_empty() {
            return Err(ConfigError::key("secret", "is empty"));
        }
        let options = setup.connection.http_options(Default::default());
        let http = setup
            .resources
            .http
            .open(&options)
            .map_err(|error| ConfigError::section(error.message))?;
        Ok(Arc::new(Scripted {
            info: ProviderInfo::new(setup.id, Vendor::new(Self::VENDOR))
                .with_environment(Environment::Sandbox),
            timeout: setup.connection.timeout,
            resources: setup.resources,
            http,
        }))
    }
}

#[derive(Debug)]
struct Scripted {
    info: ProviderInfo,
    timeout: Duration,
    resources: Resources,
    http: Arc<dyn HttpClient>,
}

#[async_trait]
impl PushProvider for Scripted {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    fn capability(&self) -> Capability {
        let mut capability = Capability::batched(1000, 4);
        capability.kinds = Kinds::ALERT;
        capability.fields = Fields::TITLE | Fields::BODY;
        capability
    }

    fn partition(&self, token: &Token) -> u8 {
        u8::from(token.as_str().starts_with("far"))
    }

    async fn send(&self, batch: &Batch) -> Report {
        let first = batch.targets()[0].token.as_str();
        match first {
            "panic" => panic!("told so by a token"),
            "hang" => std::future::pending().await,
            "short" => return Report::new(vec![Outcome::accepted(None)]),
            "deadline" => {
                let left = batch.deadline().unwrap() - self.resources.clock.monotonic();
                return batch.report_all(Outcome::accepted(format!("{} ms", left.as_millis())));
            }
            "time" => {
                self.resources.clock.sleep(Duration::from_secs(60)).await;
                let now = self.resources.clock.now().as_millis();
                return batch.report_all(Outcome::accepted(now.to_string()));
            }
            "http" => {
                let outcome: Outcome = match self.request(batch).await {
                    Ok(answer) => Outcome::accepted(answer),
                    Err(error) => Error::new(ErrorKind::Unavailable, error.message)
                        .with_sent(error.sent)
                        .into(),
                };
                return batch.report_all(outcome);
            }
            _ => {}
        }
        let outcomes = batch.targets().iter().map(|target| {
            if target.token.as_str().starts_with("dead") {
                return Rejection::new(ErrorKind::TokenInvalid, "dead").into();
            }
            Outcome::accepted(None)
        });
        batch.report(outcomes.collect())
    }

    async fn check(&self) -> Result<Check, Error> {
        self.resources.clock.sleep(Duration::from_secs(5)).await;
        Err(Error::new(ErrorKind::CredentialInvalid, "revoked").with_sent(Sent::No))
    }

    async fn shutdown(&self, grace: Duration) {
        self.http.close(grace).await;
    }
}

impl Scripted {
    async fn request(&self, batch: &Batch) -> Result<String, HttpError> {
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-title",
            batch
                .notification()
                .title
                .as_ref()
                .unwrap()
                .parse()
                .unwrap(),
        );
        let answer = self
            .http
            .send(HttpRequest {
                method: Method::POST,
                uri: "https://vendor.example/push?x=1".parse().unwrap(),
                headers,
                body: "body".into(),
                timeout: self.timeout,
            })
            .await?;
        let echo = answer.headers["x-echo"].to_str().unwrap();
        let body = String::from_utf8(answer.body.to_vec()).unwrap();
        Ok(format!("{} {echo} {body}", answer.status.as_u16()))
    }
}
