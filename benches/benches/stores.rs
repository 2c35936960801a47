//! What a registry of a million devices costs: in SQLite, and in PostgreSQL where
//! `ZPNS_BENCH_POSTGRES` names an empty database.
//!
//! This process is bound to one core, with the threads that SQLite reads on; PostgreSQL's own
//! processes are not. `ZPNS_BENCH_DEVICES` is how many devices there are. With `--test`, there
//! are few, and nothing is judged.
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench measures the machine's clock and prints, and has nothing to measure without its set-up"
)]

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use zpns::Timestamp;
use zpns::service::{
    Channel, Device, DeviceQuery, Platform, PushId, Registration, Registry, UserId,
};
use zpns::store::{PostgresStore, SqliteStore};
use zpns_benches::table::{Table, verdict};
use zpns_benches::usage::pin_to_core;

/// Paging through all of them, on SQLite.
const PAGING_GOAL: f64 = 200_000.0;
/// The devices of a thousand users, 99 of 100 times.
const USERS_GOAL: Duration = Duration::from_millis(20);
const PAGE: NonZeroUsize = NonZeroUsize::new(1_000).expect("more than none");
const USERS: usize = 1_000;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
struct Size {
    devices: usize,
    /// Of which so many are registered one by one, as apps do it.
    registered: usize,
    questions: usize,
    judged: bool,
}

fn main() {
    let smoke = std::env::args().any(|argument| argument == "--test");
    let devices = std::env::var("ZPNS_BENCH_DEVICES").ok();
    let devices = devices
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_000_000);
    let size = match smoke {
        true => Size {
            devices: 3_000,
            registered: 500,
            questions: 20,
            judged: false,
        },
        false => Size {
            devices,
            registered: 20_000,
            questions: 500,
            judged: true,
        },
    };
    let pinned = pin_to_core(0);
    println!("{size:?}, on one core: {pinned}");
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("devices.db");
        let store = SqliteStore::open_file(&file).await.expect("a file");
        measure("SQLite", &store, size, |devices| {
            let store = store.clone();
            async move { store.restore_all(&devices).await }
        })
        .await;
        store.close().await;
        let bytes = std::fs::metadata(&file).expect("the file").len();
        println!("the file: {} bytes a device", bytes / size.devices as u64);
        match std::env::var("ZPNS_BENCH_POSTGRES")
            .ok()
            .filter(|url| !url.is_empty())
        {
            None => println!("skipped: PostgreSQL, as ZPNS_BENCH_POSTGRES is not set"),
            Some(url) => {
                let store = PostgresStore::open(&url).await.expect("a database");
                measure("PostgreSQL", &store, size, |devices| {
                    let store = store.clone();
                    async move { store.restore_all(&devices).await }
                })
                .await;
                store.close().await;
            }
        }
    });
}

fn now() -> Timestamp {
    Timestamp::from_secs(1_764_000_000)
}

fn token(number: usize) -> String {
    // As long as those of FCM.
    format!(
        "{number:022}:{}",
        "APA91bHun4MxP5egoKMwt2KZFBaFUH1RYqx".repeat(4)
    )
}

fn user(number: usize) -> UserId {
    format!("user-{number}").into()
}

async fn measure<F>(name: &str, store: &dyn Registry, size: Size, import: impl Fn(Vec<Device>) -> F)
where
    F: Future<Output = Result<(), zpns::service::RegistryError>>,
{
    let mut table = Table::new(&[name, "measured", "goal", ""]);
    let registering = Instant::now();
    for number in 0..size.registered {
        let app = Registration::new(Platform::Android).channel("fcm", token(number));
        let id = store.register(app, now()).await.expect("registered");
        store.bind(id, &user(number)).await.expect("bound");
    }
    let rate = size.registered as f64 / registering.elapsed().as_secs_f64();
    table.row(row(
        "registered and bound, one after the other",
        rate,
        "/s",
        None,
    ));

    let importing = Instant::now();
    for first in (size.registered..size.devices).step_by(PAGE.get()) {
        let last = size.devices.min(first + PAGE.get());
        let devices: Vec<Device> = (first..last).map(device).collect();
        import(devices).await.expect("imported");
    }
    let rate = (size.devices - size.registered) as f64 / importing.elapsed().as_secs_f64();
    table.row(row("imported", rate, "/s", None));

    let mut rates = Vec::new();
    for _ in 0..3 {
        let paging = Instant::now();
        assert_eq!(count(store, &DeviceQuery::All).await, size.devices);
        rates.push(size.devices as f64 / paging.elapsed().as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    let goal = (size.judged && name == "SQLite").then_some((PAGING_GOAL, rates[1] >= PAGING_GOAL));
    table.row(row("all, in pages of 1,000", rates[1], "/s", goal));

    let expression = DeviceQuery::Matching(std::sync::Arc::new("vip && !cn".parse().expect("one")));
    let searching = Instant::now();
    let found = count(store, &expression).await;
    let rate = found as f64 / searching.elapsed().as_secs_f64();
    table.row(row("of `vip && !cn`, one in 100", rate, "/s", None));

    let mut times = Vec::new();
    let mut number = 1_usize;
    for _ in 0..size.questions {
        let users = (0..USERS).map(|_| {
            // Far from each other, as friends' devices are.
            number = (number * 48_271) % 2_147_483_647;
            user(number % size.devices)
        });
        let query = DeviceQuery::Users(users.collect());
        let asking = Instant::now();
        let page = store.page(&query, None, PAGE).await.expect("a page");
        times.push(asking.elapsed());
        assert!(page.devices.len() > USERS / 10);
    }
    times.sort_unstable();
    let p99 = times[times.len() * 99 / 100];
    let middle = times[times.len() / 2].as_secs_f64() * 1e3;
    table.row(row("devices of 1,000 users, median", middle, "ms", None));
    let goal = size
        .judged
        .then_some((USERS_GOAL.as_secs_f64() * 1e3, p99 <= USERS_GOAL));
    table.row(row(
        "devices of 1,000 users, p99",
        p99.as_secs_f64() * 1e3,
        "ms",
        goal,
    ));
    println!("\n{table}");
}

fn row(what: &str, value: f64, unit: &str, goal: Option<(f64, bool)>) -> [String; 4] {
    let shown = |value: f64| match value < 100.0 {
        true => format!("{value:.1} {unit}"),
        false => format!("{value:.0} {unit}"),
    };
    let (goal, holds) = match goal {
        Some((goal, holds)) => (shown(goal), verdict(holds).to_owned()),
        None => Default::default(),
    };
    [what.to_owned(), shown(value), goal, holds]
}

fn device(number: usize) -> Device {
    let mut device = Device::new(PushId::new(), now());
    device.user = Some(user(number));
    device
        .channels
        .push(Channel::new("fcm", token(number), now()));
    if number.is_multiple_of(100) {
        device.tags.insert("vip".into());
    }
    device
}

async fn count(store: &dyn Registry, query: &DeviceQuery) -> usize {
    let (mut count, mut after) = (0, None);
    loop {
        let page = store.page(query, after, PAGE).await.expect("a page");
        count += page.devices.len();
        after = page.next;
        if after.is_none() {
            return count;
        }
    }
}
