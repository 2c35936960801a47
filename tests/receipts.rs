//! Receipts end to end: pushed through an adapter to the simulator, told by the simulator in the
//! vendor's form, read by the config's own reader, joined to the push, and learnt from.

#![cfg(all(
    feature = "honor",
    feature = "huawei",
    feature = "meizu",
    feature = "oppo",
    feature = "vivo",
    feature = "xiaomi"
))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::num::NonZeroUsize;
use std::sync::Arc;

use serde_json::json;
use zpns::receipt::{DropReason, ReceiptError, ReceiptEvent, Receipts};
use zpns::resources::SystemClock;
use zpns::service::{
    Audience, Channel, ChannelState, MemoryRegistry, Platform, PushId, PushService, ReceiptReport,
    Registration,
};
use zpns::{Category, Clock, Config, Notification, Secret};
use zpns_simulator::{Happening, ReceiptRequest, Simulator, Tell};

const SECRET: &str = "thirty-two characters of a secret";
/// What Huawei, HarmonyOS and HONOR look at.
const CODE: &str = r#"{"code":"0","message":"success"}"#;

/// One vendor, the simulator's, and a service with two phones of it.
struct Scene {
    simulator: Simulator,
    vendor: &'static str,
    service: PushService,
    receipts: Receipts,
    phones: Vec<PushId>,
    tokens: Vec<String>,
}

impl Scene {
    async fn open(vendor: &'static str) -> Self {
        Self::with(vendor, |_| ()).await
    }

    /// With other keys in the provider's section.
    async fn with(vendor: &'static str, change: impl FnOnce(&mut toml::Table)) -> Self {
        let simulator = Simulator::builder().vendors([vendor]);
        let simulator = simulator.start().await.unwrap();
        let mut file: toml::Table = simulator.config_toml().unwrap().parse().unwrap();
        change(file["providers"][vendor].as_table_mut().unwrap());
        let config = Config::parse(&file.to_string(), "push.toml").unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let registry = Arc::new(MemoryRegistry::new());
        let router = config.router().unwrap();
        let service = PushService::builder(router, registry, Arc::clone(&clock)).build();
        let tokens = simulator.tokens(vendor).live[..2].to_vec();
        let mut phones = Vec::new();
        for token in &tokens {
            let app = Registration::new(Platform::Android).channel(vendor, token.as_str());
            let id = service.registry().register(app, clock.now()).await;
            phones.push(id.unwrap());
        }
        Self {
            receipts: config.receipts(&Secret::new(SECRET)).unwrap(),
            simulator,
            vendor,
            service,
            phones,
            tokens,
        }
    }

    /// Pushes to both phones, asking for receipts with these options.
    async fn push(&self, options: serde_json::Value) {
        self.push_about(Category::InstantMessage, options).await;
    }

    async fn push_about(&self, category: Category, options: serde_json::Value) {
        let mut message = Notification::alert("Alice", "Lunch?");
        message.category = Some(category);
        if !options.is_null() {
            let vendor = json!({ self.vendor: options });
            message.vendor = serde_json::from_value(vendor).unwrap();
        }
        let audience = Audience::everyone_confirmed();
        let report = self.service.send(message, audience).await.unwrap();
        assert_eq!(report.accepted(), 2, "{report:?}");
    }

    /// Pushes to one phone alone.
    async fn push_to(&self, phone: usize, options: serde_json::Value) {
        let mut message = Notification::alert("Alice", "Lunch?");
        message.category = Some(Category::InstantMessage);
        message.vendor = serde_json::from_value(json!({ self.vendor: options })).unwrap();
        let audience = Audience::Device(self.phones[phone]);
        let report = self.service.send(message, audience).await.unwrap();
        assert_eq!(report.accepted(), 1, "{report:?}");
    }

    fn receive(&self, request: &ReceiptRequest) -> Result<zpns::receipt::Parsed, ReceiptError> {
        let path = self.receipts.path(self.vendor).unwrap();
        self.receipts.receive(path, &request.headers, &request.body)
    }

    /// The vendor tells, in as many calls as it takes; what the service made of them.
    async fn told(&self, tell: impl Into<Tell>) -> Vec<ReceiptReport> {
        let mut reports = Vec::new();
        for request in self.simulator.receipts(self.vendor, tell).unwrap() {
            let parsed = self.receive(&request).unwrap();
            let body = match self.vendor {
                "huawei" | "harmony" | "honor" => CODE,
                _ => "",
            };
            assert_eq!(
                (parsed.reply.status.as_u16(), parsed.reply.body),
                (200, body)
            );
            assert_eq!(parsed.provider.as_str(), self.vendor);
            reports.push(self.service.take_receipts(&parsed).await.unwrap());
        }
        reports
    }

