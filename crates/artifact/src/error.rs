//! What can go wrong with an artifact.

use std::io;
use std::path::{Path, PathBuf};

/// Why an artifact could not be saved, loaded, packed or unpacked.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// There is nothing there. An optional artifact tolerates this and nothing else (PA-185, PA-186).
    #[error("`{0}` does not exist")]
    NotFound(String),
    /// An entry of an archive, or a key, points out of the place it belongs to.
    #[error("`{entry}` {how}")]
    Escapes {
        /// The entry or key.
        entry: String,
        /// In which way.
        how: &'static str,
    },
    /// An entry is neither a file nor a folder nor a link.
    #[error("`{entry}` is {what}, which an artifact cannot hold")]
    Kind {
        /// The entry.
        entry: String,
        /// What it is.
        what: &'static str,
    },
    /// More than a named limit.
    #[error("{what} is more than the limit of {limit}")]
    Limit {
        /// What there is too much of.
        what: String,
        /// The limit.
        limit: u64,
    },
    /// The bytes are not the archive that they were said to be.
    #[error("not a {format} archive: {reason}")]
    Format {
        /// The archive's format.
        format: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The key cannot name an object.
    #[error("`{key}` cannot be a key: {reason}")]
    Key {
        /// The key.
        key: String,
        /// Why not.
        reason: String,
    },
    /// The driver cannot do this; the message is Argo's (PA-162).
    #[error("{0}")]
    Unsupported(String),
    /// A server, or a program that talks to one, did not do what was asked.
    #[error("{0}")]
    Remote(String),
    /// The file system failed.
    #[error("cannot use `{path}`: {error}")]
    Io {
        /// What was used.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl ArtifactError {
    /// Names the file that an error of the file system is about; what is not there is told apart.
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> ArtifactError + '_ {
        move |error| match error.kind() {
            io::ErrorKind::NotFound => ArtifactError::NotFound(path.display().to_string()),
            _ => ArtifactError::Io { path: path.to_owned(), error },
        }
    }
}
