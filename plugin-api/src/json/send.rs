//! `zpns.send/1`: a batch on its way into a plugin.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer};
use zpns_core::model::duration_ms;
use zpns_core::{
    Batch, Capability, LimitPolicy, MessageId, Notification, ProviderId, Rejection, Target, Token,
    Variant,
};

/// A batch as a plugin reads it. Borrows from the call's body.
#[derive(Debug, Deserialize)]
#[non_exhaustive]
pub struct Send<'a> {
    /// The message, less what the plugin's capability lacks.
    pub message: Notification,
    /// The devices.
    #[serde(borrow)]
    pub targets: Vec<SendTarget<'a>>,
    /// How to send it.
    #[serde(default)]
    pub options: Options,
    /// The number of the attempt, from 1.
    #[serde(default = "first")]
    pub attempt: u32,
}

/// One device.
#[derive(Debug, Deserialize)]
#[non_exhaustive]
pub struct SendTarget<'a> {
    /// The vendor's token for it.
    #[serde(borrow)]
    pub token: Cow<'a, str>,
    /// Its own badge number, which is in the message already.
    #[serde(default)]
    pub badge: Option<u32>,
}

/// How a batch is to be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Options {
    /// What happens to a text that is too long.
    pub limits: LimitPolicy,
    /// Whether the caller accepts a repeat rather than a loss.
    pub at_least_once: bool,
    /// The message's time to live as its host said it, even where the vendor has no such field.
    #[serde(with = "duration_ms", skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<Duration>,
}

const fn first() -> u32 {
    1
}

impl Send<'_> {
    /// The batch, for a provider of this id with this capability.
    ///
    /// # Errors
    /// The message asks for what the capability lacks.
    pub fn into_batch(
        mut self,
        provider: &ProviderId,
        capability: &Capability,
    ) -> Result<Batch, Rejection> {
        self.message.ttl = self.message.ttl.or(self.options.ttl_ms);
        let variant = Variant::new(&self.message, capability, None, self.options.limits)?
            .with_at_least_once(self.options.at_least_once);
        let targets: Arc<[Target]> = self
            .targets
            .iter()
            .map(|target| Target {
                provider: provider.clone(),
                token: Token::from(&*target.token),
                badge: target.badge,
            })
            .collect();
        Ok(Batch::new(Arc::new(variant), targets).with_attempt(self.attempt))
    }
}

/// Writes a batch for a plugin.
///
/// `message` is the variant's notification, or that as a [`RawValue`](serde_json::value::RawValue)
/// which was serialised once for all batches it goes out in.
///
/// # Errors
/// The message does not serialise.
///
/// ```
/// use std::sync::Arc;
/// use zpns_core::{Batch, Capability, Fields, Kinds, LimitPolicy, Notification, Target, Variant};
/// use zpns_plugin_api::json::{Send, encode_send};
///
/// let mut capability = Capability::unary();
/// capability.kinds = Kinds::ALERT;
/// capability.fields = Fields::TITLE | Fields::BODY;
/// let message = Notification::alert("T", "B");
/// let variant = Variant::new(&message, &capability, None, LimitPolicy::Truncate).unwrap();
/// let batch = Batch::new(Arc::new(variant), [Target::new("car", "abc")].into());
///
/// let body = encode_send(&batch, batch.notification()).unwrap();
/// let read: Send<'_> = serde_json::from_slice(&body).unwrap();
/// assert_eq!(read.message, message);
/// assert_eq!(read.targets[0].token, "abc");
/// ```
pub fn encode_send(batch: &Batch, message: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    #[derive(Serialize)]
    struct Body<'a, M> {
        idempotency_key: MessageId,
        attempt: u32,
        message: &'a M,
        options: Options,
        targets: Targets<'a>,
    }
    let variant = batch.variant();
    let targets = batch.targets();
    let tokens: usize = targets
        .iter()
        .map(|target| target.token.as_str().len())
        .sum();
    let mut body = Vec::with_capacity(tokens + targets.len() * "{\"token\":\"\"},".len() + 1024);
    serde_json::to_writer(
        &mut body,
        &Body {
            idempotency_key: batch.notification().id,
            attempt: batch.attempt(),
            message,
            options: Options {
                limits: variant.limits(),
                at_least_once: variant.at_least_once(),
                ttl_ms: variant.ttl(),
            },
            targets: Targets(targets),
        },
    )?;
    Ok(body)
}

/// The targets without their provider, which is the instance itself.
struct Targets<'a>(&'a [Target]);

impl Serialize for Targets<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct One<'a> {
            token: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            badge: Option<u32>,
        }
        let mut list = to.serialize_seq(Some(self.0.len()))?;
        for target in self.0 {
            list.serialize_element(&One {
                token: target.token.as_str(),
                badge: target.badge,
            })?;
        }
        list.end()
    }
}

#[cfg(test)]
mod tests {
    use zpns_core::{ErrorKind, Fields, Kinds};

    use super::*;

    fn capability() -> Capability {
        let mut capability = Capability::batched(10, 1);
        capability.kinds = Kinds::ALERT;
        capability.fields = Fields::TITLE | Fields::BODY | Fields::DATA;
        capability
    }

    #[test]
    fn a_batch_survives_the_way_into_a_plugin() {
        let message = Notification::alert("T\n\"", "B").with_ttl(Duration::from_secs(9));
        let variant = Variant::new(&message, &capability(), None, LimitPolicy::Reject).unwrap();
        let variant = variant.with_at_least_once(true);
        let targets = [
            Target::new("car", "a\"\\ü"),
            Target::new("car", "b").with_badge(3),
        ];
        let batch = Batch::new(Arc::new(variant), targets.clone().into()).with_attempt(4);

        let body = encode_send(&batch, batch.notification()).unwrap();
        let read: Send<'_> = serde_json::from_slice(&body).unwrap();
        let back = read.into_batch(&"car".into(), &capability()).unwrap();
        assert_eq!(back.notification(), batch.notification());
        assert_eq!(back.targets(), targets);
        assert_eq!(back.attempt(), 4);
        assert_eq!(back.variant().ttl(), Some(Duration::from_secs(9)));
        assert_eq!(back.variant().limits(), LimitPolicy::Reject);
        assert!(back.variant().at_least_once());
        assert_eq!(back.variant().notes(), batch.variant().notes());
    }

    #[test]
    fn what_the_plugin_cannot_do_is_refused_on_its_side_too() {
        let read: Send<'_> = serde_json::from_str(
            r#"{"message": {"title": "t", "collapse_key": "c"}, "targets": [{"token": "a"}]}"#,
        )
        .unwrap();
        let rejection = read.into_batch(&"car".into(), &capability()).unwrap_err();
        assert_eq!(rejection.kind, ErrorKind::Unsupported);
    }

    #[test]
    fn fields_of_a_later_version_are_ignored() {
        let read: Send<'_> = serde_json::from_str(
            r#"{"message": {}, "targets": [{"token": "a", "x": 1}], "options": {"y": 2}, "z": 3}"#,
        )
        .unwrap();
        assert_eq!((read.attempt, read.targets.len()), (1, 1));
    }
}
