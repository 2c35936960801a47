//! The general transport: HTTP/1.1 or HTTP/2 by ALPN, on `reqwest`.

mod body;
mod failure;
mod gate;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{Uri, Version};
use reqwest::redirect::Policy;
use reqwest::{Url, retry};
use zpns_core::Secret;
use zpns_core::resources::{HttpClient, HttpError, HttpOptions, HttpRequest, HttpResponse};

use self::body::TellingBody;
use self::failure::judge;
use self::gate::Gates;
use crate::errors::{self, invalid};
use crate::names::Names;
use crate::under_way::UnderWay;
use crate::{proxy, time, tls};

/// How often a request that provably was not processed is sent again.
const MAX_REPLAYS: u32 = 2;

/// A client over `reqwest`.
#[derive(Debug)]
pub(crate) struct General {
    options: HttpOptions,
    names: Names,
    client: ArcSwap<Current>,
    gates: Gates,
    under_way: UnderWay,
}

/// The `reqwest` client in use, and how many answers have begun to come over its connections.
#[derive(Debug)]
struct Current {
    client: reqwest::Client,
    answers: AtomicU64,
}

impl Current {
    fn new(options: &HttpOptions, names: &Names) -> Result<Arc<Self>, HttpError> {
        Ok(Arc::new(Self {
            client: client(options, names)?,
            answers: AtomicU64::new(0),
        }))
    }

    fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }
}

impl General {
    pub(crate) fn new(options: &HttpOptions, names: Names) -> Result<Self, HttpError> {
        Ok(Self {
            client: ArcSwap::new(Current::new(options, &names)?),
            gates: Gates::new(options.max_connections),
            options: options.clone(),
            names,
            under_way: UnderWay::new(),
        })
    }

    /// Sends the request, and again if the server provably left it alone.
    async fn exchange(
        &self,
        request: &HttpRequest,
        left: &Arc<AtomicBool>,
        current: &Current,
    ) -> Result<HttpResponse, HttpError> {
        let url = url_of(&request.uri)?;
        // `reqwest` asks no resolver about a literal address.
        self.names
            .check_literal(url.host_str().unwrap_or_default())?;
        let gate = self.gates.of(url.authority());
        let _pass = gate.pass().await;
        let mut replays = MAX_REPLAYS;
        loop {
            let attempt = convert(request, url.clone(), left);
            // A request without a body is gone as soon as it is handed over.
            left.store(request.body.is_empty(), Ordering::Release);
            let mut answer = match current.client.execute(attempt).await {
                Ok(answer) => {
                    current.answers.fetch_add(1, Ordering::Relaxed);
                    answer
                }
                Err(error) => {
                    let verdict = judge(error, left);
                    if verdict.unprocessed && replays > 0 {
                        replays -= 1;
                        continue;
                    }
                    return Err(verdict.error);
                }
            };
            if answer.version() == Version::HTTP_2 {
                gate.open();
            }
            let status = answer.status();
            let headers = std::mem::take(answer.headers_mut());
            let body = self.read_body(answer, left).await?;
            return Ok(HttpResponse {
                status,
                headers,
                body,
            });
        }
    }

    /// Takes a client's connections out of use, unless that was done already.
    fn replace(&self, old: &Arc<Current>) {
        if !Arc::ptr_eq(&self.client.load(), old) {
            return;
        }
        // The options made a client before; should they not now, the old connections are all there is.
        match Current::new(&self.options, &self.names) {
            Ok(fresh) => drop(self.client.compare_and_swap(old, fresh)),
            Err(error) => tracing::warn!(%error, "connections are not renewed"),
        }
    }

    async fn read_body(
        &self,
        mut answer: reqwest::Response,
        left: &AtomicBool,
    ) -> Result<Bytes, HttpError> {
        // Whatever happens from here on, the server has seen the request.
        left.store(true, Ordering::Release);
        let limit = self.options.max_response_body;
        let mut whole = BytesMut::new();
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|error| judge(error, left).error)?
        {
            if whole.len() + chunk.len() > limit {
                return Err(errors::body_too_long(limit));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }
}

#[async_trait]
impl HttpClient for General {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let _entered = self.under_way.enter()?;
        let timeout = request.timeout;
        let left = Arc::new(AtomicBool::new(false));
        let current = self.client.load_full();
        let answers = current.answers();
        let exchange = time::within(timeout, self.exchange(&request, &left, &current));
        tokio::select! {
            biased;
            outcome = exchange => {
                outcome.unwrap_or_else(|| {
                    // Nothing came back all this time: the connection may be dead, and `reqwest`
                    // would go on using it.
                    if current.answers() == answers {
                        self.replace(&current);
                    }
                    Err(errors::timeout(failure::sent(&left), timeout))
                })
            }
            () = self.under_way.cut() => Err(errors::closed(failure::sent(&left))),
        }
    }

    fn renew_connections(&self) {
        self.replace(&self.client.load_full());
    }

    async fn close(&self, grace: Duration) {
        self.under_way.drain(grace).await;
    }
}

fn client(options: &HttpOptions, names: &Names) -> Result<reqwest::Client, HttpError> {
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls::client_config(options, tls::ALPN_ANY)?)
        .https_only(true)
        .redirect(Policy::none())
        // Replays are ours: `reqwest` cannot repeat a body that tells when it leaves.
        .retry(retry::never())
        .connect_timeout(options.connect_timeout)
        .pool_max_idle_per_host(options.max_connections)
        .tcp_nodelay(true)
        .dns_resolver(Arc::new(names.clone()))
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

fn url_of(uri: &Uri) -> Result<Url, HttpError> {
    let url = Url::parse(&uri.to_string())
        .map_err(|_| invalid("the request's URI is not an absolute URL"))?;
    if url.scheme() == "https" {
        Ok(url)
    } else {
        Err(invalid("the request's URI is not https"))
    }
}

fn convert(request: &HttpRequest, url: Url, left: &Arc<AtomicBool>) -> reqwest::Request {
    let mut converted = reqwest::Request::new(request.method.clone(), url);
    *converted.headers_mut() = request.headers.clone();
    if !request.body.is_empty() {
        let body = TellingBody::new(request.body.clone(), Arc::clone(left));
        *converted.body_mut() = Some(reqwest::Body::wrap(body));
    }
    converted
}
