//! The commands that know users: on the store that the config file names.

mod bind;
mod devices;
mod lines;
mod logout;
mod push;
mod register;
mod strategies;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use clap::{Args, Subcommand};
use zpns::resources::SystemClock;
use zpns::service::Registry;
use zpns::{Clock, Config, Timestamp};

use crate::Ending;

/// The commands.
#[derive(Subcommand, Debug)]
pub(crate) enum UserCommand {
    /// Register a device, or many from an export; one JSON line per device.
    Register(Box<register::RegisterArgs>),
    /// Log a user in on a device: what goes to the user goes there from now on.
    Bind(bind::BindArgs),
    /// Log out on a device, or a user on all devices; one JSON line per device.
    Logout(logout::LogoutArgs),
    /// List devices; each line is what `register --from` takes.
    Devices(devices::DevicesArgs),
    /// Push a message to users; one JSON line per device.
    Push(Box<push::PushArgs>),
    /// List the strategies of the config file; one JSON line per resource id.
    Strategies(strategies::StrategiesArgs),
}

/// Does what a command says.
pub(crate) async fn run(command: UserCommand) -> Result<Ending> {
    match command {
        UserCommand::Register(args) => register::run(*args).await,
        UserCommand::Bind(args) => bind::run(args).await,
        UserCommand::Logout(args) => logout::run(args).await,
        UserCommand::Devices(args) => devices::run(args).await,
        UserCommand::Push(args) => push::run(*args).await,
        UserCommand::Strategies(args) => strategies::run(&args),
    }
}

/// The config file.
#[derive(Args, Debug)]
struct ConfigArgs {
    /// The config file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl ConfigArgs {
    fn load(&self) -> Result<Config> {
        Ok(Config::load(&self.config)?)
    }

    /// The devices of its `[store]`.
    async fn registry(&self) -> Result<Arc<dyn Registry>> {
        Ok(self.load()?.open_store().await?.registry)
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::new())
}

fn now() -> Timestamp {
    clock().now()
}
