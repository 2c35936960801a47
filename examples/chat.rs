//! A chat server's pushes: users, not tokens. Phones register and log in, messages go to whoever
//! is offline, and what the vendors say of tokens is learnt. The vendors are the simulator.
//!
//! ```sh
//! cargo run --example chat
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use zpns::resources::SystemClock;
use zpns::service::{
    Audience, DeviceUpdate, Fate, MemoryRegistry, Message, Platform, PresenceState, PushId,
    PushReport, PushService, Registration, UserId,
};
use zpns::{Clock, Config, Notification, Sender};
use zpns_simulator::Simulator;

/// What the server's own config file would say beside the providers.
const STRATEGIES: &str = r#"
[strategies.chat]
category = "instant_message"

[strategies.sync]
silent = true
"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start().await?;
    let file = format!("{}{STRATEGIES}", simulator.config_toml()?);
    let config = Config::parse(&file, "simulator.toml")?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let registry = Arc::new(MemoryRegistry::new());
    let service = PushService::builder(config.router()?, registry, Arc::clone(&clock))
        .strategies(config.strategies)
        .build();

    // The apps have obtained tokens from their vendors and log in.
    let apns = simulator.tokens("apns");
    let fcm = simulator.tokens("fcm");
    let xiaomi = simulator.tokens("xiaomi");
    let iphone = Registration::new(Platform::Ios).channel("apns", token(&apns.live));
    let iphone = log_in(&service, &*clock, iphone, "alice").await?;
    // This one is reached by its maker's channel or, where that fails, by Google's.
    let phone = Registration::new(Platform::Android)
        .channel("xiaomi", token(&xiaomi.dead))
        .channel("fcm", token(&fcm.live));
    let phone = log_in(&service, &*clock, phone, "bob").await?;
    let old = Registration::new(Platform::Ios).channel("apns", token(&apns.dead));
    log_in(&service, &*clock, old, "carol").await?;

    // Alice has the app open: her message goes through the server's own connection.
    let (alice, until) = (UserId::from("alice"), clock.now() + Duration::from_secs(60));
    let presence = service.presence();
    presence
        .set(&alice, iphone, PresenceState::Foreground, until)
        .await?;
    let message = text("bob", "Lunch at noon?");
    show(
        "bob to alice, who is looking",
        &service.send(message, Audience::user("alice")).await?,
    );

    presence.clear(&alice, None).await?;
    let message = text("bob", "Are you there?");
    show(
        "bob to alice, who went away",
        &service.send(message, Audience::user("alice")).await?,
    );

    let group = ["alice", "bob", "carol", "dave"].map(UserId::from);
    let message = text("alice", "All of you?");
    show(
        "alice to the group",
        &service
            .send(message, Audience::group(group, "alice"))
            .await?,
    );

    // Carol's token is known to be dead by now.
    let message = text("alice", "Carol?");
    show(
        "alice to carol",
        &service.send(message, Audience::user("carol")).await?,
    );

    let sync = Message::new(Notification::default().with_payload("contacts")).with_strategy("sync");
    show(
        "silently, by a resource id",
        &service.send(sync, Audience::Device(iphone)).await?,
    );

    let update = DeviceUpdate::default().add_tag("beta").set("version", 7.0);
    service.registry().update(phone, &update).await?;
    let message = Notification::alert("News", "A new version");
    let testers = || Ok::<_, Box<dyn Error>>(Audience::matching("beta && version >= 7".parse()?));
    let forecast = service.forecast(message.clone(), testers()?).await?;
    println!("a dry run to the testers: {} pushes", forecast.pushes);
    show("to the testers", &service.send(message, testers()?).await?);

    service.log_out(iphone, &alice).await?;
    let message = text("bob", "Bye?");
    show(
        "bob to alice, logged out",
        &service.send(message, Audience::user("alice")).await?,
    );
    service.registry().unregister(phone).await?;
    let message = text("alice", "And you?");
    show(
        "alice to bob, unregistered",
        &service.send(message, Audience::user("bob")).await?,
    );

    service.router().shutdown(Duration::from_secs(5)).await;
    simulator.shutdown().await;
    Ok(())
}

async fn log_in(
    service: &PushService,
    clock: &dyn Clock,
    app: Registration,
    user: &str,
) -> Result<PushId, Box<dyn Error>> {
    let id = service.registry().register(app, clock.now()).await?;
    service.registry().bind(id, &user.into()).await?;
    Ok(id)
}

/// A message from a user; its title is the sender.
fn text(from: &str, body: &str) -> Message {
    let mut notification = Notification::alert("", body);
    notification.sender = Some(Sender::new(from));
    Message::new(notification).with_strategy("chat")
}

fn token(tokens: &[String]) -> &str {
    tokens.first().map_or("", String::as_str)
}

fn show(what: &str, report: &PushReport) {
    println!("{what}:");
    for device in &report.devices {
        let user = device.user.as_ref().map_or("nobody", UserId::as_str);
        match &device.fate {
            Fate::Pushed(steps) => {
                for step in steps {
                    let outcome = step.outcome.kind().map_or("accepted", |kind| kind.as_str());
                    println!(
                        "  {user}: pushed through {}: {outcome}",
                        step.target.provider
                    );
                }
            }
            Fate::InApp(state) => println!("  {user}: in the app ({state:?})"),
            Fate::Skipped(why) => println!("  {user}: no push ({why:?})"),
            other => println!("  {user}: {other:?}"),
        }
    }
}
