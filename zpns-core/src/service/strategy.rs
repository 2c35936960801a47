//! Named rules that fill in what the caller left out: the resource ids of chat products.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::model::{
    CallEvent, Category, Error, ErrorKind, Kind, Notification, Priority, Sound, Vendor,
    VendorOptions, duration_ms,
};

/// A named rule that fills in what the caller left out: for every vendor, and for single ones.
///
/// In the config file the part for all vendors stands in the strategy's own table, that of one
/// vendor in `vendors`; a vendor without a part gets what all get, and nothing of the others':
///
/// ```toml
/// [strategies.chat]
/// sound = { named = "ding.caf" }
/// category = "instant_message"
///
/// [strategies.chat.vendors.apns]
/// silent = true                  # this vendor only wakes the app
///
/// [strategies.chat.vendors.oppo]
/// channel = "im"
/// options = { notify_level = 16 }
/// ```
///
/// What the caller says always wins, but for `silent` and `voip`: they make another kind of push
/// of an alert.
///
/// ```
/// use zpns_core::service::{Strategy, StrategyPart};
/// use zpns_core::{Kind, Notification, Vendor};
///
/// let silent = StrategyPart { silent: true, ..StrategyPart::default() };
/// let strategy = Strategy::default().vendor("apns", silent);
/// let alert = Notification::alert("Alice", "Lunch?");
/// assert_eq!(strategy.applied(&alert, &Vendor::new("apns"))?.kind, Kind::Silent);
/// assert_eq!(strategy.applied(&alert, &Vendor::new("fcm"))?, alert);
/// # Ok::<(), zpns_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct Strategy {
    /// For every vendor.
    pub all: StrategyPart,
    /// For single vendors, by their names; beats the part for all.
    pub vendors: BTreeMap<String, StrategyPart>,
}

/// What a strategy fills in.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StrategyPart {
    /// An alert only wakes the app: what would be seen or heard of it is taken out.
    pub silent: bool,
    /// An alert rings like a call.
    pub voip: bool,
    /// The sound.
    pub sound: Option<Sound>,
    /// The Android notification channel.
    pub channel: Option<String>,
    /// What the message is about.
    pub category: Option<Category>,
    /// How urgent it is.
    pub priority: Option<Priority>,
    /// How long the vendor keeps it; `ttl_ms` in the file.
    #[serde(rename = "ttl_ms", with = "duration_ms")]
    pub ttl: Option<Duration>,
    /// A later message with the same key replaces this one.
    pub collapse_key: Option<String>,
    /// Groups messages in the notification list.
    pub thread: Option<String>,
    /// Within a vendor's part: options that only this vendor has, by their names in
    /// [`Notification::vendor`].
    pub options: Map<String, Value>,
}

impl Strategy {
    /// One part for every vendor.
    pub fn new(all: StrategyPart) -> Self {
        Self {
            all,
            vendors: BTreeMap::new(),
        }
    }

    /// With a part for one vendor.
    #[must_use]
    pub fn vendor(mut self, vendor: impl Into<String>, part: StrategyPart) -> Self {
        self.vendors.insert(vendor.into(), part);
        self
    }

    /// Fills in what `notification` leaves out, with the part for every vendor alone.
    pub fn apply(&self, notification: &mut Notification) {
        self.all.fill(notification);
    }

    /// The notification as this vendor gets it.
    ///
    /// # Errors
    /// [`ErrorKind::MessageInvalid`] if the vendor's options are not what options can be.
    pub fn applied(
        &self,
        notification: &Notification,
        vendor: &Vendor,
    ) -> Result<Notification, Error> {
        let mut notification = notification.clone();
        if let Some(part) = self.vendors.get(vendor.as_str()) {
            part.fill(&mut notification);
            merge(&mut notification.vendor, vendor, &part.options)?;
        }
        self.apply(&mut notification);
        Ok(notification)
    }
}

impl StrategyPart {
    fn fill(&self, message: &mut Notification) {
        // What a silent push cannot have is not filled in.
        if message.kind != Kind::Silent {
            if message.sound == Sound::Default {
                message.sound = self.sound.clone().unwrap_or_default();
            }
            fill(&mut message.channel, &self.channel);
            fill(&mut message.thread, &self.thread);
        }
        fill(&mut message.category, &self.category);
        fill(&mut message.priority, &self.priority);
        fill(&mut message.ttl, &self.ttl);
        fill(&mut message.collapse_key, &self.collapse_key);
        if message.kind == Kind::Alert && self.voip {
            message.kind = Kind::Call(CallEvent::Invite);
        }
        if message.kind == Kind::Alert && self.silent {
            message.silence(Kind::Silent);
        }
    }
}

