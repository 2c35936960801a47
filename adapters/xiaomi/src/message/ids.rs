//! Xiaomi's ids of a message, derived from ours: the same for every request that carries it.

use uuid::Uuid;
use zpns_core::MessageId;
use zpns_kit::positive_number;

/// Where the numbers of collapse keys come from: any fixed id will do.
const COLLAPSE_KEYS: Uuid = Uuid::from_u128(0x4c1d_7f0a_90b2_4c1e_8a55_5f3f_2a6e_1d07);

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const JOBKEY_LENGTH: usize = 20;

/// `extra.jobkey`: 20 letters and digits.
///
/// A UUID needs 22 of them. What is lost are its topmost nine bits, which in a UUIDv7 change every
/// seventeen years.
pub(crate) fn jobkey(id: MessageId) -> String {
    let mut rest = id.uuid().as_u128();
    let mut digits = [b'0'; JOBKEY_LENGTH];
    for digit in digits.iter_mut().rev() {
        let index = usize::try_from(rest % 62).unwrap_or_default();
        *digit = DIGITS.get(index).copied().unwrap_or(b'0');
        rest /= 62;
    }
    digits.into_iter().map(char::from).collect()
}

/// `notify_id` of a message without a collapse key.
///
/// A device shows one notification per number, and 0 where there is none: without numbers of
/// their own, every message would take the place of the one before.
pub(crate) fn notify_id(id: MessageId) -> u32 {
    positive_number(id.derive("notify_id"))
}

/// `notify_id` of every message with this collapse key.
pub(crate) fn notify_id_of_key(collapse_key: &str) -> u32 {
    positive_number(MessageId::from(COLLAPSE_KEYS).derive(collapse_key))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::check::is_jobkey;

    fn id(number: u128) -> MessageId {
        Uuid::from_u128(number).into()
    }

    #[test]
    fn a_jobkey_is_known() {
        let id = id(0x0190_b7a4_2b7e_7c3e_8f3e_3c1e_5b1e_9a10);
        assert_eq!(jobkey(id), jobkey(id));
        assert_eq!(jobkey(id).len(), 20);
        assert_eq!(jobkey(self::id(0)), "0".repeat(20));
        assert_eq!(jobkey(self::id(62 * 62 + 61)), "0000000000000000010z");
    }

    #[test]
    fn neighbours_have_jobkeys_and_numbers_of_their_own() {
        let ids: Vec<MessageId> = (0..1_000).map(|_| MessageId::new()).collect();
        let keys: std::collections::BTreeSet<_> = ids.iter().map(|id| jobkey(*id)).collect();
        assert_eq!(keys.len(), ids.len());
    }

    proptest! {
        #[test]
        fn every_id_fits_the_limits(number in any::<u128>(), key in any::<String>()) {
            let key_of_job = jobkey(id(number));
            prop_assert!(is_jobkey(&key_of_job) && key_of_job.len() == 20, "{}", key_of_job);
            let numbers = [notify_id(id(number)), notify_id_of_key(&key)];
            for number in numbers {
                prop_assert!((1..=i32::MAX as u32).contains(&number));
            }
            prop_assert_eq!(notify_id_of_key(&key), notify_id_of_key(&key));
        }
    }
}
