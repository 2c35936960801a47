//! What [`export_provider!`](crate::export_provider) is made of: the functions of the table.
//!
//! Every one is wrapped in `contain`: no panic leaves the library.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::sync::OnceLock;
use std::time::Duration;

use zpns_core::config::VendorConfig;
use zpns_core::{Error, ErrorKind};

use crate::abi::{
    ABI_MAJOR, ABI_MINOR, Call, HostApi, PLUGIN_PROVIDER, PluginApi, PluginProvider, Sink, Sized32,
    Slice, Status,
};
use crate::bridge;
use crate::host::{Host, put};
use crate::instance::Instance;
use crate::{Manifest, contain};

/// A plugin, as the macro describes it.
pub trait Plugin: 'static {
    /// Its table of the config.
    type Config: VendorConfig;
    /// What it says about itself.
    const MANIFEST: Manifest;
    /// Name and version of its package.
    const PACKAGE: (&'static str, &'static str);

    /// Where its descriptor is kept.
    fn descriptor() -> &'static OnceLock<Vec<u8>>;
}

/// The table of a plugin. It speaks to every host of its major: it needs nothing that a minor added.
pub const fn table<P: Plugin>() -> *const PluginApi {
    &raw const *Table::<P>::API
}

struct Table<P>(PhantomData<P>);

impl<P: Plugin> Table<P> {
    const API: &'static PluginApi = &PluginApi {
        struct_size: PluginApi::SIZE,
        abi_major: ABI_MAJOR,
        abi_minor: ABI_MINOR,
        describe: Some(describe::<P>),
        create: Some(create::<P>),
        send: Some(send),
        cancel: Some(cancel),
        shutdown: Some(shutdown),
        destroy: Some(destroy),
        get_extension: Some(get_extension),
    };
}

static PROVIDER: PluginProvider = PluginProvider {
    struct_size: PluginProvider::SIZE,
    reserved: 0,
    info: Some(info),
    check: Some(check),
    partition: Some(partition),
};

/// # Safety
/// `out` is null, or a slice may be written to it.
unsafe extern "C" fn describe<P: Plugin>(out: *mut Slice) -> Status {
    contain(Status::PANICKED, || {
        let json = P::descriptor().get_or_init(|| {
            let descriptor = P::MANIFEST.descriptor(P::Config::VENDOR, P::PACKAGE);
            serde_json::to_vec(&descriptor).unwrap_or_default()
        });
        if out.is_null() {
            return Status::INVALID_ARGUMENT;
        }
        // SAFETY: not null, and writable by the caller's word. The bytes live in a static.
        unsafe { out.write(Slice::new(json)) };
        Status::OK
    })
}

/// # Safety
/// The arguments are null or as the header describes them.
unsafe extern "C" fn create<P: Plugin>(
    create_json: Slice,
    host: *const HostApi,
    instance: *mut *mut c_void,
    error_json: *const Sink,
) -> Status {
    let created = contain(Err(panicked()), || {
        // SAFETY: the caller's word.
        let host = unsafe { Host::new(host) };
        // SAFETY: the caller's word; the bytes are read during this call only.
        let json = unsafe { create_json.bytes() };
        let (Some(host), Some(json), false) = (host, json, instance.is_null()) else {
            let message = "the host breaks the rules of create";
            return Err(Error::new(ErrorKind::Protocol, message));
        };
        bridge::install(&host);
        let tell = host.clone();
        bridge::current::within(&tell, || {
            Instance::create::<P::Config>(&P::MANIFEST, json, host)
        })
    });
    match created {
        Ok(created) => {
            let created: *mut Instance = Box::into_raw(Box::new(created));
            // SAFETY: not null (checked above), and writable by the caller's word.
            unsafe { instance.write(created.cast()) };
            Status::OK
        }
        Err(error) => {
            let json = serde_json::to_vec(&error).unwrap_or_default();
            // SAFETY: the caller's word.
            unsafe { put(error_json, &json) };
            Status::FAILED
        }
    }
}

fn panicked() -> Error {
    Error::new(ErrorKind::Unavailable, "the plugin panicked in create")
}

