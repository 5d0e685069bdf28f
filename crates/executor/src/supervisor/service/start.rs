//! Starting a step: which body it gets, and what it borrows.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::pipe::{PipeFlags, pipe_with};

use super::super::SCRATCH;
use super::super::keeper;
use super::super::links::Record;
use super::super::pipes::{Owner, PipeIx};
use super::super::scratch::{self, Attributes};
use super::super::step::{Body, Ending, Step};
use super::sandboxed::Wait;
use super::{CONTAINERS_MAX, STEPS_MAX, Service, Token, watch};
use crate::contract::{
    AttemptId, ContainerEnded, Ended, Exit, Isolation, Report, Role, Security, Stage, StageFailure, Started,
    StepRequest, VolumeSource,
};
use crate::frame::Inbox;
use crate::hull::{self, Io, Made, Place};
use crate::logs::{self, Writer};
use crate::program::{self, Program, Setting};
use crate::sys::{self, Flight};

/// What steps without a sandbox get from the environment of the engine.
pub(crate) struct Environment {
    path: String,
    home: String,
}

impl Environment {
    pub(crate) fn take() -> Self {
        Environment {
            path: std::env::var("PATH").unwrap_or_else(|_| program::PATH_DEFAULT.into()),
            home: std::env::var("HOME").unwrap_or_else(|_| "/".into()),
        }
    }
}

/// Longest list of children that is read at one go.
const CHILDREN_BYTES: usize = 1024;

/// Variable by which a process that left its group is still known as part of a step.
const MARK: &str = "TIPHYS_ATTEMPT";

/// What a step asks for that only the sandbox can give it.
fn not_honoured(request: &StepRequest) -> Option<String> {
    let asks = |wish: fn(&Security) -> bool| {
        request.isolation == Isolation::None && request.containers.iter().any(|each| wish(&each.security))
    };
    let wishes = [
        ("runAsUser", asks(|security| security.run_as_user.is_some())),
        ("runAsGroup", asks(|security| security.run_as_group.is_some())),
        ("readOnlyRootFilesystem", asks(|security| security.read_only_root)),
    ];
    let lost: Vec<&str> = wishes.into_iter().filter(|(_, asked)| *asked).map(|(name, _)| name).collect();
    (!lost.is_empty()).then(|| format!("without a sandbox, no effect have: {}", lost.join(", ")))
}

impl Service {
    /// Starts a new step. Whatever prevents it becomes its ending.
    pub(super) fn begin(&mut self, mut request: StepRequest) {
        if let Err(reason) = judge(&request, self.by_attempt.len()) {
            return self.refuse(&request, reason);
        }
        let pipes = self.pipes.take(request.containers.len(), &self.epoll, |ix| Token::Pipe(ix).pack());
        let pipes = match pipes {
            Ok(pipes) => pipes,
            Err(error) => return self.refuse(&request, format!("cannot make pipes: {error}")),
        };
        let cgroup = self.group(&request);
        let doors = cgroup.doors();
        let started = match request.isolation {
            Isolation::None if is_plain(&request) => self.start_bare(&request, pipes[0], doors),
            Isolation::None => self.start_hull(&request, &pipes, doors),
            Isolation::Sandbox => self.start_sandboxed(&request, &pipes, &doors),
        };
        if started.is_err() {
            cgroup.remove();
            pipes.iter().flatten().for_each(|ix| self.pipes.discard(*ix));
        }
        let begun = match started {
            Ok(begun) => begun,
            Err(Failed::Init(reason)) => return self.refuse(&request, reason),
            Err(Failed::Container(reason)) => return self.cannot_run(&request, reason),
        };
        let mut notices = begun.notices;
        notices.extend(not_honoured(&request));
        for container in &mut request.containers {
            // Nobody needs it any more, and it may hold secrets.
            container.env = Vec::new();
        }
        let started = begun.pid.map(|pid| Started {
            attempt: request.attempt.clone(),
            pid,
            at_us: logs::now_ns() / 1_000,
            ..Started::default()
        });
        let deadline = request.deadline_ms.map(|ms| Instant::now() + Duration::from_millis(ms));
        let step = Step {
            logs: writers(&request),
            outputs: pipes,
            pipes_are_clean: true,
            started: started.clone(),
            standing: None,
            pid: begun.pid,
            body: begun.body,
            scratch: begun.scratch,
            links: begun.links,
            notices,
            cgroup,
            ending: Ending::No { deadline },
            reaped: None,
            stopped: false,
            taken_back: None,
            deadline_exceeded: false,
            out_of_memory: false,
            storing: None,
            request,
        };
        self.news.extend(started.map(Report::Started));
        self.keep(step);
    }

