//! Taking a compact JWT apart, strictly.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// The parts of a JWT in compact form.
#[derive(Debug)]
pub(crate) struct Jwt<'a> {
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    pub(crate) signature: Vec<u8>,
    /// What the signature is made over.
    pub(crate) signed: &'a str,
}

impl<'a> Jwt<'a> {
    /// Three parts of base64url without padding, the first two of them JSON objects.
    pub(crate) fn parse(text: &'a str) -> Result<Self, &'static str> {
        let (signed, signature) = text.rsplit_once('.').ok_or("a JWT has three parts")?;
        let (header, claims) = signed.split_once('.').ok_or("a JWT has three parts")?;
        let signature = decode(signature)?;
        Ok(Self {
            header: object(header)?,
            claims: object(claims)?,
            signature,
            signed,
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    pub(crate) fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// A claim that is a time in whole seconds.
    pub(crate) fn time(&self, name: &str) -> Option<i64> {
        self.claims.get(name).and_then(Value::as_i64)
    }
}

fn object(part: &str) -> Result<Map<String, Value>, &'static str> {
    serde_json::from_slice(&decode(part)?).map_err(|_| "a part of the JWT is not a JSON object")
}

fn decode(part: &str) -> Result<Vec<u8>, &'static str> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| "a part of the JWT is not base64url without padding")
}
