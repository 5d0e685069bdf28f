//! The skeleton: the layer over the machine's files that every step shares.
//!
//! It holds folders only, and a few small files. A folder in it gives the merged folder its owner, so that the step
//! may write there; one that is *opaque* shows nothing of the machine. Nothing is copied from the machine but names
//! and permission bits.

use std::collections::VecDeque;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::{inside, named};

/// Folders that begin empty in every step, with their permission bits.
pub(super) const EMPTY: &[(&str, u32)] = &[
    ("/home", 0o755),
    ("/media", 0o755),
    ("/mnt", 0o755),
    ("/root", 0o700),
    ("/run", 0o755),
    ("/tmp", 0o1777),
    ("/var/tmp", 0o1777),
    ("/sys", 0o555),
    ("/proc", 0o555),
    ("/dev", 0o755),
];

/// Folders that exist in every step, with their permission bits.
const MADE: &[(&str, u32)] =
    &[("/run/lock", 0o1777), ("/run/shm", 0o1777), ("/run/argo", 0o1777), ("/argo", 0o755)];

/// How deep the machine's folders are mirrored, by where they are. The first that fits counts.
const DEPTHS: &[(&str, usize)] = &[("/usr/local", 5), ("/usr/share", 3), ("/", 4)];

/// Folders that are named as homes where there is none.
const SYSTEM: &[&str] = &[
    "/bin",
    "/sbin",
    "/usr",
    "/usr/bin",
    "/usr/sbin",
    "/usr/local",
    "/etc",
    "/var",
    "/var/lib",
    "/opt",
    "/srv",
    "/dev",
    "/proc",
];

/// Where the machine keeps secrets beside what everybody reads: steps see the latter, so that all of it can be saved.
/// Small files right in it are copied, since scripts like to change them.
const SETTINGS: &str = "/etc";

/// Files that are absent in every step.
const ABSENT: &[&str] =
    &["/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers", "/etc/krb5.keytab"];

/// Files that a step may change before all else is there, and that may be links to where it cannot look.
const COPIED: &[&str] = &["/etc/resolv.conf", "/etc/hosts", "/etc/passwd", "/etc/group"];

/// Longest file that is copied.
const COPIED_BYTES_MAX: u64 = 256 * 1024;

/// Most folders of the machine that are mirrored, the upper ones first. A step may write below the others only where
/// it says that it will: where its inputs, outputs and volumes are.
const MIRRORED_MAX: usize = 1_500;

pub(super) struct Skeleton<'a> {
    /// Where the machine's root is.
    pub machine: &'a Path,
    /// Where the skeleton is laid out.
    pub at: &'a Path,
    /// Whether we are the user that root inside is outside. Then a folder of ours is the step's anyway.
    pub is_ours: bool,
    /// Folders that no step may see.
    pub hidden: &'a [PathBuf],
}

