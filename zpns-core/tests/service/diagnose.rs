//! A device that gets nothing, for one seeded cause after the other: the first thing that
//! `diagnose` says is that cause.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use zpns_core::receipt::{
    DropReason, Receipt, ReceiptError, ReceiptEvent, ReceiptReader, Receipts,
};
use zpns_core::service::{
    Audience, Cause, Device, Finding, Platform, PresencePolicy, PresenceState, PushId,
    Registration, TokenChange, TokenVerdict,
};
use zpns_core::{Clock, Environment};

use crate::common::alert;
use crate::vendor::Town;

#[derive(Debug)]
struct Says(Receipt);

impl ReceiptReader for Says {
    fn read(&self, _: &HeaderMap, _: &[u8]) -> Result<Vec<Receipt>, ReceiptError> {
        Ok(vec![self.0.clone()])
    }
}

impl Town {
    async fn first(&self, device: PushId) -> Finding {
        let diagnosis = self.service.diagnose(device).await.unwrap();
        assert_eq!(diagnosis.device, device);
        for finding in &diagnosis.findings {
            assert!(finding.sentence.ends_with('.') && finding.advice.ends_with('.'));
        }
        let written = serde_json::to_value(&diagnosis).unwrap();
        assert!(written["findings"][0]["cause"].is_string());
        diagnosis.findings.into_iter().next().unwrap()
    }

    /// That the first finding is this, about this provider, and speaks of `word`.
    async fn finds(&self, device: PushId, cause: Cause, provider: Option<&str>, word: &str) {
        let first = self.first(device).await;
        assert_eq!(first.cause, cause, "{first:?}");
        let of = first.provider.as_ref().map(|provider| provider.as_str());
        assert_eq!(of, provider, "{first:?}");
        assert!(first.sentence.contains(word), "{first:?}");
    }

    async fn send(&self, device: PushId) {
        let report = self.service.send(alert(), Audience::Device(device)).await;
        assert!(report.unwrap().error.is_none());
    }

    async fn tell(&self, token: &str, event: ReceiptEvent) {
        let id = Arc::<str>::from(format!("id-{token}"));
        let says = Says(Receipt::new(token, event, "77").with_vendor_id(id));
        let receipts = Receipts::new().with("android", "/a", Arc::new(says));
        let parsed = receipts.receive("/a", &HeaderMap::new(), b"").unwrap();
        let report = self.service.take_receipts(&parsed).await.unwrap();
        assert_eq!(report.joined(), 1);
    }
}

#[tokio::test]
async fn because_it_never_registered() {
    let town = Town::new();
    town.finds(PushId::new(), Cause::UnknownDevice, None, "no device")
        .await;
}

#[tokio::test]
async fn because_it_has_no_channel() {
    let town = Town::new();
    let device = Device::new(PushId::new(), town.clock.now());
    let id = device.id;
    town.service.registry().restore(device).await.unwrap();
    town.finds(id, Cause::NoChannel, None, "no channel").await;
}

#[tokio::test]
async fn because_its_token_is_dead() {
    let town = Town::new();
    let device = town.device("alice", &[("android", "dead1")]).await;
    town.send(device).await;
    town.clock.advance(Duration::from_secs(3 * 3_600));
    town.finds(device, Cause::Dead, None, "3 hours ago").await;
}

#[tokio::test]
async fn because_the_user_switched_notifications_off() {
    let town = Town::new();
    let device = town.device("alice", &[("android", "a")]).await;
    town.send(device).await;
    town.tell("a", ReceiptEvent::Muted).await;
    town.finds(device, Cause::Muted, None, "`android` is muted for 1440")
        .await;
}

#[tokio::test]
async fn because_its_provider_is_not_configured() {
    let town = Town::new();
    let device = town.device("alice", &[("xiaomi", "a")]).await;
    town.finds(
        device,
        Cause::UnknownProvider,
        Some("xiaomi"),
        "not configured",
    )
    .await;
}

#[tokio::test]
async fn because_the_app_is_of_another_environment() {
    let town = Town::new();
    let app = Registration::new(Platform::Ios)
        .channel("ios", "a")
        .in_environment(Environment::Sandbox);
    let registry = town.service.registry();
    let device = registry.register(app, town.clock.now()).await.unwrap();
    registry.bind(device, &"alice".into()).await.unwrap();
    town.finds(device, Cause::WrongEnvironment, Some("ios"), "Sandbox")
        .await;
}

