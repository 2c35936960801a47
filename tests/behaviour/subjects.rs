//! The providers under test: one line each, and what is peculiar about them on the wire.

use std::time::Duration;

use toml::{Table, Value};
use zpns::ErrorKind;
use zpns_simulator::faults::{Fault, Rule, Target};
use zpns_simulator::{Received, Simulator};

use crate::ways::Way;

/// Every provider. Each is built as a user's would be: from the config file that the simulator
/// writes, by its vendor's name.
pub(crate) const SUBJECTS: &[Subject] = &[
    #[cfg(feature = "apns")]
    Subject {
        vendor: "apns",
        wire: &APNS,
        way: Way::Direct,
    },
    #[cfg(feature = "fcm")]
    Subject {
        vendor: "fcm",
        wire: &FCM,
        way: Way::Direct,
    },
    #[cfg(feature = "honor")]
    Subject {
        vendor: "honor",
        wire: &HONOR,
        way: Way::Direct,
    },
    #[cfg(feature = "huawei")]
    Subject {
        vendor: "huawei",
        wire: &HUAWEI,
        way: Way::Direct,
    },
    #[cfg(feature = "huawei")]
    Subject {
        vendor: "harmony",
        wire: &HARMONY,
        way: Way::Direct,
    },
    #[cfg(feature = "meizu")]
    Subject {
        vendor: "meizu",
        wire: &MEIZU,
        way: Way::Direct,
    },
    #[cfg(feature = "oppo")]
    Subject {
        vendor: "oppo",
        wire: &OPPO,
        way: Way::Direct,
    },
    #[cfg(feature = "vivo")]
    Subject {
        vendor: "vivo",
        wire: &VIVO,
        way: Way::Direct,
    },
    #[cfg(feature = "webpush")]
    Subject {
        vendor: "webpush",
        wire: &WEBPUSH,
        way: Way::Direct,
    },
    #[cfg(feature = "xiaomi")]
    Subject {
        vendor: "xiaomi",
        wire: &XIAOMI,
        way: Way::Direct,
    },
];

/// An adapter that stands for all of them as a plugin: nobody can tell the difference.
pub(crate) const PLUGINS: &[Subject] = &[
    #[cfg(feature = "fcm")]
    Subject {
        vendor: "fcm",
        wire: &FCM,
        way: Way::Linked,
    },
    #[cfg(feature = "fcm")]
    Subject {
        vendor: "fcm",
        wire: &FCM,
        way: Way::Loaded,
    },
];

/// Vendors without a body of their own for HTTP 500: a bare one leaves open what became of a push.
pub(crate) const WORDLESS_AT_500: [&str; 1] = ["vivo"];

/// Vendors whose credentials live for longer than an hour, and for how long: who asks for another
/// one before gets the same again.
const LONG_LIVED: [(&str, Duration); 2] = [
    ("oppo", Duration::from_secs(24 * 60 * 60)),
    ("webpush", Duration::from_secs(12 * 60 * 60)),
];

/// Vendors that are reached through the pool, which knows a stream limit before it sends. The
/// general transport learns it by a refusal, and sends again.
pub(crate) const POOLED: [&str; 2] = ["apns", "fcm"];

/// A provider under test.
#[derive(Debug)]
pub(crate) struct Subject {
    /// The vendor's name, which is also the provider id in the simulator's config.
    pub(crate) vendor: &'static str,
    /// What it looks like on the wire.
    pub(crate) wire: &'static Wire,
    /// How it is reached.
    pub(crate) way: Way,
}

impl Subject {
    /// How long its credentials live, where that is longer than an hour and they are not to be had
    /// anew before.
    pub(crate) fn long_life(&self) -> Option<Duration> {
        let row = LONG_LIVED.iter().find(|(vendor, _)| *vendor == self.vendor);
        row.map(|(_, life)| *life)
    }
}

/// Keys of the config.
pub(crate) type Keys = fn(&Simulator) -> Table;

