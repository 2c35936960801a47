//! The body: a form, serialised and signed once but for its targets.

use std::fmt;

use bytes::Bytes;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::auth::{Credentials, SIGN, Signature};

/// The parameter of the targets.
pub(super) const TARGETS: &str = "pushIds";

const APP_ID: &str = "appId";

/// A serialised body, but for its targets and what follows from them.
pub(crate) struct Template {
    /// Over all that comes before the targets in the order of names.
    signature: Signature,
    /// What is signed after them.
    signed_after: String,
    /// `appId=…&pushIds=`
    head: String,
    /// `&messageJson=…&sign=`
    tail: String,
}

impl Template {
    /// The body with these parameters beside app and targets.
    ///
    /// The very texts that are signed are the ones that are percent-encoded.
    pub(super) fn new(app_id: &str, parameters: &[(String, String)]) -> Self {
        let mut in_order: Vec<(&str, &str)> = parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .chain([(APP_ID, app_id)])
            .collect();
        in_order.sort_unstable();
        let (before, after) = in_order.split_at(in_order.partition_point(|pair| pair.0 < TARGETS));
        let mut signature = Signature::default();
        for (name, value) in before {
            signature.parameter(name, value);
        }
        signature.text(TARGETS);
        signature.text("=");
        let after = after.iter().map(|(name, value)| format!("{name}={value}"));

        let mut head = Serializer::new(String::new());
        head.append_pair(APP_ID, app_id).append_pair(TARGETS, "");
        let mut tail = Serializer::new(String::new());
        tail.extend_pairs(parameters).append_pair(SIGN, "");
        Self {
            signature,
            signed_after: after.collect(),
            head: head.finish(),
            tail: format!("&{}", tail.finish()),
        }
    }

    /// The body for these targets, in their order.
    pub(crate) fn body(&self, targets: &[&str], credentials: &Credentials) -> Bytes {
        let mut signature = self.signature.clone();
        let length: usize = targets.iter().map(|target| target.len() + 3).sum();
        let fixed = self.head.len() + self.tail.len() + 32;
        let mut body = String::with_capacity(fixed + length);
        body.push_str(&self.head);
        for (position, target) in targets.iter().enumerate() {
            if position > 0 {
                signature.text(",");
                body.push_str("%2C");
            }
            signature.text(target);
            body.extend(byte_serialize(target.as_bytes()));
        }
        signature.text(&self.signed_after);
        body.push_str(&self.tail);
        body.push_str(&credentials.sign(signature));
        body.into()
    }
}

impl fmt::Debug for Template {
    /// Shows nothing of the message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template")
            .field("bytes", &(self.head.len() + self.tail.len()))
            .finish_non_exhaustive()
    }
}

/// The signed query of a call that is not a push. The parameters are in the order of their names,
/// which all come after `appId`.
pub(crate) fn query(parameters: &[(&str, &str)], credentials: &Credentials) -> String {
    let mut signature = Signature::default();
    let mut query = Serializer::new(String::new());
    let app = (APP_ID, credentials.app_id.as_str());
    for (name, value) in [app].iter().chain(parameters) {
        signature.parameter(name, value);
        query.append_pair(name, value);
    }
    query.append_pair(SIGN, &credentials.sign(signature));
    query.finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::MeizuConfig;

    fn credentials(app_id: &str) -> Credentials {
        Credentials::new(MeizuConfig::new(app_id, "s3cr3t".to_owned())).unwrap()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn example_b_of_the_reference_is_this_very_body() {
        let message = r#"{"noticeBarInfo":{"title":"Hi","content":"Hello"}}"#;
        let template = Template::new("100999", &pairs(&[("messageJson", message)]));
        let body = template.body(&["ID_A", "ID_B"], &credentials("100999"));
        let wanted = "appId=100999&pushIds=ID_A%2CID_B&messageJson=%7B%22noticeBarInfo%22%3A\
            %7B%22title%22%3A%22Hi%22%2C%22content%22%3A%22Hello%22%7D%7D\
            &sign=c085a6e044d4165c2f030734326d51a3";
        assert_eq!(std::str::from_utf8(&body).unwrap(), wanted);
    }

    #[test]
    fn the_targets_of_each_batch_are_signed() {
        let template = Template::new("1", &pairs(&[("messageJson", "{}")]));
        let sign = |targets: &[&str]| {
            let body = template.body(targets, &credentials("1"));
            let pairs: Vec<_> = url::form_urlencoded::parse(&body).into_owned().collect();
            pairs.last().unwrap().1.clone()
        };
        assert_ne!(sign(&["a"]), sign(&["b"]));
        assert_ne!(sign(&["a", "b"]), sign(&["b", "a"]));
        assert_eq!(sign(&["a", "b"]), sign(&["a", "b"]));
    }

    #[test]
    fn nothing_of_a_message_is_shown() {
        let template = Template::new("1", &pairs(&[("messageJson", "swordfish")]));
        let shown = format!("{template:?}");
        assert!(!shown.contains("swordfish"), "{shown}");
    }

    #[test]
    fn a_query_is_signed_over_what_it_says() {
        let query = query(&[("endTime", "20251125"), ("x", "a b")], &credentials("1"));
        let mut signature = Signature::default();
        signature.text("appId=1endTime=20251125x=a b");
        let sign = credentials("1").sign(signature);
        let wanted = format!("appId=1&endTime=20251125&x=a+b&sign={sign}");
        assert_eq!(query, wanted);
    }

    proptest! {
        /// What a server does: it decodes the form, sorts it, and signs it anew.
        #[test]
        fn whoever_decodes_the_form_comes_to_the_same_signature(
            parameters in prop::collection::btree_map("[a-rt-z]{1,8}", any::<String>(), 0..5),
            targets in prop::collection::vec("[!-+--~]{1,40}", 1..6),
        ) {
            let parameters: Vec<(String, String)> = parameters.into_iter().collect();
            let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
            let body = Template::new("7", &parameters).body(&targets, &credentials("7"));
            let mut read: Vec<(String, String)> =
                url::form_urlencoded::parse(&body).into_owned().collect();
            let (name, sign) = read.pop().unwrap();
            prop_assert_eq!(name, SIGN);
            prop_assert_eq!(&read[1], &(TARGETS.to_owned(), targets.join(",")));
            read.sort();
            let mut wanted = parameters;
            wanted.push((APP_ID.to_owned(), "7".to_owned()));
            wanted.push((TARGETS.to_owned(), targets.join(",")));
            wanted.sort();
            prop_assert_eq!(&read, &wanted);
            let mut signature = Signature::default();
            for (name, value) in &read {
                signature.parameter(name, value);
            }
            prop_assert_eq!(sign, credentials("7").sign(signature));
        }
    }
}
