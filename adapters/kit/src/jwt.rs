//! Signed tokens: ES256, RS256 and PS256 in the form of RFC 7515 (base64url without padding, an
//! ECDSA signature as 64 raw bytes).

use std::fmt;

use jsonwebtoken::crypto::aws_lc;
use serde::Serialize;
use zpns_core::{Error, ErrorKind, Secret};

/// How a token is signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Algorithm {
    /// ECDSA with P-256 and SHA-256 (APNs).
    Es256,
    /// RSA PKCS #1 v1.5 with SHA-256 (Google).
    Rs256,
    /// RSA-PSS with SHA-256 (Huawei).
    Ps256,
}

impl Algorithm {
    const fn inner(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Ps256 => jsonwebtoken::Algorithm::PS256,
        }
    }
}

/// A key that cannot sign. Says what is expected and nothing of what was given; worded to follow
/// the name of a config key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("is not {expected}")]
#[non_exhaustive]
pub struct KeyError {
    expected: &'static str,
}

/// A private key, read once. Cheap to clone beside what signing costs; `Debug` shows none of it.
///
/// ```
/// use zpns_core::Secret;
/// use zpns_kit::jwt::{Algorithm, SigningKey};
///
/// let error = SigningKey::from_pem(Algorithm::Es256, &Secret::new("hunter2")).unwrap_err();
/// assert_eq!(error.to_string(), "is not a P-256 private key (PKCS#8 in PEM)");
/// ```
#[derive(Clone)]
pub struct SigningKey {
    algorithm: Algorithm,
    key: jsonwebtoken::EncodingKey,
}

impl SigningKey {
    /// Reads a key: PKCS#8 in PEM; for RSA, PKCS#1 as well.
    ///
    /// # Errors
    /// The text is not a private key of the algorithm's kind.
    pub fn from_pem(algorithm: Algorithm, pem: &Secret) -> Result<Self, KeyError> {
        let text = pem.expose().trim().as_bytes();
        let (key, expected) = match algorithm {
            Algorithm::Es256 => (
                jsonwebtoken::EncodingKey::from_ec_pem(text),
                "a P-256 private key (PKCS#8 in PEM)",
            ),
            Algorithm::Rs256 | Algorithm::Ps256 => (
                jsonwebtoken::EncodingKey::from_rsa_pem(text),
                "an RSA private key (PKCS#8 or PKCS#1 in PEM)",
            ),
        };
        // The library's own error may quote the text; ours does not carry it on.
        let key = key.map_err(|_| KeyError { expected })?;
        // Only making a signer parses the key itself.
        signer(algorithm, &key).map_err(|_| KeyError { expected })?;
        Ok(Self { algorithm, key })
    }

    /// A signed token with these claims, and `kid` in its header if there is a key id.
    ///
    /// # Errors
    /// [`ErrorKind::CredentialInvalid`] if the claims are no JSON object or the key cannot sign.
    pub fn sign(&self, key_id: Option<&str>, claims: &impl Serialize) -> Result<Secret, Error> {
        let mut header = jsonwebtoken::Header::new(self.algorithm.inner());
        header.kid = key_id.map(str::to_owned);
        let message = format!("{}.{}", part(&header)?, part(claims)?);
        let signature = signer(self.algorithm, &self.key)
            .ok()
            .and_then(|signer| signer.try_sign(message.as_bytes()).ok())
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::CredentialInvalid,
                    "the private key could not sign a token",
                )
            })?;
        Ok(Secret::new(format!("{message}.{}", base64url(&signature))))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// The provider is named: the library's default for the whole process would depend on which of
/// its features other crates of the host turn on.
fn signer(
    algorithm: Algorithm,
    key: &jsonwebtoken::EncodingKey,
) -> jsonwebtoken::errors::Result<Box<dyn jsonwebtoken::crypto::JwtSigner>> {
    (aws_lc::DEFAULT_PROVIDER.signer_factory)(&algorithm.inner(), key)
}

fn part(value: &impl Serialize) -> Result<String, Error> {
    let json = serde_json::to_vec(value).map_err(|_| {
        Error::new(
            ErrorKind::CredentialInvalid,
            "the token's claims are not JSON",
        )
    })?;
    Ok(base64url(&json))
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests;
