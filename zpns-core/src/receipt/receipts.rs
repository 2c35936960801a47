//! The readers of a host's providers, by the addresses that they are reached at.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use http::HeaderMap;

use super::{Receipt, ReceiptError, ReceiptReader, ReceiptReply};
use crate::config::Secret;
use crate::model::ProviderId;

/// How long a request with receipts may be. The longest that a vendor describes, a thousand of
/// Huawei's, is a quarter of it.
pub const MOST_BYTES: usize = 2 * 1024 * 1024;

/// Every provider whose vendor calls back: what reads its receipts, and at which path.
///
/// A path holds a secret, because most vendors sign nothing: who does not know it cannot speak of
/// the provider's tokens. [`Parsed`] names the provider, and a receipt concerns tokens of that
/// provider only, whatever its body says.
///
/// ```
/// use std::sync::Arc;
/// use http::HeaderMap;
/// use zpns_core::receipt::{Receipt, ReceiptError, ReceiptEvent, ReceiptReader, Receipts};
///
/// #[derive(Debug)]
/// struct Lines;
///
/// impl ReceiptReader for Lines {
///     fn read(&self, _: &HeaderMap, body: &[u8]) -> Result<Vec<Receipt>, ReceiptError> {
///         let text = String::from_utf8_lossy(body).into_owned();
///         let delivered = |line: &str| Receipt::new(line, ReceiptEvent::Delivered, "0");
///         Ok(text.lines().map(delivered).collect())
///     }
/// }
///
/// let receipts = Receipts::new().with("mine", "/receipts/mine/4f1c", Arc::new(Lines));
/// let parsed = receipts.receive("/receipts/mine/4f1c", &HeaderMap::new(), b"a\nb").unwrap();
/// assert_eq!((parsed.provider.as_str(), parsed.receipts.len()), ("mine", 2));
/// assert!(receipts.receive("/receipts/mine/guess", &HeaderMap::new(), b"a").is_err());
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct Receipts {
    by_path: BTreeMap<Arc<str>, ProviderId>,
    readers: BTreeMap<ProviderId, Entry>,
}

#[derive(Clone)]
struct Entry {
    path: Secret,
    reader: Arc<dyn ReceiptReader>,
}

/// The receipts of one request.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Parsed {
    /// Whose tokens they are about.
    pub provider: ProviderId,
    /// What became of them, in the vendor's order.
    pub receipts: Vec<Receipt>,
    /// Whether the vendor [proved](ReceiptReader::is_verified) that they are its own.
    pub verified: bool,
    /// What to answer, once they are kept; [`ReceiptReply::UNAVAILABLE`] if they cannot be.
    pub reply: ReceiptReply,
}

impl Receipts {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a provider, whose vendor calls at `path`. A provider that is there already moves; one
    /// that had the path leaves, because a receipt must never be taken for another provider's.
    pub fn with(
        mut self,
        provider: impl Into<ProviderId>,
        path: impl Into<Arc<str>>,
        reader: Arc<dyn ReceiptReader>,
    ) -> Self {
        let (provider, path) = (provider.into(), path.into());
        self.by_path.retain(|_, known| *known != provider);
        if let Some(former) = self.by_path.insert(path.clone(), provider.clone()) {
            self.readers.remove(&former);
        }
        let path = Secret::new(path);
        self.readers.insert(provider, Entry { path, reader });
        self
    }

    /// Where a provider's vendor is to call. It holds a secret.
    pub fn path(&self, provider: &str) -> Option<&str> {
        let entry = self.readers.get(&ProviderId::from(provider))?;
        Some(entry.path.expose())
    }

    /// Every provider with its path, by id in order.
    pub fn paths(&self) -> impl Iterator<Item = (&ProviderId, &str)> {
        self.readers
            .iter()
            .map(|(provider, entry)| (provider, entry.path.expose()))
    }

