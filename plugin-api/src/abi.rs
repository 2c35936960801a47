//! The C header's mirror: the same names without their prefix, the same layout.
//!
//! `include/zpns_plugin.h` is the contract and says what every field means; a test compiles it and
//! compares sizes and offsets with these.

use std::ffi::c_void;
use std::mem::MaybeUninit;

/// The major version of the ABI; part of the symbol's name.
pub const ABI_MAJOR: u16 = 0;
/// The minor version of the ABI; grows with every field that is appended.
pub const ABI_MINOR: u16 = 1;
/// The only symbol that a plugin exports, an [`Entry`].
pub const SYMBOL: &str = "zpns_plugin_v0";

/// Id of the plugin extension [`PluginProvider`].
pub const PLUGIN_PROVIDER: &str = "zpns.plugin.provider/1";
/// Id of the host extension [`HostHttp`].
pub const HOST_HTTP: &str = "zpns.host.http/1";
/// Id of the host extension [`HostTimer`].
pub const HOST_TIMER: &str = "zpns.host.timer/1";
/// Id under which a Rust host answers the address of its own [`MARKER`]: a plugin that finds its
/// own there is linked into the host, shares its `tracing` and panic hook, and bridges neither.
pub const HOST_MARKER: &str = "zpns.host.marker/1";

/// Differs between two libraries that hold a copy of this crate each. See [`HOST_MARKER`].
pub static MARKER: u8 = 0;

/// Borrowed bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    /// The first byte; may be null only if there is none.
    pub ptr: *const u8,
    /// How many.
    pub len: usize,
}

impl Slice {
    /// No bytes.
    pub const EMPTY: Self = Self {
        ptr: std::ptr::null(),
        len: 0,
    };

    /// Borrows bytes; the caller keeps them alive as long as the header's rules ask for.
    pub const fn new(bytes: &[u8]) -> Self {
        Self {
            ptr: bytes.as_ptr(),
            len: bytes.len(),
        }
    }

    /// The bytes. None if the pointer is null although there should be some, or if there are more
    /// than memory can hold.
    ///
    /// # Safety
    /// If the pointer is not null, `len` bytes from it are readable and unchanged for `'a`.
    pub const unsafe fn bytes<'a>(self) -> Option<&'a [u8]> {
        if self.len == 0 {
            return Some(&[]);
        }
        if self.ptr.is_null() || self.len > isize::MAX as usize {
            return None;
        }
        // SAFETY: not null, at most `isize::MAX` long, and readable for 'a by the caller's word.
        Some(unsafe { std::slice::from_raw_parts(self.ptr, self.len) })
    }
}

/// Takes bytes out of a callee.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Sink {
    /// The first argument of [`put`](Self::put).
    pub ctx: *mut c_void,
    /// Takes the bytes, once.
    pub put: Option<unsafe extern "C" fn(ctx: *mut c_void, bytes: Slice)>,
}

/// How a call went. Unknown values mean [`Status::INTERNAL`].
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Status(pub i32);

impl Status {
    /// It was taken, or succeeded.
    pub const OK: Self = Self(0);
    /// It failed; the result is an error in JSON.
    pub const FAILED: Self = Self(1);
    /// It was given up. Does not mean that nothing was sent.
    pub const CANCELLED: Self = Self(2);
    /// It panicked.
    pub const PANICKED: Self = Self(3);
    /// The instance is shutting down.
    pub const CLOSED: Self = Self(4);
    /// An argument breaks the header's rules.
    pub const INVALID_ARGUMENT: Self = Self(5);
    /// There is no such function.
    pub const UNSUPPORTED: Self = Self(6);
    /// A defect.
    pub const INTERNAL: Self = Self(7);

    /// The same, with every unknown value as [`Status::INTERNAL`].
    #[must_use]
    pub const fn known(self) -> Self {
        match self.0 {
            0..=7 => self,
            _ => Self::INTERNAL,
        }
    }
}

/// Levels of [`HostApi::log`].
pub mod log_level {
    /// Nothing is wanted.
    pub const OFF: i32 = 0;
    /// Errors.
    pub const ERROR: i32 = 1;
    /// Warnings.
    pub const WARN: i32 = 2;
    /// What an operator wants to know.
    pub const INFO: i32 = 3;
    /// What a developer wants to know.
    pub const DEBUG: i32 = 4;
    /// Everything.
    pub const TRACE: i32 = 5;
}

/// Kinds of [`HostApi::metric`].
pub mod metric_kind {
    /// The value is added.
    pub const COUNTER: i32 = 0;
    /// The value replaces the last one.
    pub const GAUGE: i32 = 1;
    /// The value is one of many.
    pub const HISTOGRAM: i32 = 2;
}

