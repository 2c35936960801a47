//! Huawei's reports in the words of every vendor.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use zpns_core::receipt::{Receipt, ReceiptError, ReceiptReader, ReceiptReply};
use zpns_core::{Clock, Secret};

use super::{REPLY, SIGNATURE, parse, verify};

/// How old a signature may be, or how far ahead. Huawei says nothing about it; it may repeat a
/// report that was not answered.
const WINDOW: Duration = Duration::from_secs(60 * 60);

/// Reads the reports of one app, of either version.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Reader {
    app_id: Option<String>,
    signed: Option<Signed>,
}

#[derive(Clone, Debug)]
struct Signed {
    user_name: String,
    key: Secret,
    clock: Arc<dyn Clock>,
}

impl Reader {
    /// For any app, without a signature: the address that reports come to has to be a secret.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only for the app with this id. A report that names another one is refused as a whole; the
    /// second version names none.
    pub fn of_app(mut self, app_id: impl Into<String>) -> Self {
        self.app_id = Some(app_id.into());
        self
    }

    /// Only what is signed with the user name and the key of the console, within an hour.
    pub fn signed(
        mut self,
        user_name: impl Into<String>,
        key: Secret,
        clock: Arc<dyn Clock>,
    ) -> Self {
        self.signed = Some(Signed {
            user_name: user_name.into(),
            key,
            clock,
        });
        self
    }
}

impl ReceiptReader for Reader {
    fn is_verified(&self) -> bool {
        self.signed.is_some()
    }

    fn read(&self, headers: &HeaderMap, body: &[u8]) -> Result<Vec<Receipt>, ReceiptError> {
        if let Some(signed) = &self.signed {
            signed.check(headers)?;
        }
        let told = parse(body).map_err(|error| ReceiptError::Unreadable(error.to_string()))?;
        let own = self.app_id.as_ref();
        let is_other = |app: Option<&String>| matches!((app, own), (Some(a), Some(b)) if a != b);
        if told.iter().any(|told| is_other(told.app_id.as_ref())) {
            return Err(ReceiptError::OtherApp);
        }
        let receipts = told.into_iter().map(|told| {
            Receipt::new(told.token, told.event, told.status.to_string())
                .with_meaning(told.meaning)
                .with_vendor_id(told.vendor_id.map(Arc::<str>::from))
                .with_tag(told.tag.map(Arc::<str>::from))
                .at(told.at)
        });
        Ok(receipts.collect())
    }

    fn reply(&self) -> ReceiptReply {
        ReceiptReply::json(REPLY)
    }
}

impl Signed {
    fn check(&self, headers: &HeaderMap) -> Result<(), ReceiptError> {
        let stranger = |why: &str| ReceiptError::Stranger(why.to_owned());
        let header = headers.get(SIGNATURE);
        let header = header.ok_or_else(|| stranger("there is no signature"))?;
        let header = header.to_str().map_err(|_| stranger("no text signs"))?;
        let at = verify(header, &self.user_name, &self.key)
            .map_err(|error| stranger(&error.to_string()))?;
        let away = at.as_millis().abs_diff(self.clock.now().as_millis());
        match u128::from(away) > WINDOW.as_millis() {
            true => Err(stranger("the signature is of another time")),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;
    use zpns_core::resources::ManualClock;
    use zpns_core::{ReceiptEvent, Timestamp};

    use super::super::STATUSES;
    use super::*;

    fn body(status: i64, app: &str) -> Vec<u8> {
        let status = json!({
            "biTag": "b", "appid": app, "token": "t", "status": status, "timestamp": 5,
            "requestId": "r",
        });
        json!({ "statuses": [status] }).to_string().into_bytes()
    }

    #[test]
    fn every_status_says_the_same_in_the_words_of_all() {
        for (status, event, meaning) in STATUSES {
            let receipts = Reader::new().read(&HeaderMap::new(), &body(*status, "7"));
            let receipt = receipts.unwrap().remove(0);
            let own = parse(&body(*status, "7")).unwrap().remove(0);
            assert_eq!(receipt.event, *event);
            assert_eq!(receipt.action(), own.action, "{status}");
            assert_eq!(*receipt.code, status.to_string());
            assert_eq!(receipt.meaning.as_deref(), Some(*meaning));
            assert_eq!(receipt.vendor_id.as_deref(), Some("r"));
            assert_eq!(receipt.tag.as_deref(), Some("b"));
            assert_eq!(receipt.at, Some(Timestamp::from_millis(5)));
        }
        let unknown = Reader::new().read(&HeaderMap::new(), &body(4_711, "7"));
        assert_eq!(unknown.unwrap()[0].event, ReceiptEvent::Unknown);
    }

    #[test]
    fn a_report_that_names_another_app_is_refused() {
        let reader = Reader::new().of_app("7");
        assert!(reader.read(&HeaderMap::new(), &body(2, "7")).is_ok());
        let refused = reader.read(&HeaderMap::new(), &body(2, "8"));
        assert_eq!(refused, Err(ReceiptError::OtherApp));
    }

    #[test]
    fn only_a_signature_of_this_hour_will_do() {
        let now = 1_764_000_000_000;
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(now)));
        let reader = Reader::new().signed("user", Secret::new("a key!"), clock);
        let signed = |time: u64, key: &[u8]| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key);
            let value = STANDARD.encode(hmac::sign(&key, format!("{time}nuser").as_bytes()));
            let header = format!("timestamp={time}; nonce=n; value={value}");
            HeaderMap::from_iter([(
                http::HeaderName::from_static(SIGNATURE),
                header.parse().unwrap(),
            )])
        };
        let hour = 3_600_000;
        for time in [now, now - hour, now + hour] {
            let read = reader.read(&signed(time, b"a key!"), &body(0, "7"));
            assert!(read.is_ok(), "{time}");
        }
        for headers in [
            signed(now - hour - 1, b"a key!"),
            signed(now + hour + 1, b"a key!"),
            signed(now, b"another"),
            HeaderMap::new(),
        ] {
            let read = reader.read(&headers, &body(0, "7"));
            assert!(
                matches!(read, Err(ReceiptError::Stranger(_))),
                "{headers:?}"
            );
        }
    }
}
