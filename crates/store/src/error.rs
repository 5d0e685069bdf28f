//! What can go wrong with storage, split by who can do something about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why one record of a batch was not written. The rest of the batch is not affected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Someone took the machine over since (I9): drop its state, the new owner continues.
    #[error("another engine took over (epoch {current}, ours was {given})")]
    Fenced {
        /// The epoch of the append.
        given: u64,
        /// The epoch of the present owner.
        current: u64,
    },
    /// The record is not the next one of its machine.
    #[error("record {given} does not follow record {last}")]
    Gap {
        /// The number of the append.
        given: u64,
        /// The last record that is stored.
        last: u64,
    },
    /// No such machine: it was never created, or it was deleted.
    #[error("no such run")]
    Unknown,
}

/// The world's failures of a store. Nothing of the failed call was written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The folder belongs to a later release.
    #[error(
        "`{path}` was written by a newer tiphys (format {found}, this release knows formats up to {known}); \
         use that release, or choose another folder with TIPHYS_STATE_DIR"
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The format of the file.
        found: u32,
        /// The latest format of this release.
        known: u32,
    },
    /// The folder or the file cannot be written.
    #[error(
        "cannot write `{path}`: {reason}; make it writable, or choose another folder with TIPHYS_STATE_DIR"
    )]
    ReadOnly {
        /// What could not be written.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// No space is left. The call had no effect; stop cleanly and continue when there is space.
    #[error(
        "no space left on the disk of `{path}`; nothing was recorded, free some space and continue the run"
    )]
    Full {
        /// The database file.
        path: PathBuf,
    },
    /// The bytes on disk are not what was written.
    #[error(
        "`{path}` is damaged: {reason}; nothing was changed. Copy the folder before anything else; runs that are \
         not on the damaged part can still be read and continued"
    )]
    Corrupt {
        /// The database file.
        path: PathBuf,
        /// What was found, and where.
        reason: String,
    },
    /// The beginning of a file that must be ours is not that of a database.
    #[error(
        "`{path}` is damaged: it does not begin as a database does, so that no run in it can be read; nothing was changed. \
         Copy the folder before anything else, then `tiphys restore` a backup into another one; or move `tiphys.db` and \
         what is named after it away to begin anew: logs and artifacts stay in `runs` and `artifacts`"
    )]
    Headless {
        /// The database file.
        path: PathBuf,
    },
    /// A folder that may not be written has what can only be read where it may be.
    #[error("cannot read `{path}`: {reason}; copy the folder, and name the copy with TIPHYS_STATE_DIR")]
    Unreadable {
        /// The database file.
        path: PathBuf,
        /// Why.
        reason: &'static str,
    },
    /// The file is something else.
    #[error(
        "`{path}` is not a tiphys database; move it away, or choose another folder with TIPHYS_STATE_DIR"
    )]
    Foreign {
        /// The file that is in the way.
        path: PathBuf,
    },
    /// Another process kept the database locked for longer than we wait.
    #[error("`{path}` is kept locked by another process; try again")]
    Busy {
        /// The database file.
        path: PathBuf,
    },
    /// Any other failure of the file system.
    #[error("cannot use `{path}`: {reason}")]
    Io {
        /// What was used.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl StoreError {
    /// What a failure of the file system means for the one who called.
    pub(crate) fn from_io(path: &Path, error: io::Error) -> StoreError {
        let path = path.to_owned();
        let reason = error.to_string();
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StoreError::ReadOnly { path, reason }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full { path },
            _ => StoreError::Io { path, reason },
        }
    }
}
