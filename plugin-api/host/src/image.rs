//! The file that is loaded: found, checked for who could have changed it, and bound to its hash.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::policy::{LoadPolicy, PluginIdentity, Sha256};
use crate::trace::{LoadError, LoadErrorKind, Trace};

/// The longest path, in bytes: Linux's own limit.
const LONGEST_PATH: usize = 4_096;
/// The largest file. A plugin of hundreds of megabytes is a mistake.
const LARGEST_FILE: u64 = 512 << 20;

/// A file that may be loaded.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) identity: PluginIdentity,
    /// What was read and hashed.
    pub(crate) bytes: Vec<u8>,
    /// Whether the very bytes that were hashed have to be the ones loaded.
    pub(crate) pinned: bool,
}

impl Image {
    /// Finds a file and checks everything that can be checked without running it.
    pub(crate) fn open(
        path: &Path,
        policy: &LoadPolicy,
        trace: &mut Trace,
    ) -> Result<Self, LoadError> {
        legal(path, trace)?;
        let resolved = path.canonicalize().map_err(|error| {
            trace.fail(LoadErrorKind::File, format!("it cannot be found: {error}"))
        })?;
        if resolved != path {
            trace.step(format!("it is `{}`", resolved.display()));
        }
        let mut file = open(&resolved).map_err(|error| {
            trace.fail(LoadErrorKind::File, format!("it cannot be opened: {error}"))
        })?;
        owner::check(&file, &resolved, policy.sha256().is_some(), trace)?;
        let bytes = read(&mut file, trace)?;
        let sha256 = Sha256::of(&bytes);
        if let Some(wanted) = policy.sha256()
            && wanted != sha256
        {
            let message = format!("its SHA-256 is {sha256}, and {wanted} was asked for");
            return Err(trace.fail(LoadErrorKind::Hash, message));
        }
        trace.step(format!("its SHA-256 is {sha256}"));
        let identity = PluginIdentity {
            path: resolved,
            sha256,
            plugin: None,
        };
        policy.ask(&identity).map_err(|reason| {
            let message = format!("the policy refused the file: {reason}");
            trace.fail(LoadErrorKind::Policy, message)
        })?;
        Ok(Self {
            identity,
            bytes,
            pinned: policy.sha256().is_some(),
        })
    }
}

/// A bare name would send the system's linker through its own search paths.
fn legal(path: &Path, trace: &Trace) -> Result<(), LoadError> {
    let length = path.as_os_str().len();
    let fault = if length == 0 {
        "its path is empty"
    } else if length > LONGEST_PATH {
        "its path is too long"
    } else if !path.is_absolute() {
        "its path is not absolute"
    } else if path.as_os_str().as_encoded_bytes().contains(&0) {
        "its path holds a NUL"
    } else {
        return Ok(());
    };
    Err(trace.fail(LoadErrorKind::Path, fault))
}

/// Opens a file without following a last link and without waiting at a pipe.
fn open(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    options.open(path)
}

fn read(file: &mut File, trace: &Trace) -> Result<Vec<u8>, LoadError> {
    let mut bytes = Vec::new();
    // One more than the limit, so that a file that grows while it is read is seen too.
    let read = file.take(LARGEST_FILE + 1).read_to_end(&mut bytes);
    read.map_err(|error| trace.fail(LoadErrorKind::File, format!("it cannot be read: {error}")))?;
    if bytes.len() as u64 > LARGEST_FILE {
        let message = format!("it is larger than {} MiB", LARGEST_FILE >> 20);
        return Err(trace.fail(LoadErrorKind::File, message));
    }
    Ok(bytes)
}

/// Who could have put other code in the file's place.
#[cfg(unix)]
mod owner {
    use std::fs::{File, Metadata};
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    use crate::trace::{LoadError, LoadErrorKind, Trace};

    const WRITABLE_BY_OTHERS: u32 = 0o022;
    const STICKY: u32 = 0o1000;

