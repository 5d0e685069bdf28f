//! The template: what the zygote lays out once, and every step only mounts.
//!
//! ```text
//! base/N   a mount of the machine, without what is mounted below it   (only when we are root)
//! skel     the skeleton
//! dev      devices
//! proc     an instance of proc, without which the kernel grants no other
//! host     the machine's root as it is                                (only when we are not root)
//! step     where each step mounts its own
//! ```

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_change, unmount,
};
use rustix::process::pivot_root;

use super::skeleton::{self, Skeleton};
use super::{IDS, OUTSIDE_ID, inside, named};
use crate::sys;

/// One overlay of a step's root.
#[derive(Debug)]
pub(super) struct Layer {
    /// Path in the step, without the leading slash.
    pub target: PathBuf,
    /// Lower layers, as overlayfs wants them named.
    pub lower: String,
    /// The machine's part of them, if any.
    pub machine: Option<PathBuf>,
}

/// A part of the machine that can only be shown as it is, read-only.
#[derive(Debug)]
pub(super) struct Window {
    pub target: PathBuf,
    pub source: PathBuf,
}

#[derive(Debug)]
pub(super) struct Template {
    pub layers: Vec<Layer>,
    pub windows: Vec<Window>,
    /// Whether the machine's root is at `host`.
    pub has_host: bool,
    pub many_users: bool,
    /// Folders that no step may see, if the machine's folders are still to be mirrored.
    unmirrored: Option<Vec<PathBuf>>,
}

impl Template {
    /// Does what can wait until it is known that steps can be kept apart here, and must be done before the first.
    pub fn finish(&mut self) -> io::Result<()> {
        let Some(hidden) = self.unmirrored.take() else { return Ok(()) };
        let mask = rustix::process::umask(rustix::fs::Mode::empty());
        let (machine, at) = (Path::new("base/0"), Path::new("skel"));
        let mirrored = Skeleton { machine, at, is_ours: false, hidden: &hidden }.mirror();
        rustix::process::umask(mask);
        mirrored
    }
}

/// Most mounts of the machine, besides its root, that a step gets to see.
const MOUNTS_MAX: usize = 24;

/// File systems with files that a program may need. The others are the kernel's windows, or temporary.
const FILE_SYSTEMS: &[&str] = &[
    "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs", "overlay", "erofs", "squashfs", "nfs",
    "nfs4", "virtiofs", "9p",
];

/// Folders that are not for steps, beside those that begin empty.
const NOT_FOR_STEPS: &[&str] = &["/boot", "/lost+found"];

/// The topmost folders of which a step sees nothing of the machine.
fn not_for_steps() -> impl Iterator<Item = &'static Path> {
    skeleton::EMPTY.iter().map(|(path, _)| *path).chain(NOT_FOR_STEPS.iter().copied()).map(Path::new)
}

/// Moves this process into its namespaces and lays the template out at `at`, which becomes its root.
pub(super) fn lay_out(at: &Path, hidden: &[PathBuf]) -> io::Result<Template> {
    // Not root, or root of a container that may do nothing: what everybody may do is left.
    let mask = rustix::process::umask(rustix::fs::Mode::empty());
    let is_root = rustix::process::geteuid().is_root() && sys::unshare(libc::CLONE_NEWNS).is_ok();
    let template = if is_root { as_root(at, hidden) } else { as_anybody(at, hidden) };
    rustix::process::umask(mask);
    template
}

