//! The hull of a step: stage, run, wait, collect, report.
//!
//! It runs as a process of its own: as process 1 of the step's namespaces in the sandbox, as a plain child of the
//! supervisor without one. It sees the files that the step sees, so every path means what the step means by it.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Resource, Rlimit};
use serde::{Deserialize, Serialize};

use crate::contract::{
    ArtifactInput, ArtifactStored, ContainerEnded, ContainerRequest, Exit, ParameterValue, Role, Stage,
    StageFailure, Standing, StepRequest, Usage,
};
use crate::frame;
use crate::logs;
use crate::program::{self, Program, Setting};
use crate::supervisor::{keeper, links};
use crate::sys::{self, Spawn, Status};

mod asking;
mod care;
mod collect;
mod errand;
mod stage;
mod words;

use care::{Attendant, Watch};
pub(crate) use collect::unsaved;
pub(crate) use stage::{Made, script, with_short_words, working_dir, write_file};

/// What a hull tells its supervisor.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum HullNews {
    /// The step wrote this into its progress file.
    Progress(String),
    /// Every container is ready that says by itself when it is.
    Ready,
    /// Its containers have ended, and its files are being collected.
    Saving,
    /// What of it runs has changed. The supervisor knows which attempt it is.
    Standing(Box<Standing>),
    /// All is over.
    Done(Box<Done>),
}

/// What came of a step, as far as its hull knows.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Done {
    pub containers: Vec<ContainerEnded>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<ParameterValue>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<ArtifactStored>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<StageFailure>,
    /// What its log is to tell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    pub usage: Usage,
}

/// Descriptors that a hull gets from its supervisor.
pub(crate) struct Io {
    /// Where news goes.
    pub report: OwnedFd,
    /// `/dev/null`.
    pub null: OwnedFd,
    /// stdout and stderr of each container.
    pub outputs: Vec<[OwnedFd; 2]>,
    /// `cgroup.procs` files that containers join.
    pub cgroups: Vec<OwnedFd>,
}

/// Where a hull works.
pub(crate) enum Place {
    /// Its own root. It is process 1, and its containers live under this filter of system calls. `root`: the mounts
    /// that the root consists of, without volumes and devices.
    Sandbox { filter: Vec<libc::sock_filter>, many_users: bool, root: Vec<CString> },
    /// The machine's root, with this scratch folder.
    Machine { scratch: PathBuf, path: String, home: String },
}

/// Signal by which the supervisor says that the grace is over.
pub(crate) const SIGNAL_KILL: libc::c_int = libc::SIGUSR1;

/// How often a progress file is looked at (EX-531).
const PROGRESS_EVERY: Duration = Duration::from_secs(3);

/// The variable that names it.
pub(crate) const PROGRESS_FILE: &str = "ARGO_PROGRESS_FILE";

/// The file in the sandbox, and its name in the scratch folder of a step without one.
const PROGRESS_PATH: &str = "/var/run/argo/progress";
const PROGRESS_NAME: &str = ".tiphys-progress";

/// What a container may write to whose root is read-only, besides its volumes: progress, and memory that it shares.
const WRITABLE: &[&CStr] = &[c"/run/argo", c"/run/shm"];

/// Leaves behind everything of the supervisor whose copy this process is, except its own descriptors.
pub(crate) fn enter_alone(io: &Io) {
    keep_only_own_files(io);
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
}

/// Closes every descriptor that is not the hull's.
pub(crate) fn keep_only_own_files(io: &Io) {
    let files = [&io.report, &io.null].into_iter().chain(io.outputs.iter().flatten()).chain(&io.cgroups);
    let mut keep: Vec<_> = files.map(AsRawFd::as_raw_fd).collect();
    // 0 to 2 are `/dev/null` in the supervisor; without them a file could get such a number by accident.
    keep.extend([0, 1, 2]);
    sys::close_all_except(&mut keep);
}

