//! Days at random. What comes first in each choice is the quietest, which is where shrinking goes.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::schedule::*;

/// Everything happens within this time, most of it early.
const DAY: Millis = 60_000;

pub(crate) fn schedules() -> impl Strategy<Value = Arc<Schedule>> {
    let vendors = vec(vendor(), 1..=3);
    let happenings = vec(happening(), 0..=2);
    let to_midnight = prop_oneof![Just(80_000_000), 1..=40_000u64];
    (
        any::<u8>(),
        to_midnight,
        vendors,
        vec(send(), 1..=3),
        happenings,
    )
        .prop_map(|(seed, to_midnight, vendors, sends, mut happenings)| {
            let mut is_shut_down = false;
            happenings.retain(|happening| match happening {
                Happening::Shutdown { .. } => !std::mem::replace(&mut is_shut_down, true),
                _ => true,
            });
            let seed = seed.into();
            Arc::new(Schedule {
                seed,
                to_midnight,
                vendors,
                sends,
                happenings,
            })
        })
}

fn flag(one_in: u32) -> impl Strategy<Value = bool> {
    prop_oneof![(one_in - 1) => Just(false), 1 => Just(true)]
}

fn vendor() -> impl Strategy<Value = VendorPlan> {
    let size = prop_oneof![2 => Just(1usize), 1 => 2..=8usize];
    let latency = prop_oneof![Just(0), 1..=200u64];
    let quota =
        (0..=8usize, flag(2)).prop_map(|(targets, of_class)| QuotaPlan { targets, of_class });
    (
        (size, flag(4), latency, flag(3), flag(3)),
        prop_oneof![4 => Just(None), 1 => (1..=4usize).prop_map(Some)],
        prop_oneof![4 => Just(None), 1 => quota.prop_map(Some)],
        vec(spell(), 0..=2),
        settings(),
    )
        .prop_map(
            |(
                (batch, pairs, latency, deduplicates, collapse_replaces),
                allows_per_second,
                quota,
                spells,
                settings,
            )| {
                VendorPlan {
                    batch,
                    batch_min: if pairs && batch > 2 { 2 } else { 1 },
                    latency,
                    deduplicates,
                    collapse_replaces,
                    allows_per_second,
                    quota,
                    spells,
                    settings,
                }
            },
        )
}

fn spell() -> impl Strategy<Value = Spell> {
    let weather = prop_oneof![
        (1..=20_000u64).prop_map(Weather::Slow),
        Just(Weather::Down),
        Just(Weather::EveryOther),
        (0..=5_000u64).prop_map(Weather::TooFast),
        any::<bool>().prop_map(|taken| Weather::Lost { taken }),
        any::<bool>().prop_map(|taken| Weather::Hangs { taken }),
        Just(Weather::RefusesCredentials),
        Just(Weather::Garbles),
        Just(Weather::Short),
    ];
    let from = prop_oneof![Just(0), 0..=10_000u64];
    let lasts = prop_oneof![1..=5_000u64, Just(DAY)];
    (from, lasts, weather).prop_map(|(from, lasts, weather)| Spell {
        from,
        lasts,
        weather,
    })
}

fn settings() -> impl Strategy<Value = Settings> {
    let rate = (1..=40u32, flag(2)).prop_map(|(per_second, of_targets)| RatePlan {
        per_second,
        of_targets,
    });
    (
        prop_oneof![2 => Just(6u32), 1 => 1..=6u32],
        prop_oneof![2 => Just(1_000u64), 1 => 1..=4_000u64],
        prop_oneof![Just(600_000), 1..=20_000u64],
        prop_oneof![3 => Just(None), 1 => (1..=20u32, 0..=10u32).prop_map(Some)],
        prop_oneof![Just(30_000u64), 1..=5_000u64],
        1..=4usize,
        prop_oneof![3 => Just(None), 1 => rate.prop_map(Some)],
        prop_oneof![Just(100u64), 1..=5u64],
        prop_oneof![Just(50u64), 1..=4u64],
        flag(2),
    )
        .prop_map(
            |(
                attempts,
                base,
                elapsed,
                budget,
                attempt_timeout,
                max_in_flight,
                rate,
                breaker_at_least,
                guard_at_least,
                plain,
            )| Settings {
                attempts,
                base,
                elapsed,
                budget,
                attempt_timeout,
                max_in_flight,
                rate,
                breaker_at_least,
                guard_at_least,
                watched: !plain,
            },
        )
}

