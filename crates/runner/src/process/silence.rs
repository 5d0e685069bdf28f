//! Whether a supervisor still answers.
//!
//! One that is stuck would hold up its engine for ever: it lives, so nobody takes its place. So whoever listens asks when
//! nothing was heard for a while, looks whether the supervisor works or waits for a disk, and ends one that only sleeps.

use std::fs;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::sockopt::{Timeout, set_socket_timeout, socket_peercred};
use rustix::net::{SendFlags, send};
use rustix::process::{Pid, Signal, kill_process};
use tiphys_executor::contract::{AttemptId, ToSupervisor};
use tiphys_executor::{frame, supervisor};

use super::Options;
use super::link::{self, DYING_WITHIN, LOOK_EVERY};

/// At how many looks in a row it must have slept before it is given up.
const LOOKS: u32 = 9;

/// The process to look at.
pub(super) enum Watched {
    /// Our child is the keeper; its child is the supervisor.
    Started(Child),
    /// The one to which we are connected.
    Found(Option<Pid>),
}

pub(super) struct Silence {
    pub(super) watched: Watched,
    folder: PathBuf,
    /// How long a supervisor may sleep over a question.
    patience: Duration,
    /// Held by whoever writes to the socket.
    writing: Arc<Mutex<()>>,
    looks: u32,
}

impl Silence {
    pub(super) fn new(watched: Watched, options: &Options, writing: Arc<Mutex<()>>) -> Silence {
        let (folder, patience) = (options.folder(), options.patience);
        Silence { watched, folder, patience, writing, looks: 0 }
    }

    /// How long to listen before the next look.
    pub(super) fn between_looks(&self) -> Duration {
        (self.patience / (LOOKS + 1)).max(Duration::from_millis(1))
    }

    /// Something was heard.
    pub(super) fn broken(&mut self) {
        self.looks = 0;
    }

    /// Nothing was heard since the last look. Asks, the first time; ends the supervisor at the last, and says so.
    pub(super) fn look(&mut self, socket: impl AsFd) -> Option<String> {
        if self.looks == 0 {
            self.ask(socket);
        }
        let pid = self.supervisor()?;
        // It may store something large, or have much to do.
        let state = supervisor::process_state(pid.as_raw_nonzero().get().unsigned_abs());
        let is_at_work = matches!(state, Some('R' | 'D'));
        self.looks = if is_at_work { self.looks.max(1) } else { self.looks + 1 };
        if self.looks <= LOOKS {
            return None;
        }
        let _ = kill_process(pid, Signal::KILL);
        // Until its keeper has tidied up, whoever looks for a supervisor could still find this one.
        let until = Instant::now() + DYING_WITHIN;
        while supervisor::is_alive(&self.folder) && Instant::now() < until {
            thread::sleep(LOOK_EVERY);
        }
        let (pid, patience) = (pid.as_raw_nonzero(), self.patience);
        Some(format!(
            "the supervisor of the steps (pid {pid}) slept for {patience:?} without an answer; it was killed"
        ))
    }

    /// Asks, unless whoever writes already asks something.
    fn ask(&self, socket: impl AsFd) {
        let Ok(_alone) = self.writing.try_lock() else { return };
        ask(socket);
    }

    fn supervisor(&self) -> Option<Pid> {
        match &self.watched {
            Watched::Found(pid) => *pid,
            Watched::Started(keeper) => {
                let keeper = keeper.id();
                let children = fs::read_to_string(format!("/proc/{keeper}/task/{keeper}/children")).ok()?;
                Pid::from_raw(children.split_ascii_whitespace().next()?.parse().ok()?)
            }
        }
    }
}

/// Asks what costs nothing to answer. A full socket is not read.
fn ask(socket: impl AsFd) {
    let mut question = Vec::new();
    frame::write(&ToSupervisor::Recall { ticket: 0, attempts: vec![AttemptId::default()] }, &mut question);
    // As short as it is, the kernel takes it whole or not at all.
    let _ = send(socket, &question, SendFlags::NOSIGNAL | SendFlags::DONTWAIT);
}

/// A supervisor that lives and does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silent {
    /// The id it serves.
    pub id: String,
    /// Its process, if it can be told.
    pub pid: Option<u32>,
}

/// The supervisors of a state folder that do not answer a question within this time, by id.
pub fn silent(state: &Path, within: Duration) -> Vec<Silent> {
    let alive = super::found(state).into_iter().filter(|found| found.is_alive);
    alive
        .filter_map(|found| {
            let socket = link::connect_to(&super::folder(state).join(&found.id)).ok()?;
            ask(&socket);
            set_socket_timeout(&socket, Timeout::Recv, Some(within)).ok()?;
            let heard = rustix::io::read(&socket, &mut [0_u8; 1]);
            let is_silent = matches!(heard, Err(rustix::io::Errno::AGAIN));
            let pid = || Some(socket_peercred(&socket).ok()?.pid.as_raw_nonzero().get().unsigned_abs());
            is_silent.then(|| Silent { id: found.id, pid: pid() })
        })
        .collect()
}