fn as_root(at: &Path, hidden: &[PathBuf]) -> io::Result<Template> {
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    mount("tmpfs", at, "tmpfs", MountFlags::NOSUID, c"mode=755")?;
    // From here on by relative paths: whoever owns the skeleton may not come here from above.
    std::env::set_current_dir(at)?;
    let at = Path::new(".");
    let paths = ["base", "skel", "dev", "proc", "host", "step"];
    paths.iter().try_for_each(|name| fs::create_dir(at.join(name)))?;
    mount(
        "proc",
        at.join("proc"),
        "proc",
        MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC,
        None,
    )?;
    let mut layers = Vec::new();
    let mounts = mounts_for_steps(hidden);
    for (number, path) in [PathBuf::from("/")].iter().chain(&mounts).enumerate() {
        let base = at.join("base").join(number.to_string());
        fs::create_dir(&base)?;
        mount_bind(path, &base)?;
        let target = inside(path).to_owned();
        let machine = PathBuf::from(format!("base/{number}"));
        layers.push(Layer {
            lower: format!("{}:{}", lower_of(&target), machine.display()),
            machine: Some(machine),
            target,
        });
    }
    std::os::unix::fs::chown(at.join("skel"), Some(OUTSIDE_ID), Some(OUTSIDE_ID))?;
    sys::create_as(OUTSIDE_ID);
    let skeleton = Skeleton { machine: Path::new("/"), at: &at.join("skel"), is_ours: false, hidden };
    skeleton.make()?;
    mounts.iter().try_for_each(|path| skeleton.folder(path, 0o755))?;
    sys::create_as(0);
    skeleton::devices(&at.join("dev"), Path::new("/"), true)?;
    enter(at)?;
    unmount("/host", UnmountFlags::DETACH)?;
    map_ids()?;
    sys::become_root_inside()?;
    // A mount namespace of the new user namespace's own, where it may mount.
    sys::unshare(libc::CLONE_NEWNS)?;
    let unmirrored = Some(hidden.to_vec());
    Ok(Template { layers, windows: Vec::new(), has_host: false, many_users: true, unmirrored })
}

/// Enters a new user namespace, whose ids a helper that stays outside maps.
fn map_ids() -> io::Result<()> {
    let (ready, tell) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    let zygote = std::process::id();
    let helper = sys::fork(0, || {
        let mut byte = [0];
        let map = format!("0 {OUTSIDE_ID} {IDS}");
        // `/proc` of the template is the machine's.
        let write = |name: &str| fs::write(format!("/proc/{zygote}/{name}"), &map);
        match rustix::io::read(&ready, &mut byte) {
            Ok(1) if write("uid_map").is_ok() && write("gid_map").is_ok() => 0,
            _ => 1,
        }
    })?;
    sys::unshare(libc::CLONE_NEWUSER)?;
    rustix::io::write(&tell, &[1])?;
    loop {
        match sys::reap(true)? {
            Some(reaped) if reaped.pid == helper => {
                let mapped = reaped.status == sys::Status::Code(0);
                return if mapped {
                    Ok(())
                } else {
                    Err(io::Error::other("the ids of the user namespace cannot be mapped"))
                };
            }
            Some(_) => {}
            None => return Err(io::Error::other("the helper that maps ids is lost")),
        }
    }
}

fn as_anybody(at: &Path, hidden: &[PathBuf]) -> io::Result<Template> {
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    named(sys::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNS), || "a user namespace is refused".into())?;
    fs::write("/proc/self/setgroups", "deny")?;
    named(fs::write("/proc/self/uid_map", format!("0 {user} 1")), || "mapping the user is refused".into())?;
    named(fs::write("/proc/self/gid_map", format!("0 {group} 1")), || "mapping the group is refused".into())?;
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    // Before our own mount is among them, which lies below the state folder and would split up what is above it.
    let mounted = mount_points();
    named(mount("tmpfs", at, "tmpfs", MountFlags::NOSUID, c"mode=755"), || "mounting is refused".into())?;
    let paths = ["skel", "dev", "host", "step"];
    paths.iter().try_for_each(|name| fs::create_dir(at.join(name)))?;
    let skel = at.join("skel");
    // What is root's is not for steps, also where they are root: in a container that may not mount.
    let is_ours = user != 0;
    let skeleton = Skeleton { machine: Path::new("/"), at: &skel, is_ours, hidden };
    skeleton.make().and_then(|()| skeleton.mirror())?;
    skeleton::devices(&at.join("dev"), Path::new("/"), false)?;
    // The kernel shows us no mount without what is mounted below it, so the root is made of pieces.
    let hidden = skeleton.all_hidden();
    let mut pieces =
        Pieces { layers: Vec::new(), windows: Vec::new(), mounted, skel: &skel, hidden: &hidden };
    pieces.layers.push(Layer { target: PathBuf::new(), lower: "skel".into(), machine: None });
    pieces.take_apart(Path::new("/"))?;
    let Pieces { layers, windows, .. } = pieces;
    enter(at)?;
    Ok(Template { layers, windows, has_host: true, many_users: false, unmirrored: None })
}

