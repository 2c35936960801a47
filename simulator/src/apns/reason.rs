//! The reasons of a refusal and the status that each comes with.

use http::StatusCode;
use serde_json::json;

use crate::call::{Answer, Reply};

/// Every reason, by its documented status.
const REASONS: &[(u16, &str)] = &[
    (400, "BadChannelId"),
    (400, "BadCollapseId"),
    (400, "BadDeviceToken"),
    (400, "BadExpirationDate"),
    (400, "BadMessageId"),
    (400, "BadPriority"),
    (400, "BadRequestParams"),
    (400, "BadRequestPayload"),
    (400, "BadTopic"),
    (400, "CannotCreateChannelConfig"),
    (400, "ChannelNotRegistered"),
    (400, "DeviceTokenNotForTopic"),
    (400, "DuplicateHeaders"),
    (400, "FeatureNotEnabled"),
    (400, "IdleTimeout"),
    (400, "InvalidPushType"),
    (400, "MissingChannelId"),
    (400, "MissingDeviceToken"),
    (400, "MissingPushType"),
    (400, "MissingTopic"),
    (400, "PayloadEmpty"),
    (400, "TopicDisallowed"),
    (403, "BadCertificate"),
    (403, "BadCertificateEnvironment"),
    (403, "BadEnvironmentKeyIdInToken"),
    (403, "ExpiredProviderToken"),
    (403, "Forbidden"),
    (403, "InvalidProviderToken"),
    (403, "MissingProviderToken"),
    (403, "TopicMismatch"),
    (403, "UnrelatedKeyIdInToken"),
    (404, "BadPath"),
    (405, "MethodNotAllowed"),
    (410, "ExpiredToken"),
    (410, "Unregistered"),
    (413, "PayloadTooLarge"),
    (429, "TooManyProviderTokenUpdates"),
    (429, "TooManyRequests"),
    (500, "InternalServerError"),
    (503, "ServiceUnavailable"),
    (503, "Shutdown"),
];

/// A refusal on its way to the client.
#[derive(Debug)]
pub(super) struct Refused {
    reason: &'static str,
    timestamp: Option<u64>,
    detail: String,
}

/// Refuses with `reason`; `detail` is for whoever debugs the client.
pub(super) fn refuse(reason: &'static str, detail: impl Into<String>) -> Refused {
    Refused {
        reason,
        timestamp: None,
        detail: detail.into(),
    }
}

impl Refused {
    /// Adds when the token became invalid, in milliseconds: what a 410 carries.
    pub(super) fn since(mut self, timestamp: u64) -> Self {
        self.timestamp = Some(timestamp);
        self
    }

    pub(super) fn answer(self, id: &str) -> Answer {
        let status = REASONS
            .iter()
            .find(|(_, reason)| *reason == self.reason)
            .and_then(|(status, _)| StatusCode::from_u16(*status).ok())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut body = json!({ "reason": self.reason });
        if let Some(timestamp) = self.timestamp {
            body["timestamp"] = timestamp.into();
        }
        let reply = Reply::json(status, &body).header("apns-id", id);
        Answer::refused(reply, self.reason, self.detail)
    }
}

/// The reason that a status usually comes with, for scripts that give only a status.
pub(super) fn usual(status: StatusCode) -> String {
    let reason = match status.as_u16() {
        400 => "BadDeviceToken",
        403 => "InvalidProviderToken",
        404 => "BadPath",
        405 => "MethodNotAllowed",
        410 => "Unregistered",
        413 => "PayloadTooLarge",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        _ => "InternalServerError",
    };
    reason.to_owned()
}
