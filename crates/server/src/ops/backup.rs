//! A copy of a whole state folder in one file, made while everything goes on, and the way back.
//!
//! The database is copied as it is at one moment; files after it. Whatever the database speaks of at that moment is
//! therefore in the copy, and what came later does no harm.

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, symlink};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;
use tar::{Archive, Builder, EntryType, Header};
use tiphys_artifact::{ArtifactError, sync_file_system};
use tiphys_controller::CLAIMS_GOING;
use tiphys_store::{State, StoreError, sync_folder};

/// The first file of every backup.
const NOTE: &str = "tiphys-backup.json";

/// What lies beside the database and belongs to it. Sockets, locks and supervisors belong to processes.
const BESIDE: [&str; 7] = ["secrets.key", "secrets", "artifacts", "artifacts-of", "claims", "runs", "tls"];

/// The folder below which links are kept: what steps leave in volumes is theirs, links and all.
const VOLUMES: &str = "claims";

/// How deep the volumes lie, with their own folder and that of the namespace. A link higher up is no step's: somebody has
/// moved volumes elsewhere, and what is restored beside them must not share them.
const VOLUME_DEPTH: usize = 3;

/// How long after its last change the copy of a database may still be wanted by who made it.
const COPY_KEPT: Duration = Duration::from_secs(3_600);

/// Why there is no backup, or nothing could be restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The state folder cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// What is to be restored is no backup.
    #[error("this is no backup of tiphys: {0}")]
    Strange(String),
    /// A folder that is in use would be overwritten.
    #[error("{} is not empty: give a new folder with TIPHYS_STATE_DIR, or move this one away", .0.display())]
    Occupied(PathBuf),
}

/// What a backup says of itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Note {
    release: String,
    at: String,
}

/// What was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Files, the database among them.
    pub files: u64,
    /// Their bytes before they were packed.
    pub bytes: u64,
    /// Sockets, devices and links that are no part of a volume, left out.
    pub left_out: u64,
}

/// Removes the copies of the database that backups left which were killed. What is still written to is young.
pub fn sweep(state: &State) {
    for entry in fs::read_dir(state.dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_copy = name.to_str().is_some_and(is_copy);
        let modified = entry.metadata().and_then(|found| found.modified());
        if is_copy && modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > COPY_KEPT)) {
            // Whoever removed it first did the same.
            drop(fs::remove_file(entry.path()));
        }
    }
}

/// Whether a file is the copy of the database that a backup makes, or lies beside it: never what a user called a backup.
fn is_copy(name: &str) -> bool {
    let number = name.strip_prefix("backup-").and_then(|rest| {
        let suffixes = [".db", ".db-wal", ".db-shm", ".db-journal"];
        suffixes.iter().find_map(|suffix| rest.strip_suffix(suffix))
    });
    number.is_some_and(|number| number.parse::<u32>().is_ok_and(|read| read.to_string() == number))
}

/// Writes a copy of the state folder. Engines and servers may go on working.
pub fn backup(state: &State, out: impl Write) -> Result<Copied, BackupError> {
    let dir = state.dir();
    let new = dir.join(format!("backup-{}.db", std::process::id()));
    let io = |path: &Path| {
        let path = path.to_owned();
        move |error| BackupError::Io { path, error }
    };
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(io(&new)(error)),
        _ => {}
    }
    let packer = GzEncoder::new(BufWriter::new(out), Compression::fast());
    let mut writer = Writer { tar: Builder::new(packer), copied: Copied::default() };
    let result: Result<(), BackupError> = (|| {
        state.store()?.copy_to(&new)?;
        let note =
            Note { release: env!("CARGO_PKG_VERSION").to_owned(), at: jiff::Timestamp::now().to_string() };
        let note = serde_json::to_vec(&note).unwrap_or_default();
        writer.bytes(Path::new(NOTE), &note).map_err(io(dir))?;
        writer.file(&new, Path::new("tiphys.db")).map_err(io(&new))?;
        for name in BESIDE {
            let path = dir.join(name);
            writer.tree(&path, Path::new(name)).map_err(io(&path))?;
        }
        Ok(())
    })();
    // The copy has served; that it lies there longer does no harm.
    drop(fs::remove_file(&new));
    result?;
    let packed = writer.tar.into_inner().and_then(GzEncoder::finish);
    packed.and_then(|mut out| out.flush()).map_err(io(dir))?;
    Ok(writer.copied)
}

