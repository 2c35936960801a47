//! What is wrong with a config file, in one line.

use std::path::{Path, PathBuf};

use zpns_core::config::ConfigError;

/// What is wrong with a config file: one line that names the file, the table and the key.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}: {message}", file.display())]
#[non_exhaustive]
pub struct FileError {
    /// The file.
    pub file: PathBuf,
    /// Table, key, and what to change.
    pub message: String,
}

impl FileError {
    pub(super) fn new(file: &Path, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            message: message.into(),
        }
    }

    /// In the table `[top.name]`.
    pub(super) fn in_table(file: &Path, top: &str, name: &str, error: &ConfigError) -> Self {
        let line = error
            .to_string()
            .lines()
            .map(str::trim)
            .collect::<Vec<_>>()
            .join(" ");
        Self::new(file, format!("[{top}.{name}]: {line}"))
    }
}
