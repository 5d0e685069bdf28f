//! What every place that keeps artifacts can do, and the simplest of them.

use std::io::{Cursor, Read};
use std::path::Path;

use crate::error::ArtifactError;
use crate::key::Key;
use crate::place::Aside;

/// A place that keeps objects. Archiving is not its business: it keeps files, and folders as one object a file.
pub trait Driver {
    /// Writes the object to `dest`; a key that is a prefix of objects becomes a folder of them (PA-163).
    fn load(&self, key: &Key, dest: &Path) -> Result<(), ArtifactError>;

    /// Stores a file, or every file of a folder below the key. An empty folder stores nothing (PA-163).
    fn save(&self, source: &Path, key: &Key) -> Result<(), ArtifactError>;

    /// Reads the object as a stream.
    fn open(&self, key: &Key) -> Result<Box<dyn Read + Send>, ArtifactError>;

    /// The objects under the key and its own, with their sizes, ordered by key; none if there is nothing.
    fn list(&self, key: &Key) -> Result<Vec<(Key, u64)>, ArtifactError>;

    /// Removes the object and everything under its key; nothing to remove is not an error.
    fn delete(&self, key: &Key) -> Result<(), ArtifactError>;

    /// Whether there is an object, or a prefix of objects.
    fn exists(&self, key: &Key) -> Result<bool, ArtifactError>;
}

/// An artifact whose content stands in the manifest. It has no key; what is given is ignored.
#[derive(Debug, Clone)]
pub struct Raw {
    /// The content.
    pub data: String,
}

impl Driver for Raw {
    fn load(&self, _: &Key, dest: &Path) -> Result<(), ArtifactError> {
        let aside = Aside::of(dest)?;
        std::fs::write(aside.path(), &self.data).map_err(ArtifactError::io(dest))?;
        aside.put(dest)
    }

    fn save(&self, _: &Path, _: &Key) -> Result<(), ArtifactError> {
        Err(ArtifactError::Unsupported("Raw output artifacts unsupported".into()))
    }

    fn open(&self, _: &Key) -> Result<Box<dyn Read + Send>, ArtifactError> {
        Ok(Box::new(Cursor::new(self.data.clone().into_bytes())))
    }

    fn list(&self, _: &Key) -> Result<Vec<(Key, u64)>, ArtifactError> {
        Err(ArtifactError::Unsupported("list not supported for raw artifacts".into()))
    }

    fn delete(&self, _: &Key) -> Result<(), ArtifactError> {
        Err(ArtifactError::Unsupported("delete not supported for this artifact storage (raw)".into()))
    }

    fn exists(&self, _: &Key) -> Result<bool, ArtifactError> {
        Ok(true)
    }
}
