//! What a plugin's copy of Rust's global things is wired to: the host's.

pub(crate) mod clock;
pub(crate) mod current;
pub(crate) mod http;
pub(crate) mod logging;
pub(crate) mod panics;
mod waiters;

use crate::host::Host;

/// Sends this library's logs and panics to its hosts. Once per library; not if it is linked into its
/// host, whose own logging and panic hook it shares then.
pub(crate) fn install(host: &Host) {
    current::remember(host);
    if !host.is_same_library() {
        logging::install();
        panics::install();
    }
}
