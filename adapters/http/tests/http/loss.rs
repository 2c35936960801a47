//! What becomes of requests when streams and connections are lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use zpns_core::Sent;
use zpns_core::resources::{HttpErrorKind, Transport};

use crate::support::frames::{CANCEL, REFUSED_STREAM};
use crate::support::{Link, Server, answer_all, until};

const NO_ERROR: u32 = 0;

#[tokio::test]
async fn a_refused_stream_is_sent_again() {
    let server = Server::start(|mut link| async move {
        link.settings(100);
        for _ in 0..2 {
            let request = link.request().await.unwrap();
            link.writer.reset(request.stream, REFUSED_STREAM);
        }
        let request = link.request().await.unwrap();
        link.answer_with(request.stream, &request.body);
        link.drain().await;
    })
    .await;
    let response = server.pool().send(server.request("push")).await.unwrap();
    assert_eq!(response.body, "push", "the replayed request is whole");
}

#[tokio::test]
async fn a_stream_refused_for_the_third_time_is_reported_as_not_sent() {
    let tries = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&tries);
    let server = Server::start(move |mut link| {
        let seen = Arc::clone(&seen);
        async move {
            link.settings(100);
            while let Some(request) = link.request().await {
                seen.fetch_add(1, Ordering::SeqCst);
                link.writer.reset(request.stream, REFUSED_STREAM);
            }
        }
    })
    .await;
    let error = server
        .pool()
        .send(server.request("push"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.sent),
        (HttpErrorKind::Interrupted, Sent::No)
    );
    assert_eq!(tries.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_stream_reset_for_another_reason_is_ambiguous() {
    let server = Server::start(|mut link| async move {
        link.settings(100);
        while let Some(request) = link.request().await {
            link.writer.reset(request.stream, CANCEL);
        }
    })
    .await;
    let error = server
        .pool()
        .send(server.request("push"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.sent),
        (HttpErrorKind::Interrupted, Sent::Maybe)
    );
}

/// The first connection takes five requests, processes the first and says so; the others answer.
async fn goes_away_after_one(mut link: Link) {
    if link.index > 0 {
        return answer_all(link, 100).await;
    }
    link.settings(100);
    let mut requests = Vec::new();
    for _ in 0..5 {
        requests.push(link.request().await.unwrap());
    }
    let first = requests[0].stream;
    link.writer
        .go_away(first, NO_ERROR, r#"{"reason":"Shutdown"}"#);
    tokio::time::sleep(Duration::from_millis(30)).await;
    link.answer_with(first, b"from the old connection");
    link.drain().await;
}

#[tokio::test]
async fn after_goaway_the_unprocessed_are_sent_again_and_the_processed_finish() {
    let server = Server::start(goes_away_after_one).await;
    let client = server.pool();
    let requests = (0..5).map(|_| client.send(server.request("push")));
    let answers = join_all(requests).await;
    let bodies: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.unwrap().body)
        .collect();
    let old = bodies.iter().filter(|body| !body.is_empty()).count();
    assert_eq!((bodies.len(), old), (5, 1));
    assert_eq!(server.connections(), 2);
    until(|| server.ended() == 1).await;
}

#[tokio::test]
async fn goaway_above_our_streams_and_then_the_end_is_ambiguous_and_says_why() {
    let server = Server::start(|mut link| async move {
        link.settings(100);
        let request = link.request().await.unwrap();
        link.writer
            .go_away(request.stream, NO_ERROR, r#"{"reason":"IdleTimeout"}"#);
    })
    .await;
    let error = server
        .pool()
        .send(server.request("push"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.sent),
        (HttpErrorKind::Interrupted, Sent::Maybe)
    );
    assert!(
        error.message.contains(r#"{"reason":"IdleTimeout"}"#),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn a_connection_lost_in_the_middle_of_an_answer_is_ambiguous() {
    let server = Server::start(|mut link| async move {
        link.settings(100);
        let request = link.request().await.unwrap();
        link.writer.answer_head(request.stream);
    })
    .await;
    let error = server
        .pool()
        .send(server.request("push"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.sent),
        (HttpErrorKind::Interrupted, Sent::Maybe)
    );
}

#[tokio::test]
async fn a_connection_lost_before_the_answer_is_ambiguous() {
    let server = Server::start(|mut link| async move {
        link.settings(100);
        link.request().await.unwrap();
    })
    .await;
    let error = server
        .pool()
        .send(server.request("push"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.sent),
        (HttpErrorKind::Interrupted, Sent::Maybe)
    );
}

/// A server that answers one request and then reads nothing more, so that the sockets fill up.
async fn stops_reading(mut link: Link, stopped: Arc<tokio::sync::Notify>) {
    if link.index > 0 {
        return answer_all(link, 1_000).await;
    }
    link.settings(1_000);
    link.writer.open_all_windows();
    let first = link.request().await.unwrap();
    link.answer(first.stream);
    stopped.notified().await;
}

#[tokio::test]
async fn requests_that_never_left_a_lost_connection_are_sent_again() {
    let stop = Arc::new(tokio::sync::Notify::new());
    let stopped = Arc::clone(&stop);
    let server = Server::start(move |link| stops_reading(link, Arc::clone(&stopped))).await;
    let client = server.pool();
    client.send(server.request("push")).await.unwrap();
    // More than what the sockets on both sides can hold.
    let clog = (0..20).map(|_| client.send(server.request(vec![b'x'; 1 << 20])));
    let later = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let requests = (0..40).map(|_| client.send(server.request("push")));
        let cut = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            stop.notify_one();
        };
        tokio::join!(join_all(requests), cut).0
    };
    let (clog, later) = tokio::join!(join_all(clog), later);
    for outcome in clog {
        let error = outcome.expect_err("part of it was written and may have arrived");
        assert_eq!(
            (error.kind, error.sent),
            (HttpErrorKind::Interrupted, Sent::Maybe)
        );
    }
    for outcome in later {
        outcome.expect("what was never written is sent again");
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn an_answer_that_breaks_the_protocol_is_reported_as_such() {
    let server = Server::start(|mut link| async move {
        link.settings(100);
        let request = link.request().await.unwrap();
        // An answer without `:status`.
        link.writer.frame(1, 5, request.stream, &[]);
        link.drain().await;
    })
    .await;
    let error = server
        .pool()
        .send(server.request("push"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.sent),
        (HttpErrorKind::Protocol, Sent::Maybe)
    );
}

#[tokio::test]
async fn a_refused_connection_means_not_sent() {
    let server = Server::start(|link| answer_all(link, 100)).await;
    server.stop();
    until(|| std::net::TcpStream::connect(server.address).is_err()).await;
    let error = server
        .pool()
        .send(server.request("push"))
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.sent), (HttpErrorKind::Connect, Sent::No));
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_means_not_sent() {
    let server = Server::start(|link| answer_all(link, 100)).await;
    let mut options = server.options(Transport::PooledHttp2);
    options.extra_roots_pem = None;
    let client = server.open(&options);
    let error = client.send(server.request("push")).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (HttpErrorKind::Connect, Sent::No));
    assert!(error.message.contains("TLS"), "{}", error.message);
}

#[tokio::test]
async fn a_server_without_http2_means_not_sent() {
    let server = crate::support::http1::Server::start(|_| Vec::new()).await;
    let client = server.open(&server.options(Transport::PooledHttp2));
    let error = client.send(server.request("push")).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (HttpErrorKind::Connect, Sent::No));
}

#[tokio::test]
async fn a_header_that_http2_forbids_is_an_invalid_request_and_harms_no_other() {
    let server = Server::start(|link| answer_all(link, 100)).await;
    let client = server.pool();
    let mut request = server.request("push");
    request
        .headers
        .insert("connection", "close".parse().unwrap());
    let error = client.send(request).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (HttpErrorKind::Invalid, Sent::No));
    client.send(server.request("push")).await.unwrap();
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_relative_or_unencrypted_uri_is_an_invalid_request() {
    let server = Server::start(|link| answer_all(link, 100)).await;
    for transport in [Transport::PooledHttp2, Transport::General] {
        let client = server.open(&server.options(transport));
        for uri in ["/3/device/00aa", "http://127.0.0.1/"] {
            let mut request = server.request("push");
            request.uri = uri.parse().unwrap();
            let error = client.send(request).await.unwrap_err();
            assert_eq!((error.kind, error.sent), (HttpErrorKind::Invalid, Sent::No));
        }
    }
}
