//! Addresses for delivery receipts that nobody can guess.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zpns_core::{ProviderId, Secret};

/// What a path is for, so that the same secret makes other texts elsewhere.
const PURPOSE: &[u8] = b"zpns receipt path\0";
const SHORTEST: usize = 16;

/// The path at which a provider's vendor is to call: `/receipts/` and 43 characters that only the
/// secret tells. The same on every host and after every start, and another for each provider.
///
/// Most vendors sign nothing, so this is all that tells their receipts from a stranger's. Keep it
/// out of logs, and serve it over TLS.
///
/// ```
/// use zpns::{ProviderId, Secret, receipt_path};
///
/// let secret = Secret::new("32 random characters, say, go in here");
/// let path = receipt_path(&secret, &ProviderId::from("xiaomi")).unwrap();
/// assert!(path.starts_with("/receipts/") && path.len() == 53);
/// ```
///
/// # Errors
/// The secret is shorter than 16 bytes: it could be guessed.
pub fn receipt_path(secret: &Secret, provider: &ProviderId) -> Result<String, ShortSecret> {
    let secret = secret.expose().as_bytes();
    if secret.len() < SHORTEST {
        return Err(ShortSecret);
    }
    let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
    mac.update(PURPOSE);
    mac.update(provider.as_str().as_bytes());
    Ok(format!("/receipts/{}", URL_SAFE_NO_PAD.encode(mac.sign())))
}

/// A secret that could be guessed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the secret of the receipt addresses is shorter than {SHORTEST} bytes")]
pub struct ShortSecret;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_the_same_every_time_and_another_for_each_provider_and_secret() {
        let path = |secret: &str, provider: &str| {
            receipt_path(&Secret::new(secret), &ProviderId::from(provider)).unwrap()
        };
        let (one, two) = ("0123456789abcdef", "0123456789abcdeg");
        assert_eq!(path(one, "a"), path(one, "a"));
        assert_ne!(path(one, "a"), path(one, "b"));
        assert_ne!(path(one, "a"), path(two, "a"));
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte);
        assert!(path(one, "ü / ?").bytes().all(legal));
        let short = receipt_path(&Secret::new("0123456789abcde"), &ProviderId::from("a"));
        assert_eq!(short, Err(ShortSecret));
    }
}
