//! Unpacking. An archive is a text from a stranger: nothing in it may name a place outside its target.
//!
//! Everything is made in an empty folder of our own and moved when it is whole. No entry is written through a
//! link, and no link may point out of the archive.

use std::ffi::OsString;
use std::fs::{self, File, FileTimes, OpenOptions, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use flate2::read::MultiGzDecoder;
use tar::EntryType;

use crate::archive::tar_reader::TarReader;
use crate::archive::{Archive, Mode, links};
use crate::error::ArtifactError;
use crate::limits::{DEPTH_MAX, Limits, NAME_BYTES_MAX};
use crate::place::Aside;

/// Unpacks `source` to `dest` (PA-200, PA-201).
///
/// Without `archive`, a tar in gzip is found out and everything else is taken as it is. The one top entry of an
/// archive becomes `dest` itself; several are put into it. Folders above `dest` are created.
pub fn unpack(
    source: &mut (impl Read + Seek),
    dest: &Path,
    archive: Option<Archive>,
    mode: Option<Mode>,
) -> Result<(), ArtifactError> {
    unpack_within(source, dest, archive, mode, &Limits::default())
}

/// Unpacks as [`unpack`] does, within other limits.
pub fn unpack_within(
    source: &mut (impl Read + Seek),
    dest: &Path,
    archive: Option<Archive>,
    mode: Option<Mode>,
    limits: &Limits,
) -> Result<(), ArtifactError> {
    let archive = match archive {
        Some(archive) => archive,
        None if is_tgz(source)? => Archive::default(),
        None => Archive::None,
    };
    let aside = Aside::of(dest)?;
    let Made { folders, links } = match archive {
        Archive::None => {
            let mut budget = Budget::new(limits);
            let mut file = File::create_new(aside.path()).map_err(ArtifactError::io(aside.path()))?;
            budget.copy(source, &mut file).map_err(ArtifactError::io(aside.path()))??;
            if let Some(mode) = mode {
                apply_mode(aside.path(), mode)?;
            }
            return aside.put(dest);
        }
        Archive::Tar { .. } => {
            let mut tree = Tree::new(aside.path(), limits)?;
            if has_gzip_magic(source)? {
                untar(MultiGzDecoder::new(io::BufReader::new(source)), &mut tree)?;
            } else {
                untar(io::BufReader::new(source), &mut tree).map_err(no_archive)?;
            }
            tree.made
        }
        Archive::Zip => {
            let mut tree = Tree::new(aside.path(), limits)?;
            unzip(source, &mut tree)?;
            tree.made
        }
    };
    let sole = sole_entry(aside.path())?;
    let top = sole.as_deref().and_then(Path::file_name).unwrap_or_default();
    links::stay_inside(aside.path(), Path::new(top), &links)?;
    let (result, taken_off) = match sole {
        Some(entry) => (Aside::moved(&entry, dest)?, 1),
        None => (aside, 0),
    };
    // Last, or a folder that cannot be written could not be filled, nor moved.
    for (name, bits) in folders.iter().rev() {
        let path = result.path().join(name.components().skip(taken_off).collect::<PathBuf>());
        if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir()) {
            apply_mode(&path, Mode { bits: *bits, recursive: false })?;
        }
    }
    if let Some(mode) = mode {
        apply_mode(result.path(), mode)?;
    }
    result.put(dest)
}

/// What has neither the beginning of a compressed archive nor the form of a plain one.
fn no_archive(error: ArtifactError) -> ArtifactError {
    match error {
        ArtifactError::Format { reason, .. } => ArtifactError::Format { format: "gzip", reason },
        error => error,
    }
}