/// A token of another app or environment, and its code.
pub(crate) type Foreign = (fn(&Simulator) -> String, &'static str);

/// What differs between vendors on the wire.
#[derive(Debug)]
pub(crate) struct Wire {
    /// The code of a device that is gone, and whether the vendor says since when.
    pub(crate) dead: (&'static str, bool),
    /// A token of another app or environment, and its code, where the vendor tells it from a dead
    /// one.
    pub(crate) foreign: Option<Foreign>,
    /// The usual code of 429.
    pub(crate) too_fast: &'static str,
    /// The usual code of 503.
    pub(crate) busy: &'static str,
    /// Keys of the config with credentials that the vendor does not accept, where it can tell.
    pub(crate) wrong_credentials: Option<Keys>,
    /// Keys of the config with good credentials that may not do this, where there is such a thing.
    pub(crate) no_permission: Option<Keys>,
    /// Whether there is a call that proves the credentials and reaches nobody.
    pub(crate) provable: bool,
    /// A fault that refuses the credentials, and its code.
    pub(crate) credential_failure: (fn() -> Rule, &'static str),
    /// Whether credentials end and are renewed; a static key is not.
    pub(crate) renews: bool,
    /// Whether we sign by our own clock what the vendor checks by its own.
    pub(crate) signs_the_time: bool,
    /// Calls that it takes to obtain a credential.
    pub(crate) exchanges: u64,
    /// The key of the config that says where credentials are obtained, if there is one.
    pub(crate) exchange_key: Option<&'static str>,
    /// What a push proves itself with.
    pub(crate) credential: fn(&Received) -> String,
    /// The id that stays the same when a push is retried, for vendors that have one.
    pub(crate) push_id: Option<fn(&Received) -> String>,
    /// Whether the body of a good answer says something that has to be read.
    pub(crate) speaks_when_it_accepts: bool,
    /// Whether a target that is given twice stands in a request once.
    pub(crate) names_once: bool,
    /// Refusals in the vendor's words: status, code, sentence, and what it means.
    pub(crate) refusals: &'static [(u16, &'static str, &'static str, ErrorKind)],
}

#[cfg(feature = "apns")]
const APNS: Wire = Wire {
    dead: ("Unregistered", true),
    foreign: Some((
        |simulator| simulator.apns().unwrap().foreign_token.clone(),
        "BadDeviceToken",
    )),
    too_fast: "TooManyRequests",
    busy: "ServiceUnavailable",
    wrong_credentials: Some(|_| keys([("key_id", "WRONGKEY99".to_owned())])),
    no_permission: Some(|simulator| {
        let key = &simulator.apns().unwrap().other_keys.other_team;
        keys([
            ("team_id", key.team_id.clone()),
            ("key_id", key.key_id.clone()),
            ("key_pem", key.key_pem.clone()),
        ])
    }),
    provable: true,
    credential_failure: (
        || Rule::new(Fault::code(403, "InvalidProviderToken")),
        "InvalidProviderToken",
    ),
    renews: true,
    signs_the_time: true,
    exchanges: 0,
    exchange_key: None,
    credential: authorization,
    push_id: Some(|push| push.header("apns-id").unwrap_or_default().to_owned()),
    speaks_when_it_accepts: false,
    names_once: false,
    refusals: &[
        (400, "BadCollapseId", "", ErrorKind::MessageInvalid),
        (400, "DeviceTokenNotForTopic", "", ErrorKind::TokenMismatch),
        (413, "PayloadTooLarge", "", ErrorKind::PayloadTooLarge),
    ],
};

#[cfg(feature = "fcm")]
const FCM: Wire = Wire {
    dead: ("UNREGISTERED", false),
    foreign: Some((
        |simulator| simulator.fcm().unwrap().foreign_token.clone(),
        "SENDER_ID_MISMATCH",
    )),
    too_fast: "QUOTA_EXCEEDED",
    busy: "UNAVAILABLE",
    wrong_credentials: Some(|simulator| {
        let account = &simulator.fcm().unwrap().service_account_json;
        let mut account: serde_json::Value = serde_json::from_str(account).unwrap();
        account["client_email"] = "stranger@elsewhere.iam.gserviceaccount.com".into();
        keys([("service_account_json", account.to_string())])
    }),
    no_permission: Some(|simulator| {
        let project = &simulator.fcm().unwrap().forbidden_project_id;
        keys([("project_id", project.clone())])
    }),
    provable: true,
    credential_failure: (
        || Rule::new(Fault::code(400, "invalid_grant")).target(Target::Auth),
        "invalid_grant",
    ),
    renews: true,
    signs_the_time: true,
    exchanges: 1,
    exchange_key: Some("token_endpoint"),
    credential: authorization,
    push_id: None,
    speaks_when_it_accepts: true,
    names_once: false,
    refusals: &[
        (
            400,
            "INVALID_ARGUMENT",
            "Invalid TTL",
            ErrorKind::MessageInvalid,
        ),
        (403, "SENDER_ID_MISMATCH", "", ErrorKind::TokenMismatch),
    ],
};

#[cfg(feature = "honor")]
const HONOR: Wire = Wire {
    dead: ("expireTokens", false),
    foreign: None,
    too_fast: "429",
    busy: "503",
    wrong_credentials: Some(|_| keys([("client_secret", "0".repeat(64))])),
    no_permission: Some(|simulator| {
        let known = simulator.honor().unwrap();
        keys([
            ("app_id", known.disabled_app_id.clone()),
            ("client_id", known.disabled_client_id.clone()),
            ("client_secret", known.disabled_client_secret.clone()),
        ])
    }),
    provable: true,
    credential_failure: (
        || Rule::new(Fault::code(401, "unauthorized_client")).target(Target::Auth),
        "unauthorized_client",
    ),
    renews: true,
    signs_the_time: false,
    exchanges: 1,
    exchange_key: Some("auth_endpoint"),
    credential: authorization,
    push_id: Some(|push| {
        let body = push.json().unwrap();
        let android = &body["android"];
        format!(
            "{} {}",
            android["biTag"], android["notification"]["notifyId"]
        )
    }),
    speaks_when_it_accepts: true,
    names_once: false,
    refusals: &[
        (
            400,
            "80100003",
            "Illegal payload",
            ErrorKind::MessageInvalid,
        ),
        (400, "80300008", "", ErrorKind::PayloadTooLarge),
        (400, "80300007", "", ErrorKind::TokenInvalid),
        (404, "404", "", ErrorKind::PermissionDenied),
    ],
};

#[cfg(feature = "huawei")]
const HUAWEI: Wire = Wire {
    dead: ("80300007", false),
    // One of another app looks like a dead one.
    foreign: None,
    too_fast: "429",
    busy: "503",
    wrong_credentials: Some(|_| keys([("app_secret", "0".repeat(64))])),
    no_permission: Some(|simulator| {
        let known = simulator.huawei().unwrap();
        keys([
            ("app_id", known.disabled_app_id.clone()),
            ("app_secret", known.disabled_app_secret.clone()),
        ])
    }),
    provable: true,
    credential_failure: (
        || Rule::new(Fault::code(400, "12304")).target(Target::Auth),
        "12304",
    ),
    renews: true,
    signs_the_time: false,
    exchanges: 1,
    exchange_key: Some("auth_endpoint"),
    credential: authorization,
    push_id: Some(|push| {
        let body = push.json().unwrap();
        let android = &body["message"]["android"];
        format!(
            "{} {}",
            android["bi_tag"], android["notification"]["notify_id"]
        )
    }),
    speaks_when_it_accepts: true,
    names_once: false,
    refusals: HUAWEI_REFUSALS,
};

#[cfg(feature = "huawei")]
const HARMONY: Wire = Wire {
    dead: ("tokenFormatError", false),
    foreign: Some((
        |simulator| simulator.harmony().unwrap().foreign_token.clone(),
        "noRight",
    )),
    too_fast: "429",
    busy: "503",
    wrong_credentials: Some(|simulator| {
        let account = &simulator.harmony().unwrap().service_account_json;
        let mut account: serde_json::Value = serde_json::from_str(account).unwrap();
        account["sub_account"] = "1".into();
        keys([("service_account_json", account.to_string())])
    }),
    no_permission: Some(|simulator| {
        let known = simulator.harmony().unwrap();
        let account = known.disabled_service_account_json.clone();
        keys([("service_account_json", account)])
    }),
    provable: true,
    credential_failure: (|| Rule::new(Fault::code(401, "80300036")), "80300036"),
    renews: true,
    signs_the_time: true,
    exchanges: 0,
    exchange_key: None,
    credential: authorization,
    push_id: Some(|push| {
        let body = push.json().unwrap();
        body["payload"]["notification"]["appMessageId"].to_string()
    }),
    speaks_when_it_accepts: true,
    names_once: false,
    refusals: HUAWEI_REFUSALS,
};

#[cfg(feature = "huawei")]
const HUAWEI_REFUSALS: &[(u16, &str, &str, ErrorKind)] = &[
    (
        400,
        "80100003",
        "Illegal payload",
        ErrorKind::MessageInvalid,
    ),
    (400, "80300008", "", ErrorKind::PayloadTooLarge),
    (200, "80300029", "", ErrorKind::QuotaExceeded),
    (400, "80300028", "", ErrorKind::TokenMismatch),
    (400, "80300037", "", ErrorKind::PermissionDenied),
];

#[cfg(feature = "meizu")]
const MEIZU: Wire = Wire {
    dead: ("110002", false),
    // One of another app looks like a dead one.
    foreign: None,
    too_fast: "110010",
    busy: "1003",
    wrong_credentials: Some(|_| keys([("app_secret", "0".repeat(32))])),
    no_permission: Some(|simulator| {
        let known = simulator.meizu().unwrap();
        keys([
            ("app_id", known.blocked_app_id.to_string()),
            ("app_secret", known.blocked_app_secret.clone()),
        ])
    }),
    provable: true,
    credential_failure: (|| Rule::new(Fault::code(200, "1006")), "1006"),
    renews: false,
    signs_the_time: false,
    exchanges: 0,
    exchange_key: None,
    // Every request has a signature of its own; what signs stays the same.
    credential: |push| push.fields().unwrap()["appId"].to_string(),
    push_id: Some(|push| {
        let form = push.fields().unwrap();
        let message: serde_json::Value =
            serde_json::from_str(form["messageJson"].as_str().unwrap()).unwrap();
        message["advanceInfo"]["notifyKey"].to_string()
    }),
    speaks_when_it_accepts: true,
    names_once: true,
    refusals: &[
        (200, "1005", "illegal parameter", ErrorKind::MessageInvalid),
        (200, "110009", "", ErrorKind::PermissionDenied),
        (200, "110019", "", ErrorKind::QuotaExceeded),
    ],
};

#[cfg(feature = "oppo")]
const OPPO: Wire = Wire {
    dead: ("10000", false),
    // One of another app looks like a dead one.
    foreign: None,
    too_fast: "-2",
    busy: "-1",
    wrong_credentials: Some(|simulator| {
        // The one that is taken for it by mistake.
        let secret = &simulator.oppo().unwrap().app.app_secret;
        keys([("master_secret", secret.clone())])
    }),
    no_permission: Some(|simulator| {
        let app = &simulator.oppo().unwrap().disabled;
        keys([
            ("app_key", app.key.clone()),
            ("master_secret", app.master_secret.clone()),
        ])
    }),
    provable: true,
    credential_failure: (
        || Rule::new(Fault::code(200, "16")).target(Target::Auth),
        "16",
    ),
    renews: true,
    signs_the_time: true,
    exchanges: 1,
    exchange_key: None,
    credential: |push| push.fields().unwrap()["auth_token"].to_string(),
    push_id: Some(|push| {
        let form = push.fields().unwrap();
        let messages = form.get("message").or(form.get("messages")).unwrap();
        let messages: serde_json::Value = serde_json::from_str(messages.as_str().unwrap()).unwrap();
        let first = messages.get(0).unwrap_or(&messages);
        first["notification"]["app_message_id"].to_string()
    }),
    speaks_when_it_accepts: true,
    names_once: false,
    refusals: &[
        (
            200,
            "41",
            "Invalid arguments: title",
            ErrorKind::MessageInvalid,
        ),
        (200, "67", "", ErrorKind::MessageInvalid),
        (200, "33", "", ErrorKind::QuotaExceeded),
        (200, "28", "", ErrorKind::PermissionDenied),
    ],
};

#[cfg(feature = "vivo")]
const VIVO: Wire = Wire {
    dead: ("10302", false),
    // One of another app looks like a dead one.
    foreign: None,
    too_fast: "10072",
    busy: "503",
    wrong_credentials: Some(|_| keys([("app_secret", "0".repeat(32))])),
    no_permission: Some(|simulator| {
        let app = &simulator.vivo().unwrap().switched_off;
        keys([
            ("app_id", app.id.to_string()),
            ("app_key", app.key.clone()),
            ("app_secret", app.secret.clone()),
        ])
    }),
    provable: true,
    credential_failure: (
        || Rule::new(Fault::code(200, "10206")).target(Target::Auth),
        "10206",
    ),
    renews: true,
    signs_the_time: true,
    exchanges: 1,
    exchange_key: None,
    credential: |push| push.header("authtoken").unwrap_or_default().to_owned(),
    push_id: Some(|push| push.json().unwrap()["requestId"].to_string()),
    speaks_when_it_accepts: true,
    names_once: false,
    refusals: &[
        (200, "10104", "请发送正式消息", ErrorKind::MessageInvalid),
        (200, "10070", "", ErrorKind::QuotaExceeded),
        (200, "10311", "", ErrorKind::Muted),
        (200, "10045", "", ErrorKind::PermissionDenied),
    ],
};

#[cfg(feature = "webpush")]
const WEBPUSH: Wire = Wire {
    dead: ("106", false),
    // A subscription of another key is dropped: it can never be pushed to again.
    foreign: None,
    too_fast: "429",
    busy: "202",
    // Any key is a good one until a subscription is made with another.
    wrong_credentials: None,
    no_permission: None,
    provable: false,
    credential_failure: (|| Rule::new(Fault::code(401, "109")), "109"),
    renews: true,
    signs_the_time: true,
    exchanges: 0,
    exchange_key: None,
    credential: authorization,
    push_id: None,
    speaks_when_it_accepts: false,
    names_once: false,
    refusals: &[
        (400, "110", "", ErrorKind::MessageInvalid),
        (400, "113", "", ErrorKind::MessageInvalid),
        (413, "104", "", ErrorKind::PayloadTooLarge),
    ],
};

#[cfg(feature = "xiaomi")]
const XIAOMI: Wire = Wire {
    dead: ("20301", false),
    foreign: None,
    too_fast: "200002",
    busy: "10002",
    wrong_credentials: Some(|_| keys([("app_secret", "wrong".to_owned())])),
    no_permission: Some(|simulator| {
        let blocked = &simulator.xiaomi().unwrap().blocked_app_secret;
        keys([("app_secret", blocked.clone())])
    }),
    provable: true,
    credential_failure: (|| Rule::new(Fault::code(200, "21301")), "21301"),
    renews: false,
    signs_the_time: false,
    exchanges: 0,
    exchange_key: None,
    credential: authorization,
    push_id: Some(|push| {
        push.fields().unwrap()["extra.jobkey"]
            .as_str()
            .unwrap()
            .to_owned()
    }),
    speaks_when_it_accepts: true,
    names_once: false,
    refusals: &[
        (
            200,
            "27001",
            "invalid channel info!",
            ErrorKind::MessageInvalid,
        ),
        (200, "65009", "", ErrorKind::PayloadTooLarge),
        (200, "200001", "over quota", ErrorKind::QuotaExceeded),
    ],
};

fn authorization(push: &Received) -> String {
    push.header("authorization").unwrap_or_default().to_owned()
}

fn keys<const N: usize>(pairs: [(&str, String); N]) -> Table {
    let pairs = pairs.into_iter();
    pairs
        .map(|(key, value)| (key.to_owned(), Value::String(value)))
        .collect()
}
