//! The supervisor: one small process that starts an engine's steps and outlives it.
//!
//! It has one thread and never waits for anything but its poll; what takes long, such as storing artifacts, copies of it
//! do. A step ends, its outcome is written to the outcome log, then engines are told. When the engine goes, steps go on,
//! deadlines hold, outcomes are kept until somebody comes back and asks. When the supervisor goes, its steps go with it;
//! its parent, the keeper, sees to it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};

use crate::contract::FromSupervisor;
use crate::frame::{self, Inbox};
use crate::sys;

pub(crate) mod cgroup;
mod connection;
pub(crate) mod keeper;
pub(crate) mod links;
mod outcomes;
mod pipes;
mod scratch;
mod service;
mod step;

/// First argument by which a program of ours is asked to be a supervisor.
pub const ARGUMENT: &str = "__supervisor";

/// Name of the socket in a supervisor's folder.
pub const SOCKET: &str = "socket";

/// Name of the file that a supervisor locks while anything of it lives.
pub const LOCK: &str = "lock";

/// Name of the folder for what steps need while they run.
pub(crate) const SCRATCH: &str = "scratch";

/// What a supervisor is told first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Its folder, made when missing: socket, lock, outcome log, scratch.
    pub folder: PathBuf,
    /// Folders that no sandboxed step may see.
    pub hidden: Vec<PathBuf>,
    /// Whether steps in the sandbox are to be expected, so that it is prepared at once.
    pub sandbox: bool,
    /// How long it stays when no step runs and no engine is connected.
    pub idle_ms: u64,
    /// How long the zygote may sleep over an order before it is killed and another takes its place.
    pub zygote_ms: u64,
}

/// How a supervisor ended, as its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finished {
    /// Nothing is left to remember.
    Clean = 0,
    /// Outcomes are left that nobody has asked for.
    Remembering = 3,
    /// Anything else.
    Died = 4,
}

/// Becomes a supervisor if the first argument asks for it; then it does not return.
///
/// Must be called before anything else in `main`, while the process has one thread.
pub fn enter_if_asked() {
    if std::env::args_os().nth(1).is_some_and(|argument| argument == ARGUMENT) {
        let code = match enter() {
            Ok(()) => 0,
            Err(_) => 1,
        };
        std::process::exit(code);
    }
}

/// Serves on the socket that is our standard input.
fn enter() -> io::Result<()> {
    // An own session: a closed terminal or Ctrl-C does not reach us. It fails only if we have one already.
    let _ = rustix::process::setsid();
    std::env::set_current_dir("/")?;
    let engine = rustix::io::fcntl_dupfd_cloexec(io::stdin(), 3)?;
    let setup = read_setup(&engine)?;
    sys::raise_file_limit();
    // Steps load artifacts where they may not see the file any more.
    tiphys_artifact::remember_trusted();
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    match prepare(&setup) {
        Ok(lock) => serve(setup, engine, null.into(), lock),
        Err(error) => {
            let mut bytes = Vec::new();
            frame::write(&FromSupervisor::Unable(error.to_string()), &mut bytes);
            File::from(engine).write_all(&bytes)
        }
    }
}

fn read_setup(engine: &OwnedFd) -> io::Result<Setup> {
    let mut socket = File::from(engine.try_clone()?);
    let mut inbox = Inbox::default();
    let mut head = [0; 4];
    socket.read_exact(&mut head)?;
    inbox.push(&head);
    // Exactly one frame: what follows is for the service.
    let mut body = vec![0; (u32::from_le_bytes(head) as usize).min(frame::FRAME_BYTES_MAX)];
    socket.read_exact(&mut body)?;
    inbox.push(&body);
    match inbox.take::<Setup>() {
        Ok(Some(setup)) => Ok(setup),
        Ok(None) => Err(io::ErrorKind::InvalidData.into()),
        Err(reason) => Err(io::Error::other(reason)),
    }
}

