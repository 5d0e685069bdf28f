//! Steps in the sandbox: what they are shown, and their life between order and answer.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{AtFlags, Gid, Uid, chownat};
use rustix::pipe::{PipeFlags, pipe_with};
use tiphys_artifact::{Key, LocalStore};

use super::super::SCRATCH;
use super::super::pipes::PipeIx;
use super::super::scratch;
use super::super::step::Body;
use super::start::{Begun, Failed};
use super::{Service, Token, watch};
use crate::contract::{ArtifactSource, Report, Stage, StageFailure, Started, StepRequest, VolumeSource};
use crate::frame::Inbox;
use crate::logs;
use crate::program;
use crate::sandbox::{
    Answer, Attachment, Hello, INPUTS, OUTSIDE_ID, Order, READ_ONLY, SPOOL, What, Zygote, mount_of,
    open_below,
};
use crate::supervisor;
use crate::sys;

/// Name of the folder on which the zygote lays out its template.
const TEMPLATE: &str = "template";

/// Since when the zygote's answer is waited for.
pub(super) enum Wait {
    /// Since the first order that it has not answered.
    Begins,
    /// Since now.
    BeginsAnew,
}

impl Service {
    /// Makes the zygote if there is none.
    pub(super) fn wake_zygote(&mut self) -> io::Result<()> {
        if self.zygote.is_some() {
            return Ok(());
        }
        let at = self.setup.folder.join(SCRATCH).join(TEMPLATE);
        fs::DirBuilder::new().recursive(true).mode(0o755).create(&at)?;
        let named = self.setup.hidden.iter().chain([&self.setup.folder]);
        // What a link leads to is to be hidden, too.
        let hidden: Vec<PathBuf> =
            named.flat_map(|path| [Some(path.clone()), fs::canonicalize(path).ok()]).flatten().collect();
        let zygote = Zygote::start(&at, &hidden, &self.null)?;
        watch(&self.epoll, zygote.socket(), Token::Zygote)?;
        self.zygote = Some(zygote);
        Ok(())
    }

    /// What the sandbox can do here. Makes the zygote, and waits for it the first time.
    pub(super) fn sandbox(&mut self) -> Hello {
        if let Err(error) = self.wake_zygote() {
            return Hello::Unable(error.to_string());
        }
        match &mut self.zygote {
            Some(zygote) => zygote.hello().clone(),
            None => Hello::Unable("there is no zygote".into()),
        }
    }

    /// Orders a step from the zygote; its process comes with the answer.
    pub(super) fn start_sandboxed(
        &mut self,
        request: &StepRequest,
        pipes: &[[PipeIx; 2]],
        doors: &[OwnedFd],
    ) -> Result<Begun, Failed> {
        let many_users = match self.sandbox() {
            Hello::Ready { many_users } => many_users,
            Hello::Unable(reason) => {
                return Err(Failed::Init(format!("no sandbox on this machine: {reason}")));
            }
        };
        let scratch = if request.outputs.artifacts.is_empty() { None } else { Some(self.take_scratch()?) };
        let begun = self.order(request, pipes, doors, many_users, scratch.as_deref());
        match begun {
            Ok((report, notices)) => {
                let body = Body::Hull { report: Some(report), inbox: Inbox::default(), done: None };
                Ok(Begun { notices, scratch, ..Begun::of(None, body) })
            }
            Err(reason) => {
                if let Some(scratch) = scratch {
                    scratch::remove(&scratch);
                }
                Err(Failed::Init(reason))
            }
        }
    }

