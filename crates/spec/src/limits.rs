//! How much of anything a document may hold, so that a bad one costs little.

/// Largest file read, in bytes: more than a graph of a hundred thousand tasks takes, and little enough to be judged at once.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Deepest nesting of lists and maps. Stays below the limit of the JSON reader behind it.
pub const NESTING_MAX: usize = 100;

/// Most bytes that one document is read in, over all times that it is read anew for a tab within quotes.
pub const READ_BYTES_MAX: usize = FILE_BYTES_MAX;

/// Most times that one document is read.
pub const READINGS_MAX: usize = 32;

/// Most bytes that aliases may add to a document by repeating what was anchored.
pub const ALIAS_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Longest key of a map, in characters.
pub const KEY_CHARS_MAX: usize = 64 * 1024;

/// Most documents in one file.
pub const DOCUMENTS_MAX: usize = 100_000;

/// Most mistakes reported for one file; what comes after is only counted.
pub const DIAGNOSTICS_MAX: usize = 1_000;
