//! A small HTTP/1.1 server over TLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use zpns_core::resources::{HttpClient, HttpConnector, HttpOptions, HttpRequest, Transport};
use zpns_http::Connector;

use super::Authority;

pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Server {
    address: SocketAddr,
    authority: Authority,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Server {
    /// Answers with what `respond` makes of a request; nothing means to hang up.
    pub(crate) async fn start<R>(respond: R) -> Self
    where
        R: Fn(&Request) -> Vec<u8> + Send + Sync + 'static,
    {
        let authority = Authority::new();
        let acceptor = authority.acceptor(&[b"http/1.1"], false);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, requests) =
            (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (opened, received) = (Arc::clone(&connections), Arc::clone(&requests));
        let respond = Arc::new(respond);
        tokio::spawn(async move {
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                opened.fetch_add(1, Ordering::SeqCst);
                let (acceptor, respond) = (acceptor.clone(), Arc::clone(&respond));
                let received = Arc::clone(&received);
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(tcp).await else {
                        return;
                    };
                    while let Some(request) = read(&mut stream).await {
                        received.fetch_add(1, Ordering::SeqCst);
                        let answer = respond(&request);
                        if answer.is_empty() || stream.write_all(&answer).await.is_err() {
                            return;
                        }
                        stream.flush().await.unwrap();
                    }
                });
            }
        });
        Self {
            address,
            authority,
            connections,
            requests,
        }
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn options(&self, transport: Transport) -> HttpOptions {
        let mut options = HttpOptions::new(transport);
        options.extra_roots_pem = Some(self.authority.pem());
        options
    }

    pub(crate) fn open(&self, options: &HttpOptions) -> Arc<dyn HttpClient> {
        Connector::new().open(options).unwrap()
    }

    pub(crate) fn request(&self, body: impl Into<Bytes>) -> HttpRequest {
        super::request_to(self.address, body)
    }
}

async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Request> {
    let head = read_head(stream).await?;
    let length = head
        .lines()
        .find_map(|line| {
            line.to_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        })
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Request { head, body })
}

/// Up to the empty line.
pub(crate) async fn read_head<S: AsyncRead + Unpin>(stream: &mut S) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}
