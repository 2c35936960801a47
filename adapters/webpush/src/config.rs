//! The section of the config file.

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use zpns_core::config::{ConfigError, VendorConfig, read_file};
use zpns_core::{PushProvider, Secret, Setup};

use crate::WebPushProvider;
use crate::auth::{VapidKey, is_contact};
use crate::endpoint::Hosts;

/// Bytes of a path at the most.
const MAX_PATH: usize = 4096;

/// One site, with the VAPID key that its pages subscribe with.
///
/// ```toml
/// [providers.web]
/// vendor = "webpush"
/// vapid_private_key = "${VAPID_PRIVATE_KEY}"      # 32 bytes in base64url, or the path of a PEM file
/// subject = "mailto:push@example.com"             # or an https address
/// # previous_vapid_private_keys = ["old.pem"]     # of subscriptions that are still about
/// # allow_hosts = ["*.push.apple.com", "push.example.net:8443"]   # any public host unless set
/// ```
///
/// `endpoint`, which other vendors' hosts can be replaced with, replaces nothing here: every
/// subscription names its own. It is a push service that a check tries to reach.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct WebPushConfig {
    /// The private key: 32 bytes in base64url, what a PEM file holds, or the path of one.
    pub vapid_private_key: Secret,
    /// Whom a push service can write to: `mailto:user@host` or an https address.
    pub subject: String,
    /// Keys that were in use before, each like [`vapid_private_key`](Self::vapid_private_key).
    /// A subscription that was made with one of them, as its service says or its member
    /// `applicationServerKey` does, is pushed to with that one.
    #[serde(default)]
    pub previous_vapid_private_keys: Vec<Secret>,
    /// The hosts that subscriptions may name; any public one unless set.
    ///
    /// `push.example.net` is that very host at any port, wherever it is, on this machine or network
    /// too; `push.example.net:8443` the same at one port. `*.example.net` is every public host below
    /// it and `*` every public host, at port 443.
    #[serde(default)]
    pub allow_hosts: Option<Vec<String>>,
}

impl WebPushConfig {
    /// With a key and a contact.
    ///
    /// ```
    /// use zpns_core::Secret;
    ///
    /// let key = Secret::new("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
    /// let config = zpns_webpush::WebPushConfig::new(key, "mailto:push@example.com");
    /// assert!(config.allow_hosts.is_none());
    /// ```
    pub fn new(vapid_private_key: Secret, subject: impl Into<String>) -> Self {
        Self {
            vapid_private_key,
            subject: subject.into(),
            previous_vapid_private_keys: Vec::new(),
            allow_hosts: None,
        }
    }

    /// Reads the files it names and builds the provider. Makes no connection.
    ///
    /// # Errors
    /// A key that is none or cannot be read, a subject that no service takes, hosts that are none,
    /// by name; and a proxy without `allow_hosts`, because only a proxy knows to which address it
    /// connects.
    pub fn provider(self, setup: Setup) -> Result<Arc<WebPushProvider>, ConfigError> {
        let mut keys = vec![read_key("vapid_private_key", &self.vapid_private_key)?];
        for previous in &self.previous_vapid_private_keys {
            keys.push(read_key("previous_vapid_private_keys", previous)?);
        }
        let subject = self.subject.trim();
        if !is_contact(subject) {
            let why = "is neither `mailto:user@host` nor an https address";
            return Err(ConfigError::key("subject", why));
        }
        let hosts = Hosts::new(self.allow_hosts.as_deref())?;
        if setup.connection.proxy.is_some() && hosts.allow_any() {
            let why = "is not safe while subscriptions may name any host, because only the proxy \
                       knows which address it connects to; list the hosts in `allow_hosts`";
            return Err(ConfigError::key("proxy", why));
        }
        WebPushProvider::new(keys, subject, hosts, setup).map(Arc::new)
    }
}

impl VendorConfig for WebPushConfig {
    const VENDOR: &'static str = crate::VENDOR;

    fn build(self, setup: Setup) -> Result<Arc<dyn PushProvider>, ConfigError> {
        Ok(self.provider(setup)?)
    }
}

/// A key as it stands there, or in the file that the text names.
fn read_key(name: &str, secret: &Secret) -> Result<Arc<VapidKey>, ConfigError> {
    let text = secret.expose().trim();
    let read = VapidKey::read(secret);
    let key = match read {
        Err(_) if looks_like_a_path(text) => {
            let file = String::from_utf8(read_file(name, Path::new(text))?)
                .map_err(|_| ConfigError::key(name, format!("`{text}` is not text")))?;
            VapidKey::read(&Secret::new(file))
        }
        read => read,
    };
    key.map(Arc::new).map_err(|why| ConfigError::key(name, why))
}

/// Whether a text that is no key names a file. One of the length of a key that names none is a key
/// with a slip in it, and is not shown as a path.
fn looks_like_a_path(text: &str) -> bool {
    if text.is_empty() || text.len() > MAX_PATH || text.contains("-----BEGIN") {
        return false;
    }
    let of_a_key = (40..=48).contains(&text.len()) && !text.contains('.');
    !of_a_key || Path::new(text).is_file()
}
