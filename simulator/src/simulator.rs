//! A running simulator.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::builder::with_latency;
use crate::ca::Authority;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::faults::Faults;
use crate::receipts::Told;
use crate::{
    ClientCertificate, Counters, Error, FaultScript, ReceiptRequest, Received, SimulatorBuilder,
    Tell, TokenSet, apns, config, fcm, harmony, honor, huawei, meizu, oppo, vivo, webpush, xiaomi,
};

/// Running servers of the vendors. Dropping it stops them.
#[derive(Debug)]
pub struct Simulator {
    pub(crate) servers: Vec<Server>,
    authority: Arc<Authority>,
    clock: Arc<Clock>,
    faults: Arc<Faults>,
    latency: Duration,
    folder: OnceLock<PathBuf>,
}

/// One vendor's server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) origin: String,
    pub(crate) engine: Arc<Engine>,
    pub(crate) task: JoinHandle<()>,
}

impl Simulator {
    /// Starts every vendor on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If a port cannot be bound or a key cannot be made.
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// Chooses how to run.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::default()
    }

    pub(crate) fn new(
        servers: Vec<Server>,
        authority: Arc<Authority>,
        clock: Arc<Clock>,
        faults: Arc<Faults>,
        latency: Duration,
    ) -> Self {
        Self {
            servers,
            authority,
            clock,
            faults,
            latency,
            folder: OnceLock::new(),
        }
    }

    /// The names of the vendors that run. They are also the provider ids of the configuration.
    pub fn vendors(&self) -> Vec<&'static str> {
        self.servers
            .iter()
            .map(|server| server.engine.name)
            .collect()
    }

    /// `https://127.0.0.1:PORT` of a vendor; empty if it does not run.
    pub fn origin(&self, vendor: &str) -> &str {
        self.server(vendor).map_or("", |server| &server.origin)
    }

    /// The authority that signed every server's certificate, in PEM.
    pub fn ca_pem(&self) -> String {
        self.authority.pem()
    }

    /// The credentials of a vendor by the type that its module publishes, if it runs.
    pub fn credentials<T: 'static>(&self) -> Option<&T> {
        self.servers
            .iter()
            .find_map(|server| server.engine.vendor.credentials().downcast_ref())
    }

    /// The APNs credentials, if APNs runs.
    pub fn apns(&self) -> Option<&apns::Credentials> {
        self.credentials()
    }

    /// The credentials of Huawei's Android push, if it runs.
    pub fn huawei(&self) -> Option<&huawei::Credentials> {
        self.credentials()
    }

    /// The credentials of HarmonyOS push, if it runs.
    pub fn harmony(&self) -> Option<&harmony::Credentials> {
        self.credentials()
    }

    /// The HONOR credentials, if HONOR runs.
    pub fn honor(&self) -> Option<&honor::Credentials> {
        self.credentials()
    }

    /// The FCM credentials, if FCM runs.
    pub fn fcm(&self) -> Option<&fcm::Credentials> {
        self.credentials()
    }

    /// The Meizu credentials, if Meizu runs.
    pub fn meizu(&self) -> Option<&meizu::Credentials> {
        self.credentials()
    }

    /// The OPPO credentials, if OPPO runs.
    pub fn oppo(&self) -> Option<&oppo::Credentials> {
        self.credentials()
    }

    /// The vivo credentials, if vivo runs.
    pub fn vivo(&self) -> Option<&vivo::Credentials> {
        self.credentials()
    }

    /// The VAPID key and the subscribers of standard Web Push, if it runs.
    pub fn webpush(&self) -> Option<&webpush::Credentials> {
        self.credentials()
    }

    /// The Xiaomi credentials, if Xiaomi runs.
    pub fn xiaomi(&self) -> Option<&xiaomi::Credentials> {
        self.credentials()
    }

    /// Issues a TLS client certificate for APNs that may push to `topics`, in the sandbox or in
    /// production. One of the wrong environment is answered `BadCertificateEnvironment`.
    ///
    /// # Errors
    /// If the certificate cannot be made.
    pub fn issue_client_certificate(
        &self,
        topics: &[&str],
        sandbox: bool,
    ) -> Result<ClientCertificate, Error> {
        let topics: Vec<_> = topics.iter().map(|topic| (*topic).to_owned()).collect();
        self.authority.client(&topics, sandbox)
    }

    /// The newest requests that a vendor received, oldest first.
    pub fn received(&self, vendor: &str) -> Vec<Received> {
        self.server(vendor)
            .map(|server| server.engine.record.received())
            .unwrap_or_default()
    }

    /// What a vendor tells a server about the pushes that it accepted and still remembers, in the
    /// vendor's form: as few calls as it makes of them, none if there is nothing to tell.
    ///
    /// # Errors
    /// [`Error::Receipt`] if the vendor has no such receipt, [`Error::UnknownVendor`] if it does not
    /// run.
    pub fn receipts(
        &self,
        vendor: &str,
        tell: impl Into<Tell>,
    ) -> Result<Vec<ReceiptRequest>, Error> {
        let server = self.server(vendor).ok_or_else(|| Error::UnknownVendor {
            name: vendor.to_owned(),
            known: self.vendors().join(", "),
        })?;
        let told = Told {
            vendor: server.engine.name,
            tell: &tell.into(),
            now: self.clock.now_ms(),
        };
        let received = server.engine.record.received();
        server.engine.vendor.receipts(&received, &told)
    }

    /// Posts [`receipts`](Self::receipts) to an `http://` address, one call after the other, and
    /// returns how many calls that were.
    ///
    /// # Errors
    /// As [`receipts`](Self::receipts) and [`ReceiptRequest::post`].
    pub async fn post_receipts(
        &self,
        vendor: &str,
        tell: impl Into<Tell>,
        url: &str,
    ) -> Result<usize, Error> {
        let requests = self.receipts(vendor, tell)?;
        for request in &requests {
            request.post(url).await?;
        }
        Ok(requests.len())
    }

    /// How often things happened at a vendor.
    pub fn counters(&self, vendor: &str) -> Counters {
        self.server(vendor)
            .map(|server| server.engine.record.counters())
            .unwrap_or_default()
    }

    /// Forgets what was received and counted, and the attempts of flaky tokens. Faults,
    /// credentials and open connections stay.
    pub fn clear(&self) {
        for server in &self.servers {
            server.engine.record.clear();
            server.engine.vendor.reset();
        }
    }

    /// Replaces the faults, with all counts at zero.
    ///
    /// # Errors
    /// [`Error::Script`] if a value of the script is out of range.
    pub fn set_faults(&self, script: FaultScript) -> Result<(), Error> {
        script.validate()?;
        self.faults.set(with_latency(script, self.latency));
        Ok(())
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.faults
            .set(with_latency(FaultScript::new(), self.latency));
    }

    /// Moves the simulator's clock forward, so that credentials age.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Tokens of a vendor by how they behave.
    pub fn tokens(&self, vendor: &str) -> TokenSet {
        self.server(vendor)
            .map(|server| server.engine.vendor.tokens())
            .unwrap_or_default()
    }

    /// `{"<provider>": {"live": […], "dead": […], "muted": […], "flaky": […]}}`.
    pub fn tokens_json(&self) -> String {
        config::tokens_json(self)
    }

    /// Writes [`Simulator::tokens_json`] to a file.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub fn write_tokens(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        config::write(path.as_ref(), &self.tokens_json())
    }

    /// A `zpns` configuration that reaches this simulator, with one provider per vendor. Its
    /// `ca_path` names a temporary file that lives as long as the simulator.
    ///
    /// # Errors
    /// [`Error::Io`] if the file of the authority cannot be written.
    pub fn config_toml(&self) -> Result<String, Error> {
        config::toml(self, &self.ca_path()?)
    }

    /// Writes a `zpns` configuration, and the authority into a file beside it whose name ends in
    /// `.ca.pem`.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be written.
    pub fn write_config(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        config::write_with_ca(self, path.as_ref())
    }

    /// A temporary file with the authority, which lives as long as the simulator.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written.
    pub fn ca_path(&self) -> Result<PathBuf, Error> {
        let folder = self.folder.get_or_init(config::temporary_folder);
        let path = folder.join("ca.pem");
        if !path.exists() {
            std::fs::create_dir_all(folder)
                .map_err(Error::io(format!("cannot make {}", folder.display())))?;
            config::write(&path, &self.ca_pem())?;
        }
        Ok(path)
    }

    /// Stops listening and drops every connection.
    pub async fn shutdown(mut self) {
        for server in std::mem::take(&mut self.servers) {
            server.task.abort();
            // Cancelled is what it is meant to be.
            let _ = server.task.await;
        }
    }

    fn server(&self, vendor: &str) -> Option<&Server> {
        self.servers
            .iter()
            .find(|server| server.engine.name == vendor)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        for server in &self.servers {
            server.task.abort();
        }
        if let Some(folder) = self.folder.get() {
            // A file that is gone already needs no removing.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