    fn keep(&mut self, step: Step) {
        let slot = self.free_slots.pop().unwrap_or_else(|| {
            self.slots.push(super::Slot::default());
            self.slots.len() as u32 - 1
        });
        let place = &mut self.slots[slot as usize];
        let generation = place.generation;
        for (stream, ix) in step.outputs.iter().flatten().enumerate() {
            self.pipes.give(*ix, Owner { slot, stream });
        }
        if let Body::Hull { report: Some(report), .. } = &step.body {
            let _ = watch(&self.epoll, report, Token::Hull { slot, generation });
        }
        if let Some(pid) = step.pid {
            self.by_pid.insert(pid, slot);
        }
        if step.pid.is_none() {
            self.ordered.push_back(slot);
        }
        self.by_attempt.insert(step.attempt().clone(), slot);
        self.queue.began(&step.request);
        place.step = Some(step);
        self.await_zygote(Wait::Begins);
        self.set_timer(slot);
        self.watch_step(slot);
    }

    /// The ending of a step that could not be given a place.
    pub(super) fn refuse(&mut self, request: &StepRequest, message: String) {
        let failure = StageFailure { stage: Stage::Init, code: program::CANNOT_RUN, message };
        let containers = request
            .containers
            .iter()
            .map(|container| ContainerEnded { name: container.name.clone(), ..ContainerEnded::default() });
        self.end_at_once(Ended {
            attempt: request.attempt.clone(),
            containers: containers.collect(),
            failure: Some(failure),
            ..Ended::default()
        });
    }

    /// The ending of a step whose command cannot be executed (EX-409).
    fn cannot_run(&mut self, request: &StepRequest, message: String) {
        let now_us = logs::now_ns() / 1_000;
        let main = ContainerEnded {
            name: request.containers[0].name.clone(),
            exit: Exit::Code(program::CANNOT_RUN),
            message: Some(message),
            started_us: now_us,
            finished_us: now_us,
            ..ContainerEnded::default()
        };
        let result = request.outputs.result.then(String::new);
        self.end_at_once(Ended {
            attempt: request.attempt.clone(),
            containers: vec![main],
            result,
            ..Ended::default()
        });
    }

    pub(super) fn end_at_once(&mut self, ended: Ended) {
        self.outcomes.record(&ended);
        self.news.push(Report::Ended(Box::new(ended)));
    }

    /// Starts the program itself, with nothing around it.
    fn start_bare(
        &mut self,
        request: &StepRequest,
        pipes: [PipeIx; 2],
        doors: Vec<OwnedFd>,
    ) -> Result<Begun, Failed> {
        let scratch = self.take_scratch()?;
        let begun = self.start_bare_in(request, pipes, doors, &scratch);
        match begun {
            Ok(flight) => {
                let scratch = Some(scratch);
                Ok(Begun { scratch, ..Begun::of(Some(flight.pid), Body::Bare(flight)) })
            }
            Err(reason) => {
                scratch::remove(&scratch);
                Err(Failed::Container(reason))
            }
        }
    }

