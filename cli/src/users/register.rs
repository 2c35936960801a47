//! `zpns register`.

use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use futures_util::StreamExt;
use serde::Serialize;
use zpns::Environment;
use zpns::service::registry::import_line;
use zpns::service::{AttributeValue, Platform, PushId, Registration};

use super::lines::Lines;
use super::{ConfigArgs, now};
use crate::Ending;
use crate::output::json_line;

/// The arguments of `zpns register`.
#[derive(Args, Debug)]
pub(crate) struct RegisterArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// A token of the device, with the provider that it is from; several in the order in which
    /// they are to be used.
    #[arg(
        long = "channel",
        value_name = "PROVIDER=TOKEN",
        required_unless_present = "from"
    )]
    channels: Vec<Pair>,
    /// The device, if it has a name already. Without it, the one that has one of the tokens, or
    /// else a new one.
    #[arg(long, value_name = "PUSH_ID")]
    device: Option<PushId>,
    /// What the device runs.
    #[arg(long, value_enum, default_value = "android")]
    platform: PlatformName,
    /// Whether the app is from the store or in development.
    #[arg(long, value_enum, default_value = "production")]
    environment: EnvironmentName,
    /// A tag; the tags stay as they were if none is given.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// An attribute: a number, `true` or `false`, else a text.
    #[arg(long = "attribute", value_name = "NAME=VALUE")]
    attributes: Vec<Pair>,
    /// The device's language.
    #[arg(long)]
    locale: Option<String>,
    /// Log this user in on it.
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Take devices from a file of `zpns devices`, or from stdin (`-`), as they are there.
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "channels", "device", "platform", "environment", "tags", "attributes", "locale", "user",
    ])]
    from: Option<PathBuf>,
}

/// `NAME=VALUE`.
#[derive(Clone, Debug)]
struct Pair(String, String);

impl FromStr for Pair {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Self(name.into(), value.into())),
            _ => Err("is not of the form NAME=VALUE"),
        }
    }
}

#[derive(Clone, Copy, ValueEnum, Debug)]
enum PlatformName {
    Android,
    Ios,
    Harmony,
    Web,
    Other,
}

#[derive(Clone, Copy, ValueEnum, Debug)]
enum EnvironmentName {
    Production,
    Sandbox,
}

#[derive(Serialize)]
struct ImportLine {
    imported: u64,
}

/// Registers, and prints the device as it is then; or imports, and prints how many.
pub(crate) async fn run(args: RegisterArgs) -> Result<Ending> {
    let registry = args.config.registry().await?;
    if let Some(path) = &args.from {
        let mut imported = 0;
        let Lines { mut lines, broken } = Lines::open(path)?;
        while let Some(line) = lines.next().await {
            let place = || format!("{}: device {}", path.display(), imported + 1);
            import_line(&*registry, &line).await.with_context(place)?;
            imported += 1;
        }
        json_line(&mut io::stdout().lock(), &ImportLine { imported }).context("stdout")?;
        broken.check("--from")?;
        return Ok(Ending::AllWell);
    }
    let user = args.user.as_deref().map(Into::into);
    let id = registry.register(registration(args), now()).await?;
    if let Some(user) = user {
        registry.bind(id, &user).await?;
    }
    let device = registry.device(id).await?;
    json_line(&mut io::stdout().lock(), &device).context("stdout")?;
    Ok(Ending::AllWell)
}

fn registration(args: RegisterArgs) -> Registration {
    let mut registration = Registration::new(match args.platform {
        PlatformName::Android => Platform::Android,
        PlatformName::Ios => Platform::Ios,
        PlatformName::Harmony => Platform::Harmony,
        PlatformName::Web => Platform::Web,
        PlatformName::Other => Platform::Other,
    })
    .in_environment(match args.environment {
        EnvironmentName::Production => Environment::Production,
        EnvironmentName::Sandbox => Environment::Sandbox,
    });
    registration.id = args.device;
    registration.locale = args.locale;
    for Pair(provider, token) in args.channels {
        registration = registration.channel(provider, token);
    }
    for tag in args.tags {
        registration = registration.tag(tag);
    }
    for Pair(name, value) in args.attributes {
        registration = registration.attribute(name, value_of(value));
    }
    registration
}

fn value_of(text: String) -> AttributeValue {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    match (text.parse(), number) {
        (Ok(truth), _) => AttributeValue::Bool(truth),
        (_, Some(number)) => AttributeValue::Number(number),
        _ => AttributeValue::Text(text),
    }
}
