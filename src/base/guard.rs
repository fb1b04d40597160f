//! Panics of libraries, kept from becoming ours: a damaged file or an unlucky fit must end in a message, not in a crash.
//!
//! A panic of our own code is a bug and stays one: nothing of ours runs under the guard but the call itself.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a library's code; a panic of it comes back as its message.
///
/// # Errors
/// What the library panicked with.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let before = GUARDED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    outcome.map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|t| t.to_string()).or_else(|| panic.downcast_ref::<String>().cloned());
        text.unwrap_or_else(|| "no reason given".into())
    })
}

/// Lets guarded panics pass without a word on standard error; all others are reported as before. For the binary to call once.
pub fn silence_guarded_panics() {
    let report = take_hook();
    set_hook(Box::new(move |info| {
        if !GUARDED.get() {
            report(info);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(guarded(|| 7), Ok(7));
        assert_eq!(guarded(|| -> i32 { panic!("page {} is damaged", 3) }), Err("page 3 is damaged".into()));
        assert!(!GUARDED.get());
    }
}
