//! The fields of an FCM message, and what becomes of its target.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value, json};
use support::fcm::{bearer, connect, credentials, send};
use support::{Client, Reply};
use zpns_simulator::Simulator;

struct Fcm {
    sim: Simulator,
    client: Client,
    bearer: String,
}

impl Fcm {
    async fn start() -> Self {
        let sim = Simulator::builder().vendors(["fcm"]).start().await.unwrap();
        let client = connect(&sim).await;
        let bearer = bearer(&sim, &client).await;
        Self {
            sim,
            client,
            bearer,
        }
    }

    async fn raw(&self, body: &Value) -> Reply {
        send(&self.sim, &self.client, &self.bearer, body).await
    }

    /// Sends a message to a live token with these fields beside it.
    async fn fields(&self, fields: &Value) -> Reply {
        let mut message = json!({ "token": self.sim.tokens("fcm").live[0] });
        message
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        self.raw(&json!({ "message": message })).await
    }

    async fn target(&self, name: &str, target: &str) -> Reply {
        self.raw(&json!({ "message": { name: target, "data": { "a": "b" } } }))
            .await
    }
}

/// `status` and `errorCode` of an error.
fn codes(reply: &Reply) -> (u16, String, String) {
    let error = &reply.json()["error"];
    let details = error["details"].as_array().cloned().unwrap_or_default();
    let code = details
        .iter()
        .find_map(|detail| detail["errorCode"].as_str())
        .unwrap_or_default();
    assert_eq!(error["code"], reply.status.as_u16());
    (
        reply.status.as_u16(),
        error["status"].as_str().unwrap().to_owned(),
        code.to_owned(),
    )
}

/// The field of the first violation.
fn violation(reply: &Reply) -> String {
    let error = &reply.json()["error"];
    assert_eq!(error["status"], "INVALID_ARGUMENT", "{error}");
    let details = error["details"].as_array().cloned().unwrap_or_default();
    let bad = details
        .iter()
        .find(|d| d["@type"] == "type.googleapis.com/google.rpc.BadRequest");
    bad.map_or(String::new(), |b| {
        b["fieldViolations"][0]["field"]
            .as_str()
            .unwrap()
            .to_owned()
    })
}

