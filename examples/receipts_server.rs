//! Delivery receipts: every vendor that reports back is served, its receipts are joined to what was
//! sent, and the registry learns from them.
//!
//! Run by itself it starts the simulator, pushes to two phones of every such vendor, has the
//! vendors report, and prints how far each push came. With a config file it serves until it is
//! stopped; put TLS in front of it, since the addresses are secrets:
//!
//! ```sh
//! cargo run --example receipts_server
//! RECEIPT_SECRET=… cargo run --example receipts_server -- push.toml 127.0.0.1:8080
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::num::NonZeroUsize;
use std::sync::Arc;

use axum::Router as Web;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::net::TcpListener;
use zpns::receipt::ReceiptReply;
use zpns::resources::SystemClock;
use zpns::service::{
    Audience, ChannelState, MemoryRegistry, Message, Platform, PushId, PushRecord, PushService,
    Registration, Stage,
};
use zpns::{Clock, Config, Notification, Receipts, Secret};
use zpns_simulator::{Happening, Simulator, Tell};

/// What every route needs. Cheap to clone.
#[derive(Clone)]
struct Desk {
    receipts: Receipts,
    service: PushService,
}

/// Where vendors call: a route for each, at the address that only it knows.
fn web(desk: Desk) -> Web {
    let mut web = Web::new();
    for (_, path) in desk.receipts.paths() {
        web = web.route(path, post(receive));
    }
    web.with_state(desk)
}

async fn receive(State(desk): State<Desk>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let reply = match desk.receipts.receive(uri.path(), &headers, &body) {
        Ok(parsed) => match desk.service.take_receipts(&parsed).await {
            Ok(_) => parsed.reply,
            Err(_) => ReceiptReply::UNAVAILABLE,
        },
        Err(error) => error.reply(),
    };
    let kind = reply.content_type.map(|kind| [(CONTENT_TYPE, kind)]);
    match kind {
        Some(kind) => (reply.status, kind, reply.body).into_response(),
        None => (reply.status, reply.body).into_response(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next(), arguments.next()) {
        (Some(config), Some(address)) => serve(&config, &address).await,
        (None, None) => demonstrate().await,
        _ => Err("usage: receipts_server [CONFIG ADDRESS]".into()),
    }
}

async fn serve(config: &str, address: &str) -> Result<(), Box<dyn Error>> {
    let secret = Secret::new(std::env::var("RECEIPT_SECRET")?);
    let desk = desk(&Config::load(config)?, &secret)?;
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}; for the consoles:", listener.local_addr()?);
    for (provider, path) in desk.receipts.paths() {
        println!("  {provider}: https://YOUR.HOST{path}");
    }
    axum::serve(listener, web(desk)).await?;
    Ok(())
}

fn desk(config: &Config, secret: &Secret) -> Result<Desk, Box<dyn Error>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let service = PushService::builder(config.router()?, Arc::new(MemoryRegistry::new()), clock)
        .strategies(config.strategies.clone());
    Ok(Desk {
        receipts: config.receipts(secret)?,
        service: service.build(),
    })
}

/// Vendors that are asked for receipts with each message, and what is asked of them. Huawei,
/// HarmonyOS and HONOR know the address from their consoles.
fn strategy(receipts: &Receipts, host: &str) -> String {
    let address = |provider| format!("{host}{}", receipts.path(provider).unwrap_or_default());
    format!(
        r#"
        [strategies.tracked]
        category = "instant_message"
        [strategies.tracked.vendors.xiaomi.options.callback]
        url = "{}"
        kinds = ["delivered", "clicked", "target_invalid", "disabled", "quota_exceeded", "expired"]
        [strategies.tracked.vendors.oppo.options]
        call_back_url = "{}"
        [strategies.tracked.vendors.vivo.options.extra]
        callback = "{}"
        [strategies.tracked.vendors.meizu.options.extra]
        callback = "{}"
        "#,
        address("xiaomi"),
        address("oppo"),
        address("vivo"),
        address("meizu"),
    )
}

