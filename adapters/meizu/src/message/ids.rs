//! `notifyKey`, derived from what a message is called elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;
use zpns_core::MessageId;

/// Where the keys of collapse keys come from: any fixed id will do.
const COLLAPSE_KEYS: Uuid = Uuid::from_u128(0x8a0f_65d1_2c3b_4f6e_9d47_51b0_7e1c_a9f2);

const PART: &str = "notify_key";
const LENGTH: usize = 8;

/// `notifyKey` of a message without a collapse key: always the same one, so that a repeat takes
/// the place of the first (Meizu has no id by which it would drop it).
pub(super) fn of_message(id: MessageId) -> String {
    key(id.derive(PART))
}

/// `notifyKey` of every message with this collapse key.
pub(super) fn of_collapse_key(collapse_key: &str) -> String {
    key(MessageId::from(COLLAPSE_KEYS).derive(collapse_key))
}

/// Whether Meizu takes it: up to 8 of `[0-9A-Za-z_-]`.
pub(super) fn is_notify_key(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    (1..=LENGTH).contains(&text.len()) && text.bytes().all(legal)
}

/// Eight characters hold six bytes of a hash.
fn key(hash: Uuid) -> String {
    let mut key = URL_SAFE_NO_PAD.encode(hash.as_bytes());
    key.truncate(LENGTH);
    key
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neighbours_have_keys_of_their_own() {
        let ids: Vec<MessageId> = (0..1_000).map(|_| MessageId::new()).collect();
        let keys: BTreeSet<String> = ids.iter().map(|id| of_message(*id)).collect();
        assert_eq!(keys.len(), ids.len());
    }

    #[test]
    fn a_key_that_meizu_does_not_take_is_told() {
        for wrong in ["", "123456789", "a b", "a.b", "ä", "a,b"] {
            assert!(!is_notify_key(wrong), "{wrong}");
        }
        for right in ["a", "aZ_-0189"] {
            assert!(is_notify_key(right), "{right}");
        }
    }

    proptest! {
        #[test]
        fn every_key_fits_and_stays_the_same(number in any::<u128>(), text in any::<String>()) {
            let id = MessageId::from(Uuid::from_u128(number));
            for (key, again) in [
                (of_message(id), of_message(id)),
                (of_collapse_key(&text), of_collapse_key(&text)),
            ] {
                prop_assert!(is_notify_key(&key) && key.len() == LENGTH, "{}", key);
                prop_assert_eq!(key, again);
            }
        }
    }
}
