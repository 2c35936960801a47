//! What the tests share: the C compiler, an instance of the hostile plugin, and its clock.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use zpns_core::resources::{
    HttpClient, HttpError, HttpOptions, HttpRequest, HttpResponse, ManualClock,
};
use zpns_core::{
    Batch, Clock, HttpConnector, LimitPolicy, Notification, Outcome, PushProvider, Report,
    Resources, Setup, Target, Timestamp, Variant,
};
use zpns_plugin_host::{
    Calls, LoadError, LoadPolicy, Metric, Metrics, Plugin, PluginOptions, PluginProvider, load,
};

/// Compiles the hostile plugin with these definitions, once for each; none without a compiler.
pub(crate) fn library(definitions: &[&str]) -> Option<PathBuf> {
    static BUILT: Mutex<Option<HashMap<String, Option<PathBuf>>>> = Mutex::new(None);
    let name = definitions.join(" ");
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let built = built.get_or_insert_default();
    let number = built.len();
    let entry = built.entry(name);
    entry
        .or_insert_with(|| compile(number, definitions))
        .clone()
}

fn compile(number: usize, definitions: &[&str]) -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile_folder();
    let to = folder.join(format!("libhostile{number}.so"));
    let mut command = Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".into()));
    command
        .args([
            "-std=c11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-pthread",
        ])
        .args(["-fvisibility=hidden", "-D_GNU_SOURCE", "-O1"])
        .args(
            definitions
                .iter()
                .map(|definition| format!("-D{definition}")),
        )
        .arg("-I")
        .arg(here.join("../include"))
        .arg(here.join("tests/hostile/hostile.c"))
        .arg("-o")
        .arg(&to);
    match command.output() {
        Err(error) => {
            eprintln!("skipped: there is no C compiler on this machine ({error})");
            None
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{said}");
            Some(to)
        }
    }
}

/// A folder that is there for as long as the tests run, and that only we can write.
pub(crate) fn tempfile_folder() -> PathBuf {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER
        .get_or_init(|| tempfile::tempdir().unwrap())
        .path()
        .to_owned()
}

/// The hostile plugin; none without a compiler.
pub(crate) fn plugin() -> Option<Plugin> {
    let path = library(&[])?;
    // SAFETY: the test's own plugin. It breaks rules, but none that takes a process down.
    Some(unsafe { load(path, &LoadPolicy::caller_vouches()) }.unwrap())
}

/// One instance, with a clock that stands still.
pub(crate) struct Scene {
    pub(crate) provider: Arc<PluginProvider>,
    pub(crate) clock: Arc<ManualClock>,
    events: tokio::sync::Mutex<mpsc::UnboundedReceiver<(String, f64)>>,
}

impl Scene {
    /// One that is called on the threads of its callers.
    pub(crate) fn on_the_callers_thread() -> Option<Self> {
        let change = |options: &mut PluginOptions| options.calls = Calls::CallersThread;
        Self::with(json!({}), change).map(Result::unwrap)
    }

    /// None without a compiler.
    pub(crate) fn new() -> Option<Self> {
        Self::with(json!({}), |_| {}).map(Result::unwrap)
    }

    pub(crate) fn with(
        mut config: Value,
        change: impl FnOnce(&mut PluginOptions),
    ) -> Option<Result<Self, LoadError>> {
        let plugin = plugin()?;
        config["key"] = "hunter2-hunter2".into();
        let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_000)));
        let resources =
            Resources::new(Arc::new(Http)).with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
        let (sender, events) = mpsc::unbounded_channel();
        let mut options = PluginOptions::default();
        options.metrics = Some(Arc::new(Events(sender)));
        change(&mut options);
        let setup = Setup::new("hostile", resources);
        let provider = plugin.provider(&config, setup, options);
        Some(provider.map(|provider| Self {
            provider,
            clock,
            events: events.into(),
        }))
    }

    /// A batch whose title says how the plugin misbehaves.
    pub(crate) fn batch(&self, title: &str, targets: usize) -> Batch {
        let message = Notification::alert(title, "b");
        let capability = self.provider.capability();
        let variant = Variant::new(&message, &capability, None, LimitPolicy::Reject).unwrap();
        let targets = (0..targets).map(|number| Target::new("hostile", format!("token-{number}")));
        Batch::new(Arc::new(variant), targets.collect())
    }

    pub(crate) async fn send(&self, title: &str, targets: usize) -> Report {
        let report = self.provider.send(&self.batch(title, targets)).await;
        assert_eq!(report.len(), targets, "one outcome for each target");
        report
    }

    /// Sends to one target.
    pub(crate) async fn one(&self, title: &str) -> Outcome {
        self.send(title, 1).await.into_outcomes().remove(0)
    }

    /// Sends in the background what the plugin does not end by itself, and waits until it has it.
    pub(crate) async fn hold(&self, title: &str) -> tokio::task::JoinHandle<Report> {
        // What it said of earlier calls is not meant.
        while self.events.lock().await.try_recv().is_ok() {}
        let (provider, batch) = (Arc::clone(&self.provider), self.batch(title, 1));
        let deadline = self.clock.monotonic() + Duration::from_secs(10);
        let batch = batch.with_deadline(Some(deadline));
        let sending = tokio::spawn(async move { provider.send(&batch).await });
        self.told("send").await;
        sending
    }

    /// Drops the provider; what the plugin says from now on.
    pub(crate) fn without_provider(self) -> mpsc::UnboundedReceiver<(String, f64)> {
        drop(self.provider);
        self.events.into_inner()
    }

    /// Waits until the plugin says that this happened to it; the value that it says with it.
    pub(crate) async fn told(&self, event: &str) -> f64 {
        let mut events = self.events.lock().await;
        loop {
            let (name, value) = events.recv().await.expect("the plugin's words");
            if name == event {
                return value;
            }
        }
    }
}

#[derive(Debug)]
struct Events(mpsc::UnboundedSender<(String, f64)>);

impl Metrics for Events {
    fn record(&self, metric: &Metric<'_>) {
        // After the test nobody listens.
        let _ = self.0.send((metric.name.to_owned(), metric.value));
    }
}

/// Answers 200 to everything but what must never be answered.
#[derive(Debug)]
struct Http;

impl HttpConnector for Http {
    fn open(&self, _options: &HttpOptions) -> Result<Arc<dyn HttpClient>, HttpError> {
        Ok(Arc::new(Self))
    }
}

#[async_trait]
impl HttpClient for Http {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if request.uri.path() == "/never" {
            std::future::pending::<()>().await;
        }
        assert_eq!(request.headers["x-who"], "c");
        assert_eq!(request.uri, "https://push.example/send");
        assert_eq!(&request.body[..], b"{}");
        Ok(HttpResponse {
            status: http::StatusCode::OK,
            headers: http::HeaderMap::new(),
            body: "sent".into(),
        })
    }

    async fn close(&self, _grace: Duration) {}
}
