//! The plaintext as the service worker gets it. The order of the fields is that of the bytes.

use std::collections::BTreeMap;

use serde::Serialize;
use zpns_core::{CallEvent, OnClick};

use super::{Action, Direction};

/// The whole body. With `web_push` it is a declarative push message (W3C Push API).
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) web_push: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) notification: Option<Shown<'a>>,
    /// Beside a notification it stands in it, where `notificationclick` finds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<Data<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) app_badge: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mutable: Option<bool>,
}

/// A title, and options as `showNotification()` takes them.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown<'a> {
    pub(super) title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) navigate: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) image: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) icon: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) badge: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) renotify: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) silent: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) require_interaction: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lang: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dir: Option<Direction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) vibrate: Option<&'a [u32]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timestamp: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) actions: Option<&'a [Action]>,
    pub(super) data: Data<'a>,
}

/// What is for the app, and not for the eye.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Data<'a> {
    /// The same for every repeat: a service worker that has seen it shows it once.
    pub(super) message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) call: Option<CallEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payload: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) on_click: Option<&'a OnClick>,
    #[serde(flatten)]
    pub(super) data: &'a BTreeMap<String, String>,
}
