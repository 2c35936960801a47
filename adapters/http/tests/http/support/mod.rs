//! A small HTTP/2 server over TLS that works frame by frame, so that a test decides about every
//! SETTINGS, GOAWAY and PING. It decodes no headers: who needs them looks into the replay tests or
//! the tests of the general transport.
#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod frames;
pub(crate) mod http1;
pub(crate) mod proxy;
pub(crate) mod tls;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use zpns_core::resources::{HttpClient, HttpConnector, HttpOptions, HttpRequest, Transport};
use zpns_http::{Connector, PoolOptions};

pub(crate) use self::frames::Link;
pub(crate) use self::tls::Authority;

/// A listening server; every connection runs the script in a task of its own.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) authority: Authority,
    connections: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
    accept: JoinHandle<()>,
}

impl Server {
    /// Serves HTTP/2.
    pub(crate) async fn start<S, F>(script: S) -> Self
    where
        S: Fn(Link) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start_with(Authority::new(), false, script).await
    }

    /// Serves HTTP/2 with certificates of `authority`, asking for the client's if told so.
    pub(crate) async fn start_with<S, F>(authority: Authority, client_auth: bool, script: S) -> Self
    where
        S: Fn(Link) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::run(listener, authority, client_auth, script)
    }

    /// Serves HTTP/2 at an address that was used before.
    pub(crate) async fn start_at<S, F>(address: SocketAddr, authority: Authority, script: S) -> Self
    where
        S: Fn(Link) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(address).await.unwrap();
        Self::run(listener, authority, false, script)
    }

    fn run<S, F>(listener: TcpListener, authority: Authority, client_auth: bool, script: S) -> Self
    where
        S: Fn(Link) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let address = listener.local_addr().unwrap();
        let acceptor = authority.acceptor(&[b"h2"], client_auth);
        let connections = Arc::new(AtomicUsize::new(0));
        let script = Arc::new(script);
        let counter = Arc::clone(&connections);
        let ended = Arc::new(AtomicUsize::new(0));
        let ends = Arc::clone(&ended);
        let accept = tokio::spawn(async move {
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                tcp.set_nodelay(true).unwrap();
                let index = counter.fetch_add(1, Ordering::SeqCst);
                let (acceptor, script) = (acceptor.clone(), Arc::clone(&script));
                let ends = Arc::clone(&ends);
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(tcp).await else {
                        return;
                    };
                    if let Some(link) = Link::accept(index, stream).await {
                        script(link).await;
                        ends.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        Self {
            address,
            authority,
            connections,
            ended,
            accept,
        }
    }

    /// TCP connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Connections whose script has ended, most often because the client left.
    pub(crate) fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }

    /// Listens no more; open connections stay.
    pub(crate) fn stop(&self) {
        self.accept.abort();
    }

    /// Options that trust this server.
    pub(crate) fn options(&self, transport: Transport) -> HttpOptions {
        let mut options = HttpOptions::new(transport);
        options.extra_roots_pem = Some(self.authority.pem());
        options
    }

    /// A pooled client with default options.
    pub(crate) fn pool(&self) -> Arc<dyn HttpClient> {
        self.pool_with(PoolOptions::default())
    }

    pub(crate) fn open(&self, options: &HttpOptions) -> Arc<dyn HttpClient> {
        Connector::new().open(options).unwrap()
    }

    pub(crate) fn pool_with(&self, pool: PoolOptions) -> Arc<dyn HttpClient> {
        Connector::new()
            .with_pool_options(pool)
            .open(&self.options(Transport::PooledHttp2))
            .unwrap()
    }

    /// A POST with a body, to this server.
    pub(crate) fn request(&self, body: impl Into<Bytes>) -> HttpRequest {
        request_to(self.address, body)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

/// A POST with a body and ten seconds.
pub(crate) fn request_to(address: SocketAddr, body: impl Into<Bytes>) -> HttpRequest {
    HttpRequest {
        method: Method::POST,
        uri: format!("https://{address}/3/device/00aa").parse().unwrap(),
        headers: HeaderMap::new(),
        body: body.into(),
        timeout: Duration::from_secs(10),
    }
}

/// Answers every request with 200 at once, allowing `limit` streams from the beginning.
pub(crate) async fn answer_all(mut link: Link, limit: u32) {
    link.settings(limit);
    while let Some(request) = link.request().await {
        link.answer(request.stream);
    }
}

/// Waits until a condition holds; the test's own time-out is the limit.
pub(crate) async fn until(condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting)
        .await
        .expect("the condition never held");
}
