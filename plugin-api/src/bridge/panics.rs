//! Panics, told to the host.

use std::panic::PanicHookInfo;
use std::sync::Once;

use super::current;
use crate::abi::log_level;

/// Replaces this library's panic hook, once. The former one speaks where no host can hear.
pub(super) fn install() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let former = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| match current::host() {
            Some(host) => host.log(log_level::ERROR, "panic", &describe(panic), "{}"),
            None => former(panic),
        }));
    });
}

fn describe(panic: &PanicHookInfo<'_>) -> String {
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = text.unwrap_or("(no text)");
    match panic.location() {
        Some(at) => format!("panicked at {}:{}: {message}", at.file(), at.line()),
        None => format!("panicked: {message}"),
    }
}
