//! What goes on beside the containers: their lifecycle hooks and probes, as a kubelet would see to them.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use super::{Hull, HullNews, Running, asking, tell};
use crate::contract::{Action, ContainerRequest, Probe, Purpose, Unready};
use crate::sys::{self, Status};

/// A process that does something for a container.
pub(super) struct Attendant {
    pid: u32,
    container: usize,
    /// When it has taken too long.
    until: Option<Instant>,
    task: Task,
}

/// What it does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    AfterStart,
    BeforeStop,
    /// One of the watches, by its place.
    Ask(usize),
}

/// A probe and how its answers were so far.
pub(super) struct Watch<'a> {
    container: usize,
    probe: &'a Probe,
    due: Instant,
    successes: u32,
    failures: u32,
    has_passed: bool,
}

impl<'a> Hull<'a> {
    /// A container was started: its hook runs, and its probes begin.
    pub(super) fn attend(&mut self, container: usize) {
        let care = &self.request.containers[container].care;
        let now = Instant::now();
        if !self.watches.iter().any(|watch| watch.container == container) {
            self.watches.extend(care.probes.iter().map(|probe| Watch {
                container,
                probe,
                due: now,
                successes: 0,
                failures: 0,
                has_passed: false,
            }));
        }
        // One that is started again answers anew.
        for watch in self.watches.iter_mut().filter(|watch| watch.container == container) {
            watch.due = now + Duration::from_millis(watch.probe.after_ms);
            (watch.successes, watch.failures, watch.has_passed) = (0, 0, false);
        }
        self.doomed.retain(|(doomed, _)| *doomed != container);
        self.causes[container] = None;
        if let Some(action) = &care.post_start
            && self.send(container, action, None, Task::AfterStart).is_err()
        {
            self.hook_failed(container);
        }
    }

    /// Asks every container to end; those with a hook of their own first have it run.
    pub(super) fn part(&mut self) {
        let running: Vec<(usize, u32)> =
            self.running.iter().map(|running| (running.container, running.pid)).collect();
        for (container, pid) in running {
            let request = self.request;
            let begun = self
                .attendants
                .iter()
                .any(|attendant| attendant.container == container && attendant.task == Task::BeforeStop);
            let sent = match &request.containers[container].care.pre_stop {
                Some(_) if begun => Ok(()),
                Some(action) => self.send(container, action, None, Task::BeforeStop),
                None => Err(()),
            };
            if sent.is_err() {
                sys::kill_group(pid, libc::SIGTERM);
            }
        }
    }

    /// Whether some container that runs wants something done before it is asked to end.
    pub(super) fn has_farewells(&self) -> bool {
        self.running.iter().any(|running| self.request.containers[running.container].care.pre_stop.is_some())
    }

    /// When something is to be seen to next.
    pub(super) fn next_care(&self) -> Option<Instant> {
        let watches = (0..self.watches.len()).filter(|at| self.is_asked(*at)).map(|at| self.watches[at].due);
        let attendants = self.attendants.iter().filter_map(|attendant| attendant.until);
        watches.chain(attendants).chain(self.doomed.iter().map(|(_, at)| *at)).min()
    }

    /// Sends out probes that are due, and ends what has taken too long.
    pub(super) fn take_care(&mut self) {
        let now = Instant::now();
        for attendant in self.attendants.iter_mut() {
            if attendant.until.is_some_and(|until| until <= now) {
                sys::kill_group(attendant.pid, libc::SIGKILL);
                sys::kill(attendant.pid, libc::SIGKILL);
                attendant.until = None;
            }
        }
        for at in 0..self.watches.len() {
            if !self.is_asked(at) || self.watches[at].due > now {
                continue;
            }
            let Watch { container, probe, .. } = self.watches[at];
            let until = now + Duration::from_millis(probe.timeout_ms);
            if self.send(container, &probe.action, Some(until), Task::Ask(at)).is_err() {
                self.answered(at, Err("it could not be asked".to_owned()));
            }
        }
        let (over, left) = self.doomed.drain(..).partition::<Vec<_>, _>(|(_, at)| *at <= now);
        self.doomed = left;
        for (container, _) in over {
            if let Some(running) = self.running.iter().find(|running| running.container == container) {
                sys::kill_group(running.pid, libc::SIGKILL);
            }
        }
    }

    /// Whether a probe's answer matters now and nobody is out to get it.
    fn is_asked(&self, at: usize) -> bool {
        let watch = &self.watches[at];
        let runs = self.running.iter().any(|running| running.container == watch.container);
        let out = self.attendants.iter().any(|attendant| attendant.task == Task::Ask(at));
        let started = watch.probe.purpose == Purpose::Startup
            || self.watches.iter().all(|other| {
                other.container != watch.container
                    || other.probe.purpose != Purpose::Startup
                    || other.has_passed
            });
        let settled = watch.has_passed && watch.probe.purpose != Purpose::Liveness;
        runs && !out && started && !settled && !self.ending
    }

    /// Has a process of its own do something; it joins the container's surroundings.
    fn send(
        &mut self,
        container: usize,
        action: &Action,
        until: Option<Instant>,
        task: Task,
    ) -> Result<(), ()> {
        let pid = match action {
            Action::Exec { command } => {
                let request = ContainerRequest {
                    command: command.clone(),
                    args: Vec::new(),
                    script: None,
                    ..self.request.containers[container].clone()
                };
                let null = self.io.null.as_fd();
                self.launch(&request, None, [null, null]).map_err(drop)?
            }
            Action::Ask(question) => {
                let timeout = until.map_or(asking::TIME_MAX, |until| until.duration_since(Instant::now()));
                let asked = sys::fork(0, || {
                    let _ = rustix::process::setsid();
                    i32::from(!asking::ask(question, timeout).unwrap_or(false))
                });
                asked.map_err(drop)?
            }
            Action::Sleep { ms } => {
                let slept = sys::fork(0, || {
                    let _ = rustix::process::setsid();
                    std::thread::sleep(Duration::from_millis(*ms));
                    0
                });
                slept.map_err(drop)?
            }
        };
        self.attendants.push(Attendant { pid, container, until, task });
        Ok(())
    }

