//! Web Push in a real browser: a page subscribes, is pushed to, and its service worker shows the
//! notification. Says that it skips where there is no Chromium (Debian: the package `chromium`).
//!
//! ```sh
//! cargo run --example webpush_browser
//! ```
//!
//! What this proves, and what it does not:
//!
//! * The page makes the keys of a subscription, and decrypts the push, with the browser's own
//!   cryptography and nothing of ours.
//! * The push takes the whole way of a real one: router, adapter, VAPID, TLS, and a push service
//!   (the simulator's) that checks all of it.
//! * The last hop is not the browser maker's push service, which has to be reached for that: the
//!   text that the page decrypted is handed to its service worker as a push over the DevTools
//!   protocol. From there on it is the browser that shows it.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]
#![allow(
    clippy::disallowed_methods,
    reason = "a browser keeps no time but its own"
)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use axum::Router as Web;
use axum::extract::State;
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use zpns::{Config, Notification, Router, Target};
use zpns_simulator::Simulator;
use zpns_simulator::webpush::{Credentials, Service, Subscriber};

const PAGE: &str = include_str!("browser/index.html");
const SCRIPT: &str = include_str!("browser/page.js");
const WORKER: &str = include_str!("browser/worker.js");
/// How long the browser may take for all of it.
const PATIENCE: Duration = Duration::from_secs(180);

type Failed = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failed> {
    match chromium() {
        Some(browser) => tokio::time::timeout(PATIENCE, demonstrate(&browser))
            .await
            .map_err(|_| "the browser took too long")?,
        None => {
            println!("skipped: there is no Chromium on this machine (Debian package `chromium`)");
            Ok(())
        }
    }
}

/// The browser, by `$CHROMIUM` or on the path.
fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    named.into_iter().chain(found).find(|path| path.is_file())
}