/// Borrows an instance.
///
/// # Safety
/// If not null, `instance` is from [`create`] and not ended yet.
unsafe fn borrow<'a>(instance: *mut c_void) -> Option<&'a Instance> {
    // SAFETY: the caller's word; nobody has it exclusively before `destroy`.
    unsafe { instance.cast::<Instance>().as_ref() }
}

/// # Safety
/// `instance` as for [`borrow`]; `call` is null or as the header describes it.
unsafe extern "C" fn send(instance: *mut c_void, call: *const Call) -> Status {
    contain(Status::OK, || {
        // SAFETY: the caller's word.
        let (instance, call) = unsafe { (borrow(instance), Call::read(call)) };
        match (instance, call) {
            // SAFETY: the body is valid until the end of the call, by the header.
            (Some(instance), Some(call)) => unsafe { instance.send(&call) },
            _ => Status::INVALID_ARGUMENT,
        }
    })
}

/// # Safety
/// `instance` as for [`borrow`].
unsafe extern "C" fn cancel(instance: *mut c_void, call_id: u64) {
    contain((), || {
        // SAFETY: the caller's word.
        if let Some(instance) = unsafe { borrow(instance) } {
            instance.cancel(call_id);
        }
    });
}

/// # Safety
/// `instance` as for [`borrow`].
unsafe extern "C" fn shutdown(instance: *mut c_void, call_id: u64, grace_ms: u64) -> Status {
    contain(Status::OK, || {
        // SAFETY: the caller's word.
        match unsafe { borrow(instance) } {
            Some(instance) => instance.shutdown(call_id, Duration::from_millis(grace_ms)),
            None => Status::INVALID_ARGUMENT,
        }
    })
}

/// # Safety
/// `instance` is null, or from [`create`] and not ended yet, and used by nobody else.
unsafe extern "C" fn destroy(instance: *mut c_void) {
    contain((), || {
        if !instance.is_null() {
            // SAFETY: made by `Box::into_raw` in `create`, and the last use by the caller's word.
            drop(unsafe { Box::from_raw(instance.cast::<Instance>()) });
        }
    });
}

/// # Safety
/// The bytes of `id` are readable.
unsafe extern "C" fn get_extension(id: Slice) -> *const c_void {
    contain(std::ptr::null(), || {
        // SAFETY: the caller's word.
        match unsafe { id.bytes() } {
            Some(id) if id == PLUGIN_PROVIDER.as_bytes() => (&raw const PROVIDER).cast(),
            _ => std::ptr::null(),
        }
    })
}

/// # Safety
/// `instance` as for [`borrow`]; `info_json` is null or as the header describes it.
unsafe extern "C" fn info(instance: *mut c_void, info_json: *const Sink) -> Status {
    contain(Status::PANICKED, || {
        // SAFETY: the caller's word.
        let Some(instance) = (unsafe { borrow(instance) }) else {
            return Status::INVALID_ARGUMENT;
        };
        let json = serde_json::to_vec(&instance.info()).unwrap_or_default();
        // SAFETY: the caller's word.
        unsafe { put(info_json, &json) };
        Status::OK
    })
}

/// # Safety
/// `instance` as for [`borrow`].
unsafe extern "C" fn check(instance: *mut c_void, call_id: u64, timeout_ms: u64) -> Status {
    contain(Status::OK, || {
        // SAFETY: the caller's word.
        match unsafe { borrow(instance) } {
            Some(instance) => instance.check(call_id, timeout_ms),
            None => Status::INVALID_ARGUMENT,
        }
    })
}

/// # Safety
/// `instance` as for [`borrow`]; the bytes of `token` are readable.
unsafe extern "C" fn partition(instance: *mut c_void, token: Slice) -> u8 {
    contain(0, || {
        // SAFETY: the caller's word.
        let (instance, token) = unsafe { (borrow(instance), token.bytes()) };
        let token = token.and_then(|token| std::str::from_utf8(token).ok());
        match (instance, token) {
            (Some(instance), Some(token)) => instance.partition(token),
            _ => 0,
        }
    })
}
