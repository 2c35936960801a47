//! What a simulated vendor has to say, and the list of all of them.

use std::any::Any;
use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;

use crate::ca::Authority;
use crate::call::{Answer, Call, Place, Reply};
use crate::clock::Clock;
use crate::random::Random;
use crate::receipts::{ReceiptRequest, Told};
use crate::tokens::Flaky;
use crate::{
    Error, Received, TokenSet, apns, fcm, harmony, honor, huawei, meizu, oppo, vivo, webpush,
    xiaomi,
};

/// Every vendor: its name and how it starts. Adding one is a folder, its `mod` line and a line here.
pub(crate) const VENDORS: &[(&str, Start)] = &[
    (apns::NAME, apns::start),
    (fcm::NAME, fcm::start),
    (harmony::NAME, harmony::start),
    (honor::NAME, honor::start),
    (huawei::NAME, huawei::start),
    (meizu::NAME, meizu::start),
    (oppo::NAME, oppo::start),
    (vivo::NAME, vivo::start),
    (webpush::NAME, webpush::start),
    (xiaomi::NAME, xiaomi::start),
];

/// Makes a vendor with fresh credentials.
pub(crate) type Start = fn(&Setup<'_>) -> Result<Box<dyn Vendor>, Error>;

/// What a vendor may use when it starts.
#[derive(Debug)]
pub(crate) struct Setup<'a> {
    /// `https://127.0.0.1:PORT`, where the vendor will be served.
    pub(crate) origin: &'a str,
    pub(crate) authority: &'a Arc<Authority>,
    pub(crate) clock: &'a Arc<Clock>,
    /// Seeded by the simulator's seed and the vendor's name.
    pub(crate) random: Random,
    pub(crate) options: &'a Options,
}

/// What the builder lets a user choose about all vendors.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) sandbox: bool,
    pub(crate) stream_limit: u32,
    /// Advertise one stream until the first request with a valid credential.
    pub(crate) limit_until_auth: bool,
    /// Lower the limit to one after a refusal, as APNs was seen to do.
    pub(crate) limit_after_error: bool,
}

/// HTTP versions of a vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocols {
    /// HTTP/2 only; client certificates are welcome.
    Http2,
    /// HTTP/1.1 and HTTP/2 by ALPN.
    Both,
}

impl Protocols {
    pub(crate) fn alpn(self) -> Vec<Vec<u8>> {
        match self {
            Self::Http2 => vec![b"h2".to_vec()],
            Self::Both => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        }
    }

    pub(crate) fn client_certificates(self) -> bool {
        self == Self::Http2
    }
}

/// A refusal written by a fault script, to be put into the vendor's own error body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
}

/// One simulated vendor. Requests reach it complete, and it answers at once: it never waits.
pub(crate) trait Vendor: Send + Sync + std::fmt::Debug {
    /// The credentials of this vendor, as the type that its module publishes.
    fn credentials(&self) -> &(dyn Any + Send + Sync);

    fn protocols(&self) -> Protocols;

    /// What the request is for, judged by its path alone.
    fn place(&self, call: &Call) -> Place;

    /// Checks the request and answers it.
    fn serve(&self, call: &Call) -> Answer;

    /// A scripted refusal in the vendor's error body. `place` tells pushes from token calls.
    fn refuse(&self, place: &Place, refusal: &Refusal) -> Reply;

    /// Whether the credential of this request was declared expired already.
    fn is_expired(&self, call: &Call) -> bool;

    /// Declares the credential of this request expired. The next `serve` says so.
    fn expire(&self, call: &Call);

    /// Tokens in the vendor's form, by how they behave.
    fn tokens(&self) -> TokenSet;

    /// The keys of this vendor in a `zpns` configuration file, without the common ones.
    fn section(&self) -> toml::Table;

    /// What the body says to the device, where the request hides it from the vendor.
    fn plaintext(&self, _: &Call) -> Option<Bytes> {
        None
    }

    /// What this vendor tells a server about these calls, of which some are pushes that were
    /// accepted.
    fn receipts(&self, _: &[Received], told: &Told<'_>) -> Result<Vec<ReceiptRequest>, Error> {
        Err(told.nothing("anything"))
    }

    /// The targets that are unavailable at their next attempt.
    fn flaky(&self) -> &Flaky;

    /// Forgets what earlier pushes did, such as first attempts of flaky tokens.
    fn reset(&self) {}
}
