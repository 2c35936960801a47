//! `zpns queue`: durable push jobs, in the queue that the config file's `[outbox]` names.

use std::io::{self, BufRead, BufReader, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use zpns::outbox::{Job, JobId, JobState, Outbox};
use zpns::resources::SystemClock;
use zpns::service::{Expression, Message, Roster, UserId};
use zpns::telemetry::Spans;
use zpns::{Clock, Config};

use crate::Ending;
use crate::message::MessageArgs;
use crate::output::json_line;
use crate::signals::Signals;

/// The commands.
#[derive(Subcommand, Debug)]
pub(crate) enum QueueCommand {
    /// Take a push job in: once its line is printed, nothing loses it.
    Add(Box<AddArgs>),
    /// List jobs, in the order in which they were made; one JSON line per job.
    List(ListArgs),
    /// Show how far a job is.
    Show(JobArgs),
    /// Send nothing more of a job after the page in flight, until it is resumed.
    Pause(JobArgs),
    /// Let a paused job go on where it was.
    Resume(JobArgs),
    /// End a job after the page in flight.
    Cancel(JobArgs),
    /// Put a dead job back: it goes on where it was.
    Requeue(JobArgs),
    /// Forget jobs that ended a while ago.
    Purge(PurgeArgs),
    /// Work on the queue until a signal: several processes may.
    Work(WorkArgs),
}

/// Does what a command says.
pub(crate) async fn run(command: QueueCommand) -> Result<Ending> {
    match command {
        QueueCommand::Add(args) => add(*args).await,
        QueueCommand::List(args) => list(args).await,
        QueueCommand::Show(args) => {
            let outbox = args.config.outbox().await?;
            show(&outbox, args.job).await
        }
        QueueCommand::Pause(args) => turn(args, async |outbox, id| outbox.pause(id).await).await,
        QueueCommand::Resume(args) => turn(args, async |outbox, id| outbox.resume(id).await).await,
        QueueCommand::Cancel(args) => turn(args, async |outbox, id| outbox.cancel(id).await).await,
        QueueCommand::Requeue(args) => {
            turn(args, async |outbox, id| outbox.requeue(id).await).await
        }
        QueueCommand::Purge(args) => purge(args).await,
        QueueCommand::Work(args) => work(args).await,
    }
}

/// The config file.
#[derive(Args, Debug)]
struct ConfigArgs {
    /// The config file, with a table `[outbox]`.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl ConfigArgs {
    async fn outbox(&self) -> Result<Outbox> {
        Ok(Config::load(&self.config)?.open_outbox().await?)
    }
}

/// The arguments of `zpns queue add`.
#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    to: To,
    #[command(flatten)]
    message: MessageArgs,
    /// The resource id of a strategy of the config file.
    #[arg(long, value_name = "ID")]
    strategy: Option<String>,
    /// Not before so many seconds from now.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    delay: u64,
    /// Devices of one page: what a killed worker repeats at the most.
    #[arg(long, value_name = "DEVICES", default_value = "500")]
    page: NonZeroUsize,
}

/// To whom. Never to everyone by leaving something out.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct To {
    /// A user, on every device; may be given several times.
    #[arg(long = "user", value_name = "USER")]
    users: Vec<String>,
    /// The users in a file, one a line, up to 100,000; `-` reads stdin.
    #[arg(long, value_name = "FILE")]
    users_from: Option<PathBuf>,
    /// The devices whose tags and attributes are so: `vip && !cn && age >= 18`.
    #[arg(long, value_name = "EXPRESSION")]
    tags: Option<Expression>,
    /// Everyone. Nothing else means everyone.
    #[arg(long)]
    all: bool,
}

impl To {
    fn roster(self) -> Result<Roster> {
        if let Some(path) = self.users_from {
            return Ok(Roster::Users(users(&path)?));
        }
        Ok(match self.tags {
            Some(expression) => Roster::Matching(expression),
            None if self.all => Roster::everyone_confirmed(),
            None => Roster::users(self.users.iter().map(String::as_str)),
        })
    }
}

fn users(path: &std::path::Path) -> Result<Vec<UserId>> {
    let place = || path.display().to_string();
    let input: Box<dyn io::Read> = if path == std::path::Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(std::fs::File::open(path).with_context(place)?)
    };
    let mut users = Vec::new();
    for line in BufReader::new(input).lines() {
        let line = line.with_context(place)?;
        let user = line.trim();
        if !user.is_empty() {
            users.push(UserId::from(user));
        }
    }
    if users.is_empty() {
        bail!("{}: no user in it", place());
    }
    Ok(users)
}

