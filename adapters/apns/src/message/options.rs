//! What only APNs has.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;
use zpns_core::model::VendorSection;
use zpns_core::{Error, ErrorKind};

use super::{InterruptionLevel, PushType};

/// The options of APNs: `vendor.apns` of a [`Notification`](zpns_core::Notification).
///
/// What is set here beats what the notification says. Names are Apple's, in snake_case; unknown
/// ones are an error. A key that Apple invents tomorrow goes through the raw merge.
///
/// ```
/// use zpns_apns::{InterruptionLevel, Options};
/// use zpns_core::Notification;
///
/// let mut message = Notification::alert("Alice", "Lunch?");
/// let mut options = Options::default();
/// options.interruption_level = Some(InterruptionLevel::TimeSensitive);
/// options.category = Some("INVITATION".into());
/// message.vendor.set(&options)?;
/// message.vendor.set_raw("apns", serde_json::json!({"aps": {"new-key": 1}}));
/// # Ok::<(), zpns_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Options {
    /// `apns-push-type`; by the notification's kind unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push_type: Option<PushType>,
    /// `apns-topic`, whole; the provider's bundle id with the push type's suffix unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// `apns-priority`: 10 (now), 5 (sparing the battery) or 1 (never wakes the device).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// `apns-expiration` in Unix seconds; 0 is one attempt. Beats the notification's `ttl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration: Option<u64>,
    /// `apns-collapse-id`, at most 64 bytes. Beats the notification's `collapse_key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collapse_id: Option<String>,
    /// `apns-id`, for a message to one device. Derived from message id and token unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apns_id: Option<Uuid>,

    /// The alert's texts; beat those of the notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertOptions>,
    /// The number on the icon; 0 clears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub badge: Option<u32>,
    /// The sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sound: Option<SoundOption>,
    /// Groups notifications in the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<String>,
    /// The registered category, which brings the notification's actions. Has nothing to do with
    /// the notification's `category`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Wakes the app in the background as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_available: Option<bool>,
    /// Runs the notification service extension first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutable_content: Option<bool>,
    /// The window to bring forward.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_content_id: Option<String>,
    /// How much it may interrupt. Beats what the notification's `category` maps to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interruption_level: Option<InterruptionLevel>,
    /// From 0 to 1 for the summary; any number for a Live Activity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relevance_score: Option<f64>,
    /// What the Focus filter evaluates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_criteria: Option<String>,
    /// For widgets and controls; set for them by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_changed: Option<bool>,

    /// Live Activity: when it was sent, in Unix seconds; now unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<u64>,
    /// Live Activity: what happens to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<LiveActivityEvent>,
    /// Live Activity: its dynamic content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_state: Option<Map<String, Value>>,
    /// Live Activity: when it counts as outdated, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_date: Option<u64>,
    /// Live Activity: when it leaves the screen after its end, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dismissal_date: Option<u64>,
    /// Live Activity: the name of its attributes' type, at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes_type: Option<String>,
    /// Live Activity: its static content, at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Map<String, Value>>,
    /// Live Activity: the channel of its updates, at the start (iOS 18).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_push_channel: Option<String>,
    /// Live Activity: asks for a token for its updates, at the start (iOS 18).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_push_token: Option<bool>,
    /// Safari website push: what fills the URL's gaps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_args: Option<Vec<String>>,

    /// A whole payload instead of the one built from the notification; only the headers are
    /// still ours. See [`with_payload`](Self::with_payload).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
}

impl VendorSection for Options {
    const VENDOR: &'static str = crate::VENDOR;
}

impl Options {
    /// With a whole payload, `aps` and all, from anything that serialises: a struct of the
    /// host's own, JSON, or another crate's payload.
    ///
    /// # Errors
    /// [`ErrorKind::MessageInvalid`] if it does not serialise to a JSON object.
    ///
    /// ```
    /// use serde_json::json;
    ///
    /// let payload = json!({"aps": {"alert": "Hi"}, "chat": 7});
    /// let options = zpns_apns::Options::default().with_payload(&payload)?;
    /// assert_eq!(options.payload, Some(payload));
    /// # Ok::<(), zpns_core::Error>(())
    /// ```
    pub fn with_payload(mut self, payload: &impl Serialize) -> Result<Self, Error> {
        let value = serde_json::to_value(payload).map_err(|error| {
            Error::new(
                ErrorKind::MessageInvalid,
                format!("vendor.apns.payload: {error}"),
            )
        })?;
        if !value.is_object() {
            return Err(Error::new(
                ErrorKind::MessageInvalid,
                "vendor.apns.payload is not a JSON object",
            ));
        }
        self.payload = Some(value);
        Ok(self)
    }
}

/// The texts of an alert.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AlertOptions {
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The line under the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The launch image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_image: Option<String>,
    /// The key of the title in the app's translations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_loc_key: Option<String>,
    /// What fills the gaps of the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_loc_args: Option<Vec<String>>,
    /// The key of the subtitle in the app's translations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtitle_loc_key: Option<String>,
    /// What fills the gaps of the subtitle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtitle_loc_args: Option<Vec<String>>,
    /// The key of the text in the app's translations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loc_key: Option<String>,
    /// What fills the gaps of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loc_args: Option<Vec<String>>,
    /// Safari website push: the label of the button.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
}

/// `sound`: a file of the app (or `default`), or a dictionary.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum SoundOption {
    /// A file of the app, or `default`.
    Name(String),
    /// A file with its volume.
    Dictionary(SoundDictionary),
}

/// A sound with its volume.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SoundDictionary {
    /// Whether it sounds in silence; the app needs Apple's entitlement.
    #[serde(default)]
    pub critical: bool,
    /// A file of the app, or `default`.
    pub name: String,
    /// From 0.0 to 1.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<f64>,
}

/// What happens to a Live Activity.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LiveActivityEvent {
    /// It starts.
    Start,
    /// It changes.
    Update,
    /// It ends.
    End,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_option_survives_its_json_form() {
        let json = json!({
            "push_type": "liveactivity", "topic": "com.example", "priority": 5,
            "expiration": 7, "collapse_id": "c",
            "apns_id": "0190b7a4-2b7e-7c3e-8f3e-3c1e5b1e9a10",
            "alert": {
                "title": "t", "subtitle": "s", "body": "b", "launch_image": "i",
                "title_loc_key": "tk", "title_loc_args": ["1"], "subtitle_loc_key": "sk",
                "subtitle_loc_args": ["2"], "loc_key": "k", "loc_args": ["3"], "action": "View",
            },
            "badge": 1, "sound": {"critical": true, "name": "a.caf", "volume": 0.5},
            "thread_id": "th", "category": "ca", "content_available": true,
            "mutable_content": true, "target_content_id": "w",
            "interruption_level": "time-sensitive", "relevance_score": 0.5,
            "filter_criteria": "f", "content_changed": true, "timestamp": 1, "event": "start",
            "content_state": {"a": 1}, "stale_date": 2, "dismissal_date": 3,
            "attributes_type": "A", "attributes": {"b": 2}, "input_push_channel": "ch",
            "input_push_token": true, "url_args": ["u"], "payload": {"aps": {}},
        });
        let options: Options = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&options).unwrap(), json);
    }

    #[test]
    fn a_misspelt_option_is_an_error_that_names_it() {
        for wrong in [json!({"bagde": 1}), json!({"alert": {"titel": "t"}})] {
            assert!(serde_json::from_value::<Options>(wrong).is_err());
        }
    }

    #[test]
    fn a_payload_that_is_no_object_is_refused() {
        let error = Options::default().with_payload(&7).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MessageInvalid);
    }
}
