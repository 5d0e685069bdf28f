//! Files that are there whole or not at all, also after the power went.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Writes a file in place of one before, readable by its user only. When this returns it is on the disk under its name;
/// whatever happens before that, the file before is there as it was.
///
/// For one writer at a time: what is being written lies beside the file, with `.new` after its name.
pub fn durable_write(path: &Path, body: &[u8]) -> io::Result<()> {
    let new = aside(path, body)?;
    fs::rename(&new, path)?;
    sync_folder_of(path)
}

/// As [`durable_write`] for a file that must not be there yet: refused with [`ErrorKind::AlreadyExists`] if it is.
pub fn durable_create(path: &Path, body: &[u8]) -> io::Result<()> {
    let new = aside(path, body)?;
    let named = fs::hard_link(&new, path);
    fs::remove_file(&new)?;
    named?;
    sync_folder_of(path)
}

/// Waits until the names in a folder are on the disk.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    sync_folder(folder.unwrap_or(Path::new(".")))
}

/// The body on the disk, beside the file.
fn aside(path: &Path, body: &[u8]) -> io::Result<PathBuf> {
    let mut new = OsString::from(path);
    new.push(".new");
    let new = PathBuf::from(new);
    match fs::remove_file(&new) {
        // One that a crash left behind.
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    file.write_all(body)?;
    file.sync_all()?;
    Ok(new)
}
