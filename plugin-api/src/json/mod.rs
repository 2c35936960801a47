//! What crosses the boundary as JSON, for both sides.
//!
//! | name | type | from |
//! | --- | --- | --- |
//! | `zpns.descriptor/1` | [`Descriptor`] | `describe` |
//! | `zpns.create/1` | [`Create`] | the host, for `create` |
//! | `zpns.info/1` | [`Info`] | `info` of the extension `zpns.plugin.provider/1` |
//! | `zpns.send/1` | [`encode_send`], [`Send`] | the host, for `send` |
//! | `zpns.report/1` | [`encode_report`], [`decode_report`] | a plugin, for `complete` |
//! | `zpns.check/1` | [`Check`](zpns_core::Check) | a plugin, for `complete` |
//! | `zpns.error/1` | [`Error`](zpns_core::Error) | a plugin, for `complete` and `create` |
//! | `zpns.http_options/1` | [`HttpOptions`] | a plugin, for `open` of `zpns.host.http/1` |
//! | `zpns.http_error/1` | [`HttpError`] | the host, for a request that has no answer |
//!
//! Both sides ignore fields that they do not know, and put the cautious reading in the place of
//! names that they do not know.

mod create;
mod descriptor;
mod http;
mod report;
mod send;

pub use self::create::{Connection, Create};
pub use self::descriptor::{Abi, Capability, Descriptor, Info};
pub use self::http::{HttpError, HttpOptions, Identity};
pub use self::report::{Decoded, decode_report, encode_report};
pub use self::send::{Options, Send, SendTarget, encode_send};

/// The most bytes of a descriptor that a host reads.
pub const DESCRIPTOR_LIMIT: usize = 256 << 10;
/// The most bytes of a result that a host reads.
pub const RESULT_LIMIT: usize = 8 << 20;
