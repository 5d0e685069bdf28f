//! Which files this process has open with SQLite.
//!
//! SQLite's locks belong to the process, and the kernel takes all of them away as soon as the process closes any
//! descriptor of the file, even one that only read its header. The next program to open and close the database, a
//! shell or a backup, then takes itself for the last one and deletes the log under everybody who still writes to it.
//! So nobody looks at a file by itself while a connection of this process has it open.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::error::StoreError;

/// How many stores of this process have which file open.
static OPEN: Mutex<BTreeMap<PathBuf, usize>> = Mutex::new(BTreeMap::new());

/// One store that has a file open.
pub(super) struct Held(PathBuf);

impl Held {
    /// Looks at the file, unless another store of this process has it open and did so before.
    pub(super) fn of(path: &Path, look: fn(&Path) -> Result<(), StoreError>) -> Result<Held, StoreError> {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if !open.contains_key(path) {
            look(path)?;
        }
        *open.entry(path.to_owned()).or_default() += 1;
        Ok(Held(path.to_owned()))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stores) = open.get_mut(&self.0) {
            *stores -= 1;
            if *stores == 0 {
                open.remove(&self.0);
            }
        }
    }
}
