//! A campaign that survives a kill: 100,000 devices by tag, sent by a process that is killed on the
//! way; the next one goes on where it was. The vendor is the simulator.
//!
//! ```sh
//! cargo run --release --example campaign            # or `-- 10000` for fewer devices
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Duration;

use zpns::outbox::{Job, JobId, JobState, JobStatus, Outbox};
use zpns::resources::SystemClock;
use zpns::service::{Channel, Device, PushId, Roster};
use zpns::{Category, Clock, Config, Notification};
use zpns_simulator::Simulator;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Devices of one page: what is repeated at the most.
const PAGE: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();

#[tokio::main]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [word, config] if word == "worker" => work(Path::new(config)).await,
        [devices] => campaign(devices.parse()?).await,
        _ => campaign(100_000).await,
    }
}

/// The process that sends. It knows the config file and nothing else.
async fn work(config: &Path) -> Outcome<()> {
    let config = Config::load(config)?;
    let (outbox, service) = (config.open_outbox().await?, config.service().await?);
    let never = std::future::pending();
    Ok(outbox.work(service, config.work_options(), never).await?)
}

async fn campaign(devices: usize) -> Outcome<()> {
    let simulator = Simulator::start().await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("push.toml");
    let text = format!(
        "{}\n[store]\nurl = \"sqlite:devices.db\"\n\
         [outbox]\nurl = \"sqlite:outbox.db\"\nheartbeat_ms = 1000\n",
        simulator.config_toml()?
    );
    std::fs::write(&file, text)?;
    let config = Config::load(&file)?;

    println!("registering {devices} devices, nine of ten with the tag `news`");
    register(&config, devices).await?;

    let outbox = config.open_outbox().await?;
    let news = Notification::alert("News", "A new version").with_category(Category::News);
    let roster = Roster::matching("news".parse()?);
    let id = outbox
        .enqueue(Job::new(news, roster).in_pages_of(PAGE))
        .await?;
    println!("the job is taken in: nothing loses it any more");

    let expected = devices - devices / 10;
    let mut worker = start(&file)?;
    until(&outbox, id, |job| {
        job.tally.accepted as usize >= expected / 3
    })
    .await?;
    worker.kill()?;
    worker.wait()?;
    let left = show("killed (kill -9)", &outbox, id).await?;
    println!("… and a page may have been in flight; the next process goes on");

    let mut worker = start(&file)?;
    let third = left.tally.accepted as usize + expected / 3;
    until(&outbox, id, |job| job.tally.accepted as usize >= third).await?;
    show("on its way", &outbox, id).await?;
    let done = until(&outbox, id, |job| job.state.is_final()).await?;
    show("the end", &outbox, id).await?;
    worker.kill()?;
    worker.wait()?;

    let pushes = simulator.received("xiaomi");
    let shown: usize = pushes.iter().map(|push| push.accepted_tokens().len()).sum();
    let repeated = shown.checked_sub(expected).ok_or("a device is missing")?;
    println!(
        "{expected} devices have the tag; the vendor took {shown}: {repeated} repeated, of a page \
         of {PAGE}"
    );
    simulator.shutdown().await;
    if done.state != JobState::Done || repeated > PAGE.get() {
        return Err("that is not what was promised".into());
    }
    Ok(())
}

async fn register(config: &Config, devices: usize) -> Outcome<()> {
    let registry = config.open_store().await?.registry;
    let now = SystemClock::new().now();
    let writing = (0..devices).map(|number| {
        let registry = Arc::clone(&registry);
        async move {
            let mut device = Device::new(PushId::new(), now);
            let token = format!("campaign/{number:014}");
            device
                .channels
                .push(Channel::new("xiaomi", token.as_str(), now));
            if number % 10 != 0 {
                device.tags.insert("news".into());
            }
            registry.restore(device).await
        }
    });
    use futures_util::{StreamExt, TryStreamExt, stream};
    stream::iter(writing)
        .buffer_unordered(64)
        .try_collect::<()>()
        .await?;
    Ok(())
}

fn start(config: &Path) -> Outcome<Child> {
    let this = std::env::current_exe()?;
    Ok(Command::new(this).arg("worker").arg(config).spawn()?)
}

/// Looks at the job until it is so.
async fn until(outbox: &Outbox, id: JobId, so: impl Fn(&JobStatus) -> bool) -> Outcome<JobStatus> {
    loop {
        let job = outbox.job(id).await?.ok_or("the job is gone")?;
        if so(&job) || job.state.is_final() {
            return Ok(job);
        }
        SystemClock::new().sleep(Duration::from_millis(50)).await;
    }
}

async fn show(what: &str, outbox: &Outbox, id: JobId) -> Outcome<JobStatus> {
    let job = outbox.job(id).await?.ok_or("the job is gone")?;
    println!(
        "{what}: {}, {} accepted, {} left out",
        job.state.as_str(),
        job.tally.accepted,
        job.tally.skipped
    );
    Ok(job)
}