    /// That both pushes were told of with this event and code, and joined.
    async fn both(&self, tell: impl Into<Tell>, event: ReceiptEvent, code: &str) {
        let reports = self.told(tell).await;
        let receipts: Vec<_> = reports.iter().flat_map(|report| &report.receipts).collect();
        assert_eq!(receipts.len(), 2, "{receipts:?}");
        for joined in receipts {
            assert_eq!(
                (&joined.receipt.event, &*joined.receipt.code),
                (&event, code)
            );
            let push = joined.push.as_ref().expect("it joins its push");
            let phone = self
                .tokens
                .iter()
                .position(|token| *token == push.token.as_str());
            assert_eq!(push.device, self.phones[phone.unwrap()]);
            assert_eq!(push.vendor_id, joined.receipt.vendor_id);
        }
    }

    async fn channel(&self, phone: usize) -> Channel {
        let device = self.service.registry().device(self.phones[phone]).await;
        device.unwrap().unwrap().channels.remove(0)
    }

    async fn is_dead(&self, phone: usize) -> bool {
        matches!(self.channel(phone).await.state, ChannelState::Dead { .. })
    }

    async fn is_muted(&self, phone: usize) -> bool {
        matches!(self.channel(phone).await.state, ChannelState::Muted { .. })
    }
}

fn at_least_one() -> NonZeroUsize {
    NonZeroUsize::MIN
}

#[tokio::test]
async fn huawei_in_the_first_version_under_both_forms_of_the_key() {
    let scene = Scene::open("huawei").await;
    scene.push(json!(null)).await;
    let requests = scene
        .simulator
        .receipts("huawei", Happening::Delivered)
        .unwrap();
    let body = String::from_utf8(requests[0].body.to_vec()).unwrap();
    assert!(body.contains("\"appid\"") && !body.contains("deliveryStatus"));
    scene
        .both(Happening::Delivered, ReceiptEvent::Delivered, "0")
        .await;
    let older = Tell::from(Happening::QuotaExceeded).older();
    scene.both(older, ReceiptEvent::QuotaDropped, "256").await;
    scene.both(Happening::Muted, ReceiptEvent::Muted, "6").await;
    assert!(scene.is_muted(0).await);
    scene
        .both(Happening::TokenInvalid, ReceiptEvent::TokenInvalid, "5")
        .await;
    assert!(scene.is_dead(0).await && scene.is_dead(1).await);
}

#[tokio::test]
async fn huawei_in_the_second_version_where_the_number_stands_deeper() {
    let simulator = Simulator::builder()
        .vendors(["huawei"])
        .start()
        .await
        .unwrap();
    let project = simulator.huawei().unwrap().project_id.clone();
    drop(simulator);
    let scene = Scene::with("huawei", |keys| {
        keys.insert("project_id".into(), project.into());
    })
    .await;
    scene.push(json!(null)).await;
    let requests = scene
        .simulator
        .receipts("huawei", Happening::Delivered)
        .unwrap();
    let body = String::from_utf8(requests[0].body.to_vec()).unwrap();
    assert!(body.contains("deliveryStatus") && !body.contains("\"appid\""));
    scene
        .both(Happening::Delivered, ReceiptEvent::Delivered, "0")
        .await;
    let superseded = ReceiptEvent::Dropped(DropReason::Superseded);
    scene.both(Happening::Dropped, superseded, "15").await;
    scene
        .both(Happening::TokenInvalid, ReceiptEvent::TokenInvalid, "5")
        .await;
    assert!(scene.is_dead(0).await);
}

#[tokio::test]
async fn harmony_in_the_form_of_notifications() {
    let scene = Scene::open("harmony").await;
    scene.push(json!(null)).await;
    scene
        .both(Happening::Delivered, ReceiptEvent::Delivered, "0")
        .await;
    scene
        .both(Tell::code("27"), ReceiptEvent::Deferred, "27")
        .await;
    scene.both(Happening::Muted, ReceiptEvent::Muted, "6").await;
    assert!(scene.is_muted(1).await);
    scene
        .both(Happening::TokenInvalid, ReceiptEvent::TokenInvalid, "5")
        .await;
    assert!(scene.is_dead(0).await);
}