async fn demonstrate() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start().await?;
    let secret = Secret::new("this is no secret, but a real one is as long");
    let file = simulator.config_toml()?;
    let receipts = Config::parse(&file, "simulator.toml")?.receipts(&secret)?;
    let file = file + &strategy(&receipts, "https://push.example.com");
    let desk = desk(&Config::parse(&file, "simulator.toml")?, &secret)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let host = format!("http://{}", listener.local_addr()?);
    let server = axum::serve(listener, web(desk.clone()));
    let server = tokio::spawn(async move { server.await });

    let vendors = desk
        .receipts
        .paths()
        .map(|(vendor, path)| (vendor.to_string(), path));
    let vendors: Vec<(String, String)> = vendors
        .map(|(vendor, path)| (vendor, format!("{host}{path}")))
        .collect();
    let mut phones = Vec::new();
    for (vendor, _) in &vendors {
        for token in simulator.tokens(vendor).live.iter().take(2) {
            phones.push(register(&desk.service, vendor, token).await?);
        }
    }
    let lunch = Message::new(Notification::alert("Alice", "Lunch at noon?"))
        .with_strategy("tracked")
        .in_campaign("lunch");
    let id = lunch.notification.id;
    let report = desk
        .service
        .send(lunch, Audience::everyone_confirmed())
        .await?;
    println!("{} of {} pushes accepted", report.accepted(), phones.len());

    // Every vendor tells of its first phone what it can, and of the second that it is lost.
    for (vendor, url) in &vendors {
        let tokens = simulator.tokens(vendor).live;
        let [first, second, ..] = &tokens[..] else {
            continue;
        };
        let lost = match simulator.receipts(vendor, Happening::Replaced) {
            Ok(_) => Happening::Replaced,
            Err(_) => Happening::TokenInvalid,
        };
        for (happening, token) in [
            (Happening::Delivered, first),
            (Happening::Clicked, first),
            (lost, second),
        ] {
            let tell = Tell::from(happening).about(token);
            // Not every vendor has a word for each of these.
            if simulator.receipts(vendor, tell.clone()).is_ok() {
                simulator.post_receipts(vendor, tell, url).await?;
            }
        }
    }

    println!("\nhow far the message came:");
    let milestones = desk.service.milestones();
    let pushes = milestones.of_message(id, NonZeroUsize::MAX).await?;
    let now = SystemClock::new().now();
    for phone in &phones {
        for push in pushes.iter().filter(|push| push.device == *phone) {
            let device = desk.service.registry().device(*phone).await?;
            let channel = device.as_ref().and_then(|device| device.channels.first());
            let learnt = match channel {
                Some(channel) if matches!(channel.state, ChannelState::Dead { .. }) => "dead",
                Some(channel) if channel.token != push.token => "has another token",
                Some(channel) if channel.is_usable(now) => "reachable",
                _ => "muted",
            };
            println!(
                "  {:<8} {:<34} {learnt}",
                push.provider.as_str(),
                steps(push)
            );
        }
    }
    let counts = milestones.counts("lunch").await?;
    println!(
        "\nthe campaign: {} accepted, {} delivered, {} clicked, {} to dead tokens, {} replaced",
        counts.accepted, counts.delivered, counts.clicked, counts.token_invalid, counts.replaced
    );

    // Somebody who does not know the addresses is told nothing.
    let guess = format!("{host}/receipts/guess");
    let refused = simulator
        .post_receipts("honor", Happening::TokenInvalid, &guess)
        .await;
    println!(
        "a stranger's report: {}",
        refused.map_or_else(|error| error.to_string(), |_| "taken".to_owned())
    );
    server.abort();
    simulator.shutdown().await;
    Ok(())
}

async fn register(
    service: &PushService,
    provider: &str,
    token: &str,
) -> Result<PushId, Box<dyn Error>> {
    let app = Registration::new(Platform::Android).channel(provider, token);
    let now = SystemClock::new().now();
    Ok(service.registry().register(app, now).await?)
}

/// `accepted → delivered → clicked`.
fn steps(push: &PushRecord) -> String {
    let steps = push
        .milestones
        .iter()
        .map(|milestone| match &milestone.stage {
            Stage::Accepted => "accepted".to_owned(),
            Stage::Reported(event) => event.name().to_owned(),
            other => format!("{other:?}").to_lowercase(),
        });
    steps.collect::<Vec<_>>().join(" → ")
}
