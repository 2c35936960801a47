//! The vendors that this build knows: one row each.

use std::sync::Arc;

use zpns_core::config::{ConfigError, ReceiptSetup, VendorConfig};
use zpns_core::{PushProvider, ReceiptReader, Setup};

/// A vendor's name, and how to build a provider from its section of the config file.
pub(crate) struct VendorEntry {
    pub(crate) name: &'static str,
    pub(crate) build: fn(toml::Table, Setup) -> Result<Arc<dyn PushProvider>, ConfigError>,
    /// The keys of the section that its receipts are verified with.
    pub(crate) receipt_keys: &'static [&'static str],
    pub(crate) receipts: Receipts,
}

type Receipts =
    fn(toml::Table, &ReceiptSetup) -> Result<Option<Arc<dyn ReceiptReader>>, ConfigError>;

fn read<C: VendorConfig>(section: toml::Table) -> Result<C, ConfigError> {
    section
        .try_into()
        .map_err(|error: toml::de::Error| named(&error))
}

/// Every vendor whose feature is on.
pub(crate) const VENDORS: &[VendorEntry] = &[
    #[cfg(feature = "apns")]
    vendor::<zpns_apns::ApnsConfig>(),
    #[cfg(feature = "fcm")]
    vendor::<zpns_fcm::FcmConfig>(),
    #[cfg(feature = "honor")]
    vendor::<zpns_honor::HonorConfig>(),
    #[cfg(feature = "huawei")]
    vendor::<zpns_huawei::HuaweiConfig>(),
    #[cfg(feature = "huawei")]
    vendor::<zpns_huawei::HarmonyConfig>(),
    #[cfg(feature = "meizu")]
    vendor::<zpns_meizu::MeizuConfig>(),
    #[cfg(feature = "oppo")]
    vendor::<zpns_oppo::OppoConfig>(),
    #[cfg(feature = "plugins")]
    vendor::<zpns_plugin_host::PluginConfig>(),
    #[cfg(feature = "vivo")]
    vendor::<zpns_vivo::VivoConfig>(),
    #[cfg(feature = "webpush")]
    vendor::<zpns_webpush::WebPushConfig>(),
    #[cfg(feature = "xiaomi")]
    vendor::<zpns_xiaomi::XiaomiConfig>(),
];

const fn vendor<C: VendorConfig>() -> VendorEntry {
    VendorEntry {
        name: C::VENDOR,
        build: |section, setup| read::<C>(section)?.build(setup),
        receipt_keys: C::RECEIPT_KEYS,
        receipts: |section, setup| read::<C>(section)?.receipts(setup),
    }
}

/// Names the key at fault, which `toml` tells nowhere but in the last line of its `Display`.
pub(crate) fn named(error: &toml::de::Error) -> ConfigError {
    let (text, message) = (error.to_string(), error.message());
    let key = text
        .lines()
        .find_map(|line| line.strip_prefix("in `")?.strip_suffix('`'));
    match key {
        Some(key) if !message.contains(&format!("`{key}`")) => ConfigError::key(key, message),
        _ => ConfigError::section(message),
    }
}

/// The vendor called so.
pub(crate) fn find(name: &str) -> Result<&'static VendorEntry, ConfigError> {
    VENDORS
        .iter()
        .find(|vendor| vendor.name == name)
        .ok_or_else(|| {
            let known: Vec<&str> = VENDORS.iter().map(|vendor| vendor.name).collect();
            let hint = match name {
                "plugin" => " (plugins are the feature `plugins`, which is off by default)",
                _ => "",
            };
            ConfigError::key(
                "vendor",
                format!(
                    "`{name}` is not known; this build has: {}{hint}",
                    known.join(", ")
                ),
            )
        })
}