/// What the host offers to one instance.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct HostApi {
    /// The size of the host's table.
    pub struct_size: u32,
    /// The host's major version.
    pub abi_major: u16,
    /// The host's minor version.
    pub abi_minor: u16,
    /// The first argument of every function below.
    pub ctx: *mut c_void,
    /// Ends a call.
    pub complete:
        Option<unsafe extern "C" fn(ctx: *mut c_void, call_id: u64, status: Status, result: Slice)>,
    /// The most verbose level that is wanted.
    pub log_level: Option<unsafe extern "C" fn(ctx: *mut c_void) -> i32>,
    /// Takes one log record.
    pub log: Option<
        unsafe extern "C" fn(
            ctx: *mut c_void,
            level: i32,
            target: Slice,
            message: Slice,
            fields_json: Slice,
        ),
    >,
    /// Takes one measurement.
    pub metric: Option<
        unsafe extern "C" fn(
            ctx: *mut c_void,
            kind: i32,
            name: Slice,
            labels_json: Slice,
            value: f64,
        ),
    >,
    /// The wall clock, in milliseconds since the Unix epoch.
    pub unix_time_ms: Option<unsafe extern "C" fn(ctx: *mut c_void) -> u64>,
    /// Time that never goes back, in nanoseconds.
    pub monotonic_ns: Option<unsafe extern "C" fn(ctx: *mut c_void) -> u64>,
    /// A static table by its id, or null.
    pub get_extension: Option<unsafe extern "C" fn(ctx: *mut c_void, id: Slice) -> *const c_void>,
}

/// One batch to send.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The size of the host's struct.
    pub struct_size: u32,
    /// None yet.
    pub flags: u32,
    /// The host's name for the call.
    pub call_id: u64,
    /// From now; 0 = none.
    pub timeout_ms: u64,
    /// A W3C trace parent, or empty.
    pub traceparent: Slice,
    /// The batch, as JSON.
    pub body: Slice,
}

/// What a plugin is.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PluginApi {
    /// The size of the plugin's table.
    pub struct_size: u32,
    /// The plugin's major version.
    pub abi_major: u16,
    /// The plugin's minor version.
    pub abi_minor: u16,
    /// Points to the static descriptor.
    pub describe: Option<unsafe extern "C" fn(out: *mut Slice) -> Status>,
    /// Makes an instance.
    pub create: Option<
        unsafe extern "C" fn(
            create_json: Slice,
            host: *const HostApi,
            instance: *mut *mut c_void,
            error_json: *const Sink,
        ) -> Status,
    >,
    /// Takes a batch.
    pub send: Option<unsafe extern "C" fn(instance: *mut c_void, call: *const Call) -> Status>,
    /// Asks for a call to be given up.
    pub cancel: Option<unsafe extern "C" fn(instance: *mut c_void, call_id: u64)>,
    /// Closes an instance.
    pub shutdown:
        Option<unsafe extern "C" fn(instance: *mut c_void, call_id: u64, grace_ms: u64) -> Status>,
    /// Ends an instance.
    pub destroy: Option<unsafe extern "C" fn(instance: *mut c_void)>,
    /// A static table by its id, or null.
    pub get_extension: Option<unsafe extern "C" fn(id: Slice) -> *const c_void>,
}

/// The plugin's one exported function: its table, or null if the host is too old.
pub type Entry = unsafe extern "C" fn(host_abi_minor: u32) -> *const PluginApi;

/// The plugin extension [`PLUGIN_PROVIDER`].
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PluginProvider {
    /// The size of the plugin's table.
    pub struct_size: u32,
    /// 0.
    pub reserved: u32,
    /// Puts what an instance is and can do.
    pub info: Option<unsafe extern "C" fn(instance: *mut c_void, info_json: *const Sink) -> Status>,
    /// Starts a check of the credentials.
    pub check: Option<
        unsafe extern "C" fn(instance: *mut c_void, call_id: u64, timeout_ms: u64) -> Status,
    >,
    /// The vendor's part that a token belongs to.
    pub partition: Option<unsafe extern "C" fn(instance: *mut c_void, token: Slice) -> u8>,
}

/// One header of a request or an answer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// The name.
    pub name: Slice,
    /// The value.
    pub value: Slice,
}

/// A request for the host to make.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct HttpRequest {
    /// The size of the plugin's struct.
    pub struct_size: u32,
    /// None yet.
    pub flags: u32,
    /// From [`HostHttp::open`]; 0 = the instance's own connection.
    pub client: u64,
    /// To the last byte of the answer; 0 = the connection's time-out.
    pub timeout_ms: u64,
    /// The method.
    pub method: Slice,
    /// The absolute URL.
    pub url: Slice,
    /// All headers but `host` and `content-length`.
    pub headers: *const Header,
    /// How many headers.
    pub header_count: usize,
    /// The body.
    pub body: Slice,
}

