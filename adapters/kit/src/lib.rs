//! What the vendor adapters of zpns share. It opens no connection of its own.
//!
//! * [`Wire`]: the HTTP client of a provider, its address, and how long a call may take;
//! * [`TokenCache`]: one provider token for everybody, refreshed once; [`Login`]: a push with such
//!   a token, made once more if it had expired;
//! * [`jwt`]: signing with a key from a PEM file;
//! * [`retry_after`], [`clock_skew`], [`http_error`]: what an answer, or the lack of one, says;
//! * [`Verdict`]: a row of a decision table, and the [`Outcome`](zpns_core::Outcome) it leads to;
//!   [`Decision`]: such a row with the vendor's words;
//! * [`Sorted`], [`Listed`], [`Halving`]: the targets of one request, and what came of each;
//! * [`oauth`]: credentials, exchanged for an access token;
//! * [`config`]: keys of the config file; [`rules`]: limits of a message's fields; [`intent`] and
//!   [`positive_number`]: what Android vendors want in the place of links and ids;
//! * [`ListTemplate`]: a JSON body, serialised once, to which every batch adds its tokens;
//! * [`truncate`], [`fit`]: texts that are too long, cut between graphemes;
//! * [`merge_patch`]: the raw merge that comes last into a body;
//! * [`docs`]: the tables of an adapter's README, generated.
#![forbid(unsafe_code)]

mod answer;
pub mod config;
pub mod docs;
mod fit;
mod halving;
mod ids;
pub mod intent;
pub mod jwt;
mod list_template;
mod login;
mod merge;
pub mod oauth;
mod reply;
pub mod rules;
mod targets;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod token_cache;
mod truncate;
mod verdict;
mod wire;

pub use self::answer::{clock_skew, http_error, retry_after};
pub use self::fit::fit;
pub use self::halving::Halving;
pub use self::ids::positive_number;
pub use self::list_template::ListTemplate;
pub use self::login::{Attempts, Login, bearer_headers};
pub use self::merge::merge_patch;
pub use self::reply::{
    Decision, error_of, is_gateways, one_line, result_of, status_code, with_clock_skew, written,
};
pub use self::targets::{Listed, Sorted, blank_token};
pub use self::token_cache::{CachePolicy, Cached, Invalidated, Lease, LeaseFuture, TokenCache};
pub use self::truncate::{truncate, truncate_chars, truncate_marked};
pub use self::verdict::{Answered, RetryClass, TokenFate, Verdict};
pub use self::wire::{MakeBody, Wire};
