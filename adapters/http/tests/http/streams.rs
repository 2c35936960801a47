//! Streams, limits and growth.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::StatusCode;
use zpns_core::Sent;
use zpns_core::resources::{HttpClient, HttpErrorKind};

use crate::support::frames::CANCEL;
use crate::support::{Server, answer_all, until};

/// Sends `count` requests at once; how many were answered with 200.
async fn burst(client: &Arc<dyn HttpClient>, server: &Server, count: usize) -> usize {
    let requests = (0..count).map(|_| client.send(server.request("push")));
    let answers = join_all(requests).await;
    answers
        .into_iter()
        .map(|answer| answer.expect("no request of the burst fails"))
        .filter(|answer| answer.status == StatusCode::OK)
        .count()
}

/// The most that was seen at once.
#[derive(Clone, Default)]
struct HighWater(Arc<AtomicUsize>);

impl HighWater {
    fn note(&self, level: usize) {
        self.0.fetch_max(level, Ordering::SeqCst);
    }

    fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_request_is_answered_with_its_body() {
    let server = Server::start(|mut link| async move {
        link.settings(100);
        let request = link.request().await.unwrap();
        link.answer_with(request.stream, &request.body);
        link.drain().await;
    })
    .await;
    let response = server.pool().send(server.request("hello")).await.unwrap();
    assert_eq!(response.status, StatusCode::OK);
    assert_eq!(response.body, "hello");
}

#[tokio::test]
async fn one_stream_at_a_time_is_used_where_the_server_allows_no_more() {
    let open = HighWater::default();
    let seen = open.clone();
    let server = Server::start(move |mut link| {
        let seen = seen.clone();
        async move {
            link.settings(1);
            while let Some(request) = link.request().await {
                // Whatever else the client dares to open is here by now.
                tokio::time::sleep(Duration::from_millis(3)).await;
                seen.note(1 + link.open_requests());
                link.answer(request.stream);
            }
        }
    })
    .await;
    let mut options = server.options(zpns_core::resources::Transport::PooledHttp2);
    options.max_connections = 1;
    let client = server.open(&options);
    assert_eq!(burst(&client, &server, 20).await, 20);
    assert_eq!(open.get(), 1);
}

#[tokio::test]
async fn a_burst_before_the_first_settings_stays_within_them() {
    let server = Server::start(|mut link| async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        link.settings(1);
        while let Some(request) = link.request().await {
            assert_eq!(link.open_requests(), 0);
            link.answer(request.stream);
        }
    })
    .await;
    assert_eq!(burst(&server.pool(), &server, 200).await, 200);
}

