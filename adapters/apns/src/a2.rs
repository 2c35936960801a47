//! Payloads of the crate `a2`.

use a2::request::payload::PayloadLike;
use serde_json::Value;
use uuid::Uuid;
use zpns_core::{Error, ErrorKind, Kind, Notification, Token};

use crate::{Options, PushType};

/// Takes a payload of the crate `a2` 0.10: the device's token, and a notification that sends that
/// very payload with those options.
///
/// What `a2` leaves out is filled in as for any notification: the push type is `alert`, the topic
/// that of the provider. The message id is a new one.
///
/// # Errors
/// [`ErrorKind::MessageInvalid`] if the payload is no JSON object or its `apns_id` no UUID.
///
/// ```
/// use a2::{DefaultNotificationBuilder, NotificationBuilder};
///
/// let payload = DefaultNotificationBuilder::new()
///     .set_body("Hi")
///     .build("0123abcd", Default::default());
/// let (token, notification) = zpns_apns::from_a2(&payload)?;
/// assert_eq!(token.as_str(), "0123abcd");
/// # Ok::<(), zpns_core::Error>(())
/// ```
pub fn from_a2(payload: &impl PayloadLike) -> Result<(Token, Notification), Error> {
    let json = payload
        .to_json_string()
        .map_err(|error| invalid(error.to_string()))?;
    let body: Value = serde_json::from_str(&json).map_err(|error| invalid(error.to_string()))?;
    let given = payload.get_options();
    let push_type = given.apns_push_type.map_or(PushType::Alert, |push_type| {
        PushType::from(push_type.to_string())
    });
    let mut options = Options::default().with_payload(&body)?;
    options.topic = given.apns_topic.map(str::to_owned);
    options.expiration = given.apns_expiration;
    options.collapse_id = given
        .apns_collapse_id
        .as_ref()
        .map(|id| id.value.to_owned());
    options.priority = given.apns_priority.as_ref().map(|priority| match priority {
        a2::Priority::High => 10,
        a2::Priority::Normal => 5,
    });
    options.apns_id = match given.apns_id {
        Some(id) => Some(Uuid::parse_str(id).map_err(|_| invalid("apns_id is not a UUID"))?),
        None => None,
    };
    let mut notification = Notification::default();
    notification.kind = match &push_type {
        PushType::Alert => Kind::Alert,
        PushType::Background => Kind::Silent,
        PushType::LiveActivity => Kind::LiveActivity,
        other => Kind::Other(other.as_str().to_owned()),
    };
    notification.vendor.set(&options)?;
    Ok((Token::from(payload.get_device_token()), notification))
}

fn invalid(why: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::MessageInvalid, format!("the a2 payload: {why}"))
}

#[cfg(test)]
mod tests {
    use a2::request::notification::{CollapseId, NotificationOptions};
    use a2::{DefaultNotificationBuilder, NotificationBuilder};
    use zpns_core::{LimitPolicy, Timestamp};

    use super::*;
    use crate::fake::TOKEN;
    use crate::message::encode;

    const ID: &str = "0190b7a4-2b7e-7c3e-8f3e-3c1e5b1e9a10";

    fn options() -> NotificationOptions<'static> {
        NotificationOptions {
            apns_id: Some(ID),
            apns_push_type: Some(a2::PushType::Voip),
            apns_expiration: Some(7),
            apns_priority: Some(a2::Priority::Normal),
            apns_topic: Some("com.other.voip"),
            apns_collapse_id: Some(CollapseId::new("c").unwrap()),
        }
    }

    #[test]
    fn a_payload_of_a2_is_sent_with_its_bytes_and_its_options() {
        let mut payload = DefaultNotificationBuilder::new()
            .set_title("T")
            .set_body("B")
            .set_badge(3)
            .build(TOKEN, options());
        payload.add_custom_data("k", &[1, 2]).unwrap();
        let (token, notification) = from_a2(&payload).unwrap();
        assert_eq!(token.as_str(), TOKEN);
        let now = Timestamp::from_secs(1);
        let (encoded, notes) =
            encode(&notification, LimitPolicy::Reject, "com.example", now).unwrap();
        assert!(notes.is_empty());
        let sent: Value = serde_json::from_slice(&encoded.body).unwrap();
        let theirs: Value = serde_json::from_str(&payload.to_json_string().unwrap()).unwrap();
        assert_eq!(sent, theirs);
        let names = [
            "apns-push-type",
            "apns-topic",
            "apns-priority",
            "apns-expiration",
            "apns-collapse-id",
        ];
        let headers = names.map(|name| encoded.headers[name].to_str().unwrap());
        assert_eq!(headers, ["voip", "com.other.voip", "5", "7", "c"]);
        assert_eq!(encoded.apns_id.unwrap().to_string(), ID);
    }

    #[test]
    fn an_id_that_is_no_uuid_is_refused() {
        let wrong = NotificationOptions {
            apns_id: Some("7"),
            ..NotificationOptions::default()
        };
        let payload = DefaultNotificationBuilder::new().build(TOKEN, wrong);
        let error = from_a2(&payload).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MessageInvalid);
    }
}
