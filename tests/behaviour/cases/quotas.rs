//! Quotas of the day, limits of one device and rights of one class, in each vendor's own words:
//! what they close, and what they do not.

use std::time::Duration;

use serde_json::{Value, json};
use zpns::layers::BreakerState;
use zpns::{Capability, Category, Clock, ErrorKind, Notification, Scope};
use zpns_simulator::faults::{Fault, Rule};

use crate::scene::{Scene, accepted, rejected};
use crate::subjects::Subject;

const MINUTE: Duration = Duration::from_secs(60);
const EVENING: Duration = Duration::from_secs(600);
const DAY: u64 = 24 * 60 * 60;

/// A vendor's word that the day is used up.
struct Day {
    vendor: &'static str,
    status: u16,
    code: &'static str,
    /// What it is the day of.
    scope: Scope,
    /// Messages of the class that is used up: different to us, one class to the vendor.
    used_up: fn() -> [Notification; 2],
    /// One of another class.
    other: fn() -> Notification,
}

/// Every vendor that says so in its answers.
const DAYS: &[Day] = &[
    Day {
        vendor: "xiaomi",
        status: 200,
        code: "200001",
        scope: Scope::Class,
        used_up: || {
            let offer = || {
                of(
                    Category::Marketing,
                    json!({"xiaomi": {"channel_id": "1001"}}),
                )
            };
            let mut other = of(Category::News, json!({"xiaomi": {"ticker": "news"}}));
            other.channel = Some("1001".to_owned());
            [offer(), other]
        },
        other: || {
            of(
                Category::Marketing,
                json!({"xiaomi": {"channel_id": "1002"}}),
            )
        },
    },
    Day {
        vendor: "oppo",
        status: 200,
        code: "33",
        scope: Scope::Class,
        used_up: || {
            let with_id = json!({"oppo": {"notify_id": 7}});
            [
                of(Category::Marketing, json!({})),
                of(Category::News, with_id),
            ]
        },
        other: || of(Category::Order, json!({})),
    },
    Day {
        vendor: "vivo",
        status: 200,
        code: "10070",
        scope: Scope::Class,
        used_up: || {
            let with_id = json!({"vivo": {"notify_id": 7}});
            [
                of(Category::Marketing, json!({})),
                of(Category::News, with_id),
            ]
        },
        other: || of(Category::InstantMessage, json!({})),
    },
    Day {
        vendor: "meizu",
        status: 200,
        code: "110019",
        scope: Scope::Provider,
        used_up: || {
            [
                of(Category::Marketing, json!({})),
                of(Category::InstantMessage, json!({})),
            ]
        },
        other: || of(Category::Order, json!({})),
    },
    Day {
        vendor: "huawei",
        status: 200,
        code: "80300029",
        scope: Scope::Class,
        used_up: || {
            let test = || json!({"huawei": {"android": {"target_user_type": 1}}});
            [
                of(Category::Marketing, test()),
                of(Category::InstantMessage, test()),
            ]
        },
        other: || of(Category::Marketing, json!({})),
    },
    Day {
        vendor: "harmony",
        status: 200,
        code: "80300029",
        scope: Scope::Class,
        used_up: || {
            let test = || json!({"harmony": {"push_options": {"test_message": true}}});
            [
                of(Category::Marketing, test()),
                of(Category::InstantMessage, test()),
            ]
        },
        other: || of(Category::Marketing, json!({})),
    },
];

fn of(category: Category, options: Value) -> Notification {
    let mut message = Notification::alert("Hello", "How are you?").with_category(category);
    message.vendor = serde_json::from_value(options).unwrap();
    message
}

fn day_of(subject: &Subject) -> Option<&'static Day> {
    DAYS.iter().find(|day| day.vendor == subject.vendor)
}

/// The vendor says in its answer that a day is used up.
pub(super) fn counts_the_day(subject: &Subject, capability: &Capability) -> bool {
    let counts = day_of(subject).is_some();
    assert!(!counts || capability.quota_day == Some(Capability::CHINA));
    counts
}

