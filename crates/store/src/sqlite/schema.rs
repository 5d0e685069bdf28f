//! Which format a database file has, and how it is brought to the present one.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::error::StoreError;
use crate::sqlite::{BUSY_TIMEOUT, fault};

/// The steps from an empty file to the present format. Released ones are never edited, only followed.
const MIGRATIONS: &[&str] = &[include_str!("0001.sql")];

/// The format that this release writes.
pub(crate) const FORMAT: u32 = MIGRATIONS.len() as u32;

/// Marks a SQLite file as ours ("tphs").
const APPLICATION_ID: u32 = 0x7470_6873;

/// Makes sure that the file exists and has the present format.
pub(super) fn prepare(path: &Path) -> Result<(), StoreError> {
    match look(path)? {
        Found::Ours(FORMAT) => Ok(()),
        Found::Ours(found) if found > FORMAT => {
            Err(StoreError::Newer { path: path.to_owned(), found, known: FORMAT })
        }
        Found::Ours(_) | Found::Nothing => migrate(path),
        Found::Stranger => Err(StoreError::Foreign { path: path.to_owned() }),
    }
}

enum Found {
    Nothing,
    Ours(u32),
    Stranger,
}

/// Reads the header of the file, which changes nothing, unlike opening it with SQLite.
///
/// The header is never stale: whoever migrates writes the log back before anyone else comes in.
fn look(path: &Path) -> Result<Found, StoreError> {
    let io = |error| StoreError::from_io(path, error);
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(io(error)),
    };
    let mut header = Vec::with_capacity(100);
    Read::by_ref(&mut file).take(100).read_to_end(&mut header).map_err(io)?;
    if header.is_empty() {
        return Ok(Found::Nothing);
    }
    if header.len() < 100 || !header.starts_with(b"SQLite format 3\0") {
        return Ok(Found::Stranger);
    }
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    Ok(if number(68) == APPLICATION_ID { Found::Ours(number(60)) } else { Found::Stranger })
}

/// Brings the file to the present format, one process at a time.
fn migrate(path: &Path) -> Result<(), StoreError> {
    let lock_path = path.with_extension("db-migrating");
    let lock = fs::OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&lock_path);
    let lock =
        lock.and_then(|lock| lock.lock().map(|()| lock)).map_err(|error| StoreError::from_io(path, error))?;
    let result = run_migrations(path).map_err(|error| fault(path, error));
    let _ = fs::remove_file(&lock_path);
    drop(lock);
    result
}

fn run_migrations(path: &Path) -> rusqlite::Result<()> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for migration in MIGRATIONS.iter().skip(found as usize) {
        transaction.execute_batch(migration)?;
    }
    if found < FORMAT {
        transaction.pragma_update(None, "user_version", FORMAT)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    transaction.commit()?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}
