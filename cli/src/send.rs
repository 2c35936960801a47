//! `zpns send`.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use futures_util::future::ready;
use futures_util::{FutureExt, StreamExt, stream};
use zpns::telemetry::Spans;
use zpns::{Config, ProviderId, SendOptions, Target};

use crate::Ending;
use crate::message::MessageArgs;
use crate::output::{SendLine, json_line};
use crate::progress::Progress;
use crate::tokens::{TokenArgs, TokenFile};

/// The arguments of `zpns send`.
#[derive(Args, Debug)]
pub(crate) struct SendArgs {
    /// The config file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The provider to send through, by its id in the config file.
    #[arg(long, value_name = "ID")]
    provider: String,
    #[command(flatten)]
    tokens: TokenArgs,
    #[command(flatten)]
    message: MessageArgs,
    /// Add to each line, as `warnings`, what preflight rules say will go wrong (see `zpns rules`).
    #[arg(long)]
    warnings: bool,
    /// Write for humans instead of one JSON object per line.
    #[arg(long)]
    text: bool,
    /// How long each target may take, retries included, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    timeout: Duration,
}

/// A number of seconds, of more than none.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let text = text.strip_suffix('s').unwrap_or(text);
    let seconds: f64 = text
        .parse()
        .map_err(|_| "is not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "must be more than 0 seconds".to_owned())
}

/// Sends, and prints what came of every target as verdicts arrive.
pub(crate) async fn run(args: SendArgs) -> Result<Ending> {
    let notification = args.message.notification()?;
    let config = Config::load(&args.config)?;
    let router = config.router_builder()?.observer(Arc::new(Spans)).build();
    let provider = ProviderId::from(args.provider.as_str());
    if router.provider(&provider).is_none() {
        let ids: Vec<&str> = config
            .providers
            .iter()
            .map(|section| section.id.as_str())
            .collect();
        let file = args.config.display();
        bail!(
            "{file}: no provider is called `{provider}`; there are: {}",
            ids.join(", ")
        );
    }

    let mut progress = None;
    let read = Arc::new(AtomicU64::new(0));
    let broken = Arc::new(Mutex::new(None));
    let lines = match &args.tokens.tokens_from {
        None => stream::empty().boxed(),
        Some(path) => {
            let file = TokenFile::open(path)?;
            progress = Some(Progress::new(file.bytes));
            let (read, broken) = (Arc::clone(&read), Arc::clone(&broken));
            file.lines()
                .filter_map(move |line| {
                    ready(match line {
                        Ok((token, bytes)) => {
                            read.store(bytes, Ordering::Relaxed);
                            Some(token)
                        }
                        Err(error) => {
                            *broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                            None
                        }
                    })
                })
                .boxed()
        }
    };
    let targets = stream::iter(args.tokens.tokens.clone())
        .chain(lines)
        .map(|token| Target::new(provider.clone(), token));

    let mut options = SendOptions::default();
    options.timeout = Some(args.timeout);
    let mut deliveries = router.stream_with(&notification, targets, &options);
    let mut stdout = BufWriter::new(io::stdout().lock());
    let mut ending = Ending::AllWell;
    loop {
        let next = match deliveries.next().now_or_never() {
            Some(next) => next,
            None => {
                // Nothing more at hand: let the reader see what there is.
                stdout.flush().context("stdout")?;
                deliveries.next().await
            }
        };
        let Some(delivery) = next else { break };
        let mut line = SendLine::from(&delivery);
        if args.warnings {
            line.warn_of(&delivery);
        }
        match args.text {
            true => write!(stdout, "{line}"),
            false => json_line(&mut stdout, &line),
        }
        .context("stdout")?;
        if !delivery.outcome.is_accepted() {
            ending = Ending::SomeNot;
        }
        if let Some(progress) = &mut progress {
            progress.read(read.load(Ordering::Relaxed));
            progress.count(delivery.outcome.is_accepted());
        }
    }
    stdout.flush().context("stdout")?;
    if let Some(progress) = &progress {
        progress.finish();
    }
    router.shutdown(Duration::from_secs(1)).await;
    let broken = broken.lock().unwrap_or_else(PoisonError::into_inner).take();
    match broken {
        Some(error) => Err(error).context("--tokens-from: the rest of the file cannot be read"),
        None => Ok(ending),
    }
}
