//! What a server that pushes through the simulated services holds, and who subscribed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::encoding::{AsBigEndian as _, EcPrivateKeyBin};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Subscriber;
use super::service::Service;
use crate::Error;
use crate::random::Random;
use crate::sync::lock;

/// A VAPID key pair, the origin of every endpoint, and the subscribers.
///
/// A path that nobody subscribed at is a subscription too: [`Subscriber::default`]'s.
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// `https://127.0.0.1:PORT`, where every endpoint is, and the `aud` of its tokens.
    pub origin: String,
    /// The private half of the VAPID key: 32 bytes in base64url.
    pub vapid_private_key: String,
    /// Its public half, the `applicationServerKey`: 65 bytes in base64url.
    pub vapid_public_key: String,
    /// Whom a service would write to.
    pub subject: String,
    /// A subscription that is bound to this VAPID key.
    pub bound: String,
    /// A subscription that is bound to another VAPID key: pushes to it are a key mismatch.
    pub foreign: String,
    subscribers: Arc<Mutex<HashMap<String, Subscriber>>>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("origin", &self.origin)
            .field("vapid_public_key", &self.vapid_public_key)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

impl Credentials {
    /// Subscribes at a path, such as [`Service::path`] makes, and returns the subscription's JSON.
    /// Who was subscribed there before is forgotten.
    pub fn subscribe(&self, path: impl Into<String>, subscriber: Subscriber) -> String {
        let path = path.into();
        let subscription = subscriber.subscription(&format!("{}{path}", self.origin));
        lock(&self.subscribers).insert(path, subscriber);
        subscription
    }

    /// The JSON of the subscription at a path.
    pub fn subscription(&self, path: impl AsRef<str>) -> String {
        let path = path.as_ref();
        let endpoint = format!("{}{path}", self.origin);
        self.subscriber(path).subscription(&endpoint)
    }

    /// Who is subscribed at a path.
    pub fn subscriber(&self, path: impl AsRef<str>) -> Subscriber {
        let known = lock(&self.subscribers);
        known.get(path.as_ref()).cloned().unwrap_or_default()
    }
}

/// The host of an origin.
pub(super) fn host(origin: &str) -> &str {
    let authority = origin.strip_prefix("https://").unwrap_or(origin);
    authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host)
}

pub(super) fn generate(random: &mut Random, origin: &str) -> Result<Credentials, Error> {
    const HEX: &str = "0123456789abcdef";
    let (vapid_private_key, vapid_public_key) = vapid_key()?;
    let (_, another) = vapid_key()?;
    let mut credentials = Credentials {
        origin: origin.to_owned(),
        vapid_private_key,
        vapid_public_key,
        subject: "mailto:push@example.com".to_owned(),
        bound: String::new(),
        foreign: String::new(),
        subscribers: Arc::default(),
    };
    let mut subscribe = |prefix: &str, key: &str| {
        let path = Service::Mozilla.path(&format!("{prefix}{}", random.text(HEX, 32)));
        credentials.subscribe(path, Subscriber::default().bound_to(key))
    };
    let bound = subscribe("bound-", &credentials.vapid_public_key);
    let foreign = subscribe("foreign-", &another);
    credentials.bound = bound;
    credentials.foreign = foreign;
    Ok(credentials)
}

/// The two halves of a fresh key.
fn vapid_key() -> Result<(String, String), Error> {
    let failed = |_| Error::Key("P-256 failed".to_owned());
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?;
    let private: EcPrivateKeyBin<'_> = pair.private_key().as_be_bytes().map_err(failed)?;
    Ok((
        URL_SAFE_NO_PAD.encode(private.as_ref()),
        URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()),
    ))
}
