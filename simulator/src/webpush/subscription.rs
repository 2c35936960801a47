//! Subscribers with their keys, and the subscriptions that a browser would hand out.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::encoding::{AsBigEndian as _, EcPrivateKeyBin};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::Url;

use super::Credentials;
use super::service::{Address, Service};
use crate::random::Random;
use crate::{Error, TokenSet};

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Keys of RFC 8291, appendix A.
mod rfc8291 {
    pub(super) const PRIVATE: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
    pub(super) const PUBLIC: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    pub(super) const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
}

/// A browser: the keys that it decrypts with, and the VAPID key that it subscribed with, if it
/// named one. All of them are base64url without padding.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subscriber {
    /// The private half of `p256dh`, 32 bytes.
    pub private_key: String,
    /// The public half, an uncompressed point of 65 bytes.
    pub p256dh: String,
    /// The secret that both sides share, 16 bytes.
    pub auth: String,
    /// The only VAPID key that may push here. Without one, any may.
    pub server_key: Option<String>,
}

impl std::fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscriber")
            .field("p256dh", &self.p256dh)
            .field("server_key", &self.server_key)
            .finish_non_exhaustive()
    }
}

impl Default for Subscriber {
    /// The receiver of RFC 8291, appendix A, to whom any VAPID key may push.
    fn default() -> Self {
        Self {
            private_key: rfc8291::PRIVATE.to_owned(),
            p256dh: rfc8291::PUBLIC.to_owned(),
            auth: rfc8291::AUTH.to_owned(),
            server_key: None,
        }
    }
}

impl Subscriber {
    /// Fresh keys.
    ///
    /// # Errors
    /// [`Error::Key`] if there is no randomness.
    pub fn generate() -> Result<Self, Error> {
        let failed = |_| Error::Key("P-256 failed".to_owned());
        let key = PrivateKey::generate(&ECDH_P256).map_err(failed)?;
        let private: EcPrivateKeyBin<'_> = key.as_be_bytes().map_err(failed)?;
        let public = key.compute_public_key().map_err(failed)?;
        let mut auth = [0; 16];
        SystemRandom::new().fill(&mut auth).map_err(failed)?;
        Ok(Self {
            private_key: URL_SAFE_NO_PAD.encode(private.as_ref()),
            p256dh: URL_SAFE_NO_PAD.encode(public.as_ref()),
            auth: URL_SAFE_NO_PAD.encode(auth),
            server_key: None,
        })
    }

    /// Binds it to a VAPID key: an `applicationServerKey`, base64url of 65 bytes.
    #[must_use]
    pub fn bound_to(mut self, server_key: impl Into<String>) -> Self {
        self.server_key = Some(server_key.into());
        self
    }

    /// The JSON that `PushSubscription.toJSON()` would give for this endpoint.
    pub fn subscription(&self, endpoint: &str) -> String {
        // Written out, so that the keys stand in the browser's order.
        format!(
            r#"{{"endpoint":{},"expirationTime":null,"keys":{{"p256dh":{},"auth":{}}}}}"#,
            json!(endpoint),
            json!(self.p256dh),
            json!(self.auth)
        )
    }
}

/// The service of a subscription's endpoint.
pub(super) fn service(subscription: &str) -> Option<Service> {
    let subscription: Value = serde_json::from_str(subscription).ok()?;
    let endpoint = Url::parse(subscription.get("endpoint")?.as_str()?).ok()?;
    let path = match endpoint.query() {
        Some(query) => format!("{}?{query}", endpoint.path()),
        None => endpoint.path().to_owned(),
    };
    Address::parse(path.into()).map(|address| address.service)
}

pub(super) fn tokens(credentials: &Credentials, random: &mut Random) -> TokenSet {
    let mut some = |prefix: &str, count| -> Vec<String> {
        let mut id = || format!("{prefix}{}", random.text(LETTERS, 48 - prefix.len()));
        let ids = (0..count).map(|_| id());
        ids.map(|id| credentials.subscription(Service::Mozilla.path(&id)))
            .collect()
    };
    TokenSet {
        live: some("gAAAAAB", 8),
        dead: some("dead", 3),
        muted: Vec::new(),
        flaky: some("flaky", 4),
    }
}
