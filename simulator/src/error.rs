//! What can go wrong while a simulator starts, or while a fault script is read.

/// A simulator that could not start, or an input that it could not use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A socket or a file failed.
    #[error("{context}")]
    Io {
        /// What was being done.
        context: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// TLS could not be set up.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
    /// A key could not be generated.
    #[error("cannot generate a key: {0}")]
    Key(String),
    /// A fault script is wrong.
    #[error("fault script: {0}")]
    Script(String),
    /// There are no such receipts, or a server did not take them as their vendor wants it.
    #[error("{0}")]
    Receipt(String),
    /// No vendor has this name.
    #[error("no simulated vendor is called `{name}`; there are: {known}")]
    UnknownVendor {
        /// The name that was asked for.
        name: String,
        /// The names that exist, separated by commas.
        known: String,
    },
    /// A value could not be written as TOML or JSON.
    #[error("cannot write the configuration: {0}")]
    Encode(String),
}

impl Error {
    pub(crate) fn io(context: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let context = context.into();
        move |source| Self::Io { context, source }
    }
}

impl From<std::io::Error> for Error {
    fn from(source: std::io::Error) -> Self {
        Self::Io {
            context: "input or output failed".to_owned(),
            source,
        }
    }
}
