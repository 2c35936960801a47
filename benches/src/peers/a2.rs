//! `a2` 0.10, as near as it can be brought to a local server.
//!
//! `a2` connects to Apple's hosts on port 443 and to nothing else, and trusts the public roots
//! alone; neither can be changed from outside, so the crate's own `Client` never reaches a local
//! server. What is measured is its stack, put together line by line as its `client.rs` and
//! `signer.rs` do, with host, port and roots exchanged and nothing else:
//!
//! * `a2`'s own payload, options and serialisation, through its public types;
//! * the same request builder, header by header, and the same cached signature behind the same
//!   lock with the same look at the clock;
//! * hyper-util's pooled client with the same options, hyper-rustls 0.26, rustls 0.22 and ring;
//! * the same time-out around the request, and the same reading of the answer.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use a2::request::payload::PayloadLike;
use a2::{
    DefaultNotificationBuilder, NotificationBuilder, NotificationOptions, Priority, PushType,
};
use a2_hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use futures_util::future::BoxFuture;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use parking_lot::RwLock;
use tokio::time::timeout;

use crate::contest::{Pushes, Send};
use crate::load;
use crate::message::{self, TITLE, TOPIC};
use crate::server::Ready;

/// Tokens that a run goes through again and again.
const TOKENS: usize = 10_000;

/// Pushes of this payload size through `a2`'s stack.
///
/// # Errors
/// No payload of `a2` has this size.
pub fn client(ready: &Ready, size: usize) -> anyhow::Result<Send> {
    let length = message::length_for(size, |length| {
        let text = message::text(length);
        Ok(payload("token", &text).to_json_string()?.len())
    })?;
    let text: Arc<str> = message::text(length).into();
    let tokens: Arc<[String]> = (0..TOKENS).map(message::apns_token).collect();
    let client = Arc::new(Client::new(ready)?);
    Ok(Box::new(move |pushes: Pushes| -> BoxFuture<'static, _> {
        let (client, text, tokens) = (Arc::clone(&client), Arc::clone(&text), Arc::clone(&tokens));
        Box::pin(load::drive(pushes.total, pushes.in_flight, move |number| {
            let (client, text, tokens) =
                (Arc::clone(&client), Arc::clone(&text), Arc::clone(&tokens));
            async move {
                let payload = payload(&tokens[number % TOKENS], &text);
                client.send(payload).await
            }
        }))
    }))
}

/// What a host writes for each push, as in `a2`'s documentation.
fn payload<'a>(token: &'a str, text: &'a str) -> impl PayloadLike + 'a {
    let options = NotificationOptions {
        apns_id: Some("eabeae54-14a8-11e5-b60b-1697f925ec7b"),
        apns_push_type: Some(PushType::Alert),
        apns_priority: Some(Priority::High),
        apns_topic: Some(TOPIC),
        ..NotificationOptions::default()
    };
    DefaultNotificationBuilder::new()
        .set_title(TITLE)
        .set_body(text)
        .build(token, options)
}

struct Client {
    endpoint: String,
    request_timeout: Duration,
    signer: Signer,
    http_client: HttpClient<HttpsConnector<HttpConnector>, BoxBody<Bytes, Infallible>>,
}

impl Client {
    fn new(ready: &Ready) -> anyhow::Result<Self> {
        let mut roots = a2_rustls::RootCertStore::empty();
        for certificate in
            rustls::pki_types::pem::PemObject::pem_slice_iter(ready.ca_pem.as_bytes())
        {
            roots.add(certificate?)?;
        }
        let tls = a2_rustls::ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_only()
            .enable_http2()
            .build();
        let http_client = HttpClient::builder(TokioExecutor::new())
            .pool_idle_timeout(Some(Duration::from_secs(600)))
            .http2_only(true)
            .build(connector);
        Ok(Self {
            endpoint: format!("127.0.0.1:{}", ready.apns),
            request_timeout: Duration::from_secs(20),
            signer: Signer::new(),
            http_client,
        })
    }

