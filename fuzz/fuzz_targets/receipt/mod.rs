//! What holds of every reader of receipts, whatever it is given.

use std::sync::Arc;

use http::HeaderMap;
use zpns_core::receipt::{MOST_BYTES, ReceiptReader, Receipts};

/// Reads it as it would come to a server. It must not panic; must say the same twice; must speak of
/// the provider whose address it came to; and must not make more of it than there is.
pub fn check(reader: impl ReceiptReader, body: &[u8]) {
    let receipts = Receipts::new().with("own", "/own", Arc::new(reader)).with(
        "other",
        "/other",
        Arc::new(zpns_oppo::receipt::Reader),
    );
    let headers = HeaderMap::new();
    let read = receipts.receive("/own", &headers, body);
    assert_eq!(read, receipts.receive("/own", &headers, body));
    let Ok(parsed) = read else { return };
    assert!(body.len() <= MOST_BYTES);
    assert_eq!(parsed.provider.as_str(), "own");
    assert!(parsed.receipts.len() <= body.len());
    for receipt in &parsed.receipts {
        assert!(receipt.token.as_str().len() <= body.len());
        let _ = (
            receipt.action(),
            receipt.message_id(),
            format!("{receipt:?}"),
        );
    }
}
