//! Folders that go, with everything in them.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Removes a folder and what is in it, also where its owner has taken the right to do so from itself, as Go does in its
/// cache of modules. One that is not there is gone; a link goes, and what it leads to stays.
pub fn remove_tree(path: &Path) -> io::Result<()> {
    let first = fs::remove_dir_all(path);
    let again = match first {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            open_up(path);
            fs::remove_dir_all(path)
        }
        other => other,
    };
    match again {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Lets us into every folder of a tree.
fn open_up(path: &Path) {
    let mut left: Vec<PathBuf> = vec![path.to_owned()];
    while let Some(path) = left.pop() {
        if !fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir()) {
            continue;
        }
        let _ = fs::set_permissions(&path, Permissions::from_mode(0o700));
        left.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
    }
}

#[cfg(test)]
mod tests {
    use super::remove_tree;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    #[test]
    fn what_forbids_to_be_removed_goes_and_what_a_link_leads_to_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (tree, other) = (folder.path().join("tree"), folder.path().join("other"));
        fs::create_dir_all(tree.join("pkg/mod")).unwrap();
        fs::create_dir(&other).unwrap();
        fs::write(other.join("file"), "").unwrap();
        fs::write(tree.join("pkg/mod/go.mod"), "").unwrap();
        symlink(&other, tree.join("link")).unwrap();
        for (name, mode) in [("pkg/mod", 0o555), ("pkg", 0o000)] {
            fs::set_permissions(tree.join(name), Permissions::from_mode(mode)).unwrap();
        }
        fs::set_permissions(&other, Permissions::from_mode(0o755)).unwrap();
        remove_tree(&tree).unwrap();
        assert!(!tree.exists() && other.join("file").exists());
        assert_eq!(fs::metadata(&other).unwrap().permissions().mode() & 0o777, 0o755);
        remove_tree(&tree).unwrap();
    }
}
