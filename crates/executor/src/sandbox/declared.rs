//! Paths that a step has said it will write to, where the machine has something already.
//!
//! Below the depth of the skeleton the machine's folders belong to its root. Where a step's inputs, outputs, volumes
//! and working folders are, it gets folders of its own that show what the machine has, and copies of small files.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::template::{Layer, Template};
use super::{Attachment, inside};
use crate::contract::StepRequest;

/// Longest file that is copied for a step, and most bytes of all of them.
const COPIED_BYTES_MAX: u64 = 1 << 20;

/// Most entries of a declared folder that are looked at.
const ENTRIES_MAX: usize = 256;

/// Most links that are followed in one path.
const LINKS_MAX: usize = 16;

/// Makes declared paths the step's, in the upper layers that are not mounted yet.
pub(super) fn make(template: &Template, request: &StepRequest, attachments: &[Attachment]) {
    let outputs = request.outputs.parameters.iter().map(|one| one.path.as_str());
    let outputs = outputs.chain(request.outputs.artifacts.iter().map(|one| one.path.as_str()));
    let inputs = request.inputs.iter().map(|one| one.path.as_str());
    let places = attachments.iter().map(|one| one.target.as_str());
    let folders = request.containers.iter().filter_map(|one| one.working_dir.as_deref());
    let mut copied_bytes = 0;
    for path in outputs.chain(inputs).chain(places).chain(folders) {
        if path.starts_with('/') {
            // What cannot be made stays the machine's, and the step says which write failed.
            let _ = make_one(template, Path::new(path), &mut copied_bytes);
        }
    }
}

/// Walks down a path as the step will see it, as long as the machine has something there.
fn make_one(template: &Template, path: &Path, copied_bytes: &mut u64) -> io::Result<()> {
    let mut rest: Vec<PathBuf> = parts(path);
    let mut at = PathBuf::from("/");
    let mut links_left = LINKS_MAX;
    while let Some(part) = rest.pop() {
        if part == Path::new("..") {
            at.pop();
            continue;
        }
        let next = at.join(&part);
        let Some((layer, number)) = layer_of(template, &next) else { return Ok(()) };
        let below = inside(&next).strip_prefix(&layer.target).unwrap_or(Path::new("")).to_owned();
        let in_skeleton = fs::symlink_metadata(Path::new("skel").join(inside(&next))).ok();
        let machine = layer.machine.as_ref().filter(|_| !is_hidden(&next));
        let in_machine = machine.and_then(|machine| fs::symlink_metadata(machine.join(&below)).ok());
        let source = match (&in_skeleton, machine) {
            (Some(_), _) => Path::new("skel").join(inside(&next)),
            (None, Some(machine)) => machine.join(&below),
            (None, None) => return Ok(()),
        };
        let Some(found) = in_skeleton.or(in_machine) else { return Ok(()) };
        if found.is_symlink() {
            links_left -= 1;
            if links_left == 0 {
                return Ok(());
            }
            let target = fs::read_link(&source)?;
            if target.is_absolute() {
                at = PathBuf::from("/");
            }
            rest.extend(parts(&target));
            continue;
        }
        let upper = Path::new("step").join(format!("upper{number}"));
        if found.is_dir() {
            make_folders(&upper, layer, &below)?;
            if rest.is_empty() {
                copy_files(&source, &upper.join(&below), copied_bytes);
            }
        } else if found.is_file() {
            copy(&source, &upper.join(&below), found.len(), copied_bytes)?;
            return Ok(());
        }
        at = next;
    }
    Ok(())
}

/// Whether the skeleton shows nothing of the machine there: a folder above is opaque.
fn is_hidden(path: &Path) -> bool {
    path.ancestors().skip(1).any(|above| {
        let mut mark = [0; 1];
        rustix::fs::getxattr(Path::new("skel").join(inside(above)), "user.overlay.opaque", &mut mark)
            .is_ok_and(|length| mark[..length] == *b"y")
    })
}

/// The parts of a path, the first one last.
fn parts(path: &Path) -> Vec<PathBuf> {
    let mut parts: Vec<PathBuf> =
        inside(path).components().map(|part| PathBuf::from(part.as_os_str())).collect();
    parts.reverse();
    parts
}

/// The layer that shows a path, and its number.
fn layer_of<'a>(template: &'a Template, path: &Path) -> Option<(&'a Layer, usize)> {
    let layers = template.layers.iter().enumerate().map(|(number, layer)| (layer, number));
    layers
        .filter(|(layer, _)| inside(path).starts_with(&layer.target))
        .max_by_key(|(layer, _)| layer.target.components().count())
}

/// Makes a folder and those above it in an upper layer, with the bits they have below.
fn make_folders(upper: &Path, layer: &Layer, below: &Path) -> io::Result<()> {
    let mut at = PathBuf::new();
    for part in below.components() {
        at.push(part);
        let here = upper.join(&at);
        if here.is_dir() {
            continue;
        }
        let skeleton = Path::new("skel").join(&layer.target).join(&at);
        let below = fs::symlink_metadata(skeleton).ok().or_else(|| {
            layer.machine.as_ref().and_then(|machine| fs::symlink_metadata(machine.join(&at)).ok())
        });
        let mode = below.map_or(0o755, |metadata| metadata.mode() & 0o7777);
        if mode & 0o005 != 0o005 {
            // Not for everybody: so not for the step.
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        DirBuilder::new().mode(mode).create(&here)?;
        fs::set_permissions(&here, fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Copies the small files of a folder, so that they can be written to.
fn copy_files(from: &Path, to: &Path, copied_bytes: &mut u64) {
    let Ok(entries) = fs::read_dir(from) else { return };
    for entry in entries.flatten().take(ENTRIES_MAX) {
        if let Ok(metadata) = entry.metadata()
            && metadata.is_file()
        {
            // One that may not be read may not be written either.
            let _ = copy(&entry.path(), &to.join(entry.file_name()), metadata.len(), copied_bytes);
        }
    }
}

fn copy(from: &Path, to: &Path, bytes: u64, copied_bytes: &mut u64) -> io::Result<()> {
    if *copied_bytes + bytes > COPIED_BYTES_MAX || to.exists() {
        return Ok(());
    }
    *copied_bytes += bytes;
    fs::copy(from, to).map(drop)
}
