//! The `zpns` command: sends pushes, checks credentials, lists preflight rules, simulates vendors.
//!
//! Results go to stdout, one JSON object per line; everything else goes to stderr. Exit code 0:
//! all went well; 1: something was not accepted; 2: the call or the configuration is wrong.
#![forbid(unsafe_code)]

mod check;
mod message;
mod output;
#[cfg(feature = "plugins")]
mod plugin;
mod progress;
#[cfg(feature = "outbox")]
mod queue;
mod rules;
mod send;
mod signals;
mod simulate;
mod tokens;
mod users;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// Push to phones through every vendor's channel.
#[derive(Parser, Debug)]
#[command(name = "zpns", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Send a message to devices; one JSON line per device.
    Send(Box<send::SendArgs>),
    /// Check the credentials of every provider; nothing reaches a device.
    Check(check::CheckArgs),
    /// List what is looked at before anything is sent; one JSON line per provider and rule.
    Rules(rules::RulesArgs),
    #[command(flatten)]
    Users(users::UserCommand),
    /// Durable push jobs: they survive a kill, wait for their time, are paused and resumed.
    #[cfg(feature = "outbox")]
    #[command(subcommand)]
    Queue(queue::QueueCommand),
    /// Run every vendor's simulator until a signal.
    Simulate(simulate::SimulateArgs),
    /// Look at vendor plugins.
    #[cfg(feature = "plugins")]
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
}

/// How a call ended that was not wrong in itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ending {
    /// All went well.
    AllWell,
    /// Something was not accepted.
    SomeNot,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr();
    let ending = match cli.command {
        Command::Send(args) => send::run(*args).await,
        Command::Check(args) => check::run(args).await,
        Command::Rules(args) => rules::run(&args),
        Command::Users(command) => users::run(command).await,
        #[cfg(feature = "outbox")]
        Command::Queue(command) => queue::run(command).await,
        Command::Simulate(args) => simulate::run(args).await,
        #[cfg(feature = "plugins")]
        Command::Plugin(command) => plugin::run(&command),
    };
    match ending {
        Ok(Ending::AllWell) => ExitCode::SUCCESS,
        Ok(Ending::SomeNot) => ExitCode::from(1),
        Err(error) => {
            output::complain(&format!("zpns: {error:#}"));
            ExitCode::from(2)
        }
    }
}

fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}
