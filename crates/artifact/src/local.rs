//! The local store: objects as files below one folder, each there whole or not at all.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::archive::{self, Archive, Mode};
use crate::driver::Driver;
use crate::error::ArtifactError;
use crate::key::{INCOMING, Key};
use crate::left_out::{LeftOut, oddity};
use crate::limits::{DEPTH_MAX, ENTRIES_MAX};
use crate::place::{self, Aside, SYNCED_ONE_BY_ONE_MAX, is_withheld};

/// How often a folder is made again that another process tidied away at the same moment.
const TRIES: usize = 10;

/// A folder that keeps objects. Any number of processes may use it at once; the last writer of a key wins
/// (PA-212).
///
/// Unlike in an object store, no object can have a key that is also the beginning of others (`a` beside `a/b`).
#[derive(Debug, Clone)]
pub struct LocalStore {
    root: PathBuf,
}

/// An object that is being written. It is not there until [`Incoming::commit`]; dropped before, it never was.
pub struct Incoming {
    store: LocalStore,
    key: Key,
    aside: Aside,
    file: File,
}

/// What was stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Saved {
    /// Its size.
    pub bytes: u64,
    /// What could not be.
    pub left_out: LeftOut,
}

/// Objects that become visible together, once all their bytes are on the disk.
struct Batch<'a> {
    store: &'a LocalStore,
    one_by_one: bool,
    bytes: u64,
    /// Only the names are kept: there may be more files than one process may have open.
    written: Vec<(Key, Aside)>,
}

impl LocalStore {
    /// The store in this folder, which is created when the first object is.
    pub fn new(root: impl Into<PathBuf>) -> LocalStore {
        LocalStore { root: root.into() }
    }

    /// The file of an object, whether or not it is there.
    pub fn path(&self, key: &Key) -> PathBuf {
        self.root.join(key.as_str())
    }

    /// Begins to write an object.
    pub fn create(&self, key: &Key) -> Result<Incoming, ArtifactError> {
        let aside = self.aside(key)?;
        let file = File::create_new(aside.path()).map_err(ArtifactError::io(aside.path()))?;
        Ok(Incoming { store: self.clone(), key: key.clone(), aside, file })
    }

    /// Takes a file over as an object, or a folder as one object a file, by moving where that is possible; returns their
    /// size. Links, which a step could have put there, are nothing.
    pub fn adopt(&self, source: &Path, key: &Key) -> Result<u64, ArtifactError> {
        let mut files = Vec::new();
        let mut left = vec![(source.to_owned(), key.clone())];
        while let Some((path, key)) = left.pop() {
            let kind = fs::symlink_metadata(&path).map_err(ArtifactError::io(&path))?;
            if kind.is_file() {
                files.push((path, key));
            } else if kind.is_dir() {
                for entry in fs::read_dir(&path).map_err(ArtifactError::io(&path))? {
                    let entry = entry.map_err(ArtifactError::io(&path))?;
                    left.push((entry.path(), key.join(&entry.file_name().to_string_lossy())?));
                }
            }
        }
        let mut batch = Batch::of(self, files.len());
        for (path, key) in files {
            batch.add(self.take(&path, &key)?)?;
        }
        batch.commit()
    }

