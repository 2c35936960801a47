//! Delivery receipts: what vendors tell a server later about what they accepted.
//!
//! A simulator sends none by itself. [`Simulator::receipts`](crate::Simulator::receipts) makes them
//! for every push that a vendor accepted and still remembers, in the vendor's form, and
//! [`Simulator::post_receipts`](crate::Simulator::post_receipts) posts them and checks the answer.

mod post;
mod signature;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde_json::Value;

pub(crate) use signature::{Signer, receipt_key};

use crate::{Error, Received};

/// What a receipt tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Happening {
    /// The device has it.
    Delivered,
    /// The user tapped it.
    Clicked,
    /// The token is dead.
    TokenInvalid,
    /// The device does not show the app's pushes.
    Muted,
    /// The device has another token now: the old one with `-new` behind it.
    Replaced,
    /// A quota kept it back.
    QuotaExceeded,
    /// Its time ran out.
    Expired,
    /// It was dropped for another reason.
    Dropped,
}

impl Happening {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Delivered,
        Self::Clicked,
        Self::TokenInvalid,
        Self::Muted,
        Self::Replaced,
        Self::QuotaExceeded,
        Self::Expired,
        Self::Dropped,
    ];
}

/// What to tell, about whom, and in which form.
///
/// ```
/// use zpns_simulator::{Happening, Tell};
///
/// let usual = Tell::from(Happening::Delivered);
/// let old_mode = Tell::from(Happening::Delivered).older();
/// let by_number = Tell::code("102/20006").about("a-token");
/// # let _ = (usual, old_mode, by_number);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tell {
    what: What,
    token: Option<String>,
    older: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Happening(Happening),
    Code(String),
}

impl From<Happening> for Tell {
    fn from(happening: Happening) -> Self {
        Self::new(What::Happening(happening))
    }
}

impl Tell {
    /// A code of the vendor's own, documented or not; `type/subtype` for vivo.
    pub fn code(code: impl Into<String>) -> Self {
        Self::new(What::Code(code.into()))
    }

    fn new(what: What) -> Self {
        Self {
            what,
            token: None,
            older: false,
        }
    }

    /// About this token only, and not about all that the pushes were accepted for.
    #[must_use]
    pub fn about(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// In the older form: vivo's without types, which tells of deliveries only; Huawei's signature
    /// with the key as it is written.
    #[must_use]
    pub fn older(mut self) -> Self {
        self.older = true;
        self
    }
}

/// One call of a vendor to a server, ready to be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceiptRequest {
    /// The vendor's name.
    pub vendor: &'static str,
    /// Content type, and a signature where the vendor makes one.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// What a vendor needs to write its receipts.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    pub(crate) vendor: &'static str,
    pub(crate) tell: &'a Tell,
    /// Milliseconds since the epoch.
    pub(crate) now: u64,
}

impl Told<'_> {
    /// The vendor's code for what happened.
    pub(crate) fn code<'c>(&'c self, codes: &[(Happening, &'c str)]) -> Result<&'c str, Error> {
        match &self.tell.what {
            What::Code(code) => Ok(code),
            What::Happening(happening) => codes
                .iter()
                .find(|(known, _)| known == happening)
                .map(|(_, code)| *code)
                .ok_or_else(|| self.nothing(&format!("{happening:?}"))),
        }
    }

    /// The same as a number.
    pub(crate) fn number(&self, codes: &[(Happening, &str)]) -> Result<i64, Error> {
        let code = self.code(codes)?;
        code.parse().map_err(|_| self.nothing(code))
    }

    pub(crate) fn is(&self, happening: Happening) -> bool {
        self.tell.what == What::Happening(happening)
    }

    pub(crate) fn older(&self) -> bool {
        self.tell.older
    }

    /// The tokens that a push was accepted for and that are told about.
    pub(crate) fn tokens<'r>(&self, received: &'r Received) -> Vec<&'r str> {
        let is_meant = |token: &&str| self.tell.token.as_deref().is_none_or(|only| only == *token);
        let tokens = received.accepted_tokens().iter().map(String::as_str);
        tokens.filter(is_meant).collect()
    }

    pub(crate) fn nothing(&self, what: &str) -> Error {
        Error::Receipt(format!("{} has no receipt for `{what}`", self.vendor))
    }

    pub(crate) fn json(&self, body: &Value) -> ReceiptRequest {
        self.request("application/json", body.to_string())
    }

    pub(crate) fn form(&self, pairs: &[(&str, &str)]) -> ReceiptRequest {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs);
        self.request("application/x-www-form-urlencoded", form.finish())
    }

    fn request(&self, content_type: &'static str, body: String) -> ReceiptRequest {
        let content_type = HeaderValue::from_static(content_type);
        ReceiptRequest {
            vendor: self.vendor,
            headers: HeaderMap::from_iter([(CONTENT_TYPE, content_type)]),
            body: body.into(),
        }
    }
}

/// The text at a path of a push's body.
pub(crate) fn text_at<'v>(body: &'v Value, pointer: &str) -> Option<&'v str> {
    body.pointer(pointer).and_then(Value::as_str)
}

/// Adds a member that there may be none for.
pub(crate) fn add(object: &mut Value, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        object[name] = value.into();
    }
}
