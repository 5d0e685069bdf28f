//! Running the binary: built once, a fresh state folder and a deadline per call.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::workspace::Workspace;

/// Between two looks at a running process.
const GLANCE: Duration = Duration::from_millis(5);

/// How long a process may take to end after it was interrupted.
const GRACE: Duration = Duration::from_secs(5);

/// Most bytes of one stream that are read back.
const OUTPUT_BYTES_MAX: usize = 256 << 20;

/// How a call ended.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// It overstayed its deadline and was ended.
    pub late: bool,
}

impl Outcome {
    /// The line of stderr that most likely says what was wrong.
    pub fn complaint(&self) -> String {
        let lines = || self.stderr.lines().map(str::trim).filter(|line| !line.is_empty());
        let error = lines().find(|line| line.starts_with("error"));
        error.or(lines().next_back()).unwrap_or("no message").to_owned()
    }
}

/// A new empty folder for this process, on the disk that builds use.
pub fn scratch(workspace: &Workspace) -> Result<PathBuf, String> {
    let folder = workspace.target_dir().join(format!("conformance-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

/// A folder of one call; gone when dropped.
pub struct Cell {
    pub folder: PathBuf,
}

impl Cell {
    /// Makes a new one inside `scratch`.
    pub fn new(scratch: &Path) -> Result<Cell, String> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let folder = scratch.join(NUMBER.fetch_add(1, Ordering::Relaxed).to_string());
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Cell { folder })
    }

    /// Calls the binary with its state in this cell.
    pub fn call<S: AsRef<OsStr>>(
        &self,
        binary: &Path,
        arguments: impl IntoIterator<Item = S>,
        deadline: Duration,
    ) -> Result<Outcome, String> {
        let mut command = Command::new(binary);
        command.args(arguments).current_dir(&self.folder);
        command.env("TIPHYS_STATE_DIR", self.folder.join("state")).env("NO_COLOR", "1").env("TZ", "UTC");
        self.finish(command, None, deadline)
    }

    /// Runs any command until it ends or its deadline passes.
    pub fn finish(
        &self,
        mut command: Command,
        input: Option<&str>,
        deadline: Duration,
    ) -> Result<Outcome, String> {
        // Files, not pipes: whoever inherits the descriptor cannot make us wait.
        let paths = [self.folder.join("stdout"), self.folder.join("stderr")];
        let create = |path: &Path| File::create(path).map_err(|error| format!("{}: {error}", path.display()));
        let stdin = match input {
            Some(text) => {
                let path = self.folder.join("stdin");
                std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
                Stdio::from(File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?)
            }
            None => Stdio::null(),
        };
        command.stdin(stdin).stdout(create(&paths[0])?).stderr(create(&paths[1])?).process_group(0);
        let mut child = command.spawn().map_err(|error| format!("cannot run {command:?}: {error}"))?;
        let mut late = false;
        let mut code = wait(&mut child, deadline);
        for signal in [Signal::INT, Signal::KILL] {
            if code.is_none() {
                late = true;
                signal_group(&child, signal);
                code = wait(&mut child, GRACE);
            }
        }
        let text = |path: &Path| -> String {
            let mut bytes = std::fs::read(path).unwrap_or_default();
            bytes.truncate(OUTPUT_BYTES_MAX);
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Ok(Outcome { code: code.flatten(), stdout: text(&paths[0]), stderr: text(&paths[1]), late })
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// Waits for the end at most so long; `Some(None)` is an end without a code.
fn wait(child: &mut Child, at_most: Duration) -> Option<Option<i32>> {
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.code()),
            Ok(None) if started.elapsed() < at_most => std::thread::sleep(GLANCE),
            _ => return None,
        }
    }
}

fn signal_group(child: &Child, signal: Signal) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        kill_process_group(pid, signal).ok();
    }
}

/// Calls `work` for every item, `jobs` at a time; the results keep the order of the items.
pub fn side_by_side<T: Sync, R: Send>(jobs: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.min(items.len()))
            .map(|_| {
                scope.spawn(|| {
                    let mut done = Vec::new();
                    while let Some((at, item)) =
                        Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, items.get(at)?)))
                    {
                        done.push((at, work(item)));
                    }
                    done
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker does not panic")).collect()
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}
