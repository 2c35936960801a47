//! The general transport.

use std::time::Duration;

use http::StatusCode;
use zpns_core::Sent;
use zpns_core::resources::{HttpErrorKind, Transport};

use crate::support::http1::Server as Http1Server;
use crate::support::{Server, answer_all, until};

fn answer(status: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nx-test: yes\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[tokio::test]
async fn http1_is_spoken_where_the_server_has_nothing_else() {
    let server = Http1Server::start(|request| {
        assert!(
            request.head.starts_with("POST /3/device/00aa HTTP/1.1\r\n"),
            "{}",
            request.head
        );
        assert!(
            request.head.contains("content-length: 4"),
            "{}",
            request.head
        );
        answer("201 Created", &String::from_utf8_lossy(&request.body))
    })
    .await;
    let client = server.open(&server.options(Transport::General));
    let response = client.send(server.request("push")).await.unwrap();
    assert_eq!(response.status, StatusCode::CREATED);
    assert_eq!(response.headers["x-test"], "yes");
    assert_eq!(response.body, "push");
}

#[tokio::test]
async fn http2_is_spoken_where_the_server_has_it() {
    let server = Server::start(|link| answer_all(link, 100)).await;
    let client = server.open(&server.options(Transport::General));
    for _ in 0..3 {
        let response = client.send(server.request("push")).await.unwrap();
        assert_eq!(response.status, StatusCode::OK);
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let server = Http1Server::start(|_| {
        b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n".to_vec()
    })
    .await;
    let client = server.open(&server.options(Transport::General));
    let response = client.send(server.request("push")).await.unwrap();
    assert_eq!(response.status, StatusCode::FOUND);
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn the_timeout_covers_the_body_of_the_answer() {
    let server =
        Http1Server::start(|_| b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec()).await;
    let client = server.open(&server.options(Transport::General));
    let mut request = server.request("push");
    request.timeout = Duration::from_millis(200);
    let error = client.send(request).await.unwrap_err();
    assert_eq!(
        (error.kind, error.sent),
        (HttpErrorKind::Timeout, Sent::Maybe)
    );
}

#[tokio::test]
async fn a_timeout_while_connecting_means_not_sent() {
    // Accepts, and never says a word of TLS.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let connector = zpns_http::Connector::new();
    let options = zpns_core::resources::HttpOptions::new(Transport::General);
    let client = zpns_core::HttpConnector::open(&connector, &options).unwrap();
    let mut request = crate::support::request_to(listener.local_addr().unwrap(), "push");
    request.timeout = Duration::from_millis(100);
    let error = client.send(request).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (HttpErrorKind::Timeout, Sent::No));
}

#[tokio::test]
async fn a_refused_connection_means_not_sent_and_shows_no_path() {
    let server = Server::start(|link| answer_all(link, 100)).await;
    server.stop();
    until(|| std::net::TcpStream::connect(server.address).is_err()).await;
    let client = server.open(&server.options(Transport::General));
    let error = client.send(server.request("push")).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (HttpErrorKind::Connect, Sent::No));
    assert!(!format!("{error:?}").contains("00aa"), "{error:?}");
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_means_not_sent() {
    let server = Server::start(|link| answer_all(link, 100)).await;
    let mut options = server.options(Transport::General);
    options.extra_roots_pem = None;
    let error = server
        .open(&options)
        .send(server.request("push"))
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.sent), (HttpErrorKind::Connect, Sent::No));
}

#[tokio::test]
async fn a_connection_lost_before_the_answer_is_ambiguous() {
    let server = Http1Server::start(|_| Vec::new()).await;
    let client = server.open(&server.options(Transport::General));
    let error = client.send(server.request("push")).await.unwrap_err();
    assert_eq!(
        (error.kind, error.sent),
        (HttpErrorKind::Interrupted, Sent::Maybe)
    );
}

#[tokio::test]
async fn an_answer_that_is_not_http_breaks_the_protocol() {
    let server = Http1Server::start(|_| b"SSH-2.0-nope\r\n\r\n".to_vec()).await;
    let client = server.open(&server.options(Transport::General));
    let error = client.send(server.request("push")).await.unwrap_err();
    assert_eq!(
        (error.kind, error.sent),
        (HttpErrorKind::Protocol, Sent::Maybe)
    );
}

#[tokio::test]
async fn an_answer_longer_than_allowed_is_an_error() {
    let server = Http1Server::start(|_| answer("200 OK", "0123456789")).await;
    let mut options = server.options(Transport::General);
    options.max_response_body = 10;
    let fits = server.open(&options).send(server.request("push")).await;
    assert_eq!(fits.unwrap().body.len(), 10);
    options.max_response_body = 9;
    let error = server
        .open(&options)
        .send(server.request("push"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.sent),
        (HttpErrorKind::Protocol, Sent::Maybe)
    );
}

#[tokio::test]
async fn http1_connections_have_an_upper_bound() {
    let server = Http1Server::start(|_| answer("200 OK", "")).await;
    let mut options = server.options(Transport::General);
    options.max_connections = 3;
    let client = server.open(&options);
    let requests = (0..60).map(|_| client.send(server.request("push")));
    for response in futures_util::future::join_all(requests).await {
        assert_eq!(response.unwrap().status, StatusCode::OK);
    }
    assert!(server.connections() <= 3, "{}", server.connections());
}

#[tokio::test]
async fn renewed_connections_are_new() {
    let server = Http1Server::start(|_| answer("200 OK", "")).await;
    let client = server.open(&server.options(Transport::General));
    client.send(server.request("push")).await.unwrap();
    client.renew_connections();
    client.send(server.request("push")).await.unwrap();
    assert_eq!(server.connections(), 2);
}
