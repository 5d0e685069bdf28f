//! Packing: the same tree gives the same bytes, whoever owns it and in whatever order the disk lists it.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use zip::write::SimpleFileOptions;

use crate::archive::Archive;
use crate::error::ArtifactError;
use crate::left_out::{LeftOut, oddity};
use crate::limits::{DEPTH_MAX, ENTRIES_MAX};
use crate::place::is_withheld;

/// Files from this size on need the long form of a zip entry.
const ZIP_LONG_BYTES: u64 = 0xFFFF_0000;

/// Packs a file or a folder into `out`; the one top entry is named as the last part of `source` (PA-204).
///
/// Links are kept as links, except that `source` itself is followed. Sockets, pipes and devices inside a folder
/// are left out, which the answer tells. Times are kept, owners are not.
pub fn pack(source: &Path, archive: &Archive, out: &mut impl Write) -> Result<LeftOut, ArtifactError> {
    let name = source.file_name().map_or_else(|| OsString::from("root"), ToOwned::to_owned);
    pack_as(source, Path::new(&name), archive, out)
}

/// Packs as [`pack`] does, with another name for the top entry.
pub fn pack_as(
    source: &Path,
    name: &Path,
    archive: &Archive,
    out: &mut impl Write,
) -> Result<LeftOut, ArtifactError> {
    let metadata = fs::metadata(source).map_err(ArtifactError::io(source))?;
    if let Some(what) = oddity(&metadata) {
        return Err(ArtifactError::Kind { entry: source.display().to_string(), what });
    }
    match archive {
        Archive::None => copy_file(source, &metadata, out).map(|()| LeftOut::default()),
        Archive::Tar { level } => {
            let gzip = GzBuilder::new().mtime(0).write(out, compression(*level)?);
            let mut tar = Tar { builder: tar::Builder::new(gzip) };
            let left_out = walk(source, name, metadata, &mut tar)?;
            let finished = tar.builder.into_inner().and_then(flate2::write::GzEncoder::finish);
            finished.map(|_| left_out).map_err(ArtifactError::io(source))
        }
        Archive::Zip => {
            let mut zip = Zip { writer: zip::ZipWriter::new_stream(out) };
            let left_out = walk(source, name, metadata, &mut zip)?;
            zip.writer.finish().map(|_| left_out).map_err(|error| zip_error(source, error))
        }
    }
}

/// What takes the entries of a walk.
trait Sink {
    fn folder(&mut self, name: &Path, metadata: &Metadata) -> Result<(), ArtifactError>;
    fn file(&mut self, name: &Path, source: &Path, metadata: &Metadata) -> Result<(), ArtifactError>;
    fn link(&mut self, name: &Path, target: &Path, metadata: &Metadata) -> Result<(), ArtifactError>;
}

/// Shows every entry to `sink`, a folder before what is in it, and siblings in the order of their names.
fn walk(
    source: &Path,
    name: &Path,
    metadata: Metadata,
    sink: &mut impl Sink,
) -> Result<LeftOut, ArtifactError> {
    let mut left_out = LeftOut::default();
    let depth = |name: &Path| name.components().count();
    let top_depth = depth(name);
    let mut entries = 0_u64;
    let mut waiting: Vec<(PathBuf, PathBuf, Metadata)> = vec![(source.to_owned(), name.to_owned(), metadata)];
    while let Some((path, name, metadata)) = waiting.pop() {
        entries += 1;
        if entries > ENTRIES_MAX {
            let what = format!("the number of files in `{}`", source.display());
            return Err(ArtifactError::Limit { what, limit: ENTRIES_MAX });
        }
        if metadata.is_symlink() {
            let target = fs::read_link(&path).map_err(ArtifactError::io(&path))?;
            sink.link(&name, &target, &metadata)?;
        } else if metadata.is_file() {
            sink.file(&name, &path, &metadata)?;
        } else if metadata.is_dir() {
            if depth(&name) - top_depth > DEPTH_MAX {
                let what = format!("the depth of folders in `{}`", source.display());
                return Err(ArtifactError::Limit { what, limit: DEPTH_MAX as u64 });
            }
            sink.folder(&name, &metadata)?;
            let mut inside = Vec::new();
            for entry in fs::read_dir(&path).map_err(ArtifactError::io(&path))? {
                let entry = entry.map_err(ArtifactError::io(&path))?;
                match entry.metadata() {
                    Ok(metadata) if is_withheld(&entry.path(), &metadata) => {}
                    Ok(metadata) => inside.push((entry.path(), name.join(entry.file_name()), metadata)),
                    // It went away while we looked, as a file of a process that still runs may.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(ArtifactError::io(&entry.path())(error)),
                }
            }
            inside.sort_by(|(left, ..), (right, ..)| right.cmp(left));
            waiting.append(&mut inside);
        } else if let Some(what) = oddity(&metadata) {
            left_out.add(&path, what);
        }
    }
    Ok(left_out)
}

