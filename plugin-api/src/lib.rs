//! Vendor plugins for zpns: a channel as a shared library, loaded by any host by its path.
//!
//! **A plugin runs inside its host with all of the host's rights.** The boundary keeps versions,
//! compilers and panics apart; it keeps nobody out. Load only what you would link.
//!
//! `README.md` beside this crate's manifest is the guide: a plugin in ten minutes, `C.md` the same in C.
//!
//! A Rust provider becomes a plugin with one line, [`export_provider!`]. A plugin in another language
//! needs the C header `include/zpns_plugin.h` only, which is the contract.
//!
//! * [`export_provider!`], [`Manifest`], [`Runtime`]: for who writes a plugin;
//! * [`metric`]: measurements for the host; `tracing` events, `log` records and panics reach it by
//!   themselves;
//! * [`json`]: what crosses the boundary as JSON; [`abi`]: the header's mirror. Both for who writes
//!   a host too.
//!
//! This crate and the loader are the only ones of zpns with `unsafe`.
#![deny(unsafe_op_in_unsafe_fn)]

pub mod abi;
mod bridge;
mod calls;
#[doc(hidden)]
pub mod export;
mod host;
mod instance;
pub mod json;
mod linked;
mod manifest;
pub mod metric;
mod runtime;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use self::linked::Linked;
pub use self::manifest::Manifest;
pub use self::runtime::Runtime;
pub use zpns_core;

/// Makes a plugin of a Rust provider.
///
/// The first argument is the provider's config, a
/// [`VendorConfig`](zpns_core::config::VendorConfig); the second a constant [`Manifest`]. The crate
/// is built with `crate-type = ["cdylib"]`, and not with `panic = "abort"`, which would take the
/// host down with it.
///
/// ```
/// # use std::sync::Arc;
/// # use zpns_core::config::{ConfigError, VendorConfig};
/// # use zpns_core::{PushProvider, Setup};
/// #[derive(serde::Deserialize)]
/// struct CarConfig {
///     fleet: String,
/// }
///
/// impl VendorConfig for CarConfig {
///     const VENDOR: &'static str = "car";
///
///     fn build(self, setup: Setup) -> Result<Arc<dyn PushProvider>, ConfigError> {
///         // …
/// #       Err(ConfigError::key("fleet", self.fleet))
///     }
/// }
///
/// zpns_plugin_api::export_provider!(CarConfig, zpns_plugin_api::Manifest::new("com.example.car"));
/// # fn main() {}
/// ```
///
/// With `static_name: car,` in front it exports no symbol, but makes the function `car`, which hands
/// a host that the plugin is linked into its [`Linked`]: several can be, which would clash with
/// their symbols.
#[macro_export]
macro_rules! export_provider {
    (static_name: $name:ident, $config:ty, $manifest:expr $(,)?) => {
        #[doc = "The plugin, for a host that it is linked into."]
        pub fn $name() -> $crate::Linked {
            extern "C" fn entry(_host_abi_minor: u32) -> *const $crate::abi::PluginApi {
                $crate::export_provider!(@plugin $config, $manifest)
            }
            // SAFETY: the table is this crate's own.
            unsafe { $crate::Linked::new(entry) }
        }
    };
    (@plugin $config:ty, $manifest:expr) => {{
        #[cfg(panic = "abort")]
        compile_error!("a plugin that aborts on a panic takes its host down: build with unwinding");

        enum Exported {}

        impl $crate::export::Plugin for Exported {
            type Config = $config;
            const MANIFEST: $crate::Manifest = $manifest;
            const PACKAGE: (&'static str, &'static str) =
                (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));

            fn descriptor() -> &'static ::std::sync::OnceLock<::std::vec::Vec<u8>> {
                static DESCRIPTOR: ::std::sync::OnceLock<::std::vec::Vec<u8>> =
                    ::std::sync::OnceLock::new();
                &DESCRIPTOR
            }
        }

        $crate::export::table::<Exported>()
    }};
    ($config:ty, $manifest:expr $(,)?) => {
        #[doc = "The plugin's entry, its only exported symbol."]
        #[unsafe(no_mangle)]
        pub extern "C" fn zpns_plugin_v0(_host_abi_minor: u32) -> *const $crate::abi::PluginApi {
            $crate::export_provider!(@plugin $config, $manifest)
        }
    };
}

/// One call of the host into this library: nothing unwinds out of it, and what it woke is polled
/// before it ends. Takes what to say if it panics.
fn contain<T>(panicked: T, work: impl FnOnce() -> T) -> T {
    // Whatever a panic left half done belongs to the call that panicked, and dies with it.
    runtime::turn(|| catch_unwind(AssertUnwindSafe(work)).unwrap_or(panicked))
}
