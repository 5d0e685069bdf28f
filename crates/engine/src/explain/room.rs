//! How much outlines may come to: all that one request asks for, together.

use std::cell::Cell;
use tiphys_expr as expr;

/// Most branches of all trees; what would come after them is cut off.
pub const BRANCHES_MAX: usize = 10_000;

/// Most bytes that are gone through or shown. A template is one text and may be called ten thousand times.
pub const BYTES_MAX: usize = 32 << 20;

/// Most bytes that all texts go through while tags are filled in: what is beyond is known when it runs.
const EFFORT_MAX: u64 = 64 << 20;

/// What a small value counts, in bytes gone through.
const VALUE_BYTES: usize = 16;

/// What outlines have come to so far. Those of one request share it.
pub struct Room {
    branches: Cell<usize>,
    bytes: Cell<usize>,
    /// How much this thread had computed before.
    effort: u64,
}

impl Default for Room {
    fn default() -> Room {
        Room { branches: Cell::new(0), bytes: Cell::new(0), effort: expr::effort::spent() }
    }
}

impl Room {
    /// Notes that a tree has one more branch.
    pub(super) fn branch(&self) {
        self.branches.set(self.branches.get() + 1);
    }

    /// Notes text that was gone through or copied.
    pub(super) fn bytes(&self, count: usize) {
        self.bytes.set(self.bytes.get().saturating_add(count));
    }

    /// Notes values that were looked at.
    pub(super) fn values(&self, count: usize) {
        self.bytes(count.saturating_mul(VALUE_BYTES));
    }

    /// Whether there is place for so many more branches.
    pub(super) fn has(&self, branches: usize) -> bool {
        self.branches.get().saturating_add(branches) <= BRANCHES_MAX && self.bytes.get() <= BYTES_MAX
    }

    /// Whether no more tags are filled in.
    pub(super) fn is_exhausted(&self) -> bool {
        expr::effort::spent().wrapping_sub(self.effort) > EFFORT_MAX
    }
}