    async fn send<T: PayloadLike>(&self, payload: T) -> anyhow::Result<()> {
        let request = self.build_request(payload)?;
        let requesting = self.http_client.request(request);
        let response = timeout(self.request_timeout, requesting).await??;
        let apns_id = response
            .headers()
            .get("apns-id")
            .and_then(|id| id.to_str().ok())
            .map(String::from);
        anyhow::ensure!(
            response.status() == http::StatusCode::OK && apns_id.is_some(),
            "not accepted: {}",
            response.status()
        );
        Ok(())
    }

    fn build_request<T: PayloadLike>(
        &self,
        payload: T,
    ) -> anyhow::Result<hyper::Request<BoxBody<Bytes, Infallible>>> {
        let path = format!(
            "https://{}/3/device/{}",
            self.endpoint,
            payload.get_device_token()
        );
        let mut builder = hyper::Request::builder()
            .uri(&path)
            .method("POST")
            .header(CONTENT_TYPE, "application/json");
        let options = payload.get_options();
        if let Some(ref apns_priority) = options.apns_priority {
            builder = builder.header("apns-priority", apns_priority.to_string().as_bytes());
        }
        if let Some(apns_id) = options.apns_id {
            builder = builder.header("apns-id", apns_id.as_bytes());
        }
        if let Some(apns_push_type) = options.apns_push_type.as_ref() {
            builder = builder.header("apns-push-type", apns_push_type.to_string().as_bytes());
        }
        if let Some(ref apns_expiration) = options.apns_expiration {
            builder = builder.header("apns-expiration", apns_expiration.to_string().as_bytes());
        }
        if let Some(ref apns_collapse_id) = options.apns_collapse_id {
            builder = builder.header("apns-collapse-id", apns_collapse_id.value.as_bytes());
        }
        if let Some(apns_topic) = options.apns_topic {
            builder = builder.header("apns-topic", apns_topic.as_bytes());
        }
        let auth = self
            .signer
            .with_signature(|signature| format!("Bearer {signature}"));
        builder = builder.header(AUTHORIZATION, auth.as_bytes());
        let payload_json = payload.to_json_string()?;
        builder = builder.header(CONTENT_LENGTH, format!("{}", payload_json.len()).as_bytes());
        let request_body = Full::from(payload_json.into_bytes()).boxed();
        Ok(builder.body(request_body)?)
    }
}

/// `a2`'s cached signature, without the signing: a run is far shorter than a signature's life.
struct Signer {
    signature: Arc<RwLock<Signature>>,
    expire_after_s: Duration,
}

struct Signature {
    key: String,
    issued_at: i64,
}

impl Signer {
    fn new() -> Self {
        // As long as a real one: a header, claims and an ES256 signature in base64.
        let parts = [
            "eyJhbGciOiJFUzI1NiIsImtpZCI6IkFCQzEyM0RFRkcifQ==",
            "eyJpc3MiOiIyTTdKRzhBNUhLIiwiaWF0IjoxNzk1NTgyODAwfQ==",
            "MEUCIQDx7LqkPbVvTnYsWc3Hm0RgZ4JtK9dFaUe2XoB5iC6yNwIgT8rQhSlEvM1pGjAzD7uOfKxL3sYbWcVn4tHqRmJeZ0U=",
        ];
        Self {
            signature: Arc::new(RwLock::new(Signature {
                key: parts.join("."),
                issued_at: seconds(),
            })),
            expire_after_s: Duration::from_secs(60 * 55),
        }
    }

    fn with_signature<T>(&self, use_it: impl FnOnce(&str) -> T) -> T {
        if self.is_expired() {
            self.signature.write().issued_at = seconds();
        }
        use_it(&self.signature.read().key)
    }

    fn is_expired(&self) -> bool {
        let age = seconds() - self.signature.read().issued_at;
        age >= self.expire_after_s.as_secs() as i64
    }
}

fn seconds() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.unwrap_or_default().as_secs() as i64
}
