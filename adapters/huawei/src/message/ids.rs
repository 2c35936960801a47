//! Numbers derived from the message's id and from its collapse key.

use uuid::Uuid;
use zpns_core::MessageId;

/// The notification's number, by which a repeat overwrites the first one: 0 to 2147483647.
pub(crate) fn notify_id(id: MessageId) -> u32 {
    number(id.derive("notify_id"))
}

/// The same for every message with this collapse key.
pub(crate) fn notify_id_of_key(key: &str) -> u32 {
    number(MessageId::from(Uuid::NAMESPACE_OID).derive(key))
}

fn number(uuid: Uuid) -> u32 {
    let [first, second, third, fourth, ..] = uuid.into_bytes();
    u32::from_be_bytes([first, second, third, fourth]) & 0x7fff_ffff
}

/// The group in which only the newest message is kept for a device that is away: a collapse key
/// that is a number from 1 to 100. Any other text would have to share one of the hundred groups
/// with strangers, and lose messages to them.
pub(crate) fn group(collapse_key: &str) -> Option<i64> {
    let plain = collapse_key.bytes().all(|byte| byte.is_ascii_digit());
    let number = collapse_key.parse().ok().filter(|_| plain)?;
    (1..=100).contains(&number).then_some(number)
}