    fn order(
        &mut self,
        request: &StepRequest,
        pipes: &[[PipeIx; 2]],
        doors: &[OwnedFd],
        many_users: bool,
        spool: Option<&Path>,
    ) -> Result<(OwnedFd, Vec<String>), String> {
        let Some(zygote) = &self.zygote else { return Err("there is no zygote".into()) };
        let owners = if many_users { zygote.owners() } else { None };
        let mut view = View { as_root: many_users, owners, ..View::default() };
        view.fill(request, spool)?;
        let pipe = pipe_with(PipeFlags::CLOEXEC).map_err(io::Error::from);
        let (report, report_write) = pipe.map_err(|error| format!("cannot make a pipe: {error}"))?;
        rustix::io::ioctl_fionbio(&report, true)
            .map_err(|error| format!("cannot prepare a pipe: {error}"))?;
        let View { attachments, mounts, notices, .. } = view;
        let mut files: Vec<BorrowedFd<'_>> = vec![report_write.as_fd()];
        files.extend(pipes.iter().flatten().filter_map(|ix| self.pipes.write_end(*ix)));
        files.extend(mounts.iter().chain(doors).map(AsFd::as_fd));
        // The copy costs less than a second way of writing the same message.
        let order = Order { request: request.clone(), attachments, cgroups: doors.len() };
        zygote.order(&order, &files).map_err(|error| format!("cannot order the step: {error}"))?;
        Ok((report, notices))
    }

    /// Whether an order can be sent without waiting for the zygote. If not, an answer of it is still to come.
    pub(super) fn zygote_takes_orders(&self) -> bool {
        let Some(zygote) = self.zygote.as_ref().filter(|_| !self.ordered.is_empty()) else { return true };
        let mut socket = [PollFd::from_borrowed_fd(zygote.socket(), PollFlags::OUT)];
        !matches!(poll(&mut socket, Some(&Timespec::default())), Ok(0))
    }

    /// Notes until when the zygote should have answered what it was ordered.
    pub(super) fn await_zygote(&mut self, wait: Wait) {
        let due = || Instant::now() + Duration::from_millis(self.setup.zygote_ms);
        self.zygote_due = match wait {
            _ if self.ordered.is_empty() => None,
            Wait::Begins => Some(self.zygote_due.unwrap_or_else(due)),
            Wait::BeginsAnew => Some(due()),
        };
    }

    /// The zygote has not answered in time. One that works, or waits for a disk, gets more time; any other is killed:
    /// the next step makes another.
    pub(super) fn look_at_zygote(&mut self) {
        let Some(zygote) = &self.zygote else { return };
        if matches!(supervisor::process_state(zygote.pid()), Some('R' | 'D')) {
            self.await_zygote(Wait::BeginsAnew);
            return;
        }
        sys::kill(zygote.pid(), libc::SIGKILL);
        let patience = Duration::from_millis(self.setup.zygote_ms);
        self.give_zygote_up(&format!("the sandbox's zygote did not answer for {patience:?} and was killed"));
    }

    /// Steps that were ordered from a zygote that is gone are not started; what it had begun of them ends.
    fn give_zygote_up(&mut self, reason: &str) {
        self.zygote = None;
        while let Some(slot) = self.ordered.pop_front() {
            self.fail(slot, reason.to_owned());
        }
        self.reaped_early.clear();
        self.await_zygote(Wait::BeginsAnew);
        self.end_strays();
    }

    /// Serves the zygote's answers.
    pub(super) fn hear_zygote(&mut self) {
        loop {
            let Some(zygote) = &mut self.zygote else { return };
            // Its first message is not an answer.
            zygote.hello();
            match zygote.answer() {
                Answer::Nothing => return,
                Answer::Cloned(pid) => {
                    if let Some(slot) = self.ordered.pop_front() {
                        self.cloned(slot, pid);
                    }
                }
                Answer::Failed(error) => {
                    if let Some(slot) = self.ordered.pop_front() {
                        self.fail(slot, format!("cannot start a process for the step: {error}"));
                    }
                }
                Answer::Gone => self.give_zygote_up("the sandbox's zygote has died"),
            }
            self.await_zygote(Wait::BeginsAnew);
        }
    }

    fn cloned(&mut self, slot: u32, pid: u32) {
        let Some(step) = self.slots[slot as usize].step.as_mut() else { return };
        let attempt = step.request.attempt.clone();
        let started = Started { attempt, pid, at_us: logs::now_ns() / 1_000, ..Started::default() };
        step.pid = Some(pid);
        step.started = Some(started.clone());
        step.signal_as_asked();
        self.news.push(Report::Started(started));
        self.by_pid.insert(pid, slot);
        if let Some(reaped) = self.reaped_early.remove(&pid) {
            self.bury(reaped);
        }
    }