#[tokio::test]
async fn a_report_of_huaweis_that_is_not_signed_is_a_strangers() {
    for vendor in ["huawei", "harmony"] {
        let scene = Scene::open(vendor).await;
        scene.push(json!(null)).await;
        let mut request = scene
            .simulator
            .receipts(vendor, Happening::TokenInvalid)
            .unwrap()
            .remove(0);
        let signature = request.headers.remove("x-huawei-callback-id").unwrap();
        assert!(matches!(
            scene.receive(&request),
            Err(ReceiptError::Stranger(_))
        ));
        let forged = signature.to_str().unwrap().replace("nonce=", "nonce=0");
        request
            .headers
            .insert("x-huawei-callback-id", forged.parse().unwrap());
        assert!(matches!(
            scene.receive(&request),
            Err(ReceiptError::Stranger(_))
        ));
        request.headers.insert("x-huawei-callback-id", signature);
        assert!(scene.receive(&request).unwrap().verified);
    }
}

#[tokio::test]
async fn honor_by_number_for_everything_that_it_tells() {
    let scene = Scene::open("honor").await;
    scene.push(json!(null)).await;
    let not_shown = ReceiptEvent::Dropped(DropReason::NotShown);
    for (happening, event, code) in [
        (Happening::Delivered, ReceiptEvent::Delivered, "40000002"),
        (Happening::Clicked, ReceiptEvent::Clicked, "40000007"),
        (
            Happening::QuotaExceeded,
            ReceiptEvent::QuotaDropped,
            "40000009",
        ),
        (Happening::Dropped, not_shown, "40000015"),
        (Happening::Muted, ReceiptEvent::Muted, "40000005"),
        (
            Happening::TokenInvalid,
            ReceiptEvent::TokenInvalid,
            "40000004",
        ),
    ] {
        scene.both(happening, event, code).await;
    }
    assert!(scene.is_dead(0).await);
    scene
        .both(Tell::code("49999999"), ReceiptEvent::Unknown, "49999999")
        .await;
}

#[tokio::test]
async fn xiaomi_in_a_form_with_successors_of_tokens() {
    let scene = Scene::open("xiaomi").await;
    let all = [
        "delivered",
        "clicked",
        "target_invalid",
        "disabled",
        "filtered",
        "quota_exceeded",
        "expired",
    ];
    scene
        .push(json!({"callback": {"url": "https://e.com/r", "kinds": all}}))
        .await;
    let filtered = ReceiptEvent::Dropped(DropReason::Filtered);
    let expired = ReceiptEvent::Dropped(DropReason::Expired);
    for (happening, event, code) in [
        (Happening::Delivered, ReceiptEvent::Delivered, "1"),
        (Happening::Clicked, ReceiptEvent::Clicked, "2"),
        (Happening::Dropped, filtered, "64"),
        (Happening::QuotaExceeded, ReceiptEvent::QuotaDropped, "128"),
        (Happening::Expired, expired, "1024"),
        (Happening::Muted, ReceiptEvent::Muted, "32"),
    ] {
        scene.both(happening, event, code).await;
    }
    assert!(scene.is_muted(0).await);
    scene
        .told(Tell::from(Happening::Replaced).about(&scene.tokens[0]))
        .await;
    let successor = scene.channel(0).await;
    assert_eq!(successor.token.as_str(), format!("{}-new", scene.tokens[0]));
    scene
        .told(Tell::from(Happening::TokenInvalid).about(&scene.tokens[1]))
        .await;
    assert!(scene.is_dead(1).await && !scene.is_dead(0).await);
}

#[tokio::test]
async fn oppo_in_an_array_for_single_messages_lists_and_broadcasts() {
    let scene = Scene::open("oppo").await;
    let asking = json!({"call_back_url": "https://e.com/r", "call_back_parameter": "mine"});
    scene.push(asking.clone()).await;
    let night = ReceiptEvent::Dropped(DropReason::Controlled);
    scene
        .both(Happening::Delivered, ReceiptEvent::Delivered, "push_arrive")
        .await;
    scene
        .both(
            Happening::QuotaExceeded,
            ReceiptEvent::QuotaDropped,
            "user_daily_limit",
        )
        .await;
    scene
        .both(Happening::Dropped, night, "message_night_control")
        .await;
    scene
        .both(
            Happening::TokenInvalid,
            ReceiptEvent::TokenInvalid,
            "regid_invalid",
        )
        .await;
    assert!(scene.is_dead(0).await && scene.is_dead(1).await);

    // A broadcast is told of under the id of the message that was saved for it.
    let scene = Scene::open("oppo").await;
    scene.push_about(Category::News, asking.clone()).await;
    let calls = scene.simulator.received("oppo");
    assert!(calls.iter().any(|call| call.path.ends_with("/broadcast")));
    scene
        .both(Happening::Delivered, ReceiptEvent::Delivered, "push_arrive")
        .await;

    let scene = Scene::open("oppo").await;
    scene.push_to(0, asking).await;
    let report = scene.told(Happening::Delivered).await.remove(0);
    assert_eq!((report.receipts.len(), report.joined()), (1, 1));
    assert_eq!(report.receipts[0].receipt.tag.as_deref(), Some("mine"));
}

