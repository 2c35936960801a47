//! A web server that embeds the router: `POST /push` sends, and answers with a verdict per device.
//!
//! Run by itself it starts the simulator, asks itself once, prints the answer and ends. With a
//! config file it serves until it is stopped:
//!
//! ```sh
//! cargo run --example axum_server
//! cargo run --example axum_server -- push.toml 127.0.0.1:8080
//! curl -d '{"targets":[{"provider":"apns","token":"…"}],"message":{"title":"Hi","body":"there"}}' \
//!      -H 'content-type: application/json' http://127.0.0.1:8080/push
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::time::Duration;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router as Web};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use zpns::{Config, Notification, Outcome, Router, Target};
use zpns_simulator::Simulator;

/// The body of `POST /push`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Push {
    targets: Vec<Target>,
    message: Notification,
}

async fn push(State(router): State<Router>, Json(push): Json<Push>) -> Json<Vec<Outcome>> {
    let report = router.send(&push.message, push.targets).await;
    Json(report.into_outcomes())
}

fn web(router: Router) -> Web {
    Web::new().route("/push", post(push)).with_state(router)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next(), arguments.next()) {
        (Some(config), Some(address)) => serve(&config, &address).await,
        (None, None) => demonstrate().await,
        _ => Err("usage: axum_server [CONFIG ADDRESS]".into()),
    }
}

async fn serve(config: &str, address: &str) -> Result<(), Box<dyn Error>> {
    let router = Config::load(config)?.router()?;
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, web(router.clone()))
        .with_graceful_shutdown(async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
        .await?;
    // Whatever is still on its way gets ten seconds.
    router.shutdown(Duration::from_secs(10)).await;
    Ok(())
}

async fn demonstrate() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start().await?;
    let router = Config::parse(&simulator.config_toml()?, "simulator.toml")?.router()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(async move { axum::serve(listener, web(router)).await });

    let tokens = simulator.tokens("apns");
    let targets: Vec<Target> = [tokens.live.first(), tokens.dead.first()]
        .into_iter()
        .flatten()
        .map(|token| Target::new("apns", token.as_str()))
        .collect();
    let message = Notification::alert("Alice", "Lunch?");
    let body = serde_json::json!({ "targets": targets, "message": message }).to_string();
    let answer = ask(address, &body).await?;
    println!("{answer}");

    server.abort();
    simulator.shutdown().await;
    Ok(())
}

/// One HTTP request, the plain way, so that the example needs no HTTP client.
async fn ask(address: std::net::SocketAddr, body: &str) -> Result<String, Box<dyn Error>> {
    let mut socket = TcpStream::connect(address).await?;
    let request = format!(
        "POST /push HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200") => Ok(body.to_owned()),
        _ => Err(answer.into()),
    }
}
