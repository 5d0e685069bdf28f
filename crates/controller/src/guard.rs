//! A mistake of ours that shows in one run ends neither the engine nor other runs (I13).

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Does something that concerns one run. The error is what a panic said.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // Whoever calls lets go of the run, and with it of what may be half done.
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason was given");
        format!("{text} (a mistake of Tiphys; please report it with the run's journal)")
    })
}
