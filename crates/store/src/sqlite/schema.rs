//! Which format a database file has, and how it is brought to the present one.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::durable::sync_folder;
use crate::error::StoreError;
use crate::sqlite::{BUSY_TIMEOUT, fault};

/// The steps from an empty file to the present format. Released ones are never edited, only followed.
const MIGRATIONS: &[&str] = &[
    include_str!("0001.sql"),
    include_str!("0002.sql"),
    include_str!("0003.sql"),
    include_str!("0004.sql"),
    include_str!("0005.sql"),
    include_str!("0006.sql"),
    include_str!("0007.sql"),
    include_str!("0008.sql"),
];

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
        Found::Ours(_) => alone(path, migrate),
        // An empty file among runs was a database once.
        Found::Nothing if path.exists() && is_among_runs(path) => {
            Err(StoreError::Headless { path: path.to_owned() })
        }
        Found::Nothing => alone(path, create),
        Found::Stranger => Err(stranger(path)),
    }
}

/// Makes sure that a file which is only looked at has the present format.
pub(super) fn expect(path: &Path) -> Result<(), StoreError> {
    let unreadable = |reason| StoreError::Unreadable { path: path.to_owned(), reason };
    match look(path)? {
        Found::Ours(FORMAT) => Ok(()),
        Found::Ours(found) if found > FORMAT => {
            Err(StoreError::Newer { path: path.to_owned(), found, known: FORMAT })
        }
        Found::Ours(_) => {
            Err(unreadable("it is of an older release, and cannot be brought up to date in its place"))
        }
        Found::Nothing => Err(unreadable("there is nothing in it")),
        Found::Stranger => Err(stranger(path)),
    }
}

/// What a file is that does not begin as ours do: where runs lie beside it, it was ours.
fn stranger(path: &Path) -> StoreError {
    let path = path.to_owned();
    if is_among_runs(&path) { StoreError::Headless { path } } else { StoreError::Foreign { path } }
}

/// Whether the folders of a state folder lie beside the file.
fn is_among_runs(path: &Path) -> bool {
    ["owners", "runs"].iter().all(|folder| path.with_file_name(folder).is_dir())
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

/// Runs `work` in one process at a time.
fn alone(path: &Path, work: fn(&Path) -> Result<(), StoreError>) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(path);
    let locked = File::open(folder).and_then(|folder| folder.lock().map(|()| folder));
    let _lock = locked.map_err(|error| StoreError::from_io(folder, error))?;
    work(path)
}

/// Makes a new file aside and puts it in its place whole, with one wait for the disk instead of ten.
fn create(path: &Path) -> Result<(), StoreError> {
    if matches!(look(path)?, Found::Ours(_)) {
        return migrate(path);
    }
    let new = path.with_extension("db-new");
    let begin = || {
        // One that a crash left behind.
        let _ = fs::remove_file(&new);
        fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&new)
    };
    let file = begin().map_err(|error| StoreError::from_io(path, error))?;
    let made = run_migrations(&new, "OFF").map_err(|error| fault(path, error)).and_then(|()| {
        let folder = path.parent().unwrap_or(path);
        let keep = || {
            file.sync_all()
                .and_then(|()| fs::rename(&new, path))
                .and_then(|()| File::open(folder)?.sync_all())
        };
        keep().map_err(|error| StoreError::from_io(path, error))
    });
    if made.is_err() {
        let _ = fs::remove_file(&new);
    }
    made
}

/// Brings a file of an earlier release to the present format, after a copy of it as it was.
fn migrate(path: &Path) -> Result<(), StoreError> {
    if let Found::Ours(found) = look(path)?
        && found < FORMAT
    {
        keep(path, found)?;
    }
    run_migrations(path, "FULL").map_err(|error| fault(path, error))
}

/// Copies a file before it is changed: `tiphys.db` becomes `tiphys.format-1.db`, say. One that is there is kept.
fn keep(path: &Path, format: u32) -> Result<(), StoreError> {
    let kept = path.with_extension(format!("format-{format}.db"));
    if kept.exists() {
        return Ok(());
    }
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .map_err(|error| fault(path, error))?;
    let new = path.with_extension("db-keep");
    let begin = || {
        // One that a crash left behind.
        let _ = fs::remove_file(&new);
        fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&new)
    };
    let file = begin().map_err(|error| StoreError::from_io(&new, error))?;
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .and_then(|()| connection.execute("VACUUM INTO ?1", [new.to_string_lossy()]))
        .map_err(|error| fault(path, error))?;
    // The copy has the header of a fresh file; what marks it as ours comes along.
    file.sync_all()
        .and_then(|()| fs::rename(&new, &kept))
        .and_then(|()| sync_folder(kept.parent().unwrap_or(Path::new("."))))
        .map_err(|error| StoreError::from_io(&kept, error))
}

fn run_migrations(path: &Path, synchronous: &str) -> rusqlite::Result<()> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
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
