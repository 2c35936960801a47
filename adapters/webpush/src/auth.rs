//! How a request proves who it is: VAPID (RFC 8292).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Serialize;
use zpns_core::{Clock, Error, ErrorKind, Secret, Timestamp};
use zpns_kit::{CachePolicy, Cached, Lease, TokenCache};

use crate::ece::POINT;
use crate::subscription::decode;

/// From signing to `exp`; services refuse more than 24 hours.
const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);
/// Signed anew with less than an hour left. Apple asks for once an hour at the most
/// (`reference/webpush.md` §3).
const REFRESH_BEFORE_EXPIRY: Duration = Duration::from_secs(60 * 60);
/// A token that a service made us replace is not replaced again before.
const SHORTEST_REFRESH: Duration = Duration::from_secs(60 * 60);
/// `{"typ":"JWT","alg":"ES256"}`.
const HEADER: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9";
/// Bytes of a private key of P-256.
const SCALAR: usize = 32;

/// A VAPID key pair. Never agrees on anything: that is RFC 8292 §3.2.
pub(crate) struct VapidKey {
    pair: EcdsaKeyPair,
    public: [u8; POINT],
    /// `public` in base64url: the `applicationServerKey`, and the `k` of every request.
    encoded: String,
    random: SystemRandom,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    exp: u64,
    sub: &'a str,
}

impl VapidKey {
    /// Reads a key: 32 bytes in base64url, or PEM (SEC 1 or PKCS #8).
    ///
    /// # Errors
    /// What it is not, worded to follow the config key; quotes nothing of it.
    pub(crate) fn read(secret: &Secret) -> Result<Self, &'static str> {
        let text = secret.expose().trim();
        let pair = match text.starts_with("-----BEGIN") {
            true => {
                from_pem(text).ok_or("is not a private key of P-256 in PEM (SEC 1 or PKCS #8)")?
            }
            false => {
                from_raw(text).ok_or("is not 32 bytes in base64url, a private key of P-256")?
            }
        };
        let public: [u8; POINT] = pair
            .public_key()
            .as_ref()
            .try_into()
            .map_err(|_| "is not a private key of P-256")?;
        Ok(Self {
            pair,
            encoded: URL_SAFE_NO_PAD.encode(public),
            public,
            random: SystemRandom::new(),
        })
    }

    /// The public half.
    pub(crate) fn public(&self) -> &[u8; POINT] {
        &self.public
    }

    /// The public half as the browser wants it.
    pub(crate) fn encoded(&self) -> &str {
        &self.encoded
    }

    /// The value of `authorization` for an origin.
    fn header(&self, audience: &str, subject: &str, expires_at: u64) -> Result<HeaderValue, Error> {
        let failed = || Error::new(ErrorKind::CredentialInvalid, "the VAPID key could not sign");
        let claims = Claims {
            aud: audience,
            exp: expires_at,
            sub: subject,
        };
        let claims = serde_json::to_vec(&claims).map_err(|_| failed())?;
        let message = format!("{HEADER}.{}", URL_SAFE_NO_PAD.encode(claims));
        let signature = self.pair.sign(&self.random, message.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(signature.map_err(|_| failed())?);
        let text = format!("vapid t={message}.{signature}, k={}", self.encoded);
        let mut header = HeaderValue::try_from(text).map_err(|_| failed())?;
        header.set_sensitive(true);
        Ok(header)
    }
}

fn from_pem(text: &str) -> Option<EcdsaKeyPair> {
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    match PrivateKeyDer::from_pem_slice(text.as_bytes()).ok()? {
        PrivateKeyDer::Pkcs8(der) => EcdsaKeyPair::from_pkcs8(algorithm, der.secret_pkcs8_der()),
        PrivateKeyDer::Sec1(der) => {
            return EcdsaKeyPair::from_private_key_der(algorithm, der.secret_sec1_der()).ok();
        }
        _ => return None,
    }
    .ok()
}

fn from_raw(text: &str) -> Option<EcdsaKeyPair> {
    let scalar: [u8; SCALAR] = decode(text)?;
    let key = PrivateKey::from_private_key(&ECDH_P256, &scalar).ok()?;
    let public = key.compute_public_key().ok()?;
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    EcdsaKeyPair::from_private_key_and_public_key(algorithm, &scalar, public.as_ref()).ok()
}

impl fmt::Debug for VapidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VapidKey")
            .field("public", &self.encoded)
            .finish_non_exhaustive()
    }
}

/// A token, as the value of `authorization`, and when it was signed.
#[derive(Clone)]
pub(crate) struct Signed {
    pub(crate) header: HeaderValue,
    at: Timestamp,
}

/// The tokens of one key for one origin: the one of the moment, signed once for all endpoints.
#[derive(Debug)]
pub(crate) struct VapidToken {
    cache: TokenCache<Signed>,
    signer: Arc<Signer>,
}

#[derive(Debug)]
struct Signer {
    key: Arc<VapidKey>,
    audience: String,
    subject: Arc<str>,
    clock: Arc<dyn Clock>,
}

impl VapidToken {
    /// For `host[:port]`, which the audience keeps: RFC 8292 asks for the origin.
    pub(crate) fn new(
        key: Arc<VapidKey>,
        authority: &str,
        subject: Arc<str>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let policy = CachePolicy::default()
            .with_refresh_before_expiry(REFRESH_BEFORE_EXPIRY)
            .with_min_age(SHORTEST_REFRESH);
        Self {
            cache: TokenCache::new(policy, Arc::clone(&clock)),
            signer: Arc::new(Signer {
                key,
                audience: format!("https://{authority}"),
                subject,
                clock,
            }),
        }
    }

    /// The token of the moment.
    pub(crate) async fn get(&self) -> Result<Cached<Signed>, Error> {
        let token = self.cache.get(|| {
            let signer = Arc::clone(&self.signer);
            Box::pin(async move { signer.sign() })
        });
        token.await
    }

    /// Takes a service's word that this token has expired, or that it is not accepted for whatever
    /// reason. Whether another one may help and can be had: one that was signed a moment ago for
    /// the same origin says the same, unless it was its age.
    pub(crate) fn refused(&self, token: &Cached<Signed>, expired: bool) -> bool {
        let age = self.signer.clock.now().since(token.value.at);
        (expired || age >= SHORTEST_REFRESH)
            && self.cache.invalidate(token.generation).brings_another()
    }
}

impl Signer {
    fn sign(&self) -> Result<Lease<Signed>, Error> {
        let at = self.clock.now();
        let expires_at = (at + LIFETIME).as_secs();
        let header = self.key.header(&self.audience, &self.subject, expires_at)?;
        Ok(Lease::new(Signed { header, at }, LIFETIME))
    }
}

/// Whether a push service can write to it: `mailto:user@host` or an https address. Apple answers
/// `BadJwtToken` to anything else, blanks and brackets included.
pub(crate) fn is_contact(subject: &str) -> bool {
    let word = |text: &str| {
        let legal = |byte: u8| byte.is_ascii_graphic() && !b"<>\"\\".contains(&byte);
        !text.is_empty() && text.bytes().all(legal)
    };
    match subject.strip_prefix("mailto:") {
        Some(address) => address
            .split_once('@')
            .is_some_and(|(user, host)| word(user) && word(host) && !host.contains('@')),
        None => word(subject) && zpns_kit::config::https_url(subject).is_ok(),
    }
}
