//! What Meizu reports to [`Extra::callback`](crate::message::Extra): deliveries and clicks. It
//! reports nothing about tokens that died: that it says when it is pushed to.
//!
//! A report is not signed, but carries the access token that was set beside the URL in the
//! console (`reference/meizu.md` §6). Meizu posts one about every second, and never again; any
//! answer with HTTP 200 will do.

mod reader;

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;
use zpns_core::{Secret, Token};

use crate::message::CallbackType;

pub use reader::Reader;

/// One report on one message.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Receipt {
    /// The id with which Meizu accepted the message.
    pub vendor_id: String,
    /// What happened, delivery or click; none for a number that nobody has documented.
    pub kind: Option<CallbackType>,
    /// Meizu's number for it.
    pub type_code: u32,
    /// `callback_param` of the message, as it was sent.
    pub param: Option<String>,
    /// The devices.
    pub targets: Vec<Token>,
}

/// A report that is not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refused {
    /// It does not carry the access token: it is not Meizu's, or the token is not the console's.
    Stranger,
    /// It cannot be read.
    Unreadable(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stranger => f.write_str("the report does not carry Meizu's access token"),
            Self::Unreadable(why) => write!(f, "this is no report of Meizu's: {why}"),
        }
    }
}

impl std::error::Error for Refused {}

/// Reads the body of a report: a form whose `cb` is JSON, an object of receipts by message id and
/// kind.
///
/// ```
/// use zpns_core::Secret;
/// use zpns_meizu::receipt;
///
/// let body = br#"cb={"NS7-1":{"param":"p","type":1,"targets":["a"]}}&access_token=t0ken"#;
/// let receipts = receipt::parse(body, &Secret::new("t0ken")).unwrap();
/// assert_eq!(receipts[0].vendor_id, "NS7");
/// assert!(receipt::parse(body, &Secret::new("other")).is_err());
/// ```
///
/// # Errors
/// It does not carry `access_token`, has no `cb`, or that is not such an object.
pub fn parse(body: &[u8], access_token: &Secret) -> Result<Vec<Receipt>, Refused> {
    let value = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(body);
        pairs.find_map(|(key, value)| (key == name).then_some(value))
    };
    let carried = value("access_token").unwrap_or_default();
    // No token is no proof, and not the proof that none is asked for.
    if carried.is_empty() {
        return Err(Refused::Stranger);
    }
    // In constant time: how long it takes must not tell how much of it was guessed.
    if !bool::from(carried.as_bytes().ct_eq(access_token.expose().as_bytes())) {
        return Err(Refused::Stranger);
    }
    let reports = value("cb").ok_or_else(|| Refused::Unreadable("it has no `cb`".to_owned()))?;
    let reports: Map<String, Value> = serde_json::from_str(&reports)
        .map_err(|error| Refused::Unreadable(format!("`cb` is not an object ({error})")))?;
    let reports = reports.into_iter();
    reports.map(|(key, value)| receipt(&key, value)).collect()
}

/// A receipt on the wire.
#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    type_code: u32,
    #[serde(default)]
    param: Option<String>,
    targets: Vec<String>,
}

fn receipt(key: &str, value: Value) -> Result<Receipt, Refused> {
    let wire: Wire = serde_json::from_value(value)
        .map_err(|error| Refused::Unreadable(format!("a receipt of `{key}`: {error}")))?;
    // The id itself may hold a `-`; the last one stands before the kind.
    let vendor_id = key.rsplit_once('-').map_or(key, |(id, _)| id);
    let kinds = [CallbackType::Delivered, CallbackType::Clicked];
    let is_it = |kind: &CallbackType| u32::from(kind.wire()) == wire.type_code;
    Ok(Receipt {
        vendor_id: vendor_id.to_owned(),
        kind: kinds.into_iter().find(is_it),
        type_code: wire.type_code,
        param: wire.param,
        targets: wire.targets.into_iter().map(Token::from).collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(cb: &Value, access_token: &str) -> Vec<u8> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("cb", &cb.to_string());
        form.append_pair("access_token", access_token);
        form.finish().into_bytes()
    }

    fn parsed(cb: &Value) -> Vec<Receipt> {
        parse(&body(cb, "t0ken&=+"), &Secret::new("t0ken&=+")).unwrap()
    }

    #[test]
    fn every_kind_of_receipt_is_read() {
        let rows = [
            (1, Some(CallbackType::Delivered)),
            (2, Some(CallbackType::Clicked)),
            (3, None),
            (7, None),
        ];
        for (code, kind) in rows {
            let key = format!("NS20180830094758844_0_11529504_1_3-{code}");
            let cb = json!({key: {"param": "p", "type": code, "targets": ["a", "b,c"]}});
            let receipt = parsed(&cb).remove(0);
            assert_eq!(receipt.vendor_id, "NS20180830094758844_0_11529504_1_3");
            assert_eq!((receipt.kind, receipt.type_code), (kind, code));
            assert_eq!(receipt.param.as_deref(), Some("p"));
            assert_eq!(receipt.targets, ["a", "b,c"].map(Token::from));
        }
    }

    #[test]
    fn an_id_ends_at_the_last_hyphen() {
        let cb = json!({"a-b-1": {"type": 1, "targets": []}, "c": {"type": 1, "targets": []}});
        let ids: Vec<String> = parsed(&cb).into_iter().map(|r| r.vendor_id).collect();
        assert_eq!(ids, ["a-b", "c"]);
    }

    #[test]
    fn a_report_without_the_access_token_is_a_strangers() {
        let cb = json!({"a-1": {"type": 1, "targets": ["x"]}});
        let secret = Secret::new("t0ken");
        for wrong in ["", "t0ke", "t0ken ", "T0KEN", "t0kenn"] {
            assert_eq!(parse(&body(&cb, wrong), &secret), Err(Refused::Stranger));
        }
        for body in [&b"cb={}"[..], b"cb={}&access_token="] {
            assert_eq!(parse(body, &secret), Err(Refused::Stranger));
            assert_eq!(parse(body, &Secret::new("")), Err(Refused::Stranger));
        }
        assert!(!Refused::Stranger.to_string().contains("t0ken"));
    }

    #[test]
    fn what_is_no_report_is_an_error() {
        let secret = Secret::new("t");
        for cb in ["", "&cb=", "&cb=[]", "&cb={\"a\":{}}", "&cb={\"a\":1}"] {
            let body = format!("access_token=t{cb}");
            let refused = parse(body.as_bytes(), &secret).unwrap_err();
            assert!(refused.to_string().contains("no report"), "{cb}: {refused}");
        }
    }
}