#[tokio::test]
async fn vivo_in_the_new_mode_with_types_and_details() {
    let scene = Scene::open("vivo").await;
    scene
        .push(json!({"extra": {"callback_id": "7", "callback_param": "mine"}}))
        .await;
    scene
        .both(Happening::Delivered, ReceiptEvent::Delivered, "0")
        .await;
    let dropped = ReceiptEvent::Dropped;
    for (code, event) in [
        ("100/11001", ReceiptEvent::QuotaDropped),
        ("100/10012", dropped(DropReason::Expired)),
        ("100/14002", dropped(DropReason::Offline)),
        ("101", dropped(DropReason::ContentRefused)),
        ("103", dropped(DropReason::Superseded)),
        ("104/2124", dropped(DropReason::NotShown)),
        ("777", ReceiptEvent::Unknown),
    ] {
        scene.both(Tell::code(code), event, code).await;
    }
    scene
        .both(
            Tell::code("102/20006"),
            dropped(DropReason::Offline),
            "102/20006",
        )
        .await;
    assert!(!scene.is_dead(0).await);
    scene
        .both(
            Happening::TokenInvalid,
            ReceiptEvent::TokenInvalid,
            "102/20002",
        )
        .await;
    assert!(scene.is_dead(0).await && scene.is_dead(1).await);
}

#[tokio::test]
async fn vivo_in_the_old_mode_which_tells_of_deliveries_alone() {
    let scene = Scene::open("vivo").await;
    let asking = json!({"extra": {"callback": "https://e.com/r", "callback_param": "mine"}});
    scene.push(asking).await;
    let old = Tell::from(Happening::Delivered).older();
    scene.both(old, ReceiptEvent::Delivered, "0").await;
    let milestones = scene.service.milestones();
    let pushes = milestones.of_device(scene.phones[0], at_least_one()).await;
    assert!(pushes.unwrap()[0].delivered().is_some());
}

#[tokio::test]
async fn meizu_in_a_form_with_the_access_token_of_the_console() {
    let scene = Scene::open("meizu").await;
    scene
        .push(json!({"extra": {"callback": "https://e.com/r", "callback_param": "mine"}}))
        .await;
    scene
        .both(Happening::Delivered, ReceiptEvent::Delivered, "1")
        .await;
    scene
        .both(Happening::Clicked, ReceiptEvent::Clicked, "2")
        .await;
    let mut request = scene
        .simulator
        .receipts("meizu", Happening::Clicked)
        .unwrap()
        .remove(0);
    assert!(scene.receive(&request).unwrap().verified);
    let token = &scene.simulator.meizu().unwrap().receipt_access_token;
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    request.body = body.replace(token.as_str(), "guess").into();
    assert!(matches!(
        scene.receive(&request),
        Err(ReceiptError::Stranger(_))
    ));
}

#[tokio::test]
async fn meizu_without_its_access_token_has_no_address() {
    let scene = Scene::with("meizu", |keys| {
        keys.remove("receipt_key");
    })
    .await;
    assert_eq!(scene.receipts.path("meizu"), None);
}

#[tokio::test]
async fn who_is_told_nothing_has_no_address() {
    let simulator = Simulator::builder().vendors(["apns", "fcm", "webpush"]);
    let simulator = simulator.start().await.unwrap();
    let config = Config::parse(&simulator.config_toml().unwrap(), "push.toml").unwrap();
    let receipts = config.receipts(&Secret::new(SECRET)).unwrap();
    assert_eq!(receipts.paths().count(), 0);
}

#[tokio::test]
async fn the_reports_of_another_app_are_refused() {
    for vendor in ["huawei", "honor"] {
        let own = Scene::open(vendor).await;
        let other = Scene::open(vendor).await;
        // The other app's vendor knows this one's address, and its console's key.
        let mut file: toml::Table = own.simulator.config_toml().unwrap().parse().unwrap();
        let keys = file["providers"][vendor].as_table_mut().unwrap();
        keys.insert("app_id".into(), "104000".into());
        keys.remove("receipt_user");
        keys.remove("receipt_key");
        let config = Config::parse(&file.to_string(), "push.toml").unwrap();
        let receipts = config.receipts(&Secret::new(SECRET)).unwrap();
        other.push(json!(null)).await;
        let request = other
            .simulator
            .receipts(vendor, Happening::TokenInvalid)
            .unwrap()
            .remove(0);
        let path = receipts.path(vendor).unwrap();
        let refused = receipts.receive(path, &request.headers, &request.body);
        assert_eq!(refused, Err(ReceiptError::OtherApp), "{vendor}");
    }
}
