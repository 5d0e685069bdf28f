//! Who drives which run: an operating-system lock, an epoch, and a bell.
//!
//! The lock is on a file in `owners/` and falls with the process that holds it, however that process ends. The
//! epoch is raised by every taking and checked by every append (I9), so that an owner that lost its lock without
//! noticing cannot write. The file says who the owner is and which socket in `wake/` wakes it.
//!
//! An engine that drives many runs holds one file under many names, one for each run: a name is made and removed in a
//! fraction of the time that a file takes, and one lock holds them all.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use rustix::fs::{AtFlags, CWD};

use crate::error::StoreError;
use crate::model::MachineId;
use crate::state::State;
use crate::store::Journal;

/// How often a taken lock is looked at again before it is believed: [`owner_of`] holds it for an instant.
const TRIES: u32 = 8;

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(2);

/// Longest path that a socket's address can hold; longer ones go by way of their folder's descriptor.
const SOCKET_PATH_MAX: usize = 100;

/// Tells the engines of one process apart.
static ENGINES: AtomicU32 = AtomicU32::new(0);

/// One engine's right to drive runs of a state folder, and the bell that wakes it.
#[derive(Debug)]
pub struct Ownership {
    state: State,
    bell: UnixDatagram,
    bell_name: String,
    /// The file that we hold, as long as some run of ours gives it a name.
    held: Mutex<Weak<File>>,
}

/// Who drives a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Its process; `None` if it has not yet said so.
    pub pid: Option<u32>,
    bell: String,
}

/// A run that we drive, until this is dropped or the process ends.
#[derive(Debug)]
pub struct Owned {
    /// The epoch to append under.
    pub epoch: u64,
    path: PathBuf,
    /// Held to the end: the lock goes with it.
    _file: Arc<File>,
}

/// Why a run could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum AcquireError {
    /// Another engine drives it.
    #[error("the run is driven by {}", process_text(.pid))]
    Held {
        /// The process of the owner, if it is known.
        pid: Option<u32>,
    },
    /// The folder or the database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Ownership {
    pub(crate) fn new(state: &State) -> Result<Ownership, StoreError> {
        let folder = state.dir().join("wake");
        let fault = |error| StoreError::from_io(&folder, error);
        sweep(&folder);
        let bell_name = format!("{}-{}.sock", std::process::id(), ENGINES.fetch_add(1, Ordering::Relaxed));
        let _ = fs::remove_file(folder.join(&bell_name));
        let bell = with_address(&folder, &bell_name, |address| UnixDatagram::bind(address)).map_err(fault)?;
        Ok(Ownership { state: state.clone(), bell, bell_name, held: Mutex::default() })
    }

    /// Takes a machine that nobody drives, and raises its epoch.
    pub fn acquire(&self, store: &mut dyn Journal, machine: &MachineId) -> Result<Owned, AcquireError> {
        let mut owned = self.claim(machine)?;
        owned.epoch = store.next_epoch(machine)?;
        Ok(owned)
    }

    /// Takes the lock of a machine that nobody drives; the epoch is for the caller to fill in, who creates it.
    pub fn claim(&self, machine: &MachineId) -> Result<Owned, AcquireError> {
        let path = self.state.lock_path(machine)?;
        let sign = format!("{} {}\n", std::process::id(), self.bell_name);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = lock(&path, &sign, held.upgrade().as_ref())? else {
            let owner = owner_of(&path)?;
            return Err(AcquireError::Held { pid: owner.and_then(|owner| owner.pid) });
        };
        *held = Arc::downgrade(&file);
        Ok(Owned { epoch: 0, path, _file: file })
    }

    /// A handle for the thread that waits to be woken.
    pub fn bell(&self) -> Result<Bell, StoreError> {
        let socket = self.bell.try_clone().map_err(|error| StoreError::from_io(self.state.dir(), error))?;
        Ok(Bell { socket })
    }
}

impl Drop for Ownership {
    fn drop(&mut self) {
        // Whoever waits for a ring is told that none comes any more.
        let _ = self.bell.shutdown(Shutdown::Both);
        let _ = fs::remove_file(self.state.dir().join("wake").join(&self.bell_name));
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // We still hold the lock, which goes with the file: who opened it before us sees that it is gone and begins anew.
        let _ = fs::remove_file(&self.path);
    }
}

/// What came of waiting for a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Somebody rang.
    Ring,
    /// Nobody rang in time.
    Nothing,
    /// The [`Ownership`] is gone, and nobody will ever ring.
    End,
}

/// Waits until someone says that there is a letter.
///
/// Rings may come for nothing and several may be heard as one: look at `Journal::waiting` after each.
#[derive(Debug)]
pub struct Bell {
    socket: UnixDatagram,
}

