//! The outcome log: every ending is written down before anybody is told.
//!
//! One JSON line each. It is read when a supervisor begins where another has died, so that a finished step stays
//! finished. Endings that were forgotten may still be in the file; nobody asks for them.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::contract::{AttemptId, Ended};

/// Name of the file in the supervisor's folder.
pub(crate) const FILE: &str = "outcomes.log";

/// A file that is longer than this is written anew, without the endings that are forgotten.
const COMPACT_ABOVE_BYTES: u64 = 1 << 20;

pub(crate) struct Outcomes {
    path: PathBuf,
    file: File,
    file_bytes: u64,
    /// How long the file may get before it is written anew.
    compact_above: u64,
    unwritten: Vec<u8>,
    known: HashMap<AttemptId, Box<Ended>>,
}

impl Outcomes {
    /// Opens the log of a folder and reads what an earlier supervisor left.
    pub(crate) fn open(folder: &Path) -> io::Result<Outcomes> {
        let path = folder.join(FILE);
        let file = options().open(&path)?;
        let mut known = HashMap::new();
        for line in BufReader::new(File::open(&path)?).split(b'\n') {
            // A line that is cut off was being written when the machine stopped: that ending was never reported.
            if let Ok(ended) = serde_json::from_slice::<Ended>(&line?) {
                known.insert(ended.attempt.clone(), Box::new(ended));
            }
        }
        let file_bytes = file.metadata()?.len();
        let compact_above = COMPACT_ABOVE_BYTES;
        let mut outcomes = Outcomes { path, file, file_bytes, compact_above, unwritten: Vec::new(), known };
        if file_bytes > 0 {
            // Ends a line that was cut off.
            outcomes.unwritten.push(b'\n');
        }
        Ok(outcomes)
    }

    pub(crate) fn record(&mut self, ended: &Ended) {
        serde_json::to_writer(&mut self.unwritten, ended).expect("writes to memory");
        self.unwritten.push(b'\n');
        self.known.insert(ended.attempt.clone(), Box::new(ended.clone()));
    }

    /// Writes what was recorded; whether there was anything.
    ///
    /// On a full disk it is kept for the next time: the steps that run must not pay for it, and an engine that cannot
    /// write either asks again when there is room.
    pub(crate) fn flush(&mut self) -> io::Result<bool> {
        if self.unwritten.is_empty() {
            return Ok(false);
        }
        match self.file.write_all(&self.unwritten) {
            Ok(()) => {
                self.file_bytes += self.unwritten.len() as u64;
                self.unwritten.clear();
                Ok(true)
            }
            Err(error) if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
                // What was written of it is a line that is cut off.
                if self.unwritten.first() != Some(&b'\n') {
                    self.unwritten.insert(0, b'\n');
                }
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) fn get(&self, attempt: &AttemptId) -> Option<&Ended> {
        self.known.get(attempt).map(Box::as_ref)
    }

    pub(crate) fn attempts(&self) -> impl Iterator<Item = &AttemptId> {
        self.known.keys()
    }

    pub(crate) fn forget(&mut self, attempts: &[AttemptId]) {
        for attempt in attempts {
            self.known.remove(attempt);
        }
        if self.file_bytes > self.compact_above {
            // What cannot be written anew now still tells the truth; it is tried when the file is twice as long.
            if self.compact().is_err() {
                self.compact_above = self.file_bytes * 2;
            }
        }
    }

    /// Writes aside what is still known, and puts that in the place of the file.
    fn compact(&mut self) -> io::Result<()> {
        let mut body = Vec::new();
        for ended in self.known.values() {
            serde_json::to_writer(&mut body, ended).expect("writes to memory");
            body.push(b'\n');
        }
        let aside = self.path.with_extension("new");
        let mut file = options().open(&aside)?;
        file.set_len(0)?;
        file.write_all(&body)?;
        file.sync_data()?;
        std::fs::rename(&aside, &self.path)?;
        // The one that was renamed: to open it by its name could fail, and what comes would go to the file that is gone.
        self.file = file;
        self.file_bytes = body.len() as u64;
        self.unwritten.clear();
        self.compact_above = COMPACT_ABOVE_BYTES.max(2 * self.file_bytes);
        if let Some(folder) = self.path.parent() {
            // Or the machine may come back with the old file, which lacks all that is written from now on.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

/// Waits until what was written to the log of a folder is on the disk.
///
/// By its name: a log that was written anew is another file.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder.join(FILE))?.sync_data()
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).append(true).read(true).mode(0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server always knows of some ending that was not forgotten yet: the file must not grow for ever.
    #[test]
    fn a_long_file_is_written_anew_with_what_is_still_known() {
        let folder = std::env::temp_dir().join(format!("tiphys-outcomes-long-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let mut outcomes = Outcomes::open(&folder).unwrap();
        let mut last = None;
        for number in 0..3_000 {
            let attempt = AttemptId(format!("run/{number}.{}", "0".repeat(1_000)));
            let ending: Ended = serde_json::from_value(serde_json::json!({ "attempt": attempt })).unwrap();
            outcomes.record(&ending);
            outcomes.flush().unwrap();
            // One is always known.
            outcomes.forget(last.replace(attempt).as_slice());
        }
        let bytes = std::fs::metadata(folder.join(FILE)).unwrap().len();
        let again = Outcomes::open(&folder).unwrap();
        let is_known = again.get(last.as_ref().unwrap()).is_some();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(bytes < 2 * COMPACT_ABOVE_BYTES, "{bytes}");
        assert!(is_known);
    }

    /// Whoever syncs by the name must meet the file that is written to.
    #[test]
    fn a_log_that_was_written_anew_is_the_one_that_grows() {
        use std::os::unix::fs::MetadataExt;
        let folder = std::env::temp_dir().join(format!("tiphys-outcomes-anew-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        // What is left of an earlier try is no part of it.
        std::fs::write(folder.join("outcomes.new"), "rest\n".repeat(1_000)).unwrap();
        let mut outcomes = Outcomes::open(&folder).unwrap();
        outcomes.record(&ended("run/1.0"));
        outcomes.flush().unwrap();
        outcomes.compact().unwrap();
        outcomes.record(&ended("run/2.0"));
        outcomes.flush().unwrap();
        sync(&folder).unwrap();
        let (named, open) =
            (std::fs::metadata(folder.join(FILE)).unwrap(), outcomes.file.metadata().unwrap());
        let text = std::fs::read_to_string(folder.join(FILE)).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(named.ino(), open.ino());
        assert_eq!(text.lines().count(), 2, "{text}");
    }

    fn ended(name: &str) -> Ended {
        let ended = serde_json::json!({ "attempt": name });
        serde_json::from_value(ended).unwrap()
    }

    #[test]
    fn a_full_disk_keeps_what_is_not_written_for_later() {
        let folder = std::env::temp_dir().join(format!("tiphys-outcomes-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let mut outcomes = Outcomes::open(&folder).unwrap();
        let full = OpenOptions::new().append(true).open("/dev/full").unwrap();
        let file = std::mem::replace(&mut outcomes.file, full);
        outcomes.record(&ended("run/1.0"));
        assert!(!outcomes.flush().unwrap());
        assert!(outcomes.get(&AttemptId("run/1.0".into())).is_some(), "whoever asks is told");
        outcomes.file = file;
        outcomes.record(&ended("run/2.0"));
        assert!(outcomes.flush().unwrap());
        let again = Outcomes::open(&folder).unwrap();
        let found: Vec<_> =
            ["run/1.0", "run/2.0"].map(|name| again.get(&AttemptId(name.into())).is_some()).into();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found, [true, true]);
    }
}
