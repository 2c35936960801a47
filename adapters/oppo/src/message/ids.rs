//! OPPO's ids of a message, derived from ours: the same for every request that carries it.

use uuid::Uuid;
use zpns_core::MessageId;

/// Where the numbers of collapse keys come from: any fixed id will do.
const COLLAPSE_KEYS: Uuid = Uuid::from_u128(0x7d3b_52c1_0e64_4f0b_9c11_8a27_d95e_63f4);

/// What one message says, in one form of it: a repeat has the same, and no other message has.
///
/// The content is part of it and the tokens are not. OPPO saves the content of one
/// `app_message_id` once, so that two forms of one message may not share it; and pushes it to a
/// target once, so that a repeat of the undelivered rest has to carry it too.
pub(super) fn content(id: MessageId, content: &str) -> Uuid {
    id.derive(content)
}

/// `notify_id` of a message without a collapse key.
///
/// A repeat that slips through takes the first one's place then, and does not stand beside it.
pub(super) fn notify_id(id: MessageId) -> u32 {
    positive(id.derive("notify_id"))
}

/// `notify_id` of every message with this collapse key.
pub(super) fn notify_id_of_key(collapse_key: &str) -> u32 {
    positive(MessageId::from(COLLAPSE_KEYS).derive(collapse_key))
}

/// From 1 to 2147483647.
fn positive(hash: Uuid) -> u32 {
    const RANGE: u128 = i32::MAX as u128;
    u32::try_from(hash.as_u128() % RANGE).unwrap_or_default() + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_number_fits_and_is_always_the_same(number in any::<u128>(), key in any::<String>()) {
            let id = MessageId::from(Uuid::from_u128(number));
            for number in [notify_id(id), notify_id_of_key(&key)] {
                prop_assert!((1..=i32::MAX as u32).contains(&number));
            }
            prop_assert_eq!(notify_id(id), notify_id(id));
            prop_assert_eq!(notify_id_of_key(&key), notify_id_of_key(&key));
            prop_assert_eq!(content(id, &key), content(id, &key));
            prop_assert_ne!(content(id, &key), content(id, &format!("{key}.")));
        }
    }
}
