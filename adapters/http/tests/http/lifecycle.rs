//! Dialling, keeping, renewing and closing connections.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use zpns_core::resources::{HttpErrorKind, Transport};
use zpns_core::{Secret, Sent};
use zpns_http::PoolOptions;

use crate::support::proxy::ConnectProxy;
use crate::support::{Authority, Link, Server, answer_all, request_to, until};

const SOON: Duration = Duration::from_millis(50);

#[tokio::test]
async fn a_missed_ping_kills_the_connection() {
    let server = Server::start(|mut link| async move {
        link.answer_pings = false;
        link.settings(100);
        link.drain().await;
    })
    .await;
    let mut options = PoolOptions::default();
    (options.ping_interval, options.ping_timeout) = (SOON, SOON);
    let client = server.pool_with(options);
    let error = client.send(server.request("push")).await.unwrap_err();
    assert_eq!(
        (error.kind, error.sent),
        (HttpErrorKind::Interrupted, Sent::Maybe)
    );
    assert!(error.message.contains("PING"), "{}", error.message);
}

#[tokio::test]
async fn answered_pings_keep_a_slow_connection_alive() {
    let server = Server::start(|mut link| async move {
        link.settings(100);
        let request = link.request().await.unwrap();
        while link.pings < 4 {
            link.frame().await.unwrap();
        }
        link.answer(request.stream);
        link.drain().await;
    })
    .await;
    let mut options = PoolOptions::default();
    (options.ping_interval, options.ping_timeout) = (SOON, Duration::from_secs(5));
    server
        .pool_with(options)
        .send(server.request("push"))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_idle_connection_is_pinged_at_its_own_slower_pace() {
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |mut link| {
        let told = told.clone();
        async move {
            link.settings(100);
            let request = link.request().await.unwrap();
            link.answer(request.stream);
            let answered = Instant::now();
            while link.pings == 0 {
                link.frame().await.unwrap();
            }
            told.send(answered.elapsed()).unwrap();
        }
    })
    .await;
    let mut options = PoolOptions::default();
    (options.ping_interval, options.idle_ping_interval) = (SOON, SOON * 6);
    let client = server.pool_with(options);
    client.send(server.request("push")).await.unwrap();
    assert!(heard.recv().await.unwrap() > SOON * 4);
}

#[tokio::test]
async fn after_a_failed_dial_requests_fail_fast_with_the_last_error_and_dial_again_later() {
    let server = Server::start(|link| answer_all(link, 100)).await;
    let authority = server.authority.clone();
    server.stop();
    until(|| std::net::TcpStream::connect(server.address).is_err()).await;
    let connector = zpns_http::Connector::new()
        .with_pool_options({
            let mut options = PoolOptions::default();
            options.first_pause = Duration::from_millis(400);
            options
        })
        .with_random(std::sync::Arc::new(Highest));
    let client =
        zpns_core::HttpConnector::open(&connector, &server.options(Transport::PooledHttp2))
            .unwrap();
    let first = client.send(server.request("push")).await.unwrap_err();
    assert!(first.message.contains("refused"), "{}", first.message);
    let start = Instant::now();
    let second = client.send(server.request("push")).await.unwrap_err();
    assert!(
        start.elapsed() < Duration::from_millis(200),
        "fails at once"
    );
    assert_eq!(
        (second.kind, second.sent),
        (HttpErrorKind::Connect, Sent::No)
    );
    assert!(
        second.message.contains("not dialled again"),
        "{}",
        second.message
    );
    assert!(second.message.contains("refused"), "{}", second.message);
    let again = Server::start_at(server.address, authority, |link| answer_all(link, 100)).await;
    tokio::time::sleep(Duration::from_millis(450)).await;
    client.send(again.request("push")).await.unwrap();
}

/// The longest pause each time.
#[derive(Debug)]
struct Highest;

impl zpns_core::Random for Highest {
    fn next_u64(&self) -> u64 {
        u64::MAX
    }
}