/// Runs a step to its end. Returns the exit code of the hull, which means nothing.
pub(crate) fn run(request: &StepRequest, io: Io, place: &Place) -> i32 {
    let mut done =
        Done { containers: request.containers.iter().map(not_started).collect(), ..Done::default() };
    match Hull::new(request, &io, place) {
        Ok(mut hull) => hull.run(&mut done),
        Err(error) => done.failure = Some(init_failure(format!("cannot supervise the step: {error}"))),
    }
    tell(&io.report, &HullNews::Done(Box::new(done)));
    0
}

/// The news of a step that could not be given a place at all.
pub(crate) fn report_failure(request: &StepRequest, report: &OwnedFd, message: String) {
    let containers = request.containers.iter().map(not_started).collect();
    let failure = Some(init_failure(message));
    tell(report, &HullNews::Done(Box::new(Done { containers, failure, ..Done::default() })));
}

/// Exit code of Argo's helper containers when they fail.
const HELPER_FAILED: i32 = 64;

fn init_failure(message: String) -> StageFailure {
    StageFailure { stage: Stage::Init, code: HELPER_FAILED, message }
}

fn not_started(container: &ContainerRequest) -> ContainerEnded {
    ContainerEnded { name: container.name.clone(), ..ContainerEnded::default() }
}

fn tell(report: &OwnedFd, news: &HullNews) {
    let mut bytes = Vec::new();
    frame::write(news, &mut bytes);
    let mut rest = bytes.as_slice();
    // When the supervisor is gone this process is about to be killed; nobody is left to tell.
    while let Ok(written) = rustix::io::write(report, rest) {
        rest = &rest[written..];
        if rest.is_empty() {
            return;
        }
    }
}

struct Hull<'a> {
    request: &'a StepRequest,
    io: &'a Io,
    place: &'a Place,
    signals: OwnedFd,
    running: Vec<Running>,
    /// Containers that are started again, and when (EX-231).
    pausing: Vec<(usize, Instant)>,
    /// How often each container was started again.
    times_again: Vec<u32>,
    /// A copy of this process that is on an errand.
    helper: Option<u32>,
    /// Probes of containers that were started.
    watches: Vec<Watch<'a>>,
    /// What sees to hooks and probes now.
    attendants: Vec<Attendant>,
    /// Containers that were asked to end because they did not do as they should, and when they are killed.
    doomed: Vec<(usize, Instant)>,
    is_ready: bool,
    /// No further container is started.
    ending: bool,
    /// Where the step writes how far it is.
    progress_file: String,
    progress_seen: String,
    /// What each container said last.
    last_words: Vec<Option<String>>,
    /// Why each container is ended before its time, where a probe or its hook asks for that.
    causes: Vec<Option<String>>,
    /// What was told last of what runs.
    standing: Standing,
}

struct Running {
    container: usize,
    pid: u32,
    /// The file for its last words when it began.
    before: Option<words::Seen>,
}

impl<'a> Hull<'a> {
    fn new(request: &'a StepRequest, io: &'a Io, place: &'a Place) -> io::Result<Self> {
        let signals = sys::signal_file(&[libc::SIGCHLD, libc::SIGTERM, SIGNAL_KILL])?;
        if let Place::Machine { .. } = place {
            rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        }
        Ok(Hull {
            request,
            io,
            place,
            signals,
            running: Vec::new(),
            pausing: Vec::new(),
            times_again: vec![0; request.containers.len()],
            helper: None,
            watches: Vec::new(),
            attendants: Vec::new(),
            doomed: Vec::new(),
            is_ready: false,
            ending: false,
            progress_file: progress_file(request, place),
            progress_seen: String::new(),
            last_words: vec![None; request.containers.len()],
            causes: vec![None; request.containers.len()],
            standing: Standing::default(),
        })
    }

