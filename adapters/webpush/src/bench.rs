//! The encryption alone, for the benches of the workspace.

use bytes::Bytes;
use zpns_core::Rejection;

use crate::ece::seal;
use crate::subscription::{Subscription, invalid};

/// Encrypts a plaintext for a subscription in JSON, as every push is.
///
/// # Errors
/// The subscription has no keys, or wrong ones, or the plaintext is too long.
pub fn encrypt(subscription: &str, plaintext: &[u8]) -> Result<Bytes, Rejection> {
    let subscription = Subscription::parse(subscription)?;
    let receiver = subscription.receiver;
    let receiver = receiver.ok_or_else(|| invalid("the subscription has no `keys`"))?;
    seal(&receiver, plaintext, 0).map_err(|_| invalid("the subscription cannot be encrypted for"))
}
