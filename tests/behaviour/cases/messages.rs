//! What is said arrives as it was said, or is refused or noted.

use std::time::Duration;

use serde_json::json;
use zpns::provider::{FieldRule, Missing};
use zpns::resources::SystemClock;
use zpns::{
    Badge, CallEvent, Category, Clock, ErrorKind, Fields, Kind, Kinds, LimitPolicy, Notification,
    OnClick, Outcome, Priority, SendOptions, Sound, Timestamp, VendorOptions,
};

use crate::content::{holds, holds_json, texts};
use crate::scene::{Scene, accepted, all_went_out, rejected};
use crate::subjects::Subject;

fn hello() -> Notification {
    Notification::alert("Hello", "How are you?")
}

pub(crate) async fn texts_arrive_in_every_script(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let scripts = [
        "Grüße, \"Łódź\" \\ / <b>&amp;</b>",
        "你好，晚上吃什么？",
        "مرحبا \u{202b}بك\u{202c}",
        "👩‍👩‍👧‍👦 🇺🇦 👍🏽 e\u{301}",
        "line one\nline two\ttab \u{7f} \u{2028}",
        "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \u{10ffff}",
    ];
    for text in scripts {
        scene.simulator.clear();
        // The shortest of all limits is OPPO's, of 50 characters.
        let body = format!("{text} {}", text.chars().rev().take(10).collect::<String>());
        let message = Notification::alert(text, &*body);
        let report = scene.router.send(&message, [scene.live()]).await;
        accepted(&report.outcomes()[0]);
        let pushes = scene.pushes();
        assert!(holds(&pushes[0], text), "{text}: {:?}", texts(&pushes[0]));
        assert!(holds(&pushes[0], &body), "{text}");
    }
}