    /// Takes a file over as the bytes of an object.
    fn take(&self, file: &Path, key: &Key) -> Result<Incoming, ArtifactError> {
        let aside = self.aside(key)?;
        match fs::rename(file, aside.path()) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::CrossesDevices => {
                fs::copy(file, aside.path()).map_err(ArtifactError::io(file))?;
                fs::remove_file(file).map_err(ArtifactError::io(file))?;
            }
            Err(error) => return Err(ArtifactError::io(file)(error)),
        }
        let file = File::open(aside.path()).map_err(ArtifactError::io(aside.path()))?;
        Ok(Incoming { store: self.clone(), key: key.clone(), aside, file })
    }

    /// Stores a file or a folder, packed. A folder that is not packed becomes one object a file (PA-224).
    pub fn save_packed(&self, source: &Path, archive: &Archive, key: &Key) -> Result<Saved, ArtifactError> {
        let is_folder = fs::metadata(source).map_err(ArtifactError::io(source))?.is_dir();
        if is_folder && *archive == Archive::None {
            return self.save_folder(source, key);
        }
        let mut incoming = self.create(key)?;
        let left_out = archive::pack(source, archive, &mut incoming)?;
        Ok(Saved { bytes: incoming.commit()?, left_out })
    }

    /// Loads an object, unpacked as [`archive::unpack`] says; a prefix of objects becomes a folder of them.
    pub fn load_packed(
        &self,
        key: &Key,
        dest: &Path,
        archive: Option<Archive>,
        mode: Option<Mode>,
    ) -> Result<(), ArtifactError> {
        match self.object(key)? {
            Object::File(mut file) => archive::unpack(&mut file, dest, archive, mode),
            Object::Prefix => {
                self.load(key, dest)?;
                mode.map_or(Ok(()), |mode| archive::apply_mode(dest, mode))
            }
        }
    }

    /// Removes what writers that died left behind: objects not finished and not touched for this long.
    pub fn sweep(&self, untouched: Duration) {
        let Ok(entries) = fs::read_dir(self.root.join(INCOMING)) else { return };
        for entry in entries.flatten() {
            let touched = entry.metadata().and_then(|metadata| metadata.modified());
            let age = touched.ok().and_then(|touched| SystemTime::now().duration_since(touched).ok());
            if age.is_some_and(|age| age >= untouched) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Opens the file of an object.
    pub fn open_file(&self, key: &Key) -> Result<File, ArtifactError> {
        match self.object(key)? {
            Object::File(file) => Ok(file),
            Object::Prefix => Err(ArtifactError::NotFound(format!("{key} (it is a folder of objects)"))),
        }
    }

    fn object(&self, key: &Key) -> Result<Object, ArtifactError> {
        let path = self.path(key);
        let missing = || ArtifactError::NotFound(key.to_string());
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Err(missing());
            }
            Err(error) => return Err(ArtifactError::io(&path)(error)),
        };
        if metadata.is_file() {
            Ok(Object::File(File::open(&path).map_err(ArtifactError::io(&path))?))
        } else if metadata.is_dir() && !self.list(key)?.is_empty() {
            Ok(Object::Prefix)
        } else {
            Err(missing())
        }
    }

    /// Gives an object that is whole its name; returns the folders whose lists of names changed.
    fn put(&self, key: &Key, aside: &Aside) -> Result<BTreeSet<PathBuf>, ArtifactError> {
        let path = self.path(key);
        let folder = path.parent().unwrap_or(&self.root).to_owned();
        let mut tried = 0;
        loop {
            tried += 1;
            let fresh = match make_folders(&folder) {
                Ok(fresh) => fresh,
                // A deleter may take an empty folder away between two steps of ours.
                Err(error) if error.kind() == ErrorKind::NotFound && tried < TRIES => continue,
                Err(error) => return Err(in_the_way(key, &folder, error)),
            };
            match fs::rename(aside.path(), &path) {
                Ok(()) => {
                    let above = fresh.iter().filter_map(|folder| folder.parent()).map(Path::to_owned);
                    return Ok(above.chain([folder]).collect());
                }
                Err(error) if error.kind() == ErrorKind::NotFound && tried < TRIES => {}
                // Perhaps an empty folder that a crash left behind; one with objects in it stays.
                Err(error) if error.kind() == ErrorKind::IsADirectory && fs::remove_dir(&path).is_ok() => {}
                Err(error) => return Err(in_the_way(key, &path, error)),
            }
        }
    }

    fn aside(&self, key: &Key) -> Result<Aside, ArtifactError> {
        let folder = self.root.join(INCOMING);
        fs::create_dir_all(&folder).map_err(ArtifactError::io(&folder))?;
        Ok(Aside::within(&folder, OsStr::new(key.name())))
    }

    fn save_folder(&self, source: &Path, key: &Key) -> Result<Saved, ArtifactError> {
        let (files, left_out) = files_below(source)?;
        let mut batch = Batch::of(self, files.len());
        for (below, path) in files {
            let mut incoming = self.create(&key.join(&below)?)?;
            let mut file = File::open(&path).map_err(ArtifactError::io(&path))?;
            io::copy(&mut file, &mut incoming.file).map_err(ArtifactError::io(&path))?;
            batch.add(incoming)?;
        }
        let bytes = batch.commit()?;
        Ok(Saved { bytes, left_out })
    }
}

