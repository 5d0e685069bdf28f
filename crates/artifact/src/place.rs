//! Putting files in their place: made aside, moved whole, so that nobody sees half of one.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use crate::error::ArtifactError;

static ASIDES: AtomicU64 = AtomicU64::new(0);

/// A path of our own beside `dest`; whatever is there is removed when this is dropped.
pub(crate) struct Aside {
    path: PathBuf,
}

impl Aside {
    /// Chooses a path in the folder of `dest`, which is created if need be.
    pub(crate) fn of(dest: &Path) -> Result<Aside, ArtifactError> {
        let folder = dest.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(ArtifactError::io(folder))?;
        Ok(Aside::within(folder, dest.file_name().unwrap_or(OsStr::new("root"))))
    }

    /// Chooses a path in `folder`, with a name that tells what it is for.
    pub(crate) fn within(folder: &Path, name: &OsStr) -> Aside {
        let mut own = OsString::from(beginning(name));
        // Two steps may be process 2, each in a namespace of its own; the time tells them apart.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_nanos());
        let number = ASIDES.fetch_add(1, Ordering::Relaxed);
        own.push(format!("{}-{number}-{now:x}", std::process::id()));
        Aside { path: folder.join(own) }
    }

    /// Moves `from`, which is on the same disk, to a path of our own beside `dest`.
    pub(crate) fn moved(from: &Path, dest: &Path) -> Result<Aside, ArtifactError> {
        let aside = Aside::of(dest)?;
        fs::rename(from, &aside.path).map_err(ArtifactError::io(from))?;
        Ok(aside)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Moves what was made to `dest`.
    ///
    /// A folder is joined with a folder that is there already, which may be a volume; a file takes the place of
    /// a file.
    pub(crate) fn put(self, dest: &Path) -> Result<(), ArtifactError> {
        put(&self.path, dest)
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let is_folder = fs::symlink_metadata(&self.path).is_ok_and(|metadata| metadata.is_dir());
        let _ = if is_folder { fs::remove_dir_all(&self.path) } else { fs::remove_file(&self.path) };
    }
}

/// How the names begin that are chosen for what is made beside a file with this name.
fn beginning(name: &OsStr) -> String {
    // The name of a file has a limit; the part that makes it ours must fit.
    format!(".{}.", name.to_string_lossy().chars().take(50).collect::<String>())
}

/// Removes what another process, which was killed, had begun to make for `dest`.
pub fn sweep_aside(dest: &Path, process: u32) {
    let begins = format!("{}{process}-", beginning(dest.file_name().unwrap_or(OsStr::new("root"))));
    let Some(Ok(entries)) = dest.parent().map(fs::read_dir) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(&begins)) {
        drop(Aside { path: entry.path() });
    }
}

/// Moves `from` to `dest`, as [`Aside::put`] says.
pub(crate) fn put(from: &Path, dest: &Path) -> Result<(), ArtifactError> {
    let metadata = fs::symlink_metadata(from).map_err(ArtifactError::io(from))?;
    let there = fs::metadata(dest).ok();
    if metadata.is_dir() && there.as_ref().is_some_and(fs::Metadata::is_dir) {
        for entry in fs::read_dir(from).map_err(ArtifactError::io(from))? {
            let entry = entry.map_err(ArtifactError::io(from))?;
            put(&entry.path(), &dest.join(entry.file_name()))?;
        }
        return fs::remove_dir(from).map_err(ArtifactError::io(from));
    }
    if metadata.is_dir() && there.is_some() {
        fs::remove_file(dest).map_err(ArtifactError::io(dest))?;
    }
    match fs::rename(from, dest) {
        Ok(()) => Ok(()),
        // Another file system, or a file that is a mount of its own.
        Err(error) if matches!(error.kind(), ErrorKind::CrossesDevices | ErrorKind::ResourceBusy) => {
            copy(from, dest, &metadata)
        }
        Err(error) => Err(ArtifactError::io(dest)(error)),
    }
}

fn copy(from: &Path, dest: &Path, metadata: &fs::Metadata) -> Result<(), ArtifactError> {
    if metadata.is_symlink() {
        let target = fs::read_link(from).map_err(ArtifactError::io(from))?;
        let _ = fs::remove_file(dest);
        std::os::unix::fs::symlink(target, dest).map_err(ArtifactError::io(dest))
    } else if metadata.is_dir() {
        fs::create_dir(dest).map_err(ArtifactError::io(dest))?;
        put(from, dest)?;
        fs::set_permissions(dest, metadata.permissions()).map_err(ArtifactError::io(dest))
    } else {
        fs::copy(from, dest).map(|_| ()).map_err(ArtifactError::io(dest))
    }
}

/// The owner that files seem to have whose owner does not exist in a namespace.
const NOBODY: u32 = 65_534;

/// Whether the machine keeps an entry from the step: it is nobody's here, and may not be read.
///
/// A sandboxed step sees the machine's files, but not those that only their owner may read. They were never the
/// step's, so a folder that it gives out is whole without them.
pub(crate) fn is_withheld(path: &Path, metadata: &fs::Metadata) -> bool {
    let denied = |error: &std::io::Error| error.kind() == ErrorKind::PermissionDenied;
    match metadata.uid() {
        NOBODY if metadata.is_dir() => fs::read_dir(path).is_err_and(|error| denied(&error)),
        NOBODY if metadata.is_file() => File::open(path).is_err_and(|error| denied(&error)),
        _ => false,
    }
}

/// Waits until a folder's list of names is on the disk.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), ArtifactError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(ArtifactError::io(folder))
}

/// Most files or folders that are each waited for until they are on the disk; for more of them it is quicker to wait
/// once, for everything that is on its way to it.
pub(crate) const SYNCED_ONE_BY_ONE_MAX: usize = 8;

/// Waits until everything that was written to the file system of a folder is on the disk.
pub fn sync_file_system(folder: &Path) -> Result<(), ArtifactError> {
    let opened = File::open(folder).map_err(ArtifactError::io(folder))?;
    rustix::fs::syncfs(opened).map_err(|error| ArtifactError::io(folder)(error.into()))
}

/// Waits until the lists of names of folders of one file system are on the disk.
pub(crate) fn sync_folders(folders: &BTreeSet<PathBuf>) -> Result<(), ArtifactError> {
    match folders.first() {
        Some(first) if folders.len() > SYNCED_ONE_BY_ONE_MAX => sync_file_system(first),
        _ => folders.iter().try_for_each(|folder| sync_folder(folder)),
    }
}