/// What the site needs. Cheap to clone.
#[derive(Clone)]
struct Site {
    router: Router,
    simulator: Arc<Simulator>,
    service: Credentials,
    told: UnboundedSender<(&'static str, Value)>,
}

async fn demonstrate(browser: &Path) -> Result<(), Failed> {
    let simulator = Simulator::builder().vendors(["webpush"]).start().await?;
    let simulator = Arc::new(simulator);
    let router = Config::parse(&simulator.config_toml()?, "simulator.toml")?.router()?;
    let service = simulator.webpush().ok_or("no push service")?.clone();
    let (told, mut news) = unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    // Browsers take `localhost` for a safe place, as they do https.
    let origin = format!("http://localhost:{}", listener.local_addr()?.port());
    let site = web(Site {
        router,
        simulator: Arc::clone(&simulator),
        service,
        told,
    });
    let server = tokio::spawn(async move { axum::serve(listener, site).await });

    let profile = tempfile::tempdir()?;
    let mut browser = Browser::start(browser, profile.path()).await?;
    browser.open(&origin).await?;
    let subscribed = next(&mut news, "/subscribe").await?;
    println!(
        "the page asked its browser to subscribe: {}",
        text(&subscribed, "real")
    );
    println!("the page made a subscription's keys by itself; pushed through zpns: accepted");
    let decrypted = next(&mut news, "/decrypted").await?;
    let opened = simulator
        .received("webpush")
        .pop()
        .and_then(|push| push.plaintext);
    let opened = String::from_utf8(opened.unwrap_or_default().to_vec())?;
    if text(&decrypted, "text") != opened {
        return Err("browser and push service read different texts".into());
    }
    println!("decrypted by the browser's own cryptography: {opened}");
    browser.deliver_push(&origin, &opened).await?;
    let shown = next(&mut news, "/shown").await?;
    for notification in shown.as_array().ok_or("no list of notifications")? {
        println!(
            "shown by the browser: {} — {} {}",
            text(notification, "title"),
            text(notification, "body"),
            notification["data"]["payload"],
        );
    }
    browser.close().await?;
    server.abort();
    Ok(())
}

fn web(site: Site) -> Web {
    let file = |kind: &'static str, text: &'static str| {
        get(move || async move { ([(CONTENT_TYPE, kind)], text) })
    };
    Web::new()
        .route("/", file("text/html", PAGE))
        .route("/page.js", file("text/javascript", SCRIPT))
        .route("/worker.js", file("text/javascript", WORKER))
        .route("/key", get(key))
        .route("/subscribe", post(subscribe))
        .route(
            "/decrypted",
            post(|site, body| note(site, body, "/decrypted")),
        )
        .route("/shown", post(|site, body| note(site, body, "/shown")))
        .route("/failed", post(|site, body| note(site, body, "/failed")))
        .with_state(site)
}

async fn key(State(site): State<Site>) -> String {
    site.service.vapid_public_key
}

/// Subscribes the page at the simulated push service, pushes, and answers with the body that the
/// service has for the browser.
async fn subscribe(State(site): State<Site>, body: String) -> Result<String, impl IntoResponse> {
    let told = serde_json::from_str(&body).unwrap_or(Value::Null);
    let mut browser = Subscriber::default().bound_to(site.service.vapid_public_key.clone());
    browser.p256dh = text(&told["keys"], "p256dh").to_owned();
    browser.auth = text(&told["keys"], "auth").to_owned();
    browser.private_key = text(&told, "private_key").to_owned();
    let subscription = site
        .service
        .subscribe(Service::Mozilla.path("page"), browser);
    let message = Notification::alert("Alice", "Lunch at noon? 🍜").with_payload(r#"{"chat":7}"#);
    let target = Target::new("webpush", subscription.as_str());
    let report = site.router.send(&message, [target]).await;
    if report.accepted() != 1 {
        let why = format!("{:?}", report.outcomes());
        return Err((StatusCode::BAD_GATEWAY, why));
    }
    let _ = site.told.send(("/subscribe", told));
    let push = site.simulator.received("webpush").pop();
    let body = push.map(|push| push.body).unwrap_or_default();
    Ok(URL_SAFE_NO_PAD.encode(body))
}

async fn note(State(site): State<Site>, body: String, what: &'static str) {
    let value = serde_json::from_str(&body).unwrap_or(Value::Null);
    let _ = site.told.send((what, value));
}

/// What the page tells next, which has to be this.
async fn next(
    news: &mut UnboundedReceiver<(&'static str, Value)>,
    wanted: &str,
) -> Result<Value, Failed> {
    let (what, value) = news.recv().await.ok_or("the site is closed")?;
    match what == wanted {
        true => Ok(value),
        false => Err(format!("the page says {what}: {value}").into()),
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// A headless browser, by the DevTools protocol over its pipes: JSON, with a zero behind each.
struct Browser {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    calls: u64,
    session: String,
    registration: Option<String>,
}

impl Browser {
    async fn start(program: &Path, profile: &Path) -> Result<Self, Failed> {
        // The browser reads calls from file 3 and writes answers to file 4.
        let script = r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#;
        let mut child = Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(program)
            .args([
                "--headless=new",
                "--remote-debugging-pipe",
                "--no-first-run",
                "--disable-gpu",
                // Root, as containers are, has no sandbox; the page is this program's own.
                "--no-sandbox",
                "--disable-dev-shm-usage",
            ])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let to = child.stdin.take().ok_or("no pipe to the browser")?;
        let from = child.stdout.take().ok_or("no pipe from the browser")?;
        Ok(Self {
            child,
            to,
            from: BufReader::new(from),
            calls: 0,
            session: String::new(),
            registration: None,
        })
    }

    /// Opens a page that may show notifications.
    async fn open(&mut self, origin: &str) -> Result<(), Failed> {
        let permissions = json!({"origin": origin, "permissions": ["notifications"]});
        self.call("Browser.grantPermissions", permissions).await?;
        let target = self
            .call("Target.createTarget", json!({"url": "about:blank"}))
            .await?;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = self.call("Target.attachToTarget", attach).await?;
        self.session = text(&attached, "sessionId").to_owned();
        self.call("ServiceWorker.enable", json!({})).await?;
        self.call("Page.navigate", json!({ "url": origin })).await?;
        Ok(())
    }

    /// A push to the page's service worker, as from the browser maker's push service.
    async fn deliver_push(&mut self, origin: &str, data: &str) -> Result<(), Failed> {
        while self.registration.is_none() {
            let message = self.read().await?;
            self.note(&message);
        }
        let push = json!({
            "origin": origin, "registrationId": self.registration, "data": data,
        });
        self.call("ServiceWorker.deliverPushMessage", push).await?;
        Ok(())
    }

    async fn call(&mut self, method: &str, params: Value) -> Result<Value, Failed> {
        self.calls += 1;
        let mut call = json!({"id": self.calls, "method": method, "params": params});
        if !self.session.is_empty() {
            call["sessionId"] = self.session.clone().into();
        }
        self.to.write_all(format!("{call}\0").as_bytes()).await?;
        loop {
            let message = self.read().await?;
            self.note(&message);
            if message["id"] == self.calls {
                return match message.get("error") {
                    Some(error) => Err(format!("{method}: {error}").into()),
                    None => Ok(message["result"].clone()),
                };
            }
        }
    }

    async fn read(&mut self) -> Result<Value, Failed> {
        let mut message = Vec::new();
        self.from.read_until(0, &mut message).await?;
        if message.pop() != Some(0) {
            return Err("the browser is gone".into());
        }
        Ok(serde_json::from_slice(&message)?)
    }

    /// Remembers the service worker's registration.
    fn note(&mut self, message: &Value) {
        if message["method"] != "ServiceWorker.workerRegistrationUpdated" {
            return;
        }
        let registrations = message["params"]["registrations"].as_array();
        for registration in registrations.into_iter().flatten() {
            self.registration = Some(text(registration, "registrationId").to_owned());
        }
    }

    async fn close(mut self) -> Result<(), Failed> {
        self.session.clear();
        self.call("Browser.close", json!({})).await?;
        self.child.wait().await?;
        Ok(())
    }
}
