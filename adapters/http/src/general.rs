//! The general transport: HTTP/1.1 or HTTP/2 by ALPN, on `reqwest`.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::redirect::Policy;
use zpns_core::resources::{
    HttpClient, HttpError, HttpErrorKind, HttpOptions, HttpRequest, HttpResponse,
};
use zpns_core::{Secret, Sent};

use crate::errors::{self, invalid};
use crate::under_way::UnderWay;
use crate::{proxy, time, tls};

/// A client over `reqwest`.
#[derive(Debug)]
pub(crate) struct General {
    options: HttpOptions,
    client: ArcSwap<reqwest::Client>,
    under_way: UnderWay,
}

impl General {
    pub(crate) fn new(options: &HttpOptions) -> Result<Self, HttpError> {
        Ok(Self {
            client: ArcSwap::new(Arc::new(client(options)?)),
            options: options.clone(),
            under_way: UnderWay::new(),
        })
    }

    async fn exchange(&self, request: reqwest::Request) -> Result<HttpResponse, HttpError> {
        let client = self.client.load_full();
        let mut answer = client.execute(request).await.map_err(judge)?;
        let status = answer.status();
        let headers = std::mem::take(answer.headers_mut());
        let body = read_body(answer, self.options.max_response_body).await?;
        Ok(HttpResponse {
            status,
            headers,
            body,
        })
    }
}

#[async_trait]
impl HttpClient for General {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let _entered = self.under_way.enter()?;
        let timeout = request.timeout;
        let request = convert(request)?;
        let exchange = time::within(timeout, self.exchange(request));
        tokio::select! {
            biased;
            outcome = exchange => {
                outcome.unwrap_or_else(|| Err(errors::timeout(Sent::Maybe, timeout)))
            }
            () = self.under_way.cut() => Err(errors::closed(Sent::Maybe)),
        }
    }

    fn renew_connections(&self) {
        // The options made a client before; should they not now, the old connections are all there is.
        match client(&self.options) {
            Ok(fresh) => self.client.store(Arc::new(fresh)),
            Err(error) => tracing::warn!(%error, "connections are not renewed"),
        }
    }

    async fn close(&self, grace: Duration) {
        self.under_way.drain(grace).await;
    }
}

fn client(options: &HttpOptions) -> Result<reqwest::Client, HttpError> {
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls::client_config(options, tls::ALPN_ANY)?)
        .https_only(true)
        .redirect(Policy::none())
        .connect_timeout(options.connect_timeout)
        .pool_max_idle_per_host(options.max_connections)
        .tcp_nodelay(true)
        // Nothing from the environment.
        .no_proxy();
    if let Some(secret) = &options.proxy {
        builder = builder.proxy(proxy_of(secret)?);
    }
    builder
        .build()
        .map_err(|error| invalid("the HTTP client cannot be made").with_source(error.without_url()))
}

fn proxy_of(secret: &Secret) -> Result<reqwest::Proxy, HttpError> {
    // The same proxies as for the pool, and no error that shows the URL.
    proxy::Proxy::parse(secret)?;
    reqwest::Proxy::https(secret.expose()).map_err(|_| invalid("the proxy cannot be used"))
}

fn convert(request: HttpRequest) -> Result<reqwest::Request, HttpError> {
    let url = reqwest::Url::parse(&request.uri.to_string())
        .map_err(|_| invalid("the request's URI is not an absolute URL"))?;
    if url.scheme() != "https" {
        return Err(invalid("the request's URI is not https"));
    }
    let mut converted = reqwest::Request::new(request.method, url);
    *converted.headers_mut() = request.headers;
    if !request.body.is_empty() {
        *converted.body_mut() = Some(request.body.into());
    }
    Ok(converted)
}

async fn read_body(mut answer: reqwest::Response, limit: usize) -> Result<Bytes, HttpError> {
    let mut whole = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(judge)? {
        if whole.len() + chunk.len() > limit {
            return Err(errors::body_too_long(limit));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// What an error of `reqwest` proves. Its text names the URL, which may hold a token: only the
/// causes below it are shown.
fn judge(error: reqwest::Error) -> HttpError {
    let error = error.without_url();
    let (kind, sent) = if error.is_builder() {
        (HttpErrorKind::Invalid, Sent::No)
    } else if error.is_connect() {
        (HttpErrorKind::Connect, Sent::No)
    } else if error.is_timeout() {
        (HttpErrorKind::Timeout, Sent::Maybe)
    } else if broke_protocol(&error) {
        (HttpErrorKind::Protocol, Sent::Maybe)
    } else {
        (HttpErrorKind::Interrupted, Sent::Maybe)
    };
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(below) = cause {
        message = format!("{message}: {below}");
        cause = below.source();
    }
    HttpError::new(kind, sent, message).with_source(error)
}

fn broke_protocol(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(below) = cause {
        if let Some(hyper) = below.downcast_ref::<hyper::Error>() {
            return hyper.is_parse();
        }
        if let Some(h2) = below.downcast_ref::<h2::Error>() {
            return h2.is_library();
        }
        cause = below.source();
    }
    false
}
