//! Meizu's reports in the words of every vendor.

use std::sync::Arc;

use http::HeaderMap;
use zpns_core::receipt::{Receipt, ReceiptError, ReceiptReader};
use zpns_core::{ReceiptEvent, Secret};

use super::{Refused, parse};
use crate::message::CallbackType;

/// Reads the reports of one app, which carry the access token of the console.
#[derive(Clone, Debug)]
pub struct Reader {
    access_token: Secret,
}

impl Reader {
    /// With the access token that stands beside the address in the console.
    pub fn new(access_token: Secret) -> Self {
        Self { access_token }
    }
}

impl ReceiptReader for Reader {
    fn is_verified(&self) -> bool {
        true
    }

    fn read(&self, _: &HeaderMap, body: &[u8]) -> Result<Vec<Receipt>, ReceiptError> {
        let told = parse(body, &self.access_token).map_err(|refused| match refused {
            Refused::Stranger => ReceiptError::Stranger(refused.to_string()),
            Refused::Unreadable(_) => ReceiptError::Unreadable(refused.to_string()),
        })?;
        Ok(told.into_iter().flat_map(receipts).collect())
    }
}

fn receipts(told: super::Receipt) -> impl Iterator<Item = Receipt> {
    let event = match told.kind {
        Some(CallbackType::Delivered) => ReceiptEvent::Delivered,
        Some(CallbackType::Clicked) => ReceiptEvent::Clicked,
        _ => ReceiptEvent::Unknown,
    };
    let code = Arc::<str>::from(told.type_code.to_string());
    let (id, tag) = (
        Arc::<str>::from(told.vendor_id),
        told.param.map(Arc::<str>::from),
    );
    told.targets.into_iter().map(move |token| {
        Receipt::new(token, event.clone(), code.clone())
            .with_vendor_id(id.clone())
            .with_tag(tag.clone())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(cb: &str, access_token: &str) -> Result<Vec<Receipt>, ReceiptError> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("cb", cb);
        form.append_pair("access_token", access_token);
        let reader = Reader::new(Secret::new("t0ken"));
        reader.read(&HeaderMap::new(), form.finish().as_bytes())
    }

    #[test]
    fn every_kind_says_the_same_in_the_words_of_all() {
        let rows = [
            (1, ReceiptEvent::Delivered),
            (2, ReceiptEvent::Clicked),
            (7, ReceiptEvent::Unknown),
        ];
        for (code, event) in rows {
            let cb = json!({"NS-1-1": {"param": "p", "type": code, "targets": ["a", "b"]}});
            let receipts = read(&cb.to_string(), "t0ken").unwrap();
            assert_eq!(receipts.len(), 2);
            assert_eq!(receipts[1].token, "b".into());
            for receipt in receipts {
                assert_eq!(receipt.event, event);
                assert_eq!(*receipt.code, code.to_string());
                assert_eq!(receipt.vendor_id.as_deref(), Some("NS-1"));
                assert_eq!(receipt.tag.as_deref(), Some("p"));
            }
        }
    }

    #[test]
    fn a_stranger_is_told_from_what_cannot_be_read() {
        assert!(matches!(
            read("{}", "guess"),
            Err(ReceiptError::Stranger(_))
        ));
        assert!(matches!(
            read("7", "t0ken"),
            Err(ReceiptError::Unreadable(_))
        ));
    }
}
