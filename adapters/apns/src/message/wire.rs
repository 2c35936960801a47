//! The payload as it stands on the wire. The order of the fields is that of the bytes.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use zpns_core::{CallEvent, OnClick};

use super::{InterruptionLevel, LiveActivityEvent};

/// The whole payload.
#[derive(Debug, Serialize)]
pub(super) struct Payload<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) aps: Option<Aps<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) call: Option<CallEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payload: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) image: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) on_click: Option<&'a OnClick>,
    #[serde(flatten)]
    pub(super) data: &'a BTreeMap<String, String>,
}

/// `aps`.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Aps<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) alert: Option<Alert<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) badge: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sound: Option<Sound<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thread_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) category: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_available: Option<One>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mutable_content: Option<One>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target_content_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) interruption_level: Option<InterruptionLevel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) relevance_score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) filter_criteria: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_changed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timestamp: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) event: Option<LiveActivityEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_state: Option<&'a Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stale_date: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dismissal_date: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attributes_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attributes: Option<&'a Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input_push_channel: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input_push_token: Option<One>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url_args: Option<&'a [String]>,
}

/// `alert`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Alert<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subtitle: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) launch_image: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title_loc_key: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) title_loc_args: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subtitle_loc_key: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) subtitle_loc_args: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) loc_key: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) loc_args: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) action: Option<&'a str>,
    /// Of a Live Activity, whose sound stands here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sound: Option<Sound<'a>>,
}

/// A text, or, in a Live Activity, the key of one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Text<'a> {
    Plain(&'a str),
    Localized {
        #[serde(rename = "loc-key")]
        key: &'a str,
        #[serde(rename = "loc-args", skip_serializing_if = "<[String]>::is_empty")]
        args: &'a [String],
    },
}

/// `sound`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Sound<'a> {
    Name(&'a str),
    Dictionary {
        #[serde(skip_serializing_if = "Option::is_none")]
        critical: Option<One>,
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        volume: Option<f64>,
    },
}

/// What Apple writes as the number 1; left out where it is not so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct One;

impl One {
    pub(super) fn when(so: Option<bool>) -> Option<Self> {
        so.unwrap_or_default().then_some(Self)
    }
}

impl Serialize for One {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u8(1)
    }
}
