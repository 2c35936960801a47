//! An independent client: `h2` and `hyper` on `tokio-rustls`, with nothing of the simulator.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, of which every binary uses a part"
)]

pub mod apns;
pub mod fcm;
pub mod honor;
pub mod oppo;
pub mod webpush;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status and APNs reason.
    pub fn reason(&self) -> (u16, String) {
        let reason = match self.body.is_empty() {
            true => String::new(),
            false => self.json()["reason"].as_str().unwrap().to_owned(),
        };
        (self.status.as_u16(), reason)
    }
}

pub fn tls(ca_pem: &str, client: Option<(&str, &str)>, alpn: &[&str]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match client {
        None => builder.with_no_client_auth(),
        Some((cert, key)) => builder
            .with_client_auth_cert(
                vec![CertificateDer::from_pem_slice(cert.as_bytes()).unwrap()],
                PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
            )
            .unwrap(),
    };
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    config
}

pub async fn connect_tls(
    origin: &str,
    config: ClientConfig,
) -> std::io::Result<TlsStream<TcpStream>> {
    let address = origin.strip_prefix("https://").unwrap();
    let socket = TcpStream::connect(address).await?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, socket)
        .await
}

/// One HTTP/2 connection.
#[derive(Clone)]
pub struct Client {
    pub send: SendRequest<Bytes>,
    origin: String,
    pub ended: Arc<JoinHandle<Result<(), h2::Error>>>,
}

impl Client {
    pub async fn connect(origin: &str, config: ClientConfig) -> Self {
        let tls = connect_tls(origin, config).await.unwrap();
        assert_eq!(tls.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        let (send, connection) = h2::client::Builder::new()
            .initial_max_send_streams(1)
            .handshake(tls)
            .await
            .unwrap();
        let ended = Arc::new(tokio::spawn(connection));
        Self {
            send,
            origin: origin.to_owned(),
            ended,
        }
    }

    /// A client over a connection that the test has made itself.
    pub fn over(
        send: SendRequest<Bytes>,
        origin: &str,
        driver: JoinHandle<Result<(), h2::Error>>,
    ) -> Self {
        Self {
            send,
            origin: origin.to_owned(),
            ended: Arc::new(driver),
        }
    }

    /// Starts a request without waiting for the answer.
    pub async fn start(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<ResponseFuture, h2::Error> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.origin));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        let mut send = self.send.clone().ready().await?;
        let body = body.into();
        let (response, mut stream) = send.send_request(request, body.is_empty())?;
        if !body.is_empty() {
            stream.send_data(body, true)?;
        }
        Ok(response)
    }

    pub async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Reply, h2::Error> {
        finish(self.start(method, path, headers, body).await?).await
    }
}

/// Reads an answer to its end.
pub async fn finish(response: ResponseFuture) -> Result<Reply, h2::Error> {
    let (head, mut stream) = response.await?.into_parts();
    let mut body = Vec::new();
    while let Some(chunk) = stream.data().await {
        let chunk = chunk?;
        stream.flow_control().release_capacity(chunk.len())?;
        body.extend_from_slice(&chunk);
    }
    Ok(Reply {
        status: head.status,
        headers: head.headers,
        body: body.into(),
    })
}

/// A compact JWT whose signature `sign` makes.
pub fn jwt(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

pub fn der(pem: &str) -> Vec<u8> {
    PrivateKeyDer::from_pem_slice(pem.as_bytes())
        .unwrap()
        .secret_der()
        .to_vec()
}

#[allow(clippy::disallowed_methods, reason = "a client's own clock")]
pub fn now() -> i64 {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64
}

/// Waits for something that happens soon, without assuming when.
#[allow(clippy::disallowed_methods, reason = "tests wait in real time")]
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..2000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("never happened: {what}");
}

/// The result of `future` if it comes within `limit`.
#[allow(clippy::disallowed_methods, reason = "tests wait in real time")]
pub async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(limit, future).await.ok()
}

/// One POST over HTTP/1.1.
pub async fn http1<S>(
    stream: S,
    path: &str,
    headers: &[(&str, &str)],
) -> Result<(StatusCode, Bytes), hyper::Error>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (mut send, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut request = Request::post(path).header("host", "fcm.googleapis.com");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = Full::new(Bytes::from_static(b"{}"));
    let response = send.send_request(request.body(body).unwrap()).await?;
    let status = response.status();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}
