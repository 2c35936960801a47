//! Vendor plugins for zpns: a channel as a shared library, loaded by any host by its path.
//!
//! **A plugin runs inside its host with all of the host's rights.** The boundary keeps versions,
//! compilers and panics apart; it keeps nobody out. Load only what you would link.
//!
//! * [`abi`]: the mirror of the C header `include/zpns_plugin.h`, which is the contract;
//! * [`json`]: what crosses the boundary as JSON.

pub mod abi;
pub mod json;