pub(crate) async fn payload_and_data_arrive_intact(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let opaque = "no JSON: {\"a\" \\ \u{1f600}\n";
    let mut message = hello().with_payload(opaque);
    let has_data = scene.capability().fields.contains(Fields::DATA);
    if has_data {
        message = message
            .with_data("room", "7")
            .with_data("schlüssel", "a\"b\u{1f600}");
    }
    let report = scene.router.send(&message, [scene.live()]).await;
    accepted(&report.outcomes()[0]);
    let push = &scene.pushes()[0];
    assert!(holds(push, opaque), "{:?}", texts(push));
    if has_data {
        assert!(
            holds(push, "7") && holds(push, "a\"b\u{1f600}"),
            "{:?}",
            texts(push)
        );
    }

    scene.simulator.clear();
    let message = hello().with_payload(r#"{"chat": 7, "deep": {"x": [1, "ü", null]}}"#);
    let report = scene.router.send(&message, [scene.live()]).await;
    accepted(&report.outcomes()[0]);
    let wanted = json!({"chat": 7, "deep": {"x": [1, "ü", null]}});
    let push = &scene.pushes()[0];
    assert!(holds_json(push, &wanted), "{:?}", push.fields());
}

pub(crate) async fn every_event_of_a_call_is_accepted(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let events = [
        CallEvent::Invite,
        CallEvent::Cancel,
        CallEvent::Answered,
        CallEvent::Declined,
        CallEvent::Missed,
    ];
    for event in events {
        let mut message = hello();
        message.kind = Kind::Call(event);
        let report = scene.router.send(&message, [scene.live()]).await;
        assert_eq!(report.accepted(), 1, "{event:?}: {:?}", report.outcomes());
    }
}

/// Makes use of a field.
type Use = fn(&mut Notification);

/// How every field is made use of.
#[rustfmt::skip]
const USES: [(Fields, Use); 19] = [
    (Fields::TITLE, |message| message.title = Some("Title".into())),
    (Fields::SUBTITLE, |message| message.subtitle = Some("Subtitle".into())),
    (Fields::BODY, |message| message.body = Some("Body".into())),
    (Fields::IMAGE, |message| message.image = Some("https://example.com/a.png".into())),
    (Fields::LOCALIZATION, |message| {
        message.title_loc_key = Some("TITLE".into());
        message.body_loc_key = Some("BODY".into());
        message.body_loc_args = vec!["Alice".into()];
    }),
    (Fields::SUBTITLE_LOCALIZATION, |message| message.subtitle_loc_key = Some("SUBTITLE".into())),
    (Fields::PAYLOAD, |message| message.payload = Some("opaque".into())),
    (Fields::DATA, |message| { message.data.insert("room".into(), "7".into()); }),
    (Fields::ON_CLICK, |message| message.on_click = OnClick::Url("https://example.com/7".into())),
    (Fields::SOUND, |message| message.sound = Sound::Named("ping.caf".into())),
    (Fields::BADGE, |message| message.badge = Badge::Set(3)),
    (Fields::BADGE_ADD, |message| message.badge = Badge::Add(1)),
    (Fields::CATEGORY, |message| message.category = Some(Category::InstantMessage)),
    (Fields::CHANNEL, |message| message.channel = Some("chat".into())),
    (Fields::PRIORITY, |message| message.priority = Some(Priority::High)),
    (Fields::TTL, |message| message.ttl = Some(Duration::from_secs(3_600))),
    (Fields::COLLAPSE_KEY, |message| message.collapse_key = Some("room-7".into())),
    (Fields::THREAD, |message| message.thread = Some("room-7".into())),
    (Fields::NOT_BEFORE, |message| message.not_before = Some(in_an_hour())),
];

fn in_an_hour() -> Timestamp {
    SystemClock::new().now() + Duration::from_secs(3_600)
}

pub(crate) async fn every_field_it_honours_is_accepted(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let honoured = scene.capability().fields;
    let mut all = hello();
    for (field, make_use) in USES {
        if !honoured.contains(field) {
            continue;
        }
        make_use(&mut all);
        let mut message = hello();
        make_use(&mut message);
        assert!(Fields::used_by(&message).contains(field));
        let report = scene.router.send(&message, [scene.live()]).await;
        assert_eq!(report.accepted(), 1, "{field:?}: {:?}", report.outcomes());
        all_went_out(&report, 0);
    }
    let report = scene.router.send(&all, [scene.live()]).await;
    assert_eq!(report.accepted(), 1, "all at once: {:?}", report.outcomes());
    let categories = Category::ALL
        .into_iter()
        .filter(|_| honoured.contains(Fields::CATEGORY));
    for category in categories {
        // Several at once: a class may have a call of its own for many.
        let mut targets = scene.live_ones(3);
        targets.insert(1, scene.dead());
        let report = scene
            .router
            .send(&hello().with_category(category), targets)
            .await;
        let accepted = report.outcomes().iter().map(Outcome::is_accepted);
        assert_eq!(
            accepted.collect::<Vec<_>>(),
            [true, false, true, true],
            "{category:?}: {:?}",
            report.outcomes()
        );
    }
}

pub(crate) async fn a_field_it_lacks_is_refused_before_any_io(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    for rule in lacking(&scene, Missing::Refuse) {
        let message = using(rule);
        let report = scene.router.send(&message, [scene.live()]).await;
        let rejection = rejected(&report.outcomes()[0]);
        assert_eq!(rejection.kind, ErrorKind::Unsupported, "{}", rule.name);
        assert!(rejection.reason.contains(rule.name), "{}", rejection.reason);
    }
    assert!(scene.received().is_empty());
    assert_eq!(
        scene.simulator.counters(subject.vendor).connections_opened,
        0
    );
}

pub(crate) async fn a_field_it_may_leave_out_is_noted(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    for rule in lacking(&scene, Missing::Drop) {
        let report = scene.router.send(&using(rule), [scene.live()]).await;
        accepted(&report.outcomes()[0]);
        let notes = report.notes(0).unwrap();
        assert_eq!(notes.dropped, [rule.name]);
    }
}

fn lacking(scene: &Scene, missing: Missing) -> Vec<FieldRule> {
    let honoured = scene.capability().fields;
    let rules = FieldRule::ALL.into_iter();
    rules
        .filter(|rule| rule.missing == missing && !honoured.contains(rule.field))
        .collect()
}

fn using(rule: FieldRule) -> Notification {
    let mut message = hello();
    let (_, make_use) = USES
        .into_iter()
        .find(|(field, _)| *field == rule.field)
        .unwrap();
    make_use(&mut message);
    message
}

pub(crate) async fn a_kind_it_lacks_is_refused_before_any_io(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let kinds = [
        Kind::Alert,
        Kind::Silent,
        Kind::Call(CallEvent::Invite),
        Kind::LiveActivity,
        Kind::Other("no-such-kind".into()),
    ];
    let can = scene.capability().kinds;
    for kind in kinds {
        if can.contains(Kinds::from(&kind)) {
            continue;
        }
        let mut message = hello();
        message.kind = kind;
        let report = scene.router.send(&message, [scene.live()]).await;
        let rejection = rejected(&report.outcomes()[0]);
        assert_eq!(rejection.kind, ErrorKind::Unsupported, "{:?}", message.kind);
    }
    assert!(scene.received().is_empty());
}

pub(crate) async fn oversize_is_refused_before_any_io(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let message = hello().with_payload("x".repeat(100_000));
    let report = scene.router.send(&message, scene.live_ones(3)).await;
    for outcome in report.outcomes() {
        let rejection = rejected(outcome);
        assert_eq!(rejection.kind, ErrorKind::PayloadTooLarge);
        assert_eq!(rejection.vendor, None, "it is ours");
    }
    assert!(scene.received().is_empty());
}

/// Longer than any vendor takes; every grapheme is several characters.
fn long_text() -> String {
    "👩‍👩‍👧‍👦e\u{301}".repeat(2_000)
}

pub(crate) async fn long_text_is_cut_between_graphemes_and_noted(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let text = long_text();
    let report = scene
        .router
        .send(&Notification::alert("Short", &*text), [scene.live()])
        .await;
    accepted(&report.outcomes()[0]);
    assert_eq!(report.notes(0).unwrap().truncated, ["body"]);
    let push = &scene.pushes()[0];
    assert!(holds(push, "Short"), "the title stays");
    let arrived = texts(push);
    let cut = arrived
        .iter()
        .find(|found| found.starts_with("👩‍👩‍👧‍👦"))
        .unwrap();
    let start = cut.strip_suffix('…').unwrap_or(cut);
    assert!(text.starts_with(start) && start.len() < text.len());
    assert!(start.len() > 500, "cut shorter than any limit asks for");
    let next = &text[start.len()..];
    assert!(
        next.starts_with('👩') && start.ends_with('\u{301}') || next.starts_with('e'),
        "cut within a grapheme"
    );
}

pub(crate) async fn long_text_is_refused_if_the_caller_wants_no_cut(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let mut options = SendOptions::default();
    options.limits = LimitPolicy::Reject;
    let message = Notification::alert("Short", long_text());
    let report = scene
        .router
        .send_with(&message, [scene.live()], &options)
        .await;
    assert_eq!(
        rejected(&report.outcomes()[0]).kind,
        ErrorKind::PayloadTooLarge
    );
    assert!(scene.received().is_empty());
}

pub(crate) async fn silent_push_shows_nothing(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let mut message = Notification::silent();
    if scene.capability().fields.contains(Fields::DATA) {
        message = message.with_data("sync", "inbox");
    }
    let report = scene.router.send(&message, [scene.live()]).await;
    accepted(&report.outcomes()[0]);
    let body = scene.pushes()[0].fields().unwrap().to_string();
    for shown in ["\"alert\"", "\"title\"", "\"sound\"", "\"badge\""] {
        assert!(!body.contains(shown), "{body}");
    }
}

pub(crate) async fn silent_push_with_a_text_is_refused_before_any_io(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let mut message = hello();
    message.kind = Kind::Silent;
    let report = scene.router.send(&message, [scene.live()]).await;
    let rejection = rejected(&report.outcomes()[0]);
    let kinds = [ErrorKind::MessageInvalid, ErrorKind::Unsupported];
    assert!(kinds.contains(&rejection.kind), "{rejection:?}");
    assert!(scene.received().is_empty());
}

pub(crate) async fn a_misspelt_vendor_option_is_refused_before_any_io(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let mut message = hello();
    message.vendor = options(subject.vendor);
    let report = scene.router.send(&message, [scene.live()]).await;
    let rejection = rejected(&report.outcomes()[0]);
    assert_eq!(rejection.kind, ErrorKind::MessageInvalid);
    assert!(
        rejection.reason.contains("interuption"),
        "{}",
        rejection.reason
    );
    assert!(scene.received().is_empty());
}

pub(crate) async fn an_option_of_another_vendor_does_no_harm(subject: &'static Subject) {
    let scene = Scene::open(subject).await;
    let mut message = hello();
    message.vendor = options("another");
    let report = scene.router.send(&message, [scene.live()]).await;
    accepted(&report.outcomes()[0]);
}

fn options(vendor: &str) -> VendorOptions {
    serde_json::from_value(json!({vendor: {"interuption": "passive"}})).unwrap()
}
