//! What a tap does.

use serde::{Deserialize, Serialize};

/// What opens when the user taps the notification.
///
/// Texts may hold `${package}`, which is replaced by the app's package (bundle id) as the
/// provider knows it.
///
/// ```
/// use zpns_core::OnClick;
///
/// let click = OnClick::Activity("${package}.ChatActivity".into());
/// assert_eq!(
///     click.substituted("com.example.app"),
///     OnClick::Activity("com.example.app.ChatActivity".into()),
/// );
/// assert_eq!(serde_json::to_string(&OnClick::OpenApp).unwrap(), r#""open_app""#);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnClick {
    /// The app.
    #[default]
    OpenApp,
    /// A web address.
    Url(String),
    /// An Android activity, by class name or intent action.
    Activity(String),
    /// An Android intent URI (`intent:#Intent;…;end`).
    Intent(String),
    /// A link that the app itself resolves (`myapp://chat/7`).
    DeepLink(String),
}

impl OnClick {
    /// With every `${package}` replaced.
    #[must_use]
    pub fn substituted(&self, package: &str) -> Self {
        let fill = |text: &String| text.replace("${package}", package);
        match self {
            Self::OpenApp => Self::OpenApp,
            Self::Url(text) => Self::Url(fill(text)),
            Self::Activity(text) => Self::Activity(fill(text)),
            Self::Intent(text) => Self::Intent(fill(text)),
            Self::DeepLink(text) => Self::DeepLink(fill(text)),
        }
    }
}