#[tokio::test]
async fn everybody_who_waits_for_a_failed_dial_is_told_and_one_dial_was_made() {
    let server = Server::start(|link| answer_all(link, 100)).await;
    let mut options = server.options(Transport::PooledHttp2);
    options.extra_roots_pem = None;
    let client = server.open(&options);
    let requests = (0..50).map(|_| client.send(server.request("push")));
    for outcome in join_all(requests).await {
        assert_eq!(outcome.unwrap_err().kind, HttpErrorKind::Connect);
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_server_that_hangs_up_on_every_connection_is_not_dialled_in_a_row() {
    let server = Server::start(|link: Link| async move { drop(link) }).await;
    let client = server.pool();
    for _ in 0..30 {
        client.send(server.request("push")).await.unwrap_err();
    }
    assert!(server.connections() < 10, "{}", server.connections());
}

#[tokio::test]
async fn a_dial_that_takes_too_long_fails_as_connect() {
    // Accepts, and never says a word of TLS.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut options = zpns_core::resources::HttpOptions::new(Transport::PooledHttp2);
    options.connect_timeout = SOON;
    let connector = zpns_http::Connector::new();
    let client = zpns_core::HttpConnector::open(&connector, &options).unwrap();
    let error = client.send(request_to(address, "push")).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (HttpErrorKind::Connect, Sent::No));
}

#[tokio::test]
async fn a_client_certificate_is_presented() {
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start_with(Authority::new(), true, move |link| {
        told.send(link.client_certificates).unwrap();
        answer_all(link, 100)
    })
    .await;
    for transport in [Transport::PooledHttp2, Transport::General] {
        let mut options = server.options(transport);
        options.identity = Some(server.authority.client_identity());
        server
            .open(&options)
            .send(server.request("push"))
            .await
            .unwrap();
        assert_eq!(heard.recv().await, Some(1));
    }
}

#[tokio::test]
async fn both_transports_go_through_a_proxy_with_credentials() {
    let server = Server::start(|link| answer_all(link, 100)).await;
    let proxy = ConnectProxy::start().await;
    for transport in [Transport::PooledHttp2, Transport::General] {
        let mut options = server.options(transport);
        options.proxy = Some(Secret::new(format!(
            "http://alice:s3cr3t@{}",
            proxy.address
        )));
        server
            .open(&options)
            .send(server.request("push"))
            .await
            .unwrap();
        let head = proxy.last_head().to_lowercase();
        assert!(
            head.starts_with(&format!("connect {} http/1.1\r\n", server.address)),
            "{head}"
        );
        // alice:s3cr3t
        assert!(
            head.contains("proxy-authorization: basic ywxpy2u6cznjcjn0"),
            "{head}"
        );
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_means_not_sent_and_shows_no_password() {
    let server = Server::start(|link| answer_all(link, 100)).await;
    let proxy = ConnectProxy::refusing().await;
    for transport in [Transport::PooledHttp2, Transport::General] {
        let mut options = server.options(transport);
        options.proxy = Some(Secret::new(format!(
            "http://alice:s3cr3t@{}",
            proxy.address
        )));
        let client = server.open(&options);
        let error = client.send(server.request("push")).await.unwrap_err();
        assert_eq!((error.kind, error.sent), (HttpErrorKind::Connect, Sent::No));
        assert!(!format!("{error:?} {client:?}").contains("s3cr3t"));
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn closing_lets_those_under_way_finish_and_refuses_the_rest() {
    let server = Server::start(|mut link| async move {
        link.settings(100);
        let request = link.request().await.unwrap();
        tokio::time::sleep(Duration::from_millis(150)).await;
        link.answer(request.stream);
        link.drain().await;
        assert!(link.goodbye, "the client says GOAWAY");
    })
    .await;
    let client = server.pool();
    let late = async {
        tokio::time::sleep(SOON).await;
        client.send(server.request("late")).await
    };
    let close = async {
        tokio::time::sleep(SOON / 2).await;
        client.close(Duration::from_secs(5)).await;
        // Closing ends with the connections.
        until(|| server.ended() == 1).await;
    };
    let (first, late, ()) = tokio::join!(client.send(server.request("push")), late, close);
    first.unwrap();
    let error = late.unwrap_err();
    assert_eq!((error.kind, error.sent), (HttpErrorKind::Closed, Sent::No));
}

#[tokio::test]
async fn closing_gives_up_what_is_unfinished_after_the_grace() {
    let server = Server::start(|mut link| async move {
        link.settings(1);
        link.drain().await;
    })
    .await;
    for transport in [Transport::PooledHttp2, Transport::General] {
        let client = server.open(&server.options(transport));
        let close = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            client.close(SOON).await;
        };
        let start = Instant::now();
        let (outcome, ()) = tokio::join!(client.send(server.request("push")), close);
        let error = outcome.unwrap_err();
        assert_eq!(
            (error.kind, error.sent),
            (HttpErrorKind::Closed, Sent::Maybe)
        );
        assert!(start.elapsed() < Duration::from_secs(3));
    }
}

#[tokio::test]
async fn renewed_connections_are_new_and_old_requests_finish_on_the_old() {
    let server = Server::start(|mut link| async move {
        link.settings(100);
        while let Some(request) = link.request().await {
            if request.body == b"slow" {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            link.answer_with(request.stream, link.index.to_string().as_bytes());
        }
    })
    .await;
    let client = server.pool();
    client.send(server.request("push")).await.unwrap();
    let renewed = async {
        tokio::time::sleep(SOON).await;
        client.renew_connections();
        client.send(server.request("push")).await.unwrap().body
    };
    let (old, new) = tokio::join!(client.send(server.request("slow")), renewed);
    assert_eq!(old.unwrap().body, "0");
    assert_eq!(new, "1");
    until(|| server.ended() == 1).await;
}

#[tokio::test]
async fn connections_close_once_the_last_handle_is_gone() {
    let server = Server::start(|link| answer_all(link, 100)).await;
    let client = server.pool();
    client.send(server.request("push")).await.unwrap();
    drop(client);
    until(|| server.ended() == 1).await;
}

#[test]
fn a_client_outlives_the_runtime_of_its_connections() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let servers = runtime();
    let server = servers.block_on(Server::start(|link| answer_all(link, 100)));
    let serving = std::thread::spawn({
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let handle = move || servers.block_on(async { stopped.await.ok() });
        // The servers run until the test is over.
        std::mem::forget(stop);
        handle
    });
    let client = server.pool();
    for _ in 0..2 {
        let short = runtime();
        short
            .block_on(client.send(server.request("push")))
            .expect("each runtime gets connections of its own");
    }
    drop(serving);
}