    fn run(&mut self, done: &mut Done) {
        let mut made = Vec::new();
        let (request, place) = (self.request, self.place);
        let mut fetch = |artifact: &ArtifactInput| self.fetch(artifact);
        match stage::inputs(request, place, &mut made, &mut done.notices, &mut fetch) {
            Ok(()) => self.run_containers(done),
            Err(message) => done.failure = Some(init_failure(message)),
        }
        made.iter().for_each(Made::remove);
        if let Place::Machine { scratch, .. } = place {
            links::forget_inputs(scratch, request.inputs.len());
        }
    }

    fn run_containers(&mut self, done: &mut Done) {
        if self.run_init_containers(done) {
            self.run_main_containers(done);
        }
        self.end_everything(done);
        for (ended, words) in done.containers.iter_mut().zip(&mut self.last_words) {
            // Why it could not be started goes before what it said when it was tried earlier.
            ended.message = ended.message.take().or(words.take()).filter(|_| !ended.exit.is_success());
        }
        for (ended, cause) in done.containers.iter_mut().zip(&mut self.causes) {
            ended.cause = cause.take();
        }
        if self
            .request
            .containers
            .iter()
            .zip(&done.containers)
            .any(|(asked, was)| asked.role == Role::Main && was.started_us > 0)
        {
            let (request, place) = (self.request, self.place);
            if !request.outputs.artifacts.is_empty() {
                tell(&self.io.report, &HullNews::Saving);
            }
            collect::outputs(request, place, done, &mut |file, named, to| self.bring(file, named, to));
        }
    }

    /// Runs them one after the other (EX-430); whether all ended well.
    fn run_init_containers(&mut self, done: &mut Done) -> bool {
        for index in self.with_role(Role::Init) {
            if self.ending {
                return false;
            }
            self.start(index, done);
            self.wait_until(done, None, |hull| hull.running.is_empty());
            if !done.containers[index].exit.is_success() {
                return false;
            }
        }
        true
    }

    fn run_main_containers(&mut self, done: &mut Done) {
        for index in self.with_role(Role::Sidecar) {
            self.start(index, done);
        }
        let mains = self.with_role(Role::Main);
        loop {
            self.start_again(done);
            let started = self.start_ready(&mains, done);
            self.end_with_the_first(&mains, done);
            if !mains.iter().any(|main| self.runs(*main)) {
                if started {
                    // What could not be started has ended already; others may wait for it.
                    continue;
                }
                return;
            }
            let running = self.running.len();
            let until = self.pausing.iter().map(|(_, at)| *at).min();
            self.wait_until(done, until, |hull| {
                hull.running.len() < running || (hull.ending && !hull.pausing.is_empty())
            });
            self.pause_before_again(&mains, done);
            self.end_with_the_first(&mains, done);
        }
    }

    /// The first failure ends the whole pod, also that of a container which could not be started (EX-441).
    fn end_with_the_first(&mut self, mains: &[usize], done: &Done) {
        let failed = |main: &usize| {
            let exit = done.containers[*main].exit;
            exit != Exit::NotStarted && !exit.is_success() && !self.runs(*main)
        };
        if mains.len() > 1 && !self.ending && mains.iter().any(failed) {
            self.ending = true;
            self.ask_to_end();
        }
    }

    /// Starts what has all its dependencies; whether any was started or settled.
    fn start_ready(&mut self, mains: &[usize], done: &mut Done) -> bool {
        let mut any = false;
        for main in mains {
            let request = &self.request.containers[*main];
            let is_new =
                done.containers[*main].started_us == 0 && done.containers[*main].exit == Exit::NotStarted;
            if !is_new {
                continue;
            }
            let ended = |name: &String| {
                let index = self.request.containers.iter().position(|container| container.name == *name)?;
                let was = &done.containers[index];
                (was.exit != Exit::NotStarted && !self.runs(index)).then_some(was.exit)
            };
            let dependencies: Vec<_> = request.dependencies.iter().map(|name| (name, ended(name))).collect();
            if let Some((name, exit)) = dependencies
                .iter()
                .find_map(|(name, exit)| exit.filter(|exit| !exit.is_success()).map(|exit| (name, exit)))
            {
                let message = format!("dependency \"{name}\" exited with non-zero code: {}", exit.code());
                done.containers[*main].exit = Exit::Code(program::CANNOT_RUN);
                done.containers[*main].message = Some(message);
                any = true;
            } else if !self.ending && dependencies.iter().all(|(_, exit)| exit.is_some()) {
                self.start(*main, done);
                any = true;
            }
        }
        any
    }

