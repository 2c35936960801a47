//! From a file, or from code that is linked in, to a plugin whose instances are providers.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;
use zpns_core::{ProviderInfo, Setup, Vendor};
use zpns_plugin_api::Linked;
use zpns_plugin_api::abi::{Entry, PluginApi};
use zpns_plugin_api::json::Descriptor;

use crate::create::{Made, create};
use crate::image::Image;
use crate::library;
use crate::metrics::Metrics;
use crate::policy::{LoadPolicy, PluginIdentity, PluginName};
use crate::provider::PluginProvider;
use crate::trace::{LoadError, LoadErrorKind, Trace};
use crate::worker::Job;

/// On which thread a plugin's `send` is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Calls {
    /// On the instance's own. A plugin that blocks in `send` holds up nobody, and a batch ends at
    /// its deadline all the same. Costs two hand-overs between threads for each batch.
    #[default]
    OwnThread,
    /// On that of whoever sends, for a plugin that is known to return at once: saves the
    /// hand-overs. One that blocks in `send` all the same holds up its caller's thread, and that
    /// batch, for as long as it blocks.
    CallersThread,
}

/// How instances of plugins are kept.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PluginOptions {
    /// How long `create` may take. Ten seconds unless set.
    pub create_timeout: Duration,
    /// How long a batch without a deadline may take, and a check of the credentials. Thirty
    /// seconds unless set.
    pub timeout: Duration,
    /// How long beyond its grace a shutdown is waited for, and `destroy` after it, before the
    /// instance is abandoned. Five seconds unless set.
    pub margin: Duration,
    /// Calls that an instance has not ended, at the most: further ones are refused. Those that
    /// nobody waits for any more count. 4,096 unless set.
    pub unfinished: usize,
    /// On which thread `send` is called. The instance's own unless set.
    pub calls: Calls,
    /// Where the plugin's measurements go. Nowhere unless set.
    pub metrics: Option<Arc<dyn Metrics>>,
}

impl Default for PluginOptions {
    fn default() -> Self {
        Self {
            create_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            margin: Duration::from_secs(5),
            unfinished: 4_096,
            calls: Calls::default(),
            metrics: None,
        }
    }
}

/// A plugin that is in the process: makes providers.
#[derive(Clone, Debug)]
pub struct Plugin {
    api: PluginApi,
    descriptor: Arc<Descriptor>,
    identity: Option<PluginIdentity>,
    path: PathBuf,
    steps: Vec<String>,
}

// SAFETY: a plugin's table holds nothing but functions, which by the header may be called from
// every thread.
unsafe impl Send for Plugin {}
// SAFETY: as above.
unsafe impl Sync for Plugin {}

/// Loads the plugin in a file. It stays in the process for good; loading the same bytes again
/// gives the same plugin.
///
/// `path` is absolute. What is checked before anything of it runs, and what `policy` adds, stands
/// at [`LoadPolicy`].
///
/// # Errors
/// [`LoadError`], with everything that was tried.
///
/// # Safety
/// A plugin runs inside this process with all of its rights: this is no security boundary. The
/// caller vouches that the file is a plugin which keeps to the header `zpns_plugin.h`.
///
/// ```no_run
/// use zpns_plugin_host::{LoadPolicy, load};
///
/// let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// let policy = LoadPolicy::caller_vouches().with_sha256(hash.parse()?);
/// // SAFETY: we built this file ourselves, and only it has this hash.
/// let plugin = unsafe { load("/opt/push/libjpush.so", &policy) }?;
/// println!("{}", plugin.descriptor().id);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub unsafe fn load(path: impl AsRef<Path>, policy: &LoadPolicy) -> Result<Plugin, LoadError> {
    let path = path.as_ref();
    let mut trace = Trace::new(path);
    let image = Image::open(path, policy, &mut trace)?;
    // SAFETY: by the caller's word.
    let entry = unsafe { library::open(&image, &mut trace) }?;
    // SAFETY: by the caller's word.
    let (api, descriptor) = unsafe { library::introduce(entry, &mut trace) }?;
    let mut identity = image.identity;
    identity.plugin = Some(PluginName {
        id: descriptor.id.clone(),
        version: descriptor.version.clone(),
    });
    policy.ask(&identity).map_err(|reason| {
        let message = format!("the policy refused the plugin: {reason}");
        trace.fail(LoadErrorKind::Policy, message)
    })?;
    tracing::info!(
        path = %identity.path.display(),
        sha256 = %identity.sha256,
        id = descriptor.id,
        version = descriptor.version,
        "a plugin is loaded"
    );
    Ok(Plugin {
        api,
        descriptor: Arc::new(descriptor),
        identity: Some(identity),
        path: path.to_owned(),
        steps: trace.steps().to_vec(),
    })
}

