//! Looks after the log, away from the commits that people wait for: writes it back into the database file, and keeps
//! the file of the log neither short nor growing.
//!
//! A thread with a connection of its own writes the log back when it is long, or when nothing was written for a
//! while. It is started by the first write, so that a connection that only reads costs nothing.
//!
//! A commit that makes the file longer also waits for the file system's own journal, which doubles its time, and its
//! pages are new to the kernel, which clears each of them. So the file is made long at once, with zeros that are no
//! frames of the log, as soon as it is clear that there is more to come; and once it is long, the writers begin anew
//! at its beginning. They do that by themselves whenever all of it was written back, which under load never comes
//! true by itself: so the last few frames are written back while the writers wait. Whoever writes without a pause would
//! leave no gap for that, so the writer of this process gives way before its next transaction.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::hooks::Wal;
use rusqlite::{Connection, TransactionBehavior};

use crate::sqlite::{BUSY_TIMEOUT, connect};

/// Frames in the log after which it is written back.
const CHECKPOINT_FRAMES: usize = 2_048;

/// Frames that may be left to write back while the writers wait.
const LEFT_FRAMES: i64 = 64;

/// How often frames are written back beside the writers, before they have to wait for the rest.
const PASSES: usize = 3;

/// How long the writers may have to wait because somebody still reads what is in the log.
const WAIT: Duration = Duration::from_millis(20);

/// Longest that the writer gives way: as long as the thread tries, and what the rest of the log may take.
const WAY_MAX: Duration = Duration::from_millis(100);

/// How long the thread waits for the end of a transaction, which may meet a slow disk.
const TRANSACTION_MAX: Duration = Duration::from_secs(1);

/// Frames in the log at which its file is cut as soon as nobody reads what is in it.
const LOG_FRAMES_LONG: usize = 32_768;

/// Frames in the log at which writers are made to wait until it is written back whole: a gibibyte. A backup reads for
/// minutes, and until then nobody waits for it.
const LOG_FRAMES_MAX: usize = 262_144;

/// After this long without a write, the log is written back whatever its size.
const IDLE: Duration = Duration::from_millis(1_000);

/// Frames after which the log's file is made long; who writes less never waits for it.
const ROOM_AFTER: usize = 16;

/// How long the log's file is made.
const ROOM_BYTES: u64 = 4 << 20;

/// The thread that writes the log back, once it is needed.
pub(super) struct Checkpointer {
    path: PathBuf,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What the writer and the thread know of the log.
struct Shared {
    /// Transactions that were written.
    writes: AtomicUsize,
    /// Frames in the log after the latest of them.
    frames: AtomicUsize,
    /// Frames at which the log is to be written back.
    due: AtomicUsize,
    /// The file of the log is long, as far as it can be made so.
    is_long: AtomicBool,
    /// The thread waits until somebody writes.
    is_asleep: AtomicBool,
    closing: AtomicBool,
    turn: Mutex<Turn>,
    turn_changed: Condvar,
}

/// Whose turn it is to have the log for itself.
#[derive(Default)]
struct Turn {
    /// The writer has a transaction open.
    is_writing: bool,
    /// The thread wants the log, or has it.
    is_wanted: bool,
}

impl Shared {
    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for what concerns the other side to be over, no longer than `most`.
    fn wait(&self, most: Duration, goes_on: impl Fn(&Turn) -> bool) -> MutexGuard<'_, Turn> {
        let waited = self.turn_changed.wait_timeout_while(self.turn(), most, |turn| goes_on(turn));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Does something while the writer of this process waits, once its transaction is over.
    fn alone<T>(&self, work: impl FnOnce() -> T) -> T {
        self.turn().is_wanted = true;
        drop(self.wait(TRANSACTION_MAX, |turn| turn.is_writing));
        let done = work();
        self.turn().is_wanted = false;
        self.turn_changed.notify_all();
        done
    }
}

impl Checkpointer {
    /// Looks after the log that a connection writes.
    pub(super) fn of(path: &Path, connection: &mut Connection) -> rusqlite::Result<Self> {
        let shared = Arc::new(Shared {
            writes: AtomicUsize::new(0),
            frames: AtomicUsize::new(0),
            due: AtomicUsize::new(CHECKPOINT_FRAMES),
            is_long: AtomicBool::new(false),
            is_asleep: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            turn: Mutex::default(),
            turn_changed: Condvar::new(),
        });
        let told = Arc::clone(&shared);
        connection.wal_hook(Some(move |_: &mut Wal, frames: i32| {
            told.frames.store(usize::try_from(frames).unwrap_or(0), Ordering::SeqCst);
            Ok(())
        }))?;
        Ok(Checkpointer { path: path.to_owned(), shared, thread: None })
    }

