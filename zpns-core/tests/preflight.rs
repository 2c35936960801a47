//! Preflight rules: what is said before anything is sent, and what is refused.

mod common;

use common::*;
use zpns_core::layers::Delivery;
use zpns_core::preflight::{COMMON, Facts, Preflight, Rule, Severity, rules_of};
use zpns_core::{
    CallEvent, ErrorKind, Kind, Notification, Outcome, ProviderInfo, Report, Router, Sound,
    Timestamp, Vendor,
};

static HOUSE: [Rule; 2] = [
    Rule::error("house.shouting", "the title is all in capitals", |facts| {
        let title = facts.notification.title.as_deref().unwrap_or_default();
        title.len() > 3 && title.to_uppercase() == title
    }),
    Rule::warning("house.silence", "there is no sound", |facts| {
        facts.notification.sound == Sound::None
    }),
];

fn shouting() -> Notification {
    Notification::alert("LUNCH!", "now").with_sound(Sound::None)
}

/// What a router with the house's rules makes of a push, and how often the vendor was called.
async fn push(message: &Notification, settings: &[(&str, Severity)]) -> (Report, usize) {
    let provider = Scripted::new("house", 10, 1).with_rules(&HOUSE).arc();
    let mut delivery = Delivery::default();
    for (rule, severity) in settings {
        delivery.preflight.set(*rule, *severity);
    }
    let router = Router::builder(paused())
        .provider_with(provider.clone(), delivery)
        .build();
    let report = router.send(message, targets("house", 2)).await;
    (report, provider.calls().len())
}

#[tokio::test(start_paused = true)]
async fn an_error_refuses_every_target_before_anything_is_sent_and_names_its_rule() {
    let (report, calls) = push(&shouting(), &[]).await;
    assert_eq!((report.rejected(), calls), (2, 0));
    for outcome in report.outcomes() {
        let Outcome::Rejected(rejection) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(rejection.kind, ErrorKind::Suppressed);
        assert_eq!(
            rejection.reason,
            "preflight rule house.shouting: the title is all in capitals"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_warning_stands_in_the_report_and_the_push_goes_out() {
    let lenient = [("house.shouting", Severity::Warning)];
    let (report, calls) = push(&shouting(), &lenient).await;
    assert_eq!((report.accepted(), calls), (2, 1));
    let warnings = &report.notes(0).unwrap().warnings;
    let wanted = [
        "house.shouting: the title is all in capitals",
        "house.silence: there is no sound",
    ];
    assert_eq!(*warnings, wanted);
}

#[tokio::test(start_paused = true)]
async fn what_is_off_says_nothing() {
    let off = HOUSE.each_ref().map(|rule| (rule.name, Severity::Off));
    let (report, calls) = push(&shouting(), &off).await;
    assert_eq!((report.accepted(), calls), (2, 1));
    assert!(
        report
            .notes(0)
            .is_none_or(|notes| notes.warnings.is_empty())
    );
}

#[test]
fn a_setting_for_a_rule_that_there_is_not_is_named_with_those_that_there_are() {
    let provider = Scripted::new("house", 1, 1).with_rules(&HOUSE).arc();
    let mut settings = Preflight::default();
    settings.set("house.silence", Severity::Error);
    assert!(settings.check(&*provider).is_ok());
    settings.set("house.silense", Severity::Off);
    let error = settings.check(&*provider).unwrap_err().to_string();
    for part in ["house.silense", "house.silence", COMMON[0].name] {
        assert!(error.contains(part), "lacks `{part}`: {error}");
    }
    let names: Vec<_> = rules_of(&*provider).map(|rule| rule.name).collect();
    assert_eq!(names.len(), COMMON.len() + HOUSE.len());
}

/// For every common rule a message for which it holds, and one close by for which it does not.
fn common_cases() -> Vec<(&'static str, Notification, Notification)> {
    let invite = || {
        let mut message = Notification::alert("Alice", "calls");
        message.kind = Kind::Call(CallEvent::Invite);
        message
    };
    let seconds = std::time::Duration::from_secs;
    vec![
        (
            "call_without_ttl",
            invite().with_ttl(seconds(61)),
            invite().with_ttl(seconds(60)),
        ),
        ("call_without_ttl", invite(), alert()),
        (
            "nothing_to_show",
            Notification::alert("", ""),
            Notification::alert("", "text"),
        ),
    ]
}

#[test]
fn every_common_rule_holds_where_it_should_and_not_close_by() {
    let provider = ProviderInfo::new("house", Vendor::new("scripted"));
    let cases = common_cases();
    for rule in COMMON {
        let mut tried = 0;
        for (_, holds, not) in cases.iter().filter(|(name, ..)| *name == rule.name) {
            let ask = |message| (rule.holds)(&Facts::new(message, &provider, Timestamp::default()));
            assert!(ask(holds), "{}: {holds:?}", rule.name);
            assert!(!ask(not), "{}: {not:?}", rule.name);
            tried += 1;
        }
        assert!(tried > 0, "`{}` has no case", rule.name);
    }
}