    pub(super) fn check(
        file: &File,
        path: &Path,
        _pinned: bool,
        trace: &mut Trace,
    ) -> Result<(), LoadError> {
        let unknown = |path: &Path, error: &std::io::Error| {
            let message = format!("nobody can say whose `{}` is: {error}", path.display());
            trace.fail(LoadErrorKind::Owner, message)
        };
        let opened = file.metadata().map_err(|error| unknown(path, &error))?;
        if !opened.is_file() {
            return Err(trace.fail(LoadErrorKind::File, "it is not a regular file"));
        }
        safe(&opened, path, false, trace)?;
        for folder in path.ancestors().skip(1) {
            let metadata = folder.metadata().map_err(|error| unknown(folder, &error))?;
            safe(&metadata, folder, true, trace)?;
        }
        // With every folder above it ours, the name cannot have come to mean another file since
        // it was opened, and cannot until the linker opens it.
        let named = path.metadata().map_err(|error| unknown(path, &error))?;
        if (named.dev(), named.ino()) != (opened.dev(), opened.ino()) {
            return Err(trace.fail(LoadErrorKind::File, "it was replaced meanwhile"));
        }
        trace.step("nobody else can write it");
        Ok(())
    }

    fn safe(
        metadata: &Metadata,
        path: &Path,
        folder: bool,
        trace: &Trace,
    ) -> Result<(), LoadError> {
        let (owner, us) = (metadata.uid(), rustix::process::geteuid().as_raw());
        if owner != 0 && owner != us {
            let message = format!(
                "`{}` belongs to user {owner}, who is neither root nor us ({us})",
                path.display()
            );
            return Err(trace.fail(LoadErrorKind::Owner, message));
        }
        let mode = metadata.mode();
        // In a sticky folder (`/tmp`) only its owner can replace what is in it, and what is in it
        // has been checked before.
        let kept = folder && mode & STICKY != 0;
        if mode & WRITABLE_BY_OTHERS != 0 && !kept {
            let message = format!(
                "others can write `{}` (mode {:03o}); `chmod go-w` it",
                path.display(),
                mode & 0o777
            );
            return Err(trace.fail(LoadErrorKind::Owner, message));
        }
        Ok(())
    }
}

#[cfg(not(unix))]
mod owner {
    use std::fs::File;
    use std::path::Path;

    use crate::trace::{LoadError, LoadErrorKind, Trace};

    pub(super) fn check(
        file: &File,
        _path: &Path,
        pinned: bool,
        trace: &mut Trace,
    ) -> Result<(), LoadError> {
        let regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
        if !regular {
            return Err(trace.fail(LoadErrorKind::File, "it is not a regular file"));
        }
        if !pinned {
            let message = "its owner cannot be checked on this system; give its SHA-256 instead";
            return Err(trace.fail(LoadErrorKind::Owner, message));
        }
        trace.step("its owner cannot be checked on this system, and its hash is");
        Ok(())
    }
}

/// A copy that nobody else can reach, for the linker to load. Kept for as long as the process
/// lives: the linker knows libraries by their path, so that a path must never come to mean
/// another file.
#[derive(Debug)]
pub(crate) struct PrivateCopy {
    pub(crate) path: PathBuf,
    #[cfg(target_os = "linux")]
    _file: std::os::fd::OwnedFd,
    #[cfg(not(target_os = "linux"))]
    _folder: tempfile::TempDir,
}

#[cfg(target_os = "linux")]
impl PrivateCopy {
    /// In anonymous memory, sealed against every change.
    pub(crate) fn of(bytes: &[u8]) -> std::io::Result<Self> {
        use std::io::Write;
        use std::os::fd::{AsRawFd, OwnedFd};

        use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let mut file = File::from(memfd_create("zpns-plugin", flags)?);
        file.write_all(bytes)?;
        let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
        fcntl_add_seals(&file, seals)?;
        let file = OwnedFd::from(file);
        Ok(Self {
            path: format!("/proc/self/fd/{}", file.as_raw_fd()).into(),
            _file: file,
        })
    }
}

#[cfg(not(target_os = "linux"))]
impl PrivateCopy {
    /// In a folder of its own that only we can enter.
    pub(crate) fn of(bytes: &[u8]) -> std::io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("zpns-plugin").tempdir()?;
        let name = format!("plugin{}", std::env::consts::DLL_SUFFIX);
        let path = folder.path().join(name);
        std::fs::write(&path, bytes)?;
        Ok(Self {
            path,
            _folder: folder,
        })
    }
}