#[tokio::test]
async fn a_target_has_its_verdict() {
    let fcm = Fcm::start().await;
    let own = credentials(&fcm.sim).clone();
    let tokens = fcm.sim.tokens("fcm");
    let expect = |status: u16, name: &str, code: &str| (status, name.to_owned(), code.to_owned());
    let gone = expect(404, "NOT_FOUND", "UNREGISTERED");

    assert_eq!(codes(&fcm.target("token", &tokens.dead[0]).await), gone);
    assert_eq!(
        codes(&fcm.target("fid", "dead567890123456789012").await),
        gone
    );
    let mismatch = codes(&fcm.target("token", &own.foreign_token).await);
    assert_eq!(
        mismatch,
        expect(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH")
    );
    let keyless = codes(&fcm.target("token", &own.keyless_token).await);
    assert_eq!(
        keyless,
        expect(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR")
    );
    let invalid = expect(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT");
    for wrong in ["short", "spaces are not allowed in a token"] {
        let reply = fcm.target("token", wrong).await;
        assert_eq!(codes(&reply), invalid);
        let text = "The registration token is not a valid FCM registration token";
        assert_eq!(reply.json()["error"]["message"], text);
    }
    assert_eq!(
        violation(&fcm.target("fid", "x234567890123456789012").await),
        "message.fid"
    );
    let flaky = &tokens.flaky[0];
    let busy = expect(503, "UNAVAILABLE", "UNAVAILABLE");
    assert_eq!(codes(&fcm.target("token", flaky).await), busy);
    assert_eq!(fcm.target("token", flaky).await.status, 200);

    assert_eq!(
        fcm.target("fid", "c234567890123456789012").await.status,
        200
    );
    assert_eq!(fcm.target("topic", "news-1.~%").await.status, 200);
    assert_eq!(
        violation(&fcm.target("topic", "/topics/news").await),
        "message.topic"
    );
    assert_eq!(
        fcm.target("condition", "'a' in topics && !'b' in topics")
            .await
            .status,
        200
    );
    let six = ["'a' in topics"; 6].join("||");
    assert_eq!(
        violation(&fcm.target("condition", &six).await),
        "message.condition"
    );

    assert_eq!(
        violation(&fcm.raw(&json!({ "message": {} })).await),
        "message"
    );
    assert_eq!(violation(&fcm.raw(&json!({})).await), "message");
    let two = json!({ "message": { "token": tokens.live[0], "topic": "a" } });
    assert_eq!(violation(&fcm.raw(&two).await), "message");
}

#[tokio::test]
async fn good_fields_pass_in_both_spellings() {
    let fcm = Fcm::start().await;
    let everything = json!({
        "name": "ignored",
        "data": { "k": "v", "collapse_key": "c" },
        "notification": { "title": "t", "body": "b", "image": "https://a/b.png" },
        "android": {
            "collapse_key": "c", "priority": "high", "ttl": "3.5s", "data": { "a": "b" },
            "restricted_package_name": "com.example", "direct_boot_ok": true,
            "bandwidth_constrained_ok": true, "restricted_satellite_ok": false,
            "fcm_options": { "analytics_label": "a-1_.~%" },
            "notification": {
                "title": "t", "color": "#a1B2c3", "title_loc_key": "k", "title_loc_args": ["a"],
                "event_time": "2026-11-25T04:08:16Z", "notification_priority": "PRIORITY_MAX",
                "vibrate_timings": ["0s", "0.2s"], "visibility": "SECRET", "proxy": "DENY",
                "notification_count": 3, "light_settings": {
                    "color": { "red": 0.5, "green": 1, "blue": 0, "alpha": 1 },
                    "light_on_duration": "1s", "light_off_duration": "1s",
                },
            },
        },
        "apns": {
            "headers": { "apns-priority": "10", "apns-collapse-id": "c" },
            "payload": { "aps": { "alert": "b", "mutable-content": 1 }, "x": 1 },
            "fcm_options": { "image": "https://a/b.png" }, "live_activity_token": "abc",
        },
        "webpush": {
            "headers": { "TTL": "5" }, "data": { "a": "b" }, "notification": { "actions": [] },
            "fcm_options": { "link": "https://example.com/" },
        },
        "fcm_options": { "analytics_label": "l" },
    });
    assert_eq!(fcm.fields(&everything).await.status, 200);
    let right = [
        json!({ "android": { "restrictedPackageName": "p", "directBootOk": true, "ttl": "0s" } }),
        json!({ "androidV2": { "remoteNotification": { "notification": { "id": 1 } }, "ttl": "1s" } }),
        json!({ "data": null, "fcmOptions": { "analyticsLabel": "l" } }),
        json!({ "apns": {
            "headers": { "apns-push-type": "background", "apns-priority": "5" },
            "payload": { "aps": { "content-available": 1 } },
        }}),
        json!({ "data": { "k": "x".repeat(4095) } }),
    ];
    for fields in right {
        let reply = fcm.fields(&fields).await;
        assert_eq!(reply.status, 200, "{fields} {:?}", reply.body);
    }
}

#[tokio::test]
async fn each_wrong_field_is_named() {
    let fcm = Fcm::start().await;
    let silent = |headers: Value, aps: Value| json!({ "apns": { "headers": headers, "payload": { "aps": aps } } });
    let five = json!({ "apns-priority": "5" });
    let cases = [
        ("message", json!({ "colour": 1 })),
        ("message.android", json!({ "android": { "sound": "s" } })),
        ("message.data[n]", json!({ "data": { "n": 1 } })),
        ("message.data", json!({ "data": { "from": "x" } })),
        ("message.data", json!({ "data": { "google.a": "x" } })),
        (
            "message.android.data",
            json!({ "android": { "data": { "gcm.notification.a": "x" } } }),
        ),
        (
            "message.notification.title",
            json!({ "notification": { "title": 1 } }),
        ),
        (
            "message.notification",
            json!({ "notification": { "sound": "default" } }),
        ),
        ("message.android.ttl", json!({ "android": { "ttl": 3 } })),
        ("message.android.ttl", json!({ "android": { "ttl": "3" } })),
        (
            "message.android.ttl",
            json!({ "android": { "ttl": "2419201s" } }),
        ),
        (
            "message.android.priority",
            json!({ "android": { "priority": "MAX" } }),
        ),
        (
            "message.android_v2",
            json!({ "android_v2": { "priority": "HIGH" } }),
        ),
        (
            "message.android_v2",
            json!({ "android": {}, "android_v2": {} }),
        ),
        (
            "message.android.direct_boot_ok",
            json!({ "android": { "direct_boot_ok": "true" } }),
        ),
        (
            "message.android.direct_boot_ok",
            json!({ "android": { "direct_boot_ok": true, "directBootOk": true } }),
        ),
        (
            "message.android.notification.color",
            json!({ "android": { "notification": { "color": "red" } } }),
        ),
        (
            "message.android.notification.visibility",
            json!({ "android": { "notification": { "visibility": "secret" } } }),
        ),
        (
            "message.android.notification.title_loc_args",
            json!({ "android": { "notification": { "title_loc_args": ["a"] } } }),
        ),
        (
            "message.android.notification.body_loc_args[0]",
            json!({ "android": { "notification": { "body_loc_args": [1] } } }),
        ),
        (
            "message.android.notification.event_time",
            json!({ "android": { "notification": { "event_time": "now" } } }),
        ),
        (
            "message.android.notification.notification_count",
            json!({ "android": { "notification": { "notification_count": 1.5 } } }),
        ),
        (
            "message.android.notification.vibrate_timings[1]",
            json!({ "android": { "notification": { "vibrate_timings": ["1s", 2] } } }),
        ),
        (
            "message.android.notification.light_settings.light_on_duration",
            json!({ "android": { "notification": { "light_settings": { "color": {}, "light_off_duration": "1s" } } } }),
        ),
        (
            "message.android.notification.light_settings.color.red",
            json!({ "android": { "notification": { "light_settings": { "color": { "red": 255 } } } } }),
        ),
        (
            "message.fcm_options.analytics_label",
            json!({ "fcm_options": { "analytics_label": "a b" } }),
        ),
        (
            "message.webpush.fcm_options.link",
            json!({ "webpush": { "fcm_options": { "link": "http://a" } } }),
        ),
        (
            "message.webpush.headers[TTL]",
            json!({ "webpush": { "headers": { "TTL": 5 } } }),
        ),
        (
            "message.apns.headers[apns-priority]",
            silent(json!({ "apns-priority": 5 }), json!({})),
        ),
        (
            "message.apns.headers",
            silent(
                json!({ "apns-priority": "10" }),
                json!({ "content-available": 1 }),
            ),
        ),
        (
            "message.apns.headers",
            silent(json!({}), json!({ "content-available": 1 })),
        ),
        (
            "message.apns.headers",
            silent(json!({ "apns-priority": "7" }), json!({ "alert": "a" })),
        ),
        (
            "message.apns.payload",
            silent(five.clone(), json!({ "content-available": 0 })),
        ),
        (
            "message.apns.payload",
            silent(five.clone(), json!({ "content-available": true })),
        ),
        (
            "message.apns.payload",
            silent(five.clone(), json!({ "content-available": false })),
        ),
        (
            "message.apns.payload",
            silent(five.clone(), json!({ "mutable-content": 0, "alert": "a" })),
        ),
        (
            "message.apns.payload",
            silent(
                json!({ "apns-push-type": "background", "apns-priority": "5" }),
                json!({ "alert": "a" }),
            ),
        ),
        ("", json!({ "data": { "k": "x".repeat(4096) } })),
        (
            "",
            json!({ "android": { "notification": { "body": "x".repeat(4097) } } }),
        ),
    ];
    for (field, fields) in cases {
        let reply = fcm.fields(&fields).await;
        assert_eq!(reply.status, 400, "{fields}");
        assert_eq!(violation(&reply), field, "{fields}");
    }
    let request = json!({ "message": { "topic": "a" }, "validateOnly": true });
    assert_eq!(fcm.raw(&request).await.status, 200);
    let request = json!({ "message": { "topic": "a" }, "dry_run": true });
    let reply = fcm.raw(&request).await;
    let text = "Invalid JSON payload received. Unknown name \"dry_run\": Cannot find field.";
    assert_eq!(reply.json()["error"]["message"], text);
}
