//! What we are measured against: small programs here, or Debian packages.

use crate::bench::runs::read_stamps;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Processes at once in every loop of spawns.
const AT_ONCE: usize = 2;

/// How often a byte goes to another process and back.
const PIPE_ROUNDS: usize = 2_000;

/// Starts per second of a bare loop, two at a time. `std` starts a process without changes to its
/// environment by `posix_spawn`, which is what this measures.
pub fn spawn_rate(count: usize, program: &[&str]) -> Result<f64, String> {
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    let results: Vec<Result<(), String>> = std::thread::scope(|scope| {
        let worker = || {
            while next.fetch_add(1, Ordering::Relaxed) < count {
                let status = Command::new(program[0]).args(&program[1..]).stdin(Stdio::inherit()).status();
                match status {
                    Ok(status) if status.success() => {}
                    Ok(status) => return Err(format!("{} ended with {status}", program[0])),
                    Err(error) => return Err(format!("cannot run {}: {error}", program[0])),
                }
            }
            Ok(())
        };
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker does not panic")).collect()
    });
    results.into_iter().collect::<Result<(), String>>()?;
    Ok(rate(count, started))
}

/// Seconds from the last instruction of a program to the first one of the next, when a bare loop starts one after the
/// other: what a machine needs for that if nothing is decided, heard or written down in between.
pub fn spawn_gaps(stamp: &Path, file: &Path, count: usize) -> Result<Vec<f64>, String> {
    std::fs::remove_file(file).ok();
    for _ in 0..count {
        let status = Command::new(stamp).arg(file).status();
        match status {
            Ok(status) if status.success() => {}
            Ok(status) => return Err(format!("{} ended with {status}", stamp.display())),
            Err(error) => return Err(format!("cannot run {}: {error}", stamp.display())),
        }
    }
    let stamps = read_stamps(file)?;
    Ok(stamps.windows(2).map(|pair| pair[1].first - pair[0].last).collect())
}

/// The sandbox that every Debian machine can install.
pub const BUBBLEWRAP: &[&str] = &[
    "bwrap",
    "--unshare-user",
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--ro-bind",
    "/",
    "/",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--tmpfs",
    "/tmp",
    "/bin/true",
];

/// Rules per second of `make`, two at a time.
pub fn make_rate(count: usize, folder: &Path) -> Result<f64, String> {
    let names: Vec<String> = (0..count).map(|number| format!("t{number}")).collect();
    let text = format!(".PHONY: all {0}\nall: {0}\n{0}:\n\t@/bin/true\n", names.join(" "));
    let file = write(folder, "Makefile", &text)?;
    let started = Instant::now();
    finish(Command::new("make").args(["-s", "-j2", "-f"]).arg(file))?;
    Ok(rate(count, started))
}

/// Rules per second of `ninja`, two at a time.
pub fn ninja_rate(count: usize, folder: &Path) -> Result<f64, String> {
    let mut text = String::from("rule r\n command = /bin/true\n");
    for number in 0..count {
        text.push_str(&format!("build t{number}: r\n"));
    }
    let file = write(folder, "build.ninja", &text)?;
    let started = Instant::now();
    finish(Command::new("ninja").args(["--quiet", "-j2", "-C"]).arg(folder).arg("-f").arg(file))?;
    Ok(rate(count, started))
}

/// Seconds of one round trip to another process over two pipes.
pub fn pipe_round_trips() -> Result<Vec<f64>, String> {
    let mut child = Command::new("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run cat: {error}"))?;
    let (Some(mut stdin), Some(mut stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("cat has no pipes".to_owned());
    };
    let mut figures = Vec::with_capacity(PIPE_ROUNDS);
    let mut byte = [0];
    for _ in 0..PIPE_ROUNDS {
        let started = Instant::now();
        stdin.write_all(b"x").map_err(|error| error.to_string())?;
        stdout.read_exact(&mut byte).map_err(|error| error.to_string())?;
        figures.push(started.elapsed().as_secs_f64());
    }
    drop(stdin);
    child.wait().map_err(|error| error.to_string())?;
    Ok(figures)
}

/// Seconds of one durable SQLite commit: write-ahead log, full sync, one small row.
pub fn sqlite_commit(folder: &Path) -> Result<f64, String> {
    let database = folder.join("commits.db");
    let script = |commits: usize| {
        let mut text = String::from(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS j(seq INTEGER PRIMARY KEY, body TEXT);\n",
        );
        text.push_str(
            &"INSERT INTO j(body) VALUES('0123456789012345678901234567890123456789');\n".repeat(commits),
        );
        text
    };
    // Twice with different counts, so that the start of the shell does not count.
    let mut seconds = [0.0; 2];
    for (slot, commits) in seconds.iter_mut().zip([100, 1_100]) {
        let file = write(folder, "commits.sql", &script(commits))?;
        let started = Instant::now();
        let input = fs::File::open(&file).map_err(|error| error.to_string())?;
        finish(Command::new("sqlite3").arg(&database).stdin(input))?;
        *slot = started.elapsed().as_secs_f64();
    }
    Ok((seconds[1] - seconds[0]) / 1_000.0)
}

/// Seconds of `sh -c true`, each.
pub fn shell_starts(count: usize) -> Result<Vec<f64>, String> {
    (0..count)
        .map(|_| {
            let started = Instant::now();
            finish(Command::new("sh").args(["-c", "true"]))?;
            Ok(started.elapsed().as_secs_f64())
        })
        .collect()
}

/// Seconds to read a file once, from the page cache.
pub fn read_file(path: &Path) -> Result<f64, String> {
    let started = Instant::now();
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    std::hint::black_box(&bytes);
    Ok(started.elapsed().as_secs_f64())
}

/// Writes a file of the bench.
pub fn write(folder: &Path, name: &str, text: &str) -> Result<std::path::PathBuf, String> {
    let path = folder.join(name);
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

/// Runs a command to its end in silence.
pub fn finish(command: &mut Command) -> Result<Duration, String> {
    let started = Instant::now();
    let output = command.stdout(Stdio::null()).stderr(Stdio::piped()).output();
    let output = output.map_err(|error| format!("cannot run {command:?}: {error}"))?;
    match output.status.success() {
        true => Ok(started.elapsed()),
        false => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!(
                "{command:?} ended with {}: {}",
                output.status,
                said.lines().last().unwrap_or("no message")
            ))
        }
    }
}

fn rate(count: usize, started: Instant) -> f64 {
    count as f64 / started.elapsed().as_secs_f64()
}