/// Until the next midnight in China.
fn until_midnight(clock: &impl Clock) -> Duration {
    let there = clock.now().as_secs() + u64::from(Capability::CHINA.unsigned_abs());
    Duration::from_secs(DAY - there % DAY)
}

impl Scene {
    /// Lets time pass, for the vendor as for us.
    fn pass(&self, time: Duration) {
        self.simulator.advance(time);
        self.clock.skip(time);
    }

    /// Ten minutes before a midnight in China, whatever the hour is at which the suite runs.
    fn pass_to_the_evening(&self) {
        if until_midnight(&self.clock) < EVENING {
            self.pass(EVENING);
        }
        self.pass(until_midnight(&self.clock) - EVENING);
    }
}

pub(crate) async fn a_used_up_day_closes_its_class_until_the_vendors_midnight(
    subject: &'static Subject,
) {
    let day = day_of(subject).unwrap();
    let scene = Scene::open(subject).await;
    scene.pass_to_the_evening();
    scene.faults([Rule::new(Fault::code(day.status, day.code))]);
    let [first, second] = (day.used_up)();
    let report = scene.router.send(&first, [scene.live()]).await;
    let rejection = rejected(&report.outcomes()[0]);
    assert_eq!(rejection.kind, ErrorKind::QuotaExceeded);
    assert_eq!(rejection.scope(), day.scope);
    assert_eq!(rejection.vendor.as_ref().unwrap().code, day.code);
    assert_eq!(scene.pushes().len(), 1);
    assert_eq!(standing(&scene).used_up.len(), 1);

    // Whatever the vendor would answer now: it is not asked.
    scene.faults([]);
    let midnight = until_midnight(&scene.clock);
    scene.pass(midnight - MINUTE);
    let before = scene.received().len();
    for message in [&first, &second] {
        let report = scene.router.send(message, scene.live_ones(3)).await;
        for outcome in report.outcomes() {
            let rejection = rejected(outcome);
            assert_eq!(rejection.kind, ErrorKind::QuotaExceeded);
            assert!(
                rejection.reason.contains("not sent"),
                "{}",
                rejection.reason
            );
        }
    }
    let report = scene.router.send(&(day.other)(), [scene.live()]).await;
    match day.scope {
        Scope::Provider => {
            assert_eq!(report.of_kind(ErrorKind::QuotaExceeded), 1);
            assert_eq!(scene.received().len(), before);
        }
        _ => {
            accepted(&report.outcomes()[0]);
            assert_eq!(scene.pushes().len(), 2, "another class goes out");
        }
    }

    scene.pass(2 * MINUTE);
    for message in [&first, &second] {
        let report = scene.router.send(message, [scene.live()]).await;
        accepted(&report.outcomes()[0]);
    }
    assert!(standing(&scene).used_up.is_empty());
    assert_eq!(scene.clock.breaker_openings(), 0);
}

/// A word that concerns its target, or messages of its kind, and nobody else.
struct Narrow {
    vendor: &'static str,
    /// What is answered of a token.
    fault: fn(&str) -> Fault,
    message: fn() -> Notification,
    kind: ErrorKind,
}

