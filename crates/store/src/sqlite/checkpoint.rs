//! Looks after the log, away from the commits that people wait for: writes it back into the database file, and keeps
//! the file of the log long.
//!
//! A thread with a connection of its own writes the log back when it has grown, or when nothing was written for a
//! while. It is started by the first write, so that a connection that only reads costs nothing.
//!
//! A commit that makes the file longer also waits for the file system's own journal, which doubles its time. So the
//! file is made long at once, with zeros that are no frames of the log, as soon as it is clear that there is more
//! to come. SQLite starts again at the beginning of the file whenever all of it was written back.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior};

use crate::sqlite::connect;

/// Bytes written after which the log is written back.
const CHECKPOINT_BYTES: usize = 8 << 20;

/// Size of the log at which writers are made to wait until it is written back whole.
const LOG_BYTES_MAX: i64 = 128 << 20;

/// After this long without a write, the log is written back whatever its size.
const IDLE: Duration = Duration::from_millis(1_000);

/// Bytes written after which the log's file is made long; who writes less never waits for it.
const ROOM_AFTER: usize = 64 << 10;

/// How long the log's file is made.
const ROOM_BYTES: u64 = 4 << 20;

/// What one transaction adds to the log beside its bodies: a few pages that it touched.
const TRANSACTION_BYTES: usize = 12 << 10;

/// The thread that writes the log back, once it is needed.
pub(super) struct Checkpointer {
    path: PathBuf,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    /// Bytes written since the log was last written back, roughly.
    pending: AtomicUsize,
    closing: AtomicBool,
}

impl Checkpointer {
    pub(super) fn new(path: &Path) -> Self {
        Checkpointer { path: path.to_owned(), shared: Arc::default(), thread: None }
    }

    /// Notes that a transaction with about this many bytes of content was written.
    pub(super) fn wrote(&mut self, bytes: usize) {
        let added = bytes + TRANSACTION_BYTES;
        let before = self.shared.pending.fetch_add(added, Ordering::Relaxed);
        let thread = self.thread.get_or_insert_with(|| {
            let (path, shared) = (self.path.clone(), Arc::clone(&self.shared));
            thread::spawn(move || run(&path, &shared))
        });
        let passes = |mark| before < mark && before + added >= mark;
        if before == 0 || passes(ROOM_AFTER) || passes(CHECKPOINT_BYTES) {
            thread.thread().unpark();
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn run(path: &Path, shared: &Shared) {
    let mut connection = None;
    // What was pending at the last look, and when that number was first seen.
    let mut seen = (0, Instant::now());
    let mut is_long = false;
    while !shared.closing.load(Ordering::Relaxed) {
        let pending = shared.pending.load(Ordering::Relaxed);
        if pending != seen.0 {
            seen = (pending, Instant::now());
        }
        if pending >= ROOM_AFTER && !is_long {
            // Without it commits take longer, and nothing else.
            is_long = true;
            let _ = make_room(path, &mut connection);
        }
        let quiet = seen.1.elapsed();
        if pending == 0 {
            thread::park();
        } else if pending < CHECKPOINT_BYTES && quiet < IDLE {
            thread::park_timeout(IDLE - quiet);
        } else {
            shared.pending.fetch_sub(pending, Ordering::Relaxed);
            // A failure here costs nothing but space: the log stays, and the next round tries again. If the
            // disk is broken, the writer hears of it at its own next commit.
            let _ = write_back(path, &mut connection);
        }
    }
}

fn connected<'a>(
    path: &Path,
    connection: &'a mut Option<Connection>,
) -> rusqlite::Result<&'a mut Connection> {
    match connection {
        Some(connection) => Ok(connection),
        None => Ok(connection.insert(connect(path)?)),
    }
}

/// Makes the log's file long. The writer's lock is held meanwhile, so that nobody else writes at its end.
fn make_room(path: &Path, connection: &mut Option<Connection>) -> rusqlite::Result<()> {
    let transaction =
        connected(path, connection)?.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut log = OsString::from(path);
    log.push("-wal");
    let lengthened = OpenOptions::new().append(true).open(log).and_then(|mut log| {
        let missing = ROOM_BYTES.saturating_sub(log.metadata()?.len());
        log.write_all(&vec![0; usize::try_from(missing).unwrap_or(0)])?;
        Ok(log)
    });
    transaction.rollback()?;
    if let Ok(log) = lengthened {
        // The disk is written with the lock free.
        let _ = log.sync_data();
    }
    Ok(())
}

fn write_back(path: &Path, connection: &mut Option<Connection>) -> rusqlite::Result<()> {
    let connection = connected(path, connection)?;
    let pages = checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)")?;
    let page_bytes: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    if pages * page_bytes > LOG_BYTES_MAX {
        checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)")?;
    }
    Ok(())
}

/// Runs one checkpoint and answers how many pages the log has.
fn checkpoint(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.prepare_cached(pragma)?.query_row([], |row| row.get(1))
}
