//! From devices as they were and as they are to the rows that have to be written.

use std::collections::BTreeMap;

use zpns_core::Environment;
use zpns_core::model::{ProviderId, Token};
use zpns_core::service::{AttributeValue, Device, PushId, RegistryError};

/// The rows. What is gone is to be deleted before anything is inserted: a token may move from one
/// device to another.
#[derive(Debug, Default)]
pub struct Difference {
    pub(crate) gone: Vec<PushId>,
    /// Inserted, or written over.
    pub(crate) devices: Vec<Row>,
    pub(crate) channels_gone: Vec<(ProviderId, Token)>,
    pub(crate) channels: Vec<(ProviderId, Token, PushId)>,
    pub(crate) tags_gone: Vec<(String, PushId)>,
    pub(crate) tags: Vec<(String, PushId)>,
    pub(crate) attributes_gone: Vec<(PushId, String)>,
    pub(crate) attributes: Vec<(PushId, String, AttributeValue)>,
}

/// A device.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: PushId,
    pub(crate) user: Option<String>,
    pub(crate) dead: Option<i64>,
    pub(crate) platform: &'static str,
    pub(crate) environment: &'static str,
    pub(crate) locale: Option<String>,
    pub(crate) body: String,
}

impl Difference {
    /// What has to be written where `before` is what the database holds.
    ///
    /// # Errors
    /// [`RegistryError::Invalid`] for an attribute that is no number and claims to be one.
    pub(crate) fn new(
        mut before: BTreeMap<PushId, Device>,
        after: Vec<Device>,
    ) -> Result<Self, RegistryError> {
        let mut difference = Self::default();
        for device in after {
            let old = before.remove(&device.id);
            if old.as_ref() == Some(&device) {
                continue;
            }
            difference.devices.push(Row::new(&device)?);
            difference.indexes(device.id, old.as_ref(), Some(&device));
        }
        for (id, old) in &before {
            difference.gone.push(*id);
            difference.indexes(*id, Some(old), None);
        }
        Ok(difference)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.devices.is_empty() && self.gone.is_empty()
    }

    fn indexes(&mut self, id: PushId, old: Option<&Device>, new: Option<&Device>) {
        let channels = |device: Option<&Device>| -> Vec<(ProviderId, Token)> {
            let channels = device.map(|device| device.channels.as_slice());
            let channels = channels.unwrap_or_default().iter();
            channels
                .map(|channel| (channel.provider.clone(), channel.token.clone()))
                .collect()
        };
        let (was, is) = (channels(old), channels(new));
        let gone = was.iter().filter(|channel| !is.contains(channel));
        self.channels_gone.extend(gone.cloned());
        let fresh = is.into_iter().filter(|channel| !was.contains(channel));
        self.channels
            .extend(fresh.map(|(provider, token)| (provider, token, id)));

        let (no_tags, no_attributes) = Default::default();
        let was = old.map_or(&no_tags, |device| &device.tags);
        let is = new.map_or(&no_tags, |device| &device.tags);
        let named = |tag: &String| (tag.clone(), id);
        self.tags_gone.extend(was.difference(is).map(named));
        self.tags.extend(is.difference(was).map(named));

        let was = old.map_or(&no_attributes, |device| &device.attributes);
        let is = new.map_or(&no_attributes, |device| &device.attributes);
        let gone = was
            .iter()
            .filter(|(name, value)| is.get(*name) != Some(value));
        self.attributes_gone
            .extend(gone.map(|(name, _)| (id, name.clone())));
        let fresh = is
            .iter()
            .filter(|(name, value)| was.get(*name) != Some(value));
        self.attributes
            .extend(fresh.map(|(name, value)| (id, name.clone(), value.clone())));
    }
}

impl Row {
    fn new(device: &Device) -> Result<Self, RegistryError> {
        let unfit = device.attributes.iter().find(
            |(_, value)| matches!(value, AttributeValue::Number(number) if !number.is_finite()),
        );
        if let Some((name, _)) = unfit {
            // JSON has no way to write it.
            let message = format!("the attribute `{name}` is not a finite number");
            return Err(RegistryError::Invalid(message));
        }
        Ok(Self {
            id: device.id,
            user: device.user.as_ref().map(|user| user.as_str().to_owned()),
            dead: device.dead.map(|at| millis(at.as_millis())),
            platform: device.platform.as_str(),
            environment: match device.environment {
                Environment::Production => "production",
                Environment::Sandbox => "sandbox",
            },
            locale: device.locale.clone(),
            body: serde_json::to_string(device).map_err(RegistryError::storage)?,
        })
    }
}

/// Text, number, truth.
type Columns<'a> = (Option<&'a str>, Option<f64>, Option<bool>);

/// The one that is not NULL.
pub(crate) fn columns(value: &AttributeValue) -> Columns<'_> {
    match value {
        AttributeValue::Text(text) => (Some(text), None, None),
        AttributeValue::Number(number) => (None, Some(*number), None),
        AttributeValue::Bool(truth) => (None, None, Some(*truth)),
        // A kind that this crate does not know yet is in the body, and not found by.
        _ => (None, None, None),
    }
}

/// As the databases count: they have no unsigned numbers.
pub(crate) fn millis(millis: u64) -> i64 {
    i64::try_from(millis).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use zpns_core::Timestamp;
    use zpns_core::service::Channel;

    use super::*;

    fn device() -> Device {
        let at = Timestamp::from_secs(1);
        let mut device = Device::new(PushId::new(), at);
        device.channels.push(Channel::new("fcm", "a", at));
        device.tags.insert("vip".into());
        device.attributes.insert("age".into(), 30.0.into());
        device
    }

    fn before(device: &Device) -> BTreeMap<PushId, Device> {
        BTreeMap::from([(device.id, device.clone())])
    }

    #[test]
    fn what_is_as_it_was_is_not_written() {
        let device = device();
        let difference = Difference::new(before(&device), vec![device]).unwrap();
        assert!(difference.is_empty());
    }

    #[test]
    fn only_what_is_different_about_a_device_is_written() {
        let old = device();
        let mut new = old.clone();
        new.tags.insert("cn".into());
        new.attributes.insert("age".into(), 31.0.into());
        let difference = Difference::new(before(&old), vec![new]).unwrap();
        assert_eq!((difference.devices.len(), difference.gone.len()), (1, 0));
        assert!(difference.channels.is_empty() && difference.channels_gone.is_empty());
        assert_eq!(difference.tags, [("cn".to_owned(), old.id)]);
        assert_eq!(difference.attributes_gone, [(old.id, "age".to_owned())]);
        let fresh = (old.id, "age".to_owned(), 31.0.into());
        assert_eq!(difference.attributes, [fresh]);
    }

    #[test]
    fn a_device_that_is_gone_takes_its_indexes_along() {
        let old = device();
        let difference = Difference::new(before(&old), Vec::new()).unwrap();
        assert_eq!(difference.gone, [old.id]);
        assert_eq!(difference.channels_gone, [("fcm".into(), "a".into())]);
        assert_eq!(difference.tags_gone, [("vip".to_owned(), old.id)]);
        assert_eq!(difference.attributes_gone.len(), 1);
    }

    #[test]
    fn an_attribute_that_is_no_number_is_refused_before_it_is_stored() {
        let mut new = device();
        new.attributes.insert("age".into(), f64::NAN.into());
        let error = Difference::new(BTreeMap::new(), vec![new]).unwrap_err();
        assert!(matches!(error, RegistryError::Invalid(_)), "{error:?}");
    }
}
