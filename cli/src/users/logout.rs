//! `zpns logout`.

use std::io;

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;
use zpns::service::{PushId, UserId};

use super::ConfigArgs;
use crate::Ending;
use crate::output::json_line;

/// The arguments of `zpns logout`.
#[derive(Args, Debug)]
pub(crate) struct LogoutArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The device; with a user, only if it is that user's.
    #[arg(long, value_name = "PUSH_ID", required_unless_present = "all_devices")]
    device: Option<PushId>,
    /// The user.
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Every device of the user.
    #[arg(long, requires = "user", conflicts_with = "device")]
    all_devices: bool,
    /// With `--all-devices`: but this one.
    #[arg(long, value_name = "PUSH_ID", requires = "all_devices")]
    except: Option<PushId>,
    /// Forget the device altogether: no push reaches it until it registers again.
    #[arg(long, conflicts_with_all = ["all_devices", "user"])]
    unregister: bool,
}

#[derive(Serialize)]
struct LogoutLine {
    device: PushId,
    logged_out: bool,
}

/// Logs out, and prints for each device whether anybody was logged in there.
pub(crate) async fn run(args: LogoutArgs) -> Result<Ending> {
    let user = args.user.map(UserId::from);
    let config = args.config.load()?;
    let registry = config.open_store().await?.registry;
    let presence = config.open_presence(super::clock()).await?;
    let mut lines = Vec::new();
    match (args.device, &user) {
        (Some(device), _) => {
            let owner = registry
                .device(device)
                .await?
                .and_then(|device| device.user);
            let logged_out = match args.unregister {
                true => registry.unregister(device).await?,
                false => registry.unbind(device, user.as_ref()).await?,
            };
            if let (true, Some(owner), Some(presence)) = (logged_out, owner, &presence) {
                presence.clear(&owner, Some(device)).await?;
            }
            lines.push(LogoutLine { device, logged_out });
        }
        (None, Some(user)) => {
            for device in registry.unbind_all(user, args.except).await? {
                if let Some(presence) = &presence {
                    presence.clear(user, Some(device)).await?;
                }
                let logged_out = true;
                lines.push(LogoutLine { device, logged_out });
            }
        }
        // The arguments are not taken so.
        (None, None) => {}
    }
    let mut stdout = io::stdout().lock();
    for line in &lines {
        json_line(&mut stdout, line).context("stdout")?;
    }
    match lines.iter().all(|line| line.logged_out) {
        true => Ok(Ending::AllWell),
        false => Ok(Ending::SomeNot),
    }
}
