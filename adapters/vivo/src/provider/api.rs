//! One call to vivo, and a second one with a fresh token if the first one's was not accepted.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use zpns_core::Error;
use zpns_core::config::ConfigError;
use zpns_core::resources::HttpResponse;
use zpns_kit::{Login, Wire};

use crate::auth::{App, Exchange, Proof, login};
use crate::response;

/// One app's calls.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) app_id: u64,
    pub(crate) wire: Wire,
    pub(crate) uris: Uris,
    exchange: Arc<Exchange>,
    login: Login,
    proof: Proof,
}

/// Where calls go.
#[derive(Debug)]
pub(crate) struct Uris {
    pub(crate) single: Uri,
    pub(crate) save: Uri,
    pub(crate) list: Uri,
    pub(crate) live: Uri,
    pub(crate) recall: Uri,
}

impl Api {
    pub(crate) fn new(app: App, wire: Wire) -> Result<Self, ConfigError> {
        let uris = Uris {
            single: wire.uri("/message/send")?,
            save: wire.uri("/message/saveListPayload")?,
            list: wire.uri("/message/pushToList")?,
            live: wire.uri("/livemessage/send")?,
            recall: wire.uri("/message/recycle")?,
        };
        let app_id = app.id;
        let exchange = Arc::new(Exchange {
            app,
            uri: wire.uri("/message/auth")?,
            wire: wire.clone(),
        });
        Ok(Self {
            app_id,
            wire,
            uris,
            login: login(&exchange),
            proof: Proof::new(&exchange),
            exchange,
        })
    }

    /// The answer to a call, which may still be a refusal of anything but the token.
    pub(crate) async fn call(
        &self,
        uri: &Uri,
        body: Bytes,
        deadline: Option<Duration>,
    ) -> Result<HttpResponse, Error> {
        let mut attempts = self.login.attempts(&self.wire, deadline);
        loop {
            let headers = attempts.headers().await?;
            let response = self.wire.post(uri, headers, body.clone(), deadline).await?;
            match response::refusal(&response) {
                None => return Ok(response),
                Some(code) => attempts.refused(code, &response)?,
            }
        }
    }

    /// Whether vivo grants a token for the app.
    pub(crate) async fn prove(&self) -> Result<(), Error> {
        self.proof.check(&self.exchange).await
    }
}
