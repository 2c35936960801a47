//! A layer between HTTP/2 and TLS that sees the boundaries of frames.
//!
//! The server half of `h2` can neither change its stream limit at run time nor send a GOAWAY of
//! our choosing. This layer can: it parses the nine-byte frame headers that pass, and puts its
//! own SETTINGS and GOAWAY between two frames of `h2`. It also counts the open streams exactly as
//! the client sees them, which makes it the one who enforces the stream limit.

mod control;
mod io;
mod scan;

pub(crate) use control::Control;
pub(crate) use io::FrameIo;
