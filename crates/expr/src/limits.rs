//! Limits: how much one text may ask for (I10).

use std::fmt::Display;

/// What complaints about limits say that the reference does not have.
const BEYOND: &str = "beyond the limit of this engine, ";

/// The complaint about more than a limit of ours, `bytes of a text` say.
pub(crate) fn beyond(limit: impl Display, of: &str) -> String {
    format!("{BEYOND}{limit} {of}")
}

/// Whether a complaint is one about a limit of ours: what the reference would do is not known then, and going on in
/// silence would be wrong.
pub(crate) fn is_beyond(complaint: &str) -> bool {
    complaint.contains(BEYOND)
}

/// Most parts of an expression, as in the reference language.
pub const NODES: usize = 10_000;

/// Deepest nesting of an expression; a chain of operators counts each operator, brackets and calls count twice.
pub const DEPTH: usize = 200;

/// Most evaluation steps of one expression. A step is one visit of one part.
pub const STEPS: u64 = 2_000_000;

/// Most list and map entries and repeated characters that one expression may make, as in the reference.
pub const MEMORY: u64 = 1_000_000;

/// Longest text in bytes that an expression or one of its functions may make.
pub const TEXT_BYTES: usize = 16 << 20;

/// Deepest nesting of lists and maps in a value that an expression makes.
pub const VALUE_DEPTH: usize = 128;

/// Largest value in bytes that an expression may make; what it holds in several places counts in each of them.
pub const VALUE_BYTES: u64 = 64 << 20;

/// Most bytes of values that the functions and operators of one expression may go through.
pub const WORK_BYTES: u64 = 4 << 30;

/// Deepest map that the dots of a name open: what follows is one key, dots and all.
pub const NAME_LEVELS: usize = 64;

/// Most regular expressions that one expression or condition may hold: compiled, they take a lot.
pub const PATTERNS: usize = 100;

/// Longest path of `jsonpath()` in bytes.
pub const JSONPATH_BYTES: usize = 64 << 10;

/// Longest text in bytes that replacing its tags may make: values may bring tags, which may bring values.
pub const RENDERED_BYTES: usize = 64 << 20;

/// Most items of one `withSequence` or `withParam`.
pub const ITEMS: usize = 1_000_000;

/// Deepest nesting of a JSON document read by an expression.
pub const JSON_DEPTH: usize = 128;

/// Longest text of a `when` condition in bytes.
pub const WHEN_BYTES: usize = 256 << 10;

/// Deepest nesting of a `when` condition.
pub const WHEN_DEPTH: usize = 64;

/// Largest regular expression, in bytes of its compiled program.
pub const REGEX_BYTES: usize = 4 << 20;
