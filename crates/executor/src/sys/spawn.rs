//! From a description to a running program.
//!
//! A child is made by `clone` without a copy of our memory, which is what `posix_spawn` does. Until it has executed its
//! program it runs in our memory, so it makes system calls and nothing else: no allocation, no lock, and no call
//! that writes `errno` when it fails, because that variable is shared too.

#![allow(unsafe_code)] // The kernel demands it: clone, signal dispositions, seccomp, execve.

use std::cell::RefCell;
use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, Signal};

use crate::program::Program;

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
    /// Limits to set.
    pub rlimits: &'a [(Resource, Rlimit)],
    /// User and group to become, inside the user namespace it is in.
    pub user: Option<(u32, u32)>,
    /// Mounts that it sees read-only, in a mount namespace of its own; none: it shares its parent's. It must not have
    /// given up the right to change mounts yet.
    pub read_only: &'a [CString],
    /// Folders on these mounts that it may write to nevertheless.
    pub writable: &'a [&'a CStr],
    /// Whether it begins a session, and with it a process group, of its own; else only a group.
    pub session: bool,
    /// System call filter to live under.
    pub filter: Option<&'a [libc::sock_filter]>,
    /// Files `cgroup.procs` to join, opened for writing.
    pub cgroups: &'a [OwnedFd],
}

/// Stack of a child before `exec`.
const CHILD_STACK_BYTES: usize = 32 * 1024;

type Stack = Vec<u128>;

thread_local! {
    /// Stacks that no child is on.
    static STACKS: RefCell<Vec<Stack>> = const { RefCell::new(Vec::new()) };
}

fn take_stack() -> Stack {
    let free = STACKS.with_borrow_mut(Vec::pop);
    free.unwrap_or_else(|| vec![0; CHILD_STACK_BYTES / size_of::<u128>()])
}

fn give_back(stack: Stack) {
    STACKS.with_borrow_mut(|free| free.push(stack));
}

/// What a child needs, at one address until it has executed or ended.
struct Child<'a> {
    spawn: Spawn<'a>,
    argv: Vec<*const libc::c_char>,
    envp: Vec<*const libc::c_char>,
    parent: libc::pid_t,
    /// Why it could not execute its program; 0: it could, or has not tried yet.
    errno: AtomicI32,
}

impl<'a> Child<'a> {
    fn new(spawn: Spawn<'a>) -> Child<'a> {
        let pointers =
            |texts: &[CString]| texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect();
        Child {
            argv: pointers(spawn.args),
            envp: pointers(spawn.env),
            // SAFETY: cannot fail.
            parent: unsafe { libc::getpid() },
            errno: AtomicI32::new(0),
            spawn,
        }
    }

    /// Makes the process.
    ///
    /// SAFETY: `self` and the stack stay where they are, and nothing else uses the stack, until the child has executed or
    /// ended; with `CLONE_VFORK` among the flags that is when this returns.
    unsafe fn begin(&self, stack: &mut Stack, flags: libc::c_int) -> io::Result<u32> {
        let top = stack.as_mut_ptr_range().end;
        // SAFETY: as the caller promises; `enter` makes system calls only and ends its process.
        let pid = unsafe {
            libc::clone(
                enter,
                top.cast(),
                libc::CLONE_VM | flags | libc::SIGCHLD,
                ptr::from_ref(self).cast_mut().cast(),
            )
        };
        if pid < 0 { Err(io::Error::last_os_error()) } else { Ok(pid as u32) }
    }

    fn refusal(&self) -> Option<io::Error> {
        match self.errno.load(Ordering::Acquire) {
            0 => None,
            errno => Some(io::Error::from_raw_os_error(errno)),
        }
    }
}

/// Starts a process that dies with its parent, and waits until it has executed its program.
pub(crate) fn spawn(spawn: Spawn<'_>) -> io::Result<u32> {
    let child = Child::new(spawn);
    let mut stack = take_stack();
    // SAFETY: CLONE_VFORK keeps this thread asleep until the child has executed or ended.
    let begun = unsafe { child.begin(&mut stack, libc::CLONE_VFORK) };
    give_back(stack);
    let pid = begun?;
    if let Some(refusal) = child.refusal() {
        // SAFETY: `pid` is our child that has ended.
        unsafe { libc::waitpid(pid as libc::pid_t, ptr::null_mut(), 0) };
        return Err(refusal);
    }
    Ok(pid)
}

/// A program that was started without waiting for its `exec`.
pub(crate) struct Flight {
    pub pid: u32,
    /// None once it has landed.
    air: Option<Box<Air>>,
}

/// What belongs to a flight until the process has ended.
struct Air {
    /// Borrows from the fields below, which stay where they are.
    child: Child<'static>,
    stack: Stack,
    _program: Box<Program>,
    _rlimits: Box<[(Resource, Rlimit)]>,
    _cgroups: Box<[OwnedFd]>,
}

/// Only these have a way to execute that leaves `errno` alone; elsewhere the parent sleeps meanwhile.
const LAUNCH_FLAGS: libc::c_int =
    if cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) { 0 } else { libc::CLONE_VFORK };