impl Skeleton<'_> {
    /// Lays out what the skeleton consists of, and what it hides. Whoever we act as owns it.
    pub(super) fn make(&self) -> io::Result<()> {
        self.folder(Path::new("/"), 0o755)?;
        for (path, mode) in EMPTY {
            self.opaque(Path::new(path), *mode)?;
        }
        for (path, mode) in MADE {
            self.folder(Path::new(path), *mode)?;
        }
        for path in COPIED {
            // A file that is not there, or not for everybody, stays as it is.
            let _ = self.copy(Path::new(path));
        }
        let hidden = self.all_hidden();
        // Not even the name of what lies in a hidden folder is shown.
        let is_below =
            |path: &Path| path.ancestors().skip(1).any(|above| hidden.iter().any(|one| one == above));
        for path in hidden.iter().filter(|path| !is_below(path)) {
            self.hide(path)?;
        }
        for path in ABSENT {
            self.whiteout(Path::new(path))?;
        }
        Ok(())
    }

    /// Mirrors the machine's folders, the upper ones first, so that the step owns them. Most of the work.
    pub(super) fn mirror(&self) -> io::Result<()> {
        let hidden = &self.all_hidden();
        let device = fs::metadata(self.machine)?.dev();
        let mut queue = VecDeque::from([(PathBuf::from("/"), 0)]);
        let mut left = MIRRORED_MAX;
        while let Some((folder, depth)) = queue.pop_front() {
            let Ok(entries) = fs::read_dir(self.machine.join(inside(&folder))) else { continue };
            for entry in entries.flatten() {
                // Most entries are files, and what the folder says of them is enough.
                let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                if !is_folder && !folder.starts_with(SETTINGS) {
                    continue;
                }
                let path = folder.join(entry.file_name());
                let Ok(metadata) = entry.metadata() else { continue };
                let keeps_secrets = path.starts_with(SETTINGS) && !hidden.contains(&path);
                if keeps_secrets && self.is_secret(&metadata) {
                    if metadata.is_dir() {
                        self.opaque(&path, 0o700)?
                    } else {
                        self.whiteout(&path)?
                    }
                    continue;
                }
                if !is_folder {
                    if depth == 1 && metadata.is_file() {
                        // One that cannot be copied stays as it is: readable.
                        let _ = self.copy(&path);
                    }
                    continue;
                }
                let is_ruled =
                    EMPTY.iter().any(|(empty, _)| Path::new(empty) == path) || hidden.contains(&path);
                if is_ruled || metadata.dev() != device || !self.is_for_everybody(&metadata) {
                    continue;
                }
                let mode = metadata.mode() & 0o7777 | 0o700;
                match fs::DirBuilder::new().mode(mode).create(self.at.join(inside(&path))) {
                    Ok(()) => left -= 1,
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    Err(error) => return named(Err(error), || format!("mirroring `{}`", path.display())),
                }
                if left == 0 {
                    return Ok(());
                }
                if depth + 2 <= depth_of(&path) {
                    queue.push_back((path, depth + 1));
                }
            }
        }
        Ok(())
    }

    /// Whether a folder of the machine is for everybody. One that is not must not become the step's.
    fn is_open(&self, path: &Path) -> bool {
        let metadata = fs::symlink_metadata(self.machine.join(inside(path)));
        metadata.is_ok_and(|metadata| metadata.is_dir() && self.is_for_everybody(&metadata))
    }

    /// Whether a file or folder is for some users only. A step could see that it is there and not read it.
    fn is_secret(&self, metadata: &fs::Metadata) -> bool {
        !metadata.is_symlink() && metadata.mode() & 0o004 == 0 && !self.is_for_everybody(metadata)
    }

    fn is_for_everybody(&self, metadata: &fs::Metadata) -> bool {
        let is_ours = self.is_ours && metadata.uid() == rustix::process::getuid().as_raw();
        metadata.mode() & 0o005 == 0o005 || is_ours
    }

    /// What no step may see: what we were told, and homes of people.
    pub(super) fn all_hidden(&self) -> Vec<PathBuf> {
        let mut hidden = self.homes();
        hidden.extend_from_slice(self.hidden);
        hidden
    }

    /// A folder that merges with the machine's, if there is one; and the folders above it.
    pub(super) fn folder(&self, path: &Path, mode_if_new: u32) -> io::Result<()> {
        let at = self.at.join(inside(path));
        if let Some(parent) = path.parent().filter(|_| !at.exists()) {
            self.folder(parent, 0o755)?;
        }
        let machine = fs::symlink_metadata(self.machine.join(inside(path)));
        let mode = machine.map_or(mode_if_new, |metadata| metadata.mode() & 0o7777) | 0o700;
        match fs::DirBuilder::new().mode(mode).create(&at) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                named(Err(error), || format!("making `{}` in the skeleton", path.display()))
            }
            _ => Ok(()),
        }
    }

    /// A folder that shows nothing of the machine's.
    fn opaque(&self, path: &Path, mode: u32) -> io::Result<()> {
        self.folder(path, mode)?;
        let at = self.at.join(inside(path));
        let flags = rustix::fs::XattrFlags::empty();
        let marked = rustix::fs::setxattr(&at, "user.overlay.opaque", b"y", flags);
        named(marked, || format!("marking `{}` opaque", path.display()))?;
        // Last: a folder that may not be written to cannot be marked either.
        fs::set_permissions(&at, Permissions::from_mode(mode))
    }

    /// Hides a folder, if a step could come there at all.
    fn hide(&self, path: &Path) -> io::Result<()> {
        let is_hidden_already =
            path.ancestors().any(|above| EMPTY.iter().any(|(empty, _)| Path::new(empty) == above));
        if is_hidden_already
            || !fs::symlink_metadata(self.machine.join(inside(path))).is_ok_and(|found| found.is_dir())
        {
            return Ok(());
        }
        // A parent that is not for everybody keeps the step out by itself, as long as it does not become the step's.
        let is_reachable =
            path.ancestors().skip(1).all(|above| above == Path::new("/") || self.is_open(above));
        if is_reachable { self.opaque(path, 0o700) } else { Ok(()) }
    }

    /// Makes a file of the machine absent.
    fn whiteout(&self, path: &Path) -> io::Result<()> {
        let at = self.at.join(inside(path));
        let is_there = |path: &Path| fs::symlink_metadata(path).is_ok();
        if !is_there(&self.machine.join(inside(path))) || is_there(&at) {
            return Ok(());
        }
        let mode = rustix::fs::Mode::empty();
        let node = rustix::fs::mknodat(rustix::fs::CWD, &at, rustix::fs::FileType::CharacterDevice, mode, 0);
        named(node, || format!("hiding `{}`", path.display()))
    }

    fn copy(&self, path: &Path) -> io::Result<()> {
        let from = self.machine.join(inside(path));
        // A link is followed as the machine means it: from its own root.
        let from = match fs::read_link(&from) {
            Ok(target) => self.machine.join(inside(&path.parent().unwrap_or(Path::new("/")).join(target))),
            Err(_) => from,
        };
        let metadata = fs::metadata(&from)?;
        let at = self.at.join(inside(path));
        let is_small = metadata.is_file() && metadata.len() <= COPIED_BYTES_MAX;
        if !is_small || metadata.mode() & 0o004 == 0 || at.exists() {
            return Ok(());
        }
        self.folder(path.parent().unwrap_or(Path::new("/")), 0o755)?;
        fs::write(&at, fs::read(&from)?)?;
        fs::set_permissions(&at, Permissions::from_mode(metadata.mode() & 0o777))
    }

    /// Homes of people, wherever they are.
    fn homes(&self) -> Vec<PathBuf> {
        const FIRST_PERSON: u32 = 1_000;
        const NOBODY: u32 = 65_534;
        let table = fs::read_to_string(self.machine.join("etc/passwd")).unwrap_or_default();
        let mut homes: Vec<PathBuf> = table
            .lines()
            .filter_map(|line| {
                let fields: Vec<&str> = line.split(':').collect();
                let user: u32 = fields.get(2)?.parse().ok()?;
                (user == 0 || (user >= FIRST_PERSON && user != NOBODY))
                    .then(|| PathBuf::from(fields.get(5).unwrap_or(&"/")))
            })
            .collect();
        homes.extend(std::env::var_os("HOME").map(PathBuf::from));
        // `/` and the like are no homes but a way to say that there is none.
        homes.retain(|home| {
            home.is_absolute()
                && home.components().count() > 1
                && !SYSTEM.contains(&home.to_str().unwrap_or("/"))
        });
        homes
    }
}

