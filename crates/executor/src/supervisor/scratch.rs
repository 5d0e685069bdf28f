//! Scratch folders after use: which can be used again, and how the others are removed.

use rustix::io::Errno;
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Permissions of a scratch folder.
pub(crate) const MODE: u32 = 0o700;

/// Makes the next folder of a place that is not there yet. What a dead supervisor made and nobody could remove is not used
/// again: it would be shown to another step, or taken for what it never was.
pub(crate) fn make_next(place: &Path, number: &mut u32) -> io::Result<PathBuf> {
    let make = |path: &Path, recursive: bool| DirBuilder::new().recursive(recursive).mode(MODE).create(path);
    loop {
        *number += 1;
        let path = place.join(number.to_string());
        match make(&path, false) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            // The place itself is not there yet.
            Err(error) if error.kind() == ErrorKind::NotFound => return make(&path, true).map(|()| path),
            made => return made.map(|()| path),
        }
    }
}

/// The attributes of a folder, lists of who may do what among them. A machine may give some to each new folder, as SELinux
/// does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Attributes(BTreeMap<Vec<u8>, Vec<u8>>);

impl Attributes {
    /// None if they cannot be read.
    pub(crate) fn of(path: &Path) -> Option<Attributes> {
        let mut found = BTreeMap::new();
        let size = match rustix::fs::llistxattr_query(path) {
            // Not every file system has them.
            Err(Errno::NOTSUP) => 0,
            size => size.ok()?,
        };
        if size > 0 {
            let mut names = vec![0; size];
            let read = rustix::fs::llistxattr(path, &mut names[..]).ok()?;
            for name in names[..read].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
                let mut value = vec![0; rustix::fs::lgetxattr_query(path, name).ok()?];
                let read = rustix::fs::lgetxattr(path, name, &mut value[..]).ok()?;
                value.truncate(read);
                found.insert(name.to_vec(), value);
            }
        }
        Some(Attributes(found))
    }
}

/// Whether a folder is as if it had just been made: whose it is, what may be done with it, and that nothing is in it. `new`:
/// the attributes of one that was.
pub(crate) fn is_like_new(path: &Path, new: Option<&Attributes>) -> bool {
    let Ok(metadata) = fs::symlink_metadata(path) else { return false };
    let owner = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    metadata.is_dir()
        && metadata.permissions().mode() & 0o7777 == MODE
        && (metadata.uid(), metadata.gid()) == owner
        && Attributes::of(path).is_some_and(|found| Some(&found) == new)
        && fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

/// Most entries that are removed without further ado.
const SMALL_ENTRIES_MAX: usize = 64;

/// Removes a folder if there is little in it; whether it is gone. Else part of it may be.
pub(crate) fn remove_small(path: &Path) -> bool {
    let mut left = SMALL_ENTRIES_MAX;
    // A step may have put a link into its place, which leads anywhere.
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()) && remove_some(path, &mut left)
}

fn remove_some(path: &Path, left: &mut usize) -> bool {
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if *left == 0 {
            return false;
        }
        *left -= 1;
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let is_gone =
            if is_folder { remove_some(&entry.path(), left) } else { fs::remove_file(entry.path()).is_ok() };
        if !is_gone {
            return false;
        }
    }
    fs::remove_dir(path).is_ok()
}

/// Removes a folder and what is in it. What cannot go is met again when the place is tidied.
pub(crate) fn remove(path: &Path) {
    let _ = tiphys_artifact::remove_tree(path);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_was_changed_is_not_like_new() {
        let folder = std::env::temp_dir().join(format!("tiphys-scratch-{}", std::process::id()));
        let make = || {
            fs::create_dir(&folder)
                .and_then(|()| fs::set_permissions(&folder, fs::Permissions::from_mode(MODE)))
        };
        make().unwrap();
        let new = Attributes::of(&folder);
        let is_like_new = |path: &Path| is_like_new(path, new.as_ref());
        assert!(is_like_new(&folder));
        for mode in [0o500, 0o000, 0o2700, 0o755] {
            fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
            assert!(!is_like_new(&folder), "{mode:o}");
            remove(&folder);
            assert!(!folder.exists());
            make().unwrap();
        }
        // Not every file system keeps attributes.
        if rustix::fs::setxattr(&folder, "user.kept", b"x", rustix::fs::XattrFlags::empty()).is_ok() {
            assert!(!is_like_new(&folder));
        }
        fs::create_dir_all(folder.join("a/b")).unwrap();
        fs::write(folder.join("a/b/file"), "").unwrap();
        assert!(!is_like_new(&folder));
        fs::set_permissions(folder.join("a/b"), fs::Permissions::from_mode(0o0)).unwrap();
        remove(&folder);
        assert!(!folder.exists());
        let other = folder.with_extension("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("file"), "").unwrap();
        std::os::unix::fs::symlink(&other, &folder).unwrap();
        assert!(!is_like_new(&folder) && !remove_small(&folder));
        remove(&folder);
        assert!(!folder.is_symlink() && other.join("file").exists(), "what it leads to is not its own");
        fs::remove_dir_all(&other).unwrap();
    }

    #[test]
    fn little_goes_at_once_and_much_does_not() {
        let folder = std::env::temp_dir().join(format!("tiphys-scratch-small-{}", std::process::id()));
        for (files, is_small) in [(0, true), (60, true), (100, false)] {
            fs::create_dir_all(folder.join("below")).unwrap();
            (0..files).for_each(|number| fs::write(folder.join(format!("below/{number}")), "").unwrap());
            assert_eq!(remove_small(&folder), is_small, "{files}");
            assert_eq!(folder.exists(), !is_small);
        }
        remove(&folder);
    }

    #[test]
    fn what_could_not_be_removed_is_not_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("place");
        let mut number = 0;
        let made: Vec<PathBuf> = (0..2).map(|_| make_next(&place, &mut number).unwrap()).collect();
        let new = Attributes::of(&made[0]);
        assert!(made.iter().all(|path| is_like_new(path, new.as_ref())));
        // The next supervisor counts from the beginning.
        number = 0;
        assert_eq!(make_next(&place, &mut number).unwrap(), place.join("3"));
    }

    /// As on a machine with SELinux, where each folder has a label from its birth.
    #[test]
    fn attributes_that_each_new_folder_has_are_no_change() {
        let folder = tempfile::tempdir().unwrap();
        let label = |path: &Path, value: &[u8]| {
            rustix::fs::setxattr(path, "user.label", value, rustix::fs::XattrFlags::empty()).is_ok()
        };
        let mut number = 0;
        let made: Vec<PathBuf> = (0..2).map(|_| make_next(folder.path(), &mut number).unwrap()).collect();
        // Not every file system keeps attributes.
        if !made.iter().all(|path| label(path, b"usual")) {
            return;
        }
        let new = Attributes::of(&made[0]);
        assert!(is_like_new(&made[1], new.as_ref()));
        assert!(label(&made[1], b"other") && !is_like_new(&made[1], new.as_ref()));
        assert!(!is_like_new(&made[0], None));
    }
}
