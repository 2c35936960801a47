//! The host's own say before a push.

use std::sync::Arc;

use async_trait::async_trait;
use zpns_core::service::{
    Audience, Device, Hook, Message, PresenceState, RegistryError, Skip, Veto,
};
use zpns_core::{Clock, MessageId, Notification, Timestamp};

use crate::common::alert;
use crate::vendor::Town;

/// Rewrites bodies, forbids advertising, and lets nobody disturb bob.
#[derive(Debug)]
struct House;

#[async_trait]
impl Hook for House {
    fn message(&self, message: &mut Message) -> Result<(), Veto> {
        message.notification.id = MessageId::new();
        if message.notification.title.as_deref() == Some("Buy!") {
            return Err("no advertising".into());
        }
        message.notification.body = Some("You have a message".into());
        Ok(())
    }

    async fn device(
        &self,
        _: &Notification,
        device: &Device,
        _: Timestamp,
    ) -> Result<Option<Veto>, RegistryError> {
        let bob = device
            .user
            .as_ref()
            .is_some_and(|user| user.as_str() == "bob");
        Ok(bob.then(|| "bob sleeps".into()))
    }
}

async fn town() -> Town {
    let town = Town::with(|builder| builder.hook(Arc::new(House)));
    town.device("alice", &[("ios", "a1")]).await;
    town.device("bob", &[("ios", "b1")]).await;
    town
}

fn both() -> Audience {
    Audience::users(["alice".into(), "bob".into()])
}

#[tokio::test]
async fn a_hook_rewrites_a_message_but_not_its_id() {
    let town = town().await;
    let message = alert();
    let report = town
        .service
        .send(message.clone(), Audience::user("alice"))
        .await
        .unwrap();
    assert_eq!(report.accepted(), 1);
    let sent = &town.ios.pushes()[0].1;
    assert_eq!(sent.body.as_deref(), Some("You have a message"));
    assert_eq!(sent.id, message.id);
}

#[tokio::test]
async fn a_hook_forbids_a_push_to_one_device_and_says_why() {
    let town = town().await;
    let forecast = town.service.forecast(alert(), both()).await.unwrap();
    assert_eq!((forecast.pushes, forecast.skipped), (1, 1));
    let report = town.service.send(alert(), both()).await.unwrap();
    let vetoed = report.skipped(Skip::Vetoed("bob sleeps".into()));
    assert_eq!((report.accepted(), vetoed), (1, 1));
    assert_eq!(town.ios.tokens(), ["a1"]);
}

#[tokio::test]
async fn a_hook_forbids_a_message_and_whoever_is_online_still_gets_it_in_the_app() {
    let town = town().await;
    let front = town.device("alice", &[("ios", "a2")]).await;
    let until = town.clock.now() + std::time::Duration::from_secs(9);
    let state = PresenceState::Foreground;
    let presence = town.service.presence();
    presence
        .set(&"alice".into(), front, state, until)
        .await
        .unwrap();
    let report = town
        .service
        .send(Notification::alert("Buy!", "Now"), both())
        .await
        .unwrap();
    let vetoed = report.skipped(Skip::Vetoed("no advertising".into()));
    assert_eq!((vetoed, report.in_app().count()), (2, 1));
    assert!(town.ios.pushes().is_empty());
}