/// Takes a Rust plugin that is linked into this program (`static_name` of `export_provider!`).
///
/// # Errors
/// [`LoadError`]: the plugin and this host are of versions that do not go together.
pub fn load_linked(plugin: Linked) -> Result<Plugin, LoadError> {
    // SAFETY: a `Linked` is the entry of a plugin that keeps to the header, by its maker's word.
    unsafe { load_static(plugin.entry()) }
}

/// Takes a plugin in any language that is linked into this program.
///
/// # Errors
/// [`LoadError`]: the plugin and this host are of versions that do not go together.
///
/// # Safety
/// `entry` is that of a plugin, which keeps to the header.
pub unsafe fn load_static(entry: Entry) -> Result<Plugin, LoadError> {
    let path = Path::new("(linked in)");
    let mut trace = Trace::new(path);
    // SAFETY: by the caller's word.
    let (api, descriptor) = unsafe { library::introduce(entry, &mut trace) }?;
    Ok(Plugin {
        api,
        descriptor: Arc::new(descriptor),
        identity: None,
        path: path.to_owned(),
        steps: trace.steps().to_vec(),
    })
}

impl Plugin {
    /// What it says of itself.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Its file; nothing if it is linked in.
    pub fn identity(&self) -> Option<&PluginIdentity> {
        self.identity.as_ref()
    }

    /// What was done to load it, in order.
    pub fn steps(&self) -> &[String] {
        &self.steps
    }

    /// Makes an instance. It has a thread of its own, on which the plugin is called.
    ///
    /// `config` is handed to the plugin as it is. The setup's connection reaches it too, and its
    /// HTTP and clock are what the plugin gets from us. Blocks until the plugin has made it, for
    /// [`PluginOptions::create_timeout`] at the most.
    ///
    /// # Errors
    /// [`LoadErrorKind::Create`]: the plugin refused the config (in its own words, less its
    /// secrets), took too long, or does not say what it can do.
    pub fn provider(
        &self,
        config: &Value,
        setup: Setup,
        options: PluginOptions,
    ) -> Result<Arc<PluginProvider>, LoadError> {
        let mut trace = Trace::new(&self.path);
        for step in &self.steps {
            trace.step(step.clone());
        }
        let id = setup.id.clone();
        let Made {
            instance,
            shared,
            provider,
            info,
        } = create(self.api, &self.descriptor, config, setup, &options)
            .map_err(|message| trace.fail(LoadErrorKind::Create, message))?;
        let capability = info
            .capability
            .as_ref()
            .or(self.descriptor.capability.as_ref());
        let Some(capability) = capability else {
            let (done, _nobody_waits) = oneshot::channel();
            instance.ask(Job::Destroy(done));
            let message = "neither its descriptor nor its instance says what it can do";
            return Err(trace.fail(LoadErrorKind::Create, message));
        };
        let vendor = Vendor::from(self.descriptor.provider.clone());
        let expiries = info.expiries;
        let info = ProviderInfo::new(id, vendor).with_environment(info.environment);
        let capability = capability.into();
        Ok(Arc::new(PluginProvider::new(
            instance, shared, provider, info, capability, expiries, options,
        )))
    }
}
