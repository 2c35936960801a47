use std::num::NonZeroU32;

use zpns_core::layers::Quota;
use zpns_core::resources::ManualClock;
use zpns_core::{Capability, Category, ErrorKind, Outcome, Rejection, Scope, Timestamp};

use super::*;
use crate::common::{Recorder, busy, kinds, lost, resources, secs};

/// 2026-11-25 15:59:00 UTC, a minute before midnight in China.
const LATE_IN_CHINA: u64 = 1_795_622_340;

fn used_up(scope: Scope) -> Outcome {
    Rejection::new(ErrorKind::QuotaExceeded, "the day's messages are used up")
        .with_scope(scope)
        .into()
}

struct Scene {
    clock: Arc<ManualClock>,
    provider: Arc<Scripted>,
    recorder: Arc<Recorder>,
    layer: Arc<dyn PushProvider>,
}

fn scene(provider: Scripted, quota: &Quota) -> Scene {
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(LATE_IN_CHINA)));
    let (provider, recorder) = (provider.arc(), Arc::<Recorder>::default());
    let observers: Vec<Arc<dyn Observer>> = vec![recorder.clone()];
    let layer = wrap_with(quota, &provider, resources(clock.clone()), observers);
    Scene {
        clock,
        provider,
        recorder,
        layer,
    }
}

fn in_china(capability: &mut Capability) {
    capability.quota_day = Some(Capability::CHINA);
}

impl Scene {
    async fn send(&self, message: &Notification) -> Option<ErrorKind> {
        let report = self
            .layer
            .send(&batch_of(message, &self.provider, 1, None))
            .await;
        report.outcomes()[0].kind()
    }

    fn calls(&self) -> usize {
        self.provider.calls().len()
    }
}

fn of(category: Category) -> Notification {
    alert().with_category(category)
}

#[tokio::test]
async fn a_used_up_class_is_closed_until_the_vendor_s_midnight() {
    let provider = Scripted::new("a", 10, 1)
        .with(in_china)
        .in_turn(vec![used_up(Scope::Class)]);
    let scene = scene(provider, &Quota::default());
    let news = of(Category::News);
    assert_eq!(scene.send(&news).await, Some(ErrorKind::QuotaExceeded));
    scene.clock.advance(secs(59));
    let report = scene
        .layer
        .send(&batch_of(&news, &scene.provider, 3, None))
        .await;
    assert_eq!(
        kinds(report.outcomes()),
        [Some(ErrorKind::QuotaExceeded); 3]
    );
    let Outcome::Rejected(rejection) = &report.outcomes()[0] else {
        panic!("{report:?}");
    };
    assert!(
        rejection.reason.contains("in 1 minutes"),
        "{}",
        rejection.reason
    );
    assert_eq!(scene.calls(), 1);
    scene.clock.advance(secs(1));
    scene.send(&news).await;
    assert_eq!(scene.calls(), 2);
    // Midnight in China is at 16:00 UTC; the next one a day later.
    let midnight = (LATE_IN_CHINA + 60) * 1_000;
    assert_eq!(
        scene.recorder.lines(),
        [
            format!("latched Some(News) {midnight}"),
            "unlatched Some(News)".to_owned(),
            format!("latched Some(News) {}", midnight + 86_400_000),
        ]
    );
}

#[tokio::test]
async fn midnight_is_the_vendor_s() {
    for (offset, seconds) in [(0, 8 * 3_600 + 60), (-5 * 3_600, 13 * 3_600 + 60)] {
        let provider = Scripted::new("a", 10, 1)
            .with(|capability| capability.quota_day = Some(offset))
            .in_turn(vec![used_up(Scope::Class)]);
        let scene = scene(provider, &Quota::default());
        scene.send(&alert()).await;
        scene.clock.advance(secs(seconds - 1));
        scene.send(&alert()).await;
        assert_eq!(scene.calls(), 1, "{offset}");
        scene.clock.advance(secs(1));
        scene.send(&alert()).await;
        assert_eq!(scene.calls(), 2, "{offset}");
    }
}

#[tokio::test]
async fn other_classes_stay_open_but_for_a_quota_of_the_provider() {
    for (scope, calls) in [(Scope::Class, 6), (Scope::Provider, 1)] {
        let provider = Scripted::new("a", 10, 1)
            .with(in_china)
            .in_turn(vec![used_up(scope), Outcome::accepted(None)]);
        let scene = scene(provider, &Quota::default());
        let mut in_channel = of(Category::News);
        in_channel.channel = Some("other".to_owned());
        let mut with_option = of(Category::News);
        with_option
            .vendor
            .set_raw("scripted", serde_json::json!({"class": 1}));
        let silent = Notification::silent();
        for message in [
            of(Category::News),
            of(Category::InstantMessage),
            alert(),
            silent,
            in_channel,
            with_option,
        ] {
            scene.send(&message).await;
        }
        assert_eq!(scene.calls(), calls, "{scope:?}");
        // The options of another vendor change nothing.
        let mut elsewhere = of(Category::News);
        elsewhere
            .vendor
            .set_raw("fcm", serde_json::json!({"class": 1}));
        assert_eq!(scene.send(&elsewhere).await, Some(ErrorKind::QuotaExceeded));
        assert_eq!(scene.calls(), calls);
    }
}

