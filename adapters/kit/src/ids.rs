//! Numbers for vendors that want a number where we have an id.

use uuid::Uuid;

/// A number from 1 to 2147483647 out of a hash, for vendors whose ids are positive `int`s and
/// whose 0 means that there is none.
///
/// ```
/// use zpns_core::MessageId;
///
/// let id = MessageId::new();
/// let number = zpns_kit::positive_number(id.derive("notify_id"));
/// assert!((1..=2_147_483_647).contains(&number));
/// ```
#[must_use]
pub fn positive_number(hash: Uuid) -> u32 {
    const RANGE: u128 = i32::MAX as u128;
    u32::try_from(hash.as_u128() % RANGE).unwrap_or_default() + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ends_of_the_range_are_reached() {
        let number = |hash| positive_number(Uuid::from_u128(hash));
        assert_eq!(number(0), 1);
        assert_eq!(number(i32::MAX as u128 - 1), 2_147_483_647);
        assert_eq!(number(i32::MAX as u128), 1);
    }

    proptest! {
        #[test]
        fn every_hash_has_a_positive_number(hash in any::<u128>()) {
            let number = positive_number(Uuid::from_u128(hash));
            prop_assert!((1..=i32::MAX as u32).contains(&number));
        }
    }
}
