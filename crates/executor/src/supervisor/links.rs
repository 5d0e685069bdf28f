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

use super::{SCRATCH, scratch};
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
    /// Writes down what is about to be made. `number` is that of the record before, and becomes its own.
    pub(crate) fn write(folder: &Path, number: &mut u32, made: &Made, target: &Path) -> io::Result<Record> {
        let record = Record { folder: scratch::make_next(&folder.join(SCRATCH).join(FOLDER), number)? };
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
    // One by one: of a tree that holds something that cannot be removed, not all the rest goes.
    for record in records.flatten().map(|record| record.path()) {
        if remove_recorded(&record) {
            let _ = fs::remove_dir_all(record);
        }
    }
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
/// Whether nothing of ours is left there.
fn remove_recorded(record: &Path) -> bool {
    let told = |name| fs::read_link(record.join(name));
    let (Ok(path), Ok(top)) = (told(AT), told(TOP)) else { return true };
    let is_ours = match told(TO) {
        Ok(target) => fs::read_link(&path).is_ok_and(|found| found == target),
        Err(_) => identity(&path).is_some_and(|found| told(IS).is_ok_and(|known| known == Path::new(&found))),
    };
    if !is_ours {
        return true;
    }
    let made = Made { path, top };
    made.remove();
    fs::symlink_metadata(&made.path).is_err()
}

/// What tells a file from one that takes its place later; none if there is none, or if it cannot be told.
fn identity(path: &Path) -> Option<String> {
    let found = fs::symlink_metadata(path).ok()?;
    let born = found.created().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{}:{}:{}", found.dev(), found.ino(), born.as_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_a_dead_supervisor_are_in_nobodys_way() {
        let folder = std::env::temp_dir().join(format!("tiphys-links-{}", std::process::id()));
        let place = |name: &str| folder.join(name);
        fs::create_dir_all(&folder).unwrap();
        let show = |number: &mut u32, name: &str| {
            let made = Made::before(&place(name)).unwrap();
            let record = Record::write(&folder, number, &made, &folder).unwrap();
            symlink(&folder, place(name)).unwrap();
            record
        };
        let (first, second) = (show(&mut 0, "a"), show(&mut 1, "b"));
        // One shows something else now: it is somebody's own.
        fs::remove_file(place("b")).unwrap();
        symlink("elsewhere", place("b")).unwrap();
        // Another supervisor begins before anything could be tidied.
        let mut number = 0;
        let third = show(&mut number, "c");
        assert_eq!(number, 3);
        assert!([&first, &second, &third].iter().all(|record| record.folder.exists()));
        remove_listed(&folder);
        assert!(![&first, &second, &third].iter().any(|record| record.folder.exists()));
        assert!(!place("a").is_symlink() && place("b").is_symlink() && !place("c").is_symlink());
        fs::remove_dir_all(&folder).unwrap();
    }
}
