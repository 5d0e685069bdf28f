//! What an artifact may be at most. Archives come from strangers; every one of these has a test.

use std::time::Duration;

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

/// How long a web server may take to accept a connection.
pub const CONNECT_TIME_MAX: Duration = Duration::from_secs(30);

/// How long a web server may take to begin its answer.
pub const ANSWER_TIME_MAX: Duration = Duration::from_secs(120);

/// How often the same is asked of a server that is busy or cannot be reached (PA-167).
pub const TRIES_MAX: u32 = 5;

/// The pause before the second try; each further one is three times as long (PA-167).
pub const PAUSE_FIRST: Duration = Duration::from_millis(200);

/// Most bytes of a server's complaint that are shown.
pub const COMPLAINT_BYTES_MAX: usize = 500;

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