/// Gives a file, or a folder and with `recursive` everything in it, these permissions. Links are left alone.
pub fn apply_mode(path: &Path, mode: Mode) -> Result<(), ArtifactError> {
    let mut waiting = vec![path.to_owned()];
    while let Some(path) = waiting.pop() {
        let metadata = fs::symlink_metadata(&path).map_err(ArtifactError::io(&path))?;
        if metadata.is_symlink() {
            continue;
        }
        if metadata.is_dir() && mode.recursive {
            for entry in fs::read_dir(&path).map_err(ArtifactError::io(&path))? {
                waiting.push(entry.map_err(ArtifactError::io(&path))?.path());
            }
        }
        let permissions = Permissions::from_mode(mode.bits & 0o777);
        fs::set_permissions(&path, permissions).map_err(ArtifactError::io(&path))?;
    }
    Ok(())
}

fn untar(reader: impl Read, tree: &mut Tree) -> Result<(), ArtifactError> {
    let mut tar = TarReader::new(reader);
    while let Some(entry) = tar.next()? {
        let name = tree.name(&entry.name)?;
        let shown = || entry.name.display().to_string();
        let target = || {
            let reason = format!("the link `{}` has no target", shown());
            entry.target.as_deref().ok_or(ArtifactError::Format { format: "tar", reason })
        };
        match entry.kind {
            EntryType::Regular | EntryType::Continuous => {
                let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(entry.mtime));
                tree.file(&name, &mut Read::by_ref(&mut tar).take(entry.size), entry.mode, time)?;
            }
            EntryType::Directory => tree.folder(&name, entry.mode)?,
            EntryType::Symlink => tree.link(&name, target()?)?,
            EntryType::Link => tree.hard_link(&name, target()?)?,
            EntryType::Fifo => return Err(ArtifactError::Kind { entry: shown(), what: "a pipe" }),
            EntryType::Char | EntryType::Block => {
                return Err(ArtifactError::Kind { entry: shown(), what: "a device" });
            }
            _ => return Err(ArtifactError::Kind { entry: shown(), what: "of an unknown kind" }),
        }
    }
    Ok(())
}

fn unzip(source: &mut (impl Read + Seek), tree: &mut Tree) -> Result<(), ArtifactError> {
    let bad =
        |error: zip::result::ZipError| ArtifactError::Format { format: "zip", reason: error.to_string() };
    let mut zip = zip::ZipArchive::new(io::BufReader::new(source)).map_err(bad)?;
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).map_err(bad)?;
        let raw = PathBuf::from(OsString::from_vec(entry.name_raw().to_vec()));
        let name = tree.name(&raw)?;
        // Zips that were not made on Unix have no mode; 0 would make files that nobody can read.
        let mode = entry.unix_mode().filter(|mode| mode & 0o777 != 0);
        if entry.is_symlink() {
            let mut target = Vec::new();
            let read = Read::by_ref(&mut entry).take(NAME_BYTES_MAX as u64 + 1).read_to_end(&mut target);
            read.map_err(|error| bad(error.into()))?;
            tree.link(&name, Path::new(&OsString::from_vec(target)))?;
        } else if entry.is_dir() {
            tree.folder(&name, mode.unwrap_or(0o755))?;
        } else {
            if let Some(what) = mode.and_then(odd_kind) {
                return Err(ArtifactError::Kind { entry: raw.display().to_string(), what });
            }
            tree.file(&name, &mut entry, mode.unwrap_or(0o644), None)?;
        }
    }
    Ok(())
}

/// What a mode with a kind of file in it says the entry is, if that is neither a file nor a folder.
fn odd_kind(mode: u32) -> Option<&'static str> {
    match mode & 0o170_000 {
        0 | 0o100_000 | 0o040_000 => None,
        0o010_000 => Some("a pipe"),
        0o140_000 => Some("a socket"),
        _ => Some("a device"),
    }
}

/// The folder that an archive is unpacked into.
struct Tree<'a> {
    root: &'a Path,
    budget: Budget,
    made: Made,
}

/// What has to be looked at again when all is unpacked, by its name below the root.
#[derive(Default)]
struct Made {
    /// The folders, with their permissions.
    folders: Vec<(PathBuf, u32)>,
    links: Vec<PathBuf>,
}

