//! Shared libraries: opened once, never unloaded.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use zpns_plugin_api::abi::{ABI_MINOR, Entry, PluginApi, SYMBOL, Sized32, Slice, Status};
use zpns_plugin_api::json::{DESCRIPTOR_LIMIT, Descriptor};

use crate::host_api::EXTENSIONS;
use crate::image::{Image, PrivateCopy};
use crate::policy::Sha256;
use crate::trace::{LoadError, LoadErrorKind, Trace};

/// A library that is in the process for good.
#[derive(Clone, Copy)]
struct Loaded {
    entry: Entry,
}

/// Every library by the hash of its bytes. The same bytes are loaded once: a Go runtime, for one,
/// does not bear a second copy of itself.
static LIBRARIES: Mutex<Option<HashMap<Sha256, Loaded>>> = Mutex::new(None);
/// Copies that libraries were loaded from; a path among them must never name another file.
static COPIES: Mutex<Vec<PrivateCopy>> = Mutex::new(Vec::new());

/// Loads the library of an image, and finds its entry.
///
/// # Safety
/// The image's code is run with all of this process's rights: the caller vouches for it.
pub(crate) unsafe fn open(image: &Image, trace: &mut Trace) -> Result<Entry, LoadError> {
    let mut libraries = LIBRARIES.lock().unwrap_or_else(PoisonError::into_inner);
    let libraries = libraries.get_or_insert_default();
    if let Some(loaded) = libraries.get(&image.identity.sha256) {
        trace.step("it was loaded before");
        return Ok(loaded.entry);
    }
    let refused = |trace: &Trace, error: &libloading::Error| {
        let message = format!("the system's loader refused it: {error}");
        trace.fail(LoadErrorKind::Library, message)
    };
    let library = if image.pinned {
        let copy = PrivateCopy::of(&image.bytes).map_err(|error| {
            let message = format!("no private copy could be made of it: {error}");
            trace.fail(LoadErrorKind::Library, message)
        })?;
        // SAFETY: by the caller's word.
        let library = unsafe { link(&copy.path) };
        // Kept in either case: the linker may remember the path.
        let mut copies = COPIES.lock().unwrap_or_else(PoisonError::into_inner);
        copies.push(copy);
        trace.step("a private copy of it was loaded");
        library
    } else {
        // SAFETY: by the caller's word.
        let library = unsafe { link(&image.identity.path) };
        trace.step("it was loaded");
        library
    };
    let library = library.map_err(|error| refused(trace, &error))?;
    // SAFETY: the header gives this symbol this type.
    let entry = unsafe { library.get::<Entry>(SYMBOL) }.map(|symbol| *symbol);
    // Its threads and thread-locals may outlive every instance, so that it stays for good.
    std::mem::forget(library);
    let entry = entry.map_err(|_| {
        let message = format!("it exports no `{SYMBOL}`, which a plugin of this version has");
        trace.fail(LoadErrorKind::Abi, message)
    })?;
    libraries.insert(image.identity.sha256, Loaded { entry });
    Ok(entry)
}

/// # Safety
/// The file's code is run.
#[cfg(unix)]
unsafe fn link(path: &Path) -> Result<libloading::os::unix::Library, libloading::Error> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

    // Now: a missing symbol is an error here, and not a crash at night. Local: two plugins may
    // bundle two versions of one library. Never deleted: see `open`.
    let flags = RTLD_NOW | RTLD_LOCAL | libc::RTLD_NODELETE;
    // SAFETY: by the caller's word.
    unsafe { Library::open(Some(path), flags) }
}

/// # Safety
/// The file's code is run.
#[cfg(windows)]
unsafe fn link(path: &Path) -> Result<libloading::os::windows::Library, libloading::Error> {
    use libloading::os::windows::{
        LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR, LOAD_LIBRARY_SEARCH_SYSTEM32, Library,
    };

    // What it needs is looked for beside it and in the system's own folder, nowhere else.
    let flags = LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32;
    // SAFETY: by the caller's word.
    let library = unsafe { Library::load_with_flags(path, flags) }?;
    library.pin()?;
    Ok(library)
}

