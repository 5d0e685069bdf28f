//! What is written down of the links that show volumes without a sandbox, so that whoever cleans up finds them.
//!
//! A record is a folder with links in it, made before the link that it tells of. The file system keeps the order of what
//! is made, so it is there after a power cut, too, without waiting for the disk.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::SCRATCH;
use crate::hull::Made;

/// Name of the folder of records, in the scratch folder.
const FOLDER: &str = "links";

/// Names in a record: the path of the link, what it leads to, and the highest folder that was made for it.
const AT: &str = "at";
const TO: &str = "to";
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

/// Removes every link that a supervisor of this folder has left. For when all its processes are gone.
pub(crate) fn remove_listed(folder: &Path) {
    let Ok(records) = fs::read_dir(folder.join(SCRATCH).join(FOLDER)) else { return };
    for record in records.flatten().map(|record| record.path()) {
        let told = |name| fs::read_link(record.join(name));
        let (Ok(path), Ok(target), Ok(top)) = (told(AT), told(TO), told(TOP)) else { continue };
        // What leads elsewhere now is somebody else's.
        if fs::read_link(&path).is_ok_and(|found| found == target) {
            Made { path, top }.remove();
        }
    }
}
