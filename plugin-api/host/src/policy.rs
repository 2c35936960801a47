//! What may be loaded: a hash to hold the file to, and a hook with the last word.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::digest;

/// The SHA-256 of a file. Read from and shown as 64 hexadecimal digits.
///
/// ```
/// use zpns_plugin_host::Sha256;
///
/// let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// assert_eq!(Sha256::of(b"").to_string(), text);
/// assert_eq!(text.parse(), Ok(Sha256::of(b"")));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hash = [0; 32];
        for (to, from) in hash
            .iter_mut()
            .zip(digest::digest(&digest::SHA256, bytes).as_ref())
        {
            *to = *from;
        }
        Self(hash)
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

impl FromStr for Sha256 {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "is not a SHA-256: 64 hexadecimal digits".to_owned();
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut hash = [0; 32];
        for (position, byte) in hash.iter_mut().enumerate() {
            let digits = text.get(2 * position..2 * position + 2).ok_or_else(wrong)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(Self(hash))
    }
}

/// What is about to be loaded, or has been: what a [`LoadPolicy`]'s hook decides on.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PluginIdentity {
    /// The file, with every link resolved.
    pub path: PathBuf,
    /// The hash of the very bytes that are loaded.
    pub sha256: Sha256,
    /// What the plugin says of itself: nothing before its code is in the process.
    pub plugin: Option<PluginName>,
}

/// What a plugin calls itself in its descriptor.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PluginName {
    /// Reverse-DNS: `com.example.jpush`.
    pub id: String,
    /// Its own version.
    pub version: String,
}

type Hook = dyn Fn(&PluginIdentity) -> Result<(), String> + Send + Sync;

/// What may be loaded. There is no default: somebody has to say yes.
///
/// Whatever it says, only a regular file under an absolute path is loaded, which belongs to root
/// or to this process's user, as does every folder above it, and which nobody else can write.
/// (Where the system has no such owners, a hash is asked for instead.)
///
/// ```
/// use zpns_plugin_host::LoadPolicy;
///
/// let ours = LoadPolicy::new(|plugin| {
///     if plugin.path.starts_with("/opt/push/plugins") {
///         Ok(())
///     } else {
///         Err("not one of ours".into())
///     }
/// });
/// ```
#[derive(Clone)]
pub struct LoadPolicy {
    hook: Arc<Hook>,
    sha256: Option<Sha256>,
}

impl LoadPolicy {
    /// Asks `allow` twice: before the file is loaded, when only path and hash are known, and
    /// before an instance is made, when the plugin has named itself. The text of a refusal
    /// becomes that of the error.
    pub fn new(
        allow: impl Fn(&PluginIdentity) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            hook: Arc::new(allow),
            sha256: None,
        }
    }

    /// Loads whatever file the caller names: it is the caller who vouches for it.
    pub fn caller_vouches() -> Self {
        Self::new(|_| Ok(()))
    }

    /// Only the file that has this hash. It is read once, into a private copy, and that copy is
    /// hashed and loaded: a swap between the check and the load changes nothing. Such a plugin
    /// finds no library beside itself (`$ORIGIN`); it has to be in one file.
    #[must_use]
    pub fn with_sha256(mut self, sha256: Sha256) -> Self {
        self.sha256 = Some(sha256);
        self
    }

    pub(crate) fn sha256(&self) -> Option<Sha256> {
        self.sha256
    }

    pub(crate) fn ask(&self, identity: &PluginIdentity) -> Result<(), String> {
        (self.hook)(identity)
    }
}

impl fmt::Debug for LoadPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadPolicy")
            .field("sha256", &self.sha256)
            .finish_non_exhaustive()
    }
}
