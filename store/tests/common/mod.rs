//! Servers that are not on every machine.

use std::io::Write;
use std::sync::Once;

/// The URL of a server for tests, from the environment; without one says so, once.
pub(crate) fn server(variable: &str, said: &Once) -> Option<String> {
    let url = std::env::var(variable).ok().filter(|url| !url.is_empty());
    if url.is_none() {
        // Past the capture of the test harness: somebody is to see it.
        said.call_once(|| {
            let line = format!("skipped: {variable} is not set (see .ci/servers)");
            let _ = writeln!(std::io::stderr(), "{line}");
        });
    }
    url
}
