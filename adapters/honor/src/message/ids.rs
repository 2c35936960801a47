//! The notification's number, derived from the message's id.

use zpns_core::MessageId;

/// `notifyId`, by which a repeat overwrites the first one on the device: 0 to 2147483647. HONOR
/// has no id by which it would drop a repeat itself.
pub(super) fn notify_id(id: MessageId) -> i64 {
    let [first, second, third, fourth, ..] = id.derive("notify_id").into_bytes();
    i64::from(u32::from_be_bytes([first, second, third, fourth]) & 0x7fff_ffff)
}
