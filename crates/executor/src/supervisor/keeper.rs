//! The keeper: the parent of a supervisor, which outlives it just long enough to clean up.
//!
//! Every process whose parent dies becomes a child of the nearest ancestor that asked for it. The keeper asked;
//! so when a supervisor dies, whatever its steps left running ends here. Meanwhile it syncs the outcome log, which
//! keeps the supervisor free of waiting and of threads.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, poll};

use super::{Finished, outcomes};
use crate::sys::{self, Status};

/// Waits for the supervisor to end, then removes every trace that nobody needs any more.
pub(crate) fn keep(supervisor: u32, wake: &OwnedFd, folder: &Path) -> io::Result<()> {
    let signals = sys::signal_file(&[libc::SIGCHLD, libc::SIGTERM, libc::SIGINT, libc::SIGHUP])?;
    let finished = 'watch: loop {
        let mut files = [PollFd::new(&signals, PollFlags::IN), PollFd::new(wake, PollFlags::IN)];
        match poll(&mut files, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let woken = files[1].revents().contains(PollFlags::IN);
        if woken {
            let mut pokes = [0; 64];
            let _ = rustix::io::read(wake, &mut pokes);
            // A disk that cannot be synced is full or broken; the journal will say so.
            let _ = outcomes::sync(folder);
        }
        while let Some(signal) = sys::read_signal(&signals) {
            if signal != libc::SIGCHLD {
                sys::kill(supervisor, libc::SIGTERM);
            }
        }
        while let Some(child) = sys::reap(false)? {
            if child.pid == supervisor {
                break 'watch match child.status {
                    Status::Code(code) if code == Finished::Clean as i32 => Finished::Clean,
                    Status::Code(code) if code == Finished::Remembering as i32 => Finished::Remembering,
                    _ => Finished::Died,
                };
            }
        }
    };
    end_children();
    super::tidy(folder);
    if matches!(finished, Finished::Clean) {
        let _ = fs::remove_dir_all(folder);
    }
    Ok(())
}

/// Kills every child until none is left; their children become ours and follow.
pub(crate) fn end_children() {
    loop {
        let left = children();
        for child in &left {
            sys::kill(*child, libc::SIGKILL);
        }
        if left.is_empty() || !matches!(sys::reap(true), Ok(Some(_))) {
            return;
        }
    }
}

/// Variable that holds the scratch folder of a step without sandbox: by it whatever the step leaves is known.
pub(crate) const SCRATCH_MARK: &str = "TIPHYS_SCRATCH";

/// Kills processes of steps whose scratch folders are below this one. Needed only when keeper and supervisor were
/// killed at once; in the sandbox nothing outlives a step anyway.
pub(crate) fn end_marked(scratch: &Path) {
    let mark = format!("{SCRATCH_MARK}={}/", scratch.display());
    let Ok(entries) = fs::read_dir("/proc") else { return };
    for pid in entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
        // Other users' processes cannot be read, and are none of ours.
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        if environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(mark.as_bytes())) {
            sys::kill(pid, libc::SIGKILL);
        }
    }
}

/// The children of this process, ended ones included.
pub(crate) fn children() -> Vec<u32> {
    let own = std::process::id();
    let Ok(list) = fs::read_to_string(format!("/proc/self/task/{own}/children")) else {
        return scan_children(own);
    };
    list.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

/// The same where the kernel keeps no list: looks at every process.
fn scan_children(parent: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The name, in parentheses, may contain anything; the parent is the second field after it.
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        after_name.split_ascii_whitespace().nth(1) == Some(parent.to_string().as_str())
    })
    .collect()
}
