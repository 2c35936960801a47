//! vivo's ids of a message, derived from ours.

use uuid::Uuid;
use zpns_core::MessageId;
use zpns_kit::positive_number;

/// Where the numbers of collapse keys come from: any fixed id will do.
const COLLAPSE_KEYS: Uuid = Uuid::from_u128(0x9f6a_3c52_07d4_4e0b_b1a8_6d2e_54c7_1b93);

/// `requestId` of the push to these tokens: 36 characters, of which 64 are allowed.
///
/// Unique per request, as vivo asks: each other group of targets has another one. A retry of the
/// same request carries the same, although vivo does not say that it drops a repeat by it.
pub(crate) fn request_id(id: MessageId, tokens: &[&str]) -> Uuid {
    id.derive(&tokens.join("\n"))
}

/// `requestId` of the request that saves the message, after it was lost so many times.
///
/// A line without a token stands before it, so that no group of targets has the same.
pub(crate) fn save_id(id: MessageId, losses: u32) -> Uuid {
    id.derive(&format!("\nsave {losses}"))
}

/// `notifyId` of every message with this collapse key: 1 to 2147483647.
pub(super) fn notify_id_of_key(collapse_key: &str) -> u32 {
    positive_number(MessageId::from(COLLAPSE_KEYS).derive(collapse_key))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_request_has_an_id_of_its_own_and_a_retry_the_same() {
        let id = MessageId::new();
        let groups: [&[&str]; 4] = [&["a"], &["a", "b"], &["b", "a"], &["ab"]];
        let mut ids: Vec<Uuid> = groups.iter().map(|group| request_id(id, group)).collect();
        ids.extend([save_id(id, 0), save_id(id, 1)]);
        ids.push(request_id(MessageId::new(), &["a"]));
        let different: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(different.len(), ids.len());
        assert_eq!(request_id(id, &["a", "b"]), ids[1]);
        assert_eq!(save_id(id, 1), ids[5]);
    }

    proptest! {
        #[test]
        fn every_id_fits_its_limit(key in any::<String>(), tokens in any::<Vec<String>>()) {
            let number = notify_id_of_key(&key);
            prop_assert!((1..=i32::MAX as u32).contains(&number));
            prop_assert_eq!(number, notify_id_of_key(&key));
            let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
            let id = request_id(MessageId::new(), &tokens).to_string();
            prop_assert!((1..=64).contains(&id.len()));
        }
    }
}