#[tokio::test]
async fn an_adapter_s_own_word_tells_what_has_a_quota_together() {
    let provider = Scripted::new("a", 10, 1)
        .with(in_china)
        .counting_by(|message| {
            let chat = message.category == Some(Category::InstantMessage);
            Some(if chat { "system" } else { "operational" }.into())
        })
        .in_turn(vec![used_up(Scope::Class), Outcome::accepted(None)]);
    let scene = scene(provider, &Quota::default());
    let full = Some(ErrorKind::QuotaExceeded);
    assert_eq!(scene.send(&of(Category::News)).await, full);
    // Of the same quota, whatever else is different.
    let mut other = of(Category::Marketing);
    other.channel = Some("offers".to_owned());
    assert_eq!(scene.send(&other).await, full);
    assert_eq!(scene.send(&alert()).await, full);
    assert_eq!(scene.calls(), 1);
    assert_eq!(scene.send(&of(Category::InstantMessage)).await, None);
    assert_eq!(scene.calls(), 2);
}

#[tokio::test]
async fn a_verdict_on_one_device_closes_nothing() {
    let provider = Scripted::new("a", 10, 1)
        .with(in_china)
        .answering(|batch, _| {
            let mut outcomes = vec![Outcome::accepted(None); batch.targets().len()];
            outcomes[0] = Rejection::new(ErrorKind::QuotaExceeded, "of this device").into();
            outcomes
        });
    let scene = scene(provider, &Quota::default());
    for _ in 0..3 {
        scene.send(&of(Category::News)).await;
    }
    assert_eq!(scene.calls(), 3);
    assert!(scene.recorder.lines().is_empty());
}

#[tokio::test]
async fn one_target_of_a_batch_tells_of_the_class_and_the_others_keep_their_verdicts() {
    let provider = Scripted::new("a", 10, 1)
        .with(in_china)
        .answering(|batch, _| {
            let mut outcomes = vec![Outcome::accepted(None); batch.targets().len()];
            outcomes[2] = used_up(Scope::Class);
            outcomes
        });
    let scene = scene(provider, &Quota::default());
    let three = batch(&scene.provider, 3, None);
    let report = scene.layer.send(&three).await;
    assert_eq!(
        kinds(report.outcomes()),
        [None, None, Some(ErrorKind::QuotaExceeded)]
    );
    let report = scene.layer.send(&three).await;
    assert_eq!(report.of_kind(ErrorKind::QuotaExceeded), 3);
    assert_eq!(scene.calls(), 1);
}

#[tokio::test]
async fn where_no_day_is_known_or_it_is_switched_off_nothing_is_closed() {
    let mut off = Quota::default();
    off.enabled = false;
    let day: fn(&mut Capability) = in_china;
    for (change, quota) in [(day, off), (|_| {}, Quota::default())] {
        let provider = Scripted::new("a", 10, 1)
            .with(change)
            .in_turn(vec![used_up(Scope::Provider)]);
        let scene = scene(provider, &quota);
        scene.send(&alert()).await;
        scene.send(&alert()).await;
        assert_eq!(scene.calls(), 2);
    }
}

fn capped(silent: u32, marketing: u32) -> Quota {
    let mut quota = Quota::default();
    quota.silent_per_device = NonZeroU32::new(silent);
    quota.marketing_per_device = NonZeroU32::new(marketing);
    quota
}

#[tokio::test]
async fn a_device_gets_no_more_than_its_cap_in_a_day() {
    let scene = scene(Scripted::new("a", 10, 1).with(in_china), &capped(1, 2));
    let offer = of(Category::Marketing);
    for expected in [None, None, Some(ErrorKind::QuotaExceeded)] {
        assert_eq!(scene.send(&offer).await, expected);
    }
    // Silent pushes are counted by themselves, and all else not at all.
    let silent = Notification::silent();
    assert_eq!(scene.send(&silent).await, None);
    assert_eq!(scene.send(&silent).await, Some(ErrorKind::QuotaExceeded));
    for _ in 0..5 {
        assert_eq!(scene.send(&alert()).await, None);
    }
    // Another device has its own, and only what is left goes out.
    let report = scene
        .layer
        .send(&batch_of(&offer, &scene.provider, 3, None))
        .await;
    assert_eq!(
        kinds(report.outcomes()),
        [Some(ErrorKind::QuotaExceeded), None, None]
    );
    assert_eq!(scene.provider.tokens().last().unwrap(), &["1", "2"]);
    scene.clock.advance(secs(60));
    assert_eq!(scene.send(&offer).await, None);
}

#[tokio::test]
async fn what_did_not_arrive_does_not_count_for_the_device_and_what_may_have_does() {
    let outcomes = vec![
        busy(),
        Rejection::new(ErrorKind::Muted, "m").into(),
        lost(),
        Outcome::accepted(None),
    ];
    let scene = scene(Scripted::new("a", 10, 1).in_turn(outcomes), &capped(1, 2));
    let offer = of(Category::Marketing);
    let mut got = Vec::new();
    for _ in 0..5 {
        got.push(scene.send(&offer).await);
    }
    assert_eq!(
        got,
        [
            Some(ErrorKind::Unavailable),
            Some(ErrorKind::Muted),
            Some(ErrorKind::Timeout),
            None,
            Some(ErrorKind::QuotaExceeded),
        ]
    );
    assert_eq!(scene.calls(), 4);
}