    /// A process has ended; whether it was one of these.
    pub(super) fn has_attended(&mut self, pid: u32, status: Status) -> bool {
        let Some(at) = self.attendants.iter().position(|attendant| attendant.pid == pid) else {
            return false;
        };
        let attendant = self.attendants.swap_remove(at);
        let is_good = status == Status::Code(0);
        match attendant.task {
            Task::AfterStart if !is_good => self.hook_failed(attendant.container),
            Task::AfterStart => {}
            // How it came out does not matter: the container has to end.
            Task::BeforeStop => {
                if let Some(pid) = self.pid_of(attendant.container) {
                    sys::kill_group(pid, libc::SIGTERM);
                }
            }
            Task::Ask(watch) => self.answered(watch, self.answer(watch, status)),
        }
        true
    }

    /// What a probe found out; the error says it in words.
    fn answer(&self, at: usize, status: Status) -> Result<(), String> {
        let is_command = matches!(self.watches[at].probe.action, Action::Exec { .. });
        match status {
            Status::Code(0) => Ok(()),
            Status::Code(code) if is_command => Err(format!("its command exited with code {code}")),
            Status::Signal(_) => Err("it took too long to answer".to_owned()),
            Status::Code(_) => Err("no good answer".to_owned()),
        }
    }

    fn answered(&mut self, at: usize, answer: Result<(), String>) {
        let is_good = answer.is_ok();
        let watch = &mut self.watches[at];
        watch.due = Instant::now() + Duration::from_millis(watch.probe.period_ms);
        if is_good {
            (watch.successes, watch.failures) = (watch.successes + 1, 0);
            watch.has_passed |= watch.successes >= watch.probe.successes;
        } else {
            (watch.successes, watch.failures) = (0, watch.failures + 1);
        }
        let (container, purpose) = (watch.container, watch.probe.purpose);
        let is_out =
            watch.failures >= watch.probe.failures && !(watch.has_passed && purpose == Purpose::Startup);
        if purpose == Purpose::Readiness {
            let tries = watch.failures;
            if let Err(answer) = answer {
                self.tell_unready(answer, tries);
            }
            self.tell_readiness();
        } else if let Err(answer) = answer.as_ref()
            && is_out
        {
            self.found_out(at, answer);
            self.end_container(container);
        }
    }

    /// A container whose hook after the start fails is ended, as a kubelet does.
    fn hook_failed(&mut self, container: usize) {
        self.causes[container] = Some("its postStart hook failed".to_owned());
        self.end_container(container);
    }

    /// Keeps why a container is about to be ended: its exit code does not tell.
    fn found_out(&mut self, at: usize, answer: &str) {
        let watch = &self.watches[at];
        let which = match watch.probe.purpose {
            Purpose::Startup => "startup",
            Purpose::Readiness => "readiness",
            Purpose::Liveness => "liveness",
        };
        let times = match watch.failures {
            1 => String::new(),
            times => format!(" {times} times in a row"),
        };
        // While it is being ended it goes on failing.
        self.causes[watch.container]
            .get_or_insert_with(|| format!("its {which} probe failed{times}: {answer}"));
    }

    /// Tells once that every container is ready which says by itself when it is.
    fn tell_readiness(&mut self) {
        let wanted = self.request.containers.iter().map(|container| {
            container.care.probes.iter().filter(|probe| probe.purpose == Purpose::Readiness).count()
        });
        let passed = self
            .watches
            .iter()
            .filter(|watch| watch.probe.purpose == Purpose::Readiness && watch.has_passed)
            .count();
        if !self.is_ready && passed == wanted.sum::<usize>() {
            self.is_ready = true;
            self.standing.unready = None;
            tell(&self.io.report, &HullNews::Ready);
        }
    }

    /// Tells what the answer is while it is none: less and less often, as long as it stays the same.
    fn tell_unready(&mut self, answer: String, tries: u32) {
        let is_new = self.standing.unready.as_ref().is_none_or(|before| before.answer != answer);
        if is_new || tries.is_power_of_two() {
            self.standing.unready = Some(Unready { answer, tries });
            tell(&self.io.report, &HullNews::Standing(Box::new(self.standing.clone())));
        }
    }

    /// Ends a container that does not do as it should: asked first, and killed when the grace is over.
    fn end_container(&mut self, container: usize) {
        if let Some(pid) = self.pid_of(container)
            && !self.doomed.iter().any(|(doomed, _)| *doomed == container)
        {
            sys::kill_group(pid, libc::SIGTERM);
            self.doomed.push((container, Instant::now() + Duration::from_millis(self.request.grace_ms)));
        }
    }

    fn pid_of(&self, container: usize) -> Option<u32> {
        self.running.iter().find(|Running { container: one, .. }| *one == container).map(|found| found.pid)
    }

    /// Nobody is asked or told anything any more.
    pub(super) fn dismiss_attendants(&mut self) {
        for attendant in self.attendants.drain(..) {
            sys::kill_group(attendant.pid, libc::SIGKILL);
        }
    }
}