impl Bell {
    /// Waits for a ring, without `timeout` for ever. An error says that the bell cannot be heard now; that is no ring, and
    /// no end.
    pub fn wait(&self, timeout: Option<Duration>) -> std::io::Result<Heard> {
        let timeout = timeout.map(|timeout| timeout.max(Duration::from_millis(1)));
        self.socket.set_read_timeout(timeout)?;
        loop {
            match self.socket.recv(&mut [0; 8]) {
                // A ring has a byte.
                Ok(0) => return Ok(Heard::End),
                Ok(_) => return Ok(Heard::Ring),
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => {}
                    ErrorKind::WouldBlock | ErrorKind::TimedOut => return Ok(Heard::Nothing),
                    _ => return Err(error),
                },
            }
        }
    }
}

/// Makes `path` the name of a file that we hold, of `held` if that can have one more; `None` if someone else holds the
/// file that is there.
fn lock(path: &Path, sign: &str, held: Option<&Arc<File>>) -> Result<Option<Arc<File>>, StoreError> {
    let fault = |error| StoreError::from_io(path, error);
    for tried in 0..TRIES {
        if tried > 0 {
            thread::sleep(PAUSE);
        }
        if let Some(held) = held.filter(|held| give_name(held, path).is_ok()) {
            return Ok(Some(held.clone()));
        }
        // There is a file, or ours can have no more names, or there is none of ours yet.
        let file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(0o600).open(path);
        let file = file.map_err(fault)?;
        match file.try_lock() {
            Ok(()) if is_at(&file, path) => {
                return take_over(file, path, sign, held).map(Some).map_err(fault);
            }
            Ok(()) | Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(fault(error)),
        }
    }
    Ok(None)
}

/// Makes a file that was just made, or that a dead engine left, ours.
fn take_over(file: File, path: &Path, sign: &str, held: Option<&Arc<File>>) -> std::io::Result<Arc<File>> {
    if file.metadata()?.nlink() <= 1 {
        write_sign(&file, sign)?;
        return Ok(Arc::new(file));
    }
    // Other runs of the dead engine have the same file: this one gets another. Nobody else can be here, since the old
    // file is locked until the name is ours.
    let new = path.with_extension("lock-new");
    // One that a crash left behind.
    let _ = fs::remove_file(&new);
    let ours = match held.filter(|held| give_name(held, &new).is_ok()) {
        Some(held) => held.clone(),
        None => {
            let made = OpenOptions::new().create_new(true).read(true).write(true).mode(0o600).open(&new)?;
            made.lock()?;
            write_sign(&made, sign)?;
            Arc::new(made)
        }
    };
    fs::rename(&new, path)?;
    Ok(ours)
}

fn write_sign(mut file: &File, sign: &str) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(sign.as_bytes())
}

/// Gives an open file one more name; fails if the name is taken.
fn give_name(file: &File, path: &Path) -> std::io::Result<()> {
    let open = format!("/proc/self/fd/{}", file.as_raw_fd());
    rustix::fs::linkat(CWD, &*open, CWD, path, AtFlags::SYMLINK_FOLLOW)?;
    Ok(())
}

/// Whether `path` still names this open file.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(named)) => open.ino() == named.ino() && open.dev() == named.dev(),
        _ => false,
    }
}

pub(crate) fn owner_of(path: &Path) -> Result<Option<Owner>, StoreError> {
    let fault = |error| StoreError::from_io(path, error);
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault(error)),
    };
    // A shared lock, so that two who ask do not see each other.
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => {
            let mut sign = String::new();
            for tried in 0..TRIES {
                if tried > 0 {
                    thread::sleep(PAUSE);
                }
                sign.clear();
                let read =
                    file.rewind().and_then(|()| Read::by_ref(&mut file).take(256).read_to_string(&mut sign));
                if read.is_ok() && sign.ends_with('\n') {
                    break;
                }
            }
            let (pid, bell) = sign.trim_end().split_once(' ').unwrap_or_default();
            Ok(Some(Owner { pid: pid.parse().ok(), bell: bell.to_owned() }))
        }
        Err(TryLockError::Error(error)) => Err(fault(error)),
    }
}

/// Rings the bell of an engine; `false` if it has none.
pub(crate) fn ring(folder: &Path, owner: &Owner) -> bool {
    if owner.bell.is_empty() || owner.bell.contains('/') {
        return false;
    }
    let sent = with_address(folder, &owner.bell, |address| {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        socket.send_to(&[1], address)
    });
    // A full queue is a bell that rings already.
    sent.is_ok() || sent.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

/// Removes the sockets of engines that are no more.
pub(crate) fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let answer = with_address(folder, name, |address| UnixDatagram::unbound()?.connect(address));
        if answer.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Calls `act` with an address for a socket in `folder`, however long the folder's path is.
fn with_address<T>(
    folder: &Path,
    name: &str,
    act: impl FnOnce(&Path) -> std::io::Result<T>,
) -> std::io::Result<T> {
    let direct = folder.join(name);
    if direct.as_os_str().len() <= SOCKET_PATH_MAX {
        return act(&direct);
    }
    let open = File::open(folder)?;
    act(&Path::new("/proc/self/fd").join(open.as_raw_fd().to_string()).join(name))
}

fn process_text(pid: &Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}
