//! Taking back what was sent.

use bytes::Bytes;
use url::form_urlencoded::Serializer;
use zpns_core::{Error, ErrorKind, MessageId, Notification, Token};
use zpns_kit::error_of;

use crate::message::{jobkey, number_of};
use crate::provider::{TARGETS, XiaomiProvider};
use crate::response::judge_call;
use crate::target;

const MESSAGE: &str = "/v2/message/revoke";
const DEVICES: &str = "/v1/message/regid/revoke";

/// What is taken back.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Recall {
    /// A message, from every device it went to. Sent with a `jobkey` of the host's own, it is only
    /// found by its vendor id.
    Everywhere(MessageId),
    /// What one request sent, by the id with which Xiaomi accepted it.
    Request(String),
    /// A notification, from these devices; a thousand at the most.
    Devices(Box<Notification>, Vec<Token>),
}

impl XiaomiProvider {
    /// Takes a notification back: devices that have not got it will not, and those that show it
    /// stop.
    ///
    /// # Errors
    /// Xiaomi refused, or gave no answer; or there is no device, too many of them, or one that
    /// cannot be one.
    pub async fn recall(&self, what: &Recall) -> Result<(), Error> {
        let (path, body) = self.request(what)?;
        let response = self.post(path, body).await?;
        judge_call(&response, self.wire.clock.now())
    }

    fn request(&self, what: &Recall) -> Result<(&'static str, Bytes), Error> {
        let mut form = Serializer::new(String::new());
        let path = match what {
            Recall::Everywhere(id) => {
                form.append_pair("job_key", &jobkey(*id));
                MESSAGE
            }
            Recall::Request(id) => {
                form.append_pair("msg_id", id);
                MESSAGE
            }
            Recall::Devices(notification, tokens) => {
                let number = number_of(notification).map_err(error_of)?;
                form.append_pair("registration_ids", &listed(tokens)?);
                form.append_pair("notify_id", &number.to_string());
                DEVICES
            }
        };
        form.append_pair("restricted_package_name", &self.package);
        Ok((path, form.finish().into()))
    }
}

fn listed(tokens: &[Token]) -> Result<String, Error> {
    if !(1..=TARGETS).contains(&tokens.len()) {
        let message = format!("{} devices, 1 to {TARGETS} are allowed", tokens.len());
        return Err(Error::new(ErrorKind::MessageInvalid, message));
    }
    let unfit = tokens
        .iter()
        .find_map(|token| target::unfit(token.as_str()));
    match unfit {
        Some(reason) => Err(Error::new(ErrorKind::TokenInvalid, reason)),
        None => {
            let texts: Vec<&str> = tokens.iter().map(Token::as_str).collect();
            Ok(texts.join(","))
        }
    }
}
