//! `reqwest` 0.13, used as one writes an FCM client in ten lines: one shared client, one POST of
//! JSON with a bearer token for each target, and the answer read as JSON.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};

use crate::contest::{Pushes, Send};
use crate::load;
use crate::message::{self, ACCESS_TOKEN, PROJECT, TITLE};
use crate::server::Ready;

/// Tokens that a run goes through again and again.
const TOKENS: usize = 10_000;

#[derive(Serialize)]
struct Request<'a> {
    message: Message<'a>,
}

#[derive(Serialize)]
struct Message<'a> {
    token: &'a str,
    notification: Notification<'a>,
}

#[derive(Serialize)]
struct Notification<'a> {
    title: &'a str,
    body: &'a str,
}

impl<'a> Request<'a> {
    fn new(token: &'a str, text: &'a str) -> Self {
        Self {
            message: Message {
                token,
                notification: Notification {
                    title: TITLE,
                    body: text,
                },
            },
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    name: String,
}

/// Pushes with a request body of this size through `reqwest`.
///
/// # Errors
/// The client cannot be built, or no body has this size.
pub fn client(ready: &Ready, size: usize) -> anyhow::Result<Send> {
    let length = message::length_for(size, |length| {
        let (token, text) = (message::fcm_token(0), message::text(length));
        Ok(serde_json::to_vec(&Request::new(&token, &text))?.len())
    })?;
    let text: Arc<str> = message::text(length).into();
    let tokens: Arc<[String]> = (0..TOKENS).map(message::fcm_token).collect();
    let url: Arc<str> = format!(
        "https://127.0.0.1:{}/v1/projects/{PROJECT}/messages:send",
        ready.fcm
    )
    .into();
    let client = http_client(ready)?;
    Ok(Box::new(move |pushes: Pushes| -> BoxFuture<'static, _> {
        let (client, url) = (client.clone(), Arc::clone(&url));
        let (text, tokens) = (Arc::clone(&text), Arc::clone(&tokens));
        let drive = load::drive(pushes.total, pushes.in_flight, move |number| {
            let (client, url) = (client.clone(), Arc::clone(&url));
            let (text, tokens) = (Arc::clone(&text), Arc::clone(&tokens));
            async move {
                post(
                    &client,
                    &url,
                    &Request::new(&tokens[number % TOKENS], &text),
                )
                .await
            }
        });
        Box::pin(drive)
    }))
}

/// One push; again where the client itself does not repeat what the server refused to begin
/// (hyper takes 100 streams for allowed before it has heard the limit).
async fn post(client: &reqwest::Client, url: &str, request: &Request<'_>) -> anyhow::Result<()> {
    let mut attempts = 3;
    let answer = loop {
        let push = client.post(url).bearer_auth(ACCESS_TOKEN).json(request);
        match push.send().await {
            Err(error) if error.is_request() && attempts > 0 => attempts -= 1,
            answer => break answer?,
        }
    };
    let answer: Answer = answer.error_for_status()?.json().await?;
    anyhow::ensure!(!answer.name.is_empty(), "an answer without a name");
    Ok(())
}

fn http_client(ready: &Ready) -> anyhow::Result<reqwest::Client> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ready.ca_pem.as_bytes()) {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // A preconfigured TLS backend is taken as it is: without this, HTTP/2 is not offered.
    tls.alpn_protocols = vec![b"h2".to_vec()];
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .build()?)
}
