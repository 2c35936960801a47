//! One RSA key for all simulators of a process: making one takes longer than many a test.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Error;

/// A key, as its owner and as a server hold it.
#[derive(Debug)]
pub(crate) struct RsaKey {
    /// PKCS#8 in PEM.
    pub(crate) pem: String,
    /// The public half.
    pub(crate) public: Vec<u8>,
}

/// The key.
pub(crate) fn key() -> Result<&'static RsaKey, Error> {
    static KEY: OnceLock<RsaKey> = OnceLock::new();
    if let Some(key) = KEY.get() {
        return Ok(key);
    }
    let failed = |_| Error::Key("RSA-2048 failed".to_owned());
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
    let public = pair.public_key().as_ref().to_vec();
    // Two simulators that start at once may both make a key; the first one stays.
    Ok(KEY.get_or_init(|| RsaKey {
        pem: pem(der.as_ref()),
        public,
    }))
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = "-----BEGIN PRIVATE KEY-----\n".to_owned();
    for line in text.as_bytes().chunks(64) {
        pem.extend(line.iter().copied().map(char::from));
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    pem
}