impl<'a> Tree<'a> {
    fn new(root: &'a Path, limits: &Limits) -> Result<Tree<'a>, ArtifactError> {
        fs::create_dir(root).map_err(ArtifactError::io(root))?;
        Ok(Tree { root, budget: Budget::new(limits), made: Made::default() })
    }

    /// Where an entry of this name belongs, below the root; empty for the root itself.
    fn name(&mut self, name: &Path) -> Result<PathBuf, ArtifactError> {
        self.budget.entry()?;
        inside(Path::new(""), name, name)
    }

    fn folder(&mut self, name: &Path, mode: u32) -> Result<(), ArtifactError> {
        if name.as_os_str().is_empty() {
            return Ok(());
        }
        let path = self.parent(name)?;
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => {
                fs::remove_file(&path).map_err(ArtifactError::io(&path))?;
                fs::create_dir(&path).map_err(ArtifactError::io(&path))?;
            }
            Err(_) => fs::create_dir(&path).map_err(ArtifactError::io(&path))?,
        }
        self.made.folders.push((name.to_owned(), mode));
        Ok(())
    }

    fn file(
        &mut self,
        name: &Path,
        content: &mut impl Read,
        mode: u32,
        time: Option<SystemTime>,
    ) -> Result<(), ArtifactError> {
        let path = self.vacant(name)?;
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let mut file = file.map_err(ArtifactError::io(&path))?;
        let copied = self.budget.copy(content, &mut file);
        copied.map_err(|error| ArtifactError::Io { path: name.to_owned(), error })??;
        if let Some(time) = time {
            // A time that this file system cannot hold is no reason to refuse the content.
            let _ = file.set_times(FileTimes::new().set_modified(time));
        }
        file.set_permissions(Permissions::from_mode(mode & 0o777)).map_err(ArtifactError::io(&path))
    }

    fn link(&mut self, name: &Path, target: &Path) -> Result<(), ArtifactError> {
        let entry = || name.display().to_string();
        if target.is_absolute() {
            return Err(ArtifactError::Escapes { entry: entry(), how: "is a link to an absolute path" });
        }
        let path = self.vacant(name)?;
        std::os::unix::fs::symlink(target, &path).map_err(ArtifactError::io(&path))?;
        self.made.links.push(name.to_owned());
        Ok(())
    }

    /// The target of a hard link is the name of an entry before it.
    fn hard_link(&mut self, name: &Path, target: &Path) -> Result<(), ArtifactError> {
        let target = inside(Path::new(""), target, name)?;
        let from = self.parent(&target)?;
        let metadata = fs::symlink_metadata(&from).map_err(ArtifactError::io(&from))?;
        if !metadata.is_file() {
            let entry = name.display().to_string();
            return Err(ArtifactError::Kind { entry, what: "a second name of something that is not a file" });
        }
        let path = self.vacant(name)?;
        fs::hard_link(&from, &path).map_err(ArtifactError::io(&path))
    }

    /// A path for a new entry, with folders above it, and with nothing there any more.
    fn vacant(&mut self, name: &Path) -> Result<PathBuf, ArtifactError> {
        let path = self.parent(name)?;
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                let how = "takes the place of a folder of the same archive";
                Err(ArtifactError::Escapes { entry: name.display().to_string(), how })
            }
            // The later of two entries counts, and is never written through the earlier.
            Ok(_) => fs::remove_file(&path).map(|()| path.clone()).map_err(ArtifactError::io(&path)),
            Err(_) => Ok(path),
        }
    }

    /// The path of an entry, after making sure that the folders above it are folders and not links.
    fn parent(&mut self, name: &Path) -> Result<PathBuf, ArtifactError> {
        let mut path = self.root.to_owned();
        for part in name.parent().into_iter().flat_map(Path::components) {
            path.push(part);
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(_) => {
                    let how = "goes through something that is not a folder";
                    return Err(ArtifactError::Escapes { entry: name.display().to_string(), how });
                }
                Err(_) => fs::create_dir(&path).map_err(ArtifactError::io(&path))?,
            }
        }
        match name.file_name() {
            Some(last) => Ok(path.join(last)),
            None => Err(ArtifactError::Escapes { entry: ".".into(), how: "is not a name" }),
        }
    }
}