struct Writer<W: Write> {
    tar: Builder<GzEncoder<BufWriter<W>>>,
    copied: Copied,
}

impl<W: Write> Writer<W> {
    /// Everything below a path, in the order of names. What goes away meanwhile is left out.
    fn tree(&mut self, path: &Path, name: &Path) -> io::Result<()> {
        let mut open = vec![(path.to_owned(), name.to_owned())];
        while let Some((path, name)) = open.pop() {
            // Volumes that nobody has any more.
            if name == Path::new(VOLUMES).join(CLAIMS_GOING) {
                continue;
            }
            let found = match fs::symlink_metadata(&path) {
                Ok(found) => found,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let kind = found.file_type();
            if kind.is_dir() {
                let entries = match fs::read_dir(&path) {
                    Ok(entries) => entries,
                    Err(error) if error.kind() == ErrorKind::NotFound => continue,
                    Err(error) => return Err(error),
                };
                let mut below: Vec<PathBuf> =
                    entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
                below.sort_unstable_by(|left, right| right.cmp(left));
                let mut header = header(EntryType::Directory, found.permissions().mode() & 0o777, 0);
                self.tar.append_data(&mut header, &name, io::empty())?;
                let named = |path: PathBuf| path.file_name().map(|last| (path.clone(), name.join(last)));
                open.extend(below.into_iter().filter_map(named));
            } else if kind.is_file() {
                match self.file(&path, &name) {
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    other => other?,
                }
            } else if kind.is_symlink()
                && name.starts_with(VOLUMES)
                && name.components().count() > VOLUME_DEPTH
            {
                let target = match fs::read_link(&path) {
                    Err(error) if error.kind() == ErrorKind::NotFound => continue,
                    other => other?,
                };
                self.tar.append_link(&mut header(EntryType::Symlink, 0o777, 0), &name, target)?;
            } else {
                self.copied.left_out += 1;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, name: &Path) -> io::Result<()> {
        let file = File::open(path)?;
        let found = file.metadata()?;
        // A file that grows or shrinks meanwhile is as long as it was.
        let body = file.chain(io::repeat(0)).take(found.len());
        let mut header = header(EntryType::Regular, found.permissions().mode() & 0o777, found.len());
        self.tar.append_data(&mut header, name, body)?;
        self.copied.files += 1;
        self.copied.bytes += found.len();
        Ok(())
    }

    fn bytes(&mut self, name: &Path, body: &[u8]) -> io::Result<()> {
        let mut header = header(EntryType::Regular, 0o600, body.len() as u64);
        self.tar.append_data(&mut header, name, body)
    }
}

fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header
}

/// Makes a state folder of a backup. The folder must not exist, or be empty; it appears whole or not at all.
pub fn restore(from: impl Read, dir: &Path) -> Result<Copied, BackupError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |error| BackupError::Io { path, error }
    };
    match fs::read_dir(dir) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(BackupError::Occupied(dir.to_owned()));
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(io(dir)(error)),
    }
    let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let new = dir.with_file_name(format!(".{name}.restoring-{}", std::process::id()));
    DirBuilder::new().recursive(true).mode(0o700).create(&new).map_err(io(&new))?;
    let result = unpack(from, &new).and_then(|copied| {
        // A state of a newer release is refused here, one of an older is brought up to date.
        State::open(&new)?;
        match fs::remove_dir(dir) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(io(dir)(error)),
            _ => {}
        }
        fs::rename(&new, dir).map_err(io(dir))?;
        let above = dir.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        sync_folder(above).map_err(io(above))?;
        Ok(copied)
    });
    if result.is_err() {
        drop(fs::remove_dir_all(&new));
    }
    result
}