fn fill<T: Clone>(own: &mut Option<T>, from: &Option<T>) {
    if own.is_none() {
        own.clone_from(from);
    }
}

/// Adds one vendor's options, where the caller has not set them.
fn merge(
    options: &mut VendorOptions,
    vendor: &Vendor,
    more: &Map<String, Value>,
) -> Result<(), Error> {
    if more.is_empty() {
        return Ok(());
    }
    let wrong = |error: serde_json::Error| {
        let message = format!("the strategy's options for {vendor}: {error}");
        Error::new(ErrorKind::MessageInvalid, message)
    };
    let mut all: BTreeMap<String, Map<String, Value>> = serde_json::to_value(&*options)
        .and_then(serde_json::from_value)
        .map_err(wrong)?;
    let section = all.entry(vendor.as_str().to_owned()).or_default();
    for (name, value) in more {
        section.entry(name).or_insert_with(|| value.clone());
    }
    *options = serde_json::to_value(all)
        .and_then(serde_json::from_value)
        .map_err(wrong)?;
    Ok(())
}

impl<'de> Deserialize<'de> for Strategy {
    /// By hand, because serde cannot refuse unknown keys of a flattened part.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let mut table = Map::deserialize(from)?;
        let vendors = match table.remove("vendors") {
            None => BTreeMap::new(),
            Some(vendors) => serde_json::from_value(vendors)
                .map_err(|error| D::Error::custom(format!("vendors: {error}")))?,
        };
        let all: StrategyPart =
            serde_json::from_value(Value::Object(table)).map_err(D::Error::custom)?;
        if !all.options.is_empty() {
            let message = "`options` belong to one vendor: put them into `vendors.<vendor>`";
            return Err(D::Error::custom(message));
        }
        Ok(Self { all, vendors })
    }
}

/// There is no strategy of this id.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no strategy `{id}`; there are: {}", known.join(", "))]
#[non_exhaustive]
pub struct UnknownStrategy {
    /// The resource id that was asked for.
    pub id: String,
    /// Those that there are.
    pub known: Vec<String>,
}

