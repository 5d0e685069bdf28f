//! The embedded store: one SQLite file in WAL mode with full sync.
//!
//! A [`SqliteStore`] is one connection. Any number of them, in any number of processes, may have the same file
//! open; SQLite lets one write at a time and never makes a reader wait.

mod catalog;
mod checkpoint;
mod held;
mod journal;
mod runs;
mod schema;
mod shared;

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::error::StoreError;
use checkpoint::Checkpointer;
use held::Held;

/// How long a call waits for another process that writes, before it answers [`StoreError::Busy`].
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

/// Statements kept prepared by each connection; a little more than there are.
const STATEMENTS_MAX: usize = 64;

/// One connection to the embedded database.
pub struct SqliteStore {
    path: PathBuf,
    connection: Connection,
    checkpointer: Checkpointer,
    /// Goes last: until then the connections above hold the file.
    _held: Held,
}

impl SqliteStore {
    /// Opens the database file, which is created if it is not there and brought up to date if it is older.
    ///
    /// A file of a newer release, or one that is not ours, is refused and not touched.
    pub fn open(path: &Path) -> Result<SqliteStore, StoreError> {
        let held = Held::of(path, schema::prepare)?;
        let mut connection = connect(path).map_err(|error| fault(path, error))?;
        // Reading anything opens the log, and with it shows now what else would show at the first write.
        let read_only = connection.is_readonly("main").and_then(|read_only| {
            connection.query_row("PRAGMA schema_version", [], |_| Ok(()))?;
            Ok(read_only)
        });
        if read_only.map_err(|error| fault(path, error))? {
            return Err(StoreError::ReadOnly {
                path: path.to_owned(),
                reason: "the file is read-only".into(),
            });
        }
        let checkpointer = Checkpointer::of(path, &mut connection).map_err(|error| fault(path, error))?;
        Ok(SqliteStore { path: path.to_owned(), connection, checkpointer, _held: held })
    }

    /// Opens a file that may not be written, to look at what is in it.
    ///
    /// Nothing is created and nothing is brought up to date. What is not written back into the file yet can only be
    /// read with the log's index, which an engine that lives keeps beside it.
    pub fn open_to_read(path: &Path) -> Result<SqliteStore, StoreError> {
        let held = Held::of(path, schema::expect)?;
        let mut connection = match connect_to_read(path, "mode=ro") {
            Ok(connection) => connection,
            Err(error) => match fault(path, error) {
                StoreError::ReadOnly { .. } if has_log(path) => {
                    let reason = "its log is not written back yet, and needs a folder that may be written";
                    return Err(StoreError::Unreadable { path: path.to_owned(), reason });
                }
                // Without a log nobody writes, so the file is all there is.
                StoreError::ReadOnly { .. } => {
                    connect_to_read(path, "immutable=1").map_err(|error| fault(path, error))?
                }
                other => return Err(other),
            },
        };
        let checkpointer = Checkpointer::of(path, &mut connection).map_err(|error| fault(path, error))?;
        Ok(SqliteStore { path: path.to_owned(), connection, checkpointer, _held: held })
    }

    /// Looks through the whole file and says what is wrong with it; empty if nothing is.
    ///
    /// Reads every page: for a person who asks, not for every start.
    pub fn check(&mut self) -> Result<Vec<String>, StoreError> {
        let looked = self.read(|transaction| {
            let mut statement = transaction.prepare("PRAGMA integrity_check(100)")?;
            let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
            let lines: Vec<_> = lines.collect::<rusqlite::Result<_>>()?;
            Ok(lines.into_iter().filter(|line| line != "ok").collect::<Vec<_>>())
        });
        let looked = match looked {
            Ok(wrong) if wrong.is_empty() => self.read(journal::wrong_sums),
            other => other,
        };
        match looked {
            Err(StoreError::Corrupt { reason, .. }) => Ok(vec![reason]),
            other => other,
        }
    }

    /// Writes the database as it is at one moment into a new file, while everybody goes on reading and writing.
    ///
    /// The file is whole and synced when this returns. One that is there already is refused.
    pub fn copy_to(&mut self, new: &Path) -> Result<(), StoreError> {
        std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(new)
            .map_err(|error| StoreError::from_io(new, error))?;
        // SQLite fills an empty file; it gathers the pages in one reading transaction, so writers need not wait.
        let filled = self
            .connection
            .execute("VACUUM INTO ?1", [new.to_string_lossy()])
            // Whoever opens it finds it as ours are: with a log of its own.
            .and_then(|_| Connection::open(new)?.pragma_update(None, "journal_mode", "WAL"))
            .map_err(|error| fault(&self.path, error));
        let synced = filled.and_then(|()| {
            std::fs::File::open(new)
                .and_then(|file| file.sync_all())
                .map_err(|error| StoreError::from_io(new, error))
        });
        if synced.is_err() {
            drop(std::fs::remove_file(new));
        }
        synced
    }

    /// Runs `work` in one durable transaction that excludes every other writer.
    fn write<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.checkpointer.writes();
        let result = (|| {
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        })();
        self.checkpointer.wrote();
        result.map_err(|error| fault(&self.path, error))
    }

    /// Runs `work` on one consistent view of the database.
    fn read<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let result = (|| {
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
            work(&transaction)
        })();
        result.map_err(|error| fault(&self.path, error))
    }
}

/// Opens a connection with the settings that all of ours share.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Checkpoints inside a commit are what makes the slowest commits slow; `checkpoint.rs` does them elsewhere.
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY; \
         PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;",
    )?;
    Ok(connection)
}

/// Opens a connection that only reads, and reads something to see that it can.
fn connect_to_read(path: &Path, how: &str) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut address = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => address.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => address.push(char::from(*byte)),
            byte => address.push_str(&format!("%{byte:02X}")),
        }
    }
    let connection = Connection::open_with_flags(format!("{address}?{how}"), flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.execute_batch(
        "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;",
    )?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// Whether there is a log beside the file with something in it.
fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).is_ok_and(|log| log.len() > 0)
}

/// Says what an error of SQLite means for the one who called.
fn fault(path: &Path, error: rusqlite::Error) -> StoreError {
    let path = path.to_owned();
    let reason = match &error {
        // Our own words, or what a value is instead of what we wrote.
        rusqlite::Error::FromSqlConversionFailure(_, _, reason) => reason.to_string(),
        other => other.to_string(),
    };
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full { path },
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreError::ReadOnly { path, reason },
        // With the file itself there, it is the log beside it that cannot be made.
        Some(ErrorCode::CannotOpen) if path.exists() => StoreError::ReadOnly { path, reason },
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Corrupt { path, reason },
        // Its header was looked at before, and was ours.
        Some(ErrorCode::NotADatabase) => StoreError::Headless { path },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { path },
        // The index of the log is a file of its own, and SQLite has no better word for it when it finds no place.
        Some(ErrorCode::SystemIoFailure) if is_full(&path) => StoreError::Full { path },
        Some(_) => StoreError::Io { path, reason },
        // Not an answer of SQLite: a value is not of the type that we wrote.
        None => StoreError::Corrupt { path, reason },
    }
}

/// Whether not even the smallest file finds a place on the disk of `path`.
fn is_full(path: &Path) -> bool {
    const INDEX_BYTES: u64 = 32 * 1024;
    rustix::fs::statvfs(path).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < INDEX_BYTES)
}

/// An error of our own that [`fault`] reports as damage.
fn damage(reason: String) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, reason.into())
}
