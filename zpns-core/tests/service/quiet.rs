//! Do not disturb.

use std::sync::Arc;
use std::time::Duration;

use zpns_core::service::{
    Audience, Call, DeviceReport, DoNotDisturb, Fate, MemoryQuietTimes, PushReport, Skip,
};
use zpns_core::{Clock, Notification, Sender};

use crate::common::alert;
use crate::vendor::Town;

/// The town's clock starts at 16:00 UTC, which is midnight in Shanghai.
async fn at_night(hours: &str) -> (Town, Arc<MemoryQuietTimes>) {
    let times = Arc::new(MemoryQuietTimes::new());
    times.set("alice".into(), Some(hours.parse().unwrap()));
    let hook = Arc::new(DoNotDisturb::new(Arc::clone(&times) as _));
    let town = Town::with(|builder| builder.hook(hook));
    assert_eq!(town.clock.now().as_millis() / 3_600_000 % 24, 16);
    town.device("alice", &[("android", "a1")]).await;
    town.device("bob", &[("android", "b1")]).await;
    (town, times)
}

fn both() -> Audience {
    Audience::users(["alice".into(), "bob".into()])
}

fn why(report: &PushReport) -> Vec<String> {
    let vetoes = report.devices.iter().filter_map(|device| match device {
        DeviceReport {
            fate: Fate::Skipped(Skip::Vetoed(why)),
            ..
        } => Some(why.to_string()),
        _ => None,
    });
    vetoes.collect()
}

#[tokio::test]
async fn nobody_is_disturbed_in_quiet_hours_and_everybody_after_them() {
    let (town, _) = at_night("23:00-06:00 Asia/Shanghai").await;
    let report = town.service.send(alert(), both()).await.unwrap();
    assert_eq!(why(&report), ["do not disturb, 23:00-06:00 Asia/Shanghai"]);
    assert_eq!(town.android.tokens(), ["b1"]);
    town.clock.advance(Duration::from_secs(6 * 3_600));
    let report = town.service.send(alert(), both()).await.unwrap();
    assert_eq!(report.accepted(), 2);
}

#[tokio::test]
async fn silent_pushes_go_out_and_calls_where_the_user_lets_them() {
    let (town, times) = at_night("23:00-06:00 Asia/Shanghai").await;
    let silent = town.service.send(Notification::silent(), both()).await;
    assert_eq!(silent.unwrap().accepted(), 2);
    let call = |id: &str| Call::new(id, Sender::new("carol"));
    let first = town.service.invite(&call("1"), both()).await.unwrap();
    assert_eq!(why(&first).len(), 1);
    times.set(
        "alice".into(),
        Some("23:00-06:00 Asia/Shanghai calls".parse().unwrap()),
    );
    let second = town.service.invite(&call("2"), both()).await.unwrap();
    assert_eq!(second.accepted(), 2);
    times.set("alice".into(), None);
    let alert = town.service.send(alert(), both()).await.unwrap();
    assert_eq!(alert.accepted(), 2);
}
