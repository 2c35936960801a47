//! The cases of the users' counters.

use std::future::Future;
use std::sync::Arc;

use futures_util::future::join_all;

use crate::model::MessageId;
use crate::service::{Badges, UserId};

type Store = Arc<dyn Badges>;

pub async fn a_counter_is_zero_until_something_is_counted<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let (alice, bob) = (UserId::from("alice"), UserId::from("bob"));
    assert_eq!(store.get(&alice).await.unwrap(), 0);
    assert_eq!(store.add(&alice, MessageId::new(), 2).await.unwrap(), 2);
    assert_eq!(store.add(&alice, MessageId::new(), 1).await.unwrap(), 3);
    assert_eq!(store.get(&alice).await.unwrap(), 3);
    assert_eq!(store.get(&bob).await.unwrap(), 0);
}

pub async fn a_message_counts_once_for_each_user<F: Future<Output = Store>>(empty: impl Fn() -> F) {
    let store = empty().await;
    let (alice, bob) = (UserId::from("alice"), UserId::from("bob"));
    let message = MessageId::new();
    for user in [&alice, &bob] {
        assert_eq!(store.add(user, message, 1).await.unwrap(), 1);
        assert_eq!(store.add(user, message, 1).await.unwrap(), 1);
    }
    store.set(&alice, 0).await.unwrap();
    assert_eq!(store.add(&alice, message, 1).await.unwrap(), 0, "read");
    // Nothing to add counts all the same.
    let silent = MessageId::new();
    assert_eq!(store.add(&bob, silent, 0).await.unwrap(), 1);
    assert_eq!(store.add(&bob, silent, 5).await.unwrap(), 1);
}

pub async fn a_counter_is_set_and_never_overflows<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let alice = UserId::from("alice");
    store.set(&alice, u32::MAX - 1).await.unwrap();
    let count = store.add(&alice, MessageId::new(), 7).await.unwrap();
    assert_eq!(count, u32::MAX);
    assert_eq!(store.get(&alice).await.unwrap(), u32::MAX);
    store.set(&alice, 5).await.unwrap();
    assert_eq!(store.get(&alice).await.unwrap(), 5);
    store.set(&alice, 0).await.unwrap();
    assert_eq!(store.get(&alice).await.unwrap(), 0);
}

pub async fn at_the_same_time_every_message_counts_once<F: Future<Output = Store>>(
    empty: impl Fn() -> F,
) {
    let store = empty().await;
    let alice = UserId::from("alice");
    let messages: Vec<MessageId> = (0..16).map(|_| MessageId::new()).collect();
    let tasks = messages.iter().chain(&messages).map(|message| {
        let (store, alice, message) = (Arc::clone(&store), alice.clone(), *message);
        tokio::spawn(async move { store.add(&alice, message, 1).await.unwrap() })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    assert_eq!(store.get(&alice).await.unwrap(), 16);
}
