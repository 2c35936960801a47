//! The host's own say before a push.

use std::borrow::Cow;
use std::fmt::Debug;

use async_trait::async_trait;

use super::Message;
use crate::model::{Notification, Timestamp};
use crate::service::{Device, RegistryError};

/// Why a hook forbids a push: a sentence for the report.
pub type Veto = Cow<'static, str>;

/// Asked before a push: may rewrite a message, or forbid it, for all or for one device. Devices
/// that are online still get the message within the app.
///
/// ```
/// use zpns_core::service::{Hook, Message, Veto};
///
/// /// Gives a picture a text.
/// #[derive(Debug)]
/// struct Describe;
///
/// impl Hook for Describe {
///     fn message(&self, message: &mut Message) -> Result<(), Veto> {
///         if message.custom && message.notification.body.is_none() {
///             message.notification.body = Some("sent you a picture".into());
///         }
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait Hook: Debug + Send + Sync + 'static {
    /// Once for each message, before anything else: may rewrite it. Must not block. Allows
    /// everything unless this says otherwise.
    ///
    /// # Errors
    /// Why nobody gets it as a push.
    fn message(&self, message: &mut Message) -> Result<(), Veto> {
        let _ = message;
        Ok(())
    }

    /// For each device that would get a push: why it does not, if so. Allows everything unless
    /// this says otherwise. The place for a host's "do not disturb".
    ///
    /// # Errors
    /// A store that is out of order; the devices that were asked about get no push then.
    async fn device(
        &self,
        notification: &Notification,
        device: &Device,
        now: Timestamp,
    ) -> Result<Option<Veto>, RegistryError> {
        let _ = (notification, device, now);
        Ok(None)
    }
}
