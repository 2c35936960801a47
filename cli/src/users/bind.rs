//! `zpns bind`.

use std::io;

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;
use zpns::service::{PushId, UserId};

use super::ConfigArgs;
use crate::Ending;
use crate::output::json_line;

/// The arguments of `zpns bind`.
#[derive(Args, Debug)]
pub(crate) struct BindArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The device.
    #[arg(long, value_name = "PUSH_ID")]
    device: PushId,
    /// The user.
    #[arg(long, value_name = "USER")]
    user: String,
}

#[derive(Serialize)]
struct BindLine {
    device: PushId,
    user: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<UserId>,
}

/// Binds, and prints whose the device was before.
pub(crate) async fn run(args: BindArgs) -> Result<Ending> {
    let user = UserId::from(args.user);
    let registry = args.config.registry().await?;
    let before = registry.bind(args.device, &user).await?;
    let line = BindLine {
        device: args.device,
        user,
        before,
    };
    json_line(&mut io::stdout().lock(), &line).context("stdout")?;
    Ok(Ending::AllWell)
}