/// Finds a strategy by its resource id.
///
/// # Errors
/// [`UnknownStrategy`], which lists those that there are.
///
/// ```
/// use std::collections::BTreeMap;
/// use zpns_core::service::{Strategy, find_strategy};
///
/// let strategies = BTreeMap::from([("chat".to_owned(), Strategy::default())]);
/// assert!(find_strategy(&strategies, "chat").is_ok());
/// let error = find_strategy(&strategies, "chta").unwrap_err();
/// assert_eq!(error.to_string(), "there is no strategy `chta`; there are: chat");
/// ```
pub fn find_strategy<'a>(
    strategies: &'a BTreeMap<String, Strategy>,
    id: &str,
) -> Result<&'a Strategy, UnknownStrategy> {
    strategies.get(id).ok_or_else(|| UnknownStrategy {
        id: id.to_owned(),
        known: strategies.keys().cloned().collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Badge;

    fn strategy(json: Value) -> Strategy {
        serde_json::from_value(json).unwrap()
    }

    fn for_vendor(
        strategy: &Strategy,
        message: &Notification,
        vendor: &'static str,
    ) -> Notification {
        strategy.applied(message, &Vendor::new(vendor)).unwrap()
    }

    #[test]
    fn what_the_caller_left_out_is_filled_in_and_the_rest_stays() {
        let strategy = strategy(json!({
            "sound": {"named": "ding.caf"}, "channel": "chat", "category": "instant_message",
            "priority": "high", "ttl_ms": 60_000, "collapse_key": "c", "thread": "t",
        }));
        let filled = for_vendor(&strategy, &Notification::alert("T", "B"), "fcm");
        assert_eq!(filled.sound, Sound::Named("ding.caf".into()));
        assert_eq!(filled.channel.as_deref(), Some("chat"));
        assert_eq!(filled.category, Some(Category::InstantMessage));
        assert_eq!(filled.priority, Some(Priority::High));
        assert_eq!(filled.ttl, Some(Duration::from_secs(60)));
        assert_eq!(filled.collapse_key.as_deref(), Some("c"));
        assert_eq!(filled.thread.as_deref(), Some("t"));
        let mut own = filled.clone();
        own.sound = Sound::None;
        own.channel = Some("own".into());
        own.category = Some(Category::Order);
        own.priority = Some(Priority::Low);
        own.ttl = Some(Duration::from_secs(1));
        own.collapse_key = Some("own".into());
        own.thread = Some("own".into());
        assert_eq!(for_vendor(&strategy, &own, "fcm"), own);
    }

    #[test]
    fn silent_on_one_vendor_leaves_the_alert_to_the_others() {
        let strategy = strategy(json!({"channel": "chat", "vendors": {"apns": {"silent": true}}}));
        let mut message = Notification::alert("T", "B")
            .with_payload("p")
            .with_data("k", "v")
            .with_sound(Sound::None)
            .with_badge(Badge::Set(3));
        message.sender = Some(crate::model::Sender::new("u1"));
        let silent = for_vendor(&strategy, &message, "apns");
        assert_eq!((silent.id, silent.kind.clone()), (message.id, Kind::Silent));
        assert_eq!(
            (silent.payload.as_deref(), silent.data.len()),
            (Some("p"), 1)
        );
        assert_eq!(
            (silent.display_title(), silent.body.as_deref()),
            (None, None)
        );
        assert_eq!(
            (silent.sound, silent.badge),
            (Sound::Default, Badge::Unchanged)
        );
        let alert = for_vendor(&strategy, &message, "fcm");
        message.channel = Some("chat".into());
        assert_eq!(alert, message);
    }

    #[test]
    fn a_vendors_part_beats_the_part_for_all() {
        let strategy = strategy(json!({
            "channel": "chat", "thread": "all",
            "vendors": {"oppo": {"channel": "im", "options": {"notify_level": 16, "x": 1}}},
        }));
        let mut message = Notification::alert("T", "B");
        message.vendor = serde_json::from_value(json!({"oppo": {"x": 2}})).unwrap();
        let oppo = for_vendor(&strategy, &message, "oppo");
        assert_eq!(oppo.channel.as_deref(), Some("im"));
        assert_eq!(oppo.thread.as_deref(), Some("all"));
        let options = serde_json::to_value(&oppo.vendor).unwrap();
        assert_eq!(options, json!({"oppo": {"notify_level": 16, "x": 2}}));
        let vivo = for_vendor(&strategy, &message, "vivo");
        assert_eq!(vivo.channel.as_deref(), Some("chat"));
        assert_eq!(vivo.vendor, message.vendor);
    }

    #[test]
    fn a_silent_push_is_given_nothing_to_be_seen_or_heard() {
        let strategy = strategy(json!({
            "sound": {"named": "ding.caf"}, "channel": "chat", "thread": "t", "ttl_ms": 60_000,
            "vendors": {"apns": {"silent": true}},
        }));
        for message in [Notification::alert("T", "B"), Notification::silent()] {
            let silent = for_vendor(&strategy, &message, "apns");
            assert_eq!((silent.kind, silent.sound), (Kind::Silent, Sound::Default));
            assert_eq!((silent.channel, silent.thread), (None, None));
            assert_eq!(silent.ttl, Some(Duration::from_secs(60)));
        }
    }

    #[test]
    fn voip_makes_a_call_of_an_alert() {
        let strategy = strategy(json!({"vendors": {"apns": {"voip": true}}}));
        let alert = Notification::alert("T", "B");
        let call = for_vendor(&strategy, &alert, "apns");
        assert_eq!(call.kind, Kind::Call(CallEvent::Invite));
        assert_eq!(call.title.as_deref(), Some("T"));
        let silent = Notification::silent();
        assert_eq!(for_vendor(&strategy, &silent, "apns").kind, Kind::Silent);
    }

    #[test]
    fn a_misspelt_key_is_an_error_that_names_it() {
        for (json, word) in [
            (json!({"loud": true}), "unknown field `loud`"),
            (
                json!({"vendors": {"apns": {"slient": true}}}),
                "unknown field `slient`",
            ),
            (
                json!({"options": {"x": 1}}),
                "`options` belong to one vendor",
            ),
        ] {
            let error = serde_json::from_value::<Strategy>(json).unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}
