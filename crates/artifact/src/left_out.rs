//! What an artifact cannot hold: it is left out, and told.

use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// How much of it is told by name.
const NAMED_MAX: usize = 3;

/// Entries of a folder that did not become part of an artifact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    named: Vec<String>,
    count: usize,
}

impl LeftOut {
    pub(crate) fn add(&mut self, path: &Path, what: &str) {
        if self.named.len() < NAMED_MAX {
            self.named.push(format!("`{}` ({what})", path.display()));
        }
        self.count += 1;
    }

    /// Whether the artifact is whole.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.named.join(", "))?;
        match self.count - self.named.len() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// What an entry is that is neither a file nor a folder nor a link.
pub(crate) fn oddity(metadata: &Metadata) -> Option<&'static str> {
    let kind = metadata.file_type();
    if kind.is_file() || kind.is_dir() || kind.is_symlink() {
        None
    } else if kind.is_fifo() {
        Some("a pipe")
    } else if kind.is_socket() {
        Some("a socket")
    } else {
        Some("a device")
    }
}
