//! The few kernel calls that have no safe wrapper. All `unsafe` of this crate is in this room.
//!
//! The processes that use it have one thread each: that is what makes forking without `exec` sound.
#![allow(unsafe_code)] // The kernel demands it: clone, signal dispositions, capabilities, seccomp.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

mod spawn;

pub(crate) use spawn::{Flight, Spawn, launch, spawn};

/// Makes the memory of this process fit for a server: a few places from which its threads take it, so that they do not
/// wait for each other (with one place for two processors a seventh of the server's time went there), but not
/// one for each thread, which keep much. To be called before there are threads.
#[cfg(target_env = "gnu")]
pub fn share_memory() {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let places = libc::c_int::try_from(processors.saturating_mul(2)).unwrap_or(libc::c_int::MAX);
    // SAFETY: these set numbers of the allocator, under its own lock.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, places);
        // A place that gives back each page at once asks the kernel for it again a moment later.
        libc::mallopt(libc::M_TRIM_THRESHOLD, 8 << 20);
        libc::mallopt(libc::M_TOP_PAD, 256 << 10);
    }
}

/// Gives what is free within those places back to the kernel: what lies below the last piece in use stays otherwise, and
/// a busy night or one long list would be paid for until the next restart. Takes some milliseconds.
#[cfg(target_env = "gnu")]
pub fn give_memory_back() {
    // SAFETY: it looks at what is free, under the allocator's own locks.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Nothing: this allocator has no such places.
#[cfg(not(target_env = "gnu"))]
pub fn share_memory() {}

/// Nothing: this allocator has no such places.
#[cfg(not(target_env = "gnu"))]
pub fn give_memory_back() {}

/// Continues in a copy of this process, with new namespaces for `flags`. The copy runs `body` and ends.
///
/// Only for processes with one thread.
pub(crate) fn fork(flags: libc::c_int, body: impl FnOnce() -> i32) -> io::Result<u32> {
    // SAFETY: a fork with no new stack; the process has one thread, so no lock is held by another.
    let pid = unsafe {
        libc::syscall(
            libc::SYS_clone,
            libc::c_long::from(flags | libc::SIGCHLD),
            0usize,
            0usize,
            0usize,
            0usize,
        )
    };
    match pid {
        0 => {
            let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)).unwrap_or(PANICKED);
            // SAFETY: ends only this copy, without running the destructors of what it copied.
            unsafe { libc::_exit(code) }
        }
        pid if pid > 0 => Ok(pid as u32),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Exit code of a copy of ours that panicked.
const PANICKED: i32 = 101;

/// A child that has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reaped {
    pub pid: u32,
    pub status: Status,
    pub cpu_us: u64,
    pub memory_peak_bytes: u64,
}

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Code(i32),
    Signal(i32),
}

/// Collects one ended child. `Ok(None)`: none has ended now (or, with `block`, there is none at all).
pub(crate) fn reap(block: bool) -> io::Result<Option<Reaped>> {
    let mut status = 0;
    // SAFETY: both are plain output.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    let options = if block { 0 } else { libc::WNOHANG };
    loop {
        // SAFETY: see above. __WALL: children with another exit signal count, too.
        let pid = unsafe { libc::wait4(-1, &mut status, options | libc::__WALL, &mut usage) };
        if pid > 0 {
            let micros = |time: libc::timeval| time.tv_sec as u64 * 1_000_000 + time.tv_usec as u64;
            let how = if libc::WIFSIGNALED(status) {
                Status::Signal(libc::WTERMSIG(status))
            } else {
                Status::Code(libc::WEXITSTATUS(status))
            };
            return Ok(Some(Reaped {
                pid: pid as u32,
                status: how,
                cpu_us: micros(usage.ru_utime) + micros(usage.ru_stime),
                memory_peak_bytes: usage.ru_maxrss as u64 * 1024,
            }));
        }
        if pid == 0 {
            return Ok(None);
        }
        match io::Error::last_os_error() {
            error if error.raw_os_error() == Some(libc::EINTR) => {}
            error if error.raw_os_error() == Some(libc::ECHILD) => return Ok(None),
            error => return Err(error),
        }
    }
}

/// Blocks these signals and delivers them through a file instead.
pub(crate) fn signal_file(signals: &[libc::c_int]) -> io::Result<OwnedFd> {
    // SAFETY: plain data; the descriptor is ours.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        for signal in signals {
            libc::sigaddset(&mut set, *signal);
        }
        if libc::sigprocmask(libc::SIG_BLOCK, &set, ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
        let fd = libc::signalfd(-1, &set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK);
        if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(OwnedFd::from_raw_fd(fd)) }
    }
}

/// The next signal of a signal file, if one waits.
pub(crate) fn read_signal(file: &OwnedFd) -> Option<libc::c_int> {
    let mut buffer = [0u8; size_of::<libc::signalfd_siginfo>()];
    match rustix::io::read(file, &mut buffer) {
        // The number is the first field.
        Ok(read) if read == buffer.len() => {
            Some(u32::from_ne_bytes([buffer[0], buffer[1], buffer[2], buffer[3]]) as libc::c_int)
        }
        _ => None,
    }
}

