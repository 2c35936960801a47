//! The ways to a provider: directly, and behind the boundary of a plugin. No case can tell.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use toml::{Table, Value};
use zpns::config::VendorConfig;
use zpns::{Connection, ProviderSection, PushProvider, Resources, Setup};
use zpns_plugin_host::{Calls, PluginConfig, PluginOptions, load_linked};

/// A way to a provider.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// The adapter itself.
    Direct,
    /// The adapter exported as a plugin and linked in, called on the caller's thread.
    Linked,
    /// The same, as a shared library from a file, called on a thread of its own.
    Loaded,
}

impl Way {
    /// What the name of a provider is followed by.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Direct => "",
            Self::Linked => "-linked",
            Self::Loaded => "-loaded",
        }
    }

    /// Builds the provider of a section with these keys.
    pub(crate) fn build(
        self,
        section: &ProviderSection,
        keys: &Table,
        resources: Resources,
    ) -> Arc<dyn PushProvider> {
        let setup =
            || Setup::new(section.id.clone(), resources.clone()).with_connection(connection(keys));
        match self {
            Self::Direct => section.build(resources).unwrap(),
            Self::Linked => {
                let plugin = load_linked(zpns_plugin_fcm::linked()).unwrap();
                let mut options = PluginOptions::default();
                options.calls = Calls::CallersThread;
                let config = serde_json::to_value(own(keys)).unwrap();
                plugin.provider(&config, setup(), options).unwrap()
            }
            Self::Loaded => {
                let mut section = Table::new();
                let library = library().to_str().unwrap().to_owned();
                section.insert("path".to_owned(), library.into());
                section.insert("config".to_owned(), Value::Table(own(keys)));
                let config: PluginConfig = section.try_into().unwrap();
                config.build(setup()).unwrap()
            }
        }
    }
}

/// Where Cargo put the plugin that this suite depends on: beside the suite itself.
fn library() -> PathBuf {
    let name = format!(
        "{}zpns_plugin_fcm{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    );
    let suite = std::env::current_exe().unwrap();
    suite.with_file_name(name)
}

/// The keys that all vendors share.
fn connection(keys: &Table) -> Connection {
    let mut connection = Connection::default();
    let text = |key: &str| {
        keys.get(key)
            .map(|value| value.as_str().unwrap().to_owned())
    };
    connection.endpoint = text("endpoint");
    connection.extra_roots_pem = text("ca_path").map(|path| std::fs::read(path).unwrap().into());
    if let Some(millis) = keys.get("timeout_ms") {
        let millis = millis.as_integer().unwrap();
        connection.timeout = Duration::from_millis(millis.try_into().unwrap());
    }
    connection
}

/// The keys that are the vendor's own.
fn own(keys: &Table) -> Table {
    let shared = [
        "vendor",
        "endpoint",
        "ca_path",
        "timeout_ms",
        "max_in_flight",
        "delivery",
    ];
    let mut own = keys.clone();
    own.retain(|key, _| !shared.contains(&key));
    own
}
