//! `zpns devices`.

use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use futures_util::StreamExt;
use zpns::service::{DeviceQuery, Expression, PushId, Registry, UserId};

use super::ConfigArgs;
use super::lines::Lines;
use crate::Ending;
use crate::output::json_line;

/// The arguments of `zpns devices`.
#[derive(Args, Debug)]
pub(crate) struct DevicesArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    which: Which,
}

/// Which devices.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Which {
    /// One device.
    #[arg(long, value_name = "PUSH_ID")]
    device: Option<PushId>,
    /// A user's; may be given several times.
    #[arg(long = "user", value_name = "USER")]
    users: Vec<String>,
    /// Of the users in a file, one a line; `-` reads stdin.
    #[arg(long, value_name = "FILE")]
    users_from: Option<PathBuf>,
    /// Whose tags and attributes are so: `vip && !cn && age >= 18`.
    #[arg(long, value_name = "EXPRESSION")]
    tags: Option<Expression>,
    /// All: an export. Its lines hold the tokens in full.
    #[arg(long)]
    all: bool,
}

/// Devices of one page, and users that are looked up at once.
const PAGE: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();

/// Prints devices, in pages: memory does not grow with their number.
pub(crate) async fn run(args: DevicesArgs) -> Result<Ending> {
    let registry = args.config.registry().await?;
    let mut stdout = BufWriter::new(io::stdout().lock());
    let mut found = 0;
    if let Some(id) = args.which.device {
        if let Some(device) = registry.device(id).await? {
            json_line(&mut stdout, &device).context("stdout")?;
            found += 1;
        }
    } else if let Some(path) = &args.which.users_from {
        let Lines { lines, broken } = Lines::open(path)?;
        let mut users = lines.map(UserId::from).chunks(PAGE.get());
        while let Some(users) = users.next().await {
            let query = DeviceQuery::Users(users.into());
            found += print(&*registry, &query, &mut stdout).await?;
        }
        broken.check("--users-from")?;
    } else {
        let query = match args.which.tags {
            Some(expression) => DeviceQuery::Matching(Arc::new(expression)),
            None if args.which.all => DeviceQuery::All,
            None => {
                let users = args.which.users.into_iter().map(UserId::from);
                DeviceQuery::Users(users.collect())
            }
        };
        found += print(&*registry, &query, &mut stdout).await?;
    }
    stdout.flush().context("stdout")?;
    match found {
        0 => Ok(Ending::SomeNot),
        _ => Ok(Ending::AllWell),
    }
}

async fn print(
    registry: &dyn Registry,
    query: &DeviceQuery,
    stdout: &mut impl Write,
) -> Result<usize> {
    let mut after = None;
    let mut found = 0;
    loop {
        let page = registry.page(query, after, PAGE).await?;
        for device in &page.devices {
            json_line(stdout, device).context("stdout")?;
        }
        found += page.devices.len();
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}
