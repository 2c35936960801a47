//! Days on which a mistake was found: each one small, as it was shrunk, and kept for good.

use std::sync::Arc;

use crate::check;
use crate::day::Broken;
use crate::schedule::*;

/// Nothing special.
fn vendor() -> VendorPlan {
    VendorPlan {
        batch: 1,
        batch_min: 1,
        latency: 0,
        deduplicates: false,
        collapse_replaces: false,
        allows_per_second: None,
        quota: None,
        spells: Vec::new(),
        settings: Settings {
            attempts: 6,
            base: 1_000,
            elapsed: 600_000,
            budget: None,
            attempt_timeout: 30_000,
            max_in_flight: 1,
            rate: None,
            breaker_at_least: 100,
            guard_at_least: 50,
            watched: true,
        },
    }
}

/// A chat at once, to so many live tokens of vendor 0.
fn send(targets: usize) -> SendPlan {
    SendPlan {
        at: 0,
        class: Class::Chat,
        targets: vec![target(); targets],
        way: Way::AtOnce,
        timeout: Some(60_000),
        ttl: None,
        at_least_once: false,
        collapses: false,
        dropped_after: None,
    }
}

fn target() -> TargetPlan {
    TargetPlan {
        channel: live(0),
        copies: 1,
        next: Vec::new(),
    }
}

fn live(vendor: usize) -> ChannelPlan {
    ChannelPlan {
        vendor,
        truth: Truth::Live,
        badge: None,
        hiccups: Vec::new(),
    }
}

fn at_first(lasts: Millis, weather: Weather) -> Vec<Spell> {
    vec![Spell {
        from: 0,
        lasts,
        weather,
    }]
}

fn day(
    vendors: Vec<VendorPlan>,
    sends: Vec<SendPlan>,
    happenings: Vec<Happening>,
) -> Arc<Schedule> {
    Arc::new(Schedule {
        seed: 0,
        to_midnight: 80_000_000,
        vendors,
        sends,
        happenings,
    })
}

#[track_caller]
fn holds(day: Arc<Schedule>) {
    if let Err(broken) = check(&day, &Broken::default()) {
        panic!("{broken}\n{day}");
    }
}

#[test]
fn what_waits_for_a_slot_does_not_outlive_its_time_to_live() {
    let mut vendor = vendor();
    vendor.settings.max_in_flight = 2;
    vendor.spells = at_first(1, Weather::Hangs { taken: false });
    let mut send = send(2);
    (send.class, send.ttl) = (Class::Campaign, Some(1));
    holds(day(vec![vendor], vec![send], Vec::new()));
}

#[test]
fn what_waits_for_a_slot_is_turned_away_by_a_breaker_that_opens_meanwhile() {
    let mut vendor = vendor();
    (
        vendor.settings.max_in_flight,
        vendor.settings.breaker_at_least,
    ) = (3, 2);
    vendor.spells = at_first(1_000, Weather::Hangs { taken: false });
    let mut send = send(3);
    send.class = Class::Campaign;
    send.way = Way::Streamed {
        source: 0,
        consumer: 1,
    };
    holds(day(vec![vendor], vec![send], Vec::new()));
}

#[test]
fn what_waits_for_a_slot_is_turned_away_once_the_quota_is_used_up() {
    let mut vendor = vendor();
    vendor.quota = Some(QuotaPlan {
        targets: 0,
        of_class: false,
    });
    vendor.latency = 100;
    let later = SendPlan { at: 10, ..send(1) };
    holds(day(vec![vendor], vec![send(1), later], Vec::new()));
}

#[test]
fn no_other_channel_is_used_after_an_attempt_without_an_answer_whatever_the_next_one_meets() {
    let mut sick = vendor();
    sick.deduplicates = true;
    sick.quota = Some(QuotaPlan {
        targets: 0,
        of_class: false,
    });
    sick.settings.attempt_timeout = 1;
    sick.spells = at_first(1, Weather::Slow(4_000));
    let mut send = send(1);
    send.targets[0].next = vec![live(1)];
    holds(day(vec![sick, vendor()], vec![send], Vec::new()));
}

#[test]
fn a_batch_that_nobody_polled_before_the_shutdown_does_not_go_out_after_it() {
    let mut send = send(1);
    send.way = Way::Streamed {
        source: 0,
        consumer: 426,
    };
    let unknown = TargetPlan {
        channel: live(2),
        copies: 3,
        next: Vec::new(),
    };
    let elsewhere = TargetPlan {
        channel: live(1),
        copies: 1,
        next: Vec::new(),
    };
    send.targets = vec![
        unknown,
        elsewhere.clone(),
        target(),
        target(),
        elsewhere.clone(),
        elsewhere,
    ];
    let shutdown = Happening::Shutdown { at: 0, grace: 0 };
    holds(day(vec![vendor(), vendor()], vec![send], vec![shutdown]));
}

#[test]
fn a_probe_that_gets_an_empty_report_is_over_like_any_other() {
    let mut vendor = vendor();
    (vendor.settings.attempts, vendor.settings.breaker_at_least) = (2, 2);
    vendor.spells = at_first(1_719, Weather::Down);
    vendor.spells.push(Spell {
        from: 1_719,
        lasts: 577,
        weather: Weather::Short,
    });
    let day = day(vec![vendor], vec![send(4)], Vec::new());
    let seeds = (0..64).map(|seed| {
        Arc::new(Schedule {
            seed,
            ..Schedule::clone(&day)
        })
    });
    seeds.for_each(holds);
}

#[test]
fn a_probe_that_waits_until_the_breaker_opens_anew_is_a_batch_like_any_other() {
    let mut vendor = vendor();
    vendor.batch = 3;
    vendor.settings.attempts = 1;
    vendor.settings.max_in_flight = 4;
    vendor.settings.breaker_at_least = 1;
    vendor.settings.rate = Some(RatePlan {
        per_second: 1,
        of_targets: true,
    });
    vendor.spells = at_first(1, Weather::Down);
    vendor.spells.push(Spell {
        from: 2_000,
        lasts: 100,
        weather: Weather::Slow(2_900),
    });

    let opens_it = send(3);
    let waits_for_the_rate = SendPlan {
        at: 510,
        class: Class::Campaign,
        ..send(3)
    };
    let closes_it = SendPlan {
        at: 1_020,
        class: Class::Call,
        ..send(1)
    };
    let mut opens_it_again = SendPlan {
        at: 2_030,
        class: Class::Call,
        ..send(1)
    };
    opens_it_again.targets[0].channel.hiccups = vec![Hiccup::Busy];
    let sends = vec![opens_it, waits_for_the_rate, closes_it, opens_it_again];
    holds(day(vec![vendor], sends, Vec::new()));
}
