//! Taking back what was sent to HarmonyOS devices.

use zpns_core::Notification;

/// What is taken back, and from whom.
///
/// Huawei takes back by the app's own client id, which a service account does not know: it stands
/// in the console beside the app.
#[derive(Clone, Copy, Debug)]
pub struct Recall<'a> {
    /// The app's client id.
    pub app_id: &'a str,
    /// The notification as it was sent.
    pub notification: &'a Notification,
    /// The devices, a thousand at the most.
    pub tokens: &'a [&'a str],
}