/// An answer to a request, or why there is none.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct HttpResponse {
    /// The size of the host's struct.
    pub struct_size: u32,
    /// The HTTP status; 0 if there is no whole answer.
    pub status: u32,
    /// The headers.
    pub headers: *const Header,
    /// How many headers.
    pub header_count: usize,
    /// The body.
    pub body: Slice,
    /// Why there is no whole answer, as JSON.
    pub error_json: Slice,
}

/// Told the end of a request, exactly once.
pub type HttpDone = unsafe extern "C" fn(
    user: *mut c_void,
    request_id: u64,
    status: Status,
    response: *const HttpResponse,
);

/// The host extension [`HOST_HTTP`].
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct HostHttp {
    /// The size of the host's table.
    pub struct_size: u32,
    /// 0.
    pub reserved: u32,
    /// Makes a client; 0 if it cannot.
    pub open: Option<
        unsafe extern "C" fn(ctx: *mut c_void, options_json: Slice, error_json: *const Sink) -> u64,
    >,
    /// Starts a request.
    pub request: Option<
        unsafe extern "C" fn(
            ctx: *mut c_void,
            request_id: u64,
            request: *const HttpRequest,
            user: *mut c_void,
            done: Option<HttpDone>,
        ) -> Status,
    >,
    /// Gives a request up.
    pub cancel: Option<unsafe extern "C" fn(ctx: *mut c_void, request_id: u64)>,
    /// Takes a client's present connections out of use.
    pub renew: Option<unsafe extern "C" fn(ctx: *mut c_void, client: u64)>,
    /// Closes a client.
    pub close: Option<
        unsafe extern "C" fn(
            ctx: *mut c_void,
            client: u64,
            request_id: u64,
            grace_ms: u64,
            user: *mut c_void,
            done: Option<HttpDone>,
        ) -> Status,
    >,
}

/// Told the end of a timer, exactly once.
pub type TimerDone = unsafe extern "C" fn(user: *mut c_void, timer_id: u64, status: Status);

/// The host extension [`HOST_TIMER`].
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct HostTimer {
    /// The size of the host's table.
    pub struct_size: u32,
    /// 0.
    pub reserved: u32,
    /// Starts a timer.
    pub start: Option<
        unsafe extern "C" fn(
            ctx: *mut c_void,
            timer_id: u64,
            delay_ns: u64,
            user: *mut c_void,
            done: Option<TimerDone>,
        ) -> Status,
    >,
    /// Gives a timer up.
    pub cancel: Option<unsafe extern "C" fn(ctx: *mut c_void, timer_id: u64)>,
}

/// A struct that may be shorter or longer on the other side of the boundary.
///
/// # Safety
/// The type is `repr(C)`, begins with a `u32` that holds its size, and is valid when all of its
/// bytes are zero.
pub unsafe trait Sized32: Copy {
    /// The size that this side writes into the first field.
    const SIZE: u32 = size_of::<Self>() as u32;

    /// Copies what the other side has of it; what it lacks is null or zero. None for a null
    /// pointer, or a struct that does not even cover its own head (eight bytes).
    ///
    /// # Safety
    /// If not null, `from` is aligned, and as many bytes as its first field says are readable.
    unsafe fn read(from: *const Self) -> Option<Self> {
        if from.is_null() || !from.is_aligned() {
            return None;
        }
        // SAFETY: every such struct begins with this field, and the caller vouches for it.
        let size = unsafe { from.cast::<u32>().read() } as usize;
        if size < 8 {
            return None;
        }
        let whole = size - size % align_of::<Self>();
        let mut copy = MaybeUninit::<Self>::zeroed();
        // SAFETY: the source is readable for `size` bytes by the caller's word, the target for
        // its own size, and a fresh local overlaps nothing.
        unsafe {
            std::ptr::copy_nonoverlapping(
                from.cast::<u8>(),
                copy.as_mut_ptr().cast::<u8>(),
                whole.min(size_of::<Self>()),
            );
        }
        // SAFETY: zero is valid for every field (this trait's contract), and so are the fields
        // that were copied: none was in part but a slice, whose length is zero then.
        Some(unsafe { copy.assume_init() })
    }
}

// SAFETY: `repr(C)`, led by `struct_size`; integers, raw pointers and optional function pointers
// are valid when zero.
unsafe impl Sized32 for HostApi {}
// SAFETY: as above.
unsafe impl Sized32 for Call {}
// SAFETY: as above.
unsafe impl Sized32 for PluginApi {}
// SAFETY: as above.
unsafe impl Sized32 for PluginProvider {}
// SAFETY: as above.
unsafe impl Sized32 for HttpRequest {}
// SAFETY: as above.
unsafe impl Sized32 for HttpResponse {}
// SAFETY: as above.
unsafe impl Sized32 for HostHttp {}
// SAFETY: as above.
unsafe impl Sized32 for HostTimer {}