#[tokio::test]
async fn a_raised_limit_is_used_and_a_lowered_one_kept() {
    let before = HighWater::default();
    let after = HighWater::default();
    let (seen_before, seen_after) = (before.clone(), after.clone());
    let server = Server::start(move |mut link| {
        let (seen_before, seen_after) = (seen_before.clone(), seen_after.clone());
        async move {
            // As APNs does: one stream until the first good token.
            link.settings(1);
            let first = link.request().await.unwrap();
            link.settings(50);
            link.answer(first.stream);
            let mut waiting = Vec::new();
            for _ in 0..50 {
                waiting.push(link.request().await.unwrap());
            }
            seen_before.note(waiting.len());
            link.settings(3);
            link.settings_acknowledged().await;
            for request in waiting {
                link.answer(request.stream);
            }
            let mut rest = 0;
            while rest < 49 {
                let request = link.request().await.unwrap();
                tokio::time::sleep(Duration::from_millis(2)).await;
                seen_after.note(1 + link.open_requests());
                link.answer(request.stream);
                rest += 1;
            }
            link.drain().await;
        }
    })
    .await;
    let mut options = server.options(zpns_core::resources::Transport::PooledHttp2);
    options.max_connections = 1;
    let client = server.open(&options);
    assert_eq!(burst(&client, &server, 100).await, 100);
    assert_eq!(before.get(), 50);
    assert!(after.get() <= 3, "{} streams at once", after.get());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_at_once_open_no_more_connections_than_they_fill() {
    const LIMIT: u32 = 500;
    let server = Server::start(|mut link| async move {
        link.settings(LIMIT);
        while let Some(request) = link.request().await {
            assert!(link.open_requests() < LIMIT as usize);
            let writer = link.writer.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(30)).await;
                writer.answer(request.stream);
            });
        }
    })
    .await;
    let client = server.pool();
    assert_eq!(burst(&client, &server, 2_000).await, 2_000);
    assert!(server.connections() <= 4, "{}", server.connections());
    assert!(
        server.connections() >= 2,
        "the burst starved one connection"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_number_of_connections_has_an_upper_bound() {
    let server = Server::start(|mut link| async move {
        link.settings(10);
        while let Some(request) = link.request().await {
            let writer = link.writer.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(10)).await;
                writer.answer(request.stream);
            });
        }
    })
    .await;
    let mut options = server.options(zpns_core::resources::Transport::PooledHttp2);
    options.max_connections = 3;
    let client = server.open(&options);
    assert_eq!(burst(&client, &server, 1_000).await, 1_000);
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn requests_one_after_the_other_use_one_connection() {
    let server = Server::start(|link| answer_all(link, 100)).await;
    let client = server.pool();
    for _ in 0..20 {
        client.send(server.request("push")).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn latency_costs_no_throughput() {
    const LATENCY: Duration = Duration::from_millis(50);
    const IN_FLIGHT: usize = 200;
    const ROUNDS: usize = 20;
    let server = Server::start(|mut link| async move {
        link.settings(1_000);
        while let Some(request) = link.request().await {
            let writer = link.writer.clone();
            tokio::spawn(async move {
                tokio::time::sleep(LATENCY).await;
                writer.answer(request.stream);
            });
        }
    })
    .await;
    let client = server.pool();
    client.send(server.request("warm up")).await.unwrap();
    let start = Instant::now();
    let workers = (0..IN_FLIGHT).map(|_| async {
        for _ in 0..ROUNDS {
            client.send(server.request("push")).await.unwrap();
        }
    });
    join_all(workers).await;
    let ideal = LATENCY * u32::try_from(ROUNDS).unwrap();
    let taken = start.elapsed();
    // 0.9 of in flight / latency on a quiet machine; the tests run on busy ones.
    assert!(taken < ideal.mul_f64(1.5), "{taken:?} for {ideal:?}");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_dropped_request_resets_its_stream() {
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |mut link| {
        let told = told.clone();
        async move {
            link.settings(100);
            while link.frame().await.is_some() {
                if let Some(reset) = link.resets.pop() {
                    told.send(reset).unwrap();
                }
            }
        }
    })
    .await;
    let client = server.pool();
    let sending = client.send(server.request("push"));
    let outcome = tokio::time::timeout(Duration::from_millis(300), sending).await;
    assert!(outcome.is_err(), "nobody answers");
    assert_eq!(heard.recv().await, Some((1, CANCEL)));
}

#[tokio::test]
async fn a_request_dropped_while_it_waits_leaves_its_place_to_the_next() {
    let server = Server::start(|mut link| async move {
        link.settings(1);
        while let Some(request) = link.request().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
            link.answer(request.stream);
        }
    })
    .await;
    let mut options = server.options(zpns_core::resources::Transport::PooledHttp2);
    options.max_connections = 1;
    let client = server.open(&options);
    let first = client.send(server.request("first"));
    let dropped = tokio::time::timeout(
        Duration::from_millis(10),
        client.send(server.request("dropped")),
    );
    let last = client.send(server.request("last"));
    let (first, dropped, last) = tokio::join!(first, dropped, last);
    assert!(dropped.is_err());
    assert!(first.is_ok() && last.is_ok());
}

#[tokio::test]
async fn the_timeout_covers_the_wait_for_a_stream_and_nothing_was_sent() {
    let server = Server::start(|mut link| async move {
        link.settings(1);
        link.drain().await;
    })
    .await;
    let client = server.pool();
    let holding = client.send(server.request("holds the only stream"));
    let mut waiting = server.request("waits");
    waiting.timeout = Duration::from_millis(100);
    let waiting = client.send(waiting);
    tokio::select! {
        biased;
        _ = holding => panic!("nobody answers"),
        outcome = waiting => {
            let error = outcome.unwrap_err();
            assert_eq!((error.kind, error.sent), (HttpErrorKind::Timeout, Sent::No));
        }
    }
}

#[tokio::test]
async fn the_timeout_covers_the_body_of_the_answer() {
    let server = Server::start(|mut link| async move {
        link.settings(100);
        let request = link.request().await.unwrap();
        link.writer.answer_head(request.stream);
        link.drain().await;
    })
    .await;
    let mut request = server.request("push");
    request.timeout = Duration::from_millis(200);
    let error = server.pool().send(request).await.unwrap_err();
    assert_eq!(
        (error.kind, error.sent),
        (HttpErrorKind::Timeout, Sent::Maybe)
    );
}

#[tokio::test]
async fn an_answer_longer_than_allowed_is_an_error() {
    let server = Server::start(|mut link| async move {
        link.settings(100);
        while let Some(request) = link.request().await {
            link.answer_with(request.stream, &vec![b'x'; 40_000]);
        }
    })
    .await;
    let mut options = server.options(zpns_core::resources::Transport::PooledHttp2);
    options.max_response_body = 40_000;
    let fits = server.open(&options);
    let response = fits.send(server.request("push")).await.unwrap();
    assert_eq!(response.body.len(), 40_000);
    options.max_response_body = 39_999;
    let too_long = server.open(&options);
    let error = too_long.send(server.request("push")).await.unwrap_err();
    assert_eq!(
        (error.kind, error.sent),
        (HttpErrorKind::Protocol, Sent::Maybe)
    );
}

#[tokio::test]
async fn a_large_body_waits_for_the_windows_of_the_server() {
    const SIZE: usize = 300_000;
    const WINDOW: usize = 65_535;
    let server = Server::start(|mut link| async move {
        link.open_windows = false;
        link.settings(100);
        link.settings_acknowledged().await;
        let mut allowed = WINDOW;
        while allowed < SIZE {
            while link.data_received < allowed {
                link.frame().await.unwrap();
            }
            // Anything above the windows would be here by now.
            link.quiet(Duration::from_millis(20)).await;
            link.writer.open_windows(1, u32::try_from(WINDOW).unwrap());
            allowed += WINDOW;
        }
        let request = link.request().await.unwrap();
        link.answer(request.stream);
        link.drain().await;
    })
    .await;
    let client = server.pool();
    let response = client.send(server.request(vec![b'x'; SIZE])).await.unwrap();
    assert_eq!(response.status, StatusCode::OK);
}

#[tokio::test]
async fn the_bytes_of_many_bodies_arrive_unchanged() {
    let server = Server::start(|mut link| async move {
        link.settings(100);
        while let Some(request) = link.request().await {
            link.answer_with(request.stream, &request.body);
        }
    })
    .await;
    let client = server.pool();
    let sizes = [1, 255, 256, 1_023, 1_024, 16_383, 16_384, 16_385, 50_000];
    let exchanges = sizes.iter().cycle().take(90).enumerate().map(|(n, size)| {
        let body: Vec<u8> = (0..*size).map(|at| (at * 7 + n) as u8).collect();
        let client = &client;
        let request = server.request(body.clone());
        async move { client.send(request).await.unwrap().body == body }
    });
    assert!(join_all(exchanges).await.into_iter().all(|same| same));
}

#[tokio::test]
async fn an_idle_connection_is_kept_unless_told_otherwise() {
    let server = Server::start(|link| answer_all(link, 100)).await;
    let mut options = zpns_http::PoolOptions::default();
    options.idle_timeout = Some(Duration::from_millis(100));
    let (kept, dropped) = (server.pool(), server.pool_with(options));
    kept.send(server.request("push")).await.unwrap();
    dropped.send(server.request("push")).await.unwrap();
    until(|| server.ended() == 1).await;
    kept.send(server.request("push")).await.unwrap();
    assert_eq!(server.connections(), 2);
    dropped.send(server.request("push")).await.unwrap();
    assert_eq!(server.connections(), 3);
}
