//! Receipts: joined to what was sent, and what the registry learns from them.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::HeaderMap;
use zpns_core::receipt::{
    DropReason, Parsed, Receipt, ReceiptError, ReceiptEvent, ReceiptReader, Receipts,
};
use zpns_core::service::{
    Audience, ChannelState, DeviceQuery, MemoryMilestones, MemoryRegistry, Message, Page, PushId,
    PushRecord, Registration, Registry, RegistryError, Stage, TokenChange, UserId,
};
use zpns_core::{Clock, MessageId, ProviderId, Timestamp, Token};

use crate::common::alert;
use crate::vendor::Town;

const SECOND: Duration = Duration::from_secs(1);

/// Reads what it was made with, whatever comes.
#[derive(Debug)]
struct Says(Vec<Receipt>, bool);

impl ReceiptReader for Says {
    fn read(&self, _: &HeaderMap, _: &[u8]) -> Result<Vec<Receipt>, ReceiptError> {
        Ok(self.0.clone())
    }

    fn is_verified(&self) -> bool {
        self.1
    }
}

/// What a vendor that proves nothing says of a provider's tokens.
fn of(provider: &str, receipts: Vec<Receipt>) -> Parsed {
    parsed(provider, Says(receipts, false))
}

/// What a vendor that signs says.
fn signed(provider: &str, receipts: Vec<Receipt>) -> Parsed {
    parsed(provider, Says(receipts, true))
}

fn parsed(provider: &str, says: Says) -> Parsed {
    let receipts = Receipts::new().with(provider, "/secret", Arc::new(says));
    receipts.receive("/secret", &HeaderMap::new(), b"").unwrap()
}

/// About the push to this token, which the vendor of these tests calls by it.
fn told(token: &str, event: ReceiptEvent) -> Receipt {
    Receipt::new(token, event, "code").with_vendor_id(Arc::<str>::from(format!("id-{token}")))
}

fn all() -> NonZeroUsize {
    NonZeroUsize::MAX
}

impl Town {
    async fn push(&self, message: impl Into<Message>) -> MessageId {
        let message = message.into();
        let id = message.notification.id;
        let report = self
            .service
            .send(message, Audience::everyone_confirmed())
            .await;
        assert!(report.unwrap().error.is_none());
        id
    }

    async fn state(&self, device: PushId) -> (String, ChannelState) {
        let device = self.service.registry().device(device).await.unwrap();
        let channel = device.unwrap().channels.remove(0);
        (channel.token.as_str().to_owned(), channel.state)
    }

    async fn record(&self, message: MessageId) -> PushRecord {
        let milestones = self.service.milestones();
        milestones
            .of_message(message, all())
            .await
            .unwrap()
            .remove(0)
    }
}

