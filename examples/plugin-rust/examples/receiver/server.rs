//! The other side of the webhook: checks the signature, and has a word for each token.
//!
//! It shares no code with the plugins, nor the library that they sign with.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aws_lc_rs::hmac;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A running receiver; it ends with its runtime.
#[derive(Debug)]
pub(crate) struct Receiver {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// The authority behind its certificate, as PEM.
    pub(crate) ca_pem: String,
    /// The body of every batch that proved itself.
    pub(crate) batches: Arc<Mutex<Vec<Bytes>>>,
}

/// What a batch proves itself by: a signature, or the secret as it is.
struct Known {
    key: hmac::Key,
    bearer: String,
}

/// One batch, as far as a receiver looks at it.
#[derive(Deserialize)]
struct Batch {
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    token: String,
}

/// The first word of a token that means something, and the word for it. All others are `ok`.
const WORDS: [(&str, &str); 4] = [
    ("dead", "gone"),
    ("muted", "muted"),
    ("bad", "refused"),
    ("flaky", "busy"),
];

impl Receiver {
    /// Starts one on a free port of this machine that knows this secret.
    ///
    /// # Errors
    /// No socket, no certificate.
    pub(crate) async fn start(secret: &str) -> anyhow::Result<Self> {
        let (tls, ca_pem) = tls()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let batches = Arc::new(Mutex::new(Vec::new()));
        let known = Arc::new(Known {
            key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            bearer: format!("Bearer {secret}"),
        });
        let seen = Arc::clone(&batches);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, known, seen) = (tls.clone(), Arc::clone(&known), Arc::clone(&seen));
                tokio::spawn(async move {
                    let Ok(stream) = tls.accept(stream).await else {
                        return;
                    };
                    let service = service_fn(|request| answer(request, &known, &seen));
                    // Whoever hangs up has said all that there is to say.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Ok(Self {
            address,
            ca_pem,
            batches,
        })
    }
}

async fn answer(
    request: Request<Incoming>,
    known: &Known,
    seen: &Mutex<Vec<Bytes>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let signature = request.headers().get("x-signature").cloned();
    let bearer = request.headers().get(http::header::AUTHORIZATION).cloned();
    let json = request.headers().get(http::header::CONTENT_TYPE).cloned();
    let path = request.uri().path().to_owned();
    let Ok(body) = request.into_body().collect().await else {
        return Ok(refuse(StatusCode::BAD_REQUEST));
    };
    let body = body.to_bytes();
    let signature = signature.and_then(|value| {
        let digits = value.to_str().ok()?.strip_prefix("sha256=")?.to_owned();
        bytes_of(&digits)
    });
    let signed =
        signature.is_some_and(|signature| hmac::verify(&known.key, &body, &signature).is_ok());
    if !signed && bearer.is_none_or(|bearer| bearer.as_bytes() != known.bearer.as_bytes()) {
        return Ok(refuse(StatusCode::UNAUTHORIZED));
    }
    let batch = serde_json::from_slice::<Batch>(&body);
    let (Ok(batch), Some(b"application/json")) =
        (batch, json.as_ref().map(|value| value.as_bytes()))
    else {
        return Ok(refuse(StatusCode::BAD_REQUEST));
    };
    let words: Vec<&str> = batch.targets.iter().map(word).collect();
    let answer = match &*path {
        "/hook" => json!({ "verdicts": words }),
        "/report" => report(&words),
        _ => return Ok(refuse(StatusCode::NOT_FOUND)),
    };
    if let Ok(mut seen) = seen.lock() {
        seen.push(body);
    }
    Ok(Response::new(Full::from(answer.to_string())))
}

fn word(target: &Target) -> &'static str {
    let first = |(prefix, _): &&(&str, &str)| target.token.starts_with(prefix);
    WORDS.iter().find(first).map_or("ok", |(_, word)| word)
}

/// The same as `zpns.report/1`, for plugins that hand it on as it is.
fn report(words: &[&str]) -> Value {
    let dead = words
        .iter()
        .enumerate()
        .filter(|(_, word)| **word == "gone");
    let outcomes: Vec<Value> = dead
        .map(|(i, _)| {
            json!({
                "i": i, "outcome": "rejected", "kind": "token_invalid",
                "token": {"drop": {"since": null}}, "reason": "the device is gone",
            })
        })
        .collect();
    json!({"rest": {"outcome": "accepted"}, "outcomes": outcomes})
}

fn refuse(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

/// The bytes of hexadecimal digits.
fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect()
}

/// A certificate for this machine, and the authority that signed it.
fn tls() -> anyhow::Result<(TlsAcceptor, String)> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let mut leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
    leaf.use_authority_key_identifier_extension = true;
    let leaf = leaf.signed_by(&key, &authority)?;
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )?;
    Ok((TlsAcceptor::from(Arc::new(config)), authority.pem()))
}
