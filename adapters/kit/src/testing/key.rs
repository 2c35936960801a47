//! A key for tests, and what it has signed.

#![allow(
    clippy::unwrap_used,
    reason = "whatever fails here fails the test that asked for it"
)]

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

/// One RSA key for all tests of a process: making one takes longer than any of them.
fn key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).unwrap())
}

/// An RSA key in PEM, as it stands in a service account's key file; the same for a whole process.
///
/// # Panics
/// The key cannot be made.
pub fn rsa_key_pem() -> String {
    let der: Pkcs8V1Der<'_> = key().as_der().unwrap();
    let text = STANDARD.encode(der.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
}

/// Header and claims of a token that [`rsa_key_pem`]'s key has signed, by RS256 or PS256 as its
/// header says.
///
/// # Panics
/// The text is no such token, or its signature does not hold.
pub fn verified_claims(token: &str) -> (Value, Value) {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let json = |part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    let header: Value = json(header);
    let algorithm = match header["alg"].as_str() {
        Some("PS256") => &RSA_PSS_2048_8192_SHA256,
        _ => &RSA_PKCS1_2048_8192_SHA256,
    };
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(algorithm, key().public_key().as_ref())
        .verify(signed.as_bytes(), &signature)
        .unwrap();
    (header, json(claims))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zpns_core::Secret;

    use super::*;
    use crate::jwt::{Algorithm, SigningKey};

    #[test]
    fn what_the_key_signed_is_verified_by_the_algorithm_of_its_header() {
        for algorithm in [Algorithm::Rs256, Algorithm::Ps256] {
            let key = SigningKey::from_pem(algorithm, &Secret::new(rsa_key_pem())).unwrap();
            let token = key.sign(Some("k"), &json!({"iss": "me"})).unwrap();
            let (header, claims) = verified_claims(token.expose());
            assert_eq!(
                (&header["kid"], &claims["iss"]),
                (&json!("k"), &json!("me"))
            );
        }
    }

    #[test]
    #[should_panic]
    fn what_it_did_not_sign_is_not() {
        verified_claims("eyJhbGciOiJQUzI1NiJ9.e30.AAAA");
    }
}
