//! Xiaomi's section of the config file.

use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use zpns_core::config::{ConfigError, ReceiptSetup, VendorConfig};
use zpns_core::{PushProvider, ReceiptReader, Secret, Setup};

use crate::provider::XiaomiProvider;
use crate::receipt::Reader;

/// What a Xiaomi section of the config file holds. `Debug` shows no secret.
///
/// ```
/// use zpns_xiaomi::{Region, XiaomiConfig};
///
/// let config: XiaomiConfig = serde_json::from_str(
///     r#"{"app_secret": "s3cr3t", "package": "com.example.app", "region": "india"}"#,
/// ).unwrap();
/// assert_eq!(config.region, Region::India);
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct XiaomiConfig {
    /// The console's `AppSecret`: the server's, not the client's `AppKey`.
    pub app_secret: Secret,
    /// The app's package name, which has to match the secret.
    pub package: String,
    /// Where the app's users are; a token works in its own region only. China unless set.
    #[serde(default)]
    pub region: Region,
}

impl XiaomiConfig {
    /// An app in China.
    pub fn new(app_secret: impl Into<Secret>, package: impl Into<String>) -> Self {
        Self {
            app_secret: app_secret.into(),
            package: package.into(),
            region: Region::default(),
        }
    }

    /// In another region.
    #[must_use]
    pub fn with_region(mut self, region: Region) -> Self {
        self.region = region;
        self
    }

    /// Builds the provider as its own type, which can [recall](XiaomiProvider::recall) too. Makes
    /// no connection.
    ///
    /// # Errors
    /// A key that cannot be what it should, by name.
    pub fn open(self, setup: Setup) -> Result<XiaomiProvider, ConfigError> {
        XiaomiProvider::new(self, setup)
    }
}

impl VendorConfig for XiaomiConfig {
    const VENDOR: &'static str = crate::VENDOR;

    fn build(self, setup: Setup) -> Result<Arc<dyn PushProvider>, ConfigError> {
        Ok(Arc::new(self.open(setup)?))
    }

    fn receipts(&self, _: &ReceiptSetup) -> Result<Option<Arc<dyn ReceiptReader>>, ConfigError> {
        Ok(Some(Arc::new(Reader)))
    }
}

/// Where an app's users are. Each has a host of its own, and a token of one is invalid at
/// another's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Region {
    /// China's mainland: `china`, `cn`.
    #[default]
    China,
    /// The European Economic Area and the United Kingdom: `europe`, `eu`, `fr`.
    Europe,
    /// Russia: `russia`, `ru`.
    Russia,
    /// India: `india`, `in`.
    India,
    /// Every other country, served from Singapore: `global`, `singapore`, `sgp`.
    Global,
}

/// Region, host, and the names it goes by (`reference/xiaomi.md` §1; the hyphenated hosts).
pub(crate) const REGIONS: [(Region, &str, &[&str]); 5] = [
    (
        Region::China,
        "https://api.xmpush.xiaomi.com",
        &["china", "cn"],
    ),
    (
        Region::Europe,
        "https://fr-api.xmpush.global.xiaomi.com",
        &["europe", "eu", "fr"],
    ),
    (
        Region::Russia,
        "https://ru-api.xmpush.global.xiaomi.com",
        &["russia", "ru"],
    ),
    (
        Region::India,
        "https://idmb-api.xmpush.global.xiaomi.com",
        &["india", "in"],
    ),
    (
        Region::Global,
        "https://sgp-api.xmpush.global.xiaomi.com",
        &["global", "singapore", "sgp"],
    ),
];

impl Region {
    /// The host that takes its pushes.
    pub fn endpoint(self) -> &'static str {
        let row = REGIONS.iter().find(|(region, ..)| *region == self);
        row.map_or(REGIONS[0].1, |(_, host, _)| host)
    }
}

impl std::str::FromStr for Region {
    type Err = String;

    /// By one of its names, in any case.
    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.trim().to_ascii_lowercase();
        let known = |names: &[&str]| names.contains(&name.as_str());
        let row = REGIONS.iter().find(|(_, _, names)| known(names));
        row.map(|(region, ..)| *region).ok_or_else(|| {
            let names = REGIONS.map(|(_, _, names)| names[0]).join(", ");
            format!("`{text}` is no region of Xiaomi's; there are: {names}")
        })
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