/// The machine's root in pieces that have nothing mounted below them.
struct Pieces<'a> {
    layers: Vec<Layer>,
    windows: Vec<Window>,
    mounted: Vec<PathBuf>,
    skel: &'a Path,
    /// Folders of which the skeleton alone is shown: neither a layer's own root nor a window would hide them.
    hidden: &'a [PathBuf],
}

/// A folder with more children than this is shown as it is rather than taken apart.
const CHILDREN_MAX: usize = 16;

impl Pieces<'_> {
    /// Finds a place for each child of a folder that is itself part of the skeleton.
    fn take_apart(&mut self, folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)?.flatten() {
            let path = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_symlink() {
                symlink(fs::read_link(&path)?, self.skel.join(inside(&path)))?;
            } else if kind.is_dir() && not_for_steps().all(|not| not != path) {
                self.place(&path)?;
            }
        }
        Ok(())
    }

    fn place(&mut self, path: &Path) -> io::Result<()> {
        let source = Path::new("host").join(inside(path));
        let target = inside(path).to_owned();
        fs::create_dir_all(self.skel.join(&target))?;
        if self.hidden.iter().any(|hidden| path.starts_with(hidden)) {
            return Ok(());
        }
        let has_mounts = self.mounted.iter().any(|mount| mount != path && mount.starts_with(path));
        let has_hidden = self.hidden.iter().any(|hidden| hidden.starts_with(path));
        if !has_mounts {
            self.layers.push(Layer {
                lower: format!("{}:{}", lower_of(&target), source.display()),
                machine: Some(source),
                target,
            });
        } else if is_small(path) {
            self.take_apart(path)?;
        } else if !has_hidden {
            self.windows.push(Window { target, source });
        }
        Ok(())
    }
}

/// Whether a folder holds a few folders and no file.
fn is_small(path: &Path) -> bool {
    let Ok(entries) = fs::read_dir(path) else { return false };
    let mut left = CHILDREN_MAX;
    for entry in entries.flatten() {
        left -= 1;
        if left == 0 || entry.file_type().is_ok_and(|kind| kind.is_file()) {
            return false;
        }
    }
    true
}

/// Makes the template the root of this process.
fn enter(at: &Path) -> io::Result<()> {
    std::env::set_current_dir(at)?;
    named(pivot_root(".", "host"), || "changing the root is refused".into())?;
    std::env::set_current_dir("/")
}

/// The part of the skeleton that lies over a part of the machine.
fn lower_of(target: &Path) -> String {
    Path::new("skel").join(target).display().to_string()
}

/// Mounts of the machine that programs may need, parents first. Paths that overlayfs cannot name are left out.
fn mounts_for_steps(hidden: &[PathBuf]) -> Vec<PathBuf> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mut paths: Vec<PathBuf> = table
        .lines()
        .filter_map(|line| {
            let (head, tail) = line.split_once(" - ")?;
            let path = PathBuf::from(head.split(' ').nth(4)?);
            let kind = tail.split(' ').next()?;
            let is_excluded = not_for_steps().any(|not| path.starts_with(not))
                || hidden.iter().any(|hidden| path.starts_with(hidden))
                || path == Path::new("/")
                || path.to_str().is_none_or(|text| text.contains([':', ',', '\\']));
            (FILE_SYSTEMS.contains(&kind) && !is_excluded && path.is_dir()).then_some(path)
        })
        .collect();
    paths.sort();
    paths.dedup();
    paths.truncate(MOUNTS_MAX);
    paths
}

fn mount_points() -> Vec<PathBuf> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    table.lines().filter_map(|line| line.split(' ').nth(4)).map(PathBuf::from).collect()
}