    fn start_bare_in(
        &self,
        request: &StepRequest,
        pipes: [PipeIx; 2],
        doors: Vec<OwnedFd>,
        scratch: &Path,
    ) -> Result<Flight, String> {
        let main = &request.containers[0];
        let place = Place::Machine { scratch: scratch.to_owned(), path: String::new(), home: String::new() };
        let script = hull::script(main, 0, &place)?;
        let dir = hull::working_dir(main, &place)?;
        let path = self.search_path(request, scratch)?;
        let env = [
            ("PATH", path.as_str()),
            ("HOME", self.environment.home.as_str()),
            ("HOSTNAME", request.pod_name.as_str()),
            (MARK, request.attempt.0.as_str()),
            (keeper::SCRATCH_MARK, scratch.to_str().unwrap_or_default()),
        ];
        let aliases = hull::aliases(request);
        let setting = Setting { dir: &dir, env: &env, script: script.as_deref(), aliases: &aliases };
        let program = Program::prepare(&*hull::with_short_words(main, 0, &place)?, &setting)?;
        let [Some(stdout), Some(stderr)] = pipes.map(|ix| self.pipes.write_end(ix)) else {
            return Err("its pipes are gone".into());
        };
        let stdio = [self.null.as_fd(), stdout, stderr];
        sys::launch(program, stdio, hull::rlimits(main), doors)
            .map_err(|error| hull::cannot_start(main, &error))
    }

    /// Where a step without sandbox finds programs: those that an image map would have put into its root come first.
    fn search_path(&self, request: &StepRequest, scratch: &Path) -> Result<String, String> {
        if request.files.is_empty() {
            return Ok(self.environment.path.clone());
        }
        let folder = scratch.join(".tiphys-bin");
        let cannot = |error: io::Error| format!("cannot link the image map's files: {error}");
        fs::create_dir_all(&folder).map_err(cannot)?;
        for file in &request.files {
            let path = Path::new(&file.path);
            let is_searched =
                program::PATH_DEFAULT.split(':').any(|searched| path.parent() == Some(Path::new(searched)));
            if let (true, Some(name)) = (is_searched, path.file_name()) {
                symlink(&file.from, folder.join(name)).map_err(cannot)?;
            }
        }
        Ok(format!("{}:{}", folder.display(), self.environment.path))
    }

    /// Starts a copy of ourselves that stages, runs and collects.
    fn start_hull(
        &mut self,
        request: &StepRequest,
        pipes: &[[PipeIx; 2]],
        doors: Vec<OwnedFd>,
    ) -> Result<Begun, Failed> {
        let scratch = self.take_scratch()?;
        let begun =
            self.links.take(&self.setup.folder, request, &scratch).map_err(Failed::Init).and_then(|links| {
                match self.start_hull_in(request, pipes, doors, &scratch) {
                    Ok((pid, body)) => Ok((pid, body, links)),
                    Err(failed) => {
                        self.links.release(&links);
                        Err(failed)
                    }
                }
            });
        match begun {
            Ok((pid, body, links)) => {
                Ok(Begun { scratch: Some(scratch), links, ..Begun::of(Some(pid), body) })
            }
            Err(failed) => {
                scratch::remove(&scratch);
                Err(failed)
            }
        }
    }

    fn start_hull_in(
        &self,
        request: &StepRequest,
        pipes: &[[PipeIx; 2]],
        doors: Vec<OwnedFd>,
        scratch: &Path,
    ) -> Result<(u32, Body), Failed> {
        let fail = |error: io::Error| Failed::Init(format!("cannot start a process for the step: {error}"));
        let (report, report_write) = pipe_with(PipeFlags::CLOEXEC).map_err(|error| fail(error.into()))?;
        rustix::io::ioctl_fionbio(&report, true).map_err(|error| fail(error.into()))?;
        let null = self.null.try_clone().map_err(fail)?;
        let outputs = pipes.iter().map(|pair| self.copies(*pair)).collect::<io::Result<_>>().map_err(fail)?;
        let mut io = Some(Io { report: report_write, null, outputs, cgroups: doors });
        let place = Place::Machine {
            path: self.search_path(request, scratch).map_err(Failed::Init)?,
            scratch: scratch.to_owned(),
            home: self.environment.home.clone(),
        };
        let pid = sys::fork(0, || match io.take() {
            Some(io) => {
                hull::enter_alone(&io);
                hull::run(request, io, &place)
            }
            None => 1,
        })
        .map_err(fail)?;
        Ok((pid, Body::Hull { report: Some(report), inbox: Inbox::default(), done: None }))
    }

