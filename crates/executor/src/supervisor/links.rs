//! What is written down of the links and artifacts that steps without a sandbox have on the machine, so that whoever
//! cleans up finds them.
//!
//! A record is a folder with links in it, made before the link that it tells of, or after the artifact. The file system keeps the order of what
//! is made, so it is there after a power cut, too, without waiting for the disk.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::SCRATCH;
use crate::hull::Made;

/// Name of the folder of records, in the scratch folder.
const FOLDER: &str = "links";

/// Names in a record: the path; what it leads to, or what tells it from others; the highest folder that was made for it.
const AT: &str = "at";
const TO: &str = "to";
const IS: &str = "is";
const TOP: &str = "top";

/// The record of one link.
pub(crate) struct Record {
    folder: PathBuf,
}

impl Record {
    /// Writes down what is about to be made. The number is nobody else's.
    pub(crate) fn write(folder: &Path, number: u32, made: &Made, target: &Path) -> io::Result<Record> {
        let folder = folder.join(SCRATCH).join(FOLDER).join(number.to_string());
        fs::create_dir_all(&folder)?;
        let record = Record { folder };
        // The path comes last: a record without one tells of nothing.
        for (name, value) in [(TO, target), (TOP, &made.top), (AT, &made.path)] {
            symlink(value, record.folder.join(name))?;
        }
        Ok(record)
    }

    /// To be called when what it tells of is gone.
    pub(crate) fn remove(&self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Removes everything that a supervisor of this folder has left. For when all its processes are gone.
pub(crate) fn remove_listed(folder: &Path) {
    let Ok(records) = fs::read_dir(folder.join(SCRATCH).join(FOLDER)) else { return };
    records.flatten().for_each(|record| remove_recorded(&record.path()));
}

/// Writes down an artifact that was laid out for the step with this scratch folder.
pub(crate) fn note_input(scratch: &Path, index: usize, made: &Made) {
    let (Some(folder), Some(identity)) = (of_input(scratch, index), identity(&made.path)) else { return };
    // A machine that cannot keep this has the step run all the same: it removes what it made itself.
    let _ = fs::create_dir_all(&folder).and_then(|()| {
        [(IS, Path::new(&identity)), (TOP, &made.top), (AT, &made.path)]
            .into_iter()
            .try_for_each(|(name, value)| symlink(value, folder.join(name)))
    });
}

/// To be called when so many artifacts of the step with this scratch folder are gone.
pub(crate) fn forget_inputs(scratch: &Path, count: usize) {
    for folder in (0..count).filter_map(|index| of_input(scratch, index)) {
        let _ = fs::remove_dir_all(folder);
    }
}

/// Removes what a step that was killed has left of its artifacts.
pub(crate) fn remove_inputs(scratch: &Path, count: usize) {
    // The last first: it may lie in a folder that was made for another.
    for folder in
        (0..count).rev().filter_map(|index| of_input(scratch, index)).filter(|folder| folder.exists())
    {
        remove_recorded(&folder);
        let _ = fs::remove_dir_all(folder);
    }
}

/// The record of an artifact: no number, so that it is nobody else's.
fn of_input(scratch: &Path, index: usize) -> Option<PathBuf> {
    let (place, name) = (scratch.parent()?, scratch.file_name()?.to_str()?);
    Some(place.join(FOLDER).join(format!("{name}-{index}")))
}

/// Removes what a record tells of, if it is still that: what leads elsewhere now, or is another file, is somebody else's.
fn remove_recorded(record: &Path) {
    let told = |name| fs::read_link(record.join(name));
    let (Ok(path), Ok(top)) = (told(AT), told(TOP)) else { return };
    let is_ours = match told(TO) {
        Ok(target) => fs::read_link(&path).is_ok_and(|found| found == target),
        Err(_) => identity(&path).is_some_and(|found| told(IS).is_ok_and(|known| known == Path::new(&found))),
    };
    if is_ours {
        Made { path, top }.remove();
    }
}

/// What tells a file from one that takes its place later; none if there is none, or if it cannot be told.
fn identity(path: &Path) -> Option<String> {
    let found = fs::symlink_metadata(path).ok()?;
    let born = found.created().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{}:{}:{}", found.dev(), found.ino(), born.as_nanos()))
}