    /// Ends a step that got no process.
    fn fail(&mut self, slot: u32, message: String) {
        if let Some(step) = self.slots[slot as usize].step.as_mut()
            && let Body::Hull { done, .. } = &mut step.body
        {
            let failure = StageFailure { stage: Stage::Init, code: program::CANNOT_RUN, message };
            *done = Some(Box::new(crate::hull::Done { failure: Some(failure), ..Default::default() }));
        }
        self.finish(slot);
    }
}

/// What a step is shown of the machine.
#[derive(Default)]
struct View<'a> {
    attachments: Vec<Attachment>,
    mounts: Vec<OwnedFd>,
    /// What the step is told about it.
    notices: Vec<String>,
    /// Whether we make the mounts, with the rights of root; else the step's hull opens the paths itself.
    as_root: bool,
    /// The user namespace whose ids owners are shown as.
    owners: Option<BorrowedFd<'a>>,
}

/// Whose a folder is that a step is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Made by us for steps: claims, artifacts, the spool.
    Ours,
    /// The user's own. Nothing of it is changed.
    Users,
}

impl View<'_> {
    fn fill(&mut self, request: &StepRequest, spool: Option<&Path>) -> Result<(), String> {
        for mount in &request.mounts {
            let shown = Shown { path: &mount.host, sub_path: "", whose: Whose::Users };
            self.show(&mount.step, mount.read_only, false, shown)?;
        }
        self.volumes(request)?;
        for file in &request.files {
            let shown = Shown { path: &file.from, sub_path: "", whose: Whose::Users };
            self.show(&file.path, true, true, shown)?;
        }
        for (index, artifact) in request.inputs.iter().enumerate() {
            let (path, whose) = match &artifact.source {
                ArtifactSource::Raw { .. } | ArtifactSource::Web(_) | ArtifactSource::Git(_) => continue,
                ArtifactSource::Host { path } => (path.clone(), Whose::Users),
                ArtifactSource::Store { key } => {
                    let key = Key::parse(key)
                        .map_err(|error| format!("artifact {} failed to load: {error}", artifact.name))?;
                    (LocalStore::new(&request.artifact_store).path(&key), Whose::Ours)
                }
            };
            // What is not there is found missing by the hull, which knows whether that matters.
            if path.exists() {
                let shown = Shown { path: &path, sub_path: "", whose };
                self.show(&format!("{INPUTS}/{index}"), true, false, shown)?;
            }
        }
        if let Some(spool) = spool {
            self.show(SPOOL, false, false, Shown { path: spool, sub_path: "", whose: Whose::Ours })?;
        }
        Ok(())
    }

    fn volumes(&mut self, request: &StepRequest) -> Result<(), String> {
        let mounts = request.containers.iter().flat_map(|container| &container.volume_mounts);
        let mut seen: Vec<&crate::contract::VolumeMount> = Vec::new();
        for mount in mounts {
            if let Some(same) = seen.iter().find(|same| same.mount_path == mount.mount_path) {
                if (&same.name, &same.sub_path) == (&mount.name, &mount.sub_path) {
                    continue;
                }
                return Err(format!("two containers mount different volumes at `{}`", mount.mount_path));
            }
            seen.push(mount);
            let Some(index) = request.volumes.iter().position(|volume| volume.name == mount.name) else {
                return Err(format!("volume '{}' not found", mount.name));
            };
            match &request.volumes[index].source {
                VolumeSource::HostDir { path, read_only } => {
                    let shown = Shown { path, sub_path: &mount.sub_path, whose: Whose::Users };
                    self.show(&mount.mount_path, mount.read_only || *read_only, false, shown)?;
                }
                VolumeSource::Folder { path } => {
                    make_folder(path)
                        .map_err(|error| format!("cannot make volume '{}': {error}", mount.name))?;
                    let shown = Shown { path, sub_path: &mount.sub_path, whose: Whose::Ours };
                    self.show(&mount.mount_path, mount.read_only, false, shown)?;
                }
                VolumeSource::Scratch | VolumeSource::Files { .. } | VolumeSource::Memory { .. } => {
                    self.attachments.push(Attachment {
                        target: mount.mount_path.clone(),
                        read_only: mount.read_only,
                        replaces_link: false,
                        what: What::Own { volume: index, sub_path: mount.sub_path.clone() },
                    });
                }
            }
        }
        // A volume below another's mount path comes after it.
        self.attachments.sort_by_key(|attachment| Path::new(&attachment.target).components().count());
        Ok(())
    }

    fn show(
        &mut self,
        target: &str,
        read_only: bool,
        replaces_link: bool,
        shown: Shown<'_>,
    ) -> Result<(), String> {
        let what = if self.as_root {
            let mount = self
                .mount(shown, target)
                .map_err(|error| format!("cannot show `{}`: {error}", shown.path.display()))?;
            if read_only {
                // Here, too: the step's hull has no right to change a mount with other owners.
                let _ = sys::set_mount_attributes(mount.as_fd(), READ_ONLY, None);
            }
            self.mounts.push(mount);
            What::Mount(self.mounts.len() - 1)
        } else {
            What::Path { root: shown.path.to_owned(), sub_path: shown.sub_path.to_owned() }
        };
        self.attachments.push(Attachment { target: target.to_owned(), read_only, replaces_link, what });
        Ok(())
    }

    /// A mount whose files seem to belong to the step where they belong to us.
    fn mount(&mut self, shown: Shown<'_>, target: &str) -> io::Result<OwnedFd> {
        let place = open_below(shown.path, shown.sub_path)?;
        let mount = mount_of(place.as_fd())?;
        let Some(owners) = self.owners else { return Ok(mount) };
        let Err(error) = sys::set_mount_attributes(mount.as_fd(), 0, Some(owners)) else { return Ok(mount) };
        // A file system that cannot do it. Of files the step sees the same either way.
        if rustix::fs::FileType::from_raw_mode(rustix::fs::fstat(&place)?.st_mode).is_dir() {
            match shown.whose {
                Whose::Users => self.notices.push(format!(
                    "what is in `{}` seems to be nobody's at `{target}`: its file system, or one that is mounted below \
                     it, cannot show files as the step's own ({error}); the step can do with them what everyone may",
                    shown.path.display()
                )),
                Whose::Ours => {
                    let (user, group) = (Uid::from_raw(OUTSIDE_ID), Gid::from_raw(OUTSIDE_ID));
                    let _ = chownat(&place, "", Some(user), Some(group), AtFlags::EMPTY_PATH);
                }
            }
        }
        Ok(mount)
    }
}