/// Makes the folder and takes its lock.
fn prepare(setup: &Setup) -> io::Result<File> {
    let named = |error: io::Error| io::Error::other(format!("{}: {error}", setup.folder.display()));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&setup.folder).map_err(named)?;
    let lock =
        OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(setup.folder.join(LOCK));
    let lock = lock.map_err(named)?;
    flock(&lock, FlockOperation::NonBlockingLockExclusive)
        .map_err(|_| named(io::Error::other("another supervisor is at work here")))?;
    tidy(&setup.folder);
    fs::DirBuilder::new().mode(0o711).create(setup.folder.join(SCRATCH)).map_err(named)?;
    Ok(lock)
}

/// Splits into keeper and service.
fn serve(setup: Setup, engine: OwnedFd, null: OwnedFd, lock: File) -> io::Result<()> {
    let outcomes = outcomes::Outcomes::open(&setup.folder)?;
    let (wake, poke) =
        rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC | rustix::pipe::PipeFlags::NONBLOCK)?;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let keeper = rustix::process::getpid();
    let folder = setup.folder.clone();
    let mut service = Some((setup, engine, outcomes, poke, lock));
    let child = sys::fork(0, || {
        let Some((setup, engine, outcomes, poke, lock)) = service.take() else {
            return Finished::Died as i32;
        };
        serve_as_child(keeper, setup, engine, null, outcomes, poke, lock)
    })?;
    let (_, engine, outcomes, poke, lock) = service.take().expect("the copy took its own");
    drop((engine, outcomes, poke));
    keeper::keep(child, &wake, &folder)?;
    drop(lock);
    Ok(())
}

fn serve_as_child(
    keeper: Pid,
    setup: Setup,
    engine: OwnedFd,
    null: OwnedFd,
    outcomes: outcomes::Outcomes,
    poke: OwnedFd,
    lock: File,
) -> i32 {
    let alone = rustix::process::set_parent_process_death_signal(Some(Signal::TERM)).is_err()
        || rustix::process::getppid() != Some(keeper)
        || rustix::process::set_child_subreaper(Some(rustix::process::getpid())).is_err();
    if alone {
        return Finished::Died as i32;
    }
    match service::Service::new(setup, engine, null, outcomes, poke) {
        Ok(mut service) => {
            let finished = service.run();
            drop(lock);
            finished as i32
        }
        Err(_) => Finished::Died as i32,
    }
}

/// Address of a socket in a folder whose path may be longer than a socket address can be.
pub fn socket_address(folder: &Path) -> io::Result<(OwnedFd, rustix::net::SocketAddrUnix)> {
    use std::os::fd::AsRawFd;
    let handle = rustix::fs::open(
        folder,
        rustix::fs::OFlags::PATH | rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    )?;
    let address = rustix::net::SocketAddrUnix::new(format!("/proc/self/fd/{}/{SOCKET}", handle.as_raw_fd()))?;
    Ok((handle, address))
}

/// Removes what a dead supervisor needed only while it lived, and ends what its steps left running. Its outcome log
/// stays.
pub fn tidy(folder: &Path) {
    let place = folder.join(SCRATCH);
    if !place.exists() {
        return;
    }
    keeper::end_marked(&place);
    cgroup::remove_listed(folder);
    links::remove_listed(folder);
    let _ = fs::remove_file(folder.join(SOCKET));
    scratch::remove(&place);
}

/// Whether a supervisor of this folder, or anything it left, still lives.
pub fn is_alive(folder: &Path) -> bool {
    let Ok(lock) = OpenOptions::new().write(true).open(folder.join(LOCK)) else { return false };
    // Shared: of two who look at the same moment, or of one and a child that was forked from it meanwhile, neither is taken
    // for the supervisor.
    flock(&lock, FlockOperation::NonBlockingLockShared).is_err()
}

/// What the kernel says that a process does: `R` works, `D` waits for a disk, `S` sleeps, `T` is stopped, …
pub fn process_state(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may contain anything.
    stat.rsplit(')').next()?.trim_start().chars().next()
}