/// Sends a signal to a process; whether somebody was there.
pub(crate) fn kill(pid: u32, signal: libc::c_int) -> bool {
    // SAFETY: no memory involved.
    unsafe { libc::kill(pid as libc::pid_t, signal) == 0 }
}

/// Sends a signal to a process group; whether somebody was there.
pub(crate) fn kill_group(group: u32, signal: libc::c_int) -> bool {
    // SAFETY: no memory involved.
    unsafe { libc::kill(-(group as libc::pid_t), signal) == 0 }
}

/// Sends a signal to every process that this one may see, itself excepted.
///
/// Only for process 1 of a pid namespace.
pub(crate) fn kill_everyone(signal: libc::c_int) {
    // SAFETY: no memory involved. The check keeps a mistake from reaching the machine's processes.
    unsafe {
        if libc::getpid() == 1 {
            libc::kill(-1, signal);
        }
    }
}

/// Closes every descriptor except these.
pub(crate) fn close_all_except(keep: &mut [RawFd]) {
    keep.sort_unstable();
    let mut from: libc::c_uint = 0;
    for fd in keep.iter() {
        let fd = *fd as libc::c_uint;
        if fd > from {
            // SAFETY: the caller forks and runs only code that uses `keep`.
            unsafe { libc::syscall(libc::SYS_close_range, from, fd - 1, 0) };
        }
        from = fd + 1;
    }
    // SAFETY: as above.
    unsafe { libc::syscall(libc::SYS_close_range, from, libc::c_uint::MAX, 0) };
}

/// The limit of open files that this process had before it was raised.
static FILE_LIMIT: std::sync::OnceLock<Rlimit> = std::sync::OnceLock::new();

/// Lets this process have as many files open as the machine permits.
pub(crate) fn raise_file_limit() {
    let limit = FILE_LIMIT.get_or_init(|| getrlimit(Resource::Nofile));
    // What it has is enough for fewer steps at once.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// The limit of open files that steps get: some programs cannot live with a high one.
pub(crate) fn usual_file_limit() -> Option<Rlimit> {
    FILE_LIMIT.get().map(|limit| Rlimit { current: limit.current, maximum: limit.maximum })
}

/// Moves this process into new namespaces. Only for processes with one thread.
pub(crate) fn unshare(flags: libc::c_int) -> io::Result<()> {
    // SAFETY: no memory involved; with one thread there is nobody to disagree with.
    check(unsafe { libc::unshare(flags) })
}

/// Makes sure that no program started from here can ever have this capability.
pub(crate) fn drop_from_bounding_set(capability: u32) -> io::Result<()> {
    // SAFETY: no memory involved.
    check(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, libc::c_ulong::from(capability), 0, 0, 0) })
}

/// Makes what this process creates in the file system belong to another user and group.
pub(crate) fn create_as(id: u32) {
    // SAFETY: no memory involved. Root may; their result is the id before.
    unsafe {
        libc::setfsgid(id);
        libc::setfsuid(id);
    }
}

/// Becomes user and group 0 of the user namespace, with no other group.
pub(crate) fn become_root_inside() -> io::Result<()> {
    // SAFETY: no memory involved.
    unsafe {
        check(libc::setgroups(0, ptr::null()))?;
        check(libc::setresgid(0, 0, 0))?;
        check(libc::setresuid(0, 0, 0))
    }
}

/// Makes the mount at a path read-only, and none below it.
fn make_read_only(mount: &CStr) -> Result<(), rustix::io::Errno> {
    let attributes =
        libc::mount_attr { attr_set: libc::MOUNT_ATTR_RDONLY, attr_clr: 0, propagation: 0, userns_fd: 0 };
    // SAFETY: `attributes` is valid for its size, and the path ends with a null byte.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            mount.as_ptr(),
            0,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    if result == 0 {
        return Ok(());
    }
    // SAFETY: the address of this thread's error number is always valid.
    Err(rustix::io::Errno::from_raw_os_error(unsafe { *libc::__errno_location() }))
}

/// Changes how a mount that is not attached anywhere behaves, and everything below it.
///
/// `set` takes `MOUNT_ATTR_*`. With `owners`, the ids on the disk are shown as that user namespace maps them.
pub(crate) fn set_mount_attributes(
    mount: BorrowedFd<'_>,
    set: u64,
    owners: Option<BorrowedFd<'_>>,
) -> io::Result<()> {
    const MOUNT_ATTR_IDMAP: u64 = 0x0010_0000;
    let attributes = libc::mount_attr {
        attr_set: set | if owners.is_some() { MOUNT_ATTR_IDMAP } else { 0 },
        attr_clr: 0,
        propagation: 0,
        userns_fd: owners.map_or(0, |owners| owners.as_raw_fd() as u64),
    };
    // SAFETY: `attributes` is valid for its size; the path is empty, so the descriptor is meant.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH | libc::AT_RECURSIVE,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    check(result as libc::c_int)
}

/// Switches the loopback interface of this network namespace on.
pub(crate) fn loopback_up() -> io::Result<()> {
    // SAFETY: the request is plain data of the size that the kernel expects.
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        check(socket)?;
        let socket = OwnedFd::from_raw_fd(socket);
        let mut request: libc::ifreq = std::mem::zeroed();
        for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
            *to = *from as libc::c_char;
        }
        request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
        check(libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &request))
    }
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
