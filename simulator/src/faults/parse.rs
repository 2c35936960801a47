//! Reading a fault script from TOML or JSON, with errors that name the rule.

use std::path::Path;

use super::{Fault, FaultScript, Rule};
use crate::Error;
use crate::vendor::VENDORS;

impl FaultScript {
    /// Reads a script: JSON if it starts with a brace, else TOML.
    ///
    /// # Errors
    /// [`Error::Script`] for text that does not parse, an unknown key, or a value out of range.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let script: Self = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| Error::Script(error.to_string()))?
        } else {
            toml::from_str(text).map_err(|error| Error::Script(error.to_string()))?
        };
        script.validate()?;
        Ok(script)
    }

    /// Reads a script from a file.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read, else as [`FaultScript::parse`].
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(Error::io(format!(
            "cannot read the fault script {}",
            path.display()
        )))?;
        Self::parse(&text).map_err(|error| match error {
            Error::Script(message) => Error::Script(format!("{}: {message}", path.display())),
            other => other,
        })
    }

    /// Checks the values of every rule.
    ///
    /// # Errors
    /// [`Error::Script`], naming the first rule that is wrong.
    pub fn validate(&self) -> Result<(), Error> {
        for (index, rule) in self.rules.iter().enumerate() {
            validate(rule)
                .map_err(|message| Error::Script(format!("rule {}: {message}", index + 1)))?;
        }
        Ok(())
    }
}

fn validate(rule: &Rule) -> Result<(), String> {
    if let Some(name) = &rule.provider
        && !VENDORS.iter().any(|(known, _)| known == name)
    {
        let known: Vec<_> = VENDORS.iter().map(|(name, _)| *name).collect();
        return Err(format!(
            "no provider `{name}`; there are: {}",
            known.join(", ")
        ));
    }
    if rule.token.is_some() && rule.token_prefix.is_some() {
        return Err("`token` and `token_prefix` exclude each other".to_owned());
    }
    if let Some(share) = rule.share
        && !(0.0..=1.0).contains(&share)
    {
        return Err(format!("`share` is {share}, and must be between 0 and 1"));
    }
    match &rule.fault {
        Fault::Status { status, .. }
        | Fault::Html { status }
        | Fault::MalformedBody {
            status: Some(status),
            ..
        } if !(200..=599).contains(status) => Err(format!(
            "`status` is {status}, and must be between 200 and 599"
        )),
        Fault::Reset {
            after_headers: true,
            connection: true,
            ..
        } => Err("`after_headers` and `connection` exclude each other".to_owned()),
        Fault::StreamLimit { limit } if *limit > i32::MAX as u32 => {
            Err(format!("`limit` is {limit}, and must be below 2^31"))
        }
        _ => Ok(()),
    }
}