#[tokio::test]
async fn because_the_vendor_gives_no_verdict() {
    let town = Town::new();
    let device = town.device("alice", &[("android", "lost1")]).await;
    town.send(device).await;
    town.finds(device, Cause::Failed, Some("android"), "timeout")
        .await;
}

#[tokio::test]
async fn because_the_vendor_dropped_it() {
    let town = Town::new();
    let device = town.device("alice", &[("android", "a")]).await;
    town.send(device).await;
    town.tell("a", ReceiptEvent::Dropped(DropReason::NotShown))
        .await;
    town.finds(device, Cause::NotDelivered, Some("android"), "dropped (77)")
        .await;
}

#[tokio::test]
async fn because_a_quota_kept_it_back() {
    let town = Town::new();
    let device = town.device("alice", &[("android", "a")]).await;
    town.send(device).await;
    town.tell("a", ReceiptEvent::QuotaDropped).await;
    let first = town.first(device).await;
    assert_eq!(first.cause, Cause::NotDelivered);
    assert!(first.advice.contains("quota"), "{first:?}");
}

#[tokio::test]
async fn because_it_waits_at_the_vendor() {
    let town = Town::new();
    let device = town.device("alice", &[("android", "a")]).await;
    town.send(device).await;
    town.tell("a", ReceiptEvent::Deferred).await;
    town.finds(device, Cause::Deferred, Some("android"), "waits")
        .await;
}

#[tokio::test]
async fn because_the_user_looks_at_the_app() {
    let town = Town::with(|builder| builder.policy(PresencePolicy::OfflineOnly));
    let device = town.device("alice", &[("android", "a")]).await;
    let until = town.clock.now() + Duration::from_secs(60);
    let presence = town.service.presence();
    presence
        .set(&"alice".into(), device, PresenceState::Foreground, until)
        .await
        .unwrap();
    town.finds(device, Cause::Online, None, "Foreground").await;
    town.clock.advance(Duration::from_secs(61));
    town.finds(device, Cause::NeverPushed, None, "Nothing was pushed")
        .await;
}

#[tokio::test]
async fn because_nobody_is_logged_in() {
    let town = Town::new();
    let device = town.device("", &[("android", "a")]).await;
    town.finds(device, Cause::NobodyLoggedIn, None, "Nobody")
        .await;
}

#[tokio::test]
async fn because_so_many_tokens_died_that_none_is_believed() {
    let town = Town::new();
    for number in 0..60 {
        town.device("", &[("android", &format!("dead{number}"))])
            .await;
    }
    let sent = town
        .service
        .send(alert(), Audience::everyone_confirmed())
        .await;
    assert_eq!(sent.unwrap().accepted(), 0);
    let device = town.device("alice", &[("android", "a")]).await;
    town.finds(device, Cause::GuardClosed, Some("android"), "60 of 60")
        .await;
}

#[tokio::test]
async fn a_dead_channel_beside_a_live_one_and_a_verdict_of_an_earlier_life_explain_little() {
    let town = Town::new();
    let device = town
        .device("alice", &[("android", "a"), ("ios", "b")])
        .await;
    let since = town.clock.now();
    let drop = TokenChange::new("android", "a", TokenVerdict::Drop { since });
    town.service.registry().apply(&[drop]).await.unwrap();
    town.finds(device, Cause::ChannelDown, None, "`android` is dead")
        .await;

    let device = town.device("bob", &[("android", "dead1")]).await;
    town.send(device).await;
    town.clock.advance(Duration::from_secs(60));
    assert_eq!(town.device("bob", &[("android", "dead1")]).await, device);
    town.finds(device, Cause::NeverPushed, None, "registered last")
        .await;
}

#[tokio::test]
async fn what_reached_the_device_is_a_matter_of_the_device() {
    let town = Town::new();
    let device = town.device("alice", &[("android", "a")]).await;
    town.send(device).await;
    town.finds(device, Cause::NotConfirmed, Some("android"), "said nothing")
        .await;
    town.tell("a", ReceiptEvent::Delivered).await;
    let first = town.first(device).await;
    assert_eq!(first.cause, Cause::Delivered);
    assert!(
        first.advice.contains("force-stopped"),
        "the vendor is FCM: {first:?}"
    );
}
