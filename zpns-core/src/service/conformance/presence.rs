//! The cases of a presence store.

use std::future::Future;
use std::sync::Arc;

use super::registry::at;
use crate::service::{Presence, PresenceState, PushId, UserId};

type Store = Arc<dyn Presence>;

pub async fn everybody_is_offline_until_reported<F: Future<Output = Store>>(empty: impl Fn() -> F) {
    let store = empty().await;
    let (alice, device) = (UserId::from("alice"), PushId::new());
    assert!(store.online(&alice, at(0)).await.unwrap().is_empty());
    let state = PresenceState::Foreground;
    store.set(&alice, device, state, at(60)).await.unwrap();
    let online = store.online(&alice, at(0)).await.unwrap();
    assert_eq!(online, [(device, PresenceState::Foreground)]);
    let bob = store.online(&"bob".into(), at(0)).await.unwrap();
    assert!(bob.is_empty());
}

pub async fn a_report_holds_until_it_expires_or_the_next_one<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let (alice, device) = (UserId::from("alice"), PushId::new());
    let (front, back) = (PresenceState::Foreground, PresenceState::Background);
    store.set(&alice, device, front, at(60)).await.unwrap();
    store.set(&alice, device, back, at(90)).await.unwrap();
    let online = store.online(&alice, at(89)).await.unwrap();
    assert_eq!(online, [(device, back)]);
    assert!(store.online(&alice, at(90)).await.unwrap().is_empty());
}

pub async fn each_device_of_a_user_has_a_state_of_its_own<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let alice = UserId::from("alice");
    let mut devices = [PushId::new(), PushId::new(), PushId::new()];
    devices.sort_unstable();
    let (front, back) = (PresenceState::Foreground, PresenceState::Background);
    store.set(&alice, devices[2], front, at(9)).await.unwrap();
    store.set(&alice, devices[0], back, at(9)).await.unwrap();
    let online = store.online(&alice, at(0)).await.unwrap();
    assert_eq!(online, [(devices[0], back), (devices[2], front)]);
    store.clear(&alice, Some(devices[0])).await.unwrap();
    let online = store.online(&alice, at(0)).await.unwrap();
    assert_eq!(online, [(devices[2], front)]);
    let offline = PresenceState::Offline;
    store.set(&alice, devices[2], offline, at(9)).await.unwrap();
    assert!(store.online(&alice, at(0)).await.unwrap().is_empty());
}

pub async fn at_log_out_every_device_may_go_offline<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let (alice, bob) = (UserId::from("alice"), UserId::from("bob"));
    let state = PresenceState::Background;
    for user in [&alice, &alice, &bob] {
        let device = PushId::new();
        store.set(user, device, state, at(9)).await.unwrap();
    }
    store.clear(&alice, None).await.unwrap();
    assert!(store.online(&alice, at(0)).await.unwrap().is_empty());
    assert_eq!(store.online(&bob, at(0)).await.unwrap().len(), 1);
}