    fn copies(&self, pair: [PipeIx; 2]) -> io::Result<[OwnedFd; 2]> {
        let copy = |ix| match self.pipes.write_end(ix) {
            Some(file) => file.try_clone_to_owned(),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        Ok([copy(pair[0])?, copy(pair[1])?])
    }

    pub(super) fn take_scratch(&mut self) -> Result<PathBuf, Failed> {
        if let Some(free) = self.scratch_free.pop() {
            return Ok(free);
        }
        let path = scratch::make_next(&self.setup.folder.join(SCRATCH), &mut self.scratch_made)
            .map_err(|error| Failed::Init(format!("cannot make a scratch folder: {error}")))?;
        if self.scratch_new.is_none() {
            self.scratch_new = Attributes::of(&path);
        }
        Ok(path)
    }

    /// Whether there are more children than we know of.
    pub(super) fn has_strays(&self) -> bool {
        let helpers = usize::from(self.zygote.is_some()) + usize::from(self.broom.is_some());
        let known = self.by_pid.len() + self.ordered.len() + helpers;
        let mut list = [0; CHILDREN_BYTES];
        match self.children.as_ref().map(|file| rustix::io::pread(file, &mut list, 0)) {
            Some(Ok(read)) if read < CHILDREN_BYTES => {
                list[..read].iter().filter(|byte| **byte == b' ').count() > known
            }
            _ => keeper::children().len() > known,
        }
    }

    /// Ends processes that left the group of a step without sandbox and outlived it. They have become our children.
    pub(super) fn end_strays(&mut self) {
        let mut oldest = None;
        for child in keeper::children() {
            if self.by_pid.contains_key(&child) || self.is_helper(child) {
                continue;
            }
            let may_be_needed = match origin(child) {
                Origin::Attempt(attempt) => self.runs(&AttemptId(attempt)),
                Origin::Ourselves => false,
                // It can only be of a step that is at least as old.
                Origin::Unknown => {
                    let oldest = *oldest.get_or_insert_with(|| self.oldest_bare_step());
                    oldest.is_some_and(|oldest| started_ticks(child).is_none_or(|started| oldest <= started))
                }
            };
            if !may_be_needed {
                sys::kill(child, libc::SIGKILL);
            }
        }
    }

    /// Whether an attempt has processes, and does not only store what it gives out.
    fn runs(&self, attempt: &AttemptId) -> bool {
        let slot = self.by_attempt.get(attempt).map(|slot| &self.slots[*slot as usize]);
        slot.and_then(|slot| slot.step.as_ref()).is_some_and(|step| step.storing.is_none())
    }

    /// When the step without a sandbox that runs longest was started, as the kernel counts; none if none runs.
    fn oldest_bare_step(&self) -> Option<u64> {
        let steps = self.slots.iter().filter_map(|slot| slot.step.as_ref());
        let alone = steps.filter(|step| step.request.isolation == Isolation::None);
        alone.filter_map(|step| started_ticks(step.pid?)).min()
    }

    /// Whether a child is neither a step nor left by one.
    fn is_helper(&self, pid: u32) -> bool {
        // A step whose clone was not answered yet has no number here; nothing is done while there is one.
        !self.ordered.is_empty()
            || self.broom == Some(pid)
            || self.zygote.as_ref().is_some_and(|zygote| zygote.pid() == pid)
    }
}

/// Where a process comes from that nobody waits for.
enum Origin {
    /// It was started for this attempt, as its environment says.
    Attempt(String),
    /// It is a copy of us: the beginning of a step whose zygote has died.
    Ourselves,
    /// It was started without the environment, has written its title over it, or may not be asked.
    Unknown,
}

fn origin(pid: u32) -> Origin {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let prefix = format!("{MARK}=");
    let mark = environment.split(|byte| *byte == 0).find_map(|entry| entry.strip_prefix(prefix.as_bytes()));
    if let Some(attempt) = mark.and_then(|mark| String::from_utf8(mark.to_vec()).ok()) {
        return Origin::Attempt(attempt);
    }
    let program = |pid: &str| fs::read_link(format!("/proc/{pid}/exe")).ok();
    match program(&pid.to_string()) {
        Some(one) if Some(&one) == program("self").as_ref() => Origin::Ourselves,
        _ => Origin::Unknown,
    }
}

/// When a process was started, in the kernel's ticks since the machine was.
fn started_ticks(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may contain anything; after it comes the third field, and the time is the 22nd.
    stat.rsplit(')').next()?.split_ascii_whitespace().nth(19)?.parse().ok()
}

/// A step that was started.
pub(super) struct Begun {
    pub pid: Option<u32>,
    pub body: Body,
    pub scratch: Option<PathBuf>,
    /// Where volumes are shown to it on the machine.
    pub links: Vec<PathBuf>,
    /// What it is told in its log.
    pub notices: Vec<String>,
}

impl Begun {
    pub(super) fn of(pid: Option<u32>, body: Body) -> Begun {
        Begun { pid, body, scratch: None, links: Vec::new(), notices: Vec::new() }
    }
}

/// A step that was not.
pub(super) enum Failed {
    /// It could not be given a place.
    Init(String),
    /// Its command cannot be executed.
    Container(String),
}

/// Whether a request can be served at all.
fn judge(request: &StepRequest, running: usize) -> Result<(), String> {
    if running >= STEPS_MAX {
        return Err(format!("more than {STEPS_MAX} steps at once"));
    }
    if request.containers.len() > CONTAINERS_MAX {
        return Err(format!("more than {CONTAINERS_MAX} containers in one step"));
    }
    if !request.containers.iter().any(|container| container.role == Role::Main) {
        return Err("the step has no main container".into());
    }
    Ok(())
}

/// Whether a step without sandbox needs no hull: one program, its output, nothing before, nothing after.
fn is_plain(request: &StepRequest) -> bool {
    request.containers.len() == 1
        && request.containers[0].again.is_none()
        && request.containers[0].care == crate::contract::Care::default()
        && request.inputs.is_empty()
        && request.volumes.is_empty()
        && request.mounts.is_empty()
        && request.outputs.parameters.is_empty()
        && request.outputs.artifacts.is_empty()
        && !may_tell_progress(&request.containers[0])
}

/// Whether a container knows of the file for its progress: who reads that is a hull. A program that asks for the variable
/// by itself finds that there is none.
fn may_tell_progress(container: &crate::contract::ContainerRequest) -> bool {
    let words = container.command.iter().chain(&container.args).chain(&container.script);
    words.chain(container.env.iter().map(|(name, _)| name)).any(|text| text.contains(hull::PROGRESS_FILE))
}

fn writers(request: &StepRequest) -> Vec<Writer> {
    let path = |name: &str| {
        let is_kept = !request.log_dir.as_os_str().is_empty();
        is_kept.then(|| logs::path(&request.log_dir, &request.attempt, name))
    };
    let containers = request.containers.iter();
    containers
        .map(|container| {
            let log = if container.quiet { None } else { path(&container.name) };
            let is_result =
                request.outputs.result && (container.name == "main" || request.containers.len() == 1);
            Writer::new(log, request.log_limit_bytes, is_result)
        })
        .collect()
}

/// Mount paths of volumes, for steps without a sandbox: links on the machine, shared by the steps that need them.
#[derive(Default)]
pub(crate) struct Links {
    made: HashMap<PathBuf, Link>,
    /// The number of the last record.
    number: u32,
}

struct Link {
    target: PathBuf,
    users: usize,
    made: Made,
    /// For whoever cleans up if we cannot.
    record: Record,
}

impl Links {
    /// Makes the links a step needs; returns where they are. On error it has none.
    fn take(&mut self, folder: &Path, request: &StepRequest, scratch: &Path) -> Result<Vec<PathBuf>, String> {
        let mut taken = Vec::new();
        for (path, target) in wanted_links(request, scratch)? {
            if let Err(reason) = self.take_one(folder, &path, &target) {
                self.release(&taken);
                return Err(reason);
            }
            taken.push(path);
        }
        Ok(taken)
    }

