//! One adapter by every way: the same reports, and the same requests, to the letter.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use zpns::layers::Retries;
use zpns::{Notes, Notification, Outcome, Report, Target};
use zpns_simulator::faults::{Fault, Rule};

use crate::scene::{Scene, within};
use crate::subjects::{PLUGINS, SUBJECTS, Subject};

/// What was said of each target of one message, and what the vendor got of it.
type Seen = (Vec<(Outcome, Option<Arc<Notes>>)>, Vec<String>);

/// Sends the same by every way, and compares everything that comes of it.
pub(crate) async fn reports_are_the_same_by_every_way() {
    for plugin in PLUGINS {
        let same = |subject: &&Subject| subject.vendor == plugin.vendor;
        let direct = SUBJECTS.iter().find(same).unwrap();
        let (expected, got) = (seen(direct).await, seen(plugin).await);
        assert!(expected.iter().any(|(_, bodies)| !bodies.is_empty()));
        assert_eq!(expected.len(), got.len());
        for (number, (expected, got)) in expected.iter().zip(&got).enumerate() {
            assert_eq!(expected, got, "{:?}, message {number}", plugin.way);
        }
    }
}

/// Everything that comes of every message and every fault, in order.
async fn seen(subject: &'static Subject) -> Vec<Seen> {
    let mut seen = Vec::new();
    for faults in faults() {
        let stage = Scene::stage(subject);
        // Which target a retry comes to first is chance.
        let stage = stage.delivery(|delivery| delivery.retries = Retries::none());
        let scene = stage.open().await;
        scene.faults(faults);
        for message in messages() {
            let devices = vec![
                scene.live(),
                scene.dead(),
                scene.foreign().unwrap(),
                scene.flaky(),
                scene.live(),
            ];
            // Alone: whether a token that is refused by us gets the notes of a message that is cut
            // for another target depends on which of them is looked at first.
            for targets in [devices, vec![scene.target("no token")]] {
                seen.push(sent(&scene, &message, targets).await);
            }
        }
    }
    seen
}

async fn sent(scene: &Scene, message: &Notification, targets: Vec<Target>) -> Seen {
    let before = scene.pushes().len();
    let options = within(Duration::from_secs(20));
    let report = scene.router.send_with(message, targets, &options).await;
    // Targets are sent at once: the order in which they arrive is nobody's promise.
    let mut bodies: Vec<String> = scene.pushes()[before..]
        .iter()
        .map(|push| without_time(&push.body))
        .collect();
    bodies.sort_unstable();
    (without_numbers(report), bodies)
}

/// Nothing, and what a vendor may answer instead of what it should.
fn faults() -> Vec<Vec<Rule>> {
    vec![
        Vec::new(),
        vec![Rule::new(Fault::status(500))],
        vec![Rule::new(Fault::Html { status: 502 })],
        vec![Rule::new(Fault::retry_after(429, 1))],
        vec![Rule::new(Fault::reset())],
    ]
}

/// Messages whose fields are honoured, left out, cut and refused.
fn messages() -> Vec<Notification> {
    let messages = [
        json!({"title": "T \"ü\" 早", "body": "B\n"}),
        json!({
            "title": "T", "subtitle": "S", "body": "B", "data": {"k": "v"}, "payload": "p",
            "sound": {"named": "bell"}, "priority": "high", "collapse_key": "score",
            "ttl_ms": 600_000, "badge": {"set": 3}, "category": "instant_message",
        }),
        json!({"title": "T", "body": "long ".repeat(2_000)}),
        json!({"title": "T", "body": "B", "payload": "x".repeat(10_000)}),
        json!({"kind": "silent", "data": {"sync": "1"}}),
        json!({"kind": "live_activity", "data": {"score": "1"}}),
        json!({"title": "T", "vendor": {"fcm": {"no_such_option": 1}}}),
    ];
    let with_id = |mut message: Value| {
        message["id"] = "01890a5d-ac96-774b-bcce-b302099a8057".into();
        serde_json::from_value(message).unwrap()
    };
    messages.into_iter().map(with_id).collect()
}

/// What was said, without the numbers that the vendor gives to its messages.
fn without_numbers(report: Report) -> Vec<(Outcome, Option<Arc<Notes>>)> {
    let notes: Vec<_> = (0..report.len())
        .map(|target| report.notes(target).cloned())
        .collect();
    let outcomes = report.into_outcomes().into_iter().map(|mut outcome| {
        if let Outcome::Accepted(accepted) = &mut outcome {
            let id = accepted.vendor_id.as_mut().unwrap();
            id.truncate(id.rfind('/').unwrap());
        }
        outcome
    });
    outcomes.zip(notes).collect()
}

/// A body, without the one field that counts from when it was sent.
fn without_time(body: &[u8]) -> String {
    let mut body: Value = serde_json::from_slice(body).unwrap();
    if let Some(expiration) = body.pointer_mut("/message/apns/headers/apns-expiration") {
        *expiration = "later".into();
    }
    body.to_string()
}
