//! `zpns plugin`.

use std::io;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Subcommand;
use serde::Serialize;
use zpns::plugins::{Inspection, inspect};

use crate::Ending;
use crate::output::json_line;

/// The commands of `zpns plugin`.
#[derive(Subcommand, Debug)]
pub(crate) enum PluginCommand {
    /// Load a plugin and print what there is to say of it, as one JSON object. This runs its code.
    Check {
        /// The shared library.
        file: PathBuf,
    },
}

#[derive(Serialize)]
struct CheckLine<'a> {
    file: &'a str,
    #[serde(flatten)]
    inspection: Inspection,
}

/// Prints an inspection. Not all went well if the plugin would not be loaded.
pub(crate) fn run(command: &PluginCommand) -> Result<Ending> {
    let PluginCommand::Check { file } = command;
    let inspection = inspect(file);
    let ending = if inspection.ok {
        Ending::AllWell
    } else {
        Ending::SomeNot
    };
    let line = CheckLine {
        file: &file.to_string_lossy(),
        inspection,
    };
    json_line(&mut io::stdout().lock(), &line).context("stdout")?;
    Ok(ending)
}
