//! Opening what lies below a folder, when a step may have put links there.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Component, Path};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, mkdirat, openat, openat2};
use rustix::io::Errno;

/// Opens `sub_path` below `root` for use as a mount. Folders that are missing are made. A link on the way is refused:
/// a step could have made it to be shown something else.
pub(crate) fn open_below(root: &Path, sub_path: &str) -> io::Result<OwnedFd> {
    let place = OFlags::PATH | OFlags::CLOEXEC;
    let mut at = openat(CWD, root, place, Mode::empty())?;
    for part in Path::new(sub_path).components() {
        at = match part {
            Component::Normal(name) => step_down(&at, Path::new(name), place)?,
            Component::RootDir | Component::CurDir => continue,
            Component::ParentDir | Component::Prefix(_) => {
                return Err(io::Error::other(format!("`{sub_path}` leads out of its volume")));
            }
        };
    }
    Ok(at)
}

fn step_down(at: &OwnedFd, name: &Path, place: OFlags) -> io::Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    match openat2(at, name, place, Mode::empty(), resolve) {
        Err(Errno::NOENT) => {
            mkdirat(at, name, Mode::from_raw_mode(0o777))?;
            Ok(openat2(at, name, place, Mode::empty(), resolve)?)
        }
        other => Ok(other?),
    }
}

/// A mount, not attached anywhere, of what is open at `place`; with everything mounted below it.
pub(crate) fn mount_of(place: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    use rustix::mount::{OpenTreeFlags, open_tree};
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_RECURSIVE
        | OpenTreeFlags::AT_EMPTY_PATH;
    Ok(open_tree(place, "", flags)?)
}
