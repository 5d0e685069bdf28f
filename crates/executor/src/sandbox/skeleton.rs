//! The skeleton: the layer over the machine's files that every step shares.
//!
//! It holds folders only, and a few small files. A folder in it gives the merged folder its owner, so that the step
//! may write there; one that is *opaque* shows nothing of the machine. Nothing is copied from the machine but names
//! and permission bits.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use super::{inside, named};

/// Folders that begin empty in every step, with their permission bits.
const EMPTY: &[(&str, u32)] = &[
    ("/home", 0o755),
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

/// Folders whose children a step may write to, although they belong to the machine's root.
const OPEN: &[&str] = &[
    "/",
    "/etc",
    "/opt",
    "/srv",
    "/mnt",
    "/media",
    "/usr",
    "/usr/lib",
    "/usr/local",
    "/usr/local/lib",
    "/usr/local/share",
    "/usr/share",
    "/var",
    "/var/lib",
    "/var/cache",
    "/var/log",
];

/// Files that are absent in every step.
const ABSENT: &[&str] =
    &["/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers", "/etc/krb5.keytab"];

/// Files that a step may change, and that may be links to where it cannot look.
const COPIED: &[&str] = &["/etc/resolv.conf", "/etc/hosts", "/etc/passwd", "/etc/group"];

/// Longest file that is copied.
const COPIED_BYTES_MAX: u64 = 256 * 1024;

/// Most folders of the machine that are mirrored. A machine with more keeps the rest read-only for steps.
const MIRRORED_MAX: usize = 2_000;

pub(super) struct Skeleton<'a> {
    /// Where the machine's root is.
    pub machine: &'a Path,
    /// Where the skeleton is laid out.
    pub at: &'a Path,
    /// Owner outside of what root owns inside; `None`: whoever we are.
    pub owner: Option<u32>,
    /// Folders that no step may see.
    pub hidden: &'a [PathBuf],
}

impl Skeleton<'_> {
    /// Lays the skeleton out.
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
        for path in self.homes().iter().chain(self.hidden) {
            self.hide(path)?;
        }
        for path in ABSENT {
            self.whiteout(Path::new(path))?;
        }
        self.mirror()
    }

    /// Mirrors the children of the open folders, so that the step owns them.
    fn mirror(&self) -> io::Result<()> {
        let mut left = MIRRORED_MAX;
        for open in OPEN {
            let open = Path::new(open);
            if !self.is_open(open) {
                continue;
            }
            let Ok(entries) = fs::read_dir(self.machine.join(inside(open))) else { continue };
            for entry in entries.flatten() {
                if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    continue;
                }
                let path = open.join(entry.file_name());
                if self.at.join(inside(&path)).symlink_metadata().is_ok() || !self.is_open(&path) {
                    continue;
                }
                left -= 1;
                if left == 0 {
                    return Ok(());
                }
                self.folder(&path, 0o755)?;
            }
        }
        Ok(())
    }

    /// Whether a folder of the machine is for everybody. One that is not must not become the step's.
    fn is_open(&self, path: &Path) -> bool {
        let metadata = fs::symlink_metadata(self.machine.join(inside(path)));
        metadata.is_ok_and(|metadata| {
            let is_ours = self.owner.is_none() && metadata.uid() == rustix::process::getuid().as_raw();
            metadata.is_dir() && (metadata.mode() & 0o005 == 0o005 || is_ours)
        })
    }

    /// A folder that merges with the machine's, if there is one; and the folders above it.
    fn folder(&self, path: &Path, mode_if_new: u32) -> io::Result<()> {
        let at = self.at.join(inside(path));
        if let Some(parent) = path.parent().filter(|_| !at.exists()) {
            self.folder(parent, 0o755)?;
        }
        let machine = fs::symlink_metadata(self.machine.join(inside(path)));
        let mode = machine.map_or(mode_if_new, |metadata| metadata.mode() & 0o7777);
        match fs::create_dir(&at) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return named(Err(error), || format!("making `{}` in the skeleton", path.display()));
            }
            _ => {}
        }
        fs::set_permissions(&at, Permissions::from_mode(mode | 0o700))?;
        self.own(&at)
    }

    /// A folder that shows nothing of the machine's.
    fn opaque(&self, path: &Path, mode: u32) -> io::Result<()> {
        self.folder(path, mode)?;
        let at = self.at.join(inside(path));
        fs::set_permissions(&at, Permissions::from_mode(mode))?;
        let flags = rustix::fs::XattrFlags::empty();
        named(rustix::fs::setxattr(&at, "user.overlay.opaque", b"y", flags), || {
            "marking a folder opaque".into()
        })
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
        if fs::symlink_metadata(self.machine.join(inside(path))).is_err() {
            return Ok(());
        }
        let at = self.at.join(inside(path));
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
        if !metadata.is_file() || metadata.len() > COPIED_BYTES_MAX || metadata.mode() & 0o004 == 0 {
            return Ok(());
        }
        let at = self.at.join(inside(path));
        self.folder(path.parent().unwrap_or(Path::new("/")), 0o755)?;
        fs::write(&at, fs::read(&from)?)?;
        fs::set_permissions(&at, Permissions::from_mode(0o644))?;
        self.own(&at)
    }

    fn own(&self, at: &Path) -> io::Result<()> {
        match self.owner {
            Some(owner) => chown(at, Some(owner), Some(owner)),
            None => Ok(()),
        }
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
                && !OPEN.iter().any(|open| Path::new(open) == home)
        });
        homes
    }
}

/// The devices that every program expects.
pub(super) const DEVICES: &[(&str, u32, u32)] =
    &[("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)];

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
