//! The cases: name, what a provider must be able to do for it, what happens.

mod credentials;
mod faults;
mod lifecycle;
mod messages;
mod quotas;
mod retries;
mod verdicts;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use zpns::{Capability, Fields, Kinds};

use self::quotas::counts_the_day;
use crate::subjects::Subject;

/// One case.
pub(crate) struct Case {
    /// Its name.
    pub(crate) name: String,
    /// Whether this provider, with this capability, can be put to it.
    pub(crate) needs: fn(&Subject, &Capability) -> bool,
    /// Plays it; panics if something is not as it should be.
    pub(crate) run: Box<dyn Fn(&'static Subject) -> Run + Send>,
}

/// A case under way.
pub(crate) type Run = Pin<Box<dyn Future<Output = ()>>>;

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Lists cases as `needs: room::name`.
macro_rules! cases {
    ($($needs:ident: $room:ident::$name:ident,)*) => {
        vec![$(Case {
            name: stringify!($name).to_owned(),
            needs: $needs,
            run: Box::new(|subject| Box::pin($room::$name(subject))),
        }),*]
    };
}

/// Every case.
#[rustfmt::skip]
pub(crate) fn all() -> Vec<Case> {
    let mut cases = cases![
        any: verdicts::single,
        any: verdicts::in_the_sandbox,
        any: verdicts::no_target_at_all,
        any: verdicts::many_targets_each_pushed_once_and_answered_in_order,
        any: verdicts::a_target_given_twice_is_answered_twice,
        any: verdicts::mixed_verdicts_each_for_its_own_target,
        any: verdicts::dead_token,
        foreign: verdicts::foreign_token_is_kept,
        any: verdicts::malformed_token,
        any: verdicts::the_vendors_own_refusals,
        any: verdicts::unknown_provider,

        any: retries::transient_error_is_retried_to_acceptance,
        any: retries::flaky_device,
        unary: retries::only_the_undelivered_are_retried,
        any: retries::rate_limit_waits_as_long_as_the_vendor_asks,
        any: retries::rate_limit_beyond_the_deadline_is_reported,
        any: retries::storm_of_429,
        any: retries::a_lasting_outage_ends_as_unavailable,
        ttl: retries::a_retry_never_outlives_the_ttl,
        any: retries::a_retry_carries_the_same_id,

        any: credentials::credential_failure_stops_further_calls,
        tells_wrong: credentials::wrong_credentials,
        permitted: credentials::missing_permission,
        renewing: credentials::expired_auth_is_one_refresh_and_one_resend,
        renewing: credentials::many_pushes_that_expire_at_once_share_one_refresh,
        renewing: credentials::expired_again_on_a_fresh_credential,
        signing: credentials::a_wrong_clock_is_named,
        renewing: credentials::credentials_are_renewed_before_they_end,
        any: credentials::a_thousand_sends_share_one_auth_exchange,
        provable: credentials::check_proves_the_credentials_and_reaches_nobody,
        tells_wrong: credentials::check_tells_wrong_credentials,
        any: credentials::debug_shows_no_secret_and_no_token,

        counts_the_day: quotas::a_used_up_day_closes_its_class_until_the_vendors_midnight,
        any: quotas::what_concerns_one_device_or_one_message_closes_nothing,

        alert: messages::texts_arrive_in_every_script,
        payload: messages::payload_and_data_arrive_intact,
        any: messages::every_field_it_honours_is_accepted,
        calls: messages::every_event_of_a_call_is_accepted,
        any: messages::a_field_it_lacks_is_refused_before_any_io,
        any: messages::a_field_it_may_leave_out_is_noted,
        any: messages::a_kind_it_lacks_is_refused_before_any_io,
        payload: messages::oversize_is_refused_before_any_io,
        limited: messages::long_text_is_cut_between_graphemes_and_noted,
        limited: messages::long_text_is_refused_if_the_caller_wants_no_cut,
        silent: messages::silent_push_shows_nothing,
        silent: messages::silent_push_with_a_text_is_refused_before_any_io,
        any: messages::a_misspelt_vendor_option_is_refused_before_any_io,
        any: messages::an_option_of_another_vendor_does_no_harm,

        any: lifecycle::cancellation,
        any: lifecycle::shutdown_drains,
        tells_wrong: lifecycle::wrong_credentials_are_replaced_without_a_restart,
        any: lifecycle::credentials_replaced_in_the_middle_of_a_stream,
        any: lifecycle::a_sick_vendor_never_delays_another,
        any: lifecycle::unknown_authority_is_refused,
        any: lifecycle::nobody_listens,
        any: lifecycle::stream_limit_of_one,
        any: lifecycle::streams_that_open_after_the_first_answer,
        any: lifecycle::a_stream_limit_that_falls_under_way,
        any: lifecycle::requests_under_way_are_bounded_by_the_config,
    ];
    cases.extend(faults::cases());
    cases
}

fn any(_: &Subject, _: &Capability) -> bool {
    true
}

/// One request per target: what hits a request hits one target.
fn unary(_: &Subject, capability: &Capability) -> bool {
    capability.batch == 1
}

fn foreign(subject: &Subject, _: &Capability) -> bool {
    subject.wire.foreign.is_some()
}

/// The vendor tells wrong credentials from others.
fn tells_wrong(subject: &Subject, _: &Capability) -> bool {
    subject.wire.wrong_credentials.is_some()
}

/// There are good credentials that may not do everything.
fn permitted(subject: &Subject, _: &Capability) -> bool {
    subject.wire.no_permission.is_some()
}

/// A call proves the credentials, and reaches nobody.
fn provable(subject: &Subject, _: &Capability) -> bool {
    subject.wire.provable
}

/// Credentials end, and are renewed.
fn renewing(subject: &Subject, _: &Capability) -> bool {
    subject.wire.renews
}

/// What we sign holds the time.
fn signing(subject: &Subject, _: &Capability) -> bool {
    subject.wire.signs_the_time
}

fn alert(_: &Subject, capability: &Capability) -> bool {
    capability.kinds.contains(Kinds::ALERT)
}

fn silent(_: &Subject, capability: &Capability) -> bool {
    capability.kinds.contains(Kinds::SILENT)
}

fn calls(_: &Subject, capability: &Capability) -> bool {
    capability.kinds.contains(Kinds::CALL)
}

fn payload(_: &Subject, capability: &Capability) -> bool {
    capability.fields.contains(Fields::PAYLOAD)
}

fn ttl(_: &Subject, capability: &Capability) -> bool {
    capability.fields.contains(Fields::TTL)
}

fn limited(_: &Subject, capability: &Capability) -> bool {
    capability.payload_limit.is_some()
}
