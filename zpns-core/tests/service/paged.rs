//! Campaigns, page by page.

use std::num::NonZeroUsize;

use zpns_core::service::{Checkpoint, Message, Roster, ServiceError, Tally, UserId};

use crate::common::alert;
use crate::vendor::Town;

const SIZE: NonZeroUsize = NonZeroUsize::new(3).unwrap();

/// Eight devices of alice and bob, by turns; of one of them the token is dead.
async fn crowded() -> Town {
    let town = Town::new();
    for number in 0..8 {
        let user = ["alice", "bob"][number % 2];
        let word = if number == 5 { "dead" } else { "a" };
        let token = format!("{word}{number}");
        town.device(user, &[("android", &token)]).await;
    }
    town
}

/// Sends to all pages from a checkpoint on: how many there were, and what came of them.
async fn campaign(town: &Town, message: &Message, roster: &Roster) -> (usize, Tally) {
    let (mut pages, mut tally) = (0, Tally::default());
    let mut next = Some(Checkpoint::default());
    while let Some(from) = next {
        let page = town.service.send_page(message, roster, from, SIZE).await;
        let page = page.unwrap();
        // As it is written down and read again.
        let written = serde_json::to_string(&page.next).unwrap();
        next = serde_json::from_str(&written).unwrap();
        tally += page.report.tally();
        pages += 1;
    }
    (pages, tally)
}

#[tokio::test]
async fn every_device_of_a_roster_is_on_exactly_one_page() {
    let all: Roster = serde_json::from_str(r#"{"everyone": {"confirmed": true}}"#).unwrap();
    let town = crowded().await;
    let message = Message::new(alert());
    let (pages, tally) = campaign(&town, &message, &all).await;
    assert!(pages >= 3, "{pages}");
    assert_eq!((tally.accepted, tally.rejected, tally.total()), (7, 1, 8));
    let mut tokens = town.android.tokens();
    tokens.dedup();
    assert_eq!(tokens.len(), 8);
}

#[tokio::test]
async fn users_are_counted_off_with_all_their_devices() {
    let town = crowded().await;
    let users: Vec<UserId> = ["alice", "bob", "carol", "dave"].map(UserId::from).into();
    let (pages, tally) = campaign(&town, &Message::new(alert()), &Roster::users(users)).await;
    assert_eq!(pages, 2, "three users, and one");
    assert_eq!((tally.accepted, tally.rejected, tally.skipped), (7, 1, 2));
}

#[tokio::test]
async fn a_page_that_is_sent_again_reaches_nobody_twice_in_the_same_process() {
    let town = crowded().await;
    let message = Message::new(alert());
    let all = Roster::everyone_confirmed();
    let send = || {
        town.service
            .send_page(&message, &all, Checkpoint::default(), SIZE)
    };
    let (first, again) = (send().await.unwrap(), send().await.unwrap());
    assert_eq!(first.next, again.next);
    assert_eq!(again.report.tally().accepted, 0);
}

#[tokio::test]
async fn everyone_has_to_be_confirmed() {
    let town = crowded().await;
    let roster = Roster::Everyone { confirmed: false };
    let message = Message::new(alert());
    let sent = town
        .service
        .send_page(&message, &roster, Checkpoint::default(), SIZE);
    assert!(matches!(sent.await, Err(ServiceError::Everyone)));
    assert!(town.android.pushes().is_empty());
}
