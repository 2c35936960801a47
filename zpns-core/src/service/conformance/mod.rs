//! What every implementation of the service's stores has to pass.
//!
//! A store runs the whole suite with one line in a test file:
//!
//! ```ignore
//! zpns_core::registry_conformance!(async { MyRegistry::empty().await });
//! ```
//!
//! Not covered by semantic versioning: cases are added as mistakes become known.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a case fails by panicking, and its name says what it proves"
)]

mod badges;
mod expressions;
mod model;
mod presence;
mod registry;
mod registry_model;

pub use self::badges::*;
pub use self::expressions::a_search_finds_what_any_expression_means;
pub use self::presence::*;
pub use self::registry::*;
pub use self::registry_model::every_sequence_of_changes_ends_as_in_the_model;

/// Makes a test of every case for a [`Registry`](crate::service::Registry). The expression is a
/// future that makes an empty registry of its own each time; it is evaluated several times.
///
/// With `where there;` in front, every test passes at once where `there` is false: for a store whose
/// server is not on every machine.
///
/// The crate that calls it needs `tokio` with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! registry_conformance {
    ($empty:expr) => {
        $crate::registry_conformance!(where true; $empty);
    };
    (where $there:expr; $empty:expr) => {
        $crate::registry_conformance!(@tests Registry, $there, $empty;
            a_token_registered_again_is_the_same_device
            a_registration_replaces_the_channels_and_keeps_the_user
            a_registration_that_is_not_possible_is_refused_and_changes_nothing
            a_token_that_moves_to_another_device_leaves_the_first
            a_token_may_be_the_same_text_at_two_providers
            a_rotated_token_stays_in_its_place
            a_device_is_one_users_at_a_time
            a_late_log_out_does_not_log_out_the_next_user
            a_forced_log_out_spares_one_device
            an_unregistered_device_is_gone_with_its_tokens
            tags_and_attributes_are_set_and_removed
            pages_hold_every_device_once_in_order
            pages_of_users_hold_their_devices_only
            pages_of_an_expression_hold_what_it_means
            a_search_finds_what_any_expression_means
            a_page_is_stable_while_devices_come_and_go
            a_dropped_token_is_dead_until_it_is_registered_again
            a_vendors_word_older_than_the_registration_drops_nothing
            a_bulk_of_verdicts_says_of_each_whether_it_changed_anything
            a_replaced_token_takes_the_place_of_the_old_one
            a_replacement_never_takes_a_token_from_another_device
            a_muted_token_is_muted_until_then
            dead_devices_are_forgotten_after_their_retention
            an_export_fills_another_registry_with_the_same_devices
            a_restored_device_takes_its_tokens_back
            at_the_same_time_a_token_gets_one_owner
            at_the_same_time_a_device_gets_one_user
            every_sequence_of_changes_ends_as_in_the_model
        );
    };
    (@tests $store:ident, $there:expr, $empty:expr; $($case:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                if !$there {
                    return;
                }
                $crate::service::conformance::$case(|| async {
                    let store = $empty.await;
                    std::sync::Arc::new(store) as std::sync::Arc<dyn $crate::service::$store>
                })
                .await;
            }
        )*
    };
}

/// Makes a test of every case for a [`Presence`](crate::service::Presence), as
/// [`registry_conformance`](crate::registry_conformance) does for a registry.
#[macro_export]
macro_rules! presence_conformance {
    ($empty:expr) => {
        $crate::presence_conformance!(where true; $empty);
    };
    (where $there:expr; $empty:expr) => {
        $crate::registry_conformance!(@tests Presence, $there, $empty;
            everybody_is_offline_until_reported
            a_report_holds_until_it_expires_or_the_next_one
            each_device_of_a_user_has_a_state_of_its_own
            at_log_out_every_device_may_go_offline
        );
    };
}

/// Makes a test of every case for [`Badges`](crate::service::Badges), as
/// [`registry_conformance`](crate::registry_conformance) does for a registry.
#[macro_export]
macro_rules! badges_conformance {
    ($empty:expr) => {
        $crate::badges_conformance!(where true; $empty);
    };
    (where $there:expr; $empty:expr) => {
        $crate::registry_conformance!(@tests Badges, $there, $empty;
            a_counter_is_zero_until_something_is_counted
            a_message_counts_once_for_each_user
            a_counter_is_set_and_never_overflows
            at_the_same_time_every_message_counts_once
        );
    };
}
