//! Lines of a file or of stdin, and whether the file broke off.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use futures_util::StreamExt;
use futures_util::future::ready;
use futures_util::stream::BoxStream;

use crate::tokens::TokenFile;

/// The lines that are not blank.
pub(super) struct Lines {
    pub(super) lines: BoxStream<'static, String>,
    pub(super) broken: Broken,
}

/// What broke the reading off, if anything did: known once the lines have come to their end.
#[derive(Clone, Debug, Default)]
pub(super) struct Broken(Arc<Mutex<Option<std::io::Error>>>);

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let broken = Broken::default();
        let noted = broken.clone();
        let lines = TokenFile::open(path)?.lines().filter_map(move |line| {
            ready(match line {
                Ok((line, _)) => Some(line),
                Err(error) => {
                    *noted.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    None
                }
            })
        });
        let lines = lines.boxed();
        Ok(Self { lines, broken })
    }
}

impl Broken {
    /// # Errors
    /// What broke the reading off.
    pub(super) fn check(&self, option: &'static str) -> Result<()> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error).with_context(|| format!("{option}: the rest cannot be read")),
            None => Ok(()),
        }
    }
}