    fn with_role(&self, role: Role) -> Vec<usize> {
        let containers = self.request.containers.iter().enumerate();
        containers.filter(|(_, container)| container.role == role).map(|(index, _)| index).collect()
    }

    /// Whether its process runs, or will run again after a pause.
    fn runs(&self, container: usize) -> bool {
        self.running.iter().any(|running| running.container == container)
            || self.pausing.iter().any(|(pausing, _)| *pausing == container)
    }

    /// Gives what has failed another chance, as long as it has any (EX-231). What could not be started gets none.
    fn pause_before_again(&mut self, mains: &[usize], done: &Done) {
        for main in mains {
            let was = &done.containers[*main];
            let Some(again) = self.request.containers[*main].again else { continue };
            let has_failed = was.exit != Exit::NotStarted && !was.exit.is_success() && was.message.is_none();
            if has_failed && !self.ending && !self.runs(*main) && self.times_again[*main] < again.times {
                self.times_again[*main] += 1;
                self.pausing.push((*main, Instant::now() + Duration::from_millis(again.pause_ms)));
            }
        }
    }

    /// Starts again what has paused for long enough; nothing when the step is to end.
    fn start_again(&mut self, done: &mut Done) {
        if self.ending {
            self.pausing.clear();
        }
        let now = Instant::now();
        let (due, later) = self.pausing.drain(..).partition::<Vec<_>, _>(|(_, at)| *at <= now);
        self.pausing = later;
        for (container, _) in due {
            let first_started_us = done.containers[container].started_us;
            self.start(container, done);
            done.containers[container].started_us = first_started_us;
        }
    }

    fn start(&mut self, index: usize, done: &mut Done) {
        let now_us = logs::now_ns() / 1_000;
        let ended = &mut done.containers[index];
        ended.started_us = now_us;
        let before = self.is_sandboxed().then(|| words::see(self.request, index));
        match self.spawn(index) {
            Ok(pid) => {
                self.running.push(Running { container: index, pid, before });
                self.has_begun(index);
                self.attend(index);
            }
            Err(message) => {
                ended.finished_us = now_us;
                ended.exit = Exit::Code(program::CANNOT_RUN);
                ended.message = Some(message);
            }
        }
    }

    /// Tells that a container has begun, of a step in which one waits for another.
    fn has_begun(&mut self, index: usize) {
        let begun = &self.request.containers[index];
        match begun.role {
            Role::Init => self.standing.init = Some(begun.name.clone()),
            Role::Main if !self.standing.begun.contains(&begun.name) => {
                self.standing.init = None;
                self.standing.begun.push(begun.name.clone());
            }
            _ => return,
        }
        let waits = |one: &ContainerRequest| one.role == Role::Init || !one.dependencies.is_empty();
        if self.request.containers.iter().any(waits) {
            tell(&self.io.report, &HullNews::Standing(Box::new(self.standing.clone())));
        }
    }

    fn spawn(&self, index: usize) -> Result<u32, String> {
        let container = &self.request.containers[index];
        let script = stage::script(container, index, self.place)?;
        let container = stage::with_short_words(container, index, self.place)?;
        let [stdout, stderr] = &self.io.outputs[index];
        self.launch(&container, script.as_deref(), [stdout.as_fd(), stderr.as_fd()])
    }