const NARROW: &[Narrow] = &[
    Narrow {
        vendor: "apns",
        fault: |_| Fault::code(400, "TopicDisallowed"),
        message: || {
            of(
                Category::Order,
                json!({"apns": {"topic": "com.example.other"}}),
            )
        },
        kind: ErrorKind::PermissionDenied,
    },
    Narrow {
        vendor: "apns",
        fault: |_| Fault::code(429, "TooManyRequests"),
        message: hello,
        kind: ErrorKind::RateLimited,
    },
    Narrow {
        vendor: "fcm",
        fault: |_| Fault::code(401, "THIRD_PARTY_AUTH_ERROR"),
        message: hello,
        kind: ErrorKind::CredentialInvalid,
    },
    Narrow {
        vendor: "webpush",
        fault: |_| Fault::status(429),
        message: hello,
        kind: ErrorKind::RateLimited,
    },
    Narrow {
        vendor: "huawei",
        fault: |_| Fault::code(400, "80300011"),
        message: hello,
        kind: ErrorKind::PermissionDenied,
    },
    Narrow {
        vendor: "harmony",
        fault: |token| {
            let list = json!({"failure": 1, "illegalTokens": {"noPushTypeRight": [token]}});
            body(json!({"code": "80300007", "msg": list.to_string(), "requestId": "r"}))
        },
        message: hello,
        kind: ErrorKind::PermissionDenied,
    },
    Narrow {
        vendor: "honor",
        fault: |_| Fault::code(400, "80300099"),
        message: hello,
        kind: ErrorKind::PermissionDenied,
    },
    Narrow {
        vendor: "meizu",
        fault: |token| in_value("110011", token),
        message: hello,
        kind: ErrorKind::QuotaExceeded,
    },
    Narrow {
        vendor: "meizu",
        fault: |token| in_value("520", token),
        message: hello,
        kind: ErrorKind::QuotaExceeded,
    },
    Narrow {
        vendor: "meizu",
        fault: |token| in_value("201", token),
        message: hello,
        kind: ErrorKind::PermissionDenied,
    },
    Narrow {
        vendor: "oppo",
        fault: |_| Fault::code(200, "27"),
        message: hello,
        kind: ErrorKind::MessageInvalid,
    },
    Narrow {
        vendor: "vivo",
        fault: |_| Fault::code(200, "10082"),
        message: hello,
        kind: ErrorKind::Unsupported,
    },
    Narrow {
        vendor: "xiaomi",
        fault: |_| Fault::code(200, "27001"),
        message: hello,
        kind: ErrorKind::MessageInvalid,
    },
];

fn hello() -> Notification {
    Notification::alert("Hello", "How are you?")
}

fn in_value(code: &str, token: &str) -> Fault {
    body(json!({"code": "200", "message": "", "value": {code: [token]}, "msgId": "NS1"}))
}

fn body(json: Value) -> Fault {
    let mut fault = Fault::status(200);
    if let Fault::Status { body, .. } = &mut fault {
        *body = Some(json.to_string());
    }
    fault
}

pub(crate) async fn what_concerns_one_device_or_one_message_closes_nothing(
    subject: &'static Subject,
) {
    let rows = NARROW.iter().filter(|row| row.vendor == subject.vendor);
    assert_ne!(rows.clone().count(), 0, "every vendor has such a word");
    for row in rows {
        let scene = Scene::stage(subject)
            .delivery(|delivery| delivery.retries = zpns::layers::Retries::none())
            .open()
            .await;
        let live = scene.live_ones(2);
        let fault = (row.fault)(live[0].token.as_str());
        scene.faults([Rule::new(fault).count(5)]);
        for _ in 0..5 {
            let report = scene.router.send(&(row.message)(), [live[0].clone()]).await;
            let outcome = &report.outcomes()[0];
            assert_eq!(outcome.kind(), Some(row.kind), "{outcome:?}");
        }
        assert_eq!(scene.pushes().len(), 5, "each of them was asked about");
        let standing = standing(&scene);
        assert_eq!(standing.breaker, BreakerState::Closed, "{:?}", row.kind);
        assert_eq!(standing.used_up, [], "{:?}", row.kind);
        assert_eq!(standing.per_second, None, "{:?}", row.kind);
        let report = scene.router.send(&hello(), [live[1].clone()]).await;
        accepted(&report.outcomes()[0]);
    }
}

fn standing(scene: &Scene) -> zpns::layers::LayersStatus {
    let status = scene.router.status();
    let own = status
        .into_iter()
        .find(|status| status.provider.id.as_str() == scene.subject.vendor);
    own.unwrap().layers
}
