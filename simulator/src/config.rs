//! Writing the files that lead a `zpns` to a simulator.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use toml::{Table, Value};

use crate::{Error, Simulator, TokenSet};

/// The configuration, with `ca_path` as given.
pub(crate) fn toml(simulator: &Simulator, ca_path: &Path) -> Result<String, Error> {
    let mut providers = Table::new();
    for server in &simulator.servers {
        let name = server.engine.name.to_owned();
        let mut section = Table::new();
        section.insert("vendor".to_owned(), Value::String(name.clone()));
        section.insert("endpoint".to_owned(), Value::String(server.origin.clone()));
        section.insert(
            "ca_path".to_owned(),
            Value::String(ca_path.display().to_string()),
        );
        section.extend(server.engine.vendor.section());
        providers.insert(name, Value::Table(section));
    }
    let root = Table::from_iter([("providers".to_owned(), Value::Table(providers))]);
    toml::to_string_pretty(&root).map_err(|error| Error::Encode(error.to_string()))
}

/// Writes the configuration and the authority beside it.
pub(crate) fn write_with_ca(simulator: &Simulator, path: &Path) -> Result<(), Error> {
    let path = std::path::absolute(path).map_err(Error::io(format!(
        "cannot find the folder of {}",
        path.display()
    )))?;
    let ca_path = path.with_extension("ca.pem");
    write(&ca_path, &simulator.ca_pem())?;
    write(&path, &toml(simulator, &ca_path)?)
}

pub(crate) fn tokens_json(simulator: &Simulator) -> String {
    let tokens: BTreeMap<&str, TokenSet> = simulator
        .servers
        .iter()
        .map(|server| (server.engine.name, server.engine.vendor.tokens()))
        .collect();
    // A map of strings always serialises.
    serde_json::to_string_pretty(&tokens).unwrap_or_default()
}

pub(crate) fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(Error::io(format!("cannot write {}", path.display())))
}

/// A folder of this simulator alone; not made yet.
pub(crate) fn temporary_folder() -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("zpns-simulator-{}-{count}", std::process::id()))
}