    /// Starts a process in the surroundings of a container.
    fn launch(
        &self,
        container: &ContainerRequest,
        script: Option<&Path>,
        [stdout, stderr]: [BorrowedFd<'_>; 2],
    ) -> Result<u32, String> {
        let dir = stage::working_dir(container, self.place)?;
        let hostname = ("HOSTNAME", self.request.pod_name.as_str());
        let progress = (PROGRESS_FILE, self.progress_file.as_str());
        let env: Vec<(&str, &str)> = match self.place {
            Place::Sandbox { .. } => {
                vec![("PATH", program::PATH_DEFAULT), ("HOME", "/root"), hostname, progress]
            }
            Place::Machine { path, home, scratch } => {
                let mark = (keeper::SCRATCH_MARK, scratch.to_str().unwrap_or_default());
                vec![("PATH", path), ("HOME", home), hostname, progress, mark]
            }
        };
        let aliases = match self.place {
            Place::Sandbox { .. } => Vec::new(),
            Place::Machine { .. } => aliases(self.request),
        };
        let setting = Setting { dir: &dir, env: &env, script, aliases: &aliases };
        let program = Program::prepare(container, &setting)?;
        let security = container.security;
        let (filter, user, read_only) = match self.place {
            Place::Sandbox { filter, many_users, root } => {
                let user = security.run_as_user.filter(|_| *many_users);
                let group = security.run_as_group.or(user).unwrap_or(0);
                let read_only = if security.read_only_root { root.as_slice() } else { &[] };
                (Some(filter.as_slice()), user.map(|user| (user, group)), read_only)
            }
            Place::Machine { .. } => (None, None, [].as_slice()),
        };
        let spawn = Spawn {
            program: &program.file,
            args: &program.args,
            env: &program.env,
            dir: &program.dir,
            stdio: [self.io.null.as_fd(), stdout, stderr],
            rlimits: &rlimits(container),
            user,
            read_only,
            writable: WRITABLE,
            session: true,
            filter,
            cgroups: &self.io.cgroups,
        };
        sys::spawn(spawn).map_err(|error| cannot_start(container, &error))
    }

    /// Serves signals and endings until `enough`, or until the time is over.
    fn wait_until(&mut self, done: &mut Done, until: Option<Instant>, enough: impl Fn(&Self) -> bool) {
        while !enough(self) {
            let now = Instant::now();
            if until.is_some_and(|until| until <= now) {
                return;
            }
            let next = [until, self.next_care(), Some(now + PROGRESS_EVERY)].into_iter().flatten().min();
            let wait = next.map(|next| next.saturating_duration_since(now));
            let timeout = wait.map(|wait| Timespec {
                tv_sec: wait.as_secs() as i64,
                tv_nsec: i64::from(wait.subsec_nanos()),
            });
            let mut files = [PollFd::new(&self.signals, PollFlags::IN)];
            let _ = poll(&mut files, timeout.as_ref());
            while let Some(signal) = sys::read_signal(&self.signals) {
                match signal {
                    libc::SIGTERM => {
                        self.ending = true;
                        self.ask_to_end();
                    }
                    SIGNAL_KILL => {
                        self.ending = true;
                        self.signal(libc::SIGKILL);
                    }
                    _ => {}
                }
            }
            self.reap(done);
            self.take_care();
            self.look_at_progress();
        }
    }

    fn reap(&mut self, done: &mut Done) {
        while let Ok(Some(reaped)) = sys::reap(false) {
            done.usage.cpu_us += reaped.cpu_us;
            done.usage.memory_peak_bytes = done.usage.memory_peak_bytes.max(reaped.memory_peak_bytes);
            if self.helper == Some(reaped.pid) {
                self.helper = None;
                continue;
            }
            if self.has_attended(reaped.pid, reaped.status) {
                continue;
            }
            // An orphan of the step is only collected.
            let Some(at) = self.running.iter().position(|running| running.pid == reaped.pid) else {
                continue;
            };
            let running = self.running.swap_remove(at);
            let said = running.before.map(|before| words::read(self.request, running.container, before));
            self.last_words[running.container] = said.flatten();
            let ended = &mut done.containers[running.container];
            ended.finished_us = logs::now_ns() / 1_000;
            ended.exit = match reaped.status {
                Status::Code(code) => Exit::Code(code),
                Status::Signal(signal) => Exit::Signal(signal),
            };
        }
    }

    /// Asks the step to end; containers that want something done before that have it done.
    fn ask_to_end(&mut self) {
        match self.has_farewells() {
            true => self.part(),
            false => self.signal(libc::SIGTERM),
        }
    }

    /// Sends a signal to every process of the step.
    fn signal(&self, signal: libc::c_int) {
        match self.place {
            Place::Sandbox { .. } => sys::kill_everyone(signal),
            Place::Machine { .. } => {
                for running in &self.running {
                    sys::kill_group(running.pid, signal);
                }
            }
        }
    }

    /// Ends sidecars gently (EX-431), and whatever else the step left behind at once.
    fn end_everything(&mut self, done: &mut Done) {
        self.ending = true;
        if !self.running.is_empty() {
            self.part();
            let until = Instant::now() + Duration::from_millis(self.request.grace_ms);
            self.wait_until(done, Some(until), |hull| hull.running.is_empty());
        }
        let groups: Vec<u32> = self.running.iter().map(|running| running.pid).collect();
        self.signal(libc::SIGKILL);
        self.wait_until(done, None, |hull| hull.running.is_empty());
        self.dismiss_attendants();
        if let Place::Machine { .. } = self.place {
            for group in groups {
                sys::kill_group(group, libc::SIGKILL);
            }
            keeper::end_children();
        }
    }

    fn is_sandboxed(&self) -> bool {
        matches!(self.place, Place::Sandbox { .. })
    }

    fn look_at_progress(&mut self) {
        let Ok(text) = collect::read_file(Path::new(&self.progress_file), PROGRESS_BYTES_MAX) else { return };
        let text = String::from_utf8_lossy(&text).trim().to_owned();
        if !text.is_empty() && text != self.progress_seen {
            tell(&self.io.report, &HullNews::Progress(text.clone()));
            self.progress_seen = text;
        }
    }
}

/// The file that a container names itself, or the one that it is told of.
fn progress_file(request: &StepRequest, place: &Place) -> String {
    let named = request.containers.iter().flat_map(|container| &container.env);
    let mut named = named.filter(|(name, _)| name == PROGRESS_FILE).map(|(_, path)| path.clone());
    named.next().unwrap_or_else(|| match place {
        Place::Sandbox { .. } => PROGRESS_PATH.to_owned(),
        Place::Machine { scratch, .. } => scratch.join(PROGRESS_NAME).display().to_string(),
    })
}

/// Longest progress file that is believed.
const PROGRESS_BYTES_MAX: u64 = 256;

/// Files that an image map would put into the root, as names for the real ones.
pub(crate) fn aliases(request: &StepRequest) -> Vec<(String, PathBuf)> {
    request.files.iter().map(|file| (file.path.clone(), file.from.clone())).collect()
}

/// Limits that the kernel enforces for each process. Never on address space, which runtimes reserve freely.
pub(crate) fn rlimits(container: &ContainerRequest) -> Vec<(Resource, Rlimit)> {
    let limits = container.limits;
    let most = |value| Rlimit { current: Some(value), maximum: Some(value) };
    // No core dumps: nobody would find them, and they hold secrets.
    let mut list = vec![(Resource::Core, most(0))];
    list.extend(sys::usual_file_limit().map(|limit| (Resource::Nofile, limit)));
    if limits.file_bytes > 0 {
        list.push((Resource::Fsize, most(limits.file_bytes)));
    }
    if limits.processes > 0 {
        list.push((Resource::Nproc, most(limits.processes)));
    }
    list
}

/// Why a program that was found could not be executed, in Argo's words.
pub(crate) fn cannot_start(container: &ContainerRequest, error: &io::Error) -> String {
    let name = container.command.first().map_or("", String::as_str);
    format!("failed to start command: fork/exec {name}: {}", program::reason(error))
}
