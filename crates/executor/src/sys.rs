//! The few kernel calls that have no safe wrapper. All `unsafe` of this crate is in this file.
//!
//! The processes that use it have one thread each: that is what makes forking without `exec` sound.
#![allow(unsafe_code)] // The kernel demands it: clone, signal dispositions, capabilities, seccomp.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

/// A process to start by `exec`.
pub(crate) struct Spawn<'a> {
    /// File to execute; already looked up.
    pub program: &'a CStr,
    /// Arguments, the program's name first.
    pub args: &'a [CString],
    /// Environment, each `NAME=value`.
    pub env: &'a [CString],
    /// Folder to start in.
    pub dir: &'a CStr,
    /// stdin, stdout, stderr.
    pub stdio: [BorrowedFd<'a>; 3],
    /// Limits to set, as (resource, value).
    pub rlimits: &'a [(u32, u64)],
    /// User and group to become, inside the user namespace it is in.
    pub user: Option<(u32, u32)>,
    /// Whether it begins a session, and with it a process group, of its own; else only a group.
    pub session: bool,
    /// System call filter to live under.
    pub filter: Option<&'a [libc::sock_filter]>,
    /// Files `cgroup.procs` to join, opened for writing.
    pub cgroups: &'a [OwnedFd],
}

/// What the child needs, as plain pointers: between `vfork` and `exec` nothing may be allocated.
struct Child<'a> {
    spawn: &'a Spawn<'a>,
    argv: *const *const libc::c_char,
    envp: *const *const libc::c_char,
    parent: libc::pid_t,
    errno: i32,
}

/// Stack of a child between `vfork` and `exec`.
const CHILD_STACK_BYTES: usize = 64 * 1024;

/// Starts a process that dies with its parent. The price of a `posix_spawn`: the parent's memory is not copied.
pub(crate) fn spawn(spawn: &Spawn<'_>) -> io::Result<u32> {
    let argv = pointers(spawn.args);
    let envp = pointers(spawn.env);
    let mut child = Child {
        spawn,
        argv: argv.as_ptr(),
        envp: envp.as_ptr(),
        // SAFETY: cannot fail.
        parent: unsafe { libc::getpid() },
        errno: 0,
    };
    thread_local! {
        static STACK: std::cell::RefCell<Vec<u128>> =
            std::cell::RefCell::new(vec![0; CHILD_STACK_BYTES / size_of::<u128>()]);
    }
    let pid = STACK.with_borrow_mut(|stack| {
        let top = stack.as_mut_ptr_range().end;
        // SAFETY: CLONE_VFORK keeps this thread asleep until the child has executed or ended, so `child` and the
        // stack outlive their use; `enter` makes system calls only.
        unsafe {
            libc::clone(
                enter,
                top.cast(),
                libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD,
                ptr::from_mut(&mut child).cast(),
            )
        }
    });
    if pid < 0 {
        return Err(io::Error::last_os_error());
    }
    if child.errno != 0 {
        // SAFETY: `pid` is our child that has ended.
        unsafe { libc::waitpid(pid, ptr::null_mut(), 0) };
        return Err(io::Error::from_raw_os_error(child.errno));
    }
    Ok(pid as u32)
}

fn pointers(texts: &[CString]) -> Vec<*const libc::c_char> {
    texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect()
}

extern "C" fn enter(argument: *mut libc::c_void) -> libc::c_int {
    // SAFETY: `spawn` passed a `Child` that outlives this call.
    let child = unsafe { &mut *argument.cast::<Child<'_>>() };
    // SAFETY: system calls on plain data; no allocation, no lock.
    child.errno = unsafe { become_program(child) };
    // SAFETY: ends only this child.
    unsafe { libc::_exit(127) }
}

/// Turns the child into the program; returns an error number when that fails.
unsafe fn become_program(child: &Child<'_>) -> i32 {
    let spawn = child.spawn;
    // SAFETY: see `enter`. Signal handlers are not shared (no CLONE_SIGHAND), so resetting them is local.
    unsafe {
        if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
            return errno();
        }
        // The parent may have died before the line above. In a new pid namespace the parent is 0.
        if libc::getppid() != child.parent {
            return libc::ESRCH;
        }
        if spawn.session {
            libc::setsid();
        } else {
            libc::setpgid(0, 0);
        }
        for cgroup in spawn.cgroups {
            // Writing 0 moves the writer.
            libc::write(cgroup.as_raw_fd(), c"0".as_ptr().cast(), 1);
        }
        for (target, source) in spawn.stdio.iter().enumerate() {
            if libc::dup2(source.as_raw_fd(), target as RawFd) < 0 {
                return errno();
            }
        }
        if libc::chdir(spawn.dir.as_ptr()) != 0 {
            return errno();
        }
        for (resource, value) in spawn.rlimits {
            let limit = libc::rlimit { rlim_cur: *value, rlim_max: *value };
            // A limit above the hard one cannot be set and need not be.
            libc::setrlimit(*resource, &limit);
        }
        if let Some((user, group)) = spawn.user {
            let groups = [group];
            libc::setgroups(1, groups.as_ptr());
            if libc::setresgid(group, group, group) != 0 || libc::setresuid(user, user, user) != 0 {
                return errno();
            }
            // Changing the user has cleared it.
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        }
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &none, ptr::null_mut());
        if let Some(filter) = spawn.filter
            && install_filter(filter) != 0
        {
            return errno();
        }
        libc::execve(spawn.program.as_ptr(), child.argv, child.envp);
        errno()
    }
}

/// Puts the calling thread, and whatever it starts, under a system call filter.
unsafe fn install_filter(filter: &[libc::sock_filter]) -> i32 {
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
    // SAFETY: `program` points to a filter that outlives the call.
    unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program) }
}

fn errno() -> i32 {
    // SAFETY: the address of this thread's error number is always valid. A child that shares our memory also
    // shares this variable; its parent sleeps meanwhile.
    unsafe { *libc::__errno_location() }
}

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
