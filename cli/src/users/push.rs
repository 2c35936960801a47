//! `zpns push`.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use futures_util::{FutureExt, StreamExt, stream};
use serde::Serialize;
use zpns::SendOptions;
use zpns::service::{
    Audience, DeviceReport, Expression, Fate, Message, PresenceState, PushId, Skip, UserId,
};
use zpns::telemetry::Spans;

use super::ConfigArgs;
use super::lines::{Broken, Lines};
use crate::Ending;
use crate::message::MessageArgs;
use crate::output::{SendLine, json_line};
use crate::send::seconds;

/// The arguments of `zpns push`.
#[derive(Args, Debug)]
pub(crate) struct PushArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    to: To,
    #[command(flatten)]
    message: MessageArgs,
    /// The resource id of a strategy of the config file.
    #[arg(long, value_name = "ID")]
    strategy: Option<String>,
    /// Count what would come of it, and send nothing.
    #[arg(long)]
    dry_run: bool,
    /// How long each device may take, retries included, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    timeout: Duration,
}

/// To whom. Never to everyone by leaving something out.
#[derive(Args, Debug)]
#[group(required = true, multiple = true)]
struct To {
    /// A user, on every device; may be given several times.
    #[arg(long = "user", value_name = "USER")]
    users: Vec<String>,
    /// The users in a file, one a line, of any number; `-` reads stdin.
    #[arg(long, value_name = "FILE")]
    users_from: Option<PathBuf>,
    /// The devices whose tags and attributes are so: `vip && !cn && age >= 18`.
    #[arg(long, value_name = "EXPRESSION", conflicts_with_all = ["users", "users_from", "all"])]
    tags: Option<Expression>,
    /// Everyone. Nothing else means everyone.
    #[arg(long, conflicts_with_all = ["users", "users_from"])]
    all: bool,
}

#[derive(Serialize)]
struct ForecastLine {
    pushes: u64,
    in_app: u64,
    skipped: u64,
}

#[derive(Serialize)]
struct PushLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<PushId>,
    /// `accepted`, `rejected` or `failed` (of the last channel), `in_app`, `skipped`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence: Option<PresenceState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The channels that were used, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    channels: Vec<SendLine<'a>>,
}

/// Pushes, and prints what came of every device as verdicts arrive; or counts.
pub(crate) async fn run(args: PushArgs) -> Result<Ending> {
    let mut message = Message::new(args.message.notification()?);
    message.strategy = args.strategy;
    let config = args.config.load()?;
    let router = config.router_builder()?.observer(Arc::new(Spans)).build();
    let mut options = SendOptions::default();
    options.timeout = Some(args.timeout);
    let builder = config
        .service_builder(router.clone(), super::clock())
        .await?;
    let service = builder.options(options).build();
    let (audience, broken) = audience(args.to)?;

    let mut stdout = BufWriter::new(io::stdout().lock());
    if args.dry_run {
        let forecast = service.forecast(message, audience).await?;
        let line = ForecastLine {
            pushes: forecast.pushes,
            in_app: forecast.in_app,
            skipped: forecast.skipped,
        };
        json_line(&mut stdout, &line).context("stdout")?;
        stdout.flush().context("stdout")?;
        broken.check("--users-from")?;
        return Ok(Ending::AllWell);
    }
    let mut ending = Ending::AllWell;
    let mut fault = None;
    let mut reports = service.stream(message, audience)?;
    loop {
        let next = match reports.next().now_or_never() {
            Some(next) => next,
            None => {
                // Nothing more at hand: let the reader see what there is.
                stdout.flush().context("stdout")?;
                reports.next().await
            }
        };
        match next {
            None => break,
            Some(Ok(report)) => {
                json_line(&mut stdout, &PushLine::from(&report)).context("stdout")?;
                if !report.is_accepted() && !matches!(report.fate, Fate::InApp(_)) {
                    ending = Ending::SomeNot;
                }
            }
            // What is under way is not lost by it.
            Some(Err(error)) => fault = Some(error),
        }
    }
    stdout.flush().context("stdout")?;
    router.shutdown(Duration::from_secs(1)).await;
    if let Some(error) = fault {
        return Err(error).context("not everything went out, or was written down");
    }
    broken.check("--users-from")?;
    Ok(ending)
}

fn audience(to: To) -> Result<(Audience, Broken)> {
    if let Some(expression) = to.tags {
        return Ok((Audience::matching(expression), Broken::default()));
    }
    if to.all {
        return Ok((Audience::everyone_confirmed(), Broken::default()));
    }
    let users = stream::iter(to.users);
    let (users, broken) = match &to.users_from {
        None => (users.boxed(), Broken::default()),
        Some(path) => {
            let Lines { lines, broken } = Lines::open(path)?;
            (users.chain(lines).boxed(), broken)
        }
    };
    Ok((Audience::stream(users.map(UserId::from)), broken))
}

impl<'a> From<&'a DeviceReport> for PushLine<'a> {
    fn from(report: &'a DeviceReport) -> Self {
        let mut line = Self {
            user: report.user.as_ref(),
            device: report.device,
            outcome: "skipped",
            presence: None,
            reason: None,
            channels: Vec::new(),
        };
        match &report.fate {
            Fate::Pushed(steps) => {
                line.channels = steps.iter().map(SendLine::from).collect();
                line.outcome = line.channels.last().map_or("skipped", SendLine::outcome);
            }
            Fate::InApp(presence) => {
                line.outcome = "in_app";
                line.presence = Some(*presence);
            }
            Fate::Skipped(skip) => line.reason = Some(reason(skip)),
            _ => {}
        }
        line
    }
}

fn reason(skip: &Skip) -> String {
    let word = match skip {
        Skip::NoDevice => "no_device",
        Skip::Dead => "dead",
        Skip::Muted => "muted",
        Skip::NoPush => "no_push",
        Skip::NoDescription => "no_description",
        Skip::Duplicate => "duplicate",
        Skip::CallsOnly => "calls_only",
        Skip::CallOver => "call_over",
        Skip::SilentBudget => "silent_budget",
        Skip::Vetoed(why) => return why.clone().into_owned(),
        _ => "other",
    };
    word.to_owned()
}
