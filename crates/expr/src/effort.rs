//! How much was computed on this thread so far: whoever serves many looks at it between two texts, and turns to the next.
//!
//! Each text has limits of its own ([`crate::limits`]); a thousand texts, each just below them, are still too much in one go.

use std::cell::Cell;

/// What a step of an expression counts, in bytes gone through: both take about as long.
const STEP_BYTES: u64 = 64;

thread_local! {
    static SPENT: Cell<u64> = const { Cell::new(0) };
}

/// Bytes that evaluating and rendering went through on this thread, in all its life. Only differences mean anything.
pub fn spent() -> u64 {
    SPENT.get()
}

/// Notes bytes gone through.
pub(crate) fn bytes(count: u64) {
    SPENT.set(SPENT.get().wrapping_add(count));
}

/// Notes steps of an expression.
pub(crate) fn steps(count: u64) {
    bytes(count.saturating_mul(STEP_BYTES));
}