    /// Reads what was posted to a path.
    ///
    /// # Errors
    /// No provider has this path, or as [`parse`](Self::parse).
    pub fn receive(
        &self,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Parsed, ReceiptError> {
        let provider = self.by_path.get(path).ok_or(ReceiptError::NoSuchAddress)?;
        self.parse(provider, headers, body)
    }

    /// Reads what was posted for a provider.
    ///
    /// # Errors
    /// There is no such provider, or its vendor did not write this: see [`ReceiptError`], whose
    /// [`reply`](ReceiptError::reply) is the answer then.
    pub fn parse(
        &self,
        provider: &ProviderId,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Parsed, ReceiptError> {
        let entry = self.readers.get(provider);
        let entry = entry.ok_or(ReceiptError::NoSuchAddress)?;
        if body.len() > MOST_BYTES {
            return Err(ReceiptError::TooLarge);
        }
        Ok(Parsed {
            provider: provider.clone(),
            verified: entry.reader.is_verified(),
            receipts: entry.reader.read(headers, body)?,
            reply: entry.reader.reply(),
        })
    }
}

impl fmt::Debug for Receipts {
    /// Leaves out the paths, which hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.readers.keys()).finish()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::receipt::ReceiptEvent;

    #[derive(Debug)]
    struct Says(Result<&'static str, ReceiptError>);

    impl ReceiptReader for Says {
        fn read(&self, _: &HeaderMap, _: &[u8]) -> Result<Vec<Receipt>, ReceiptError> {
            let token = self.0.clone()?;
            Ok(vec![Receipt::new(token, ReceiptEvent::Delivered, "0")])
        }

        fn reply(&self) -> ReceiptReply {
            ReceiptReply::json("{}")
        }
    }

    fn receive(receipts: &Receipts, path: &str) -> Result<Parsed, ReceiptError> {
        receipts.receive(path, &HeaderMap::new(), b"")
    }

    #[test]
    fn each_path_has_its_provider_and_no_other_path_has_one() {
        let receipts = Receipts::new()
            .with("a", "/a/1", Arc::new(Says(Ok("of-a"))))
            .with("b", "/b/2", Arc::new(Says(Ok("of-b"))));
        let parsed = receive(&receipts, "/b/2").unwrap();
        assert_eq!(parsed.provider, ProviderId::from("b"));
        assert_eq!(parsed.receipts[0].token, "of-b".into());
        assert_eq!(parsed.reply, ReceiptReply::json("{}"));
        for wrong in ["", "/", "/a", "/a/2", "/a/1/", "/A/1"] {
            let error = receive(&receipts, wrong).unwrap_err();
            assert_eq!(error.reply().status, StatusCode::NOT_FOUND, "{wrong}");
        }
        let paths: Vec<_> = receipts.paths().map(|(_, path)| path).collect();
        assert_eq!(paths, ["/a/1", "/b/2"]);
    }

    #[test]
    fn a_provider_that_moves_is_not_reached_at_its_old_path() {
        let receipts = Receipts::new()
            .with("a", "/old", Arc::new(Says(Ok("t"))))
            .with("a", "/new", Arc::new(Says(Ok("t"))));
        assert!(receive(&receipts, "/old").is_err());
        assert!(receive(&receipts, "/new").is_ok());
        assert_eq!(receipts.path("a"), Some("/new"));
        assert_eq!(receipts.path("b"), None);
    }

    #[test]
    fn a_path_is_one_providers() {
        let receipts = Receipts::new()
            .with("a", "/same", Arc::new(Says(Ok("of-a"))))
            .with("b", "/same", Arc::new(Says(Ok("of-b"))));
        let parsed = receive(&receipts, "/same").unwrap();
        assert_eq!(parsed.provider, ProviderId::from("b"));
        assert_eq!(receipts.path("a"), None);
    }

    #[test]
    fn what_is_not_taken_is_answered_without_a_reason() {
        let rows = [
            (ReceiptError::Stranger("s".to_owned()), 403),
            (ReceiptError::OtherApp, 403),
            (ReceiptError::Unreadable("u".to_owned()), 400),
        ];
        for (error, status) in rows {
            let receipts = Receipts::new().with("a", "/a", Arc::new(Says(Err(error.clone()))));
            let refused = receive(&receipts, "/a").unwrap_err();
            assert_eq!(refused, error);
            assert_eq!(refused.reply().status, status);
            assert_eq!(refused.reply().body, "");
        }
    }

    #[test]
    fn what_is_longer_than_any_vendors_is_not_read() {
        let receipts = Receipts::new().with("a", "/a", Arc::new(Says(Ok("t"))));
        let mut body = vec![b' '; MOST_BYTES];
        assert!(receipts.receive("/a", &HeaderMap::new(), &body).is_ok());
        body.push(b' ');
        let refused = receipts
            .receive("/a", &HeaderMap::new(), &body)
            .unwrap_err();
        assert_eq!(refused, ReceiptError::TooLarge);
        assert_eq!(refused.reply().status, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[test]
    fn debug_shows_no_path() {
        let receipts = Receipts::new().with("a", "/hidden", Arc::new(Says(Ok("t"))));
        let text = format!("{receipts:?}");
        assert!(text.contains("\"a\"") && !text.contains("hidden"), "{text}");
    }
}
