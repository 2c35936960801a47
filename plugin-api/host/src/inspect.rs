//! What there is to say of a plugin before it is used: `zpns plugin check`.

use std::collections::BTreeSet;
use std::path::Path;

use object::Object;
use serde::Serialize;
use zpns_core::{Fields, Kinds};
use zpns_plugin_api::abi::{ABI_MINOR, PluginApi, SYMBOL};
use zpns_plugin_api::json::{Capability, Descriptor};

use crate::create::extension;
use crate::image::Image;
use crate::library;
use crate::policy::LoadPolicy;
use crate::trace::{LoadError, Trace};

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// Good to know.
    Note,
    /// It works, and is likely not meant so.
    Warning,
    /// It is not loaded.
    Error,
}

/// One thing to say of a plugin.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// A sentence.
    pub message: String,
}

/// What there is to say of a plugin.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct Inspection {
    /// Whether this host would load it.
    pub ok: bool,
    /// The hash to pin it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// What its library exports.
    pub symbols: Vec<String>,
    /// The version of its table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abi: Option<String>,
    /// What it says of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub descriptor: Option<Descriptor>,
    /// What was done to load it, in order.
    pub steps: Vec<String>,
    /// Everything that there is to say.
    pub findings: Vec<Finding>,
}

impl Inspection {
    fn add(&mut self, severity: Severity, message: impl Into<String>) {
        self.findings.push(Finding {
            severity,
            message: message.into(),
        });
    }

    fn refused(mut self, error: &LoadError) -> Self {
        self.ok = false;
        self.steps = error.steps().to_vec();
        self.add(Severity::Error, error.message());
        self
    }
}

/// Loads the plugin in a file, without making an instance, and says everything that there is to
/// say of it.
///
/// A relative path starts at the current folder.
///
/// # Trust
/// This runs the library's code with all of this process's rights. It is not `unsafe` because it
/// is made for a command: whoever names a file to it vouches for that file, and a program must not
/// hand it a path from anybody else. What is refused unseen stands at [`LoadPolicy`].
pub fn inspect(path: &Path) -> Inspection {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut trace = Trace::new(&path);
    let mut inspection = Inspection {
        ok: true,
        sha256: None,
        symbols: Vec::new(),
        abi: None,
        descriptor: None,
        steps: Vec::new(),
        findings: Vec::new(),
    };
    let image = match Image::open(&path, &LoadPolicy::caller_vouches(), &mut trace) {
        Ok(image) => image,
        Err(error) => return inspection.refused(&error),
    };
    inspection.sha256 = Some(image.identity.sha256.to_string());
    symbols(&image.bytes, &mut inspection);
    // SAFETY: whoever named the file vouches for it (see `Trust`).
    let introduced = unsafe {
        library::open(&image, &mut trace).and_then(|entry| library::introduce(entry, &mut trace))
    };
    let (api, descriptor) = match introduced {
        Ok(introduced) => introduced,
        Err(error) => return inspection.refused(&error),
    };
    inspection.steps = trace.steps().to_vec();
    inspection.abi = Some(format!("{}.{}", api.abi_major, api.abi_minor));
    table(&api, &mut inspection);
    described(&descriptor, &api, &mut inspection);
    inspection.descriptor = Some(descriptor);
    inspection
}

fn symbols(bytes: &[u8], inspection: &mut Inspection) {
    let file = match object::File::parse(bytes) {
        Ok(file) => file,
        Err(error) => {
            let message = format!("it is no library that can be read: {error}");
            return inspection.add(Severity::Warning, message);
        }
    };
    let exports = file.exports().unwrap_or_default();
    let names: BTreeSet<String> = exports
        .iter()
        // Mach-O puts an underscore before every name.
        .map(|export| String::from_utf8_lossy(export.name()).into_owned())
        .map(|name| match file.format() {
            object::BinaryFormat::MachO => name.trim_start_matches('_').to_owned(),
            _ => name,
        })
        .collect();
    let others: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| *name != SYMBOL)
        .collect();
    if !others.is_empty() {
        let shown = others
            .iter()
            .take(5)
            .copied()
            .collect::<Vec<_>>()
            .join(", ");
        let message = format!(
            "it exports {} symbols beside `{SYMBOL}` ({shown}{}); build it with hidden visibility",
            others.len(),
            if others.len() > 5 { ", …" } else { "" },
        );
        inspection.add(Severity::Warning, message);
    }
    inspection.symbols = names.into_iter().collect();
}

fn table(api: &PluginApi, inspection: &mut Inspection) {
    if api.abi_minor != ABI_MINOR {
        let message = format!(
            "it is written against ABI {}.{}, and this host has 0.{ABI_MINOR}; they use what both have",
            api.abi_major, api.abi_minor
        );
        inspection.add(Severity::Note, message);
    }
    let extension = extension(api);
    let rows = [
        (
            extension.and_then(|table| table.info).is_some(),
            "it has no `info`: every instance can do what the descriptor says",
        ),
        (
            extension.and_then(|table| table.check).is_some(),
            "it has no `check`: `zpns check` proves nothing of its credentials",
        ),
    ];
    for (present, message) in rows {
        if !present {
            inspection.add(Severity::Note, message);
        }
    }
}

fn described(descriptor: &Descriptor, api: &PluginApi, inspection: &mut Inspection) {
    let labels = descriptor.id.split('.').filter(|label| !label.is_empty());
    if labels.count() < 2 {
        let message = format!(
            "its id `{}` is not written backwards like a domain (`com.example.cars`)",
            descriptor.id
        );
        inspection.add(Severity::Warning, message);
    }
    if descriptor.version.is_empty() {
        inspection.add(Severity::Warning, "its descriptor has no version");
    }
    match &descriptor.capability {
        Some(capability) => able(capability, inspection),
        None if extension(api).and_then(|table| table.info).is_none() => inspection.add(
            Severity::Error,
            "neither a descriptor's capability nor an `info` says what it can do",
        ),
        None => {}
    }
    for pointer in descriptor
        .secrets
        .iter()
        .filter(|pointer| !pointer.starts_with('/'))
    {
        let message = format!("`{pointer}` among its secrets is no JSON pointer (`/app_key`)");
        inspection.add(Severity::Warning, message);
    }
    match &descriptor.config_schema {
        Some(schema) if !schema.is_object() && !schema.is_boolean() => {
            inspection.add(Severity::Warning, "its config_schema is no JSON Schema");
        }
        None if descriptor.secrets.is_empty() => inspection.add(
            Severity::Note,
            "it names no secrets: what it logs is shown as it is",
        ),
        _ => {}
    }
    inspection.ok = inspection
        .findings
        .iter()
        .all(|finding| finding.severity != Severity::Error);
}

fn able(capability: &Capability, inspection: &mut Inspection) {
    let unknown_kinds = capability
        .kinds
        .iter()
        .filter(|name| Kinds::from_name(&name.to_uppercase()).is_none());
    let unknown_fields = capability
        .fields
        .iter()
        .filter(|name| Fields::from_name(&name.to_uppercase()).is_none());
    for name in unknown_kinds.chain(unknown_fields) {
        let message = format!("`{name}` in its capability is not known to this host");
        inspection.add(Severity::Warning, message);
    }
    if zpns_core::Capability::from(capability).kinds.is_empty() {
        inspection.add(
            Severity::Warning,
            "its capability has no kind of push: it sends nothing",
        );
    }
}