    /// To be called before a transaction: lets the thread have the log first, if it waits for it; for longer when the log
    /// is at its limit.
    pub(super) fn writes(&self) {
        let is_full = self.shared.frames.load(Ordering::SeqCst) >= LOG_FRAMES_MAX;
        let most = if is_full { BUSY_TIMEOUT } else { WAY_MAX };
        // Whatever came of it: the writer goes on.
        self.shared.wait(most, |turn| turn.is_wanted).is_writing = true;
    }

    /// To be called after every transaction, whatever came of it.
    pub(super) fn wrote(&mut self) {
        let shared = &self.shared;
        shared.turn().is_writing = false;
        shared.turn_changed.notify_all();
        shared.writes.fetch_add(1, Ordering::SeqCst);
        if self.thread.is_none() {
            let (path, shared) = (self.path.clone(), Arc::clone(shared));
            // On a machine that has no thread left now, the log grows until it has: what was written is written.
            self.thread =
                thread::Builder::new().name("log".to_owned()).spawn(move || run(&path, &shared)).ok();
        }
        let Some(thread) = &self.thread else { return };
        let frames = shared.frames.load(Ordering::SeqCst);
        let wants_room = frames >= ROOM_AFTER && !shared.is_long.load(Ordering::SeqCst);
        let is_due = frames >= shared.due.load(Ordering::SeqCst);
        if wants_room || is_due || shared.is_asleep.load(Ordering::SeqCst) {
            thread.thread().unpark();
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn run(path: &Path, shared: &Shared) {
    let mut connection = None;
    // The writes that were written back, and those at the last look with when that number was first seen.
    let mut done = 0;
    let mut seen = (0, Instant::now());
    while !shared.closing.load(Ordering::SeqCst) {
        let writes = shared.writes.load(Ordering::SeqCst);
        if writes != seen.0 {
            seen = (writes, Instant::now());
        }
        let frames = shared.frames.load(Ordering::SeqCst);
        if frames >= ROOM_AFTER && !shared.is_long.swap(true, Ordering::SeqCst) {
            // Without it commits take longer, and nothing else.
            let _ = make_room(path, &mut connection);
        }
        let quiet = seen.1.elapsed();
        if writes == done {
            shared.is_asleep.store(true, Ordering::SeqCst);
            if shared.writes.load(Ordering::SeqCst) == done && !shared.closing.load(Ordering::SeqCst) {
                thread::park();
            }
            shared.is_asleep.store(false, Ordering::SeqCst);
        } else if frames < shared.due.load(Ordering::SeqCst) && quiet < IDLE {
            thread::park_timeout(IDLE - quiet);
        } else {
            done = writes;
            // A failure here costs nothing but space: the log stays, and the next round tries again. If the
            // disk is broken, the writer hears of it at its own next commit.
            if write_back(path, &mut connection, shared).is_err() {
                shared.due.store(frames + CHECKPOINT_FRAMES, Ordering::SeqCst);
            }
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

/// Writes the log back, and lets the writers begin anew if it is long.
fn write_back(path: &Path, connection: &mut Option<Connection>, shared: &Shared) -> rusqlite::Result<()> {
    let connection = connected(path, connection)?;
    let frames = || i64::try_from(shared.frames.load(Ordering::SeqCst)).unwrap_or(i64::MAX);
    for _ in 0..PASSES {
        let (_, back) = checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)")?;
        if frames() - back <= LEFT_FRAMES {
            break;
        }
    }
    let long = shared.frames.load(Ordering::SeqCst);
    if long < CHECKPOINT_FRAMES {
        return Ok(());
    }
    if shared.alone(|| begin_anew(connection, long))? {
        shared.frames.store(0, Ordering::SeqCst);
        shared.due.store(CHECKPOINT_FRAMES, Ordering::SeqCst);
    } else {
        // Somebody reads for long, or another process writes without a pause: later.
        shared.due.store(long + CHECKPOINT_FRAMES / 2, Ordering::SeqCst);
    }
    Ok(())
}

/// Writes back what is left, so that the writers begin anew at the log's beginning. Answers whether they will.
fn begin_anew(connection: &Connection, frames: usize) -> rusqlite::Result<bool> {
    // SQLite keeps the lock of the writers, of every process, for as long as it waits for readers.
    connection.busy_timeout(if frames >= LOG_FRAMES_MAX { BUSY_TIMEOUT } else { WAIT })?;
    let begun = match frames >= LOG_FRAMES_LONG {
        true => checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)"),
        false => checkpoint(connection, "PRAGMA wal_checkpoint(RESTART)"),
    };
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(!begun?.0)
}

/// Runs one checkpoint. Answers whether somebody was in its way, and how many frames are written back.
fn checkpoint(connection: &Connection, pragma: &str) -> rusqlite::Result<(bool, i64)> {
    connection.prepare_cached(pragma)?.query_row([], |row| Ok((row.get::<_, i64>(0)? != 0, row.get(2)?)))
}
