//! What a dashboard sees: metrics of every vendor for Prometheus at `/metrics`, and the same as a
//! page to read at `/`.
//!
//! Run by itself it sends a small campaign through the simulator on a bad day (one vendor is busy,
//! another one calls every token dead), asks itself for the page, prints it and ends. With an
//! address it goes on serving both until it is stopped:
//!
//! ```sh
//! cargo run --example metrics
//! cargo run --example metrics -- 127.0.0.1:9464
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::sync::Arc;

use axum::Router as Web;
use axum::extract::State;
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use zpns::telemetry::{Metrics, Spans};
use zpns::{Category, Config, Notification, Recipient, Router, Target};
use zpns_simulator::Simulator;
use zpns_simulator::faults::{Fault, FaultScript, Rule};

/// What both pages are made from.
#[derive(Clone)]
struct Dashboard {
    router: Router,
    metrics: Arc<Metrics>,
    prometheus: PrometheusHandle,
}

impl Dashboard {
    /// The text that Prometheus scrapes.
    fn scrape(&self) -> String {
        self.metrics.sample(&self.router);
        self.prometheus.render()
    }

    /// The same for humans: a row per provider, and below it whatever needs a look.
    fn page(&self) -> String {
        let scrape = self.scrape();
        let numbers = Numbers::read(&scrape);
        let mut page = format!(
            "{:<10}{:>9}{:>9}{:>8}{:>8}{:>10}{:>9}{:>9}\n",
            "provider",
            "accepted",
            "rejected",
            "failed",
            "retried",
            "mean ms",
            "waiting",
            "breaker"
        );
        let mut notes = String::new();
        for status in self.router.status() {
            let id = status.provider.id.as_str();
            let outcomes = |outcome| {
                let labels = [("provider", id), ("outcome", outcome)];
                numbers.sum("zpns_outcomes_total", &labels)
            };
            let of = |name| numbers.sum(name, &[("provider", id)]);
            let attempts = of("zpns_attempt_seconds_count").max(1.0);
            let _ = writeln!(
                page,
                "{id:<10}{:>9}{:>9}{:>8}{:>8}{:>10.1}{:>9}{:>9}",
                outcomes("accepted"),
                outcomes("rejected"),
                outcomes("failed"),
                of("zpns_retries_total"),
                of("zpns_attempt_seconds_sum") * 1_000.0 / attempts,
                status.waiting,
                match of("zpns_breaker_open") {
                    0.0 => "closed",
                    _ => "open",
                },
            );
            if let Some(alarm) = status.guard {
                let _ = writeln!(notes, "{id}: no token is dropped: {alarm}");
            }
            for expiry in status.expiries {
                let at = expiry.at.as_secs();
                let _ = writeln!(notes, "{id}: {} ends at {at} (Unix time)", expiry.what);
            }
        }
        let onward = numbers.sum("zpns_fallbacks_total", &[]);
        let _ = writeln!(
            notes,
            "{onward} devices were tried through their next channel"
        );
        format!("{page}\n{notes}")
    }

    fn web(self) -> Web {
        Web::new()
            .route(
                "/metrics",
                get(|State(it): State<Self>| async move { it.scrape() }),
            )
            .route("/", get(|State(it): State<Self>| async move { it.page() }))
            .with_state(self)
    }
}

/// The samples of a scrape, by name.
struct Numbers<'a>(BTreeMap<&'a str, Vec<(&'a str, f64)>>);

impl<'a> Numbers<'a> {
    fn read(scrape: &'a str) -> Self {
        let mut numbers: BTreeMap<&str, Vec<(&str, f64)>> = BTreeMap::new();
        for line in scrape.lines().filter(|line| !line.starts_with('#')) {
            let Some((sample, value)) = line.rsplit_once(' ') else {
                continue;
            };
            let (name, labels) = sample.split_once('{').unwrap_or((sample, ""));
            if let Ok(value) = value.parse() {
                numbers.entry(name).or_default().push((labels, value));
            }
        }
        Self(numbers)
    }

    /// All samples of this name with these labels together.
    fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let wanted: Vec<String> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{value}\""))
            .collect();
        let samples = self.0.get(name).into_iter().flatten();
        samples
            .filter(|(labels, _)| wanted.iter().all(|label| labels.contains(label.as_str())))
            // The empty sum of floats is -0.
            .fold(0.0, |sum, (_, value)| sum + value)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // The recorder comes first: whatever is counted before has nowhere to go.
    let prometheus = PrometheusBuilder::new().install_recorder()?;
    let metrics = Arc::new(Metrics::new());

    let simulator = Simulator::start().await?;
    let config = Config::parse(&simulator.config_toml()?, "simulator.toml")?;
    let router = config
        .router_builder()?
        .observer(metrics.clone())
        .observer(Arc::new(Spans))
        .build();
    let dashboard = Dashboard {
        router: router.clone(),
        metrics,
        prometheus,
    };

    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:0")).await?;
    let local = listener.local_addr()?;
    let server = tokio::spawn(async move { axum::serve(listener, dashboard.web()).await });

    bad_day(&simulator, &router).await?;
    println!("{}", ask(local, "/").await?);
    let scrape = ask(local, "/metrics").await?;
    let samples = scrape.lines().filter(|line| !line.starts_with('#'));
    println!("… and {} samples at /metrics", samples.count());

    if address.is_some() {
        println!("serving http://{local}/ and http://{local}/metrics");
        server.await??;
    } else {
        server.abort();
    }
    simulator.shutdown().await;
    Ok(())
}

/// One campaign to every vendor, chats that need their second channel, and a wrong project.
async fn bad_day(simulator: &Simulator, router: &Router) -> Result<(), Box<dyn Error>> {
    let busy = Rule::new(Fault::retry_after(503, 1))
        .provider("fcm")
        .count(3);
    simulator.set_faults(FaultScript::new().rule(busy))?;
    let campaign =
        Notification::alert("Sale", "Everything must go").with_category(Category::Marketing);
    let mut audience = Vec::new();
    for provider in router.providers() {
        let id = &provider.info().id;
        let tokens = simulator.tokens(id.as_str());
        let everybody = tokens.live.iter().chain(&tokens.dead);
        audience.extend(everybody.map(|token| Target::new(id.clone(), token.as_str())));
    }
    let _ = router.send(&campaign, audience).await;

    let (xiaomi, fcm) = (simulator.tokens("xiaomi"), simulator.tokens("fcm"));
    let phones = xiaomi.dead.iter().zip(&fcm.live).map(|(old, new)| {
        Recipient::new(Target::new("xiaomi", old.as_str())).or(Target::new("fcm", new.as_str()))
    });
    let chat = Notification::alert("Alice", "Lunch?").with_category(Category::InstantMessage);
    let _ = router.send_to(&chat, phones).await;

    // As if every phone of HONOR had been registered with another app.
    let dead = simulator.tokens("honor").dead;
    let gone = dead.iter().cycle().take(60);
    let gone = gone.map(|token| Target::new("honor", token.as_str()));
    let _ = router.send(&chat, gone).await;
    Ok(())
}

/// One HTTP request, the plain way, so that the example needs no HTTP client.
async fn ask(address: std::net::SocketAddr, path: &str) -> Result<String, Box<dyn Error>> {
    let mut socket = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200") => Ok(body.to_owned()),
        _ => Err(answer.into()),
    }
}
