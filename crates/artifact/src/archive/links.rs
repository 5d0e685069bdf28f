//! Links of an unpacked tree: none may lead out of it, whoever follows them later.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::error::ArtifactError;

/// Most links that a path is followed through, as in the kernel, which refuses to go on.
const HOPS_MAX: usize = 40;

/// Refuses links that lead out of `top`, a folder of the tree at `root`, which will be all that is left of it.
///
/// Only when all is unpacked: where a link leads depends on the links and folders that come after it.
pub(super) fn stay_inside(root: &Path, top: &Path, links: &[PathBuf]) -> Result<(), ArtifactError> {
    for name in links {
        // One that a later entry has replaced is none any more.
        if let Ok(target) = fs::read_link(root.join(name))
            && !stays_inside(root, top, name.parent().unwrap_or(Path::new("")), &target)
        {
            return Err(ArtifactError::Escapes {
                entry: name.display().to_string(),
                how: "leads out of the archive",
            });
        }
    }
    Ok(())
}

/// Follows `target` from the folder `from`, through other links of the tree.
fn stays_inside(root: &Path, top: &Path, from: &Path, target: &Path) -> bool {
    let mut at = from.to_owned();
    let mut left = backwards(target);
    let mut hops = 0;
    while let Some(part) = left.pop() {
        if !at.starts_with(top) || (part == ".." && at == top) {
            return false;
        }
        if part == ".." {
            at.pop();
            continue;
        }
        at.push(part);
        if let Ok(next) = fs::read_link(root.join(&at)) {
            hops += 1;
            if hops > HOPS_MAX {
                return true;
            }
            at.pop();
            left.append(&mut backwards(&next));
        }
    }
    at.starts_with(top)
}

/// The parts of a path, the first one last.
fn backwards(path: &Path) -> Vec<OsString> {
    let parts = path.components().filter(|part| !matches!(part, Component::CurDir));
    parts.rev().map(|part| part.as_os_str().to_owned()).collect()
}
