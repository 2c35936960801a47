//! Firebase Cloud Messaging as a plugin: the adapter `zpns-fcm`, exported as it is.
//!
//! It stands for every adapter that could be: the behaviour suite demands the same reports of it
//! directly, linked in, and loaded. Its section of the config file is that of `fcm`, in the table
//! `config` (a relative `service_account_path` starts at the folder of the process).
//!
//! ```toml
//! [providers.android]
//! vendor = "plugin"
//! path = "/opt/push/libzpns_plugin_fcm.so"
//!
//! [providers.android.config]
//! service_account_path = "/etc/push/firebase.json"
//! ```
#![forbid(unsafe_code)]

use zpns_fcm::FcmConfig;
use zpns_plugin_api::{Manifest, Runtime, export_provider};

/// All its I/O is HTTP of the host's: it needs no thread of its own.
const MANIFEST: Manifest = Manifest::new("com.google.firebase.messaging")
    .with_secrets(&["/service_account_json"])
    .with_runtime(Runtime::Host);

export_provider!(FcmConfig, MANIFEST);
export_provider!(static_name: linked, FcmConfig, MANIFEST);