/// Starts a process that dies with its parent, in a group of its own, and does not wait for its `exec`: on a machine
/// with several processors that goes on beside the caller.
pub(crate) fn launch(
    program: Program,
    stdio: [BorrowedFd<'_>; 3],
    rlimits: Vec<(Resource, Rlimit)>,
    cgroups: Vec<OwnedFd>,
) -> io::Result<Flight> {
    let program = Box::new(program);
    let rlimits = rlimits.into_boxed_slice();
    let cgroups = cgroups.into_boxed_slice();
    // SAFETY: the boxes go into `Air` beside what borrows from them, and are dropped after it or never. The
    // descriptors are copied with the table of open files when the process is made.
    let spawn: Spawn<'static> = unsafe {
        let program = &*ptr::from_ref(&*program);
        Spawn {
            program: &program.file,
            args: &program.args,
            env: &program.env,
            dir: &program.dir,
            stdio: stdio.map(|file| BorrowedFd::borrow_raw(file.as_raw_fd())),
            rlimits: &*ptr::from_ref(&*rlimits),
            user: None,
            read_only: &[],
            writable: &[],
            session: false,
            filter: None,
            cgroups: &*ptr::from_ref(&*cgroups),
        }
    };
    let child = Child::new(spawn);
    let mut air =
        Box::new(Air { child, stack: take_stack(), _program: program, _rlimits: rlimits, _cgroups: cgroups });
    // SAFETY: `Flight` keeps `air` where it is until the process has ended, forever if nobody says so.
    let pid = unsafe { air.child.begin(&mut air.stack, LAUNCH_FLAGS) }?;
    // The child does the same; whoever comes first, a signal to the group finds it.
    let group = rustix::process::Pid::from_raw(pid as libc::pid_t);
    let _ = rustix::process::setpgid(group, group);
    Ok(Flight { pid, air: Some(air) })
}

impl Flight {
    /// To be called when the process has ended: why it could not execute its program, if so.
    pub(crate) fn land(&mut self) -> Option<io::Error> {
        let air = self.air.take()?;
        give_back(air.stack);
        air.child.refusal()
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        // The process may still be on its way.
        self.air.take().map(Box::leak);
    }
}

