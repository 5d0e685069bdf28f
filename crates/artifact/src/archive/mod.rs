//! Archives: how a file or a folder becomes one stream of bytes, and the way back (PA-200 to PA-204).

mod links;
mod pack;
mod tar_reader;
mod unpack;

pub use pack::{pack, pack_as};
pub use unpack::{apply_mode, unpack, unpack_within};

/// How an artifact is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archive {
    /// Not at all: the file itself.
    None,
    /// A tar in gzip, at a level from 0 (stored) to 9 (smallest); the usual one if not given.
    Tar {
        /// The level of gzip; -1 means the usual one.
        level: Option<i32>,
    },
    /// A zip.
    Zip,
}

impl Default for Archive {
    /// What outputs get that do not say otherwise (PA-129).
    fn default() -> Self {
        Archive::Tar { level: None }
    }
}

/// Permissions that an artifact gets after it was loaded (PA-122, PA-123).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode {
    /// The permission bits, 0 to 0o777.
    pub bits: u32,
    /// Whether everything below a folder gets them too.
    pub recursive: bool,
}