    fn take_one(&mut self, folder: &Path, path: &Path, target: &Path) -> Result<(), String> {
        if let Some(link) = self.made.get_mut(path) {
            if link.target != target {
                return Err(format!(
                    "`{}` shows another volume to a running step; the sandbox keeps them apart",
                    path.display()
                ));
            }
            link.users += 1;
            return Ok(());
        }
        let cannot = |error: io::Error| {
            format!("cannot show a volume at `{}` without a sandbox: {error}", path.display())
        };
        let made = Made::before(path).ok_or_else(|| cannot(io::ErrorKind::AlreadyExists.into()))?;
        let record = Record::write(folder, &mut self.number, &made, target).map_err(cannot)?;
        let above = path.parent().map_or(Ok(()), fs::create_dir_all);
        if let Err(error) = above.and_then(|()| symlink(target, path)) {
            record.remove();
            return Err(cannot(error));
        }
        let link = Link { target: target.to_owned(), users: 1, made, record };
        self.made.insert(path.to_owned(), link);
        Ok(())
    }

    /// Takes those of a step's links away that no other step needs.
    pub(super) fn release(&mut self, taken: &[PathBuf]) {
        // In the opposite order, so that the one whose folder was made first removes it last.
        for path in taken.iter().rev() {
            self.release_one(path);
        }
    }