extern "C" fn enter(argument: *mut libc::c_void) -> libc::c_int {
    // SAFETY: `begin` passed a `Child` that outlives this process's time in our memory.
    let child = unsafe { &*argument.cast::<Child<'_>>() };
    // SAFETY: system calls on plain data; no allocation, no lock.
    let errno = unsafe { become_program(child) };
    child.errno.store(errno, Ordering::Release);
    // SAFETY: ends only this child.
    unsafe { libc::_exit(127) }
}

/// Turns the child into the program; returns an error number when that fails.
unsafe fn become_program(child: &Child<'_>) -> i32 {
    match unsafe { prepare(child) } {
        // SAFETY: both lists end with a null pointer.
        Ok(()) => unsafe { execute(child.spawn.program, child.argv.as_ptr(), child.envp.as_ptr()) },
        Err(error) => error.raw_os_error(),
    }
}

unsafe fn prepare(child: &Child<'_>) -> Result<(), Errno> {
    let spawn = &child.spawn;
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // SAFETY: cannot fail.
    if unsafe { libc::getppid() } != child.parent {
        // The parent died before the line above. In a new pid namespace the parent is 0.
        return Err(Errno::SRCH);
    }
    if spawn.session {
        // Fails only for the leader of a group, which a new process is not.
        let _ = rustix::process::setsid();
    } else {
        rustix::process::setpgid(None, None)?;
    }
    for cgroup in spawn.cgroups {
        // Writing 0 moves the writer. A group that is gone has no limits to keep.
        let _ = rustix::io::write(cgroup, b"0");
    }
    rustix::stdio::dup2_stdin(spawn.stdio[0])?;
    rustix::stdio::dup2_stdout(spawn.stdio[1])?;
    rustix::stdio::dup2_stderr(spawn.stdio[2])?;
    rustix::process::chdir(spawn.dir)?;
    if !spawn.read_only.is_empty() {
        protect(spawn.read_only, spawn.writable)?;
    }
    for (resource, limit) in spawn.rlimits {
        // A limit above the hard one cannot be set and need not be.
        let _ = rustix::process::setrlimit(*resource, *limit);
    }
    // SAFETY: signal handlers are not shared (no CLONE_SIGHAND), so resetting them is local, and none of the
    // calls that a launch makes can fail; the others are made while the parent sleeps.
    unsafe {
        if let Some((user, group)) = spawn.user {
            let groups = [group];
            libc::setgroups(1, groups.as_ptr());
            if libc::setresgid(group, group, group) != 0 || libc::setresuid(user, user, user) != 0 {
                return Err(errno());
            }
            // Changing the user has cleared it.
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        }
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &none, ptr::null_mut());
        if let Some(filter) = spawn.filter
            && install_filter(filter) != 0
        {
            return Err(errno());
        }
    }
    Ok(())
}

/// Takes away the right to write to mounts, for this process and what it starts.
fn protect(mounts: &[CString], writable: &[&CStr]) -> Result<(), Errno> {
    // SAFETY: no memory involved; what is copied is this process's view only.
    if unsafe { libc::unshare(libc::CLONE_NEWNS) } != 0 {
        return Err(errno());
    }
    for folder in writable {
        // A mount of its own is not touched by what happens to the one below. One that is not there is not written to.
        let _ = rustix::mount::mount_bind_recursive(*folder, *folder);
    }
    for mount in mounts {
        super::make_read_only(mount)?;
    }
    Ok(())
}

/// Puts the calling thread, and whatever it starts, under a system call filter.
unsafe fn install_filter(filter: &[libc::sock_filter]) -> i32 {
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
    // SAFETY: `program` points to a filter that outlives the call.
    unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program) }
}

fn errno() -> Errno {
    // SAFETY: the address of this thread's error number is always valid.
    Errno::from_raw_os_error(unsafe { *libc::__errno_location() })
}

/// `execve` that returns its error instead of writing it where the parent would read it.
#[cfg(target_arch = "x86_64")]
unsafe fn execute(file: &CStr, argv: *const *const libc::c_char, envp: *const *const libc::c_char) -> i32 {
    let result: isize;
    // SAFETY: the kernel reads three pointers, which are valid, and clobbers rcx and r11.
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") libc::SYS_execve as isize => result,
            in("rdi") file.as_ptr(),
            in("rsi") argv,
            in("rdx") envp,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    -result as i32
}

/// As above.
#[cfg(target_arch = "aarch64")]
unsafe fn execute(file: &CStr, argv: *const *const libc::c_char, envp: *const *const libc::c_char) -> i32 {
    let result: isize;
    // SAFETY: the kernel reads three pointers, which are valid.
    unsafe {
        std::arch::asm!(
            "svc 0",
            in("x8") libc::SYS_execve,
            inlateout("x0") file.as_ptr() => result,
            in("x1") argv,
            in("x2") envp,
            options(nostack),
        );
    }
    -result as i32
}

/// Elsewhere the parent sleeps until the child has executed.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
unsafe fn execute(file: &CStr, argv: *const *const libc::c_char, envp: *const *const libc::c_char) -> i32 {
    // SAFETY: as the caller promises.
    unsafe { libc::execve(file.as_ptr(), argv, envp) };
    errno().raw_os_error()
}
