//! The scenarios, and whom each of them leaves out.

mod batches;
mod cancellation;
mod connections;
mod credentials;
mod flapping;
mod outage;
mod pace;
mod quota;
mod replacement;
mod shutdown;
mod slow;

use std::pin::Pin;

use crate::subjects::{SUBJECTS, Subject};

/// What befalls a vendor.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Vendors to whom it cannot happen, each with the reason.
    left_out: &'static [(&'static str, &'static str)],
    pub(crate) run: fn(&'static Subject) -> Pin<Box<dyn Future<Output = ()>>>,
}

impl Scenario {
    /// Whether it can happen to this vendor.
    pub(crate) fn takes(&self, subject: &Subject) -> bool {
        let mut left_out = self.left_out.iter();
        !left_out.any(|(vendor, _)| *vendor == subject.vendor)
    }
}

macro_rules! scenarios {
    ($($left_out:expr => $($path:ident)::+;)*) => {
        &[$(Scenario {
            name: last(stringify!($($path)::+)),
            left_out: $left_out,
            run: |subject| Box::pin($($path)::+(subject)),
        }),*]
    };
}

/// The name of a function by its path.
const fn last(path: &'static str) -> &'static str {
    let bytes = path.as_bytes();
    let mut start = bytes.len();
    while start > 0 && bytes[start - 1] != b':' && bytes[start - 1] != b' ' {
        start -= 1;
    }
    path.split_at(start).1
}

const NOBODY: &[(&str, &str)] = &[];

/// Who proves itself with a key that never ends.
const NO_RENEWAL: &[(&str, &str)] = &[
    (
        "meizu",
        "signs every request with its secret: nothing ends, nothing is renewed",
    ),
    (
        "xiaomi",
        "sends its secret as it is: nothing ends, nothing is renewed",
    ),
];

/// Whose credentials nobody can tell from others.
const NO_WRONG_CREDENTIALS: &[(&str, &str)] = &[(
    "webpush",
    "any key is a good one until a subscription is made with another",
)];

/// Whose 429 says nothing about the pace of all pushes together.
const OWN_PACE: &[(&str, &str)] = &[
    (
        "apns",
        "TooManyRequests speaks of one device; there is no limit on all pushes",
    ),
    (
        "webpush",
        "429 speaks of one browser; there is no limit on all pushes",
    ),
];

/// Who has no quota of the day.
const NO_QUOTA: &[(&str, &str)] = &[
    ("apns", "has no daily quota"),
    ("fcm", "its QUOTA_EXCEEDED is a rate, mended within minutes"),
    ("honor", "no page names the code of a quota that is used up"),
    ("webpush", "push services have no daily quota"),
];

/// Whose answer is about the whole request where it is not about dead tokens.
const ALL_OR_NOTHING: &[(&str, &str)] = &[
    (
        "huawei",
        "a partial answer names dead tokens only; a request is unavailable as a whole",
    ),
    (
        "harmony",
        "a partial answer names dead tokens only; a request is unavailable as a whole",
    ),
    (
        "vivo",
        "`invalidUsers` are dead or muted; a request is unavailable as a whole",
    ),
    (
        "xiaomi",
        "`bad_regids` are dead; a request is unavailable as a whole",
    ),
];

/// Every scenario, in the order of the issue.
pub(crate) const ALL: &[Scenario] = scenarios! {
    NOBODY => outage::one_vendor_that_never_answers_holds_up_none_of_the_others;
    NOBODY => outage::an_outage_beyond_the_ttl_or_the_deadline_is_not_retried_beyond_it;
    NOBODY => flapping::a_vendor_that_comes_and_goes_gets_every_push_once;
    NOBODY => slow::answers_that_trickle_hold_up_no_other_push;
    NOBODY => slow::a_trickling_answer_that_is_whole_in_time_counts;
    NOBODY => connections::a_storm_of_goaways_loses_nothing_and_repeats_nothing;
    NOBODY => connections::connections_that_die_under_many_pushes_leave_one_true_outcome_each;
    NOBODY => connections::one_stream_at_a_time_is_enough_for_a_campaign;
    NO_RENEWAL => credentials::a_storm_of_expired_credentials_is_one_renewal;
    OWN_PACE => pace::waves_of_rate_limits_slow_the_pace_down_and_it_recovers;
    NO_QUOTA => quota::a_quota_used_up_mid_campaign_is_not_asked_again_before_midnight;
    ALL_OR_NOTHING => batches::when_half_of_a_batch_fails_twice_only_that_half_is_sent_again;
    NOBODY => batches::when_half_of_the_batches_fail_twice_only_those_are_sent_again;
    NOBODY => shutdown::a_shutdown_mid_campaign_drains_what_is_under_way;
    NOBODY => shutdown::a_shutdown_ends_although_a_vendor_never_answers;
    NOBODY => cancellation::a_push_can_be_dropped_at_every_await_point;
    NOBODY => cancellation::a_stream_can_be_dropped_at_every_await_point;
    NO_RENEWAL => cancellation::dropping_who_renews_a_credential_strands_nobody_else;
    NOBODY => replacement::credentials_replaced_under_load_lose_and_repeat_nothing;
    NO_WRONG_CREDENTIALS => replacement::revoked_credentials_are_replaced_mid_campaign;
};

/// Every vendor that is left out exists, and is left out for a reason.
pub(crate) fn rows_are_sound() {
    for scenario in ALL {
        for (vendor, reason) in scenario.left_out {
            let known = [
                "apns", "fcm", "honor", "huawei", "harmony", "meizu", "oppo", "vivo", "webpush",
                "xiaomi",
            ];
            assert!(
                known.contains(vendor),
                "{}: no vendor `{vendor}`",
                scenario.name
            );
            assert!(reason.len() > 10, "{}: {vendor}", scenario.name);
        }
        let taken = SUBJECTS.iter().filter(|subject| scenario.takes(subject));
        assert!(
            SUBJECTS.is_empty() || taken.count() >= 5,
            "{}",
            scenario.name
        );
    }
}