async fn add(args: AddArgs) -> Result<Ending> {
    let config = Config::load(&args.config.config)?;
    let mut message = Message::new(args.message.notification()?);
    if let Some(id) = &args.strategy {
        // Now, and not when nobody looks any more.
        zpns::service::find_strategy(&config.strategies, id)?;
    }
    message.strategy = args.strategy;
    let mut job = Job::new(message, args.to.roster()?).in_pages_of(args.page);
    if args.delay > 0 {
        job = job.at(clock().now() + Duration::from_secs(args.delay));
    }
    let outbox = config.open_outbox().await?;
    let id = outbox.enqueue(job).await?;
    show(&outbox, id).await
}

/// The arguments of `zpns queue list`.
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Those in this state alone: queued, running, paused, done, cancelled, dead.
    #[arg(long, value_name = "STATE")]
    state: Option<JobState>,
}

/// Jobs that are looked up at once.
const PAGE: usize = 500;

async fn list(args: ListArgs) -> Result<Ending> {
    let outbox = args.config.outbox().await?;
    let mut stdout = io::stdout().lock();
    let mut after = None;
    loop {
        let jobs = outbox.jobs(args.state, after, PAGE).await?;
        let Some(last) = jobs.last() else {
            return Ok(Ending::AllWell);
        };
        after = Some(last.id);
        for job in &jobs {
            json_line(&mut stdout, job).context("stdout")?;
        }
    }
}

/// A job.
#[derive(Args, Debug)]
pub(crate) struct JobArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The job's id.
    #[arg(value_name = "JOB")]
    job: JobId,
}

/// Prints a job; one that is not there is not well.
async fn show(outbox: &Outbox, id: JobId) -> Result<Ending> {
    let Some(job) = outbox.job(id).await? else {
        bail!("there is no job {id}");
    };
    let mut stdout = io::stdout().lock();
    json_line(&mut stdout, &job).context("stdout")?;
    Ok(Ending::AllWell)
}

/// Tells a job what to become, and prints what it is then. Not well if it could not become that.
async fn turn<E: Into<anyhow::Error>>(
    args: JobArgs,
    tell: impl AsyncFnOnce(&Outbox, JobId) -> Result<bool, E>,
) -> Result<Ending> {
    let outbox = args.config.outbox().await?;
    let turned = tell(&outbox, args.job).await.map_err(Into::into)?;
    show(&outbox, args.job).await?;
    Ok(if turned {
        Ending::AllWell
    } else {
        Ending::SomeNot
    })
}

/// The arguments of `zpns queue purge`.
#[derive(Args, Debug)]
pub(crate) struct PurgeArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Those that ended longer ago than that.
    #[arg(long, value_name = "SECONDS", default_value_t = 7 * 24 * 3_600)]
    older_than: u64,
}

async fn purge(args: PurgeArgs) -> Result<Ending> {
    let outbox = args.config.outbox().await?;
    let age = u64::try_from(Duration::from_secs(args.older_than).as_millis()).unwrap_or(u64::MAX);
    let now = clock().now().as_millis();
    let before = zpns::Timestamp::from_millis(now.saturating_sub(age));
    let forgotten = outbox.purge(before).await?;
    let mut stdout = io::stdout().lock();
    json_line(&mut stdout, &serde_json::json!({ "forgotten": forgotten })).context("stdout")?;
    stdout.flush().context("stdout")?;
    Ok(Ending::AllWell)
}

/// The arguments of `zpns queue work`.
#[derive(Args, Debug)]
pub(crate) struct WorkArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// End once no job waits or runs, instead of at a signal.
    #[arg(long)]
    until_idle: bool,
}

async fn work(args: WorkArgs) -> Result<Ending> {
    let config = Config::load(&args.config.config)?;
    let outbox = config.open_outbox().await?;
    let router = config.router_builder()?.observer(Arc::new(Spans)).build();
    let service = config.service_builder(router.clone(), clock()).await?;
    let signals = Signals::new().context("signals")?;
    let stop = async {
        let idle = async {
            match args.until_idle {
                true => idle(&outbox).await,
                false => std::future::pending().await,
            }
        };
        tokio::select! {
            () = idle => {}
            () = signals.wait() => {}
        }
    };
    let worked = outbox
        .work(service.build(), config.work_options(), stop)
        .await;
    router.shutdown(Duration::from_secs(1)).await;
    worked?;
    Ok(Ending::AllWell)
}

/// Is over once no job waits or runs. What cannot be looked up is not idle.
async fn idle(outbox: &Outbox) {
    loop {
        let mut left = false;
        for state in [JobState::Queued, JobState::Running] {
            let jobs = outbox.jobs(Some(state), None, 1).await;
            left |= jobs.is_ok_and(|jobs| !jobs.is_empty());
        }
        if !left {
            return;
        }
        clock().sleep(Duration::from_millis(200)).await;
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::new())
}
