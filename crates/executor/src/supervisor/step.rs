//! One attempt in the supervisor's hands.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::cgroup::Group;
use super::pipes::PipeIx;
use super::service::storing::Storing;
use crate::contract::{AttemptId, ContainerEnded, Ended, Exit, Standing, Started, StepRequest};
use crate::frame::Inbox;
use crate::hull::{self, Done, SIGNAL_KILL};
use crate::logs::Writer;
use crate::program;
use crate::sys::{self, Flight, Reaped, Status};

/// How long a hull may take to collect outputs after its containers were killed.
const HULL_AFTER_KILL: Duration = Duration::from_secs(60);

pub(crate) struct Step {
    /// What was asked for. Its environment is gone once the step is started.
    pub request: StepRequest,
    pub started: Option<Started>,
    /// What was told last of what of it runs.
    pub standing: Option<Box<Standing>>,
    /// Its first process; none yet while the zygote has not answered.
    pub pid: Option<u32>,
    pub body: Body,
    /// What is read of each container: stdout, stderr.
    pub outputs: Vec<[PipeIx; 2]>,
    /// Whether nobody but us can write to its pipes once it has ended.
    pub pipes_are_clean: bool,
    pub logs: Vec<Writer>,
    pub scratch: Option<PathBuf>,
    /// Links on the machine that show it volumes, shared with other steps.
    pub links: Vec<PathBuf>,
    /// What it is told of how it was started.
    pub notices: Vec<String>,
    pub cgroup: Group,
    pub ending: Ending,
    pub reaped: Option<Reaped>,
    pub stopped: bool,
    /// Which engine asked it to end for as long as it is connected, and the deadline that it had before.
    pub taken_back: Option<(u32, Option<Instant>)>,
    pub deadline_exceeded: bool,
    pub out_of_memory: bool,
    /// It is over, and what it gives out is being stored.
    pub storing: Option<Storing>,
}

/// What the first process is.
pub(crate) enum Body {
    /// The program itself.
    Bare(Flight),
    /// A hull, and what it has told so far.
    Hull { report: Option<OwnedFd>, inbox: Inbox, done: Option<Box<Done>> },
}

/// How far the ending of a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It may run, until this deadline.
    No { deadline: Option<Instant> },
    /// It was asked to end and is killed at this time.
    Asked { kill_at: Instant },
    /// Its containers were killed; its hull is at this time.
    Killed { hull_at: Instant },
    /// Nothing more can be done.
    Given,
}

impl Ending {
    /// When something must be done about a step, if ever. What has ended in its time is over, whatever the disk needs to
    /// store its files: neither a deadline nor a grace ends that, only who killed it.
    fn due(self, is_storing: bool) -> Option<Instant> {
        match self {
            Ending::No { .. } | Ending::Asked { .. } if is_storing => None,
            Ending::No { deadline } => deadline,
            Ending::Asked { kill_at } => Some(kill_at),
            Ending::Killed { hull_at } => Some(hull_at),
            Ending::Given => None,
        }
    }
}

impl Step {
    pub(crate) fn attempt(&self) -> &AttemptId {
        &self.request.attempt
    }

    /// What is to be told in its log, by us and by its hull, once.
    pub(crate) fn notices(&mut self) -> Vec<String> {
        let mut notices = std::mem::take(&mut self.notices);
        if let Body::Hull { done: Some(done), .. } = &mut self.body {
            notices.append(&mut done.notices);
        }
        notices
    }

    /// Its files are being stored. Who killed what it ran, because its time was up, does not end that.
    pub(crate) fn store(&mut self, storing: Storing) {
        self.storing = Some(storing);
        if let Ending::Killed { .. } = self.ending {
            self.ending = Ending::Given;
        }
    }