/// Asks an entry for its table and its descriptor, and checks that this host can call it.
///
/// # Safety
/// The entry is that of a plugin, which keeps to the header.
pub(crate) unsafe fn introduce(
    entry: Entry,
    trace: &mut Trace,
) -> Result<(PluginApi, Descriptor), LoadError> {
    let api = {
        // The header has entries called one at a time.
        static ENTERED: Mutex<()> = Mutex::new(());
        let _alone = ENTERED.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: by the caller's word.
        unsafe { entry(u32::from(ABI_MINOR)) }
    };
    if api.is_null() {
        let message = format!("it needs a newer host than one of ABI 0.{ABI_MINOR}");
        return Err(trace.fail(LoadErrorKind::Abi, message));
    }
    // SAFETY: by the header, the table lives until the process ends.
    let api = unsafe { PluginApi::read(api) }
        .ok_or_else(|| trace.fail(LoadErrorKind::Abi, "its table is not one"))?;
    let faults = faults(&api);
    if !faults.is_empty() {
        return Err(trace.fail(LoadErrorKind::Abi, faults.join("; ")));
    }
    trace.step(format!("its ABI is {}.{}", api.abi_major, api.abi_minor));
    // SAFETY: by the caller's word.
    let descriptor = unsafe { descriptor(&api) }
        .map_err(|message| trace.fail(LoadErrorKind::Descriptor, message))?;
    trace.step(format!("it is `{}` {}", descriptor.id, descriptor.version));
    let lacking: Vec<&str> = descriptor
        .requires
        .iter()
        .map(String::as_str)
        .filter(|id| !EXTENSIONS.contains(id))
        .collect();
    if !lacking.is_empty() {
        let message = format!(
            "it requires what this host has not: {}; there are: {}",
            lacking.join(", "),
            EXTENSIONS.join(", ")
        );
        return Err(trace.fail(LoadErrorKind::Descriptor, message));
    }
    Ok((api, descriptor))
}

/// What of a table is not as it has to be.
pub(crate) fn faults(api: &PluginApi) -> Vec<String> {
    let mut faults = Vec::new();
    if api.abi_major != zpns_plugin_api::abi::ABI_MAJOR {
        faults.push(format!(
            "its table is of ABI {}.{}, and this host of {}.{ABI_MINOR}",
            api.abi_major,
            api.abi_minor,
            zpns_plugin_api::abi::ABI_MAJOR,
        ));
    }
    if !api
        .struct_size
        .is_multiple_of(align_of::<PluginApi>() as u32)
    {
        faults.push("its table ends in the middle of a function".into());
    }
    let needed = [
        ("describe", api.describe.is_some()),
        ("create", api.create.is_some()),
        ("send", api.send.is_some()),
        ("cancel", api.cancel.is_some()),
        ("shutdown", api.shutdown.is_some()),
        ("destroy", api.destroy.is_some()),
    ];
    for (name, present) in needed {
        if !present {
            faults.push(format!("its table has no `{name}`"));
        }
    }
    faults
}

/// # Safety
/// The table is that of a plugin, which keeps to the header.
unsafe fn descriptor(api: &PluginApi) -> Result<Descriptor, String> {
    let mut slice = Slice::EMPTY;
    let status = match api.describe {
        // SAFETY: by the caller's word; the target is a local.
        Some(describe) => unsafe { describe(&raw mut slice) },
        None => Status::UNSUPPORTED,
    };
    if status != Status::OK {
        return Err(format!("`describe` answered {}", status.0));
    }
    if slice.len > DESCRIPTOR_LIMIT {
        return Err(format!(
            "its descriptor has {} bytes, and {DESCRIPTOR_LIMIT} are read at the most",
            slice.len
        ));
    }
    // SAFETY: by the header, the descriptor lives until the process ends.
    let bytes = unsafe { slice.bytes() }.ok_or("its descriptor is NULL")?;
    let descriptor: Descriptor = serde_json::from_slice(bytes)
        .map_err(|error| format!("its descriptor cannot be read: {error}"))?;
    for (name, value) in [("id", &descriptor.id), ("provider", &descriptor.provider)] {
        if value.is_empty() || value.len() > 200 || value.chars().any(char::is_control) {
            return Err(format!("its descriptor's `{name}` is no name"));
        }
    }
    Ok(descriptor)
}
