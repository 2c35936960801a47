//! End to end: the APNs and the FCM path against a cheap local server, with `a2` and `reqwest` on
//! the same server in the same run. Prints Markdown, and says of every goal whether it is reached.
//!
//! Client and server are two processes on a core each. What is compared is the CPU time of the
//! client's process, which does not depend on what else the machine does nearly as much as the
//! time on the wall; clients take turns, round by round, and medians are shown.
//!
//! `--test` runs everything once with few pushes; its figures mean nothing.
#![allow(clippy::print_stdout, reason = "the tables are the result")]

mod throughput {
    pub(crate) mod cpu;
    pub(crate) mod latency;
    pub(crate) mod memory;
    pub(crate) mod scale;
}

use zpns_benches::ours::Credentials;
use zpns_benches::{server, usage};

use self::throughput::scale::Scale;
use self::throughput::{cpu, latency, memory};

fn main() -> anyhow::Result<()> {
    if server::serve_if_asked()? || memory::stream_if_asked()? {
        return Ok(());
    }
    usage::pin_to_core(0);
    let scale = if std::env::args().any(|argument| argument == "--test") {
        Scale::smoke()
    } else {
        Scale::full()
    };
    let credentials = Credentials::generate()?;
    cpu::report(&scale, &credentials)?;
    latency::report(&scale, &credentials)?;
    memory::report(&scale)
}
