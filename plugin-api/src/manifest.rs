//! What a plugin says about itself.

use crate::Runtime;
use crate::abi::{HOST_HTTP, HOST_TIMER};
use crate::json::Descriptor;

/// What a plugin says about itself, beside what its config type knows.
///
/// ```
/// use zpns_plugin_api::{Manifest, Runtime};
///
/// const MANIFEST: Manifest = Manifest::new("com.example.webhook")
///     .with_secrets(&["/secret"])
///     .with_runtime(Runtime::Host);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Manifest {
    /// The plugin's name in the world, written backwards like a domain.
    pub id: &'static str,
    /// JSON pointers into the config, to what must not be seen.
    pub secrets: &'static [&'static str],
    /// A JSON Schema of the config, as JSON.
    pub config_schema: Option<&'static str>,
    /// Who runs its futures.
    pub runtime: Runtime,
}

impl Manifest {
    /// With one thread of its own, no secrets, and no schema.
    pub const fn new(id: &'static str) -> Self {
        Self {
            id,
            secrets: &[],
            config_schema: None,
            runtime: Runtime::Own { threads: 1 },
        }
    }

    /// With keys of the config that must not be seen, as JSON pointers (`/secret`).
    #[must_use]
    pub const fn with_secrets(mut self, pointers: &'static [&'static str]) -> Self {
        self.secrets = pointers;
        self
    }

    /// With a JSON Schema of the config (`include_str!("config.schema.json")`); left out of the
    /// descriptor if it is not JSON.
    #[must_use]
    pub const fn with_config_schema(mut self, schema: &'static str) -> Self {
        self.config_schema = Some(schema);
        self
    }

    /// With another runtime.
    #[must_use]
    pub const fn with_runtime(mut self, runtime: Runtime) -> Self {
        self.runtime = runtime;
        self
    }

    /// The descriptor of a plugin of this vendor, from a package of this name and version.
    pub(crate) fn descriptor(&self, vendor: &str, package: (&str, &str)) -> Descriptor {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        let mut descriptor = Descriptor::new(self.id, vendor);
        descriptor.name = package.0.to_owned();
        descriptor.version = package.1.to_owned();
        descriptor.sdk = concat!("zpns-plugin-api ", env!("CARGO_PKG_VERSION")).to_owned();
        match self.runtime {
            // It has no timer of its own to fall back on.
            Runtime::Host => {
                descriptor.requires = texts(&[HOST_TIMER]);
                descriptor.optional = texts(&[HOST_HTTP]);
            }
            Runtime::Own { .. } => descriptor.optional = texts(&[HOST_HTTP, HOST_TIMER]),
        }
        descriptor.config_schema = self
            .config_schema
            .and_then(|schema| serde_json::from_str(schema).ok());
        descriptor.secrets = texts(self.secrets);
        descriptor
    }
}