/// A file or folder of the machine that a step is shown.
#[derive(Clone, Copy)]
struct Shown<'a> {
    path: &'a Path,
    /// What of it.
    sub_path: &'a str,
    whose: Whose,
}

fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path)?;
    // As Kubernetes' own volumes: every user of the step may write.
    fs::set_permissions(path, fs::Permissions::from_mode(0o777))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, chown};

    /// As on a file system of the network: what cannot be shown as the step's own is given to it only if it is ours.
    #[test]
    fn what_is_the_users_keeps_its_owner() {
        if !rustix::process::geteuid().is_root() {
            // Only root shows folders so.
            return;
        }
        let folder = std::env::temp_dir().join(format!("tiphys-owners-{}", std::process::id()));
        for (whose, owner) in [(Whose::Users, 12_345), (Whose::Ours, OUTSIDE_ID)] {
            fs::create_dir_all(folder.join("below")).unwrap();
            chown(&folder, Some(12_345), Some(12_345)).unwrap();
            chown(folder.join("below"), Some(12_345), Some(12_345)).unwrap();
            // No user namespace: whatever the file system can do, this is refused.
            let refusing = fs::File::open("/dev/null").unwrap();
            let mut view = View { as_root: true, owners: Some(refusing.as_fd()), ..View::default() };
            let shown = Shown { path: &folder, sub_path: "below", whose };
            view.show("/data", true, false, shown).unwrap();
            let owners = [&folder, &folder.join("below")].map(|path| fs::metadata(path).unwrap().uid());
            fs::remove_dir_all(&folder).unwrap();
            assert_eq!(owners, [12_345, owner]);
            let told = view.notices.concat();
            assert_eq!(told.contains("`/data`"), whose == Whose::Users, "{told}");
        }
    }
}