fn send() -> impl Strategy<Value = SendPlan> {
    let class = prop_oneof![Just(Class::Chat), Just(Class::Call), Just(Class::Campaign)];
    let pause = || prop_oneof![3 => Just(0u64), 1 => 1..=500u64];
    let streamed =
        (pause(), pause()).prop_map(|(source, consumer)| Way::Streamed { source, consumer });
    let targets = prop_oneof![
        // To targets, and to recipients.
        2 => vec((channel(), copies()).prop_map(|(channel, copies)| TargetPlan { channel, copies, next: Vec::new() }), 0..=12),
        1 => vec((channel(), vec(channel(), 0..=2)).prop_map(|(channel, next)| TargetPlan { channel, copies: 1, next }), 0..=8),
    ];
    (
        prop_oneof![Just(0), 0..=10_000u64],
        class,
        targets,
        prop_oneof![Just(Way::AtOnce), streamed],
        prop_oneof![2 => Just(None), 1 => Just(Some(60_000u64)), 2 => (0..=20_000u64).prop_map(Some)],
        prop_oneof![3 => Just(None), 1 => Just(Some(0u64)), 2 => (1..=20_000u64).prop_map(Some)],
        flag(4),
        flag(4),
        prop_oneof![3 => Just(None), 1 => (0..=15_000u64).prop_map(Some)],
    )
        .prop_map(|(at, class, targets, way, timeout, ttl, at_least_once, collapses, dropped_after)| SendPlan {
            at,
            class,
            targets,
            way,
            timeout,
            ttl,
            at_least_once,
            collapses,
            dropped_after,
        })
}

fn copies() -> impl Strategy<Value = usize> {
    prop_oneof![9 => Just(1usize), 1 => 2..=3usize]
}

fn channel() -> impl Strategy<Value = ChannelPlan> {
    let truth = prop_oneof![
        6 => Just(Truth::Live),
        2 => Just(Truth::Dead),
        1 => Just(Truth::Moved),
        1 => Just(Truth::OfAnotherApp),
        1 => Just(Truth::Muted),
    ];
    let hiccup = prop_oneof![
        3 => Just(Hiccup::Busy),
        1 => (0..=8_000u64).prop_map(Hiccup::Later),
        2 => any::<bool>().prop_map(|taken| Hiccup::Lost { taken }),
        1 => any::<bool>().prop_map(|taken| Hiccup::Broken { taken }),
    ];
    let hiccups = prop_oneof![2 => Just(Vec::new()), 1 => vec(hiccup, 0..=3)];
    let badge = prop_oneof![4 => Just(None), 1 => (0..=1u32).prop_map(Some)];
    (0..=3usize, truth, badge, hiccups).prop_map(|(vendor, truth, badge, hiccups)| ChannelPlan {
        vendor,
        truth,
        badge,
        hiccups,
    })
}

fn happening() -> impl Strategy<Value = Happening> {
    let at = || 0..=15_000u64;
    prop_oneof![
        2 => (at(), 0..=2usize).prop_map(|(at, vendor)| Happening::Replaced { at, vendor }),
        2 => (at(), 0..=2usize).prop_map(|(at, vendor)| Happening::GuardReleased { at, vendor }),
        1 => (at(), 0..=5_000u64).prop_map(|(at, grace)| Happening::Shutdown { at, grace }),
    ]
}
