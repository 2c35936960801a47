use super::*;
use crate::receipt::{DropReason, ReceiptEvent};
use crate::service::Stage;

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn few(limit: usize) -> NonZeroUsize {
    NonZeroUsize::new(limit).unwrap()
}

fn push(message: MessageId, token: &str, id: &str) -> PushRecord {
    PushRecord::new(message, PushId::new(), "mi", token)
        .in_campaign(Arc::<str>::from("sale"))
        .with_vendor_id(Arc::<str>::from(id))
        .with(Stage::Accepted, at(1))
}

fn told(token: &str, id: &str, event: ReceiptEvent) -> Receipt {
    Receipt::new(token, event, "1").with_vendor_id(Arc::<str>::from(id))
}

async fn join(store: &MemoryMilestones, receipt: Receipt, now: u64) -> Option<Joined> {
    let joined = store.join(&"mi".into(), &[receipt], at(now)).await;
    joined.unwrap().remove(0)
}

#[tokio::test]
async fn a_receipt_joins_the_push_of_its_provider_its_id_and_its_token() {
    let store = MemoryMilestones::new();
    let message = MessageId::new();
    let pushes = [push(message, "a", "7"), push(message, "b", "7")];
    assert_eq!(store.record(&pushes, at(1)).await.unwrap(), []);
    let delivered = || told("b", "7", ReceiptEvent::Delivered);
    let joined = join(&store, delivered(), 2).await.unwrap();
    assert_eq!((joined.push.device, joined.news), (pushes[1].device, true));
    assert!(!join(&store, delivered(), 3).await.unwrap().news);
    for stranger in [
        told("c", "7", ReceiptEvent::Delivered),
        told("a", "8", ReceiptEvent::Delivered),
        Receipt::new("a", ReceiptEvent::Delivered, "1"),
    ] {
        assert_eq!(join(&store, stranger, 3).await, None);
    }
    let of_another = store.join(&"oppo".into(), &[delivered()], at(3)).await;
    assert_eq!(of_another.unwrap(), [None]);
    let counts = store.counts("sale").await.unwrap();
    assert_eq!((counts.accepted, counts.delivered), (2, 1));
}

#[tokio::test]
async fn a_receipt_without_a_known_id_joins_by_the_message_in_its_tag() {
    let store = MemoryMilestones::new();
    let message = MessageId::new();
    store
        .record(&[push(message, "a", "7")], at(1))
        .await
        .unwrap();
    let tagged = |tag: MessageId| {
        told("a", "other", ReceiptEvent::Clicked).with_tag(Arc::<str>::from(tag.to_string()))
    };
    assert_eq!(join(&store, tagged(MessageId::new()), 2).await, None);
    let joined = join(&store, tagged(message), 2).await.unwrap();
    assert_eq!(joined.push.clicked(), Some(at(2)));
}

#[tokio::test]
async fn a_receipt_that_overtakes_its_push_is_joined_when_that_is_written_down() {
    let store = MemoryMilestones::new();
    let early = told("a", "7", ReceiptEvent::TokenInvalid);
    assert_eq!(join(&store, early.clone(), 1).await, None);
    let push = push(MessageId::new(), "a", "7");
    let joined = store.record(&[push], at(2)).await.unwrap();
    assert_eq!(joined.len(), 1);
    assert_eq!(joined[0].receipt, early);
    assert!(joined[0].push.why_not().is_some());
    let counts = store.counts("sale").await.unwrap();
    assert_eq!((counts.accepted, counts.token_invalid), (1, 1));
}

#[tokio::test]
async fn pushes_are_found_by_message_and_by_device_the_latest_first() {
    let store = MemoryMilestones::new();
    let (one, two) = (MessageId::new(), MessageId::new());
    let first = push(one, "a", "1");
    let mut second = push(two, "a", "2");
    second.device = first.device;
    let other = push(one, "b", "1");
    let pushes = [first.clone(), second.clone(), other.clone()];
    store.record(&pushes, at(1)).await.unwrap();
    let of_one = store.of_message(one, few(9)).await.unwrap();
    assert_eq!(of_one, [first.clone(), other]);
    let of_device = store.of_device(first.device, few(9)).await.unwrap();
    assert_eq!(of_device, [second.clone(), first.clone()]);
    let latest = store.of_device(first.device, few(1)).await.unwrap();
    assert_eq!(latest, [second]);
    let none = store.of_message(MessageId::new(), few(9)).await.unwrap();
    assert_eq!(none, []);
}

#[tokio::test]
async fn pushes_are_forgotten_by_age_and_by_number_and_nothing_of_them_stays() {
    let store = MemoryMilestones::new().keeping(few(2), Duration::from_secs(100));
    let message = MessageId::new();
    let pushes = ["a", "b", "c"].map(|token| push(message, token, "7"));
    store.record(&pushes, at(1)).await.unwrap();
    let left = store.of_message(message, few(9)).await.unwrap();
    assert_eq!(left, pushes[1..]);
    assert_eq!(
        join(&store, told("a", "7", ReceiptEvent::Delivered), 2).await,
        None
    );
    assert!(
        join(&store, told("b", "7", ReceiptEvent::Delivered), 101)
            .await
            .is_some()
    );
    assert_eq!(store.counts("sale").await.unwrap().accepted, 3);
    assert_eq!(
        join(&store, told("b", "7", ReceiptEvent::Clicked), 102).await,
        None
    );
    let state = store.lock();
    assert!(state.pushes.is_empty() && state.by_message.is_empty());
    assert!(state.by_vendor_id.is_empty() && state.by_device.is_empty());
}

#[tokio::test]
async fn counts_live_as_long_as_something_is_told_of_the_campaign() {
    let store = MemoryMilestones::new().keeping(few(9), Duration::from_secs(100));
    store
        .record(&[push(MessageId::new(), "a", "7")], at(1))
        .await
        .unwrap();
    let expired = ReceiptEvent::Dropped(DropReason::Expired);
    assert!(join(&store, told("a", "7", expired), 90).await.is_some());
    assert_eq!(
        join(&store, told("x", "x", ReceiptEvent::Muted), 150).await,
        None
    );
    let counts = store.counts("sale").await.unwrap();
    assert_eq!(counts.dropped[&DropReason::Expired], 1);
    assert_eq!(
        join(&store, told("x", "x", ReceiptEvent::Muted), 191).await,
        None
    );
    let counts = store.counts("sale").await.unwrap();
    assert_eq!(counts, CampaignCounts::default());
}

#[tokio::test]
async fn no_number_of_campaigns_fills_the_memory() {
    let store = MemoryMilestones::new();
    for number in 0..=CAMPAIGNS as u64 {
        let mut push = push(MessageId::new(), "a", "7");
        push.campaign = Some(number.to_string().into());
        store.record(&[push], at(number)).await.unwrap();
    }
    assert_eq!(store.lock().campaigns.len(), CAMPAIGNS);
    assert_eq!(store.counts("0").await.unwrap().accepted, 0);
    assert_eq!(store.counts("1").await.unwrap().accepted, 1);
}
