//! `zpns simulate`.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use zpns_simulator::{FaultScript, Simulator};

use crate::Ending;
use crate::signals::Signals;

/// The arguments of `zpns simulate`.
#[derive(Args, Debug)]
pub(crate) struct SimulateArgs {
    /// Where to listen. With a port other than 0, the vendors take it and those after it.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where to write a config file that reaches the simulators.
    #[arg(long, value_name = "FILE")]
    config_out: PathBuf,
    /// Where to write tokens of every behaviour, as JSON.
    #[arg(long, value_name = "FILE")]
    tokens_out: Option<PathBuf>,
    /// A script of faults.
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
}

/// Serves until SIGINT or SIGTERM. Prints `ready` once everything is listening and written.
pub(crate) async fn run(args: SimulateArgs) -> Result<Ending> {
    let mut builder = Simulator::builder().listen(args.listen);
    if let Some(path) = &args.faults {
        let script = FaultScript::from_path(path)
            .with_context(|| format!("{}: not a fault script", path.display()))?;
        builder = builder.faults(script);
    }
    // Taken before `ready`: a signal right after it must not kill us halfway.
    let signal = Signals::new()?;
    let simulator = builder.start().await?;
    simulator.write_config(&args.config_out)?;
    if let Some(path) = &args.tokens_out {
        simulator.write_tokens(path)?;
    }
    let mut stdout = io::stdout();
    writeln!(stdout, "ready")
        .and_then(|()| stdout.flush())
        .context("stdout")?;
    signal.wait().await;
    simulator.shutdown().await;
    Ok(Ending::AllWell)
}