impl Batch<'_> {
    fn of(store: &LocalStore, objects: usize) -> Batch<'_> {
        let one_by_one = objects <= SYNCED_ONE_BY_ONE_MAX;
        Batch { store, one_by_one, bytes: 0, written: Vec::with_capacity(objects) }
    }

    /// Adds an object that has all its bytes.
    fn add(&mut self, incoming: Incoming) -> Result<(), ArtifactError> {
        if self.one_by_one {
            incoming.sync()?;
        }
        self.bytes += incoming.size()?;
        self.written.push((incoming.key, incoming.aside));
        Ok(())
    }

    /// Makes the objects appear, on the disk and for everyone; returns their size.
    fn commit(self) -> Result<u64, ArtifactError> {
        if !self.one_by_one {
            place::sync_file_system(&self.store.root.join(INCOMING))?;
        }
        let mut folders = BTreeSet::new();
        for (key, aside) in &self.written {
            folders.append(&mut self.store.put(key, aside)?);
        }
        place::sync_folders(&folders)?;
        Ok(self.bytes)
    }
}

enum Object {
    File(File),
    Prefix,
}

impl Driver for LocalStore {
    fn load(&self, key: &Key, dest: &Path) -> Result<(), ArtifactError> {
        let aside = Aside::of(dest)?;
        match self.object(key)? {
            Object::File(mut file) => {
                let mut copy = File::create_new(aside.path()).map_err(ArtifactError::io(aside.path()))?;
                io::copy(&mut file, &mut copy).map_err(ArtifactError::io(aside.path()))?;
            }
            Object::Prefix => {
                for (found, _) in self.list(key)? {
                    let below = found.as_str()[key.as_str().len()..].trim_start_matches('/');
                    let path = aside.path().join(below);
                    let folder = path.parent().unwrap_or(aside.path());
                    fs::create_dir_all(folder).map_err(ArtifactError::io(folder))?;
                    let copied = File::open(self.path(&found))
                        .and_then(|mut from| io::copy(&mut from, &mut File::create_new(&path)?));
                    copied.map_err(ArtifactError::io(&path))?;
                }
            }
        }
        aside.put(dest)
    }

    fn save(&self, source: &Path, key: &Key) -> Result<(), ArtifactError> {
        self.save_packed(source, &Archive::None, key).map(|_| ())
    }

    fn open(&self, key: &Key) -> Result<Box<dyn Read + Send>, ArtifactError> {
        Ok(Box::new(self.open_file(key)?))
    }