    fn release_one(&mut self, path: &Path) {
        let Some(link) = self.made.get_mut(path) else { return };
        link.users -= 1;
        if link.users > 0 {
            return;
        }
        if let Some(link) = self.made.remove(path) {
            link.made.remove();
            link.record.remove();
        }
    }
}

/// Where each mount path must lead. Makes the folders and files of volumes that are the step's own.
fn wanted_links(request: &StepRequest, scratch: &Path) -> Result<Vec<(PathBuf, PathBuf)>, String> {
    let mut wanted: Vec<(PathBuf, PathBuf)> = Vec::new();
    for mount in &request.mounts {
        wanted.push((PathBuf::from(&mount.step), mount.host.clone()));
    }
    for mount in request.containers.iter().flat_map(|container| &container.volume_mounts) {
        let volume = request.volumes.iter().find(|volume| volume.name == mount.name);
        let Some(volume) = volume else { return Err(format!("volume '{}' not found", mount.name)) };
        let root = match &volume.source {
            VolumeSource::HostDir { path, .. } => path.clone(),
            VolumeSource::Folder { path } => path.clone(),
            VolumeSource::Scratch | VolumeSource::Memory { .. } | VolumeSource::Files { .. } => {
                scratch.join(format!(".tiphys-volume-{}", volume.name))
            }
        };
        if !matches!(volume.source, VolumeSource::HostDir { .. }) {
            fs::create_dir_all(&root)
                .map_err(|error| format!("cannot make volume '{}': {error}", volume.name))?;
        }
        if let VolumeSource::Files { files } = &volume.source {
            for file in files {
                hull::write_file(&root.join(&file.path), &file.content, file.mode)
                    .map_err(|error| format!("cannot write volume '{}': {error}", volume.name))?;
            }
        }
        let target = root.join(&mount.sub_path);
        if !mount.sub_path.is_empty() && !target.exists() {
            fs::create_dir_all(&target)
                .map_err(|error| format!("cannot make volume '{}': {error}", volume.name))?;
        }
        let link = (PathBuf::from(&mount.mount_path), target);
        if !wanted.contains(&link) {
            wanted.push(link);
        }
    }
    Ok(wanted)
}
