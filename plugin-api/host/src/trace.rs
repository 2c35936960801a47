//! Why a plugin was not loaded, with everything that was tried on the way.

use std::fmt;
use std::path::{Path, PathBuf};

/// What went wrong while a plugin was loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LoadErrorKind {
    /// The path is not one that is ever loaded: empty, relative, too long.
    Path,
    /// There is no such file, or it cannot be read.
    File,
    /// Somebody else could change the file, or a folder above it.
    Owner,
    /// The file is not the one whose SHA-256 was given.
    Hash,
    /// The policy said no.
    Policy,
    /// The system's loader refused the file.
    Library,
    /// The library has no entry, or its table is not one that this host can call.
    Abi,
    /// The descriptor cannot be read, or asks for what this host has not.
    Descriptor,
    /// The plugin refused its config, or did not come to an end with it.
    Create,
}

/// Why a plugin was not loaded. `Display` is one line: what went wrong, then every step taken.
///
/// ```
/// use zpns_plugin_host::{LoadError, LoadErrorKind, LoadPolicy, load};
///
/// // SAFETY: a relative path is refused before anything is loaded.
/// let error = unsafe { load("libjpush.so", &LoadPolicy::caller_vouches()) }.unwrap_err();
/// assert_eq!(error.kind(), LoadErrorKind::Path);
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub struct LoadError {
    kind: LoadErrorKind,
    path: PathBuf,
    message: String,
    steps: Vec<String>,
}

impl LoadError {
    /// What went wrong.
    pub fn kind(&self) -> LoadErrorKind {
        self.kind
    }

    /// The sentence for a human, without the steps.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What was tried before, in order.
    pub fn steps(&self) -> &[String] {
        &self.steps
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        write!(f, "the plugin `{path}` was not loaded: {}", self.message)?;
        if !self.steps.is_empty() {
            write!(f, " (tried: {})", self.steps.join("; "))?;
        }
        Ok(())
    }
}

impl fmt::Debug for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadError")
            .field("kind", &self.kind)
            .field("path", &self.path)
            .field("message", &self.message)
            .field("steps", &self.steps)
            .finish()
    }
}

/// Collects the steps of one load.
#[derive(Debug)]
pub(crate) struct Trace {
    path: PathBuf,
    steps: Vec<String>,
}

impl Trace {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            steps: Vec::new(),
        }
    }

    /// A step that went well.
    pub(crate) fn step(&mut self, step: impl Into<String>) {
        self.steps.push(step.into());
    }

    /// The steps so far.
    pub(crate) fn steps(&self) -> &[String] {
        &self.steps
    }

    /// The step that did not.
    pub(crate) fn fail(&self, kind: LoadErrorKind, message: impl Into<String>) -> LoadError {
        LoadError {
            kind,
            path: self.path.clone(),
            message: message.into(),
            steps: self.steps.clone(),
        }
    }
}
