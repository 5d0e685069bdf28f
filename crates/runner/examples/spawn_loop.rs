//! Measures how many no-op steps start and end in a second, two at a time.
//!
//! `spawn_loop bare|sandbox|ours-bare|ours-sandbox COUNT` prints one JSON line. `bare` spawns a program in a loop;
//! `sandbox` does by hand, and with nothing around it, what the sandbox does for each step: the same namespaces, an
//! overlay over the machine's root, `/proc`, `/dev`. The others are the process runner without an engine.
#![allow(unsafe_code)] // The loop by hand must clone as the sandbox does.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_bind_recursive, mount_change,
    unmount,
};
use rustix::process::pivot_root;
use tiphys_runner::process::{Options, ProcessRunner};
use tiphys_runner::step::{AttemptId, ContainerRequest, Isolation, Report, StepRequest};
use tiphys_runner::{News, Runner};

/// Steps at once.
const AT_ONCE: usize = 2;

fn main() -> ExitCode {
    tiphys_runner::enter_if_asked();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(what), Some(Ok(count))) =
        (arguments.first(), arguments.get(1).map(|count| count.parse::<usize>()))
    else {
        eprintln!("usage: spawn_loop bare|sandbox|ours-bare|ours-sandbox COUNT");
        return ExitCode::from(2);
    };
    let seconds = match what.as_str() {
        "bare" => bare(count),
        "sandbox" => sandbox(count),
        "ours-bare" => ours(count, Isolation::None),
        "ours-sandbox" => ours(count, Isolation::Sandbox),
        other => Err(format!("`{other}` is none of bare, sandbox, ours-bare, ours-sandbox").into()),
    };
    match seconds {
        Ok(seconds) => {
            println!("{{\"what\": \"{what} steps/s\", \"value\": {:.1}}}", count as f64 / seconds);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

type Seconds = Result<f64, Box<dyn Error>>;

fn bare(count: usize) -> Seconds {
    let start = Instant::now();
    two_at_a_time(count, || {
        let child = Command::new("/bin/true").stdin(Stdio::null()).spawn()?;
        Ok(child.id())
    })?;
    Ok(start.elapsed().as_secs_f64())
}

/// Starts `count` children, never more than two at once, and waits for all.
fn two_at_a_time(
    count: usize,
    mut start: impl FnMut() -> Result<u32, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let (mut started, mut running) = (0, 0);
    while started < count || running > 0 {
        while running < AT_ONCE && started < count {
            start()?;
            started += 1;
            running += 1;
        }
        let mut status = 0;
        // SAFETY: plain output.
        if unsafe { libc::wait(&mut status) } < 0 {
            return Err(std::io::Error::last_os_error().into());
        }
        if status != 0 {
            return Err(format!("a child ended with {status:#x}").into());
        }
        running -= 1;
    }
    Ok(())
}

fn sandbox(count: usize) -> Seconds {
    let folder = std::env::temp_dir().join(format!("tiphys-loop-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let seconds = in_template(&folder, count);
    let _ = fs::remove_dir(&folder);
    seconds
}

/// Runs the loop in a child that lays out a template, since its mounts end with it.
fn in_template(folder: &Path, count: usize) -> Seconds {
    let (read, write) = rustix::pipe::pipe()?;
    // SAFETY: this process has one thread.
    match unsafe { libc::fork() } {
        0 => {
            let seconds = lay_out(folder).and_then(|()| {
                let start = Instant::now();
                two_at_a_time(count, clone_step)?;
                Ok(start.elapsed().as_secs_f64())
            });
            let text = match seconds {
                Ok(seconds) => seconds.to_string(),
                Err(error) => format!("error: {error}"),
            };
            let _ = rustix::io::write(&write, text.as_bytes());
            std::process::exit(0);
        }
        child if child > 0 => {
            drop(write);
            let mut text = [0; 512];
            let length = rustix::io::read(&read, &mut text)?;
            // SAFETY: our child.
            unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
            let text = String::from_utf8_lossy(&text[..length]).into_owned();
            Ok(text.parse().map_err(|_| text)?)
        }
        _ => Err(std::io::Error::last_os_error().into()),
    }
}

/// A user namespace with a mount of the machine's root (of `/usr` where we may not have that alone), and devices.
fn lay_out(folder: &Path) -> Result<(), Box<dyn Error>> {
    let is_root = rustix::process::geteuid().is_root();
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    if is_root {
        unshare(libc::CLONE_NEWNS)?;
    } else {
        unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNS)?;
        map(user, group)?;
    }
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    mount("tmpfs", folder, "tmpfs", MountFlags::empty(), None)?;
    std::env::set_current_dir(folder)?;
    for name in ["base", "over", "over/proc", "over/dev", "over/usr", "dev", "step", "host", "proc"] {
        fs::create_dir(name)?;
    }
    fs::create_dir("dev/pts")?;
    mount_bind(if is_root { "/" } else { "/usr" }, "base")?;
    for name in ["null", "zero", "full", "random", "urandom", "tty"] {
        let path = PathBuf::from("dev").join(name);
        fs::write(&path, "")?;
        mount_bind(Path::new("/dev").join(name), &path)?;
    }
    if is_root {
        mount("proc", "proc", "proc", MountFlags::empty(), None)?;
    }
    pivot_root(".", "host")?;
    std::env::set_current_dir("/")?;
    if is_root {
        unshare(libc::CLONE_NEWUSER)?;
        map(user, group)?;
        unshare(libc::CLONE_NEWNS)?;
    }
    Ok(())
}

fn unshare(flags: libc::c_int) -> std::io::Result<()> {
    // SAFETY: no memory involved.
    if unsafe { libc::unshare(flags) } < 0 { Err(std::io::Error::last_os_error()) } else { Ok(()) }
}

fn map(user: u32, group: u32) -> std::io::Result<()> {
    let process = if Path::new("/proc/self").exists() { "/proc/self" } else { "/host/proc/self" };
    let file = |name: &str| Path::new(process).join(name);
    fs::write(file("setgroups"), "deny")?;
    fs::write(file("uid_map"), format!("0 {user} 1"))?;
    fs::write(file("gid_map"), format!("0 {group} 1"))
}

fn clone_step() -> Result<u32, Box<dyn Error>> {
    let flags =
        libc::CLONE_NEWNS | libc::CLONE_NEWPID | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS | libc::SIGCHLD;
    // SAFETY: a fork without a new stack; this process has one thread.
    match unsafe { libc::syscall(libc::SYS_clone, libc::c_long::from(flags), 0usize, 0usize, 0usize, 0usize) }
    {
        0 => {
            let code = live().unwrap_or(1);
            std::process::exit(code)
        }
        pid if pid > 0 => Ok(pid as u32),
        _ => Err(std::io::Error::last_os_error().into()),
    }
}

/// Process 1: the mounts, one program, its end.
fn live() -> Result<i32, Box<dyn Error>> {
    mount("tmpfs", "step", "tmpfs", MountFlags::empty(), None)?;
    for name in ["step/upper", "step/work", "step/root"] {
        fs::create_dir(name)?;
    }
    let is_whole = Path::new("base/usr").exists();
    let target = if is_whole { "step/root" } else { "step/root/usr" };
    if !is_whole {
        for name in ["proc", "dev", "usr"] {
            fs::create_dir(Path::new("step/root").join(name))?;
        }
        for name in ["bin", "lib", "lib64"] {
            std::os::unix::fs::symlink(format!("usr/{name}"), Path::new("step/root").join(name))?;
        }
    }
    let options = c"lowerdir=over:base,upperdir=step/upper,workdir=step/work,userxattr";
    mount("overlay", target, "overlay", MountFlags::empty(), options)?;
    mount(
        "proc",
        "step/root/proc",
        "proc",
        MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC,
        None,
    )?;
    mount_bind_recursive("dev", "step/root/dev")?;
    mount("devpts", "step/root/dev/pts", "devpts", MountFlags::empty(), c"newinstance")?;
    std::env::set_current_dir("step/root")?;
    pivot_root(".", ".")?;
    unmount(".", UnmountFlags::DETACH)?;
    rustix::system::sethostname(b"step")?;
    // The standard library spawns without copying this process.
    let status = Command::new("/bin/true").status()?;
    Ok(status.code().unwrap_or(1))
}

fn ours(count: usize, isolation: Isolation) -> Seconds {
    let state = std::env::temp_dir().join(format!("tiphys-ours-{}", std::process::id()));
    let (sender, news) = mpsc::channel();
    let sender = Mutex::new(sender);
    let on_news = move |news| {
        // The receiver goes when the measurement is over.
        let _ = sender.lock().map(|sender| sender.send(news));
    };
    let mut options = Options::new(&state, "bench");
    options.sandbox = isolation == Isolation::Sandbox;
    let runner = ProcessRunner::new(options, Box::new(on_news));
    runner.warm()?;
    let step = |number: usize| StepRequest {
        attempt: AttemptId(format!("bench/{number}.0.0")),
        pod_name: format!("pod-{number}"),
        isolation,
        containers: vec![ContainerRequest {
            name: "main".into(),
            command: vec!["true".into()],
            ..ContainerRequest::default()
        }],
        log_dir: state.join("logs"),
        ..StepRequest::default()
    };
    let start = Instant::now();
    let first: Vec<StepRequest> = (0..count.min(AT_ONCE)).map(step).collect();
    runner.start(&first);
    let (mut started, mut ended) = (first.len(), 0);
    while ended < count {
        let News::Reports(reports) = news.recv()? else { return Err("the supervisor died".into()) };
        let mut over = Vec::new();
        for report in reports {
            if let Report::Ended(report) = report {
                if !report.main().is_some_and(|main| main.exit.is_success()) {
                    return Err(format!("a step failed: {report:?}").into());
                }
                over.push(report.attempt);
            }
        }
        ended += over.len();
        let next: Vec<StepRequest> = (started..count.min(started + over.len())).map(step).collect();
        started += next.len();
        if !next.is_empty() {
            runner.start(&next);
        }
        if !over.is_empty() {
            runner.forget(&over);
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    runner.close(true, Duration::from_secs(10));
    fs::remove_dir_all(&state)?;
    Ok(seconds)
}