fn unpack(from: impl Read, new: &Path) -> Result<Copied, BackupError> {
    let strange = |reason: &dyn ToString| BackupError::Strange(reason.to_string());
    let mut archive = Archive::new(GzDecoder::new(BufReader::new(from)));
    let mut copied = Copied::default();
    let mut noted = false;
    let mut links = Vec::new();
    for entry in archive.entries().map_err(|error| strange(&error))? {
        let mut entry = entry.map_err(|error| strange(&error))?;
        let name = entry.path().map_err(|error| strange(&error))?.into_owned();
        if !noted {
            let mut text = Vec::new();
            if name != Path::new(NOTE) || entry.by_ref().take(4_096).read_to_end(&mut text).is_err() {
                return Err(strange(&"it does not begin as one"));
            }
            serde_json::from_slice::<Note>(&text).map_err(|error| strange(&error))?;
            noted = true;
            continue;
        }
        if name.components().any(|part| !matches!(part, Component::Normal(_))) {
            return Err(strange(&format!("`{}` leads out of the folder", name.display())));
        }
        let path = new.join(&name);
        let failed = |error| BackupError::Io { path: path.clone(), error };
        match entry.header().entry_type() {
            EntryType::Directory => {
                // Volumes are open to steps of any user; all else is as we made it.
                let mode = entry.header().mode().unwrap_or(0o700) & 0o777 | 0o700;
                DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(failed)?;
                fs::set_permissions(&path, Permissions::from_mode(mode)).map_err(failed)?;
            }
            EntryType::Regular => {
                let mode = entry.header().mode().unwrap_or(0o600) & 0o777;
                let mut file =
                    OpenOptions::new().write(true).create_new(true).mode(mode).open(&path).map_err(failed)?;
                copied.bytes += io::copy(&mut entry, &mut file).map_err(|error| match error.kind() {
                    // What unpacks says so of a file that lacks its end, or was changed.
                    ErrorKind::UnexpectedEof | ErrorKind::InvalidData | ErrorKind::InvalidInput => {
                        strange(&format!("it is cut off or damaged within `{}`", name.display()))
                    }
                    _ => failed(error),
                })?;
                copied.files += 1;
            }
            // Last of all: nothing is written through a link.
            EntryType::Symlink if name.starts_with(VOLUMES) => {
                let target = entry.link_name().map_err(|error| strange(&error))?.unwrap_or_default();
                links.push((path, target.into_owned()));
            }
            // Our backups hold nothing else.
            _ => return Err(strange(&format!("`{}` is neither a file nor a folder", name.display()))),
        }
    }
    if !noted {
        return Err(strange(&"it is empty"));
    }
    let root = fs::canonicalize(new).map_err(|error| BackupError::Io { path: new.to_owned(), error })?;
    for (path, target) in links {
        let failed = |error| BackupError::Io { path: path.clone(), error };
        let (above, below) = (path.parent().unwrap_or(new), path.strip_prefix(new).unwrap_or(&path));
        let is_within =
            fs::canonicalize(above).map_err(failed)? == root.join(below.parent().unwrap_or(below));
        if !is_within {
            return Err(strange(&format!("`{}` lies behind a link", below.display())));
        }
        symlink(&target, &path).map_err(failed)?;
    }
    // Once for all: thousands of files that are each waited for take minutes.
    sync_file_system(new).map_err(|error| match error {
        ArtifactError::Io { path, error } => BackupError::Io { path, error },
        other => strange(&other),
    })?;
    Ok(copied)
}

#[cfg(test)]
mod tests;
