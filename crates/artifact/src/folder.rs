//! A folder of this machine as an artifact: copied as it is.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use crate::archive::{self, Mode};
use crate::error::ArtifactError;
use crate::left_out::{LeftOut, oddity};
use crate::limits::{DEPTH_MAX, ENTRIES_MAX};
use crate::place::{Aside, is_withheld};

/// Copies a folder with the permissions of what is in it; says what it could not take along.
///
/// A link to something within the folder stays a link. Of one that leads elsewhere the file that it names is taken, as
/// far as it can be seen.
pub fn copy_folder(source: &Path, dest: &Path, mode: Option<Mode>) -> Result<LeftOut, ArtifactError> {
    let aside = Aside::of(dest)?;
    let mut left_out = LeftOut::default();
    let mut folders = Vec::new();
    let mut waiting = vec![(PathBuf::new(), 0)];
    let mut entries = 0_u64;
    while let Some((below, depth)) = waiting.pop() {
        if depth > DEPTH_MAX {
            let what = format!("the depth of folders in `{}`", source.display());
            return Err(ArtifactError::Limit { what, limit: DEPTH_MAX as u64 });
        }
        let (from, to) = (source.join(&below), aside.path().join(&below));
        let bits = fs::metadata(&from).map_err(ArtifactError::io(&from))?.permissions().mode();
        fs::create_dir(&to).map_err(ArtifactError::io(&to))?;
        folders.push((to, bits & 0o777));
        for entry in fs::read_dir(&from).map_err(ArtifactError::io(&from))? {
            let entry = entry.map_err(ArtifactError::io(&from))?;
            entries += 1;
            if entries > ENTRIES_MAX {
                let what = format!("the number of files in `{}`", source.display());
                return Err(ArtifactError::Limit { what, limit: ENTRIES_MAX });
            }
            let (path, below) = (entry.path(), below.join(entry.file_name()));
            let metadata = entry.metadata().map_err(ArtifactError::io(&path))?;
            if metadata.is_dir() && !is_withheld(&path, &metadata) {
                waiting.push((below, depth + 1));
            } else if let Some(why) = take(&path, &below, &aside.path().join(&below), &metadata)? {
                left_out.add(&below, why);
            }
        }
    }
    // Last, or a folder that cannot be written could not be filled.
    for (folder, bits) in folders.iter().rev() {
        fs::set_permissions(folder, Permissions::from_mode(*bits)).map_err(ArtifactError::io(folder))?;
    }
    if let Some(mode) = mode {
        archive::apply_mode(aside.path(), mode)?;
    }
    aside.put(dest)?;
    Ok(left_out)
}

/// Copies what is no folder; answers why it cannot.
fn take(
    path: &Path,
    below: &Path,
    to: &Path,
    metadata: &fs::Metadata,
) -> Result<Option<&'static str>, ArtifactError> {
    if is_withheld(path, metadata) {
        return Ok(Some("it may not be read"));
    }
    if let Some(what) = oddity(metadata) {
        return Ok(Some(what));
    }
    if metadata.is_symlink() {
        let target = fs::read_link(path).map_err(ArtifactError::io(path))?;
        if stays_inside(below, &target) {
            std::os::unix::fs::symlink(target, to).map_err(ArtifactError::io(to))?;
            return Ok(None);
        }
        match fs::metadata(path) {
            Ok(target) if target.is_file() => {}
            Ok(target) if target.is_dir() => return Ok(Some("a link to a folder elsewhere")),
            Ok(_) => return Ok(Some("a link to something that is no file")),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Ok(Some("a link to what may not be read"));
            }
            Err(_) => return Ok(Some("a link to nothing that a step can see")),
        }
    }
    fs::copy(path, to).map_err(ArtifactError::io(path))?;
    Ok(None)
}

/// Whether the target of a link never leaves the folder that the link lies in at `below`.
fn stays_inside(below: &Path, target: &Path) -> bool {
    let mut depth = below.components().count() - 1;
    for part in target.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}