/// Follows `path` from `base` by its text alone, and answers where it leads below the root.
fn inside(base: &Path, path: &Path, entry: &Path) -> Result<PathBuf, ArtifactError> {
    if path.as_os_str().len() > NAME_BYTES_MAX {
        let what = format!("a name of {} bytes", path.as_os_str().len());
        return Err(ArtifactError::Limit { what, limit: NAME_BYTES_MAX as u64 });
    }
    let mut found = base.to_owned();
    for part in path.components() {
        match part {
            Component::Normal(part) => found.push(part),
            Component::ParentDir if found.as_os_str().is_empty() => {
                let entry = entry.display().to_string();
                return Err(ArtifactError::Escapes { entry, how: "leads out of the archive" });
            }
            Component::ParentDir => {
                found.pop();
            }
            // An absolute name is taken from the root of the archive.
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    if found.components().count() > DEPTH_MAX {
        let what = format!("the depth of `{}`", entry.display());
        return Err(ArtifactError::Limit { what, limit: DEPTH_MAX as u64 });
    }
    Ok(found)
}

/// What may still be unpacked.
struct Budget {
    limits: Limits,
    entries: u64,
    bytes: u64,
}

impl Budget {
    fn new(limits: &Limits) -> Budget {
        Budget { limits: *limits, entries: 0, bytes: 0 }
    }

    fn entry(&mut self) -> Result<(), ArtifactError> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            let what = "the number of entries of the archive".to_owned();
            return Err(ArtifactError::Limit { what, limit: self.limits.entries });
        }
        Ok(())
    }

    /// Copies all of `from`; the outer error is the file system's or the reader's, the inner one the limit.
    fn copy(&mut self, from: &mut impl Read, to: &mut impl Write) -> io::Result<Result<(), ArtifactError>> {
        let room = self.limits.bytes - self.bytes;
        let copied = io::copy(&mut from.take(room.saturating_add(1)), to)?;
        if copied > room {
            let what = "the size of the unpacked archive".to_owned();
            return Ok(Err(ArtifactError::Limit { what, limit: self.limits.bytes }));
        }
        self.bytes += copied;
        Ok(Ok(()))
    }
}

/// Whether this is a tar in gzip, judged by the first header as Argo does (PA-200).
fn is_tgz(source: &mut (impl Read + Seek)) -> Result<bool, ArtifactError> {
    if !has_gzip_magic(source)? {
        return Ok(false);
    }
    let begin = source.stream_position().map_err(ArtifactError::io(Path::new("artifact")))?;
    let found = TarReader::new(MultiGzDecoder::new(Read::by_ref(source))).next();
    source.seek(SeekFrom::Start(begin)).map_err(ArtifactError::io(Path::new("artifact")))?;
    Ok(matches!(found, Ok(Some(_))))
}

fn has_gzip_magic(source: &mut (impl Read + Seek)) -> Result<bool, ArtifactError> {
    let fault = |error| ArtifactError::io(Path::new("artifact"))(error);
    let begin = source.stream_position().map_err(fault)?;
    let mut magic = Vec::with_capacity(2);
    Read::by_ref(source).take(2).read_to_end(&mut magic).map_err(fault)?;
    source.seek(SeekFrom::Start(begin)).map_err(fault)?;
    Ok(magic == [0x1F, 0x8B])
}

/// The only entry of a folder, if it has exactly one.
fn sole_entry(folder: &Path) -> Result<Option<PathBuf>, ArtifactError> {
    let fault = |error| ArtifactError::io(folder)(error);
    let mut entries = fs::read_dir(folder).map_err(fault)?;
    let Some(first) = entries.next() else { return Ok(None) };
    let first = first.map_err(fault)?.path();
    Ok(entries.next().is_none().then_some(first))
}
