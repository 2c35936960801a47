//! What a Web Push costs us, each to a fresh subscription: one agreement, one encryption, and a
//! VAPID token that is signed once. Beside it, in turns, the npm package `web-push`.
//!
//! Provider and router are driven through their public traits over HTTP that answers at once. The
//! peer makes the request and sends nothing (`generateRequestDetails`). It takes part where `node`
//! finds the package (`NODE_PATH`), and is said to be left out where not.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench prints, and has nothing to measure without its set-up"
)]

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::runtime::Builder;
use zpns::{
    Batch, LimitPolicy, Notification, PushProvider, Resources, Router, Secret, Setup, Target,
    Variant,
};
use zpns_benches::null::NullConnector;
use zpns_benches::table::{Table, verdict};
use zpns_benches::usage::{cpu_time, pin_to_core};

/// CPU time per push through a provider that the project is judged by.
const GOAL: Duration = Duration::from_micros(60);
const PUSHES: usize = 5_000;
/// The middle one counts.
const ROUNDS: usize = 5;
/// RFC 8291, appendix A.
const KEY: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
const PUBLIC: &str =
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
const SUBJECT: &str = "mailto:push@example.com";
const PEER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/peers/web-push.cjs");

/// A subscription with keys of its own, at one service.
fn subscription(number: usize) -> String {
    let key = PrivateKey::generate(&ECDH_P256).expect("a key");
    let public = key.compute_public_key().expect("a public key");
    let mut auth = [0; 16];
    aws_lc_rs::rand::fill(&mut auth).expect("randomness");
    json!({
        "endpoint": format!("https://updates.push.services.mozilla.com/wpush/v2/gAAAAAB{number:09}"),
        "expirationTime": null,
        "keys": {
            "p256dh": URL_SAFE_NO_PAD.encode(public.as_ref()),
            "auth": URL_SAFE_NO_PAD.encode(auth),
        },
    })
    .to_string()
}

fn message() -> Notification {
    Notification::alert("Alice", "Lunch at noon?").with_payload(r#"{"chat":7}"#)
}

/// CPU time of one push.
fn per_push(pushes: usize, run: impl FnOnce()) -> Duration {
    let start = cpu_time().expect("CPU time");
    run();
    let spent = cpu_time().expect("CPU time") - start;
    spent / u32::try_from(pushes).unwrap_or(u32::MAX)
}

async fn provide(provider: &dyn PushProvider, targets: &Arc<[Target]>) {
    let variant = Variant::new(
        &message(),
        &provider.capability(),
        None,
        LimitPolicy::Reject,
    );
    let variant = Arc::new(variant.expect("a variant"));
    for target in targets.iter() {
        let batch = Batch::new(Arc::clone(&variant), [target.clone()].into());
        assert_eq!(provider.send(&batch).await.accepted(), 1);
    }
}

async fn route(router: &Router, targets: &Arc<[Target]>) {
    let message = message();
    let mut flow = router.stream(&message, stream::iter(targets.to_vec()));
    let mut accepted = 0;
    while let Some(delivery) = flow.next().await {
        accepted += usize::from(delivery.outcome.is_accepted());
    }
    assert_eq!(accepted, targets.len());
}

/// One key and one agreement, which no push can do without: the least that one costs with this
/// machine and this library of cryptography.
fn agree_with(point: &[u8]) {
    let key = PrivateKey::generate(&ECDH_P256).expect("a key");
    std::hint::black_box(key.compute_public_key().expect("a public key"));
    let peer = UnparsedPublicKey::new(&ECDH_P256, point);
    let shared = agree(&key, peer, (), |shared| Ok(shared.len()));
    assert_eq!(shared, Ok(32));
}

/// CPU time of one push by the peer, and its version.
fn peer(input: &Value) -> Result<(Duration, String), String> {
    let mut child = Command::new("node")
        .arg(PEER)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("`node` does not start: {error}"))?;
    let mut stdin = child.stdin.take().ok_or("no standard input")?;
    stdin
        .write_all(input.to_string().as_bytes())
        .map_err(|error| error.to_string())?;
    drop(stdin);
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err("`node` does not find the package `web-push`".to_owned());
    }
    let said: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let micros = said["micros"].as_f64().ok_or("no figure")?;
    let version = said["version"].as_str().unwrap_or_default().to_owned();
    Ok((Duration::from_secs_f64(micros / 1e6), version))
}

fn middle(mut measured: Vec<Duration>) -> Duration {
    measured.sort_unstable();
    measured
        .get(measured.len() / 2)
        .copied()
        .unwrap_or_default()
}

fn main() {
    let is_smoke_run = std::env::args().any(|argument| argument == "--test");
    let (pushes, rounds) = if is_smoke_run {
        (20, 1)
    } else {
        (PUSHES, ROUNDS)
    };
    pin_to_core(1);
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let subscriptions: Vec<String> = (0..pushes).map(subscription).collect();
    let targets = subscriptions.iter();
    let targets: Arc<[Target]> = targets
        .map(|subscription| Target::new("web", subscription.as_str()))
        .collect();
    let resources = Resources::new(Arc::new(NullConnector::default()));
    let config = zpns::webpush::WebPushConfig::new(Secret::new(KEY), SUBJECT);
    let provider = config.provider(Setup::new("web", resources.clone()));
    let provider = provider.expect("a provider");
    let router = Router::builder(resources)
        .provider(provider.clone())
        .build();
    let input = json!({
        "publicKey": PUBLIC, "privateKey": KEY, "subject": SUBJECT,
        "payload": r#"{"notification":{"title":"Alice","body":"Lunch at noon?","data":{"message_id":"0190b7a4-2b7e-7c3e-8f3e-3c1e5b1e9a10","payload":"{\"chat\":7}"}}}"#,
        "subscriptions": subscriptions,
    });

    let point = URL_SAFE_NO_PAD.decode(PUBLIC).expect("a point");
    let (mut bare, mut ours, mut routed, mut theirs) = (vec![], vec![], vec![], vec![]);
    let mut name = Err(String::new());
    for _ in 0..rounds {
        bare.push(per_push(pushes, || {
            (0..pushes).for_each(|_| agree_with(&point))
        }));
        ours.push(per_push(pushes, || {
            runtime.block_on(provide(&*provider, &targets))
        }));
        routed.push(per_push(pushes, || {
            runtime.block_on(route(&router, &targets))
        }));
        name = peer(&input).map(|(time, version)| {
            theirs.push(time);
            version
        });
    }
    let (bare, theirs) = (middle(bare), middle(theirs));
    let (ours, routed) = (middle(ours), middle(routed));
    let micros = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1e6);
    let of_peer = |time: Duration| match theirs.is_zero() {
        true => String::new(),
        false => format!("{:.2}", time.as_secs_f64() / theirs.as_secs_f64()),
    };
    let mut table = Table::new(&["client", "µs CPU per push", "of the peer's", "goal"]);
    match name {
        Ok(version) => table.row([
            format!("npm `web-push` {version}"),
            micros(theirs),
            of_peer(theirs),
            String::new(),
        ]),
        Err(why) => println!("npm `web-push` is left out: {why}\n"),
    }
    let goal = format!("≤ {} {}", GOAL.as_micros(), verdict(ours <= GOAL));
    for (client, time, goal) in [
        ("one key, one agreement", bare, String::new()),
        ("zpns, provider", ours, goal),
        ("zpns, router", routed, String::new()),
    ] {
        table.row([client.to_owned(), micros(time), of_peer(time), goal]);
    }
    println!("{table}");
}