struct Tar<W: Write> {
    builder: tar::Builder<W>,
}

impl<W: Write> Tar<W> {
    fn header(kind: tar::EntryType, size: u64, metadata: &Metadata) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mode(metadata.permissions().mode() & 0o777);
        header.set_mtime(metadata.mtime().max(0).cast_unsigned());
        header.set_uid(0);
        header.set_gid(0);
        header
    }
}

impl<W: Write> Sink for Tar<W> {
    fn folder(&mut self, name: &Path, metadata: &Metadata) -> Result<(), ArtifactError> {
        let mut header = Self::header(tar::EntryType::Directory, 0, metadata);
        self.builder.append_data(&mut header, name, io::empty()).map_err(ArtifactError::io(name))
    }

    fn file(&mut self, name: &Path, source: &Path, metadata: &Metadata) -> Result<(), ArtifactError> {
        let mut header = Self::header(tar::EntryType::Regular, metadata.len(), metadata);
        let content = Exactly::open(source, metadata)?;
        self.builder.append_data(&mut header, name, content).map_err(ArtifactError::io(source))
    }

    fn link(&mut self, name: &Path, target: &Path, metadata: &Metadata) -> Result<(), ArtifactError> {
        let mut header = Self::header(tar::EntryType::Symlink, 0, metadata);
        self.builder.append_link(&mut header, name, target).map_err(ArtifactError::io(name))
    }
}

struct Zip<W: Write> {
    writer: zip::ZipWriter<zip::write::StreamWriter<W>>,
}

impl<W: Write> Zip<W> {
    /// The time of all entries is the first that a zip can tell: it knows no time zone, so any other would
    /// depend on where we are.
    fn options(metadata: &Metadata) -> SimpleFileOptions {
        SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(metadata.permissions().mode() & 0o777)
            .large_file(metadata.len() >= ZIP_LONG_BYTES)
    }
}

impl<W: Write> Sink for Zip<W> {
    fn folder(&mut self, name: &Path, metadata: &Metadata) -> Result<(), ArtifactError> {
        let added = self.writer.add_directory(text(name)?, Self::options(metadata));
        added.map_err(|error| zip_error(name, error))
    }

    fn file(&mut self, name: &Path, source: &Path, metadata: &Metadata) -> Result<(), ArtifactError> {
        let started = self.writer.start_file(text(name)?, Self::options(metadata));
        started.map_err(|error| zip_error(name, error))?;
        copy_file(source, metadata, &mut self.writer)
    }

    fn link(&mut self, name: &Path, target: &Path, metadata: &Metadata) -> Result<(), ArtifactError> {
        let added = self.writer.add_symlink(text(name)?, text(target)?, Self::options(metadata));
        added.map_err(|error| zip_error(name, error))
    }
}

/// A file's content, of the length that it had when we looked: the header with that length is written already.
struct Exactly {
    file: File,
    left: u64,
}

impl Exactly {
    fn open(source: &Path, metadata: &Metadata) -> Result<Exactly, ArtifactError> {
        let file = File::open(source).map_err(ArtifactError::io(source))?;
        Ok(Exactly { file, left: metadata.len() })
    }
}

impl Read for Exactly {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let want = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read(&mut buffer[..want])?;
        if read == 0 && want > 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file became shorter while it was read",
            ));
        }
        self.left -= read as u64;
        Ok(read)
    }
}

fn copy_file(source: &Path, metadata: &Metadata, out: &mut impl Write) -> Result<(), ArtifactError> {
    if metadata.is_dir() {
        let reason = "a folder is not one stream of bytes";
        return Err(ArtifactError::Unsupported(format!("cannot copy `{}`: {reason}", source.display())));
    }
    let mut content = Exactly::open(source, metadata)?;
    io::copy(&mut content, out).map(|_| ()).map_err(ArtifactError::io(source))
}

fn compression(level: Option<i32>) -> Result<Compression, ArtifactError> {
    match level {
        None | Some(-1) => Ok(Compression::default()),
        // Go's "Huffman only"; the nearest that there is.
        Some(-2) => Ok(Compression::fast()),
        Some(level @ 0..=9) => Ok(Compression::new(level.cast_unsigned())),
        Some(level) => Err(ArtifactError::Unsupported(format!("gzip: invalid compression level: {level}"))),
    }
}

fn text(name: &Path) -> Result<&str, ArtifactError> {
    let reason = || "a zip can only hold names in UTF-8, a tar can hold any".to_owned();
    name.to_str().ok_or_else(|| ArtifactError::Format { format: "zip", reason: reason() })
}

fn zip_error(path: &Path, error: zip::result::ZipError) -> ArtifactError {
    match error {
        zip::result::ZipError::Io(error) => ArtifactError::io(path)(error),
        other => ArtifactError::Format { format: "zip", reason: other.to_string() },
    }
}