/// How deep folders are mirrored at a path.
fn depth_of(path: &Path) -> usize {
    DEPTHS.iter().find(|(top, _)| path.starts_with(top)).map_or(0, |(_, depth)| *depth)
}

/// The devices that every program expects.
pub(super) const DEVICES: &[(&str, u32, u32)] =
    &[("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)];

/// The file below `/dev` in which containers say why they end.
pub(super) const LAST_WORDS: &str = "termination-log";

/// Lays out `/dev`: real devices if we may make them, else the machine's, shown at the same place.
pub(super) fn devices(at: &Path, machine: &Path, may_make: bool) -> io::Result<()> {
    use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
    for (name, major, minor) in DEVICES {
        let path = at.join(name);
        if may_make {
            mknodat(
                CWD,
                &path,
                FileType::CharacterDevice,
                Mode::from_raw_mode(0o666),
                makedev(*major, *minor),
            )?;
            fs::set_permissions(&path, Permissions::from_mode(0o666))?;
        } else {
            fs::write(&path, "")?;
            named(rustix::mount::mount_bind(machine.join("dev").join(name), &path), || {
                format!("showing /dev/{name}")
            })?;
        }
    }
    fs::create_dir(at.join("pts"))?;
    // Each step has a file of its own here.
    fs::write(at.join(LAST_WORDS), "")?;
    for (name, target) in [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
        ("ptmx", "pts/ptmx"),
        ("shm", "/run/shm"),
    ] {
        symlink(target, at.join(name))?;
    }
    Ok(())
}