    fn list(&self, key: &Key) -> Result<Vec<(Key, u64)>, ArtifactError> {
        let path = self.path(key);
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_file() => return Ok(vec![(key.clone(), metadata.len())]),
            Ok(metadata) if metadata.is_dir() => {}
            _ => return Ok(Vec::new()),
        }
        let mut found = Vec::new();
        for (below, path) in files_below(&path)?.0 {
            let size = fs::metadata(&path).map_or(0, |metadata| metadata.len());
            found.push((key.join(&below)?, size));
        }
        found.sort();
        Ok(found)
    }

    fn delete(&self, key: &Key) -> Result<(), ArtifactError> {
        let path = self.path(key);
        let removed = match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(&path),
            Ok(_) => fs::remove_file(&path),
            Err(error) => Err(error),
        };
        match removed {
            Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Err(ArtifactError::io(&path)(error));
            }
            _ => {}
        }
        // Folders are not objects: one that nothing lies in any more goes too.
        for folder in path.ancestors().skip(1).take_while(|folder| *folder != self.root) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn exists(&self, key: &Key) -> Result<bool, ArtifactError> {
        match self.object(key) {
            Ok(_) => Ok(true),
            Err(ArtifactError::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Incoming {
    /// Makes the object appear, on the disk and for everyone; returns its size.
    pub fn commit(self) -> Result<u64, ArtifactError> {
        self.sync()?;
        let size = self.size()?;
        let Incoming { store, key, aside, .. } = self;
        store.put(&key, &aside)?.iter().try_for_each(|folder| place::sync_folder(folder))?;
        Ok(size)
    }

    /// Waits until what was written is on the disk.
    fn sync(&self) -> Result<(), ArtifactError> {
        self.file.sync_all().map_err(ArtifactError::io(self.aside.path()))
    }

    fn size(&self) -> Result<u64, ArtifactError> {
        Ok(self.file.metadata().map_err(ArtifactError::io(self.aside.path()))?.len())
    }
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Makes a folder and those above it; answers which were not there.
fn make_folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let missing: Vec<_> =
        folder.ancestors().take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
    fs::create_dir_all(folder)?;
    Ok(missing)
}

/// Says that another object has a key that this one would need as a folder, or the other way round.
fn in_the_way(key: &Key, path: &Path, error: io::Error) -> ArtifactError {
    match error.kind() {
        ErrorKind::NotADirectory | ErrorKind::IsADirectory | ErrorKind::AlreadyExists => ArtifactError::Key {
            key: key.to_string(),
            reason: "another object's key is the beginning of it, or begins with it".into(),
        },
        _ => ArtifactError::io(path)(error),
    }
}

/// Every file below a folder: its path from the folder, with slashes, and where it is.
///
/// A link to a file counts as the file; links to folders, pipes, sockets and devices are left out, and told.
fn files_below(folder: &Path) -> Result<(Vec<(String, PathBuf)>, LeftOut), ArtifactError> {
    let mut found = Vec::new();
    let mut left_out = LeftOut::default();
    let mut waiting = vec![(String::new(), folder.to_owned(), 0)];
    while let Some((below, path, depth)) = waiting.pop() {
        if depth > DEPTH_MAX {
            let what = format!("the depth of folders in `{}`", folder.display());
            return Err(ArtifactError::Limit { what, limit: DEPTH_MAX as u64 });
        }
        for entry in fs::read_dir(&path).map_err(ArtifactError::io(&path))? {
            let entry = entry.map_err(ArtifactError::io(&path))?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                let reason = "a key can only hold names in UTF-8, an archive can hold any".into();
                return Err(ArtifactError::Key { key: name.to_string_lossy().into_owned(), reason });
            };
            let below = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
            let metadata = entry.metadata().map_err(ArtifactError::io(&path))?;
            let kind = metadata.file_type();
            if is_withheld(&entry.path(), &metadata) {
                continue;
            }
            if kind.is_dir() {
                waiting.push((below, entry.path(), depth + 1));
            } else if kind.is_file() || (kind.is_symlink() && entry.path().is_file()) {
                found.push((below, entry.path()));
            } else {
                let of_link = if entry.path().is_dir() { "a link to a folder" } else { "a link to nothing" };
                left_out.add(&entry.path(), oddity(&metadata).unwrap_or(of_link));
            }
            if found.len() as u64 > ENTRIES_MAX {
                let what = format!("the number of files in `{}`", folder.display());
                return Err(ArtifactError::Limit { what, limit: ENTRIES_MAX });
            }
        }
    }
    found.sort();
    Ok((found, left_out))
}