    /// When something must be done about it, if ever.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.ending.due(self.storing.is_some())
    }

    /// Asks it to end for as long as this engine is connected.
    pub(crate) fn take_back(&mut self, engine: u32, grace: Duration) {
        if let Ending::No { deadline } = self.ending {
            self.taken_back = Some((engine, deadline));
        }
        self.ask_to_end(grace);
    }

    /// Leaves it alone if this engine, which is gone, took it back and it has not ended; whether it did.
    pub(crate) fn spare(&mut self, engine: u32) -> bool {
        match (self.taken_back, &self.ending) {
            (Some((by, deadline)), Ending::Asked { .. }) if by == engine => {
                self.taken_back = None;
                self.stopped = false;
                self.ending = Ending::No { deadline };
                true
            }
            _ => false,
        }
    }

    /// Asks it to end: SIGTERM now, SIGKILL after the grace. A shorter grace than before counts.
    pub(crate) fn ask_to_end(&mut self, grace: Duration) {
        if grace.is_zero() && self.storing.is_some() {
            // Nobody wants its files.
            return self.kill(Instant::now());
        }
        let kill_at = Instant::now() + grace;
        match self.ending {
            Ending::No { .. } => {
                self.ending = Ending::Asked { kill_at };
                self.signal(libc::SIGTERM);
            }
            Ending::Asked { kill_at: before } => self.ending = Ending::Asked { kill_at: before.min(kill_at) },
            Ending::Killed { .. } | Ending::Given => {}
        }
    }

    /// Does what is due.
    pub(crate) fn act(&mut self, now: Instant) {
        if self.due().is_none_or(|due| due > now) {
            return;
        }
        match self.ending {
            Ending::No { .. } => {
                self.deadline_exceeded = !self.request.deadline_of_tries;
                self.ask_to_end(Duration::from_millis(self.request.grace_ms));
            }
            Ending::Asked { .. } => self.kill(now),
            Ending::Killed { .. } => {
                self.ending = Ending::Given;
                if let Some(pid) = self.storing.as_ref().map(|storing| storing.pid).or(self.pid) {
                    sys::kill(pid, libc::SIGKILL);
                }
            }
            Ending::Given => {}
        }
    }

    /// Kills its containers now.
    pub(crate) fn kill(&mut self, now: Instant) {
        self.ending = Ending::Killed { hull_at: now + HULL_AFTER_KILL };
        self.signal(libc::SIGKILL);
    }

    /// Sends again what was asked before there was a process to ask.
    pub(crate) fn signal_as_asked(&self) {
        match self.ending {
            Ending::No { .. } => {}
            Ending::Asked { .. } => self.signal(libc::SIGTERM),
            Ending::Killed { .. } | Ending::Given => self.signal(libc::SIGKILL),
        }
    }

    fn signal(&self, signal: libc::c_int) {
        let (Some(pid), None) = (self.pid, self.reaped) else { return };
        match self.body {
            Body::Bare(_) => {
                sys::kill_group(pid, signal);
            }
            Body::Hull { .. } => {
                sys::kill(pid, if signal == libc::SIGKILL { SIGNAL_KILL } else { signal });
            }
        }
    }

    /// The ending to report, from what its processes left.
    pub(crate) fn ended(&mut self, finished_us: i64) -> Ended {
        let mut ended = Ended { attempt: self.request.attempt.clone(), ..Ended::default() };
        match &mut self.body {
            Body::Bare(flight) => {
                let main = &self.request.containers[0];
                let refusal = self.reaped.and_then(|_| flight.land());
                ended.containers = vec![ContainerEnded {
                    name: main.name.clone(),
                    exit: match (&refusal, self.reaped) {
                        // Found, but not to be executed (EX-409).
                        (Some(_), _) => Exit::Code(program::CANNOT_RUN),
                        (None, Some(reaped)) => exit(reaped.status),
                        (None, None) => Exit::NotStarted,
                    },
                    message: refusal.map(|error| hull::cannot_start(main, &error)),
                    started_us: self.started.as_ref().map_or(0, |started| started.at_us),
                    finished_us,
                    ..ContainerEnded::default()
                }];
                if let Some(reaped) = self.reaped {
                    ended.usage.cpu_us = reaped.cpu_us;
                    ended.usage.memory_peak_bytes = reaped.memory_peak_bytes;
                }
            }
            Body::Hull { done: Some(done), .. } => {
                ended.containers = std::mem::take(&mut done.containers);
                ended.parameters = std::mem::take(&mut done.parameters);
                ended.artifacts = std::mem::take(&mut done.artifacts);
                ended.failure = done.failure.take();
                ended.usage = done.usage;
            }
            // The hull was killed: so was everything it ran.
            Body::Hull { done: None, .. } => {
                let started_us = self.started.as_ref().map_or(0, |started| started.at_us);
                let killed = |name: &String| ContainerEnded {
                    name: name.clone(),
                    exit: self.reaped.map_or(Exit::NotStarted, |reaped| exit(reaped.status)),
                    started_us,
                    finished_us,
                    ..ContainerEnded::default()
                };
                ended.containers =
                    self.request.containers.iter().map(|container| killed(&container.name)).collect();
            }
        }
        if self.out_of_memory {
            for container in &mut ended.containers {
                // A shell gives on as 137 that its child was killed.
                if matches!(container.exit, Exit::Signal(libc::SIGKILL) | Exit::Code(137)) {
                    container.exit = Exit::OomKilled;
                }
            }
        }
        self.add_ends_of_logs(&mut ended);
        let main = self.request.containers.iter().position(|container| container.name == "main").unwrap_or(0);
        ended.result = self.logs.get_mut(main).and_then(Writer::take_result);
        ended.log_bytes = self.logs.iter().map(Writer::written_bytes).sum();
        ended.stopped = self.stopped;
        ended.deadline_exceeded = self.deadline_exceeded;
        ended
    }

    /// Lets the end of a container's log say why it failed, where that was asked for and it said nothing itself.
    fn add_ends_of_logs(&self, ended: &mut Ended) {
        for (container, log) in ended.containers.iter_mut().zip(&self.logs) {
            let asked = self.request.containers.iter().find(|asked| asked.name == container.name);
            let is_silent = container.message.is_none() && container.exit != Exit::NotStarted;
            if is_silent && !container.exit.is_success() && asked.is_some_and(|asked| asked.last_words.or_log)
            {
                container.message = log.last_lines();
            }
        }
    }
}

fn exit(status: Status) -> Exit {
    match status {
        Status::Code(code) => Exit::Code(code),
        Status::Signal(signal) => Exit::Signal(signal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_stored_whatever_grace_is_over() {
        let at = Instant::now();
        let endings = [
            (Ending::No { deadline: Some(at) }, Some(at), None),
            (Ending::Asked { kill_at: at }, Some(at), None),
            (Ending::Killed { hull_at: at }, Some(at), Some(at)),
            (Ending::Given, None, None),
        ];
        for (ending, running, storing) in endings {
            assert_eq!((ending.due(false), ending.due(true)), (running, storing), "{ending:?}");
        }
    }
}
