//! Broadcasts, and the channels that they go to.

use std::collections::HashMap;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::push_type::PushType;
use super::reason::{Refused, refuse};
use super::{Apns, aps, headers, payload};
use crate::call::{Answer, Call, Reply};
use crate::sync::lock;

const BROADCASTS: &str = "/4/broadcasts/apps/";
const APPS: &str = "/1/apps/";
/// Channels of one app.
const MOST: usize = 10_000;
const LIMIT: usize = 5120;

/// The channels of every app: bundle id, then channel id, then storage policy.
#[derive(Debug, Default)]
pub(super) struct Channels(Mutex<HashMap<String, HashMap<String, u64>>>);

/// Whether a path publishes to a channel.
pub(super) fn is_broadcast(path: &str) -> bool {
    path.starts_with(BROADCASTS)
}

/// Whether a path belongs to this API.
pub(super) fn is_path(path: &str) -> bool {
    is_broadcast(path) || path.starts_with(APPS)
}

impl Apns {
    pub(super) fn channels(&self, call: &Call) -> Result<Answer, Refused> {
        headers::no_duplicates(call)?;
        let sender = self.auth.check(call)?;
        let id = request_id(call)?;
        let (bundle, action) = match call.path.strip_prefix(BROADCASTS) {
            Some(bundle) => (bundle, Action::Publish),
            None => call
                .path
                .strip_prefix(APPS)
                .and_then(|rest| rest.split_once('/'))
                .and_then(|(bundle, action)| match action {
                    "channels" => Some((bundle, Action::Channel)),
                    "all-channels" => Some((bundle, Action::List)),
                    _ => None,
                })
                .ok_or_else(|| refuse("BadPath", "no such path"))?,
        };
        if !sender.topics.iter().any(|topic| topic == bundle) {
            return Err(refuse("TopicDisallowed", "not a bundle id of the sender"));
        }
        let reply = match (action, &call.method) {
            (Action::Publish, &Method::POST) => {
                self.publish(call, bundle)?;
                let reply = Reply::empty(StatusCode::OK).header("apns-request-id", &id);
                return Ok(Answer::accepted(id, reply));
            }
            (Action::Channel, &Method::POST) => self.create(call, bundle)?,
            (Action::Channel, &Method::GET) => {
                let policy = self.policy(call, bundle)?;
                let body = json!({ "message-storage-policy": policy, "push-type": "LiveActivity" });
                Reply::json(StatusCode::OK, &body)
            }
            (Action::Channel, &Method::DELETE) => {
                let channel = channel(call)?;
                let removed = lock(&self.channels.0)
                    .get_mut(bundle)
                    .and_then(|all| all.remove(channel));
                removed.ok_or_else(|| refuse("BadPath", "the channel is gone already"))?;
                Reply::empty(StatusCode::NO_CONTENT)
            }
            (Action::List, &Method::GET) => {
                let all = lock(&self.channels.0);
                let ids: Vec<_> = all
                    .get(bundle)
                    .into_iter()
                    .flat_map(HashMap::keys)
                    .collect();
                Reply::json(StatusCode::OK, &json!({ "channels": ids }))
            }
            _ => return Err(refuse("MethodNotAllowed", "not a method of this path")),
        };
        Ok(Answer::served(reply.header("apns-request-id", &id)))
    }

    fn create(&self, call: &Call, bundle: &str) -> Result<Reply, Refused> {
        let body = payload::parse(&call.body, LIMIT)?;
        let policy = body
            .get("message-storage-policy")
            .and_then(Value::as_u64)
            .filter(|policy| *policy <= 1)
            .ok_or_else(|| {
                refuse(
                    "BadRequestPayload",
                    "`message-storage-policy` is not 0 or 1",
                )
            })?;
        if body.get("push-type").and_then(Value::as_str) != Some("LiveActivity") {
            return Err(refuse(
                "BadRequestPayload",
                "`push-type` is not `LiveActivity`",
            ));
        }
        let mut all = lock(&self.channels.0);
        let channels = all.entry(bundle.to_owned()).or_default();
        if channels.len() >= MOST {
            return Err(refuse(
                "CannotCreateChannelConfig",
                "the app has all its channels",
            ));
        }
        let id = STANDARD.encode(Uuid::new_v4().as_bytes());
        channels.insert(id.clone(), policy);
        Ok(Reply::empty(StatusCode::CREATED).header("apns-channel-id", &id))
    }

    fn publish(&self, call: &Call, bundle: &str) -> Result<(), Refused> {
        match call.header("apns-push-type") {
            None => return Err(refuse("MissingPushType", "no `apns-push-type`")),
            Some(kind) if kind.eq_ignore_ascii_case("liveactivity") => {}
            Some(_) => return Err(refuse("InvalidPushType", "a broadcast is a `liveactivity`")),
        }
        if call.headers.contains_key("apns-topic") {
            return Err(refuse(
                "BadRequestParams",
                "a broadcast has no `apns-topic`",
            ));
        }
        let policy = self.policy(call, bundle)?;
        headers::priority(call, PushType::LiveActivity)?;
        match headers::expiration(call)? {
            None => return Err(refuse("BadExpirationDate", "no `apns-expiration`")),
            Some(at) if at > 0 && policy == 0 => {
                return Err(refuse("BadExpirationDate", "the channel stores nothing"));
            }
            Some(_) => {}
        }
        let body = payload::parse(&call.body, LIMIT)?;
        let dictionary = body
            .get("aps")
            .and_then(Value::as_object)
            .ok_or_else(|| payload::bad("no `aps`"))?;
        aps::types(dictionary, true).map_err(payload::bad)?;
        aps::live_activity(dictionary, true).map_err(payload::bad)
    }

    fn policy(&self, call: &Call, bundle: &str) -> Result<u64, Refused> {
        let channel = channel(call)?;
        lock(&self.channels.0)
            .get(bundle)
            .and_then(|channels| channels.get(channel).copied())
            .ok_or_else(|| refuse("BadChannelId", "no such channel of this app"))
    }
}

#[derive(Debug, Clone, Copy)]
enum Action {
    Publish,
    Channel,
    List,
}

fn channel(call: &Call) -> Result<&str, Refused> {
    call.header("apns-channel-id")
        .ok_or_else(|| refuse("MissingChannelId", "no `apns-channel-id`"))
}

/// The `apns-request-id` of the client, or a new one.
fn request_id(call: &Call) -> Result<String, Refused> {
    match call.headers.get("apns-request-id") {
        None => Ok(Uuid::new_v4().to_string()),
        Some(id) => id
            .to_str()
            .ok()
            .filter(|id| Uuid::try_parse(id).is_ok())
            .map(str::to_owned)
            .ok_or_else(|| refuse("BadMessageId", "`apns-request-id` is not a UUID")),
    }
}
