//! What a dashboard sees: metrics of every vendor for Prometheus at `/metrics`, and the same as a
//! page to read at `/`.
//!
//! Run by itself it sends a small campaign through the simulator on a bad day (one vendor is busy,
//! one is down, one finds us too fast, another one calls every token dead), asks itself for the
//! page, prints it and ends. With an
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
use std::time::Duration;

use axum::Router as Web;
use axum::extract::State;
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use zpns::layers::BreakerState;
use zpns::resources::SystemClock;
use zpns::telemetry::{Metrics, Spans};
use zpns::{Category, Clock, Config, Notification, Recipient, Router, SendOptions, Target};
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
            "{:<10}{:>9}{:>9}{:>8}{:>8}{:>9}{:>9}{:>8}{:>11}\n",
            "provider",
            "accepted",
            "rejected",
            "failed",
            "retried",
            "mean ms",
            "worst ms",
            "waiting",
            "breaker"
        );
        let mut notes = String::new();
        let now = SystemClock::new().now();
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
                "{id:<10}{:>9}{:>9}{:>8}{:>8}{:>9.1}{:>9.1}{:>8}{:>11}",
                outcomes("accepted"),
                outcomes("rejected"),
                outcomes("failed"),
                of("zpns_retries_total"),
                of("zpns_attempt_seconds_sum") * 1_000.0 / attempts,
                numbers.most(
                    "zpns_attempt_seconds",
                    &[("provider", id), ("quantile", "1")]
                ) * 1_000.0,
                status.waiting,
                status.layers.breaker.as_str(),
            );
            if status.layers.breaker != BreakerState::Closed {
                let _ = writeln!(notes, "{id}: not called until a probe gets through");
            }
            if let Some(rate) = status.layers.per_second {
                let unit = status.layers.rate_unit.as_str();
                let _ = writeln!(notes, "{id}: {rate:.0} {unit} a second at the most");
            }
            for quota in status.layers.used_up {
                let hours = quota.until.since(now).as_secs().div_ceil(3_600);
                let _ = writeln!(notes, "{id}: a daily quota is used up for {hours} hours");
            }
            if let Some(alarm) = status.guard {
                let _ = writeln!(notes, "{id}: no token is dropped: {alarm}");
            }
            for expiry in status.expiries {
                let days = expiry.at.since(now).as_secs() / 86_400;
                let _ = writeln!(notes, "{id}: {} ends in {days} days", expiry.what);
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
        // The empty sum of floats is -0.
        self.of(name, labels).fold(0.0, |sum, value| sum + value)
    }

    /// The largest of them.
    fn most(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.of(name, labels).fold(0.0, f64::max)
    }

    fn of(&self, name: &str, labels: &[(&str, &str)]) -> impl Iterator<Item = f64> {
        let wanted: Vec<String> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{value}\""))
            .collect();
        let samples = self.0.get(name).into_iter().flatten();
        samples
            .filter(move |(labels, _)| wanted.iter().all(|label| labels.contains(label.as_str())))
            .map(|(_, value)| *value)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // The recorder comes first: whatever is counted before has nowhere to go.
    let prometheus = PrometheusBuilder::new().install_recorder()?;
    let metrics = Arc::new(Metrics::new());

    let simulator = Simulator::start().await?;
    let mut config = Config::parse(&simulator.config_toml()?, "simulator.toml")?;
    for section in &mut config.providers {
        // A day is short here: an outage is one after ten failed requests, and not waited out.
        section.delivery.breaker.at_least = 10;
        section.delivery.retries.attempts = 3;
    }
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
    let samples: Vec<&str> = (scrape.lines())
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    println!("… and {} samples at /metrics, such as", samples.len());
    let telling = ["zpns_breaker_open{", "zpns_guard_closed{"];
    for sample in samples {
        if telling.iter().any(|name| sample.starts_with(name)) && sample.ends_with(" 1") {
            println!("{sample}");
        }
    }

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
    let down = Rule::new(Fault::status(503)).provider("webpush");
    let too_fast = Rule::new(Fault::status(429)).provider("harmony").count(1);
    let script = FaultScript::new().rule(busy).rule(down).rule(too_fast);
    simulator.set_faults(script)?;
    let campaign =
        Notification::alert("Sale", "Everything must go").with_category(Category::Marketing);
    let mut audience = Vec::new();
    for provider in router.providers() {
        let id = &provider.info().id;
        let tokens = simulator.tokens(id.as_str());
        let everybody = tokens.live.iter().chain(&tokens.dead);
        audience.extend(everybody.map(|token| Target::new(id.clone(), token.as_str())));
    }
    let mut options = SendOptions::default();
    options.timeout = Some(Duration::from_secs(3));
    let _ = router.send_with(&campaign, audience, &options).await;

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