#[tokio::test]
async fn a_message_is_followed_from_accepted_to_delivered_to_clicked() {
    let town = Town::new();
    let device = town.device("alice", &[("android", "a")]).await;
    let sent = town.clock.now();
    let id = town.push(Message::new(alert()).in_campaign("sale")).await;
    for event in [ReceiptEvent::Delivered, ReceiptEvent::Clicked] {
        town.clock.advance(SECOND);
        let parsed = of("android", vec![told("a", event)]);
        let report = town.service.take_receipts(&parsed).await.unwrap();
        assert_eq!((report.joined(), report.changed), (1, 0));
        assert_eq!(report.receipts[0].push.as_ref().unwrap().message, id);
    }
    let push = town.record(id).await;
    assert_eq!((push.device, push.provider.as_str()), (device, "android"));
    assert_eq!(push.vendor_id.as_deref(), Some("id-a"));
    let reached = (push.accepted(), push.delivered(), push.clicked());
    assert_eq!(
        reached,
        (Some(sent), Some(sent + SECOND), Some(sent + 2 * SECOND))
    );
    let counts = town.service.milestones().counts("sale").await.unwrap();
    assert_eq!(
        (counts.accepted, counts.delivered, counts.clicked),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn why_a_message_did_not_arrive_stands_with_its_milestones() {
    let town = Town::new();
    town.device("alice", &[("android", "a")]).await;
    town.device("bob", &[("ios", "dead1")]).await;
    let id = town.push(Message::new(alert()).in_campaign("sale")).await;
    let expired = ReceiptEvent::Dropped(DropReason::Expired);
    let parsed = of("android", vec![told("a", expired.clone())]);
    assert_eq!(
        town.service.take_receipts(&parsed).await.unwrap().joined(),
        1
    );
    let milestones = town.service.milestones();
    let pushes = milestones.of_message(id, all()).await.unwrap();
    let why = |push: &PushRecord| push.why_not().map(|why| why.stage.clone());
    assert_eq!(why(&pushes[0]), Some(Stage::Reported(expired)));
    let dead = Stage::Rejected(zpns_core::ErrorKind::TokenInvalid);
    assert_eq!(why(&pushes[1]), Some(dead));
    let counts = milestones.counts("sale").await.unwrap();
    assert_eq!((counts.accepted, counts.rejected), (1, 1));
    assert_eq!(counts.dropped[&DropReason::Expired], 1);
}

#[tokio::test]
async fn the_registry_drops_replaces_and_mutes_by_receipts() {
    let town = Town::new();
    let dead = town.device("", &[("android", "a")]).await;
    let moved = town.device("", &[("android", "b")]).await;
    let muted = town.device("", &[("android", "c")]).await;
    town.push(alert()).await;
    let at = town.clock.now();
    town.clock.advance(SECOND);
    let receipts = vec![
        told("a", ReceiptEvent::TokenInvalid),
        told("b", ReceiptEvent::Replaced("b-new".into())),
        told("c", ReceiptEvent::Muted),
    ];
    let parsed = of("android", receipts);
    assert_eq!(
        town.service.take_receipts(&parsed).await.unwrap().changed,
        3
    );
    let since_ms = at;
    assert_eq!(
        town.state(dead).await,
        ("a".to_owned(), ChannelState::Dead { since_ms })
    );
    assert_eq!(
        town.state(moved).await,
        ("b-new".to_owned(), ChannelState::Live)
    );
    let until_ms = town.clock.now() + Duration::from_secs(24 * 3_600);
    assert_eq!(
        town.state(muted).await,
        ("c".to_owned(), ChannelState::Muted { until_ms })
    );
    // The same again does nothing.
    let again = town.service.take_receipts(&parsed).await.unwrap();
    assert!(again.receipts.iter().all(|joined| !joined.news));
    assert_eq!(town.state(moved).await.0, "b-new");
}

#[tokio::test]
async fn a_receipt_never_kills_a_registration_that_came_after_the_push() {
    let town = Town::new();
    let device = town.device("alice", &[("android", "a")]).await;
    town.push(alert()).await;
    town.clock.advance(SECOND);
    assert_eq!(town.device("alice", &[("android", "a")]).await, device);
    town.clock.advance(SECOND);
    let parsed = of("android", vec![told("a", ReceiptEvent::TokenInvalid)]);
    assert_eq!(
        town.service.take_receipts(&parsed).await.unwrap().changed,
        0
    );
    assert_eq!(town.state(device).await.1, ChannelState::Live);
    // Unless the vendor saw it die after that; a clock that is ahead is held back to now.
    let ahead = Timestamp::from_millis(u64::MAX);
    let later = told("a", ReceiptEvent::TokenInvalid).at(ahead);
    let parsed = of("android", vec![later]);
    assert_eq!(
        town.service.take_receipts(&parsed).await.unwrap().changed,
        1
    );
    let since_ms = town.clock.now();
    assert_eq!(town.state(device).await.1, ChannelState::Dead { since_ms });
}

#[tokio::test]
async fn who_proves_nothing_touches_no_token_but_of_pushes_that_it_names() {
    let town = Town::new();
    let device = town.device("alice", &[("android", "a")]).await;
    town.push(alert()).await;
    let now = town.clock.now();
    for (receipt, why) in [
        (
            Receipt::new("a", ReceiptEvent::TokenInvalid, "1").at(now),
            "no push is named",
        ),
        (
            Receipt::new("a", ReceiptEvent::Replaced("mine".into()), "1")
                .with_vendor_id(Arc::<str>::from("guess"))
                .at(now),
            "the push is another's",
        ),
        (told("b", ReceiptEvent::TokenInvalid), "no such token"),
    ] {
        let parsed = of("android", vec![receipt.clone()]);
        let report = town.service.take_receipts(&parsed).await.unwrap();
        assert_eq!((report.not_believed, report.changed), (1, 0), "{why}");
        assert_eq!(
            town.state(device).await,
            ("a".to_owned(), ChannelState::Live),
            "{why}"
        );
    }
    // A vendor that signs is believed without, if it says when.
    let undated = Receipt::new("a", ReceiptEvent::TokenInvalid, "1");
    let parsed = signed("android", vec![undated.clone()]);
    let report = town.service.take_receipts(&parsed).await.unwrap();
    assert_eq!((report.not_believed, report.changed), (1, 0));
    let parsed = signed("android", vec![undated.at(now)]);
    let report = town.service.take_receipts(&parsed).await.unwrap();
    assert_eq!((report.not_believed, report.changed), (0, 1));
}

#[tokio::test]
async fn receipts_of_one_app_never_touch_the_tokens_of_another() {
    let town = Town::new();
    let device = town.device("alice", &[("android", "a")]).await;
    town.push(alert()).await;
    let dated = told("a", ReceiptEvent::TokenInvalid).at(town.clock.now());
    for parsed in [of("ios", vec![dated.clone()]), signed("ios", vec![dated])] {
        let report = town.service.take_receipts(&parsed).await.unwrap();
        assert_eq!((report.joined(), report.changed), (0, 0));
    }
    assert_eq!(town.state(device).await.1, ChannelState::Live);
}

#[tokio::test]
async fn too_many_deaths_at_once_drop_nothing_by_receipts_either() {
    let town = Town::new();
    let mut devices = Vec::new();
    for number in 0..200 {
        let token = format!("a{number:03}");
        devices.push(town.device("", &[("android", &token)]).await);
    }
    town.push(alert()).await;
    let dead = |range: std::ops::Range<usize>| {
        let tokens = range.map(|number| format!("a{number:03}"));
        let receipts = tokens.map(|token| told(&token, ReceiptEvent::TokenInvalid));
        of("android", receipts.collect())
    };
    // A fifth of what was taken lately, and fifty at the least: this is neither.
    let report = town.service.take_receipts(&dead(0..40)).await.unwrap();
    assert_eq!((report.changed, report.kept), (40, 0));
    let report = town.service.take_receipts(&dead(40..100)).await.unwrap();
    assert_eq!((report.changed, report.kept), (0, 60));
    assert_eq!(report.guard.unwrap().invalid, 100);
    assert_eq!(town.state(devices[99]).await.1, ChannelState::Live);
    // The alarm is the router's own: verdicts are kept by it too, until somebody releases it.
    let android = ProviderId::from("android");
    assert!(town.service.router().guard(&android).is_some());
    town.service.router().release_guard(&android).unwrap();
    let report = town.service.take_receipts(&dead(100..101)).await.unwrap();
    assert_eq!(report.changed, 1);
}

#[tokio::test]
async fn deliveries_are_not_counted_twice_by_the_guard() {
    let town = Town::new();
    for number in 0..200 {
        town.device("", &[("android", &format!("a{number:03}"))])
            .await;
    }
    town.push(alert()).await;
    let each = |range: std::ops::Range<usize>, event: ReceiptEvent| {
        let tokens = range.map(|number| format!("a{number:03}"));
        of(
            "android",
            tokens.map(|token| told(&token, event.clone())).collect(),
        )
    };
    // Of 200 pushes 140 arrive and 60 find dead tokens: three in ten, whoever counts.
    let arrived = each(0..140, ReceiptEvent::Delivered);
    assert_eq!(
        town.service.take_receipts(&arrived).await.unwrap().joined(),
        140
    );
    let dead = each(140..200, ReceiptEvent::TokenInvalid);
    let report = town.service.take_receipts(&dead).await.unwrap();
    assert_eq!((report.kept, report.changed), (60, 0));
}

#[tokio::test]
async fn a_receipt_that_overtakes_its_push_still_drops_the_token() {
    let town = Town::new();
    let device = town.device("alice", &[("android", "a")]).await;
    let parsed = of("android", vec![told("a", ReceiptEvent::TokenInvalid)]);
    let report = town.service.take_receipts(&parsed).await.unwrap();
    assert_eq!((report.not_believed, report.changed), (1, 0));
    let since_ms = town.clock.now();
    town.push(alert()).await;
    assert_eq!(town.state(device).await.1, ChannelState::Dead { since_ms });
}

#[tokio::test]
async fn pushes_that_are_forgotten_join_nothing() {
    let few = MemoryMilestones::new().keeping(all(), 60 * SECOND);
    let town = Town::with(|builder| builder.milestones(Arc::new(few)));
    town.device("alice", &[("android", "a")]).await;
    let id = town.push(alert()).await;
    town.clock.advance(61 * SECOND);
    let parsed = of("android", vec![told("a", ReceiptEvent::Delivered)]);
    let report = town.service.take_receipts(&parsed).await.unwrap();
    assert_eq!(report.joined(), 0);
    let milestones = town.service.milestones();
    assert_eq!(milestones.of_message(id, all()).await.unwrap(), []);
}

#[tokio::test]
async fn a_registry_out_of_order_is_an_error_that_the_vendor_may_be_told() {
    let town = Town::of_registry(Arc::new(Broken(MemoryRegistry::new())));
    town.device("alice", &[("android", "a")]).await;
    town.push(alert()).await;
    let parsed = of("android", vec![told("a", ReceiptEvent::TokenInvalid)]);
    let failed = town.service.take_receipts(&parsed).await.unwrap_err();
    assert!(matches!(failed, RegistryError::Storage(_)));
}

/// Writes no verdict down.
#[derive(Debug)]
struct Broken(MemoryRegistry);

#[async_trait]
impl Registry for Broken {
    async fn register(
        &self,
        registration: Registration,
        now: Timestamp,
    ) -> Result<PushId, RegistryError> {
        self.0.register(registration, now).await
    }

    async fn rotate(
        &self,
        id: PushId,
        provider: &ProviderId,
        token: &Token,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        self.0.rotate(id, provider, token, now).await
    }

    async fn update(
        &self,
        id: PushId,
        update: &zpns_core::service::DeviceUpdate,
    ) -> Result<(), RegistryError> {
        self.0.update(id, update).await
    }

    async fn bind(&self, id: PushId, user: &UserId) -> Result<Option<UserId>, RegistryError> {
        self.0.bind(id, user).await
    }

    async fn unbind(&self, id: PushId, user: Option<&UserId>) -> Result<bool, RegistryError> {
        self.0.unbind(id, user).await
    }

    async fn unbind_all(
        &self,
        user: &UserId,
        except: Option<PushId>,
    ) -> Result<Vec<PushId>, RegistryError> {
        self.0.unbind_all(user, except).await
    }

    async fn unregister(&self, id: PushId) -> Result<bool, RegistryError> {
        self.0.unregister(id).await
    }

    async fn device(
        &self,
        id: PushId,
    ) -> Result<Option<zpns_core::service::Device>, RegistryError> {
        self.0.device(id).await
    }

    async fn find(
        &self,
        provider: &ProviderId,
        token: &Token,
    ) -> Result<Option<zpns_core::service::Device>, RegistryError> {
        self.0.find(provider, token).await
    }

    async fn page(
        &self,
        query: &DeviceQuery,
        after: Option<PushId>,
        limit: NonZeroUsize,
    ) -> Result<Page, RegistryError> {
        self.0.page(query, after, limit).await
    }

    async fn apply(&self, _: &[TokenChange]) -> Result<Vec<bool>, RegistryError> {
        Err(RegistryError::storage(std::io::Error::other("full")))
    }

    async fn purge(&self, before: Timestamp, limit: NonZeroUsize) -> Result<usize, RegistryError> {
        self.0.purge(before, limit).await
    }

    async fn restore(&self, device: zpns_core::service::Device) -> Result<(), RegistryError> {
        self.0.restore(device).await
    }
}
