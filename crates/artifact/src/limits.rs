//! What an artifact may be at most. Archives come from strangers; every one of these has a test.

/// Most entries in one archive.
pub const ENTRIES_MAX: u64 = 1_000_000;

/// Most bytes that one archive may unpack to (64 GiB).
pub const UNPACKED_BYTES_MAX: u64 = 64 << 30;

/// Longest name of an entry, and longest target of a link.
pub const NAME_BYTES_MAX: usize = 4_096;

/// Most folders within folders, when packing and when unpacking.
pub const DEPTH_MAX: usize = 200;

/// Most bytes of a header that describes the next entry (a long name, extended attributes).
pub const HEADER_BYTES_MAX: u64 = 1 << 20;

/// Most bytes that are read after the end of an archive, where writers put their padding.
pub const TRAILER_BYTES_MAX: u64 = 1 << 20;

/// Longest key of an object, as in S3.
pub const KEY_BYTES_MAX: usize = 1_024;

/// Longest part of a key between two slashes: what a file can be called.
pub const KEY_PART_BYTES_MAX: usize = 255;

/// What one archive may unpack to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most entries.
    pub entries: u64,
    /// Most bytes of content.
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { entries: ENTRIES_MAX, bytes: UNPACKED_BYTES_MAX }
    }
}
