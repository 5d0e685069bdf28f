//! Archives: how a file or a folder becomes one stream of bytes, and the way back (PA-200 to PA-204).

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

impl Archive {
    /// Reads an artifact's `archive` field; `None` if it says nothing.
    ///
    /// With several set, `none` comes before `tar` and `tar` before `zip`.
    pub fn parse(field: &serde_json::Value) -> Option<Archive> {
        let has = |name: &str| field.get(name).is_some_and(|value| !value.is_null());
        if has("none") {
            Some(Archive::None)
        } else if has("tar") {
            let level = field["tar"].get("compressionLevel").and_then(serde_json::Value::as_i64);
            Some(Archive::Tar { level: level.map(|level| i32::try_from(level).unwrap_or(i32::MAX)) })
        } else if has("zip") {
            Some(Archive::Zip)
        } else {
            None
        }
    }

    /// What the packed artifact `name` from `path` is called where its key does not say (PA-204).
    pub fn file_name(&self, name: &str, path: &str) -> String {
        match self {
            Archive::None => path.trim_end_matches('/').rsplit('/').next().unwrap_or(name).to_owned(),
            Archive::Tar { .. } => format!("{name}.tgz"),
            Archive::Zip => format!("{name}.zip"),
        }
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
